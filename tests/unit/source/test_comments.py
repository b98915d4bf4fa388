from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.source.comments import comments
from cucurbit.source.facts import Comment
from cucurbit.source.reader import read
from cucurbit.source.span import START, Span
from cucurbit.source.text import SourceText


def only(text: str) -> Comment:
    (comment,) = comments(text)
    return comment


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa", ()),
        ("#noqa", ()),
        ("# NOQA", ()),
        ("# noqa: F401", ("F401",)),
        ("# noqa:F401,E402", ("F401", "E402")),
        ("# noqa: F401, E402  because", ("F401", "E402")),
        ("# noqa : f401", ("F401",)),
        ("# noqa: F401 E402", ("F401", "E402")),
        ("# type: ignore  # noqa: F401", ("F401",)),
        ("# noqa: it registers the models", ()),
    ],
)
def test_noqa(comment: str, codes: tuple[str, ...]) -> None:
    found = only(f"import a  {comment}\n")
    assert found == Comment("noqa", codes, Span(1, 10, 1, 10 + len(comment)))


@pytest.mark.parametrize(
    ("comment", "codes"),
    [("# ruff: noqa", ()), ("# flake8: noqa", ()), ("# ruff: noqa: F401", ("F401",)), ("#flake8:noqa", ())],
)
def test_noqa_for_a_whole_file_stands_at_its_start(comment: str, codes: tuple[str, ...]) -> None:
    assert only(f"import a\n\n{comment}\n") == Comment("noqa", codes, START)


@pytest.mark.parametrize(
    ("directive", "codes"),
    [
        ("cucurbit: ignore", ()),
        ("cucurbit: ignore[duplicate-table]", ("duplicate-table",)),
        ("cucurbit:ignore[ rule-a,rule-b ]", ("rule-a", "rule-b")),
    ],
)
@pytest.mark.parametrize("before", ["# ", "#", "# noqa? # "])
def test_ignores(directive: str, codes: tuple[str, ...], before: str) -> None:
    text = f"é = a  {before}{directive} says why\n"
    found = [comment for comment in comments(text) if comment.kind == "ignore"]
    assert [comment.codes for comment in found] == [codes]
    assert SourceText(text).slice(found[0].span) == directive


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # cucurbit: ignore[unclosed\n",
        "x = 1  # cucurbit: ignore[]\n",
        "x = 1  # cucurbit: ignored\n",
        "x = '# noqa'\n",
        'x = """\n# noqa: F401\n# cucurbit: ignore\n"""\n',
        "x = 'it\\'s # noqa'\n",
        'x = "#" + "# noqa"\n',
        "noqa = 1\n",
        "x = r'\\' + '# noqa'\n".replace("r'\\'", "'\\\\'"),
    ],
)
def test_what_is_no_comment_or_no_directive(text: str) -> None:
    assert comments(text) == ()


def test_several_comments_are_in_order() -> None:
    found = comments("a  # cucurbit: ignore\nb  # noqa\n# class A(Base):\n#     __tablename__ = 'a'\n# ruff: noqa\n")
    assert [(comment.kind, comment.span.line) for comment in found] == [
        ("noqa", 1),
        ("ignore", 1),
        ("noqa", 2),
        ("definition", 3),
    ]


@pytest.mark.parametrize(
    ("text", "codes", "line"),
    [
        ("# class User(Base):\n#     __tablename__ = 'users'\n", ("User", "users"), 1),
        ('#class User(Base):\n#    id = 1\n#    __tablename__: str = "users"\n', ("User", "users"), 1),
        ("x = 1\n# Old:\n#\n# class User(\n#     Base,\n# ):\n\n#     __tablename__ = 'users'\n", ("User", "users"), 4),
        ("class A:\n    # class B(Base):\n    #     __tablename__ = 'b'\n    pass\n", ("B", "b"), 2),
        ("# users = Table('users', metadata)\n", ("", "users"), 1),
        ('# users: Table = sa.Table(\n#     "users",\n#     metadata,\n# )\n', ("", "users"), 1),
    ],
)
def test_definitions(text: str, codes: tuple[str, str], line: int) -> None:
    found = only(text)
    assert (found.kind, found.codes, found.span.line) == ("definition", codes, line)
    assert SourceText(text).slice(found.span).startswith("#")


@pytest.mark.parametrize(
    "text",
    [
        "# class User(Base):\nx = 1\n#     __tablename__ = 'users'\n",
        "# the class User has __tablename__ = 'users'\n",
        "class User(Base):\n    __tablename__ = 'users'\n",
        "x = Table('users')  # the Table('users')\n",
        '"""\n# class User(Base):\n#     __tablename__ = "users"\n"""\n',
        "# class User(Base):\n#     name = __tablename__\n",
    ],
)
def test_what_is_no_definition(text: str) -> None:
    assert comments(text) == ()


@pytest.mark.parametrize(
    "broken", ["class Foo(Ba", "x = (", 'x = """never closed', "x = 'never closed", "import ", "    )", "\0", "\ud800"]
)
def test_comments_of_a_broken_file(broken: str) -> None:
    module = read(
        f"import a  # noqa: F401\n{broken}\nimport b  # noqa: F401\n\n# class A(B):\n#  __tablename__ = 'a'\n"
    )
    assert module.problem is not None
    assert [comment.span.line for comment in module.comments] == [1, 3, 5]


MARKS = [
    "# noqa",
    "# noqa: F401",
    "#",
    "cucurbit: ignore",
    "# cucurbit: ignore[a]",
    "# t = Table('t')\n",
    "# t = Table(",
]
LINES = ["# class A(B):\n", "#   __tablename__ = 'a'\n", '"""', "'''", '"', "'", "\\", "\n", " ", "é", "x"]
PIECES = st.lists(st.sampled_from(MARKS + LINES), max_size=25)


@given(PIECES)
def test_comments_stand_where_they_say(pieces: list[str]) -> None:
    text = "".join(pieces)
    source = SourceText(text)
    for comment in comments(text):
        if comment.span != START:
            found = source.slice(comment.span)
            assert found.startswith("cucurbit:" if comment.kind == "ignore" else "#")
            assert "\n" not in found
