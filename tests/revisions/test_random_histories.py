"""Random histories, replayed and run for real: the schemas agree, and each reported error is one of Alembic."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.analysis.context import Context
from cucurbit.opening import folder_workspace
from cucurbit.rules.revision_operation import RULE
from cucurbit.rules.shared.history import histories
from cucurbit.workspace.tree.files import MemoryTree
from tests.revisions.comparison import Tally, differences
from tests.revisions.generator import Histories
from tests.revisions.judge import project, upgraded, write
from tests.revisions.test_history import revision

SEEDS = range(12)


def judged(folder: Path, bodies: tuple[str, ...], tally: Tally) -> tuple[list[str], str, tuple[str, ...]]:
    """The disagreements; the revision at which Alembic raises, and those in which the rule reports an error."""
    files = project({f"r{number}": revision(number, body) for number, body in enumerate(bodies)})
    write(folder, files)
    context = Context(folder_workspace(MemoryTree(files)), (), ())
    (history,) = histories(context)
    reported = [
        each.location.path.rpartition("/")[2].removesuffix(".py") for each in RULE.check(context) if each.certain
    ]
    found: list[str] = []
    for name, real in upgraded(folder, [f"r{number}" for number in range(len(bodies))]):
        if isinstance(real, Exception):
            return found, name, tuple(dict.fromkeys(reported))
        found += [f"after {name}: {each}" for each in differences(history.after[name], real, tally)]
    return found, "", tuple(dict.fromkeys(reported))


@pytest.mark.parametrize("seed", SEEDS)
def test_histories_that_fit_are_replayed_exactly(seed: int, tmp_path: Path) -> None:
    bodies = Histories(seed, wrong=0).bodies(8)
    tally = Tally()
    found, failed, reported = judged(tmp_path, bodies, tally)
    assert (found, reported) == ([], ()), "\n---\n".join(bodies)
    assert tally.compared > 5 * tally.unsure
    assert not failed or failed != "r0"


@pytest.mark.parametrize("seed", SEEDS)
def test_an_error_is_what_alembic_raises(seed: int, tmp_path: Path) -> None:
    bodies = Histories(seed, wrong=0.3).bodies(8)
    found, failed, reported = judged(tmp_path, bodies, Tally())
    assert found == [], "\n---\n".join(bodies)
    first = min(reported, key=lambda each: int(each[1:]), default="")
    assert not first or (failed and int(failed[1:]) <= int(first[1:])), "\n---\n".join(bodies)
