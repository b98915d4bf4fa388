"""Programs nobody thought of: workspaces drawn at random, run for real, and predicted.

They are made of what decides the order of execution: packages and nested packages, imports of every form, cycles,
partially executed modules, tables and classes that meet again, failures caught and not caught, functions called across
modules, modules executed anew, aggregators and walkers, folders put on ``sys.path``, env.py in its usual shapes.
``python -m tests.oracle.many`` draws as many as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.harness import RecordingProcess
from tests.oracle.many import Tally
from tests.oracle.programs.draw import programs
from tests.oracle.programs.judge import judge
from tests.oracle.programs.model import Program, page
from tests.oracle.programs.start import drawn

DRAWN = 60
SEEDED = 120
GROUP = 30
MOST_UNCERTAIN = 0.02
"""The share of predicted events that may be uncertain. What a program asks of its surroundings stays unknown."""


@pytest.fixture(scope="module")
def recorder() -> Iterator[RecordingProcess]:
    with RecordingProcess.start() as process:
        yield process


@settings(
    max_examples=DRAWN,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs())
def test_prediction_of_a_random_program(recorder: RecordingProcess, program: Program) -> None:
    verdict = judge(program.case(), recorder)
    assert verdict.right, f"{verdict.wrong}\n\n{page(program.case(), verdict.recorded)}"


@pytest.mark.parametrize("first", range(0, SEEDED, GROUP))
def test_prediction_of_many_programs(recorder: RecordingProcess, first: int) -> None:
    tally = Tally()
    for seed in range(first, first + GROUP):
        program = drawn(seed)
        verdict = judge(program.case(f"Drawn {seed}"), recorder)
        assert verdict.right, f"{verdict.wrong}\n\n{page(program.case(f'Drawn {seed}'), verdict.recorded)}"
        tally.count(verdict)
    assert tally.uncertain <= tally.events * MOST_UNCERTAIN, tally.causes
    # They are programs that do something, and do not all come to an end at once.
    assert tally.events > 8 * tally.programs
    assert tally.failing < 0.8 * tally.programs
