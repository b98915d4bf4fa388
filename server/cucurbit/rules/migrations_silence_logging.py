"""``migrations-silence-logging``: env.py, run inside the application, disables the application's loggers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.finding import Finding, Related, Severity, stronger
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.fixes.preview import valid_python
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import entry_name, while_migrating
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place, Timeline
from cucurbit.workspace.model import EntryKind, Location

NAME = "migrations-silence-logging"


def _check(context: Context) -> Iterator[Finding]:
    found: dict[Place, Finding] = {}
    for timeline in context.timelines:
        if timeline.entry.kind is EntryKind.ALEMBIC:
            continue
        for event in timeline.of(EventKind.LOGGING_CONFIGURED):
            own_process = event.process == 0
            if event.detail != "disables" or not own_process or not while_migrating(event.link):
                continue
            if is_test(event.place.path) or _only_stamps(timeline):
                continue
            finding = _finding(context, timeline, event)
            known = found.get(event.place)
            if known is None or stronger(finding.severity, known.severity):
                found[event.place] = finding
    yield from found.values()


def _only_stamps(timeline: Timeline) -> bool:
    """Whether it is a script that nothing starts and that runs no revision: it sets a database up, and ends."""
    entry = timeline.entry
    by_hand = entry.kind is EntryKind.SCRIPT and entry.named_by is None and not entry.startup
    return by_hand and not any(event.runs_revisions for event in timeline.events)


def _finding(context: Context, timeline: Timeline, event: Event) -> Finding:
    # A script that only migrates has little left to log; an application logs for as long as it runs.
    served = timeline.entry.kind is EntryKind.MODULE
    start = next((link for link in reversed(tuple(event.link or ())) if link.kind is LinkKind.MIGRATION), None)
    related = list(context.chain(event.link))
    if start is not None:
        related.append(Related(context.location(start.place), "the migrations are started here"))
    return Finding(
        rule=NAME,
        severity=Severity.WARNING if served and event.certain else Severity.INFORMATION,
        certain=event.certain,
        location=context.location(event.place),
        message=f"The migrations that {entry_name(timeline.entry)} runs in its own process configure logging here "
        "and disable every logger that already exists: pass disable_existing_loggers=False.",
        related=tuple(related),
    )


# ----------------------------------------------------------------------------- fix


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Pass ``disable_existing_loggers=False``."""
    for location in (finding.location, *(each.location for each in finding.related)):
        source = python_source(gate.context, location.path)
        call = _config_call(source, location) if source is not None else None
        edit = _keeping(source, call) if source is not None and call is not None else None
        if edit is not None:
            fix = Fix(
                title="Pass disable_existing_loggers=False",
                safe=True,
                kind=FixKind.QUICKFIX,
                edits=(edit,),
                rule=finding.rule,
            )
            return valid_python(gate.context, fix)
    return ()


def _config_call(source: PythonSource, location: Location) -> ast.Call | None:
    """The call of ``fileConfig`` or ``dictConfig`` on the lines of a place."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            span = source.span(node)
            if name in ("fileConfig", "dictConfig") and span.line <= location.span.line <= span.end_line:
                return node
    return None


def _keeping(source: PythonSource, call: ast.Call) -> TextEdit | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "dictConfig":
        return _keeping_in_dict(source, call)
    given = next((each.value for each in call.keywords if each.arg == "disable_existing_loggers"), None)
    if given is None and len(call.args) > 2:
        given = call.args[2]
    if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
        return None
    if given is not None:
        return source.replace(source.span(given), "False")
    inside = [*call.args, *call.keywords]
    if not inside:
        return None
    last = max(source.span(each) for each in inside)
    return source.insert(last.end_line, last.end_column, ", disable_existing_loggers=False")


def _keeping_in_dict(source: PythonSource, call: ast.Call) -> TextEdit | None:
    """``dictConfig({...})``: only what is written in the call can be changed here."""
    if not call.args or not isinstance(call.args[0], ast.Dict):
        return None
    given = call.args[0]
    for key, value in zip(given.keys, given.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "disable_existing_loggers":
            return source.replace(source.span(value), "False")
    if not given.values or any(key is None for key in given.keys):
        return None
    last = source.span(given.values[-1])
    return source.insert(last.end_line, last.end_column, ', "disable_existing_loggers": False')


RULE = Rule(
    name=NAME,
    summary="Migrations in the application's process call a fileConfig that disables its loggers.",
    severity=Severity.WARNING,
    check=_check,
    fixes=_fixes,
)
