"""What Cucurbit says about drift, held against what Alembic finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import Difference
from cucurbit.analysis.engine import analyse
from cucurbit.fixes.revision_body import revision_body
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


def compared(seed: int, folder: Path, tally: Tally) -> tuple[list[str], Mapping[str, str]]:
    """The disagreements about one random project, and its files."""
    files = Projects(seed).files()
    try:
        real = judged(folder, files)
    except Exception:  # noqa: BLE001 - the revisions do not fit each other: there is nothing to compare
        tally.not_run += 1
        return [], files
    return list(disagreements(drift_of(project(files)), real, tally)), files


def rewritten(seed: int, folder: Path) -> tuple[list[str], str]:
    """What is wrong with the revision that is written for one random project, and its text; empty if none fits.

    Afterwards Alembic must find nothing, and after its downgrade what it found before.
    """
    files = Projects(seed).files()
    found = drift_of(project(files)).comparison.differences
    if any(each.name is None and not each.op.endswith("_table") for each in found) or not found:
        # SQLite cannot create or drop what has no name.
        return [], ""
    body = revision_body(found, batch=True)
    if body.left_out:
        return [f"left out: {each}" for each in body.left_out], ""
    last = max(int(name.rpartition("/r")[2].removesuffix(".py")) for name in files if "/r" in name)
    head = f"revision, down_revision = 'written', 'r{last}'\nfrom alembic import op\nimport sqlalchemy as sa\n"
    functions = [
        f"\n\ndef {name}():\n" + "".join(f"    {line}\n" for line in lines or ("pass",))
        for name, lines in (("upgrade", body.upgrade), ("downgrade", body.downgrade))
    ]
    text = head + "\n".join(body.imports) + "".join(functions)
    before = judged(folder, files)
    made = {**files, "migrations/versions/written.py": text}
    after = judged(folder, made)
    wrong = [f"after the upgrade: {each}" for each in after]
    if judged(folder, made, back_to=f"r{last}") != before:
        wrong.append("the downgrade does not lead back")
    return wrong, text
