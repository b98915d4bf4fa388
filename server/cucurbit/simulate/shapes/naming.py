"""The names that a naming convention gives to constraints and indexes: ``sqlalchemy.sql.naming``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cucurbit.simulate.core.shapes import (
    CheckShape,
    ColumnShape,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    TableShape,
    Term,
    ValueTerm,
    marked_name,
)
from cucurbit.simulate.shapes.snapshot import Shapes

Part: TypeAlias = KeyShape | IndexShape | CheckShape | ForeignKeyShape

_DEFAULT = {"ix": "ix_%(column_0_label)s"}
_TOKEN = re.compile(r"%\((\w+)\)s")
_COLUMN = re.compile(r"^(referred_)?column_(\d+)(_?N)?_?(name|key|label)$")


@dataclass(frozen=True)
class GivenName:
    """``text`` is the name, None if it has none. Not ``known``: it is another one, or none."""

    text: str | None
    known: bool = True


UNKNOWN_NAME = GivenName(None, known=False)


def name_of(shapes: Shapes, table: TableShape, part: Part, *, primary_key: bool = False) -> GivenName:
    """The name of a constraint or an index of a table; ``primary_key``: ``part`` is its primary key."""
    marked = marked_name(part.name)
    if marked is not None:
        return GivenName(marked)
    given = _given(part.name)
    if table.convention is None or not given.known:
        return UNKNOWN_NAME if table.convention is None and given.text is None else given
    convention = _convention(table, part, primary_key=primary_key)
    if convention is None or (given.text is not None and "%(constraint_name)s" not in convention):
        return given
    if given.text is None and "%(constraint_name)s" in convention:
        return UNKNOWN_NAME
    found = {token: _token(shapes, table, part, token, given.text) for token in _TOKEN.findall(convention)}
    if any(text is None for text in found.values()):
        return UNKNOWN_NAME
    return GivenName(_TOKEN.sub(lambda match: found[match[1]] or "", convention))


def _given(term: Term | None) -> GivenName:
    if term is None:
        return GivenName(None)
    return GivenName(term.text) if isinstance(term, ValueTerm) and term.text is not None else UNKNOWN_NAME


def _convention(table: TableShape, part: Part, *, primary_key: bool) -> str | None:
    own: Mapping[str, str] = dict(table.convention or _DEFAULT.items())
    if isinstance(part, IndexShape):
        return own.get("ix")
    if isinstance(part, CheckShape):
        return own.get("ck")
    if isinstance(part, ForeignKeyShape):
        return own.get("fk")
    return own.get("pk" if primary_key else "uq")


def _columns(table: TableShape, part: Part) -> list[ColumnShape] | None:
    if isinstance(part, CheckShape):
        return None
    exact = part.certain if isinstance(part, ForeignKeyShape) else part.exact
    found = [table.column(each.text) or table.named(each.text) for each in part.columns]
    known = [each for each in found if each is not None]
    return known if exact and len(known) == len(found) else None


def _token(shapes: Shapes, table: TableShape, part: Part, token: str, given: str | None) -> str | None:
    if token == "constraint_name":
        return given
    if token == "table_name":
        return table.name
    if token == "referred_table_name":
        keys = _referred(shapes, table, part)
        return None if keys is None else keys[0][0].rpartition(".")[2]
    match = _COLUMN.match(token)
    if match is None:
        return None
    return _of_columns(shapes, table, part, match)


def _referred(shapes: Shapes, table: TableShape, part: Part) -> list[tuple[str, str]] | None:
    if not isinstance(part, ForeignKeyShape):
        return None
    keys = [shapes.target_key(table, each) for each in part.targets]
    known = [each for each in keys if each is not None]
    return known if known and len(known) == len(keys) else None


def _of_columns(shapes: Shapes, table: TableShape, part: Part, match: re.Match[str]) -> str | None:
    referred, number, every, what = match.groups()
    if referred:
        keys = _referred(shapes, table, part)
        names = None if keys is None or what == "label" else [column for _, column in keys]
    else:
        columns = _columns(table, part)
        names = None if columns is None else [_shown(table, each, what) for each in columns]
    if names is None or (not every and int(number) >= len(names)):
        return None
    if not every:
        return names[int(number)]
    return ("_" if every.startswith("_") else "").join(names)


def _shown(table: TableShape, column: ColumnShape, what: str) -> str:
    if what == "label":
        schema = "" if table.schema is None else table.schema.replace(".", "_") + "_"
        return f"{schema}{table.name}_{column.name}"
    return column.key if what == "key" else column.name
