"""Random projects: what Cucurbit says of their drift is what Alembic finds, and the written revision ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drift.comparison import Tally, compared, rewritten

SEEDS = range(30)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_certain_is_what_alembic_finds(seed: int, tmp_path: Path) -> None:
    tally = Tally()
    found, files = compared(seed, tmp_path, tally)
    assert found == [], "\n".join(files.values())
    assert tally.projects == 1


def test_most_is_certain(tmp_path: Path) -> None:
    tally = Tally()
    for seed in SEEDS:
        compared(seed, tmp_path / str(seed), tally)
    assert tally.real > len(SEEDS)
    assert tally.certain > 0.9 * tally.real


@pytest.mark.parametrize("seed", SEEDS[:12])
def test_the_written_revision_ends_the_drift(seed: int, tmp_path: Path) -> None:
    wrong, text = rewritten(seed, tmp_path)
    assert wrong == [], text
