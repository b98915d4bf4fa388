"""The workspace as a fix would leave it: the changed texts, and the timelines of the entry points that they concern."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from cucurbit.analysis.context import Before, Context
from cucurbit.analysis.edits import Edit, Fix, FixKind, NewFile, TextEdit
from cucurbit.analysis.engine import Simulator, sharing
from cucurbit.analysis.imports import Executions, executions
from cucurbit.analysis.isolated import isolated_entry
from cucurbit.fixes.apply import merge
from cucurbit.fixes.python_source import parsed_source, python_source
from cucurbit.fixes.resolve import target_of
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.core.work import Work, no_check
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.workspace.model import EntryKind, Workspace
from cucurbit.workspace.standing import Standing

_ENOUGH = 6
"""How many entry points are simulated where a fix adds no cycle."""
_KEPT = 4
"""How many previews are kept, each with its timelines: neighbouring findings often have a fix in common."""


class Pair(NamedTuple):
    """The timelines of one entry point with and without the edits.

    ``before`` is None for a changed file that no entry point reaches: it has no timeline now.
    """

    after: Timeline
    before: Timeline | None


@dataclass(frozen=True)
class Preview:
    """A workspace with edits applied. ``earlier`` and ``later`` hold the same entry points, without and with them.

    Where the edits concern many entry points, both hold only the ones that were simulated.
    """

    texts: Mapping[str, str]
    pairs: tuple[Pair, ...]
    earlier: Context
    later: Context


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
    readable = all(parsed_source(path, text) is not None for path, text in after.items() if path.endswith(".py"))
    return after if readable else None


def valid_python(context: Context, fix: Fix | None) -> tuple[Fix, ...]:
    """The fix, or nothing where it has no edits or its result is not valid Python.

    Enough for edits that change no import and no name: what the program executes stays the same.
    """
    if fix is None or not fix.edits:
        return ()
    return (fix,) if texts_after(context, fix.edits) is not None else ()


class Previewer:
    """Makes previews of one snapshot. They share what the edits do not change, and the last few are kept."""

    def __init__(self, context: Context, check: Callable[[], None] = no_check) -> None:
        self._context = context
        self._check = check
        self._kept: dict[tuple[Edit, ...], Preview | None] = {}
        self._spare: list[Shared] = []
        """At most one: a thread takes it while it simulates, and another thread meanwhile starts with an empty one."""

    def preview(self, edits: tuple[Edit, ...]) -> Preview | None:
        """The workspace after these edits; None where they do not fit or a result is not valid Python."""
        if edits not in self._kept:
            made = self._preview(edits)
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[edits] = made
            return made
        return self._kept[edits]

    def _preview(self, edits: tuple[Edit, ...]) -> Preview | None:
        """Simulate the entry points that the edits concern.

        If no added import leads back to its own file, no module can newly be imported half-way. Then only the most
        important entry points are simulated.
        """
        context = self._context
        texts = texts_after(context, edits)
        if texts is None:
            return None
        workspace = context.workspace.overlaid(texts)
        new = {context.workspace.module_name(path) for path in texts if not context.workspace.is_file(path)}
        everything = (*context.timelines, *context.isolated)
        affected = [each for each in everything if each.visited & texts.keys() or each.missed & new]
        chosen = affected
        if not _leads_back(context, workspace, texts):
            chosen = sorted(affected, key=_weight)[:_ENOUGH]
        with self._simulator(workspace) as simulate:
            pairs = {id(before): Pair(simulate(workspace, before.entry), before) for before in chosen}
            own = tuple(
                Pair(simulate(workspace, isolated_entry(workspace, path)), None)
                for path in _unreached(texts, everything, (pair.after for pair in pairs.values()))
            )
        skipped = {id(each) for each in affected} - pairs.keys()

        def later(timelines: Iterable[Timeline]) -> Iterator[Timeline]:
            return (pairs[id(each)].after if id(each) in pairs else each for each in timelines)

        earlier = context
        if skipped:
            earlier = Context(context.workspace, *_without(context, skipped), before=Before(context))
        started = tuple(later(earlier.timelines))
        visited = {path for timeline in started for path in timeline.visited}
        alone = (*later(earlier.isolated), *(pair.after for pair in own))
        isolated = tuple(each for each in alone if each.entry.path not in visited)
        before = Before(context, frozenset(texts), frozenset(new))
        return Preview(texts, (*pairs.values(), *own), earlier, Context(workspace, started, isolated, before=before))

    @contextmanager
    def _simulator(self, workspace: Workspace) -> Iterator[Simulator]:
        """A simulator of the changed workspace that repeats what earlier previews did, as far as it still holds."""
        try:
            shared = self._spare.pop()
        except IndexError:
            shared = Shared(answers=True)
        shared.work = Work(self._check)
        shared.forget(Standing(workspace, None))
        yield sharing(shared)
        self._spare[:] = [shared]


def _without(context: Context, skipped: Container[int]) -> tuple[tuple[Timeline, ...], tuple[Timeline, ...]]:
    return (
        tuple(each for each in context.timelines if id(each) not in skipped),
        tuple(each for each in context.isolated if id(each) not in skipped),
    )


def _unreached(texts: Iterable[str], now: Iterable[Timeline], after: Iterable[Timeline]) -> list[str]:
    """The changed files that no entry point executes, neither before nor after the edits."""
    visited = {path for timeline in (*now, *after) for path in timeline.visited}
    return sorted(path for path in texts if path.endswith(".py") and path not in visited)


def _weight(timeline: Timeline) -> tuple[bool, bool, int]:
    """Sorts the alembic command first, then served applications, then by the number of executed files."""
    entry = timeline.entry
    return entry.kind is not EntryKind.ALEMBIC, not entry.startup, -len(timeline.visited)


def _leads_back(context: Context, workspace: Workspace, texts: Iterable[str]) -> bool:
    """Whether an import that the edits add to a file may execute that file again: a new cycle."""
    later = context.with_workspace(workspace)
    added: dict[str, frozenset[str]] = {}
    for path in texts:
        now, before = _imported(later, path), _imported(context, path)
        if now - before:
            added[path] = frozenset(now - before)
    graph = Executions.of((context.memo(executions).direct, added))
    return any(path in graph.closure(*targets) for path, targets in added.items())


def _imported(context: Context, path: str) -> set[str]:
    """The files that the import statements of a file name."""
    source = python_source(context, path)
    return {
        target.path
        for placed in (source.imports if source is not None else ())
        if isinstance(placed.node, (ast.Import, ast.ImportFrom))
        for alias in placed.node.names
        if (target := target_of(context, path, placed.node, alias)) is not None
    }


def written_lines(edits: Collection[Edit], texts: Mapping[str, str]) -> frozenset[tuple[str, int]]:
    """The lines that the edits wrote, as (path, line), numbered as in ``texts``, the files after the edits."""
    found = set()
    moved: Counter[str] = Counter()
    for edit in sorted((each for each in edits if isinstance(each, TextEdit)), key=lambda each: (each.path, each.span)):
        first = edit.span.line + moved[edit.path]
        breaks = edit.text.replace("\r\n", "\n").count("\n")
        last = first + breaks - edit.text.endswith("\n")
        found |= {(edit.path, line) for line in range(first, last + 1) if edit.text}
        moved[edit.path] += breaks - (edit.span.end_line - edit.span.line)
    for new in edits:
        if isinstance(new, NewFile):
            found |= {(new.path, line) for line in range(1, texts[new.path].count("\n") + 2)}
    return frozenset(found)
