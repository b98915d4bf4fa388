"""Converts a recording and its comparison to the document of the JSON format."""

from __future__ import annotations

import platform
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from cucurbit import __version__
from cucurbit.record.check_prediction import RecordResult
from cucurbit.record.comparison import ComparedRow, Comparison
from cucurbit.record.recording import Event
from cucurbit.report.documents import VERSION, EntryItem, EventItem, entry_item
from cucurbit.report.links import ISSUES

_Index: TypeAlias = Annotated[int, Meta(ge=0)]


class RowItem(msgspec.Struct, frozen=True):
    """One row of the comparison: what happened, and what was predicted."""

    verdict: Annotated[
        Literal["agrees", "did-not-happen", "unseen", "differs", "after"],
        Meta(
            description="`differs`: the first difference. `did-not-happen`: predicted as uncertain. `unseen`: it "
            "happened where the prediction is incomplete. `after`: after the first difference or the end "
            "of the recording, where nothing is compared."
        ),
    ]
    recorded: Annotated[EventItem | None, Meta(description="Its `certain` is always true: it happened.")]
    predicted: EventItem | None
    note: Annotated[str, Meta(description="Why the prediction is incomplete here; empty if it is complete.")]


class ProcessItem(msgspec.Struct, frozen=True):
    """One Python process. The events of the compared process are in `rows`."""

    number: Annotated[
        int, Meta(ge=0, description="Processes are numbered in the order of their start; 0 is the command itself.")
    ]
    program: Annotated[str, Meta(description="The script, the option or the entry point that it ran.")]
    parent: Annotated[int | None, Meta(description="The process that started it; null if not recorded.")]
    forked: Annotated[bool, Meta(description="Whether it began as a copy of `parent`.")]
    ended: Annotated[bool, Meta(description="Whether it ended by itself.")]
    python: str
    events: tuple[EventItem, ...]


class VersionsItem(msgspec.Struct, frozen=True):
    """Versions; empty if the package was not loaded."""

    cucurbit: str
    python: str
    sqlalchemy: str
    alembic: str
    platform: str


class RecordDocument(msgspec.Struct, frozen=True):
    """What `cucurbit record --output-format json` writes."""

    version: Literal[1]
    entry: EntryItem
    command: Annotated[tuple[str, ...], Meta(description="The command that was run; empty if ENTRY was run directly.")]
    outcome: Annotated[
        Literal["ended", "served", "timed-out", "killed"],
        Meta(description="`served`: a server had started, and was stopped. `killed`: a signal ended it."),
    ]
    status: Annotated[
        int, Meta(description="The exit status of the command; if a signal ended it, minus the number of the signal.")
    ]
    complete: Annotated[bool, Meta(description="Whether the compared process was recorded to its end.")]
    agrees: Annotated[bool, Meta(description="Whether no certain event differs, as far as was recorded.")]
    agreeing: Annotated[int, Meta(ge=0, description="How many recorded events were predicted.")]
    first_difference: Annotated[_Index | None, Meta(description="Its index in `rows`.")]
    rows: tuple[RowItem, ...]
    process: Annotated[int, Meta(ge=0, description="The number of the process that is compared.")]
    processes: tuple[ProcessItem, ...]
    troubles: Annotated[tuple[str, ...], Meta(description="What could not be recorded, in words.")]
    versions: VersionsItem
    report_to: Annotated[str, Meta(description="Where to report a difference; empty if there is none.")]


def record_document(result: RecordResult) -> RecordDocument:
    """A comparison as ``docs/schemas/record.json`` describes it."""
    request, recording, comparison, process = result.request, result.recording, result.comparison, result.process
    return RecordDocument(
        version=VERSION,
        entry=entry_item(request.entry),
        command=request.program,
        outcome=recording.outcome.value,
        status=recording.status,
        complete=result.complete,
        agrees=not result.differs,
        agreeing=comparison.agreeing,
        first_difference=comparison.first_difference,
        rows=tuple(_row(comparison, process.events, row) for row in comparison.rows),
        process=process.number,
        processes=tuple(
            ProcessItem(
                number=each.number,
                program=each.program,
                parent=each.parent,
                forked=each.forked,
                ended=bool(each.end),
                python=each.python,
                events=() if each is process else tuple(_item(event, certain=True) for event in each.events),
            )
            for each in recording.processes
        ),
        troubles=recording.troubles,
        versions=VersionsItem(
            __version__,
            process.python,
            process.sqlalchemy,
            process.alembic,
            f"{platform.system()} {platform.machine()}",
        ),
        report_to=ISSUES if result.differs else "",
    )


def _row(comparison: Comparison, events: tuple[Event, ...], row: ComparedRow) -> RowItem:
    predicted = None if row.predicted is None else comparison.predicted[row.predicted]
    return RowItem(
        verdict=row.verdict.value,
        recorded=None if row.recorded is None else _item(events[row.recorded], certain=True),
        predicted=None if predicted is None or predicted.event is None else _item(predicted.event, predicted.certain),
        note=predicted.text if predicted is not None and predicted.cut else "",
    )


def _item(event: Event, certain: bool) -> EventItem:
    found: EventItem = msgspec.convert({"error": "Exception", **event, "certain": certain}, EventItem)
    return found
