"""What Cucurbit predicts for a case, and how it compares with what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cucurbit.simulate.run import simulate
from cucurbit.simulate.timeline import Event as TimelineEvent
from cucurbit.simulate.timeline import EventKind, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.index import open_workspace
from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace
from tests.oracle.case import Case, Event, render_event

PLACED = {
    EventKind.TABLE_REGISTERED,
    EventKind.TABLE_REJECTED,
    EventKind.MIGRATIONS_STARTED,
    EventKind.CREATE_ALL,
}
FAILURES = ("failed ", "rejected ", "migrations-failed", "entry-failed")
RECORDED = PLACED | {
    EventKind.MODULE_STARTED,
    EventKind.MODULE_FINISHED,
    EventKind.MODULE_FAILED,
    EventKind.MIGRATIONS_FINISHED,
    EventKind.MIGRATIONS_FAILED,
    EventKind.ENTRY_FAILED,
}


@dataclass(frozen=True)
class Predicted:
    """One predicted event, rendered as a recorded one is. ``cut``: anything may happen here unseen."""

    text: str
    certain: bool
    cut: bool = False

    def __str__(self) -> str:
        return ("  " if self.certain else "? ") + self.text


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
    return [predicted for event in timeline.events for predicted in as_recorded(event, timeline, workspace)]


def as_recorded(event: TimelineEvent, timeline: Timeline, workspace: Workspace) -> list[Predicted]:
    if event.kind is EventKind.CUT:
        return [Predicted(f"cut {event.detail}", certain=event.certain, cut=True)]
    own_run = timeline.entry.kind is EntryKind.ALEMBIC and event.place.at == WHOLE_FILE
    if event.kind not in RECORDED or event.process or (own_run and event.kind.value.startswith("migrations")):
        return []
    fields: dict[str, object] = {"event": event.kind.value}
    if event.kind.value.startswith("module"):
        fields |= {"module": event.module, "path": event.path}
    if event.definition is not None:
        fields["table"] = event.definition.key
    if event.kind in PLACED:
        place = event.definition.place if event.definition is not None else event.place
        facts = workspace.facts(place.path)
        fields |= {"path": place.path, "line": facts.span(place.at).line if facts is not None else 0}
    if event.failure is not None and event.kind is not EventKind.TABLE_REJECTED:
        fields["error"] = event.failure.error
    return [Predicted(render_event(fields), event.certain)]


def agrees(predicted: list[Predicted], recorded: list[Event]) -> bool:
    """Whether what happened is one of the things that were predicted.

    In order: each certain event happened, each uncertain one did or did not, and nothing else happened, unless the
    prediction says that it is cut short there. Where it is, and where an uncertain failure did happen, that may be the
    end: what is predicted further on is for whoever gets there.
    """
    texts = [render_event(event) for event in recorded]
    end = max((j for j, text in enumerate(texts, 1) if not text.startswith(FAILURES)), default=0)
    """Nothing but failures is recorded from here on."""
    reached = {0}
    """How many of the recorded events may be accounted for by the predictions so far."""
    for here in predicted:
        failing = here.cut or (not here.certain and here.text.startswith(FAILURES))
        if failing and any(end <= j < len(texts) and (here.cut or here.text == texts[j]) for j in reached):
            return True
        if here.cut:
            reached = set(range(min(reached), len(texts) + 1))
            continue
        matched = {j + 1 for j in reached if j < len(texts) and here.text == texts[j]}
        reached = matched if here.certain else matched | reached
        if not reached:
            return False
    return len(texts) in reached


def difference(predicted: list[Predicted], recorded: list[Event]) -> str:
    """The two side by side, up to a few events past the first that differs."""
    texts = [render_event(event) for event in recorded]
    same = 0
    while same < min(len(texts), len(predicted)) and predicted[same].text == texts[same]:
        same += 1
    lines = [f"the first {same} events agree; then"]
    lines += [f"  predicted {event}" for event in predicted[same : same + 6]] or ["  predicted nothing"]
    lines += [f"  recorded    {text}" for text in texts[same : same + 6]] or ["  recorded nothing"]
    return "\n".join(lines)
