"""What fuzzing found stays found, and a few cases of each kind run with every test run (``make fuzz`` runs many)."""

from __future__ import annotations

import pytest

from tests.fuzz.cases import KINDS
from tests.fuzz.finding import FOUND, Failing, case_of, load, problem_of, shrunk
from tests.fuzz.mutate import changed_paths

CASES = {"files": 12, "workspaces": 8, "sessions": 8, "edits": 6, "writes": 3}
"""How many cases one test runs."""


@pytest.mark.parametrize("start", range(0, 200, 100))
@pytest.mark.parametrize("kind", KINDS)
def test_random_input(kind: str, start: int) -> None:
    for seed in range(start, start + CASES[kind]):
        files = case_of(kind, seed)
        problem = problem_of(kind, seed, files)
        assert problem is None, (seed, changed_paths(files), problem)


def test_what_was_found() -> None:
    for path in sorted(FOUND.glob("*.json")):
        found = load(path)
        assert problem_of(found.kind, found.seed, found.files) is None, path.name


def test_a_case_that_fails_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int, files: object) -> int:
        assert isinstance(files, dict)
        if b"bad" in files.get("b", b""):
            raise ValueError("bad")
        return 1

    monkeypatch.setattr("tests.fuzz.finding.KINDS", {"files": fails})
    problem = problem_of("files", 1, {"b": b"bad"})
    assert problem == "ValueError: bad"
    files = {"a": b"x\n", "b": b"x\n" * 50 + b"bad\n" + b"y\n" * 50}
    assert shrunk(Failing("files", 1, files, problem)).files == {"b": b"bad\n"}
