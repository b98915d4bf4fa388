"""The schema as an entity relationship diagram of Mermaid, which GitHub and GitLab draw in Markdown.

The grammar is that of Mermaid's ``erDiagram.jison``: a name in double quotes contains no ``"``, ``%``, backslash or
line break; a type and an attribute are single words; a comment contains no ``"``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cucurbit.report.schema.model import SchemaColumn, SchemaDocument, label
from cucurbit.report.schema.shared import crows_feet, unique_names

_NOT_IN_NAMES = re.compile(r'["%\\\x00-\x1f\x7f\u2028\u2029]')
# "direction LR" is a statement, wherever it is in a line.
_DIRECTION = re.compile(r"(direction)\s+(?=TB|BT|RL|LR)", re.IGNORECASE)
_NOT_IN_WORDS = re.compile(r"[^A-Za-z0-9_\u00C0-\uFFFF-]+")


def mermaid(schema: SchemaDocument) -> str:
    """A diagram of Mermaid, without a code fence."""
    names = unique_names(schema, _name)
    return "\n".join(["erDiagram", *_lines(schema, names)]) + "\n"


def _lines(schema: SchemaDocument, names: Mapping[str, str]) -> Iterator[str]:
    for table in schema.tables:
        if not table.columns:
            yield f'    "{names[table.id]}"'
            continue
        yield f'    "{names[table.id]}" {{'
        for column in table.columns:
            yield f"        {_column(column)}"
        yield "    }"
    for each in schema.drawn:
        text = _comment(label(each)) or "?"
        yield f'    "{names[each.source]}" {crows_feet(each)} "{names[each.target]}" : "{text}"'


def _column(column: SchemaColumn) -> str:
    keys = [
        name
        for name, holds in (
            ("PK", column.primary_key),
            ("FK", column.foreign_key),
            ("UK", column.unique and not column.primary_key),
        )
        if holds
    ]
    parts = [_word(column.type.partition("(")[0].rpartition(".")[2]), _word(column.name)]
    if keys:
        parts.append(", ".join(keys))
    comment = _comment(column.comment)
    return " ".join([*parts, f'"{comment}"'] if comment else parts)


def _name(text: str) -> str:
    shown = "".join(each if each.isprintable() else "_" for each in _NOT_IN_NAMES.sub("_", text))
    return _DIRECTION.sub(r"\1_", shown).strip() or "_"


def _word(text: str) -> str:
    """A single word that begins with a letter or an underscore."""
    word = _NOT_IN_WORDS.sub("_", "".join(each if each.isprintable() else "_" for each in text)) or "_"
    word = "unknown" if text == "?" else word
    is_key = word.upper() in ("PK", "FK", "UK")
    return f"_{word}" if is_key or not (word[0].isalpha() or word[0] == "_") else word


def _comment(text: str) -> str:
    # "%%" begins a comment or a directive of Mermaid, wherever it is.
    text = " ".join(text.replace('"', "'").split()).replace("%%", "% %")
    text = _DIRECTION.sub(r"\1_", text)
    return "".join(each for each in text if each.isprintable())
