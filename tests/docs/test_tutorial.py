"""Every command of the tutorial, run in order; what the page shows is what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.literate import REPOSITORY, Command, NewFile, Reader, agrees, steps

TUTORIAL = REPOSITORY / "docs" / "tutorial.md"


@pytest.mark.timeout(600)
def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    page = TUTORIAL.read_text("utf-8")
    reader = Reader(tmp_path)
    commands = 0
    for step in steps(page):
        if isinstance(step, NewFile):
            reader.write(step)
            continue
        printed = reader.run(step.text)
        assert agrees(step.output, printed), f"docs/tutorial.md:{step.line}: $ {step.text}\n{printed}"
        commands += 1
    assert commands > 15
    assert (reader.folder / "timeline.html").read_text("ascii").startswith("<!doctype html>")


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
