"""Recorded and predicted events as text, side by side."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import groupby

from cucurbit import __version__
from cucurbit.record.check_prediction import RecordResult
from cucurbit.record.comparison import ComparedRow, Comparison, RowVerdict
from cucurbit.record.recording import CommandEnd
from cucurbit.report.links import ISSUES
from cucurbit.report.report import counted, printable
from cucurbit.report.styled import Line, Signs

_WIDEST = 70
_LONG = 16
_SHOWN = 5
_STYLES = {
    RowVerdict.DIFFERS: "bold red",
    RowVerdict.AFTER: "dim",
    RowVerdict.DID_NOT_HAPPEN: "yellow",
    RowVerdict.UNSEEN: "yellow",
}


def record_lines(result: RecordResult, signs: Signs) -> Iterator[Line]:
    """The whole report."""
    yield [(result.request.entry.target, "bold"), (f"  ({versions(result)})", "dim")]
    yield []
    yield from _columns(result.comparison, signs)
    yield []
    yield from _processes(result)
    yield [(_ending(result), "")]
    yield from _summary(result)
    for trouble in result.recording.troubles:
        yield [(f"Not recorded: {trouble}.", "yellow")]


def versions(result: RecordResult) -> str:
    """The versions that a bug report needs."""
    process = result.process
    named = (
        ("Python", process.python),
        ("SQLAlchemy", process.sqlalchemy),
        ("Alembic", process.alembic),
        ("Cucurbit", __version__),
    )
    return ", ".join(f"{name} {version}" for name, version in named if version)


def _columns(comparison: Comparison, signs: Signs) -> Iterator[Line]:
    left = max([len("recorded"), *(len(printable(text)) for text in comparison.recorded)])
    width = min(left, _WIDEST)
    digits = len(str(len(comparison.recorded)))
    yield [(f"{'':{digits}}   {'recorded':{width}}   predicted", "bold")]
    for verdict, group in groupby(comparison.rows, lambda row: row.verdict):
        rows = list(group)
        hidden = len(rows) - 2 * _SHOWN
        folded = verdict is RowVerdict.AGREES and len(rows) > _LONG
        for row in rows[:_SHOWN] if folded else rows:
            yield _row(comparison, row, digits, width, signs)
        if folded:
            yield [(f"{'':{digits}}   ... {counted(hidden, 'event')} more that agree ...", "dim")]
            for row in rows[-_SHOWN:]:
                yield _row(comparison, row, digits, width, signs)


def _row(comparison: Comparison, row: ComparedRow, digits: int, width: int, signs: Signs) -> Line:
    number = "" if row.recorded is None else str(row.recorded + 1)
    recorded = "" if row.recorded is None else printable(comparison.recorded[row.recorded])
    predicted = "" if row.predicted is None else str(comparison.predicted[row.predicted])
    if row.verdict is RowVerdict.DIFFERS:
        recorded, predicted = recorded or "(nothing)", predicted or "  (nothing)"
    mark = signs.cross if row.verdict is RowVerdict.DIFFERS else " "
    return [
        (f"{number:>{digits}} ", "dim"),
        (f"{mark} ", "bold red"),
        (f"{recorded:{width}} {predicted}", _STYLES.get(row.verdict, "")),
    ]


def _processes(result: RecordResult) -> Iterator[Line]:
    others = [each for each in result.recording.processes if each is not result.process]
    if not others:
        return
    yield [(f"{counted(len(others), 'other Python process', 'other Python processes')}, not compared:", "")]
    for each in others[:_LONG]:
        what = "forked, " if each.forked else ""
        yield [(f"  {each.number} {each.program or 'python'} ({what}{counted(len(each.events), 'event')})", "dim")]
    if len(others) > _LONG:
        yield [(f"  and {len(others) - _LONG} more", "dim")]


def _ending(result: RecordResult) -> str:
    recording, request = result.recording, result.request
    what = "The command" if request.program else "The entry point"
    if recording.outcome is CommandEnd.TIMED_OUT:
        return f"{what} was stopped after {request.timeout:g} seconds, and is compared up to that point."
    if recording.outcome is CommandEnd.SERVED:
        return f"{what} was stopped once it had started up."
    if recording.outcome is CommandEnd.KILLED:
        return f"{what} died of {signal_name(-recording.status)}, and is compared up to that point."
    if not result.complete:
        return f"{what} ended before its last events were recorded, and is compared up to that point."
    status = "" if not recording.status else f", with exit status {recording.status}"
    return f"{what} finished{status}."


def signal_name(number: int) -> str:
    """The name of a signal, such as ``SIGABRT``, or its number if it has no name on this system."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _summary(result: RecordResult) -> Iterator[Line]:
    comparison = result.comparison
    recorded = len(comparison.recorded)
    unseen = sum(row.verdict is RowVerdict.UNSEEN for row in comparison.rows)
    if not result.differs:
        text = f"{counted(comparison.agreeing, 'event')} of {recorded} agree"
        if unseen:
            text += f"; {unseen} happened where the prediction is incomplete"
        yield [(text + ".", "bold green")]
        return
    first = comparison.rows[comparison.first_difference or 0]
    number = recorded + 1 if first.recorded is None else first.recorded + 1
    yield [(f"{counted(comparison.agreeing, 'event')} agree; the first difference is event {number}.", "bold red")]
    hint = same_file_hint(result)
    if hint:
        yield [(hint, "yellow")]
        return
    if first.recorded is not None and "error" in result.process.events[first.recorded]:
        yield [("The program fails where it was predicted to continue: a package, a setting or a database may be", "")]
        yield [("missing. If nothing is missing, it is a bug in Cucurbit.", "")]
    else:
        yield [("What was predicted as certain did not happen: this is a bug in Cucurbit.", "")]
    yield [(f"Please send it to {ISSUES}, with the lines of your code that the first difference shows.", "")]


def same_file_hint(result: RecordResult) -> str:
    """A hint if the command runs the file of the entry point in another way than ENTRY says; else empty."""
    entry, events = result.request.entry, result.process.events
    comparison = result.comparison
    first = comparison.rows[comparison.first_difference or 0]
    if first.recorded is None or first.predicted is None or comparison.agreeing:
        return ""
    event = events[first.recorded]
    if event["event"] != "module-started" or event.get("path") != entry.path:
        return ""
    module = event["module"]
    return f"The command runs {entry.path} as the module {module}, and {entry.target} names another way to run it."
