"""Histories replayed and run for real: after each revision, the two schemas agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cucurbit.analysis.context import Context
from cucurbit.opening import folder_workspace
from cucurbit.rules.shared.history import History, histories
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.comparison import Tally, differences
from tests.revisions.judge import project, upgraded, write

CASES = Path(__file__).with_name("cases.md")


def replayed(files: Mapping[str, str]) -> History:
    (history,) = histories(Context(folder_workspace(MemoryTree(files)), (), ()))
    return history


def sections() -> list[tuple[str, tuple[str, ...], int]]:
    """The title of each case, the bodies of its revisions, and how many items may be unsure."""
    found = []
    for part in re.split(r"^## ", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title = part.partition("\n")[0]
        unsure = re.search(r"^Unsure: (\d+)", part, re.MULTILINE)
        blocks = re.findall(r"^```python\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
        found.append((title, tuple(blocks), int(unsure[1]) if unsure else 0))
    return found


def revision(number: int, body: str) -> str:
    """The text of a revision file; a body without ``def upgrade`` is that of the function."""
    parent = repr(f"r{number - 1}") if number else None
    head = f"from alembic import op\nimport sqlalchemy as sa\n\nrevision = 'r{number}'\ndown_revision = {parent}\n\n\n"
    if "def upgrade" not in body:
        body = "def upgrade():\n" + "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return head + body


def judged(folder: Path, bodies: tuple[str, ...]) -> tuple[list[str], Tally]:
    """The disagreements after each revision."""
    files = project({f"r{number}": revision(number, body) for number, body in enumerate(bodies)})
    write(folder, files)
    history = replayed(files)
    tally = Tally()
    found = []
    for name, real in upgraded(folder, [f"r{number}" for number in range(len(bodies))]):
        if isinstance(real, Exception):
            raise AssertionError(f"{name}: {real}") from real
        found += [f"after {name}: {each}" for each in differences(history.after[name], real, tally)]
    return found, tally


@pytest.mark.parametrize(("bodies", "unsure"), [case[1:] for case in sections()], ids=[case[0] for case in sections()])
def test_the_replayed_schema_is_the_real_one(bodies: tuple[str, ...], unsure: int, tmp_path: Path) -> None:
    found, tally = judged(tmp_path, bodies)
    assert found == []
    assert tally.compared
    assert tally.unsure == unsure
