"""Of many open files, one is edited at a time: the others cost next to nothing."""

from __future__ import annotations

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.tree.files import MemoryTree

COUNT = 50


def test_only_the_edited_file_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"m{number}.py": f"x = {number}\n" for number in range(COUNT)}
    workspace = folder_workspace(MemoryTree(texts)).with_changes((), texts)
    workspace = workspace.with_changes((), {**texts, "m1.py": "x = = 1\n"})
    asked: list[str] = []
    facts = FolderWorkspace.facts

    def noted(self: FolderWorkspace, path: str) -> object:
        asked.append(path)
        return facts(self, path)

    monkeypatch.setattr(FolderWorkspace, "facts", noted)
    workspace = workspace.with_changes((), {**texts, "m1.py": "x = = 1\n", "m2.py": "y = = 2\n"})
    assert set(asked) <= {"m1.py", "m2.py"}
    # What is broken has the facts of its last text without an error, also while others are edited.
    assert [workspace.is_stale(path) for path in ("m1.py", "m2.py", "m3.py")] == [True, True, False]
    later = workspace.with_changes((), {**texts, "m2.py": "y = = 2\n"})
    assert [later.is_stale(path) for path in ("m1.py", "m2.py", "m3.py")] == [False, True, False]
