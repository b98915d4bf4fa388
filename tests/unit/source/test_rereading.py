"""An edited text that is read again in part is read as it would be as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.source import grammar, reader, rereading
from cucurbit.source.rereading import Reading

STATEMENTS = (
    '"""What it is for."""\n',
    "import os; import sys\n",
    "from app import (\n    one,\n    two,\n)\n",
    "x = 1; y = 2\n",
    "x = 1 \\\n    + 2\n",
    "def f(a, b=1):\n    return a\n\n",
    "@decorated(\n    1\n)\nasync def g():\n    def inner():\n        yield 1\n    return inner\n",
    "class A(Base):\n    __tablename__ = 'a'\n    id: Mapped[int] = column()\n\n    def m(self):\n        return 'é'\n",
    "if x:\n    y = 1\nelse:\n    y = 2\n",
    "try:\n    import json\nexcept ImportError:\n    json = None\n",
    "text = '''\ndef not_one():\n'''\n",
    "for each in é:\n    pass\n",
    "# a comment  # noqa\n",
    "\n",
)
PIECES = (
    *STATEMENTS,
    "",
    "    return 2\n",
    "    z = 3\n",
    "else:\n    pass\n",
    "elif y:\n    pass\n",
    "@decorated\n",
    '"""\n',
    "(\n",
    ")\n",
    "\\\n",
    "x = \\\n",
    "# ends in \\\n",
    "    # indented\n",
    "\f\n",
    "\tx = 1\n",
    "; b = 2\n",
)


@st.composite
def edited(draw: st.DrawFn) -> list[str]:
    """Versions of a text, each by an edit of a few lines or characters of the one before."""
    text = "".join(draw(st.lists(st.sampled_from(STATEMENTS), max_size=10)))
    versions = [text]
    for _ in range(draw(st.integers(1, 4))):
        lines = text.splitlines(keepends=True)
        if draw(st.booleans()):
            start = draw(st.integers(0, len(lines)))
            stop = draw(st.integers(start, min(start + 3, len(lines))))
            text = "".join([*lines[:start], draw(st.sampled_from(PIECES)), *lines[stop:]])
        else:
            place = draw(st.integers(0, len(text)))
            text = (
                text[:place] + draw(st.sampled_from(("", "1", " ", "\n", "'", "#", "(", ":", "é"))) + text[place + 1 :]
            )
        versions.append(text)
    return versions


def read(text: str, before: Reading | None = None) -> Reading:
    """The facts of any text, read in part where that is possible."""
    return rereading.unbroken(text, before) or Reading(text, reader.read(text))


@settings(max_examples=400, deadline=None)
@given(edited())
def test_every_version_is_read_as_by_itself(versions: list[str]) -> None:
    before: Reading | None = None
    for text in versions:
        reading = read(text, before)
        assert reading.facts == reader.read(text)
        assert reading.marks == read(text).marks
        assert (rereading.unbroken(text, before) is None) == (reading.facts.problem is not None)
        before = reading if reading.marks else before


LONG = "".join(f"class Model{number}(Base):\n    __tablename__ = 'table_{number}'\n\n" for number in range(200))


@pytest.mark.parametrize(
    "text",
    [
        LONG.replace("'table_100'", "'other'"),
        LONG.replace("class Model100", "# a comment\nclass Model100"),
        LONG.replace("'table_100'\n", "'table_100'\n    # indented\n"),
        LONG.replace("'table_100'\n", "'table_100'\n    more = Column(Integer, key='more')\n"),
        LONG + "x = 1\n",
        "# first\n" + LONG,
        LONG + "\ndef f():\n    return 1\n",
        LONG.replace("'table_100'", "'other'").replace("\n", "\r\n"),
    ],
)
def test_what_is_not_edited_is_not_parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(LONG)
    parsed: list[bytes] = []

    def counting(data: bytes) -> object:
        parsed.append(data.strip())
        return grammar.parse(data)

    monkeypatch.setattr("cucurbit.source.rereading.parse", counting)
    after = read(text, before)
    assert after.facts == reader.read(text)
    assert len(parsed) == 1
    assert parsed[0].count(b"\n") < 15
    # The next edit is read in part too.
    again = read(text.replace("'table_150'", "'another'"), after)
    assert again.facts == reader.read(text.replace("'table_150'", "'another'"))
    assert len(parsed) == 2
    assert parsed[1].count(b"\n") < 15


@pytest.mark.parametrize(
    "text",
    [LONG.replace("\n", "\r\n"), "\ufeff" + LONG, LONG + "x = '\0'\n", LONG + "x = '\ud800'\n", LONG + "def f(:\n"],
)
def test_what_is_not_plain_is_read_as_from_scratch(text: str) -> None:
    assert read(text, read(LONG)).facts == reader.read(text)
    assert read(LONG, read(text)).facts == reader.read(LONG)
