"""No fix makes it worse: the workspace as it would be is simulated before a fix is offered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cucurbit.fixes.apply import merge
from cucurbit.fixes.edits import DeletedFile, Edit, Fix, FixKind, TextEdit
from cucurbit.fixes.page import page_of
from cucurbit.rules.context import Context
from cucurbit.rules.engine import isolated_entry
from cucurbit.simulate.run import simulate
from cucurbit.simulate.timeline import EventKind, Timeline
from cucurbit.workspace.model import Workspace

_FAILURES = (
    EventKind.MODULE_FAILED,
    EventKind.TABLE_REJECTED,
    EventKind.MIGRATIONS_FAILED,
    EventKind.ENTRY_FAILED,
)
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "NameError", "AttributeError", "UnboundLocalError"})


class _Trouble(NamedTuple):
    """One thing that goes wrong, by what does not change when code moves."""

    error: str
    path: str
    message: str


def texts_after(context: Context, edits: Iterable[Edit]) -> dict[str, str] | None:
    """The changed files with their new texts; None where the edits do not fit or a result is not valid Python."""
    edits = tuple(edits)
    texts = {}
    for edit in edits:
        text = context.workspace.text(edit.path) if context.workspace.is_file(edit.path) else None
        if text is not None:
            texts[edit.path] = text
    done = merge(texts, [Fix("", safe=True, kind=FixKind.QUICKFIX, edits=edits)])
    if done.left_out:
        return None
    after = {path: text for path, text in done.texts.items() if text is not None}
    readable = all(page_of(path, text) is not None for path, text in after.items() if path.endswith(".py"))
    return after if readable else None


def timelines_after(context: Context, texts: Mapping[str, str]) -> Iterator[tuple[Timeline, Timeline | None]]:
    """What each affected entry point, and each changed file that none reaches, does now; with what it did before."""
    workspace: Workspace = context.workspace.overlaid(texts)
    new = {context.workspace.module_name(path) for path in texts if not context.workspace.is_file(path)}
    visited: set[str] = set()
    for before in (*context.timelines, *context.isolated):
        if before.visited & texts.keys() or before.missed & new:
            after = simulate(workspace, before.entry)
            visited |= after.visited
            yield after, before
    for path in sorted(texts.keys() - visited):
        if path.endswith(".py"):
            yield simulate(workspace, isolated_entry(workspace, path)), None


def worsens(context: Context, edits: Iterable[Edit], imports_only: bool = False) -> bool:
    """Whether something would go wrong that does not go wrong now.

    ``imports_only``: only failures of imports and of names count; for a fix that takes away what stopped a module, as
    what follows there is not its doing.
    """
    texts = texts_after(context, edits)
    if texts is None:
        return True
    certain, possible = context.once(_troubles_now)
    for after, _ in timelines_after(context, texts):
        for trouble, is_certain in _troubles(after):
            if imports_only and trouble.error not in _IMPORT_ERRORS:
                continue
            if trouble not in (certain if is_certain else possible):
                return True
    return False


def offered(context: Context, fix: Fix | None, imports_only: bool = False) -> tuple[Fix, ...]:
    """The fix, unless it changes nothing or makes it worse."""
    if fix is None or not fix.edits or any(isinstance(edit, DeletedFile) for edit in fix.edits):
        return ()
    return () if worsens(context, fix.edits, imports_only) else (fix,)


def parses(context: Context, fix: Fix | None) -> tuple[Fix, ...]:
    """The fix, unless it changes nothing or its result is not valid Python: for edits that touch no import."""
    if fix is None or not fix.edits:
        return ()
    return (fix,) if texts_after(context, fix.edits) is not None else ()


def paths_of(edits: Iterable[Edit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(edit.path for edit in edits if isinstance(edit, TextEdit)))


def _troubles_now(context: Context) -> tuple[frozenset[_Trouble], frozenset[_Trouble]]:
    certain = set()
    possible = set()
    for timeline in (*context.timelines, *context.isolated):
        for trouble, is_certain in _troubles(timeline):
            possible.add(trouble)
            if is_certain:
                certain.add(trouble)
    return frozenset(certain), frozenset(possible)


def _troubles(timeline: Timeline) -> Iterator[tuple[_Trouble, bool]]:
    for event in timeline.of(*_FAILURES):
        if event.failure is not None:
            failure = event.failure
            yield _Trouble(failure.error, failure.place.path, failure.message), event.certain
