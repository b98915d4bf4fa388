"""No fix makes it worse: the workspace as it would be is simulated before a fix is offered."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cucurbit.fixes.apply import merge
from cucurbit.fixes.edits import DeletedFile, Edit, Fix, FixKind
from cucurbit.fixes.page import page, page_of
from cucurbit.fixes.resolve import target_of
from cucurbit.rules.context import Context
from cucurbit.rules.engine import isolated_entry
from cucurbit.rules.imports import Executions, executions
from cucurbit.simulate.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.simulate.timeline import EventKind, Timeline
from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace
from cucurbit.workspace.standing import Standing

_FAILURES = (
    EventKind.MODULE_FAILED,
    EventKind.TABLE_REJECTED,
    EventKind.MIGRATIONS_FAILED,
    EventKind.ENTRY_FAILED,
)
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "NameError", "AttributeError", "UnboundLocalError"})


_ENOUGH = 6
"""How many timelines are looked at where a fix adds no cycle."""


class _Trouble(NamedTuple):
    """One thing that goes wrong, by what does not change when code moves."""

    error: str
    path: str
    message: str


class _Troubles(NamedTuple):
    """What surely goes wrong, and what does or may."""

    certain: frozenset[_Trouble]
    possible: frozenset[_Trouble]


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
    """What each affected entry point, and each changed file that none reaches, would do; with what it does now.

    Where no new import leads back to its own file, nothing new can be imported half-way: then the entry points that
    matter most speak for all.
    """
    workspace: Workspace = context.workspace.overlaid(texts)
    new = {context.workspace.module_name(path) for path in texts if not context.workspace.is_file(path)}
    affected = [
        timeline
        for timeline in (*context.timelines, *context.isolated)
        if timeline.visited & texts.keys() or timeline.missed & new
    ]
    if not _leads_back(context, workspace, texts):
        affected = sorted(affected, key=_weight)[:_ENOUGH]
    rehearsal, visited = context.once(_rehearsal), set[str]()
    for before in affected:
        after = rehearsal.simulate(workspace, before.entry)
        visited |= after.visited
        yield after, before
    for path in sorted(texts.keys() - visited):
        known = any(path in timeline.visited for timeline in (*context.timelines, *context.isolated))
        if path.endswith(".py") and not known:
            yield rehearsal.simulate(workspace, isolated_entry(workspace, path)), None


class _Rehearsal:
    """Simulations of a workspace as it would be with one fix or another, which share what those leave alone."""

    def __init__(self) -> None:
        self._shared = Shared(answers=True)
        self._of: Workspace | None = None
        self._lock = threading.Lock()

    def simulate(self, workspace: Workspace, entry: EntryPoint) -> Timeline:
        with self._lock:
            if workspace is not self._of:
                self._shared.forget(Standing(workspace, None).holds)
                self._of = workspace
            return simulate(workspace, entry, self._shared)


def _rehearsal(_context: Context) -> _Rehearsal:
    return _Rehearsal()


def _weight(timeline: Timeline) -> tuple[bool, bool, int]:
    """The alembic command first, then what is served, then what executes most."""
    entry = timeline.entry
    return entry.kind is not EntryKind.ALEMBIC, not entry.startup, -len(timeline.visited)


def _leads_back(context: Context, workspace: Workspace, texts: Mapping[str, str]) -> bool:
    """Whether an import that a changed file did not have may execute that file again."""
    later = Context(workspace, context.timelines, context.isolated)
    added: dict[str, set[str]] = {}
    for path in texts:
        now, before = _imported(later, path), _imported(context, path)
        if now - before:
            added[path] = now - before
    direct = dict(context.once(executions).direct)
    for path, targets in added.items():
        direct[path] = direct.get(path, frozenset()) | targets
    graph = Executions(direct)
    return any(path in graph.closure(*targets) for path, targets in added.items())


def _imported(context: Context, path: str) -> set[str]:
    """The files that the import statements of a file name."""
    source = page(context, path)
    return {
        target.path
        for placed in (source.imports if source is not None else ())
        if isinstance(placed.node, (ast.Import, ast.ImportFrom))
        for alias in placed.node.names
        if (target := target_of(context, path, placed.node, alias)) is not None
    }


def worsens(context: Context, edits: Iterable[Edit], imports_only: bool = False) -> bool:
    """Whether something would go wrong that does not go wrong now.

    ``imports_only``: only failures of imports and of names count; for a fix that takes away what stopped a module, as
    what follows there is not its doing.
    """
    key = (tuple(edits), imports_only)
    known = context.once(_verdicts)
    if key not in known:
        known[key] = _worsens(context, *key)
    return known[key]


def _verdicts(_context: Context) -> dict[tuple[tuple[Edit, ...], bool], bool]:
    return {}


def _worsens(context: Context, edits: tuple[Edit, ...], imports_only: bool) -> bool:
    texts = texts_after(context, edits)
    if texts is None:
        return True
    everywhere = context.once(_troubles_now)
    for after, before in timelines_after(context, texts):
        if before is not None and _loses_module(context, after, before, texts):
            return True
        # What fails already may fail for another reason that is known; what does not fail must not begin to.
        own = _troubles(before) if before is not None else everywhere
        known = everywhere if own.certain else own
        found = _troubles(after)
        worse = (found.certain - known.certain) | (found.possible - known.possible)
        if any(not imports_only or trouble.error in _IMPORT_ERRORS for trouble in worse):
            return True
    return False


def _loses_module(context: Context, after: Timeline, before: Timeline, texts: Mapping[str, str]) -> bool:
    """Whether a changed file asks for a module of this workspace where that is not found.

    No timeline shows a failure there: what is not found counts as installed.
    """
    lost = after.missed - before.missed
    for record in after.imports:
        if record.module in lost and not record.path and record.importer_path in texts:
            spec = context.workspace.find_spec(record.module, context.workspace.roots_of(record.importer_path))
            if spec is not None and spec.path is not None:
                return True
    return False


def loses_tables(context: Context, edits: Iterable[Edit]) -> bool:
    """Whether an entry point no longer registers a table that it registers now, though it gets as far as before."""
    texts = texts_after(context, edits)
    if texts is None:
        return False
    return any(
        before is not None and _registered(before) - _registered(after)
        for after, before in timelines_after(context, texts)
    )


def _registered(timeline: Timeline) -> set[str]:
    return {event.definition.key for event in timeline.of(EventKind.TABLE_REGISTERED) if event.definition is not None}


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


def _troubles_now(context: Context) -> _Troubles:
    found = [_troubles(timeline) for timeline in (*context.timelines, *context.isolated)]
    return _Troubles(
        frozenset().union(*(each.certain for each in found)), frozenset().union(*(each.possible for each in found))
    )


def _troubles(timeline: Timeline) -> _Troubles:
    certain = set()
    possible = set()
    for event in timeline.of(*_FAILURES):
        if event.failure is not None:
            trouble = _Trouble(event.failure.error, event.failure.place.path, event.failure.message)
            possible.add(trouble)
            if event.certain:
                certain.add(trouble)
    return _Troubles(frozenset(certain), frozenset(possible))
