"""Every fix that is offered for a case, applied to a copy which is run for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.case import Case, all_cases
from tests.oracle.harness import RecordingProcess
from tests.oracle.repairs import trials


@pytest.fixture(scope="module")
def recorder() -> Iterator[RecordingProcess]:
    with RecordingProcess.start() as process:
        yield process


def with_something_to_repair() -> list[Case]:
    return [case for case in all_cases() if any(case.found.values()) or "alembic.ini" in case.files]


@pytest.mark.parametrize("case", with_something_to_repair(), ids=lambda case: case.id)
def test_fixes(case: Case, recorder: RecordingProcess, tmp_path: Path) -> None:
    wrong = [f"{trial.repair.name}: {words}" for trial in trials(case, recorder, tmp_path) for words in trial.wrong]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
