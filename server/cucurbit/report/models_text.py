"""The inventory of models as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from cucurbit.analysis.context import Context
from cucurbit.report.models_filter import EVERY_MODEL, ModelFilter
from cucurbit.report.report import counted
from cucurbit.report.styled import Line, Segment, Signs
from cucurbit.rules.shared.inventory import (
    DeadDefinition,
    EnvironmentView,
    ModelRecord,
    Registered,
    Registration,
)
from cucurbit.workspace.model import EntryKind


def models_lines(
    context: Context, signs: Signs, shown: Callable[[str], str], chosen: ModelFilter = EVERY_MODEL
) -> Iterator[Line]:
    """The chosen tables, grouped by the file that defines it, then the definitions that are never executed."""
    records, dead = chosen.records(context), chosen.dead(context)
    path = ""
    for record in records:
        if record.location.path != path:
            path = record.location.path
            yield [(shown(path), "bold cyan")]
        yield from _record(record, signs)
    if dead:
        yield [("Never registered", "bold")]
        for each in dead:
            yield _dead(each, shown)
    live = sum(record.is_live for record in records)
    definitions = counted(len(records), "definition of a table", "definitions of tables")
    text = f"{definitions}, {live} registered by an entry point."
    none = "No tables were found here." if chosen == EVERY_MODEL else "No table of this kind was found."
    yield [(text if records or dead else none, "bold")]


def _record(record: ModelRecord, signs: Signs) -> Iterator[Line]:
    name = f"  {record.key}"
    what = f"class {record.class_name}" if record.class_name else "Table(...)"
    schema = "" if record.definition.schema_known else ", in a schema that is not known"
    yield [(name, "bold"), (f"  {what}, line {record.location.span.line}, on {record.metadata}{schema}", "")]
    for view in record.environments:
        yield [("    ", ""), _mark(view.registered, signs), (f" env.py ({view.config}): {_seen(view)}", "")]
    for each in record.registrations:
        if each.entry.kind is not EntryKind.ALEMBIC:
            yield [("    ", ""), _mark(each.registered, signs), (f" {each.entry.target}: {_done(each)}", "")]
    if not record.registrations:
        yield [("    no entry point executes it", "yellow")]


def _mark(registered: Registered, signs: Signs) -> Segment:
    return {
        Registered.YES: (signs.tick, "green"),
        Registered.MAYBE: ("?", "yellow"),
        Registered.NO: (signs.cross, "red"),
        Registered.REJECTED: (signs.cross, "bold red"),
    }[registered]


def _seen(view: EnvironmentView) -> str:
    if view.held is False and view.registered is not Registered.NO:
        return "registered, but target_metadata does not contain it"
    return {
        Registered.YES: "registered",
        Registered.MAYBE: "may be registered",
        Registered.NO: "not registered",
        Registered.REJECTED: "rejected",
    }[view.registered]


def _done(registration: Registration) -> str:
    if registration.registered is Registered.REJECTED:
        return "rejected: the table is already defined"
    if registration.registered is Registered.NO:
        return "not registered"
    maybe = " on some paths" if registration.registered is Registered.MAYBE else ""
    when = {None: "", True: ", before migrations start", False: ", after migrations started"}
    return f"registered as table {registration.order}{maybe}{when[registration.before_migrations]}"


def _dead(dead: DeadDefinition, shown: Callable[[str], str]) -> Line:
    why = replace(dead, shadow=shown(dead.shadow)).why
    what = dead.class_name or "Table(...)"
    table = f" ({dead.table})" if dead.table else ""
    place = f"{shown(dead.location.path)}:{dead.location.span.line}"
    return [(f"  {place}", "cyan"), (f"  {what}{table}: {why}", "")]
