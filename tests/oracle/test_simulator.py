"""The simulator predicts what a real Python does, for every case and every SQLAlchemy at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.case import Case, all_cases
from tests.oracle.harness import RecordingProcess, sqlalchemy_folders
from tests.oracle.prediction import agrees, difference, predict


@pytest.fixture(scope="module", params=sqlalchemy_folders(), ids=lambda folder: "beside" if folder else "installed")
def recorder(request: pytest.FixtureRequest) -> Iterator[RecordingProcess]:
    with RecordingProcess.start(request.param) as process:
        yield process


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_prediction(case: Case, recorder: RecordingProcess, tmp_path: Path) -> None:
    root = case.write(tmp_path / "workspace")
    recorded = recorder.record(case, root, tmp_path / "events.jsonl")
    predicted = predict(case, root, recorder.version)

    if not agrees(predicted, recorded):
        pytest.fail(difference(predicted, recorded), pytrace=False)
    unsure = [str(event) for event in predicted if event.cut or not event.certain]
    if bool(unsure) is not bool(case.uncertain):
        pytest.fail("\n  ".join(["right, but not certain:", *unsure]), pytrace=False)
