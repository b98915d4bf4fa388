"""Compares predicted and recorded events: where they agree, and the first difference."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from cucurbit.record.recording import Event
from cucurbit.simulate.core.timeline import CutKind, EventKind, Timeline
from cucurbit.simulate.core.timeline import Event as TimelineEvent
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryKind, Workspace

_PLACED: Final = frozenset(
    {EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.MIGRATIONS_STARTED, EventKind.CREATE_ALL}
)
_MODULES: Final = frozenset({EventKind.MODULE_STARTED, EventKind.MODULE_FINISHED, EventKind.MODULE_FAILED})
_MIGRATIONS: Final = frozenset(
    {EventKind.MIGRATIONS_STARTED, EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED}
)
_FAILURES: Final = ("failed ", "rejected ", "migrations-failed", "entry-failed")
_OF_TABLES: Final = ("registered ", "rejected ")
_RECORDED: Final = _PLACED | _MODULES | _MIGRATIONS | {EventKind.ENTRY_FAILED}


@dataclass(frozen=True)
class Predicted:
    """One predicted event, rendered like a recorded one. ``cut``: the prediction is incomplete here.

    ``lasts``: any table may be registered from here on. ``event`` is the event itself; None for a cut.
    """

    text: str
    certain: bool
    cut: bool = False
    lasts: bool = False
    event: Event | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return ("  " if self.certain else "? ") + self.text


def rendered(event: Event) -> str:
    """An event on one line: ``registered users app/models.py:7``."""
    name = str(event["event"]).removeprefix("module-").removeprefix("table-")
    subject = [str(event[key]) for key in ("module", "table") if key in event]
    place = [f"{event['path']}:{event['line']}" if "line" in event else str(event["path"])] if "path" in event else []
    error = [f"({event['error']})"] if "error" in event else []
    return " ".join([name, *subject, *place, *error])


def predicted_events(timeline: Timeline, workspace: Workspace) -> list[Predicted]:
    """The events of a timeline that the recorder would write: those of the entry point's own process."""
    return [predicted for event in timeline.events for predicted in as_recorded(event, timeline, workspace)]


def as_recorded(event: TimelineEvent, timeline: Timeline, workspace: Workspace) -> list[Predicted]:
    """An event as the recorder would write it; empty if the recorder does not see it."""
    if event.kind is EventKind.CUT:
        return [Predicted(f"cut {event.detail}", certain=event.certain, cut=True, lasts=event.cut is CutKind.LISTENER)]
    own_run = timeline.entry.kind is EntryKind.ALEMBIC and event.place.at == WHOLE_FILE
    if event.kind not in _RECORDED or event.process or (own_run and event.kind in _MIGRATIONS):
        return []
    fields: dict[str, object] = {"event": event.kind.value}
    if event.kind in _MODULES:
        fields |= {"module": event.module, "path": event.path}
    if event.definition is not None:
        fields["table"] = event.definition.key
    if event.kind in _PLACED:
        place = event.definition.place if event.definition is not None else event.place
        facts = workspace.facts(place.path)
        fields |= {"path": place.path, "line": facts.span(place.at).line if facts is not None else 0}
    if event.failure is not None and event.kind is not EventKind.TABLE_REJECTED:
        fields["error"] = event.failure.error
    return [Predicted(rendered(fields), event.certain, event=fields)]


class RowVerdict(Enum):
    """The result for one row of the comparison."""

    AGREES = "agrees"
    DID_NOT_HAPPEN = "did-not-happen"
    """Predicted as uncertain, and it did not happen. This is not a difference."""
    UNSEEN = "unseen"
    """It happened where the prediction is incomplete. This is not a difference."""
    DIFFERS = "differs"
    """The first difference."""
    AFTER = "after"
    """It is after the first difference, or predicted for after the end of the recording."""


@dataclass(frozen=True)
class ComparedRow:
    """One row of the comparison: indexes into the two sequences, None if that side has no event."""

    recorded: int | None
    predicted: int | None
    verdict: RowVerdict


@dataclass(frozen=True)
class Comparison:
    """Both sequences side by side. ``rows`` contains every event of both."""

    recorded: tuple[str, ...]
    predicted: tuple[Predicted, ...]
    rows: tuple[ComparedRow, ...]

    @property
    def first_difference(self) -> int | None:
        """The index of the row; None if there is no difference."""
        return next((number for number, row in enumerate(self.rows) if row.verdict is RowVerdict.DIFFERS), None)

    @property
    def agreeing(self) -> int:
        """How many recorded events were predicted."""
        return sum(row.verdict is RowVerdict.AGREES for row in self.rows)


def agrees(predicted: Sequence[Predicted], recorded: Sequence[str]) -> bool:
    """Whether the recorded events, from beginning to end, are one of the predicted sequences.

    That is: each certain event happened, each uncertain one may have, and nothing else happened, except at a cut. At a
    cut, and after an uncertain failure that did happen, the program may have ended before the rest of the prediction.
    """
    steps = _steps(predicted, recorded)
    whole = len(steps) > len(recorded) and len(predicted) in steps[-1]
    return whole or _failed_early(predicted, recorded, steps) is not None


def compare(predicted: Sequence[Predicted], recorded: Sequence[str], *, complete: bool) -> Comparison:
    """Compare the two sequences. ``complete``: the program finished, so events that are missing did not happen."""
    steps = _steps(predicted, recorded)
    last, matched = steps[-1], len(steps) - 1
    if matched == len(recorded) and (len(predicted) in last or not complete):
        end = len(predicted) if len(predicted) in last and complete else min(last)
        return _agreeing(predicted, recorded, steps, end, matched)
    early = _failed_early(predicted, recorded, steps)
    if early is not None:
        return _agreeing(predicted, recorded, steps, *early)
    end = _expected(predicted, last)
    rows = _path(steps, end, matched)
    rows += _differing([each.text for each in predicted], recorded, end, matched)
    return Comparison(tuple(recorded), tuple(predicted), tuple(rows))


def _agreeing(
    predicted: Sequence[Predicted], recorded: Sequence[str], steps: Sequence[dict[int, int]], i: int, j: int
) -> Comparison:
    """The rows if there is no difference: the rest of the prediction was not reached."""
    rows = _path(steps, i, j)
    rows += [ComparedRow(k, None, RowVerdict.UNSEEN) for k in range(j, len(recorded))]
    rows += [ComparedRow(None, k, RowVerdict.AFTER) for k in range(i, len(predicted))]
    return Comparison(tuple(recorded), tuple(predicted), tuple(rows))


def _failed_early(
    predicted: Sequence[Predicted], recorded: Sequence[str], steps: Sequence[dict[int, int]]
) -> tuple[int, int] | None:
    """Where an uncertain or unpredicted failure ended the program: only failures are recorded after it."""
    first = max((j for j, text in enumerate(recorded, 1) if not text.startswith(_FAILURES)), default=0)
    for j in range(first, min(len(recorded), len(steps))):
        for i in sorted(steps[j]):
            if i < len(predicted) and _may_leave(predicted[i], recorded[j]):
                return i, j
    return None


def _may_leave(here: Predicted, text: str) -> bool:
    return here.cut or (not here.certain and here.text == text and text.startswith(_FAILURES))


def _steps(predicted: Sequence[Predicted], recorded: Sequence[str]) -> list[dict[int, int]]:
    """For each number of recorded events, the positions in the prediction that can be reached, and from which.

    The list ends before the first recorded event that was not predicted.
    """
    steps = [_onwards(predicted, {0: -1})]
    blind = next((i for i, each in enumerate(predicted) if each.lasts), len(predicted) + 1)
    for text in recorded:
        reached: dict[int, int] = {}
        for i in sorted(steps[-1]):
            if (i < len(predicted) and predicted[i].cut) or (i > blind and text.startswith(_OF_TABLES)):
                reached.setdefault(i, i)
            if i < len(predicted) and not predicted[i].cut and predicted[i].text == text:
                reached.setdefault(i + 1, i)
        if not reached:
            break
        steps.append(_onwards(predicted, reached))
    return steps


def _onwards(predicted: Sequence[Predicted], reached: dict[int, int]) -> dict[int, int]:
    """Add the positions reached by skipping uncertain events; skipping event ``i`` is stored as ``-2 - i``."""
    found = dict(reached)
    pending = sorted(reached)
    for start in pending:
        i = start
        while i < len(predicted) and (predicted[i].cut or not predicted[i].certain) and i + 1 not in found:
            found[i + 1] = -2 - i
            i += 1
    return found


def _path(steps: Sequence[dict[int, int]], end: int, matched: int) -> list[ComparedRow]:
    """The rows that lead to position ``end`` after ``matched`` recorded events."""
    rows = []
    i, j = end, matched
    while (i, j) != (0, 0):
        before = steps[j][i]
        if before <= -2:
            i = -2 - before
            rows.append(ComparedRow(None, i, RowVerdict.DID_NOT_HAPPEN))
        elif before == i:
            j -= 1
            rows.append(ComparedRow(j, None, RowVerdict.UNSEEN))
        else:
            j, i = j - 1, before
            rows.append(ComparedRow(j, i, RowVerdict.AGREES))
    return rows[::-1]


def _expected(predicted: Sequence[Predicted], last: dict[int, int]) -> int:
    """Of the positions that can be reached, the last one before a certain event; else the last one."""
    certain = [i for i in sorted(last) if i < len(predicted) and predicted[i].certain and not predicted[i].cut]
    return certain[-1] if certain else max(last)


def _differing(predicted: Sequence[str], recorded: Sequence[str], i: int, j: int) -> list[ComparedRow]:
    """The rows from the first difference on; equal events after it are in the same row."""
    first = ComparedRow(
        j if j < len(recorded) else None,
        i if i < len(predicted) else None,
        RowVerdict.DIFFERS,
    )
    rows = [first]
    i += first.predicted is not None
    j += first.recorded is not None
    matcher = difflib.SequenceMatcher(None, recorded[j:], predicted[i:], autojunk=False)
    for _, j1, j2, i1, i2 in matcher.get_opcodes():
        width = max(j2 - j1, i2 - i1)
        rows += [
            ComparedRow(
                j + j1 + k if j1 + k < j2 else None,
                i + i1 + k if i1 + k < i2 else None,
                RowVerdict.AFTER,
            )
            for k in range(width)
        ]
    return rows
