"""Whether the findings of a workspace are true: what its entry point did for real beside every ``error``.

An ``error`` is a promise that Python, SQLAlchemy or Alembic raise. It is kept where the recording of the entry point
holds the failure; and a table that was rejected for real is to be explained by the one rule whose business it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.module_loaded_twice.finding import LoadedTwice
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.run import simulate
from tests.oracle.case import Case, Event
from tests.oracle.prediction import entry_of

OF_REJECTIONS = {"duplicate-table", "models-redefined", "import-failure-hidden", "module-loaded-twice"}
AT_DEFINITION = OF_REJECTIONS - {"module-loaded-twice"}
"""Their findings stand where the rejected definition stands; those of the other one at the import to mend."""

CHECKED = OF_REJECTIONS | {"reserved-attribute", "circular-import", "migration-failure-swallowed"}


@dataclass(frozen=True)
class Said:
    """What Cucurbit says of a case. ``certain``: the timeline has neither an uncertain event nor a cut."""

    findings: tuple[Finding, ...]
    certain: bool

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR and f.rule in CHECKED)


def said_of(case: Case, root: Path, sqlalchemy: str) -> Said:
    """The findings of ``case``, whose files stand under ``root``, as if its entry point were the only one."""
    requirements = root / "requirements.txt"
    if not requirements.exists():
        requirements.write_text(f"sqlalchemy=={sqlalchemy}\n", encoding="utf-8")
    workspace = open_workspace(root)
    timeline = simulate(workspace, entry_of(case, workspace))
    certain = all(event.certain and event.kind is not EventKind.CUT for event in timeline.events)
    return Said(findings(Context(workspace, (timeline,), ()), RULES), certain)


def broken(said: Said, recorded: Sequence[Event]) -> Iterator[str]:
    """Every promise that was not kept, and every rejected table that no finding explains, in words."""
    rejected = [event for event in recorded if event["event"] == "table-rejected"]
    for finding in said.errors:
        if not _kept(finding, recorded, rejected):
            place = f"{finding.location.path}:{finding.location.span.line}"
            yield f"false error {finding.rule} at {place}: {finding.message}"
    if said.certain:
        for event in rejected:
            here = [f for f in said.errors if _explains(f, event)]
            if not here:
                yield f"unexplained: {event}"


def _kept(finding: Finding, recorded: Sequence[Event], rejected: Sequence[Event]) -> bool:
    if finding.rule in OF_REJECTIONS:
        return any(_explains(finding, event) for event in rejected)
    failures = {str(event["error"]) for event in recorded if "error" in event and event["event"] != "entry-failed"}
    if finding.rule == "reserved-attribute":
        return any(
            event["event"] == "module-failed"
            and event["path"] == finding.location.path
            and event["error"] == "InvalidRequestError"
            for event in recorded
        )
    if finding.rule == "circular-import":
        return any(
            event["event"] == "module-failed"
            and event["path"] == finding.location.path
            and event["error"] == "ImportError"
            for event in recorded
        )
    started = [event for event in recorded if event["event"] == "migrations-failed"]
    return bool(started) and bool(failures)


def _explains(finding: Finding, event: Mapping[str, object]) -> bool:
    if finding.rule in AT_DEFINITION:
        return (finding.location.path, finding.location.span.line) == (event["path"], event["line"])
    return isinstance(finding.subject, LoadedTwice) and event["table"] in finding.subject.tables
