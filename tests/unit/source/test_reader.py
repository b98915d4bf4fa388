"""Each kind of statement and expression, as facts; the places they point to; texts of any kind."""

from __future__ import annotations

import msgspec
import pytest

from cucurbit.source import facts
from cucurbit.source.facts import Step
from cucurbit.source.reader import read
from tests.unit.source.helpers import standard_files

STANDARD = standard_files(60)


def shape(value: object) -> object:
    """Facts as nested tuples without their places, the kind's name first."""
    if isinstance(value, tuple):
        return [shape(item) for item in value]
    if isinstance(value, msgspec.Struct):
        fields = [field for field in value.__struct_fields__ if not field.endswith("at")]
        return (type(value).__name__, *[shape(getattr(value, field)) for field in fields])
    return value


def body(text: str) -> tuple[Step, ...]:
    module = read(text)
    assert module.problem is None
    return module.body


def value(text: str) -> object:
    """The shape of an expression."""
    (step,) = body(f"x = {text}\n")
    assert isinstance(step, facts.Assign)
    return shape(step.value)


def name(identifier: str) -> object:
    return ("Name", identifier)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("None", ("Const", None)),
        ("True", ("Const", True)),
        ("1", ("Const", 1)),
        ("1.5", ("Const", 1.5)),
        ("'a' 'b'", ("Const", "ab")),
        ("b'a'", ("Opaque", [])),
        ("1j", ("Opaque", [])),
        ("...", ("Opaque", [])),
        (str(2**80), ("Opaque", [])),
        (r"'\ud800'", ("Opaque", [])),
        ("a.b", ("Attr", name("a"), "b")),
        (
            "f(a, *b, c=1, **d)",
            (
                "Call",
                name("f"),
                [name("a"), ("Star", name("b"))],
                [("Keyword", "c", ("Const", 1)), ("Keyword", None, name("d"))],
            ),
        ),
        ("a[b]", ("Subscript", name("a"), name("b"))),
        ("a[1:b]", ("Subscript", name("a"), ("Slice", ("Const", 1), name("b"), None))),
        ("[a, *b]", ("Sequence", "list", [name("a"), ("Star", name("b"))])),
        ("(a,)", ("Sequence", "tuple", [name("a")])),
        ("{a}", ("Sequence", "set", [name("a")])),
        ("{'a': b, **c}", ("Dict", [("Const", "a"), None], [name("b"), name("c")])),
        ("a / b % c", ("Binary", "%", ("Binary", "/", name("a"), name("b")), name("c"))),
        ("not a", ("Unary", "not", name("a"))),
        ("-1", ("Unary", "-", ("Const", 1))),
        ("a and b and c", ("Boolean", "and", [name("a"), name("b"), name("c")])),
        ("a or b", ("Boolean", "or", [name("a"), name("b")])),
        ("a < b is not c", ("Compare", name("a"), ["<", "is not"], [name("b"), name("c")])),
        ("a not in b", ("Compare", name("a"), ["not in"], [name("b")])),
        ("f'a{b}c'", ("Formatted", [("Const", "a"), name("b"), ("Const", "c")])),
        ("f'{b!r}'", ("Formatted", [("Call", ("Attr", ("Const", "{!r}"), "format"), [name("b")], [])])),
        ("f'{b!s}'", ("Formatted", [name("b")])),
        ("f'{b:>5}'", ("Formatted", [("Call", ("Attr", ("Const", "{:>5}"), "format"), [name("b")], [])])),
        ("f'{b:>{c}}'", ("Formatted", [("Opaque", [name("b"), ("Formatted", [("Const", ">"), name("c")])])])),
        ("a if b else c", ("Conditional", name("b"), name("a"), name("c"))),
        ("(yield a)", ("Yield", name("a"), False)),
        ("(yield)", ("Yield", None, False)),
        ("(yield from a)", ("Yield", name("a"), True)),
        ("(y := a)", ("Walrus", "y", name("a"))),
        (
            "[a for b in c if d]",
            ("Comprehension", "list", None, name("a"), [("Generator", name("b"), name("c"), [name("d")])]),
        ),
        (
            "{a: b for c in d}",
            ("Comprehension", "dict", name("a"), name("b"), [("Generator", name("c"), name("d"), [])]),
        ),
        ("{a for c in d}", ("Comprehension", "set", None, name("a"), [("Generator", name("c"), name("d"), [])])),
        (
            "f(a for c in d)",
            (
                "Call",
                name("f"),
                [("Comprehension", "generator", None, name("a"), [("Generator", name("c"), name("d"), [])])],
                [],
            ),
        ),
        (
            "lambda a, /, b=1, *c, d, e=2, **f: a",
            (
                "Lambda",
                (
                    "Params",
                    [("Param", "a", None), ("Param", "b", ("Const", 1))],
                    "c",
                    [("Param", "d", None), ("Param", "e", ("Const", 2))],
                    "f",
                    1,
                ),
                name("a"),
            ),
        ),
    ],
)
def test_expressions(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a.b as c, d", ("Import", [("Alias", "a.b", "c"), ("Alias", "d", None)])),
        ("from ..a import b as c", ("ImportFrom", "a", 2, [("Alias", "b", "c")])),
        ("from . import *", ("ImportFrom", "", 1, [("Alias", "*", None)])),
        ("a = b, c = d", ("Assign", [name("a"), ("Sequence", "tuple", [name("b"), name("c")])], name("d"))),
        ("a: int", ("Annotated", name("a"), name("int"), None)),
        ("a: int = 1", ("Annotated", name("a"), name("int"), ("Const", 1))),
        ("a += 1", ("AugAssign", name("a"), "+", ("Const", 1))),
        ("a()", ("Do", ("Call", name("a"), [], []))),
        ("del a, b[0]", ("Delete", [name("a"), ("Subscript", name("b"), ("Const", 0))])),
        ("assert a, b", ("Assert", name("a"))),
        ("raise A from b", ("Raise", name("A"), name("b"))),
        ("raise", ("Raise", None, None)),
        ("global a, b", ("Scope", "global", ["a", "b"])),
        ("nonlocal a, b", ("Scope", "nonlocal", ["a", "b"])),
        (
            "if a: b\nelif c: d\nelse: e",
            ("If", name("a"), [("Do", name("b"))], [("If", name("c"), [("Do", name("d"))], [("Do", name("e"))])]),
        ),
        ("for a in b: break\nelse: c", ("For", name("a"), name("b"), [("Break",)], [("Do", name("c"))])),
        ("while a: continue\nelse: c", ("While", name("a"), [("Continue",)], [("Do", name("c"))])),
        (
            "with a as b, c: d",
            ("With", [("WithItem", name("a"), name("b")), ("WithItem", name("c"), None)], [("Do", name("d"))]),
        ),
        (
            "try: a\nexcept (B, C) as d: e\nexcept: f\nelse: g\nfinally: h",
            (
                "Try",
                [("Do", name("a"))],
                [
                    ("Handler", ("Sequence", "tuple", [name("B"), name("C")]), "d", [("Do", name("e"))]),
                    ("Handler", None, None, [("Do", name("f"))]),
                ],
                [("Do", name("g"))],
                [("Do", name("h"))],
            ),
        ),
        (
            "@a\n@b(1)\nclass C(D, metaclass=E):\n    'doc'\n    f = 1\n    pass\n    ...",
            (
                "ClassDef",
                "C",
                [name("D")],
                [("Keyword", "metaclass", name("E"))],
                [("Assign", [name("f")], ("Const", 1))],
                [name("a"), ("Call", name("b"), [("Const", 1)], [])],
            ),
        ),
        (
            "@a\nasync def f(b: int, c=1) -> int:\n    'doc'\n    return b",
            (
                "FunctionDef",
                "f",
                ("Params", [("Param", "b", None), ("Param", "c", ("Const", 1))], None, [], None, 0),
                1,
                [name("a")],
                True,
                False,
            ),
        ),
    ],
)
def test_statements(text: str, expected: object) -> None:
    (step,) = body(text)
    assert shape(step) == expected


def test_the_bodies_of_functions_stand_apart() -> None:
    module = read("def f():\n    'doc'\n    def g(): a\n    return b\nc\ndef h(): pass\n")
    f, g, h = module.bodies[1:]
    assert [type(step).__name__ for step in f] == ["FunctionDef", "Return"]
    assert shape(g) == [("Do", name("a"))]
    assert h == ()


@pytest.mark.parametrize("edit", ["x = y(z)", "def g(): return g", "# nothing", "lambda: x"])
def test_an_edit_in_a_body_leaves_the_places_of_all_others(edit: str) -> None:
    before = read("a\ndef f():\n    return b\nclass C:\n    d = e\n    def m(self): return i\n")
    after = read(f"a\ndef f():\n    {edit}\n    return b\nclass C:\n    d = e\n    def m(self): return i\n")
    assert after.body[0] == before.body[0]
    if "def" not in edit:
        assert after.body == before.body
        assert after.bodies[2] == before.bodies[2]


def test_async_statements_are_the_plain_ones() -> None:
    asynchronous = read("async def f():\n    async for a in b: c\n    async with d as e: await g\n")
    plain = read("async def f():\n    for a in b: c\n    with d as e: await g\n")
    assert len(plain.bodies) == 2
    assert shape(asynchronous.bodies) == shape(plain.bodies)


def test_exception_groups_are_handled_like_exceptions() -> None:
    assert shape(read("try: a\nexcept* B: c").body) == shape(body("try: a\nexcept B: c"))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("1", (("Const", 1), False, None, [])),
        ("-1", (("Unary", "-", ("Const", 1)), False, None, [])),
        ("b.C", (("Attr", name("b"), "C"), False, None, [])),
        ("None", (("Const", None), False, None, [])),
        ("_", (None, True, None, [])),
        ("b", (None, True, None, ["b"])),
        ("(1 | _)", (None, True, None, [])),
        ("(_ as b)", (None, True, None, ["b"])),
        ("_ if c", (None, True, name("c"), [])),
        ("1 | 2", (None, False, None, [])),
        ("[b, *c]", (None, False, None, ["b", "c"])),
        ("{'k': b, **c}", (None, False, None, ["c", "b"])),
        ("C(b, d=e)", (None, False, None, ["b", "e"])),
    ],
)
def test_cases(case: str, expected: tuple[object, ...]) -> None:
    (step,) = body(f"match a:\n    case {case}:\n        z\n")
    assert shape(step) == ("Match", name("a"), [("Case", *expected, [("Do", name("z"))])])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yield 1", True),
        ("x = yield", True),
        ("yield from a", True),
        ("return 1", False),
        ("def g(): yield 1", False),
        ("x = lambda: (yield)", False),
        ("def g(a=(yield)): pass", True),
        ("class C(Base, x=(yield)): pass", True),
        ("if a:\n        yield", True),
    ],
)
def test_a_generator_has_a_yield_of_its_own(text: str, expected: bool) -> None:
    (step,) = body(f"def f():\n    {text}\n")
    assert isinstance(step, facts.FunctionDef)
    assert step.is_generator is expected
