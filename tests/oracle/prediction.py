"""What Cucurbit predicts for a case, and how it compares with what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cucurbit.opening import open_workspace
from cucurbit.record import comparison
from cucurbit.record.comparison import Predicted, as_recorded, predicted_events, rendered
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace
from tests.oracle.case import Case, Event

__all__ = ["Predicted", "agrees", "as_recorded", "difference", "entry_of", "first_difference", "predict"]


def entry_of(case: Case, workspace: Workspace) -> EntryPoint:
    """The entry point as the recorder runs it: nothing is on ``sys.path`` but what the way to start puts there."""
    module, _, startup = case.target.partition(":")
    if case.kind == "alembic":
        environment = next(env for env in workspace.environments if env.config == case.target)
        path, module, startup, sys_path = environment.env_path, "", "", environment.prepend_sys_path
    elif case.target.startswith("-m "):
        environment = None
        module, startup, sys_path = case.target.removeprefix("-m "), "", ("",)
        path = file_of(module, case)
    elif case.kind == "script":
        environment = None
        path, module, startup, sys_path = case.target, "", "", (case.target.rpartition("/")[0],)
    else:
        environment = None
        path, sys_path = file_of(module, case), ("",)
    return EntryPoint(EntryKind(case.kind), case.target, path, module, startup, "", sys_path, (), environment, None)


def file_of(module: str, case: Case) -> str:
    path = module.replace(".", "/")
    return next(name for name in (f"{path}/__main__.py", f"{path}/__init__.py", f"{path}.py") if name in case.files)


def predict(case: Case, root: Path, sqlalchemy: str) -> list[Predicted]:
    """Simulate ``case``, whose files stand under ``root``, for this version of SQLAlchemy."""
    requirements = root / "requirements.txt"
    if not requirements.exists():
        requirements.write_text(f"sqlalchemy=={sqlalchemy}\n", encoding="utf-8")
    workspace = open_workspace(root)
    timeline = simulate(workspace, entry_of(case, workspace))
    return predicted_events(timeline, workspace)


def agrees(predicted: list[Predicted], recorded: list[Event]) -> bool:
    """Whether what happened is one of the things that were predicted."""
    return comparison.agrees(predicted, [rendered(event) for event in recorded])


def difference(predicted: list[Predicted], recorded: list[Event]) -> str:
    """The two side by side, up to a few events past the first that differs."""
    here, there = first_difference(predicted, recorded)
    lines = [f"the first {there} events agree; then"]
    lines += [f"  predicted {event}" for event in predicted[here : here + 6]] or ["  predicted nothing"]
    lines += [f"  recorded    {rendered(event)}" for event in recorded[there : there + 6]] or ["  recorded nothing"]
    return "\n".join(lines)


def first_difference(predicted: Sequence[Predicted], recorded: Sequence[Event]) -> tuple[int, int]:
    """How many events of each agree up to the first that differs, with those that did not have to happen."""
    compared = comparison.compare(predicted, [rendered(event) for event in recorded], complete=True)
    before = compared.rows[: compared.first_difference]
    return sum(row.predicted is not None for row in before), sum(row.recorded is not None for row in before)
