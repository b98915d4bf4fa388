"""The workspace as a fix would leave it: its texts, what its entry points would do, and what the rules say of that."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import Simulator, sharing
from cucurbit.analysis.isolated import isolated_entry
from cucurbit.fixes.apply import merge
from cucurbit.fixes.edits import Edit, Fix, FixKind, NewFile, TextEdit
from cucurbit.fixes.page import page, page_of
from cucurbit.fixes.resolve import target_of
from cucurbit.rules.shared.imports import Executions, executions
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.workspace.model import EntryKind, Workspace
from cucurbit.workspace.standing import Standing

_ENOUGH = 6
"""How many timelines are looked at where a fix adds no cycle."""


class Pair(NamedTuple):
    """What an entry point would do, and what it does now; a changed file that none reaches has no timeline now."""

    after: Timeline
    before: Timeline | None


@dataclass(frozen=True)
class Aftermath:
    """What edits make of a workspace. ``earlier`` and ``later`` hold the same entry points, before and after.

    Where a workspace has many that the edits concern, both hold those alone that were looked at.
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
    readable = all(page_of(path, text) is not None for path, text in after.items() if path.endswith(".py"))
    return after if readable else None


def aftermath(context: Context, edits: Iterable[Edit]) -> Aftermath | None:
    """What edits would lead to; None where they do not fit or a result is not valid Python.

    Where no new import leads back to its own file, nothing new can be imported half-way: then the entry points that
    matter most speak for all.
    """
    texts = texts_after(context, edits)
    if texts is None:
        return None
    workspace = context.workspace.overlaid(texts)
    new = {context.workspace.module_name(path) for path in texts if not context.workspace.is_file(path)}
    everything = (*context.timelines, *context.isolated)
    affected = [each for each in everything if each.visited & texts.keys() or each.missed & new]
    looked_at = affected
    if not _leads_back(context, workspace, texts):
        looked_at = sorted(affected, key=_weight)[:_ENOUGH]
    with _rehearsal(context, workspace) as simulate:
        pairs = {id(before): Pair(simulate(workspace, before.entry), before) for before in looked_at}
        own = tuple(
            Pair(simulate(workspace, isolated_entry(workspace, path)), None)
            for path in _unreached(texts, everything, (pair.after for pair in pairs.values()))
        )
    skipped = {id(each) for each in affected} - pairs.keys()

    def later(timelines: Iterable[Timeline]) -> Iterator[Timeline]:
        return (pairs[id(each)].after if id(each) in pairs else each for each in timelines)

    earlier = Context(context.workspace, *_without(context, skipped)) if skipped else context
    started = tuple(later(earlier.timelines))
    visited = {path for timeline in started for path in timeline.visited}
    alone = (*later(earlier.isolated), *(pair.after for pair in own))
    isolated = tuple(each for each in alone if each.entry.path not in visited)
    return Aftermath(texts, (*pairs.values(), *own), earlier, Context(workspace, started, isolated))


@contextmanager
def _rehearsal(context: Context, workspace: Workspace) -> Iterator[Simulator]:
    """Simulations of the workspace as it would be, which share with those of other fixes what these leave alone.

    What they share belongs to one thread while it is in use; another one begins anew.
    """
    spare = context.once(_spare)
    try:
        shared = spare.pop()
    except IndexError:
        shared = Shared(answers=True)
    shared.forget(Standing(workspace, None))
    yield sharing(shared)
    spare[:] = [shared]


def _spare(_context: Context) -> list[Shared]:
    return []


def _without(context: Context, skipped: Container[int]) -> tuple[tuple[Timeline, ...], tuple[Timeline, ...]]:
    return (
        tuple(each for each in context.timelines if id(each) not in skipped),
        tuple(each for each in context.isolated if id(each) not in skipped),
    )


def _unreached(texts: Iterable[str], now: Iterable[Timeline], after: Iterable[Timeline]) -> list[str]:
    """The changed files that no entry point executes, neither now nor later."""
    visited = {path for timeline in (*now, *after) for path in timeline.visited}
    return sorted(path for path in texts if path.endswith(".py") and path not in visited)


def _weight(timeline: Timeline) -> tuple[bool, bool, int]:
    """The alembic command first, then what is served, then what executes most."""
    entry = timeline.entry
    return entry.kind is not EntryKind.ALEMBIC, not entry.startup, -len(timeline.visited)


def _leads_back(context: Context, workspace: Workspace, texts: Iterable[str]) -> bool:
    """Whether an import that a changed file did not have may execute that file again."""
    later = context.over(workspace)
    added: dict[str, frozenset[str]] = {}
    for path in texts:
        now, before = _imported(later, path), _imported(context, path)
        if now - before:
            added[path] = frozenset(now - before)
    graph = Executions.of((context.once(executions).direct, added))
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


def written_lines(edits: Collection[Edit], texts: Mapping[str, str]) -> frozenset[tuple[str, int]]:
    """The files and lines that hold what edits wrote, in the texts after them."""
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
