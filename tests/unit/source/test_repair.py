"""What is read of a file that is not valid Python for the running interpreter."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.source import facts
from cucurbit.source.reader import read
from tests.unit.source.helpers import check_places, nodes, same_steps, standard_files

BEFORE = "import a\n\n\nclass Before(Base):\n    x = 1\n\n    def f(self):\n        return 1\n\n\nbefore = 1\n"
AFTER = "\n\nclass After(Base):\n    '''doc'''\n    y = 2\n\n\n@decorate\ndef g(): return (1,\n    2)\n"
HALF_TYPED = [
    "class Foo(Ba",
    "class Foo",
    "class Foo(Base)",
    "class Foo(Base)\n    x = 1\n    def f(self): pass",
    "class Foo(Base, x y):\n    x = 1",
    "import ",
    "import a.",
    "from app.models im",
    "from app.models import ",
    "from app.models import (",
    "from ",
    "x = (",
    "x = [1,\n    2",
    "x = {1: 2,\n     3",
    "x = foo(\n    a b,\n    c,\n)",
    "x = foo(a,\n        bar(b,\n        c)",
    "x = 'abc",
    "x =",
    "x = 1)",
    ")",
    "x = (1]",
    "x.",
    "x = (\ny = [",
    "@",
    "@dec",
    "@dec(",
    "@dec\n@",
    "@dec\ndef f(",
    "@dec\nclass Foo(Ba",
    "def f(a, b",
    "if x",
    "if x\n    y = 1",
    "for x in",
    "for x in :\n    y = 1",
    "with open(x) as",
    "with open(x) as :\n    y = 1",
    "while",
    "return x y",
    "lambda x",
    "$",
    "é€",
    "x = 0777",
    "raise E, 'x'",
    "print 'a'",
    "print >>f, 'a' % b c\nprint 'b',\nexec 'c'",
    "x = `y`",
    "a <> b",
    "x = ur'a'",
    "x = \x00",
    "    x = 1",
    "    x = 1\n    y = 2\n      z = 3",
    "x = 1 \\",
    "x = 1 \\ ",
    "else:\n    y = 1",
    "except E:\n    y = 1",
    "f(a=1, 2)",
    "x = f'{'",
    "x = f'{a b}'",
]


FINE_BEFORE_A_CLASS = ("@dec", "x = 1 \\")


@pytest.mark.parametrize("broken", [text for text in HALF_TYPED if text not in FINE_BEFORE_A_CLASS])
def test_only_the_broken_statement_is_lost(broken: str) -> None:
    text = BEFORE + broken + AFTER
    module = check_places(text)
    assert module.problem is not None
    assert module.problem.certain
    assert same_steps(text, BEFORE + AFTER)
    first = BEFORE.count("\n") + 1
    assert first <= module.problem.span.line <= first + broken.count("\n") + 3


@pytest.mark.parametrize("broken", HALF_TYPED)
def test_half_typed_at_the_end_and_inside_a_class(broken: str) -> None:
    at_end = check_places(BEFORE + broken)
    assert [step.name for step in at_end.body if isinstance(step, facts.ClassDef)][:1] == ["Before"]
    indented = broken.replace("\n", "\n    ")
    inside = check_places(f"class A(Base):\n    x = 1\n    {indented}\n    y = 2\n\nclass B(Base):\n    z = 3\n")
    assert [step.name for step in inside.body if isinstance(step, facts.ClassDef)] == ["A", "B"]
    first = inside.body[0]
    assert isinstance(first, facts.ClassDef)
    assert {node.id for node in nodes(first) if isinstance(node, facts.Name)} >= {"x"}


@pytest.mark.parametrize(
    ("broken", "rest"),
    [
        ("if a:\nb = 1\n", "if a: pass\nb = 1\n"),
        ("def f():\n\ndef g():\n    return 1\n", "def f(): pass\ndef g():\n    return 1\n"),
        ("class A(Base):  # the: base\n\nx = 1\n", "class A(Base): pass\nx = 1\n"),
        ("class A(\n    Base,\n):\nx = 1\n", "class A(Base): pass\nx = 1\n"),
        ("class A:\n  def f(a=':'):\n\n  def g(b): pass\n", "class A:\n  def f(a=':'): pass\n  def g(b): pass\n"),
        ("x = 1\nwhile a:", "x = 1\nwhile a: pass\n"),
        ("try:\n    import a\nb = 1\n", "if 1:\n    import a\nb = 1\n"),
        ("def f():\n    try:\n        a\n    b\nc\n", "def f():\n    if 1:\n        a\n    b\nc\n"),
        ("try: import a\nb\n", "if 1: import a\nb\n"),
        ("try:\n    a", "if 1:\n    a\n"),
        ("try:\n    a\nexcept (B C):\n    d\nelse:\n    e\n", "try:\n    a\nexcept:\n    d\nelse:\n    e\n"),
        ("if a:\n    b\nelif (:\n    c\nelse:\n    d\n", "if a:\n    b\nelif 0:\n    c\nelse:\n    d\n"),
        ("if a:\n    b\nelse c:\n    d\n", "if a:\n    b\nelse:\n    d\n"),
        ("match a:\n    case 1:\n        b\n    case (:\n        c\n    case 2:\n        d\n",
         "match a:\n    case 1:\n        b\n    case 2:\n        d\n"),
        ("class A:\n    x = 1\n      y = 2\n    z = 3\n", "class A:\n    x = 1\n    z = 3\n"),
        ("class A:\n    x = 1\n  y = 2\n    z = 3\n", "class A:\n    x = 1\n    z = 3\n"),
        ("class A:\n    x = 1\nfoo\n    z = 3\nb = 1\n", "class A:\n    x = 1\n    z = 3\nb = 1\n"),
        ("if a:\n\tb = 1\n        c = 2\nd = 3\n", "if a:\n\tb = 1\nd = 3\n"),
        ("def f():\n    '''never closed\n    a = 1\nb = 2\n", "def f():\n    a = 1\nb = 2\n"),
        (
            'def f():\n  """never closed\n  a = 1\ndef g():\n  """doc, isn\'t it"""\n  b\n\n"""more\n\nlines"""\nc\n',
            "def f():\n    a = 1\ndef g():\n    b\nc\n",
        ),
        ("x = 1\n@dec\ny = 2\nz = 3\n", "x = 1\ny = 2\nz = 3\n"),
        ("class A:\n    @dec\n\nclass B: pass\n", "class A: pass\nclass B: pass\n"),
    ],
)  # fmt: skip
def test_repairs(broken: str, rest: str) -> None:
    module = check_places(broken)
    assert module.problem is not None
    assert module.problem.certain
    assert same_steps(broken, rest)


@pytest.mark.parametrize(
    ("newer", "older", "since"),
    [
        ("class A[T](Base):\n    x = 1\n", "class A   (Base):\n    x = 1\n", (3, 12)),
        ("class A[T: (int, str) = int, *Ts, **P]:\n    x = 1\n", "class A:\n    x = 1\n", (3, 13)),
        (
            "@dec\nasync def f[T](x: T = a, *y) -> T:\n    return x\n",
            "@dec\nasync def f(x=a, *y):\n    return x\n",
            (3, 12),
        ),
        ("type A = list[int]\nb\n", "A = ...\nb\n", (3, 12)),
        ("if x:\n    type A[T] = list[T]\n", "if x:\n    A = ...\n", (3, 12)),
        ("class A:\n    type B = C\n    d = 1\n", "class A:\n    B = ...\n    d = 1\n", (3, 12)),
        ("type A = (\n    int | str\n)\nb\n", "A = ...\nb\n", (3, 12)),
        ("type A[T] = Annotated[\n    T, 1,\n]\nb\n", "A = ...\nb\n", (3, 12)),
        ("class A[\n    T,\n\n    U: int,\n](Base):\n    x = 1\n", "class A(Base):\n    x = 1\n", (3, 12)),
        ("if x:\n    def f[\n        T\n    ](x: T = a): pass\n", "if x:\n    def f(x=a): pass\n", (3, 12)),
        ("try:\n    a\nexcept B, C.d:\n    e\n", "try:\n    a\nexcept (B, C.d):\n    e\n", (3, 14)),
        ("try:\n    a\nexcept B, C: e\n", "try:\n    a\nexcept (B, C): e\n", (3, 14)),
        ("try:\n    a\nexcept B, C:  # why\n    e\n", "try:\n    a\nexcept (B, C):\n    e\n", (3, 14)),
        ("try:\n    a\nexcept* B:\n    e\n", "try:\n    a\nexcept B:\n    e\n", (3, 11)),
        ("try:\n    a\nexcept* B, C:\n    e\n", "try:\n    a\nexcept (B, C):\n    e\n", (3, 14)),
        ("lazy import a.b as c\nd\n", "import a.b as c\nd\n", (3, 15)),
        ("if x:\n    lazy from a import b\n", "if x:\n    from a import b\n", (3, 15)),
        ("def f():\n    x = 1\n    lazy import a\n", "def f():\n    x = 1\n    import a\n", (3, 15)),
    ],
)
def test_newer_syntax_is_read(newer: str, older: str, since: tuple[int, int]) -> None:
    module = check_places(newer)
    assert same_steps(newer, older)
    assert (module.problem is None) == (sys.version_info >= since)
    assert module.problem is None or (module.problem.whole and not module.problem.certain)


@pytest.mark.parametrize(
    "value",
    [
        "f'{x['a']}'",
        "'a' f'{x['a']}' 'b'",
        "f'{'\\n'.join(x)}'",
        "f'''{x['''a''']}\nb'''",
        "f'{\n    x\n}'",
        "f'{f'{f'{x}'}'}'",
        "t'a{x}'",
        "rt'a{x!r:>{y}}'",
        "foo(a, f'{x['a']}', b)",
    ],
)
def test_newer_strings_leave_the_statement(value: str) -> None:
    module = check_places(f"before = 1\nname = {value}\nafter = 1\n")
    assert len(module.body) == 3
    statement = module.body[1]
    assert isinstance(statement, facts.Assign)
    assert not isinstance(statement.value, facts.Const)
    assert module.problem is None or not module.problem.certain


def test_a_type_parameter_stands_for_nothing_known() -> None:
    module = read("class A[T](Base[T]):\n    x: Mapped[T]\n    def f[S](self, y=S): return T\nT\n")
    assert "S" not in {node.id for node in nodes(module.body) if isinstance(node, facts.Name)}
    cls = module.body[0]
    assert "T" not in {node.id for node in nodes(cls) if isinstance(node, facts.Name)}


def test_newer_and_broken_syntax_together_is_certain() -> None:
    module = check_places("class A[T](Base):\n    x = 1\ny = (\nclass B: pass\n")
    assert module.problem is not None
    assert module.problem.certain
    assert module.problem.span.line == 3
    assert [step.name for step in module.body if isinstance(step, facts.ClassDef)] == ["A", "B"]


def test_a_message_holds_no_line_number() -> None:
    for text in ("if a:\nb\n", "x = (1]\n", "x = (\n1]\n", "x = '''a\n", "x = '''a\nb\n"):
        problem = read(text).problem
        assert problem is not None
        assert not any(character.isdigit() for character in problem.message)


def test_python_2() -> None:
    text = "import os\nprint 'a'\nclass A(B):\n  def f(self):\n    print self.x, 'b'\n    return 1\nexec 'c'\nd = 1\n"
    module = check_places(text)
    assert module.problem is not None
    assert module.problem.certain
    assert same_steps(text, "import os\nclass A(B):\n  def f(self):\n    return 1\nd = 1\n")


def test_a_large_broken_file_is_given_up_at_once() -> None:
    text = "x = 1\n" * 800_000 + "y = (\n"
    module = read(text)
    assert module.problem is not None
    assert module.body == ()


def test_what_follows_an_open_bracket_is_not_blamed() -> None:
    assert same_steps("x = (\ny = 1\nz = f(2)\n", "y = 1\nz = f(2)\n")
    assert same_steps("f(\nimport a\nb = [1\nc = 2\n", "import a\nc = 2\n")


def test_many_errors_are_all_blanked() -> None:
    text = "".join(f"a{number} = 1\nb{number} = (\n" for number in range(300))
    module = read(text)
    names = {node.id for node in nodes(module.body) if isinstance(node, facts.Name)}
    assert {f"a{number}" for number in range(300)} <= names


FILES = [text for text in standard_files(25, largest=9_000) if len(text) > 1500]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(FILES), st.sampled_from(["(", ")", "'", "class Foo(Ba", "import ", "@", "x = ", "]"]), st.data())
def test_a_line_typed_between_top_level_statements_costs_nothing_else(
    text: str, typed: str, data: st.DataObject
) -> None:
    lines = text.splitlines(keepends=True)
    tops = [
        number
        for number, line in enumerate(lines)
        if line.startswith(("class ", "import ", "def ")) and (number == 0 or not lines[number - 1].strip())
    ]
    if not tops:
        return
    place = data.draw(st.sampled_from(tops))
    broken = "".join([*lines[:place], typed + "\n\n", *lines[place:]])
    assert same_steps(broken, text)


def test_what_both_pythons_read_is_not_blanked() -> None:
    assert same_steps("print >> f, 'a'\nx = (\n", "print >> f, 'a'\n")
