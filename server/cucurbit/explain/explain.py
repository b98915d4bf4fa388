"""Explains the exceptions of a traceback: which messages are known, and what explains each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.explain import (
    async_errors,
    database_errors,
    environment_errors,
    import_errors,
    mapper_errors,
    revision_errors,
    table_errors,
)
from cucurbit.explain.case import ErrorCase, extended, predicted, raised
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.frames import WorkspaceFrame, workspace_frames
from cucurbit.explain.known import Known
from cucurbit.explain.start import started_at
from cucurbit.explain.tracebacks import RaisedError
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.shared.environments import is_migration_file
from cucurbit.rules.shared.orm.findings import RefusedModel
from cucurbit.simulate.core.timeline import Failure
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryPoint

KNOWN: Mapping[str, tuple[Known, ...]] = MappingProxyType(
    {
        "Tables and mapped classes": table_errors.KNOWN,
        "Relationships and mappers": mapper_errors.KNOWN,
        "Imports": import_errors.KNOWN,
        "Alembic's commands and revisions": revision_errors.KNOWN,
        "env.py and its configuration": environment_errors.KNOWN,
        "Tables and columns in the database": database_errors.KNOWN,
        "Event loops and greenlets": async_errors.KNOWN,
    }
)
"""Every kind of exception that is known, under the headings of the documentation."""

_FILE = re.compile(r"(?<=[')]) \((?:unknown location|[^()]*\.py|[^()]*\.so|[^()]*\.pyd)\)")
"""The file name that Python appends to the message of a failed ``from module import name``."""

_CLASS = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Exit|Greenlet)\b")
_REFUSALS = frozenset(
    {
        *("DatabaseError", "DataError", "IntegrityError", "InterfaceError", "InternalError", "NotSupportedError"),
        *("OperationalError", "ProgrammingError", "CompileError", "NotImplementedError", "NoSuchTableError"),
    }
)
"""The classes of what a database refuses, and of what SQLAlchemy or Alembic cannot write for one."""
_DRIVERS = frozenset({"asyncpg", "MySQLdb", "oracledb", "psycopg", "psycopg2", "pymysql", "pyodbc", "sqlite3"})

_TELLING = frozenset({"duplicate-revision", "missing-revision"})
"""The causes of which a warning alone tells: other warnings beside an error are mostly what the error left behind."""


def is_known(message: str) -> bool:
    """Whether a message, or a line that contains it, is of a kind that is known."""
    return any(each.pattern.search(message) for each in _all())


def explain(context: Context, errors: Sequence[RaisedError]) -> list[Explanation]:
    """Explain the exceptions whose messages are known, in their order; if none is known, the last exception.

    An exception is explained once, however often it was printed, and so is a cause that two of them have.
    """
    found: dict[tuple[str, str], Explanation] = {}
    starts = _Starts(context)
    for number, error in enumerate(errors):
        explanation = _known(starts.case(error, errors[number + 1 :]))
        if explanation is not None:
            found.setdefault((explanation.error, explanation.message), explanation)
    distinct = {each.summary: each for each in reversed(found.values())}
    told = [each for each in found.values() if distinct[each.summary] is each]
    told = [each for each in told if not each.error.endswith("Warning") or each.cause in _TELLING] or told
    raised_ones = [error for error in errors if not error.is_warning] or list(errors)
    last = starts.case(raised_ones[-1], ())
    if told and any((each.error, each.message) == (last.error.error, last.error.message) for each in found.values()):
        return told
    shown = _shown(last)
    return [*told, shown] if told and shown is not None else told or [_unknown(last)]


class _Starts:
    """Makes the cases: each with the entry point at which its traceback starts, simulated once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._contexts: dict[EntryPoint, Context] = {}

    def case(self, error: RaisedError, later: Iterable[RaisedError]) -> ErrorCase:
        """The case of an exception. If no frame of its own is in the workspace, those of a later one are taken.

        The later exceptions are those that it caused: an inner traceback begins where the exception is caught.
        """
        frames = workspace_frames(self._context, error.frames)
        printed = error.frames
        for outer in later:
            if frames:
                break
            frames, printed = workspace_frames(self._context, outer.frames), outer.frames
        entry = started_at(self._context, frames, printed)
        if entry is None:
            return ErrorCase(self._context, error, (), frames)
        if entry not in self._contexts:
            self._contexts[entry] = self._context.with_entry(entry)
        return ErrorCase(self._contexts[entry], error, (), frames, entry)


def _all() -> Iterable[Known]:
    return (each for kinds in KNOWN.values() for each in kinds)


def _known(case: ErrorCase) -> Explanation | None:
    for each in _all():
        match = each.pattern.search(case.error.message)
        if match is None:
            continue
        groups = tuple(group or "" for group in match.groups())
        explanation = each.explain(replace(case, groups=groups))
        if explanation is not None:
            return _with_prediction(case, explanation)
    return None


def _with_prediction(case: ErrorCase, explanation: Explanation) -> Explanation:
    """The explanation with the chain to the same failure, if a timeline shows that it is raised for certain."""
    if explanation.raised_here is not None or not case.error.message:
        return explanation
    found = predicted(case, partial(_is_it, case))
    if found is None or not found[1].certain:
        return explanation
    _, event, failure = found
    chain = (*case.context.chain(event.link), Related(case.context.location(failure.place), "raised here"))
    return replace(explanation, raised_here=True, related=extended(explanation.related, chain))


def _shown(case: ErrorCase) -> Explanation | None:
    """The explanation by a timeline that shows the exception; None if none does."""
    return raised(case, "", partial(_is_it, case))


def _unknown(case: ErrorCase) -> Explanation:
    """Explain an exception whose message is not known: where it was raised, and whether a timeline shows it."""
    error = case.error
    shown = _shown(case)
    if shown is not None:
        return shown
    found = _by_finding(case)
    if found is not None:
        return found
    deepest = case.deepest
    if deepest is None:
        where = "None of its frames is in this workspace." if error.frames else "It came without a traceback."
        return case.explain("", None, f"Cucurbit does not know the cause of this exception. {where}")
    code = f", at `{deepest.source}`" if deepest.source else ""
    inner = error.frames[-1] if error.frames else None
    inside = "" if inner is None or inner.line == deepest.line else f", by what {deepest.path} calls there"
    verb = "stopped" if error.error == "FAILED" else "raised"
    summary = f"It was {verb} at {deepest.at}{code}{inside}. Its cause is not one that Cucurbit knows."
    start = case.frames[0]
    begun = f"The program came there from {start.at}." if len(case.frames) > 1 else ""
    return case.explain("", None, summary, (), begun, _other_at(case))


def _by_finding(case: ErrorCase) -> Explanation | None:
    """The explanation that a rule gives: SQLAlchemy refuses a model with this message, or a revision at this line."""
    for rule in RULES.rules:
        for finding in case.findings(rule.name, partial(_tells_of, case)):
            # What SQLAlchemy says is the message of the exception.
            told = tuple(each for each in finding.related if not each.message.startswith("SQLAlchemy raises"))
            return case.from_finding(rule.name, replace(finding, related=told))
    return None


def _tells_of(case: ErrorCase, finding: Finding) -> bool:
    if isinstance(finding.subject, RefusedModel):
        verdict = finding.subject.verdict
        return verdict.error == case.error.name and _plain(verdict.said) == _plain(case.error.message)
    at, frame = finding.location, case.deepest
    if frame is None or frame.path != at.path or not is_migration_file(case.context, at.path):
        return False
    return _is_certain_at(finding, frame) and _may_raise(finding, case.error)


def _is_certain_at(finding: Finding, frame: WorkspaceFrame) -> bool:
    within = finding.location.span.line <= frame.line <= finding.location.span.end_line
    return within and finding.severity is Severity.ERROR and finding.certain


def _may_raise(finding: Finding, error: RaisedError) -> bool:
    """Whether a finding tells of this exception: it names its class, or is about what a database or Alembic refuses."""
    named = set(_CLASS.findall(finding.message))
    if named:
        return error.name in named
    return error.name in _REFUSALS or error.error.partition(".")[0] in _DRIVERS


def _other_at(case: ErrorCase) -> str:
    """What is certain to fail at the line of the traceback, in another way than it did; empty if nothing is."""
    frame = case.deepest
    if frame is None or not is_migration_file(case.context, frame.path):
        return ""
    for rule in RULES.rules:
        for finding in case.findings(rule.name, lambda each: each.location.path == frame.path):
            if _is_certain_at(finding, frame):
                return f"The rule {rule.name} tells of another failure at this line: {finding.message}"
    return ""


def _plain(message: str) -> str:
    """A message of SQLAlchemy without its link, and without the quotes that a database needs around some names."""
    return " ".join(message.partition("(Background on")[0].replace('"', "").split())


def _is_it(case: ErrorCase, failure: Failure) -> bool:
    """Whether the printed exception is a failure on a timeline: its class and its message are.

    Python appends the file of a module to its name, and prints the key of a KeyError as a literal. If the failure has
    no message, the traceback has to lead to its place.
    """
    if failure.error != case.error.name:
        return False
    printed, place = case.error.message, failure.place
    if not failure.message:
        line = case.context.span(place).line
        here = any((frame.path, frame.line) == (place.path, line) for frame in case.frames)
        return here or not printed or place.at == WHOLE_FILE
    message = repr(failure.message) if failure.error == "KeyError" else failure.message
    return message in (printed, _FILE.sub("", printed)) or printed.startswith(f"{message} (")
