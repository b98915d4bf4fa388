"""The schema as ``CREATE TABLE`` statements, in SQL that most databases understand.

It is for reading and for tools that draw from SQL: what creates the tables of a program is SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.report.report import printable
from cucurbit.report.schema.model import SchemaColumn, SchemaDocument, SchemaKey, SchemaRelation, SchemaTable
from cucurbit.report.schema.shared import ACTIONS, one_line


def sql(schema: SchemaDocument) -> str:
    """Statements in an order in which what foreign keys refer to comes first, as far as they form no cycle."""
    return "\n".join(line for table in in_order(schema) for line in _table(schema, table))


def in_order(schema: SchemaDocument) -> list[SchemaTable]:
    """The tables, those that foreign keys point to before those that have them; of a cycle in the order of names."""
    above: dict[str, set[str]] = {table.id: set() for table in schema.tables}
    for each in schema.drawn:
        if each.source != each.target:
            above[each.source].add(each.target)
    done: dict[str, None] = {}
    while len(done) < len(above):
        ready = [each for each in above if each not in done and above[each] <= done.keys()]
        done.update(dict.fromkeys(ready or [next(each for each in above if each not in done)]))
    return [schema.by_id[each] for each in done]


def _table(schema: SchemaDocument, table: SchemaTable) -> Iterator[str]:
    if table.comment:
        yield f"-- {one_line(table.comment)}"
    for reason in table.open:
        yield f"-- not known: {one_line(reason)}"
    if not table.columns:
        yield f"-- {one_line(table.key)}: its columns are not known"
        yield ""
        return
    yield f"CREATE TABLE {_qualified(table)} ("
    parts = [(_column(each), each.comment) for each in table.columns]
    parts.extend((each, "") for each in _constraints(schema, table))
    for number, (part, comment) in enumerate(parts, 1):
        note = f"  -- {one_line(comment)}" if comment else ""
        yield f"    {part}{',' if number < len(parts) else ''}{note}"
    yield ");"
    for number, index in enumerate(table.indexes):
        if index.exact and index.columns:
            yield _index(table, index, number)
    yield ""


def _column(column: SchemaColumn) -> str:
    default = f" DEFAULT {_expression(column.default)}" if column.default else ""
    needed = " NOT NULL" if column.nullable is False else ""
    return f"{_name(column.name)} {column.sql_type or 'TEXT /* not known */'}{default}{needed}"


def _expression(text: str) -> str:
    text = printable(text)
    return text if text.startswith("'") or text.replace("_", "").isalnum() else f"({text})"


def _constraints(schema: SchemaDocument, table: SchemaTable) -> Iterator[str]:
    if table.primary_key:
        yield f"PRIMARY KEY ({_names(table.primary_key)})"
    for key in table.unique:
        if key.exact and key.columns:
            yield f"{_named(key.name)}UNIQUE ({_names(key.columns)})"
    for each in schema.of(table):
        if not each.missing and each.columns and len(each.columns) == len(each.target_columns):
            yield _foreign(schema, each)
    for condition in table.checks:
        if "--" not in condition and "/*" not in condition:
            yield f"CHECK ({' '.join(condition.split())})"


def _foreign(schema: SchemaDocument, relation: SchemaRelation) -> str:
    target = schema.by_id[relation.target]
    action = f" ON DELETE {relation.on_delete}" if relation.on_delete in ACTIONS else ""
    return (
        f"{_named(relation.name)}FOREIGN KEY ({_names(relation.columns)}) "
        f"REFERENCES {_qualified(target)} ({_names(relation.target_columns)}){action}"
    )


def _index(table: SchemaTable, index: SchemaKey, number: int) -> str:
    # The name that SQLAlchemy gives an index of one column; others must have a name.
    name = index.name or f"ix_{table.name}_{index.columns[0]}" + (f"_{number}" if len(index.columns) > 1 else "")
    unique = "UNIQUE " if index.unique else ""
    return f"CREATE {unique}INDEX {_name(name)} ON {_qualified(table)} ({_names(index.columns)});"


def _named(name: str) -> str:
    return f"CONSTRAINT {_name(name)} " if name else ""


def _qualified(table: SchemaTable) -> str:
    return f"{_name(table.schema)}.{_name(table.name)}" if table.schema else _name(table.name)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(map(_name, names))


def _name(text: str) -> str:
    """A name in quotes. In one with control characters they are escaped: such a text is for people, not a database."""
    return '"' + printable(text).replace('"', '""') + '"'
