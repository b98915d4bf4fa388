"""What SQL in a revision does to the schema, as far as its words say without a parser.

A statement that names the tables it changes leaves these open; one that is not understood, all of them. Statements that
only read or write rows change no schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.simulate.core.operations import AnyChange, DropIndex, DropTable, Operation, TableRef
from cucurbit.simulate.core.shapes import Named

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


def operations_in(text: str) -> Iterator[Operation]:
    """The operations of a text that may hold several statements."""
    for statement in _statements(text):
        if not _is_about_rows(statement):
            yield _operation(statement)


def operations_at(beginning: str) -> Iterator[Operation]:
    """The operations of a text of which only the beginning is known, which may end anywhere in its last statement."""
    *whole, last = _statements(beginning) or [""]
    yield from (_operation(each) for each in whole if not _is_about_rows(each))
    rows, named = _ROWS.match(last), _TABLE_NAMED.match(last)
    if rows is not None and rows.end() < len(last):
        return
    yield _changed(last) if named is not None and named.end() < len(last) else _NOT_KNOWN


def _statements(text: str) -> list[str]:
    plain = _QUOTED.sub("''", _COMMENT.sub(" ", text))
    return [each.lstrip() for each in plain.split(";") if each.strip()]


def _is_about_rows(statement: str) -> bool:
    if _ROWS.match(statement) is None:
        return False
    return _INTO.match(statement) is None or "INSERT" in statement.upper()


_NOT_KNOWN = AnyChange(None, "SQL that is not known")


def _operation(statement: str) -> Operation:
    dropped = _DROP_TABLE.match(statement)
    if dropped is not None:
        return DropTable(_ref(dropped[2], dropped[3]), if_exists=dropped[1] is not None)
    index = _DROP_INDEX.match(statement)
    if index is not None:
        return DropIndex(None, Named(_bare(index[3] or index[2])), if_exists=index[1] is not None)
    return _changed(statement)


def _changed(statement: str) -> AnyChange:
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
