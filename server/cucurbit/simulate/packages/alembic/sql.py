"""What SQL in a revision does to the schema, as far as its words say without a parser.

A statement that names the tables it changes leaves these open; one that is not understood, all of them. Statements that
only read or write rows change no schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cucurbit.simulate.core.operations import (
    AnyChange,
    DropIndex,
    DropTable,
    Operation,
    RenameIndex,
    RenameType,
    TableRef,
)
from cucurbit.simulate.core.shapes import Named
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.packages.alembic.sql_tables import WHY, changes_in

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|(\$\w*\$).*?\1", re.DOTALL)
"""Strings; what they hold is no part of the statement."""

_NAME = r'(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|\w+)'
_TABLE = rf"({_NAME})(?:\s*\.\s*({_NAME}))?"

_ROWS = re.compile(
    r"(?:INSERT|UPDATE|DELETE|SELECT|WITH|SET|RESET|SHOW|PRAGMA|ANALYZE|VACUUM|COMMIT|BEGIN|SAVEPOINT|RELEASE|GRANT|"
    r"REVOKE|COMMENT|LOCK|REINDEX|CLUSTER|TRUNCATE|MERGE|REPLACE\s+INTO|REFRESH|VALUES|EXPLAIN|NOTIFY|"
    r"(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?(?:EXTENSION|TYPE|SEQUENCE|FUNCTION|PROCEDURE|TRIGGER|"
    r"ROLE|USER|POLICY|DOMAIN|DATABASE|CAST|AGGREGATE|PUBLICATION|STATISTICS|EVENT|(?:MATERIALIZED\s+)?VIEW)|CREATE\s+SCHEMA)\b",
    re.IGNORECASE,
)
_MEANT = re.compile(r"search_path|\bCURRENT_SCHEMA\s*=", re.IGNORECASE)
_SETS_SCHEMA = re.compile(r"SET\s+(?:SESSION\s+|LOCAL\s+)?(?:SCHEMA|CURRENT_SCHEMA)\b", re.IGNORECASE)
"""What decides which schema the names of tables belong to."""
_WITH_COLUMNS = re.compile(
    r"DROP\s+(?!(?:MATERIALIZED\s+)?VIEW|TRIGGER|POLICY)\w+\b.*\bCASCADE\b", re.IGNORECASE | re.DOTALL
)
"""``DROP TYPE ... CASCADE`` and the like drop the columns that use it."""
_CATALOGUE = re.compile(
    r"(?:UPDATE|DELETE|INSERT|WITH)\b.*\b(?:sqlite_(?:master|schema)|pg_(?:attribute|class|catalog|constraint|index))\b",
    re.IGNORECASE | re.DOTALL,
)
_QUERY = re.compile(r"(?:SELECT|WITH|EXPLAIN|VALUES)\b", re.IGNORECASE)
_CALL = re.compile(r"\b(\w+)\s*\(")
_HARMLESS_CALLS = """
abs age all and any array array_agg array_append array_cat array_length array_remove array_to_string as ascii avg
between bool_and bool_or by cardinality case cast ceil ceiling char char_length chr coalesce col_description concat
concat_ws convert count currval current_database current_schema current_setting current_timestamp database date
date_add date_format date_part date_sub date_trunc datediff datetime decimal decode dense_rank distinct else encode
enum_range except exists extract filter first_value float floor format from from_unixtime gen_random_uuid
generate_series get_lock greatest group group_concat hashtext having hex if ifnull iif in initcap instr int integer
intersect interval is isnull join json_agg json_array json_array_elements json_array_elements_text json_array_length
json_build_object json_each json_extract json_object json_object_agg json_type json_unquote json_valid jsonb_agg
jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each
jsonb_object_agg jsonb_object_keys jsonb_set jsonb_strip_nulls jsonb_typeof julianday lag last_insert_id last_value
lastval lateral lead least left length limit localtimestamp lo_get lo_unlink lower lpad ltrim make_interval max md5
min mod not now ntile nullif numeric nvl obj_description on or order over partition pg_advisory_lock
pg_advisory_unlock pg_advisory_xact_lock pg_backend_pid pg_get_constraintdef pg_get_expr pg_get_indexdef
pg_get_serial_sequence pg_relation_size pg_size_pretty pg_sleep pg_total_relation_size pg_try_advisory_lock
pg_try_advisory_xact_lock pg_typeof position power quote_ident quote_literal rand random rank recursive
regexp_matches regexp_replace release_lock repeat replace returning reverse right round row row_number row_to_json
rpad rtrim schema select set setval some split_part sqrt strftime string_agg string_to_array strpos substr substring
sum table then time timestamp timestampdiff timezone to_char to_date to_json to_jsonb to_number to_regclass
to_regtype to_timestamp total translate trim trunc typeof union unicode unistr unix_timestamp unnest upper using
uuid uuid_generate_v4 values varchar version when where with within
"""
"""Functions that change no schema, and words before a parenthesis."""
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
_RENAMED_INDEX = re.compile(
    rf"ALTER\s+INDEX\s+(?:IF\s+EXISTS\s+)?{_TABLE}\s+RENAME\s+TO\s+({_NAME})\s*$", re.IGNORECASE
)
_RENAMED_TYPE = re.compile(rf"ALTER\s+TYPE\s+{_TABLE}\s+RENAME\s+TO\s+({_NAME})\s*$", re.IGNORECASE)
_BLOCK = re.compile(
    r"\bDO\s+(?:LANGUAGE\s+\w+\s+)?(\$\w*\$)(?P<body>.*?)\1(?:\s*LANGUAGE\s+\w+)?", re.IGNORECASE | re.DOTALL
)
"""A block of code of PostgreSQL, which is run at once."""
_CHANGES = re.compile(r"\b(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_COMPUTED = re.compile(
    r"\bEXECUTE\b(?!\s+(?:format\s*\(\s*)?'\s*(?:CREATE|ALTER|DROP|UPDATE|INSERT|DELETE|COMMENT|REFRESH)\b)",
    re.IGNORECASE,
)
"""A statement that a block makes of variables."""
_OF_BLOCKS = frozenset({"if", "elsif", "format", "enum", "loop", "while", "foreach", "raise", "quote_nullable"})
_DROPS_DEPENDENT = re.compile(r"\bDROP\b.*\bCASCADE\b", re.IGNORECASE | re.DOTALL)
_RENAMED = re.compile(
    rf"\bRENAME\s+(?:TO\s+|AS\s+)?(?!(?:COLUMN|CONSTRAINT|INDEX|KEY|TO|AS)\b)({_NAME})|\bSET\s+SCHEMA\s+({_NAME})",
    re.IGNORECASE,
)


@cache
def _harmless_calls() -> frozenset[str]:
    return frozenset(_HARMLESS_CALLS.split())


def operations_in(text: str, place: Place) -> Iterator[Operation]:
    """The operations of a text that may hold several statements; ``place`` is where it is sent."""
    for block in _BLOCK.finditer(text):
        yield from _operations_in_block(_COMMENT.sub(" ", block["body"]))
    text = _BLOCK.sub(" ", text)
    statements = _statements(text)
    if _MEANT.search(text) or any(_SETS_SCHEMA.match(each) for each in statements):
        yield AnyChange(None, "SQL that changes which schema is meant")
    for statement in statements:
        type_ = _RENAMED_TYPE.match(statement)
        if type_ is not None:
            yield _renamed_type(type_)
        elif not _is_about_rows(statement):
            known = changes_in(statement, place)
            yield from (_operation(statement),) if known is None else known


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
    if _ROWS.match(statement) is None or _WITH_COLUMNS.match(statement) or _CATALOGUE.match(statement):
        return False
    if _QUERY.match(statement) and any(each.lower() not in _harmless_calls() for each in _CALL.findall(statement)):
        # A function may do anything: AddGeometryColumn adds a column.
        return False
    return _INTO.match(statement) is None or "INSERT" in statement.upper()


def _operations_in_block(body: str) -> Iterator[AnyChange]:
    """What the statements of a block of code may do, also those that it makes of texts: each may be left out."""
    rest, start = [], 0
    for found in _CHANGES.finditer(body):
        if found.start() >= start:
            end = body.find(";", found.start())
            rest.append(body[start : found.start()])
            start = len(body) if end < 0 else end
            yield from _in_block(body[found.start() : start])
    code = "".join([*rest, body[start:]])
    called = {each.lower() for each in _CALL.findall(code)}
    if _COMPUTED.search(body) is not None or called - _harmless_calls() - _OF_BLOCKS:
        yield AnyChange(None, "SQL that a block of code makes")


def _renamed_type(found: re.Match[str], *, sure: bool = True) -> RenameType:
    old, new = Named(_bare(found[2] or found[1])), Named(_bare(found[3]))
    return RenameType((), "a type that is renamed", old, new, sure)


def _in_block(statement: str) -> Iterator[AnyChange]:
    type_ = _RENAMED_TYPE.match(statement)
    if type_ is not None:
        yield _renamed_type(type_, sure=False)
    if _is_about_rows(statement):
        return
    dropped = _DROP_TABLE.match(statement)
    named = None if dropped is not None else _TABLE_NAMED.match(statement)
    if named is not None and statement[named.end() :][:1] not in ("'", "%", '"', "."):
        yield _changed(statement)
    elif dropped is not None:
        yield AnyChange((_ref(dropped[2], dropped[3]),), WHY)
    else:
        yield AnyChange(None, f"SQL that is not understood: {' '.join(statement.split())[:60]}")


_NOT_KNOWN = AnyChange(None, "SQL that is not known")


def _operation(statement: str) -> Operation:
    dropped = _DROP_TABLE.match(statement)
    if dropped is not None:
        return DropTable(_ref(dropped[2], dropped[3]), if_exists=dropped[1] is not None)
    index = _DROP_INDEX.match(statement)
    if index is not None:
        return DropIndex(None, Named(_bare(index[3] or index[2])), if_exists=index[1] is not None)
    renamed = _RENAMED_INDEX.match(statement)
    if renamed is not None:
        return RenameIndex(Named(_bare(renamed[2] or renamed[1])), Named(_bare(renamed[3])))
    return _changed(statement)


def _changed(statement: str) -> AnyChange:
    named = _TABLE_NAMED.match(statement)
    if named is None:
        return AnyChange(None, f"SQL that is not understood: {' '.join(statement.split())[:60]}")
    if _DROPS_DEPENDENT.search(statement) is not None:
        return AnyChange(None, f"SQL that drops what depends on the table {_ref(named[1], named[2]).key}")
    table = _ref(named[1], named[2])
    renamed = _RENAMED.search(statement, named.end())
    if renamed is None:
        both: tuple[TableRef, ...] = ()
    elif renamed[1] is not None:
        both = (TableRef(Named(_bare(renamed[1])), table.schema),)
    else:
        both = (TableRef(table.name, _bare(renamed[2])),)
    return AnyChange((table, *both), WHY)


def _ref(first: str, second: str | None) -> TableRef:
    return TableRef(Named(_bare(first))) if second is None else TableRef(Named(_bare(second)), _bare(first))


def _bare(name: str) -> str:
    return name[1:-1] if name[:1] in '"`[' else name
