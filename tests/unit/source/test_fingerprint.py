from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.source.fingerprint import digest, dump, load
from cucurbit.source.reader import read
from tests.unit.source.helpers import standard_files

MODULE = read("import a\n\nclass A(Base):  # noqa\n    __tablename__ = 'a'\n    b = [1.5, None, -3]\n")


@pytest.mark.parametrize("text", ["", "x = 1\n", "def broken(:\n  pass\ny = 2\n", "# noqa\n", *standard_files(12)])
def test_facts_come_back(text: str) -> None:
    module = read(text)
    assert load(dump(module)) == module


@given(st.binary(max_size=100))
def test_garbage_is_none(data: bytes) -> None:
    assert load(data) is None


@given(st.data())
def test_damaged_facts_are_none(data: st.DataObject) -> None:
    good = dump(MODULE)
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != good[place]))
    assert load(good[:place] + bytes([byte]) + good[place + 1 :]) is None
    assert load(good[:place]) is None


def test_blank_lines_and_comments_leave_the_digest() -> None:
    one = "import a\nx = a.b(1)\n"
    other = "# a comment\n\nimport   a   # noqa\n\n\nx = a.b( 1 )\n"
    assert digest(read(one)) == digest(read(other))
    assert read(one).spans != read(other).spans


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1\n", "x = 2\n"),
        ("x = 1\n", "x = True\n"),
        ("x = 'a'\n", "x = b\n"),
        ("x = 1\ny = 2\n", "y = 2\nx = 1\n"),
        ("x = 1\n", "x = 1\nz = (\n"),
        ("def f(): yield\n", "async def f(): yield\n"),
        ("x = 1\n", "x = 1.0\n"),
    ],
)
def test_what_executes_otherwise_has_another_digest(one: str, other: str) -> None:
    assert digest(read(one)) != digest(read(other))


def test_a_syntax_problem_that_moves_leaves_the_digest() -> None:
    broken = "if a:\n    b = (1]\nfoo(\n"
    assert digest(read(broken)) == digest(read("\n\n\n" + broken))
