"""The statement that creates one table in the database that migrations are run on."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import ModelTables
from cucurbit.analysis.drift.resolved import resolved_table
from cucurbit.analysis.drift.types import Dialect
from cucurbit.fixes.operations import NotWritable, ToWrite
from cucurbit.report.drift_sql import SqlWriter, chosen_dialect
from cucurbit.rules.shared.databases import databases_of
from cucurbit.rules.shared.environments import Managed, managed
from cucurbit.simulate.core.operations import CreateTable, TableRef
from cucurbit.simulate.core.shapes import Named
from cucurbit.simulate.core.timeline import TableDefinition
from cucurbit.simulate.shapes.snapshot import Shapes, StandingTable


@dataclass(frozen=True)
class Statement:
    dialect: Dialect
    text: str


def create_table(context: Context, definition: TableDefinition) -> Statement | None:
    """``CREATE TABLE`` as ``create_all`` sends it; None if a part is not known, or no environment migrates the table.

    Raises nothing.
    """
    return context.memo_for(_create_table, definition)


def _create_table(context: Context, definition: TableDefinition) -> Statement | None:
    environment = next((each for each in context.memo(managed) if each.holds(definition.metadata)), None)
    found = _standing(context, definition, environment) if environment is not None else None
    if environment is None or found is None:
        return None
    shapes, standing = found
    table = resolved_table(ModelTables({}, shapes), standing.shape)
    dialect = chosen_dialect(databases_of(context, environment.environment).dialects)
    operation = CreateTable(TableRef(Named(table.name), table.schema), table)
    try:
        statements = [*SqlWriter(dialect).statements(ToWrite(operation))]
    except NotWritable:
        return None
    return next((Statement(dialect, each) for each in statements if each.startswith("CREATE TABLE")), None)


def _standing(
    context: Context, definition: TableDefinition, environment: Managed
) -> tuple[Shapes, StandingTable] | None:
    """The table as env.py sees it, else as the first program that has it."""
    for entry in (environment.run.entry, *context.entries):
        shapes = context.shapes(entry)
        standing = shapes.of_definition(definition)
        if standing is not None and standing.shape.place == definition.place:
            return shapes, standing
    return None
