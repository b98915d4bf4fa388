"""docs/schema.md: every command is run in order, and prints what the page shows."""

from __future__ import annotations

from pathlib import Path

from tests.docs.literate import REPOSITORY, NewFile, Reader, agrees, steps

PAGE = REPOSITORY / "docs" / "schema.md"


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    commands = 0
    for step in steps(PAGE.read_text("utf-8")):
        if isinstance(step, NewFile):
            reader.write(step)
            continue
        printed = reader.run(step.text)
        assert agrees(step.output, printed), f"docs/schema.md:{step.line}: $ {step.text}\n{printed}"
        commands += 1
    assert commands == 5
    assert "```mermaid\nerDiagram\n" in (reader.folder / "README.md").read_text("utf-8")
