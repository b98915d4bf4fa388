"""``unsafe-type-change``: a type that PostgreSQL does not convert, rewrites the table for, or that values may not fit.

Facts from PostgreSQL's ``pg_cast``: ``ALTER COLUMN ... TYPE`` uses casts that are implicit or for assignments. Every
type has one to ``text`` and ``varchar``; these have none to other types. Only wider ``varchar`` and ``numeric`` types,
and ``text`` for ``varchar``, need no new table.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from cucurbit.analysis.drift.types import SqlType, written
from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.reviewed import JudgedStep
from cucurbit.rules.unsafe_migration.risks import Risk, risk_check
from cucurbit.simulate.core.operations import AlterColumn, Unchanged
from cucurbit.simulate.core.shapes import TypeTerm

NAME = "unsafe-type-change"

Change: TypeAlias = Literal["", "refused", "rewrites", "narrows"]

_TEXTS = {"varchar", "text"}
_INTEGERS = ("smallint", "integer", "bigint")
_DECIMALS = {"numeric", "decimal"}
_NUMBERS = {*_INTEGERS, *_DECIMALS, "float", "real", "double precision"}
_DATES = {"date", "timestamp without time zone", "timestamp with time zone"}
_NOT_FROM_TEXT = {*_NUMBERS, *_DATES, "boolean", "json", "jsonb", "uuid", "bytea", "interval"}


def _judge(judged: JudgedStep) -> Risk | None:
    operation, table = judged.step.operation, judged.table
    if not isinstance(operation, AlterColumn) or isinstance(operation.type_, Unchanged) or table is None:
        return None
    column = table.shape.named(operation.column.text)
    if column is None or not column.certain or column.name in judged.added or not judged.databases.names("postgresql"):
        return None
    old, new = _words(column.type_), _words(operation.type_)
    found = "" if old is None or new is None else changed(*old, *new)
    if not found or old is None or new is None:
        return None
    what = f"changes the type of '{table.shape.key}.{column.name}' from {_shown(*old)} to {_shown(*new)}"
    if found == "refused" and operation.using:
        return None
    if found == "refused":
        using = f"{column.name}::{new[0]}"
        return Risk(
            f"{what}: PostgreSQL refuses it, as it has no automatic cast. Say how values are converted, as with"
            f' `postgresql_using="{using}"`.',
            Severity.ERROR,
            judged.databases.only("postgresql"),
        )
    if found == "narrows":
        return Risk(f"{what}: this fails if a value does not fit. Look for such values before the upgrade.")
    return Risk(
        f"{what}: PostgreSQL rewrites the whole table, and nobody can read it meanwhile. For a large table, add "
        "another column, fill it in parts, and use it in a later release."
    )


def _words(term: TypeTerm) -> tuple[str, tuple[str, ...] | None] | None:
    """The name of a type in PostgreSQL, and its arguments (None: not known); None if it is not known."""
    if term.item is not None or term.name == "ARRAY":
        return None
    found: SqlType | None = written(term, "postgresql")
    if found is None or not found.possible:
        return None
    return " ".join(found.words), found.args


def _shown(name: str, args: tuple[str, ...] | None) -> str:
    return f"{name}({', '.join(args)})" if args else name


def changed(old: str, had: tuple[str, ...] | None, new: str, has: tuple[str, ...] | None) -> Change:
    """What a change of type means on PostgreSQL; empty if it is harmless, or that is not known."""
    if old in _TEXTS and new in _TEXTS:
        return _of_texts(had if old == "varchar" else (), has if new == "varchar" else ())
    if old in _DECIMALS and new in _DECIMALS:
        return _of_decimals(had, has)
    if old == new:
        return ""
    if (old in _TEXTS and new in _NOT_FROM_TEXT) or {old, new} == {"boolean", "integer"}:
        return "refused"
    if old in _INTEGERS and new in _INTEGERS and _INTEGERS.index(new) < _INTEGERS.index(old):
        return "narrows"
    alike = any(old in group and new in group for group in (_NUMBERS, _DATES, {"json", "jsonb"}))
    floats = {"float", "double precision"}
    if {old, new} <= floats:
        return ""
    return "rewrites" if alike or (old in _NOT_FROM_TEXT and new in _TEXTS and not has) else ""


def _of_texts(had: tuple[str, ...] | None, has: tuple[str, ...] | None) -> Change:
    if has is None or had is None or not has:
        return ""
    return "narrows" if not had or int(has[0]) < int(had[0]) else ""


def _of_decimals(had: tuple[str, ...] | None, has: tuple[str, ...] | None) -> Change:
    if had is None or has is None or not has:
        return ""
    if not had:
        return "rewrites"
    (precision, scale), (before, of) = _numbers(has), _numbers(had)
    if precision - scale < before - of:
        return "narrows"
    return "" if scale == of else "rewrites"


def _numbers(args: tuple[str, ...]) -> tuple[int, int]:
    return int(args[0]), int(args[1]) if len(args) > 1 else 0


RULE = Rule(
    NAME,
    "A revision changes a type that PostgreSQL does not convert, or for which it rewrites the table.",
    Severity.ERROR,
    risk_check(NAME, _judge),
)
