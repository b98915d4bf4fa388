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
    row, None for a lane that is free. ``joined``: the other lanes that end here, as branches begin at this revision;
    ``opened``: the lanes that begin here, for the further parents of a merge. ``run``: the revisions of a straight
    line that this row stands for.
    """

    name: str
    script: RevisionScript | None
    lane: int
    before: tuple[str | None, ...]
    after: tuple[str | None, ...]
    joined: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    run: tuple[RevisionScript, ...] = ()


def rows(graph: RevisionGraph, *, folded: bool = False) -> Iterator[RevisionRow]:
    """The rows of a graph. ``folded``: straight lines without anything to tell are one row each."""
    found = list(_rows(graph))
    return _folded(graph, found) if folded else iter(found)


def _rows(graph: RevisionGraph) -> Iterator[RevisionRow]:
    lanes: list[str | None] = []
    hidden: dict[str, list[RevisionScript]] = {}
    for each in graph.heads:
        if graph.by_id[each.id] is not each:
            hidden.setdefault(each.id, []).append(each)
    for script in reversed(graph.order):
        yield _placed(lanes, script, led_to=True)
        for each in hidden.get(script.id, ()):
            yield _placed(lanes, each, led_to=False)
    for name in dict.fromkeys(each for each in lanes if each is not None):
        before, ending = tuple(lanes), _lanes_to(lanes, name)
        for number in ending:
            lanes[number] = None
        _trim(lanes)
        yield RevisionRow(name, None, ending[0], before, tuple(lanes), tuple(ending[1:]))


def _placed(lanes: list[str | None], script: RevisionScript, *, led_to: bool) -> RevisionRow:
    """The row of a revision. ``led_to`` False: no lane leads to it, as another file has its identifier."""
    before, ending = tuple(lanes), _lanes_to(lanes, script.id) if led_to else []
    lane = ending[0] if ending else _free(lanes)
    for number in ending:
        lanes[number] = None
    opened = []
    lanes[lane] = script.parents[0] if script.parents else None
    for name in script.parents[1:]:
        if name not in lanes:
            opened.append(_free(lanes, lane + 1))
            lanes[opened[-1]] = name
    _trim(lanes)
    return RevisionRow(script.id, script, lane, before, tuple(lanes), tuple(ending[1:]), tuple(opened))


def _lanes_to(lanes: list[str | None], name: str) -> list[int]:
    return [number for number, each in enumerate(lanes) if each == name]


def _trim(lanes: list[str | None]) -> None:
    while lanes and lanes[-1] is None:
        lanes.pop()


def _free(lanes: list[str | None], start: int = 0) -> int:
    """A lane that leads nowhere, from ``start`` on; a new one if there is none."""
    for number in range(start, len(lanes)):
        if lanes[number] is None:
            return number
    lanes.append(None)
    return len(lanes) - 1


def _folded(graph: RevisionGraph, found: list[RevisionRow]) -> Iterator[RevisionRow]:
    run: list[RevisionRow] = []
    for row in found:
        is_plain = _is_plain(graph, row)
        if run and not (is_plain and run[-1].lane == row.lane):
            yield from _as_one(run)
            run = []
        if is_plain:
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
    yield RevisionRow(first.name, first.script, first.lane, first.before, last.after, run=scripts)


def _is_plain(graph: RevisionGraph, row: RevisionRow) -> bool:
    """Whether a row is a part of a straight line that has nothing to tell."""
    script = row.script
    if script is None or len(script.parents) != 1 or script.labels or script.dependencies or row.joined:
        return False
    children = graph.children.get(script.id, ())
    in_fault = any(script in fault.scripts for fault in graph.faults)
    parent = graph.by_id.get(script.parents[0])
    return len(children) == 1 and parent is not None and not in_fault and not graph.dependents.get(script.id)
