"""Statements in SQL that change one table in ways that are known: ``ALTER TABLE`` and ``CREATE INDEX``.

Facts from the documentation of PostgreSQL. Only what is written plainly is understood: a name without quotes in capital
letters is another one on each database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import TypeAlias

from cucurbit.simulate.core.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    DropColumn,
    DropConstraint,
    RenameConstraint,
    RenameTable,
    SqlChange,
    TableRef,
)
from cucurbit.simulate.core.shapes import (
    UNKNOWN_TYPE,
    CheckShape,
    ColumnShape,
    ColumnTarget,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    Term,
    TypeTerm,
    UnknownTerm,
    ValueTerm,
)
from cucurbit.simulate.core.timeline import Place

WHY = "SQL that changes the table"

_WORDS = re.compile(r'"[^"]+"|[^\s\w"()\[\],]+|\w+|[()\[\],]')
_PLAIN = re.compile(r'"[^"]+"|[a-z_][a-z0-9_]*\Z')


class _NotUnderstood(Exception):
    """The statement is not one of those that are known."""


def changes_in(statement: str, place: Place) -> tuple[SqlChange, ...] | None:
    """What a statement does to a table; None if that is not known. Strings in it are empty."""
    words = _Words(_WORDS.findall(statement))
    try:
        found = tuple(_statement(words, place))
    except _NotUnderstood:
        return None
    return tuple(SqlChange(_tables(each), WHY, each) for each in found)


_Change: TypeAlias = (
    AlterColumn | AddColumn | DropColumn | RenameTable | CreateIndex | AddConstraint | DropConstraint | RenameConstraint
)


def _tables(change: _Change) -> tuple[TableRef, ...]:
    renamed = (TableRef(change.new, change.table.schema),) if isinstance(change, RenameTable) else ()
    return (change.table, *renamed)


class _Words:
    """The words of a statement, read from the left."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def takes(self, *expected: str) -> bool:
        """Whether these words come next, which are read then."""
        found = self._words[self._at : self._at + len(expected)]
        if [each.upper() for each in found] != list(expected):
            return False
        self._at += len(expected)
        return True

    def needs(self, *expected: str) -> None:
        if not self.takes(*expected):
            raise _NotUnderstood

    def name(self) -> str:
        """A name in its letters in the database."""
        word = self.word()
        if _PLAIN.match(word) is None:
            raise _NotUnderstood
        return word.strip('"')

    def word(self) -> str:
        if self._at >= len(self._words):
            raise _NotUnderstood
        self._at += 1
        return self._words[self._at - 1]

    def type_name(self) -> str:
        """The name of a type: without quotes in small letters, whatever it is written in."""
        word = self.word()
        if not (word[:1] == '"' or word.isidentifier()):
            raise _NotUnderstood
        return word.strip('"') if word[:1] == '"' else word.lower()

    def numbers(self) -> list[int]:
        """Numbers in parentheses, if there are any."""
        if self._words[self._at : self._at + 1] != ["("]:
            return []
        found = self.in_parentheses()
        if any(len(each) != 1 or not each[0].isdecimal() for each in found):
            raise _NotUnderstood
        return [int(each[0]) for each in found]

    def table(self) -> TableRef:
        first = self.name()
        return TableRef(Named(self.name()), first) if self.takes(".") else TableRef(Named(first))

    def names(self) -> tuple[Named, ...]:
        """Names in parentheses."""
        self.needs("(")
        found = [Named(self.name())]
        while self.takes(","):
            found.append(Named(self.name()))
        self.needs(")")
        return tuple(found)

    def in_parentheses(self) -> list[list[str]]:
        """What stands in parentheses, split at its commas."""
        self.needs("(")
        found: list[list[str]] = [[]]
        depth = 1
        while True:
            word = self.word()
            depth += (word == "(") - (word == ")")
            if depth == 0:
                return found
            if word == "," and depth == 1:
                found.append([])
            else:
                found[-1].append(word)

    def skip_to_comma(self) -> None:
        """Read on to the comma that ends this part of the statement, or to its end."""
        depth = 0
        while self._at < len(self._words):
            word = self._words[self._at]
            if word == "," and depth == 0:
                return
            depth += (word in "([") - (word in ")]")
            self._at += 1

    @property
    def ended(self) -> bool:
        return self._at >= len(self._words)

    @property
    def at_end_of_part(self) -> bool:
        return self.ended or self._words[self._at] == ","


def _statement(words: _Words, place: Place) -> Iterator[_Change]:
    if words.takes("ALTER", "TABLE"):
        if words.takes("IF", "EXISTS"):
            raise _NotUnderstood
        words.takes("ONLY")
        table = words.table()
        yield from _part(words, table, place)
        while words.takes(","):
            yield from _part(words, table, place)
        if not words.ended:
            raise _NotUnderstood
        return
    words.needs("CREATE")
    yield _index(words, place)


def _part(words: _Words, table: TableRef, place: Place) -> Iterator[_Change]:
    """One part of an ALTER TABLE."""
    if words.takes("ALTER", "CONSTRAINT"):
        raise _NotUnderstood
    for beginning, read in _PARTS:
        if words.takes(*beginning):
            yield from read(words, table, place)
            return
    raise _NotUnderstood


# ------------------------------------------------------------------------- columns


def _alter(words: _Words, table: TableRef, _: Place) -> Iterator[_Change]:
    column = Named(words.name())
    if words.takes("SET", "NOT", "NULL"):
        yield AlterColumn(table, column, nullable=False)
    elif words.takes("DROP", "NOT", "NULL"):
        yield AlterColumn(table, column, nullable=True)
    elif words.takes("DROP", "DEFAULT"):
        yield AlterColumn(table, column, server_default=None)
    elif words.takes("SET", "DEFAULT"):
        words.skip_to_comma()
        yield AlterColumn(table, column, server_default=UnknownTerm("a default in SQL"))
    elif words.takes("TYPE") or words.takes("SET", "DATA", "TYPE"):
        type_ = _type(words)
        if words.takes("USING"):
            words.skip_to_comma()
        yield AlterColumn(table, column, type_=type_)
    else:
        raise _NotUnderstood


def _add(words: _Words, table: TableRef, place: Place) -> Iterator[_Change]:
    column = words.name()
    type_ = _type(words)
    nullable, default = True, None
    while not words.at_end_of_part:
        if words.takes("NOT", "NULL"):
            nullable = False
        elif words.takes("DEFAULT"):
            default = UnknownTerm("a default in SQL")
            # It may go on behind the value: only a plain one is known to end there.
            _value(words)
        elif not words.takes("NULL"):
            raise _NotUnderstood
    made = ColumnShape(column, column, "", type_, nullable, False, place, server_default=default)
    yield AddColumn(table, made)


def _value(words: _Words) -> None:
    """A default: a word or a string, a call without arguments, a cast."""
    word = words.word()
    if word in ("(", ")", ",", "["):
        raise _NotUnderstood
    if words.takes("("):
        words.needs(")")
    if words.takes("::") or word.endswith("::"):
        _type(words)


def _drop(words: _Words, table: TableRef, _: Place) -> Iterator[_Change]:
    column = Named(words.name())
    words.takes("RESTRICT")
    yield DropColumn(table, column)


def _rename_column(words: _Words, table: TableRef, _: Place) -> Iterator[_Change]:
    column = Named(words.name())
    words.needs("TO")
    yield AlterColumn(table, column, new_name=Named(words.name()))


def _rename(words: _Words, table: TableRef, _: Place) -> Iterator[_Change]:
    yield RenameTable(table, Named(words.name()))


# --------------------------------------------------------------------- constraints


def _rename_constraint(words: _Words, table: TableRef, _: Place) -> Iterator[_Change]:
    old = Named(words.name())
    words.needs("TO")
    yield RenameConstraint(table, old, Named(words.name()))


def _drop_constraint(words: _Words, table: TableRef, _: Place) -> Iterator[_Change]:
    name = Named(words.name())
    if name.text.endswith("_pkey"):
        # What is left of the columns and of the keys that point to them depends on the database.
        raise _NotUnderstood
    words.takes("RESTRICT")
    yield DropConstraint(table, name)


def _drop_constraint_if_exists(words: _Words, table: TableRef, _: Place) -> Iterator[_Change]:
    name = Named(words.name())
    words.takes("RESTRICT")
    yield DropConstraint(table, name, if_exists=True)


def _add_constraint(words: _Words, table: TableRef, place: Place) -> Iterator[_Change]:
    name = ValueTerm(words.name())
    if words.takes("CHECK"):
        words.in_parentheses()
        words.takes("NOT", "VALID")
        yield AddConstraint(table, CheckShape(UnknownTerm("SQL"), name, place))
    elif words.takes("UNIQUE"):
        yield AddConstraint(table, KeyShape(words.names(), name, place))
    elif words.takes("FOREIGN", "KEY"):
        yield AddConstraint(table, _foreign_key(words, name, place))
    else:
        raise _NotUnderstood


def _foreign_key(words: _Words, name: ValueTerm, place: Place) -> ForeignKeyShape:
    columns = words.names()
    words.needs("REFERENCES")
    target = words.table()
    targets = tuple(ColumnTarget(Named(f"{target.key}.{each.text}")) for each in words.names())
    options: list[tuple[str, Term]] = []
    while not words.at_end_of_part:
        if words.takes("ON"):
            kind = words.word().upper()
            if kind not in ("DELETE", "UPDATE"):
                raise _NotUnderstood
            options.append((f"on{kind.lower()}", ValueTerm(_action(words))))
        else:
            words.needs("NOT", "VALID")
    return ForeignKeyShape(columns, targets, name, tuple(options), place)


def _action(words: _Words) -> str:
    for action in (("CASCADE",), ("RESTRICT",), ("NO", "ACTION"), ("SET", "NULL"), ("SET", "DEFAULT")):
        if words.takes(*action):
            return " ".join(action)
    raise _NotUnderstood


def _nothing(words: _Words, _table: TableRef, _place: Place) -> Iterator[_Change]:
    """What changes nothing that is compared."""
    words.skip_to_comma()
    yield from ()


_Read: TypeAlias = Callable[[_Words, TableRef, Place], Iterator[_Change]]
_PARTS: tuple[tuple[tuple[str, ...], _Read], ...] = (
    (("ALTER", "COLUMN"), _alter),
    (("ALTER",), _alter),
    (("ADD", "CONSTRAINT"), _add_constraint),
    (("ADD", "COLUMN"), _add),
    (("DROP", "COLUMN"), _drop),
    (("DROP", "CONSTRAINT", "IF", "EXISTS"), _drop_constraint_if_exists),
    (("DROP", "CONSTRAINT"), _drop_constraint),
    (("RENAME", "COLUMN"), _rename_column),
    (("RENAME", "CONSTRAINT"), _rename_constraint),
    (("RENAME", "TO"), _rename),
    (("VALIDATE", "CONSTRAINT"), _nothing),
    (("ENABLE",), _nothing),
    (("DISABLE",), _nothing),
    (("OWNER", "TO"), _nothing),
    (("REPLICA", "IDENTITY"), _nothing),
    (("CLUSTER", "ON"), _nothing),
    (("FORCE", "ROW"), _nothing),
    (("NO", "FORCE"), _nothing),
    (("SET", "("), _nothing),
    (("RESET", "("), _nothing),
)


# ------------------------------------------------------------------------- indexes


def _index(words: _Words, place: Place) -> CreateIndex:
    unique = words.takes("UNIQUE")
    words.needs("INDEX")
    words.takes("CONCURRENTLY")
    optional = words.takes("IF", "NOT", "EXISTS")
    name = ValueTerm(words.name())
    words.needs("ON")
    words.takes("ONLY")
    table = words.table()
    if words.takes("USING"):
        words.name()
    parts = [each[:1] if [word.upper() for word in each[1:]] == ["ASC"] else each for each in words.in_parentheses()]
    if words.takes("NULLS"):
        raise _NotUnderstood
    plain = takewhile(lambda each: len(each) == 1 and _PLAIN.match(each[0]) is not None, parts)
    columns = tuple(Named(each[0].strip('"')) for each in plain)
    computed = len(columns) < len(parts)
    expressions: tuple[Term, ...] = (UnknownTerm("an expression in SQL"),) if computed else ()
    made = IndexShape(columns, expressions, unique, name, (), place, exact=not computed)
    return CreateIndex(table, made, if_not_exists=optional)


# --------------------------------------------------------------------------- types

_TYPES = {
    **dict.fromkeys(("integer", "int", "int4"), TypeTerm("INTEGER")),
    **dict.fromkeys(("bigint", "int8"), TypeTerm("BIGINT")),
    **dict.fromkeys(("smallint", "int2"), TypeTerm("SMALLINT")),
    **dict.fromkeys(("boolean", "bool"), TypeTerm("BOOLEAN")),
    "text": TypeTerm("TEXT"),
    "date": TypeTerm("DATE"),
    "json": TypeTerm("JSON"),
    "real": TypeTerm("REAL"),
    "uuid": TypeTerm("UUID"),
    **{each: TypeTerm(each.upper(), "postgresql") for each in ("jsonb", "bytea", "tsvector", "inet", "cidr", "citext")},
    "timestamptz": TypeTerm("TIMESTAMP", arguments=(("timezone", ValueTerm(True)),)),
}
_ZONES = {
    ("WITH", "TIME", "ZONE"): TypeTerm("TIMESTAMP", arguments=(("timezone", ValueTerm(True)),)),
    ("WITHOUT", "TIME", "ZONE"): TypeTerm("TIMESTAMP"),
}


def _type(words: _Words) -> TypeTerm:
    """A type that PostgreSQL and others write alike; a name that is none of these may be any type."""
    name = words.type_name()
    if name == "timestamp":
        return next((type_ for zone, type_ in _ZONES.items() if words.takes(*zone)), TypeTerm("TIMESTAMP"))
    if name == "double":
        words.needs("PRECISION")
        return TypeTerm("DOUBLE_PRECISION")
    if name in ("varchar", "character", "char"):
        varying = name == "varchar" or words.takes("VARYING")
        return _with_length(words, "VARCHAR" if varying else "CHAR")
    if name in ("numeric", "decimal"):
        return _with_numbers(words)
    type_ = _TYPES.get(name) or _of_program(name)
    if words.takes("("):
        raise _NotUnderstood
    if words.takes("["):
        words.needs("]")
        type_ = TypeTerm("ARRAY", item=type_, known=type_.known)
    return type_


_OTHERS = """
bigserial bit bool box bpchar bytea char character cidr circle citext cube datetime decimal double float float4 float8
geography geometry halfvec hstore int4 int4range int8range interval json jsonpath line lquery lseg ltree ltxtquery
macaddr macaddr8 money name numrange oid path pg_lsn point polygon raster regclass serial serial2 serial4 serial8
smallserial sparsevec time timetz tsquery tsrange tstzrange daterange varbit vector xml tinyint mediumint longtext
mediumtext blob binary varbinary year nvarchar nchar clob
"""
"""Types of databases and their extensions that are not read here."""


def _of_program(name: str) -> TypeTerm:
    """A type that the program has created, most of them enums; PostgreSQL alone has them."""
    if name in _OTHERS.split() or not name.isidentifier():
        return UNKNOWN_TYPE
    return TypeTerm("ENUM", "postgresql", arguments=(("name", ValueTerm(name)),))


def _with_length(words: _Words, name: str) -> TypeTerm:
    length = words.numbers()
    return TypeTerm(name, arguments=tuple(("length", ValueTerm(each)) for each in length[:1]))


def _with_numbers(words: _Words) -> TypeTerm:
    given = zip(("precision", "scale"), words.numbers(), strict=False)
    return TypeTerm("NUMERIC", arguments=tuple((name, ValueTerm(each)) for name, each in given))
