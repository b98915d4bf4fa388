"""Findings and timelines as people read them."""

from __future__ import annotations

import io
from random import Random

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.report.excerpt import excerpt
from cucurbit.report.report import counted, listed, printable
from cucurbit.report.styled import ASCII, UNICODE, Line, plain, signs_for, wrapped, write
from cucurbit.report.timeline_text import timeline_lines
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.tree.files import MemoryTree


def marked(text: str, span: Span) -> list[str]:
    return [plain(line) for line in excerpt(SourceText(text), span, "red", UNICODE)]


@pytest.mark.parametrize(
    ("text", "span", "source", "marks"),
    [
        ("class A(Base):", Span(1, 6, 1, 7), "class A(Base):", "      ^"),
        ("class A(Base):\n    pass", Span(1, 0, 2, 8), "class A(Base):", "^^^^^^^^^^^^^^"),
        ("\tx = y", Span(1, 5, 1, 6), "    x = y", "        ^"),
        ("名前 = table", Span(1, 5, 1, 10), "名前 = table", "       ^^^^^"),
        ("e\u0301 = table", Span(1, 5, 1, 10), "e\u0301 = table", "    ^^^^^"),
        ("x\x1b[31m = y", Span(1, 0, 1, 1), "x\\x1b[31m = y", "^"),
        ("x = 1", Span(1, 5, 1, 5), "x = 1", "     ^"),
        ("x = 1", Span(1, 90, 1, 99), "x = 1", "     ^"),
    ],
)
def test_marks_stand_below_what_they_mean(text: str, span: Span, source: str, marks: str) -> None:
    assert marked(text, span) == [f" 1 │ {source}", f"   │ {marks}"]


def test_a_long_line_is_cut_around_the_place() -> None:
    shown, marks = marked(f"{'a' * 500} = {'b' * 500}", Span(1, 503, 1, 510))
    start = marks.index("^")
    assert shown[start : start + 7] == "b" * 7
    assert len(shown) < 200


@pytest.mark.parametrize("span", [Span(2, 0, 2, 1), Span(9, 0, 9, 1)])
def test_nothing_is_shown_of_an_empty_line(span: Span) -> None:
    assert marked("x\n\ny", span) == []


def folded(line: Line, width: int) -> list[str]:
    return [plain(each) for each in wrapped(line, width, "    ")]


@pytest.mark.parametrize("width", [24, 30, 41])
def test_no_text_is_lost_where_it_is_wrapped(width: int) -> None:
    random = Random(width)
    pieces = (
        "",
        " ",
        "│ ",
        "warning",
        "app/models.py",
        ":12",
        "  ",
        "a long path/that/does/not/fit/in/a/line",
        " of it ",
    )
    for _ in range(500):
        line: Line = [(random.choice(pieces), random.choice(("", "bold"))) for _ in range(random.randrange(12))]
        text = "".join(each for each, _ in line)
        assert "".join("".join(folded(line, width)).split()) == "".join(text.split())


def test_a_long_path_stays_beside_the_signs_before_it() -> None:
    assert folded([("  │ ", "blue"), ("a/very/long/path/of/a/project.py:10", ""), ("  creates it", "")], 30) == [
        "  │ a/very/long/path/of/a/project.py:10",
        "    creates it",
    ]


def test_a_word_in_two_styles_is_not_broken() -> None:
    assert folded([("one two three ends at ", ""), ("app/main.py:10", "cyan"), (": ValueError", "")], 36) == [
        "one two three ends at",
        "    app/main.py:10: ValueError",
    ]


def test_signs_depend_on_the_encoding() -> None:
    assert signs_for("utf-8") is UNICODE
    for encoding in ("ascii", "cp1252", None, "no-such-encoding"):
        assert signs_for(encoding) is ASCII


def test_colours_change_nothing_but_colours() -> None:
    lines: list[Line] = [[("error", "bold red"), (" [not markup] :smile: " + "x" * 300, "")], [], [("end", "")]]
    bare, coloured = io.StringIO(), io.StringIO()
    write(lines, coloured=False, stream=bare)
    write(lines, coloured=True, stream=coloured)
    assert "\x1b[" in coloured.getvalue()
    stripped = "".join(
        part.partition("m")[2] if index else part for index, part in enumerate(coloured.getvalue().split("\x1b["))
    )
    assert stripped == bare.getvalue()


def test_small_words() -> None:
    assert (counted(1, "class", "classes"), counted(2, "class", "classes"), counted(0, "hint")) == (
        "1 class",
        "2 classes",
        "0 hints",
    )
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert printable("a\x1b\n\u202e\udc80é") == "a\\x1b\\n\\u202e\\udc80é"


def test_a_timeline_is_nested_and_numbered() -> None:
    files = {
        "main.py": "from flask import Flask\nimport models\ntry:\n    import broken\nexcept Exception:\n    pass\n"
        "app = Flask(__name__)\n",
        "models.py": "from sqlalchemy import MetaData, Table, Column\nm = MetaData()\nTable('t', m, Column('a'))\n",
        "broken.py": "raise ValueError('no')\n",
    }
    context = analyse(folder_workspace(MemoryTree(files)))
    (timeline,) = context.timelines
    lines = [plain(line) for line in timeline_lines(context, timeline, ASCII, lambda path: path)]
    assert lines == [
        "main:app  (imported, then started)",
        "1   main  main.py",
        "2     models  models.py",
        "3       * table t  models.py:3",
        "4     broken  broken.py",
        "5     x broken fails: ValueError: no (broken.py:1)",
        "6     x the ValueError is caught here, and the program continues  main.py:5",
        "3 modules executed, 1 table registered.",
    ]


def test_a_long_path_keeps_the_sign_behind_it() -> None:
    assert folded(
        [("✗ ", "red"), ("a/very/long/path/of/alembic.ini", "bold"), (": it registers no table.", "")], 30
    ) == [
        "✗ a/very/long/path/of/alembic.ini:",
        "    it registers no table.",
    ]
