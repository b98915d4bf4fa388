"""Random projects: what Cucurbit says of their drift is what Alembic finds, and the written revision ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drift.comparison import Tally, compared, rewritten

SEEDS = range(48)
BATCH = 8
"""How many projects one test compares: most of what differs in them must be certain."""


@pytest.mark.parametrize("first", SEEDS[::BATCH])
def test_what_is_certain_is_what_alembic_finds(first: int, tmp_path: Path) -> None:
    tally = Tally()
    for seed in range(first, first + BATCH):
        found, files = compared(seed, tmp_path / str(seed), tally)
        assert found == [], "\n".join(files.values())
    assert tally.projects == BATCH
    assert tally.real >= BATCH
    assert tally.certain > 0.9 * tally.real


@pytest.mark.parametrize("seed", SEEDS[:12])
def test_the_written_revision_ends_the_drift(seed: int, tmp_path: Path) -> None:
    wrong, text = rewritten(seed, tmp_path)
    assert wrong == [], text
