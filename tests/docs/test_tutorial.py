"""Every command of the tutorial and of the first steps, run in order; what a page shows is what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.literate import REPOSITORY, Command, NewFile, Reader, agrees, steps

DOCS = REPOSITORY / "docs"


def followed(reader: Reader, name: str) -> int:
    """Follows a page. Returns the number of commands on it."""
    commands = 0
    for step in steps((DOCS / name).read_text("utf-8")):
        if isinstance(step, NewFile):
            reader.write(step)
            continue
        printed = reader.run(step.text)
        assert agrees(step.output, printed), f"docs/{name}:{step.line}: $ {step.text}\n{printed}"
        commands += 1
    return commands


@pytest.mark.timeout(300)
def test_the_first_ten_minutes(tmp_path: Path) -> None:
    assert followed(Reader(tmp_path), "first-steps.md") > 7


@pytest.mark.timeout(600)
def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    assert followed(reader, "tutorial.md") > 15
    assert (reader.folder / "timeline.html").read_text("ascii").startswith("<!doctype html>")


@pytest.mark.timeout(300)
def test_from_two_heads_to_one(tmp_path: Path) -> None:
    assert followed(Reader(tmp_path), "revisions.md") > 10


def test_the_blocks_of_a_page() -> None:
    page = '# T\n\n```console\n$ one\na\n...\nb\n$ two\n```\n\n```python title="x/y.py"\nz = 1\n```\n\n```text\n$ no\n'
    page += "```\n"
    found = list(steps(page))
    assert [step.text for step in found if isinstance(step, Command)] == ["one", "two"]
    assert [(step.line, step.output) for step in found if isinstance(step, Command)] == [(4, "a\n...\nb"), (8, "")]
    assert [step for step in found if isinstance(step, NewFile)] == [NewFile("x/y.py", "z = 1\n")]


def test_three_dots_stand_for_any_lines_and_nothing_else_does() -> None:
    assert agrees("a\n...\nd", "a\nb\nc\nd")
    assert agrees("a\n...\nd", "a\nd")
    assert not agrees("a\n...\nd", "a\nb\nc")
    assert not agrees("a\n...\nd", "x\na\nd")
    assert not agrees("a.c", "abc")
    assert not agrees("", "a")
