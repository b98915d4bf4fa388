"""What the rules of the group ``unsafe-migration`` share: the walk over the operations that are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, distinct
from cucurbit.rules.shared.history import histories
from cucurbit.rules.shared.reviewed import JudgedStep, judged_steps


@dataclass(frozen=True)
class Risk:
    """What may go wrong: ``message`` continues "Revision X ...". ``certain``: it goes wrong on each database.

    ``together`` continues it where several operations of the revision have the risk: one finding stands for them. Its
    ``{items}`` are the tables.
    """

    message: str
    severity: Severity = Severity.WARNING
    certain: bool = False
    together: str = ""


Judge: TypeAlias = Callable[[JudgedStep], Risk | None]


def risk_check(rule: str, judge: Judge) -> Callable[[Context], Iterator[Finding]]:
    """The check of a rule that judges each operation of the revisions that may not have been applied yet."""

    def found(context: Context) -> Iterator[Finding]:
        for history in histories(context):
            for each in judged_steps(context, history.graph.environment):
                risk = judge(each)
                if risk is not None:
                    yield _finding(context, rule, each, risk)

    return lambda context: distinct(found(context))


def _finding(context: Context, rule: str, judged: JudgedStep, risk: Risk) -> Finding:
    certain = risk.certain and judged.step.certain
    severity = Severity.WARNING if risk.severity is Severity.ERROR and not certain else risk.severity
    related: tuple[Related, ...] = ()
    if judged.table is not None:
        related = (Related(context.location(judged.table.place), "creates the table"),)
    return Finding(
        rule=rule,
        severity=severity,
        certain=certain,
        location=context.location(judged.step.place),
        message=f"Revision {judged.script.id} {risk.message}",
        related=related,
        cause=_cause(judged, risk),
    )


def _cause(judged: JudgedStep, risk: Risk) -> CommonCause | None:
    if not risk.together or judged.table is None:
        return None
    revision, table = judged.script, f"'{judged.table.shape.key}'"
    return CommonCause((revision.path,), f"Revision {revision.id} {risk.together}", (table,), f"on {table}")
