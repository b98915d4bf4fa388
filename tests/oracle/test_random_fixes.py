"""What fixes leave behind in workspaces drawn at random: each one alone, then all safe ones together.

The workspace parses, the finding is gone, no error is new, running it for real raises no more than before, and applying
it again changes nothing. ``python -m tests.oracle.many --fixes 600`` tries as many as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracle.harness import RecordingProcess
from tests.oracle.programs.mending import mended
from tests.oracle.programs.model import page
from tests.oracle.programs.start import drawn

WORKSPACES = 60
GROUP = 15


@pytest.fixture(scope="module")
def recorder() -> Iterator[RecordingProcess]:
    with RecordingProcess.start() as process:
        yield process


@pytest.mark.parametrize("first", range(0, WORKSPACES, GROUP))
def test_fixes_of_random_workspaces(recorder: RecordingProcess, first: int) -> None:
    for seed in range(first, first + GROUP):
        program = drawn(seed)
        wrong = [words for each in mended(program, recorder) for words in each.words]
        assert not wrong, "\n".join([*wrong, page(program.case(f"Drawn {seed}"))])
