"""The places that facts point to."""

from __future__ import annotations

import ast

import pytest

from cucurbit.source import facts
from cucurbit.source.expressions import in_body
from cucurbit.source.fingerprint import digest
from cucurbit.source.reader import read
from tests.unit.source.helpers import at, check_places, nodes, standard_files

STANDARD = standard_files(60)

HEADERS = """@first
@ second(1)
class  Ünder \\
    (Base, key=[1:2][0] if a else b):  # a: comment
    async  def  méthod(self, a: "x" = (1), *,
        b={1: 2},  # what: this
    ) -> dict[str, int]: pass
""".replace("[1:2][0]", "c[1:2]")


def test_the_places_of_classes_and_functions() -> None:
    module = read(HEADERS)
    (cls,) = module.body
    assert isinstance(cls, facts.ClassDef)
    (method,) = cls.body
    assert isinstance(method, facts.FunctionDef)
    assert at(HEADERS, module, cls.name_at) == "Ünder"
    assert at(HEADERS, module, cls.at) == "class  Ünder \\\n    (Base, key=c[1:2] if a else b)"
    assert at(HEADERS, module, cls.whole_at) == HEADERS.rstrip("\n")
    assert at(HEADERS, module, method.name_at) == "méthod"
    header = at(HEADERS, module, method.at)
    assert header.startswith("async  def  méthod(")
    assert header.endswith("-> dict[str, int]")


IN_CLASSES = """first = "module"
class A:
    second = "module"
    def method(self):
        third = "function"
        class Inner:
            fourth = "function"
    class Nested:
        fifth = "module"
"""


def test_the_body_that_executes_a_place() -> None:
    module = read(IN_CLASSES)
    strings = [node for node in nodes(module) if isinstance(node, facts.Const) and isinstance(node.value, str)]
    assert len(strings) == 5
    assert [module.body_of(each.at) > 0 for each in strings] == [each.value == "function" for each in strings]
    assert module.body_of(facts.WHOLE_FILE) == module.body_of(in_body(99, 0)) == -1


def test_a_line_in_a_class_moves_no_place_behind_the_class() -> None:
    longer = read(IN_CLASSES.replace("class A:\n", "class A:\n    more = Column('more')\n") + "class B: pass\n")
    assert longer.body[-1] == read(IN_CLASSES + "class B: pass\n").body[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if (a\n    ): b", "if (a\n    )"),
        ("for a in b:  # c: d\n    e", "for a in b"),
        ("while 'é:' == a: b", "while 'é:' == a"),
        ("with (a as b): c", "with (a as b)"),
        ("with a as b[1:2]: c", "with a as b[1:2]"),
        ("try: a\nfinally: b", "try"),
        ("match {a: b}:\n    case _: pass", "match {a: b}"),
        ("class A: pass", "class A"),
        ("def f(*a: 'b:c', **d): pass", "def f(*a: 'b:c', **d)"),
        ("def f(a, /): pass", "def f(a, /)"),
    ],
)
def test_the_place_of_a_compound_statement_is_its_header(text: str, expected: str) -> None:
    module = read(text)
    (step,) = module.body
    index = getattr(step, "at")  # noqa: B009
    assert at(text, module, index) == expected


def test_the_place_of_a_handler_and_of_an_alias() -> None:
    text = "try: import é.b as c, d\nexcept (A, B) as e: pass\nexcept: pass"
    module = read(text)
    (step,) = module.body
    assert isinstance(step, facts.Try)
    assert isinstance(step.body[0], facts.Import)
    assert [at(text, module, alias.at) for alias in step.body[0].names] == ["é.b as c", "d"]
    assert [at(text, module, handler.at) for handler in step.handlers] == ["except (A, B) as e", "except"]


@pytest.mark.parametrize("text", STANDARD)
def test_the_places_of_real_files(text: str) -> None:
    module = check_places(text)
    assert module.problem is None
    defined = sum(isinstance(node, (ast.ClassDef, ast.FunctionDef)) for node in ast.walk(ast.parse(text)))
    assert sum(isinstance(node, facts.ClassDef | facts.FunctionDef) for node in nodes(module)) >= defined


@pytest.mark.parametrize("text", STANDARD[::4])
@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_endings_change_nothing(text: str, newline: str) -> None:
    plain = text.replace("\x0c", "").replace("\r", "")
    assert read(plain.replace("\n", newline)) == read(plain)


@pytest.mark.parametrize("text", STANDARD[::4])
def test_blank_lines_change_spans_alone(text: str) -> None:
    moved = read("\n \n\n" + text)
    assert digest(moved) == digest(read(text))
    for now, then in zip(moved.spans, read(text).spans, strict=True):
        assert [span.line for span in now] == [span.line + 3 for span in then]


def test_a_mark_counts_as_a_character() -> None:
    text = "\ufeffx = y  # noqa: F401\nz = x"
    module = check_places(text)
    assert module.problem is None
    assert digest(module) == digest(read(text[1:]))
    assert module.comments[0].span.column == text.index("#")
