"""What fixes leave behind in workspaces drawn at random: each one alone, then all safe ones together.

The workspace parses, the finding is gone, no error is new, running it for real raises no more than before, and applying
it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracle.harness import RecordingProcess
from tests.oracle.programs.mending import broken_fixes
from tests.oracle.programs.model import page
from tests.oracle.programs.start import drawn

WORKSPACES = 40
GROUP = 10


@pytest.fixture(scope="module")
def recorder() -> Iterator[RecordingProcess]:
    with RecordingProcess.start() as process:
        yield process


@pytest.mark.parametrize("first", range(0, WORKSPACES, GROUP))
def test_fixes_of_random_workspaces(recorder: RecordingProcess, first: int) -> None:
    for seed in range(first, first + GROUP):
        program = drawn(seed)
        wrong = list(broken_fixes(program, recorder))
        assert not wrong, "\n".join([*wrong, page(program.case(f"Drawn {seed}"))])
