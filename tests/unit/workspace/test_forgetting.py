"""Of a file that is gone, nothing is kept."""

from __future__ import annotations

import weakref
from pathlib import Path

from cucurbit.opening import open_workspace
from cucurbit.source.facts import ModuleFacts


class _Answer:
    """An answer about one file."""

    def __init__(self, facts: ModuleFacts) -> None:
        self.count = len(facts.bodies)


def test_answers_about_files_that_are_gone(tmp_path: Path) -> None:
    paths = ["a.py", "folder/b.py", "c.py"]
    (tmp_path / "folder").mkdir()
    for path in paths:
        (tmp_path / path).write_text("x = 1\n")
    workspace = open_workspace(tmp_path)
    known: list[weakref.ref[_Answer]] = []
    for path in paths:
        answer = workspace.about(path, _Answer)
        assert answer is not None
        known.append(weakref.ref(answer))
        del answer
    assert all(each() is not None for each in known)
    (tmp_path / "a.py").unlink()
    (tmp_path / "folder/b.py").unlink()
    (tmp_path / "folder").rmdir()
    workspace = workspace.with_changes(["a.py", "folder"])
    assert [each() is not None for each in known] == [False, False, True]
    assert [workspace.about(path, _Answer) is not None for path in paths] == [False, False, True]
