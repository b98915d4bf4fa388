"""The recorder sees what the pages of cases say that Python does: they are the documentation of these facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.case import Case, all_cases, render
from tests.oracle.harness import RecordingProcess, sqlalchemy_folders

CASES = all_cases()


@pytest.fixture(scope="module", params=sqlalchemy_folders(), ids=lambda folder: "beside" if folder else "installed")
def recorder(request: pytest.FixtureRequest) -> Iterator[RecordingProcess]:
    with RecordingProcess.start(request.param) as process:
        yield process


def test_every_case_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 60
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_recording(case: Case, recorder: RecordingProcess, tmp_path: Path) -> None:
    root = case.write(tmp_path / "workspace")
    events = recorder.record(case, root, tmp_path / "events.jsonl")
    assert render(events) == case.expected(recorder.version)
