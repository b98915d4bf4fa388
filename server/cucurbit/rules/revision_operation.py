"""``revision-operation``: a revision changes what does not exist at that point of the history, or creates it again."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, distinct
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.history import Faulty, History, histories
from cucurbit.rules.shared.operation_faults import MAKES_IT, OperationFault, does
from cucurbit.workspace.alembic.script import RevisionScript

NAME = "revision-operation"


def _check(context: Context) -> Iterator[Finding]:
    return distinct(each for history in histories(context) for each in _of_history(context, history))


def _of_history(context: Context, history: History) -> Iterator[Finding]:
    yield from (_finding(context, history, faulty) for faulty in history.faults)
    yield from _of_missing_table(context, history)


_BEGINS_LATER = "if the database was made by something else, and revisions before this one were never applied to it"
"""Of a history that changes tables which it never created."""


def _finding(context: Context, history: History, faulty: Faulty) -> Finding:
    script, fault = faulty.script, faulty.fault
    related: tuple[Related, ...] = ()
    since = ""
    earlier: RevisionScript | None = None
    if fault.earlier is not None:
        earlier = history.graph.by_path.get(fault.earlier.path)
        by = "this revision" if earlier is script else "" if earlier is None else f"revision {earlier.id}"
        since = f": {by} {fault.did}" if by else ""
        related = (Related(context.location(fault.earlier), fault.did),)
    unless = fault.unless or (_BEGINS_LATER if history.made_elsewhere else "")
    fails = f"`alembic upgrade` {'may fail' if unless else 'fails'} here"
    excuse = f" It does not {unless}." if unless else ""
    return Finding(
        rule=NAME,
        severity=Severity.WARNING if unless else Severity.ERROR,
        certain=not unless,
        location=context.location(faulty.step.place),
        message=f"{fails}: revision {script.id} {fault.words}{since}.{excuse}",
        related=related,
        cause=_repetition(script, earlier, fault, fails, excuse),
    )


def _repetition(
    script: RevisionScript, earlier: RevisionScript | None, fault: OperationFault, fails: str, excuse: str
) -> CommonCause | None:
    """What the changes of a revision have in common that one earlier revision has made already."""
    if earlier is None or earlier is script or fault.did != MAKES_IT:
        return None
    return CommonCause(
        (script.id, earlier.id),
        f"{fails}: revision {script.id} makes {{places}} changes again that revision {earlier.id} has made. It"
        f" {{items}}.{excuse}",
        (fault.words.partition(",")[0],),
        fault.words,
    )


# ------------------------------------------------------- tables that nobody creates


def _of_missing_table(context: Context, history: History) -> Iterator[Finding]:
    """The one table that no revision creates and one changes: its name is wrong.

    Where there are several, the history begins from a database that something else made.
    """
    found = history.made_elsewhere
    if len(found) != 1:
        return
    ((key, first),) = found.items()
    if not history.before[first.script.id].tables or not history.graph.is_complete:
        return
    yield Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=False,
        location=context.location(first.step.place),
        message=f"`alembic upgrade` of an empty database fails here: revision {first.script.id}"
        f" {does(first.step.operation)} '{key}', which no revision before it creates.",
    )


RULE = Rule(
    NAME,
    "A revision changes a table, column, index or constraint that does not exist at that point, or creates one again.",
    Severity.ERROR,
    _check,
)
