"""The schema in DOT, the language of Graphviz: tables are HTML-like labels, relations end in crow's feet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from cucurbit.report.schema.model import SchemaColumn, SchemaDocument, SchemaRelation, SchemaTable, label

_SOURCE = {"0..*": "crowodot", "0..1": "teeodot"}
_TARGET = {"1": "teetee", "0..1": "teeodot"}
_HEAD = (
    "digraph schema {",
    "    graph [rankdir=LR, nodesep=0.4, ranksep=1.2, pad=0.3]",
    '    node [shape=plain, fontname="Helvetica", fontsize=11]',
    '    edge [dir=both, color="#57606a", fontname="Helvetica", fontsize=9, fontcolor="#57606a"]',
)


def dot(schema: SchemaDocument) -> str:
    """A graph in DOT."""
    numbers = {table.id: f"t{number}" for number, table in enumerate(schema.tables)}
    ports = {
        (table.id, column.name): f"{numbers[table.id]}:c{number}"
        for table in schema.tables
        for number, column in enumerate(table.columns)
    }
    lines = [*_HEAD]
    lines.extend(f"    {numbers[table.id]} [label=<{''.join(_table(table))}>]" for table in schema.tables)
    for each in schema.drawn:
        tail = ports.get((each.source, _first(each.columns)), numbers[each.source])
        head = ports.get((each.target, _first(each.target_columns)), numbers[each.target])
        lines.append(f"    {tail} -> {head} {_ends(each)}")
    return "\n".join([*lines, "}"]) + "\n"


def _first(columns: tuple[str, ...]) -> str:
    return columns[0] if columns else ""


def _table(table: SchemaTable) -> Iterator[str]:
    yield '<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="#8c959f">'
    yield f'<tr><td bgcolor="#ddf4ff"><b>{_text(table.id)}</b></td></tr>'
    for number, column in enumerate(table.columns):
        yield f'<tr><td port="c{number}" align="left">{_column(column)}</td></tr>'
    if table.open:
        yield '<tr><td align="left"><i>and more that is not known</i></td></tr>'
    yield "</table>"


def _column(column: SchemaColumn) -> str:
    name = _text(column.name)
    shown = f"<u>{name}</u>" if column.primary_key else name
    optional = "" if column.nullable is False else "?"
    return f'{shown} <font color="#57606a">{_text(column.type)}{optional}</font>'


def _ends(relation: SchemaRelation) -> str:
    style = "" if relation.certain else ", style=dashed"
    head, tail = _TARGET[relation.target_one], _SOURCE[relation.source_many]
    return f'[arrowtail={tail}, arrowhead={head}, tooltip="{_quoted(label(relation))}"{style}]'


def _text(text: str) -> str:
    # An empty element is a syntax error.
    return escape(_printable(text)) or " "


def _quoted(text: str) -> str:
    return escape(_printable(text), quote=False).replace("\\", "\\\\").replace('"', '\\"')


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
