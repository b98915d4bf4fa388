"""Every ``error`` is kept, and every table rejected for real is explained, over programs drawn at random.

``CUCURBIT_TRUTH_PROGRAMS`` sets how many programs are drawn; beyond the usual number they are new ones each time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.case import Case, all_cases
from tests.oracle.harness import RecordingProcess
from tests.oracle.test_random_programs import BASE, PRELUDE, programs
from tests.truth.promises import broken, said_of

USUAL = 100
DRAWN = int(os.environ.get("CUCURBIT_TRUTH_PROGRAMS", USUAL))


@pytest.fixture(scope="module")
def recorder() -> Iterator[RecordingProcess]:
    with RecordingProcess.start() as process:
        yield process


def promises_broken(recorder: RecordingProcess, case: Case) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = case.write(Path(folder) / "workspace")
        recorded = recorder.record(case, root, Path(folder) / "events.jsonl")
        return list(broken(said_of(case, root, recorder.version), recorded))


@settings(
    max_examples=DRAWN,
    derandomize=DRAWN == USUAL,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs)
def test_promises_about_a_random_program(recorder: RecordingProcess, program: dict[str, str]) -> None:
    files = {"p/__init__.py": "", "p/sub/__init__.py": "", "p/base.py": BASE, **program}
    wrong = promises_broken(recorder, Case("random", "drawn", "module", "p.m0", files, {}, ""))
    shown = "\n".join(f"--- {path}\n{text.removeprefix(PRELUDE).strip()}" for path, text in program.items())
    assert not wrong, "\n".join([*wrong, shown])


def failing_cases() -> list[Case]:
    """The cases in which something failed for real: what is to be explained."""
    return [case for case in all_cases() if any("\nrejected " in text for text in case.recorded.values())]


@pytest.mark.parametrize("case", failing_cases(), ids=lambda case: case.id)
def test_promises_about_a_case(recorder: RecordingProcess, case: Case) -> None:
    assert not promises_broken(recorder, case)
