"""What Cucurbit says about drift, held against what Alembic finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import Difference
from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.rules.shared.drift import Drift, drifts
from cucurbit.workspace.tree.files import MemoryTree
from tests.drift.generator import Projects
from tests.drift.judge import Found, judged, project


@dataclass
class Tally:
    """How many projects, how many differences of Alembic, and how many of these were certain or not found."""

    projects: int = 0
    real: int = 0
    certain: int = 0
    silent: int = 0
    complete: int = 0
    not_run: int = 0


def context_of(files: Mapping[str, str]) -> Context:
    return analyse(folder_workspace(MemoryTree(files)))


def drift_of(files: Mapping[str, str]) -> Drift:
    (found,) = drifts(context_of(files))
    return found


def short(difference: Difference) -> Found:
    name = difference.name or ""
    if difference.op in ("add_fk", "remove_fk"):
        shape = difference.model or difference.standing
        name = ",".join(difference.names[: len(shape.columns)])  # type: ignore[union-attr]
    elif not name:
        name = ",".join(sorted(difference.names))
    return difference.op, difference.table, name


def disagreements(drift: Drift, real: list[Found], tally: Tally) -> Iterator[str]:
    """What one of the two says and the other denies."""
    ours = {short(each): each.certain for each in drift.comparison.differences}
    certain = {key for key, sure in ours.items() if sure}
    tally.projects += 1
    tally.real += len(set(real))
    tally.certain += len(certain & set(real))
    tally.silent += len(set(real) - set(ours))
    tally.complete += drift.is_complete
    for each in sorted(certain - set(real)):
        yield f"{each}: only Cucurbit says so"
    for each in sorted(set(real) - set(ours)):
        if drift.is_complete:
            yield f"{each}: only Alembic says so"
    if drift.is_complete and any(not sure for sure in ours.values()):
        yield f"complete, but not certain: {sorted(key for key, sure in ours.items() if not sure)}"


def compared(seed: int, folder: Path, tally: Tally, **options: Any) -> tuple[list[str], Mapping[str, str]]:
    """The disagreements about one random project, and its files."""
    files = Projects(seed).files()
    try:
        real = judged(folder, files, **options)
    except Exception:  # noqa: BLE001 - the revisions do not fit each other: there is nothing to compare
        tally.not_run += 1
        return [], files
    return list(disagreements(drift_of(project(files)), real, tally)), files
