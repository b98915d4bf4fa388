"""The schema as an entity diagram of PlantUML: https://plantuml.com/ie-diagram."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.report.schema.model import SchemaColumn, SchemaDocument, SchemaTable, label
from cucurbit.report.schema.shared import crows_feet


def plantuml(schema: SchemaDocument) -> str:
    """A diagram of PlantUML."""
    numbers = {table.id: f"t{number}" for number, table in enumerate(schema.tables)}
    lines = ["@startuml", "hide circle", "hide empty members", "skinparam linetype ortho"]
    for table in schema.tables:
        lines.extend(_table(table, numbers[table.id]))
    lines.extend(
        f"{numbers[each.source]} {crows_feet(each)} {numbers[each.target]} : {_text(label(each)) or '?'}"
        for each in schema.drawn
    )
    return "\n".join([*lines, "@enduml"]) + "\n"


def _table(table: SchemaTable, number: str) -> Iterator[str]:
    yield f'entity "{_text(table.id)}" as {number} {{'
    keys = [each for each in table.columns if each.primary_key]
    others = [each for each in table.columns if not each.primary_key]
    yield from map(_column, keys)
    if keys and others:
        yield "  --"
    yield from map(_column, others)
    if table.open:
        yield "  .. and more that is not known .."
    yield "}"


def _column(column: SchemaColumn) -> str:
    marks = (("PK", column.primary_key), ("FK", column.foreign_key), ("unique", column.unique))
    kinds = [name for name, holds in marks if holds and not (name == "unique" and column.primary_key)]
    stereotype = f" <<{', '.join(kinds)}>>" if kinds else ""
    needed = "*" if column.nullable is False else ""
    return f"  {needed}{{field}} {_text(column.name)} : {_text(column.type)}{stereotype}"


def _text(text: str) -> str:
    """Text in which nothing is markup of PlantUML: what may be is written as a character's number (``<U+0022>``)."""
    return "".join(
        each if each.isalnum() or each in " _.,()'" else _number(each) for each in text if each.isprintable()
    )


def _number(character: str) -> str:
    return f"<U+{ord(character):04X}>" if ord(character) < 0x10000 else "?"
