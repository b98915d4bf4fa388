"""The rows of a graph of revisions, the newest first: the lane of each revision, and the lanes that pass by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript

_SHORTEST_RUN = 4
"""Revisions in a straight line from which they are shown as one row."""


@dataclass(frozen=True)
class RevisionRow:
    """One row. ``script`` is None for a parent that is missing; ``name`` is the identifier.

    ``lane`` counts from 0; ``before`` and ``after`` are the identifiers that each lane leads to above and below the
    row, None for a lane that is free. ``run``: the revisions of a straight line that this row stands for.
    """

    name: str
    script: RevisionScript | None
    lane: int
    before: tuple[str | None, ...]
    after: tuple[str | None, ...]
    run: tuple[RevisionScript, ...] = ()

    @property
    def joined(self) -> tuple[int, ...]:
        """The other lanes that end here: branches that begin at this revision."""
        return tuple(n for n, name in enumerate(self.before) if name == self.name and n != self.lane)

    @property
    def opened(self) -> tuple[int, ...]:
        """The lanes that begin here: the further parents of a merge."""
        return tuple(
            number
            for number, name in enumerate(self.after)
            if name is not None
            and number != self.lane
            and (number >= len(self.before) or self.before[number] is None or number in self.joined)
        )


def rows(graph: RevisionGraph, *, folded: bool = False) -> Iterator[RevisionRow]:
    """The rows of a graph. ``folded``: straight lines without anything to tell are one row each."""
    found = list(_rows(graph))
    return _folded(graph, found) if folded else iter(found)


def _rows(graph: RevisionGraph) -> Iterator[RevisionRow]:
    lanes: list[str | None] = []
    shown = [*reversed(graph.order)]
    shown += [each for each in graph.heads if graph.by_id[each.id] is not each]
    for script in shown:
        before = tuple(lanes)
        if script.id not in lanes or graph.by_id[script.id] is not script:
            _take(lanes, script.id)
        lane = lanes.index(script.id)
        for number, name in enumerate(lanes):
            if name == script.id:
                lanes[number] = None
        first, *further = script.parents or (None,)
        if first is not None:
            lanes[lane] = first
        for parent in further:
            if parent is not None and parent not in lanes:
                _take(lanes, parent, lane + 1)
        while lanes and lanes[-1] is None:
            lanes.pop()
        yield RevisionRow(script.id, script, lane, before, tuple(lanes))
    for name in dict.fromkeys(each for each in lanes if each is not None):
        before = tuple(lanes)
        lane = lanes.index(name)
        lanes = [None if each == name else each for each in lanes]
        while lanes and lanes[-1] is None:
            lanes.pop()
        yield RevisionRow(name, None, lane, before, tuple(lanes))


def _take(lanes: list[str | None], name: str, start: int = 0) -> None:
    """Let a free lane lead to an identifier."""
    free = next((number for number in range(start, len(lanes)) if lanes[number] is None), len(lanes))
    if free == len(lanes):
        lanes.append(name)
    else:
        lanes[free] = name


def _folded(graph: RevisionGraph, found: list[RevisionRow]) -> Iterator[RevisionRow]:
    run: list[RevisionRow] = []
    for row in found:
        if _is_plain(graph, row) and (not run or run[-1].lane == row.lane):
            run.append(row)
            continue
        yield from _as_one(run)
        run = []
        if _is_plain(graph, row):
            run.append(row)
        else:
            yield row
    yield from _as_one(run)


def _as_one(run: list[RevisionRow]) -> Iterator[RevisionRow]:
    if len(run) < _SHORTEST_RUN:
        yield from run
        return
    first, last = run[0], run[-1]
    scripts = tuple(each.script for each in run if each.script is not None)
    yield RevisionRow(first.name, first.script, first.lane, first.before, last.after, scripts)


def _is_plain(graph: RevisionGraph, row: RevisionRow) -> bool:
    """Whether a row is a part of a straight line that has nothing to tell."""
    script = row.script
    if script is None or len(script.parents) != 1 or script.labels or script.dependencies or row.joined:
        return False
    children = graph.children.get(script.id, ())
    in_fault = any(script in fault.scripts for fault in graph.faults)
    parent = graph.by_id.get(script.parents[0])
    return len(children) == 1 and parent is not None and not in_fault and not graph.dependents.get(script.id)
