"""The schema in DBML (dbdiagram.io): https://dbml.dbdiagram.io/docs/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cucurbit.report.schema.model import SchemaColumn, SchemaDocument, SchemaKey, SchemaRelation, SchemaTable
from cucurbit.report.schema.shared import ACTIONS, one_line, unique_names


def dbml(schema: SchemaDocument) -> str:
    """A document in DBML."""
    # A document has one name for each table, so tables of several MetaData are told apart by theirs.
    keys = {table.id: table.key == table.id for table in schema.tables}
    names = unique_names(schema, _printed)
    written = {
        table.id: _qualified(table) if keys[table.id] and names[table.id] == table.id else _name(names[table.id])
        for table in schema.tables
    }
    return "".join(f"{line}\n" for line in _lines(schema, written))


def _lines(schema: SchemaDocument, names: Mapping[str, str]) -> Iterator[str]:
    for table in schema.tables:
        yield f"Table {names[table.id]} {{"
        for column in table.columns or ():
            yield f"  {_column(table, column)}"
        if not table.columns:
            # A table without a column is a syntax error.
            yield '  "?" "unknown"'
        yield from _indexes(table)
        note = table.comment or (f"not known: {'; '.join(table.open)}" if table.open else "")
        if note:
            yield f"  Note: {_text(note)}"
        yield "}"
        yield ""
    for each in schema.drawn:
        yield _reference(each, names)


def _reference(relation: SchemaRelation, names: Mapping[str, str]) -> str:
    columns = [_columns(relation.columns), _columns(relation.target_columns)]
    if not all(columns) or len(relation.columns) != len(relation.target_columns):
        return f"// {one_line(relation.source)} refers to {one_line(relation.target)}, by columns that are not known"
    sign = "-" if relation.source_many == "0..1" else ">"
    settings = f" [delete: {relation.on_delete.lower()}]" if relation.on_delete in ACTIONS else ""
    return f"Ref: {names[relation.source]}.{columns[0]} {sign} {names[relation.target]}.{columns[1]}{settings}"


def _columns(columns: tuple[str, ...]) -> str:
    names = ", ".join(map(_name, columns))
    return names if len(columns) < 2 else f"({names})"


def _column(table: SchemaTable, column: SchemaColumn) -> str:
    alone = (column.name,)
    settings = [
        text
        for text, holds in (
            ("pk", table.primary_key == alone),
            ("unique", column.unique and table.primary_key != alone),
            ("not null", column.nullable is False and table.primary_key != alone),
            (f"default: {_default(column.default)}", column.default),
            (f"note: {_text(column.comment)}", column.comment),
        )
        if holds
    ]
    suffix = f" [{', '.join(settings)}]" if settings else ""
    return f"{_name(column.name)} {_name('unknown' if column.type == '?' else column.type)}{suffix}"


def _indexes(table: SchemaTable) -> Iterator[str]:
    key = table.primary_key or ()
    lines = [f"    ({', '.join(map(_name, key))}) [pk]"] if len(key) > 1 else []
    lines.extend(_index(each) for each in (*table.unique, *table.indexes) if each.exact and _is_shown(each))
    if lines:
        yield ""
        yield "  indexes {"
        yield from lines
        yield "  }"


def _is_shown(key: SchemaKey) -> bool:
    """A unique column says so itself."""
    return bool(key.columns) and (len(key.columns) > 1 or not key.unique)


def _index(key: SchemaKey) -> str:
    settings = ["unique"] if key.unique else []
    if key.name:
        settings.append(f"name: {_text(key.name)}")
    suffix = f" [{', '.join(settings)}]" if settings else ""
    return f"    ({', '.join(map(_name, key.columns))}){suffix}"


def _qualified(table: SchemaTable) -> str:
    return f"{_name(table.schema)}.{_name(table.name)}" if table.schema else _name(table.name)


def _name(text: str) -> str:
    return '"' + _printed(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(text: str) -> str:
    return "'" + one_line(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _default(sql: str) -> str:
    if sql.startswith("'"):
        return _text(sql[1:-1].replace("''", "'"))
    return "`" + one_line(sql).replace("`", "'") + "`"


def _printed(text: str) -> str:
    """A name; one without a printable character is an underscore."""
    return one_line(text) or "_"
