"""What SQL in a revision does to the schema, as far as its words say without a parser.

A statement that names the tables it changes leaves these open; one that is not understood, all of them. Statements that
only read or write rows change no schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.simulate.core.operations import AnyChange, DropIndex, DropTable, Operation, TableRef
from cucurbit.simulate.core.shapes import Named
from cucurbit.simulate.core.timeline import Place

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|(\$\w*\$).*?\1", re.DOTALL)
"""Strings; what they hold is no part of the statement."""

_NAME = r'(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|\w+)'
_TABLE = rf"({_NAME})(?:\s*\.\s*({_NAME}))?"

_ROWS = re.compile(
    r"(?:INSERT|UPDATE|DELETE|SELECT|WITH|SET|RESET|SHOW|PRAGMA|ANALYZE|VACUUM|COMMIT|BEGIN|ROLLBACK|SAVEPOINT|RELEASE|GRANT|"
    r"REVOKE|COMMENT|LOCK|REINDEX|CLUSTER|TRUNCATE|MERGE|REPLACE\s+INTO|REFRESH|VALUES|EXPLAIN|NOTIFY|USE|"
    r"(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?(?:EXTENSION|TYPE|SEQUENCE|FUNCTION|PROCEDURE|TRIGGER|"
    r"ROLE|USER|POLICY|DOMAIN|DATABASE|CAST|AGGREGATE|PUBLICATION|STATISTICS|EVENT|(?:MATERIALIZED\s+)?VIEW)|CREATE\s+SCHEMA)\b",
    re.IGNORECASE,
)
_INTO = re.compile(r"(?:SELECT|WITH)\b.*\bINTO\b", re.IGNORECASE | re.DOTALL)
"""``SELECT ... INTO`` creates a table on some databases."""
_DROP_TABLE = re.compile(rf"DROP\s+TABLE\s+(IF\s+EXISTS\s+)?{_TABLE}\s*(?:CASCADE|RESTRICT)?\s*$", re.IGNORECASE)
_DROP_INDEX = re.compile(
    rf"DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?(IF\s+EXISTS\s+)?{_TABLE}\s*(?:CASCADE)?\s*$", re.IGNORECASE
)
_TABLE_NAMED = re.compile(
    rf"(?:CREATE\s+(?:TEMP(?:ORARY)?\s+|UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?|ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?"
    rf"(?:ONLY\s+)?|CREATE\s+(?:UNIQUE\s+)?INDEX\b[^(;]*?\sON\s+(?:ONLY\s+)?){_TABLE}",
    re.IGNORECASE,
)
_RENAMED = re.compile(rf"\bRENAME\s+TO\s+({_NAME})", re.IGNORECASE)


def operations_in(text: str, place: Place) -> Iterator[Operation]:
    """The operations of a text that may hold several statements."""
    plain = _QUOTED.sub("''", _COMMENT.sub(" ", text))
    for statement in plain.split(";"):
        found = statement.strip()
        if found and (_ROWS.match(found) is None or (_INTO.match(found) is not None and "INSERT" not in found.upper())):
            yield _operation(found, place)


def _operation(statement: str, place: Place) -> Operation:
    dropped = _DROP_TABLE.match(statement)
    if dropped is not None:
        return DropTable(_ref(dropped[2], dropped[3]), if_exists=dropped[1] is not None)
    index = _DROP_INDEX.match(statement)
    if index is not None:
        return DropIndex(None, Named(_bare(index[3] or index[2])), if_exists=index[1] is not None)
    named = _TABLE_NAMED.match(statement)
    if named is None:
        return AnyChange(None, f"SQL that is not understood: {' '.join(statement.split())[:60]}")
    table = _ref(named[1], named[2])
    renamed = _RENAMED.search(statement, named.end())
    both = () if renamed is None else (TableRef(Named(_bare(renamed[1])), table.schema),)
    return AnyChange((table, *both), "SQL that changes the table")


def _ref(first: str, second: str | None) -> TableRef:
    return TableRef(Named(_bare(first))) if second is None else TableRef(Named(_bare(second)), _bare(first))


def _bare(name: str) -> str:
    return name[1:-1] if name[:1] in '"`[' else name
