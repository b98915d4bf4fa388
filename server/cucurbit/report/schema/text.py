"""The schema as a brief list for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cucurbit.report.report import counted
from cucurbit.report.schema.model import SchemaColumn, SchemaDocument, SchemaRelation, SchemaTable, label
from cucurbit.report.styled import Line, Signs


def schema_lines(schema: SchemaDocument, signs: Signs, shown: Callable[[str], str]) -> Iterator[Line]:
    """Each table with its keys and its relations, then what is not known."""
    if schema.entry is None:
        yield [("No entry point was found here. Name one: cucurbit schema MODULE, PATH.py or alembic.", "")]
        return
    when = "when migrations run" if schema.moment == "migrations" else "at its end"
    yield [(f"Tables of {schema.entry.target}, {when}", "bold"), (_of_metadata(schema), "")]
    for table in schema.tables:
        yield from _table(schema, table, signs, shown)
    for reason in schema.open:
        yield [("? ", "yellow"), (f"more tables are possible: {reason}", "")]
    relations = len(schema.relations)
    counts = f"{counted(len(schema.tables), 'table')}, {counted(relations, 'foreign key')}."
    yield [(counts if schema.tables else "No tables stand there.", "bold")]


def _of_metadata(schema: SchemaDocument) -> str:
    return f", on {', '.join(schema.metadata)}" if schema.metadata else ""


def _table(schema: SchemaDocument, table: SchemaTable, signs: Signs, shown: Callable[[str], str]) -> Iterator[Line]:
    class_name = f"  class {table.class_name}," if table.class_name else " "
    where = f"{class_name} {shown(table.place.path)}:{table.place.line}"
    doubt = "" if table.certain else "  may be missing"
    kind = f"  many-to-many: {' and '.join(table.association)}" if table.association else ""
    yield [(table.id, "bold cyan"), (where, ""), (kind, "green"), (doubt, "yellow")]
    keys = [each for each in table.columns if each.primary_key]
    count = counted(len(table.columns), "column")
    key = f", key: {', '.join(map(_column, keys))}" if keys else ""
    yield [(f"  {count}{key}", "")]
    for each in schema.of(table):
        yield _relation(each, signs)
    for reason in table.open:
        yield [("  ? ", "yellow"), (f"more is possible: {reason}", "")]


def _column(column: SchemaColumn) -> str:
    return f"{column.name} {column.type}"


def _relation(relation: SchemaRelation, signs: Signs) -> Line:
    many = "one" if relation.source_many == "0..1" else "many"
    one = "one" if relation.target_one == "1" else "one or none"
    target = relation.target + (f".{relation.target_columns[0]}" if len(relation.target_columns) == 1 else "")
    missing: Line = [("  not there", "yellow")] if relation.missing else []
    arrow = "->" if signs.arrow.isascii() else "→"
    return [(f"  {label(relation)} {arrow} {target}", ""), (f"  {many} to {one}", "dim"), *missing]
