"""Histories whose operations are not all seen: what Alembic applies is not said to fail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from cucurbit.analysis.context import Context
from cucurbit.opening import folder_workspace
from cucurbit.rules.revision_operation import RULE
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.judge import project, upgraded, write
from tests.revisions.test_history import revision

CASES = Path(__file__).with_name("unseen.md")


@dataclass(frozen=True)
class Case:
    title: str
    revisions: tuple[str, ...]
    helpers: dict[str, str]
    outside: dict[str, str]


def cases() -> list[Case]:
    found = []
    for part in re.split(r"^## ", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^(?:(outside )?`([\w.]+)`:\n)?```python\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
        found.append(
            Case(
                part.partition("\n")[0],
                tuple(text for _, name, text in blocks if not name),
                {name: text for outside, name, text in blocks if name and not outside},
                {name: text for outside, name, text in blocks if outside},
            )
        )
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)
def test_what_alembic_applies_is_not_said_to_fail(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    revisions = {f"r{number}": revision(number, body) for number, body in enumerate(case.revisions)}
    files = project(revisions, case.helpers)
    write(tmp_path / "workspace", files)
    write(tmp_path / "outside", case.outside)
    monkeypatch.syspath_prepend(str(tmp_path / "outside"))
    monkeypatch.syspath_prepend(str(tmp_path / "workspace"))
    ran = list(upgraded(tmp_path / "workspace", revisions))
    assert [(name, real) for name, real in ran if isinstance(real, Exception)] == []
    assert len(ran) == len(revisions)
    found = RULE.check(Context(folder_workspace(MemoryTree(files)), (), ()))
    assert [each.message for each in found if each.certain] == []
