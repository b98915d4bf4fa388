"""What a table holds when it is created: its columns, and the constraints and indexes given to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import (
    CheckShape,
    ColumnShape,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    TablePart,
    TableShape,
    Term,
    derived,
)
from cucurbit.simulate.core.timeline import Place, TableDefinition
from cucurbit.simulate.core.values import (
    Constant,
    DictValue,
    ExternalObject,
    MetaDataValue,
    Value,
    text_of,
)
from cucurbit.simulate.packages.sqlalchemy.shapes.columns import (
    ColumnMaker,
    check,
    column_names,
    given_name,
    kind_of_item,
)
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import is_column, term, truth

_NO_OPTIONS = frozenset(
    {
        *("schema", "extend_existing", "keep_existing", "useexisting", "must_exist", "comment", "quote"),
        *("quote_schema", "autoload_with", "autoload", "autoload_replace", "resolve_fks", "include_columns"),
        *("listeners", "bind_key"),
    }
)
_REFLECTS = ("autoload_with", "autoload")
_REPLACES = (*_REFLECTS, "extend_existing", "keep_existing", "useexisting")
"""With these, a column takes the place of one with its key."""

_UNKNOWN_ITEM = "an item of the table that is not known"


@dataclass
class TableParts:
    """What is given to one table; :meth:`shape` makes it a value."""

    machine: Machine
    columns: list[ColumnShape] = field(default_factory=list)
    number_of: dict[str, int] = field(default_factory=dict)
    """The index of a column in ``columns``, by its key."""
    primary_key: KeyShape | None = None
    indexes: list[IndexShape] = field(default_factory=list)
    unique: list[KeyShape] = field(default_factory=list)
    checks: list[CheckShape] = field(default_factory=list)
    foreign_keys: list[ForeignKeyShape] = field(default_factory=list)
    keywords: Mapping[str, Value] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    metadata: MetaDataValue | None = None
    name_place: Place | None = None
    twice: list[tuple[ColumnShape, ColumnShape]] = field(default_factory=list)

    def doubt(self, why: str) -> None:
        """Something unknown may add to the table."""
        if why not in self.open:
            self.open.append(why)

    def all(self) -> tuple[TablePart, ...]:
        """Everything that was given."""
        return (*self.columns, *self.indexes, *self.unique, *self.checks, *self.foreign_keys)

    def add_items(self, items: Iterable[Value], maker: ColumnMaker) -> None:
        """The positional arguments of a Table, or the items of ``__table_args__``."""
        for item in items:
            self.add(item, maker)

    def add(self, item: Value, maker: ColumnMaker) -> None:
        if is_column(self.machine, item):
            column = maker.shape(item)
            if column is None:
                self.doubt("a column whose name is not known")
            else:
                self.add_column(column)
        elif isinstance(item, ExternalObject):
            self._add_made(item, maker)
        elif item != Constant(None):
            self.doubt(_UNKNOWN_ITEM)

    def _add_made(self, item: ExternalObject, maker: ColumnMaker) -> None:
        kind = kind_of_item(item)
        if kind == "PrimaryKeyConstraint":
            self.primary_key = key(self.machine, item)
        elif kind == "UniqueConstraint":
            self.unique.append(key(self.machine, item))
        elif kind == "ForeignKeyConstraint":
            self.foreign_keys.append(maker.foreign_key_constraint(item))
        elif kind == "CheckConstraint":
            self.checks.append(check(self.machine, item))
        elif kind == "Index":
            self.indexes.append(index(self.machine, item))
        elif not self.machine.packages.makes_columns(item.made_by):
            # Else it is another constraint or a sequence, which adds no column.
            self.doubt(_UNKNOWN_ITEM)

    def add_column(self, column: ColumnShape) -> None:
        """A column, instead of the one that has its key."""
        same = self.number_of.setdefault(column.key, len(self.columns))
        if same == len(self.columns):
            self.columns.append(column)
        else:
            if self.columns[same].place != column.place:
                self.twice.append((self.columns[same], column))
            self.columns[same] = column

    def shape(self, definition: TableDefinition, name: str, schema: str | None) -> TableShape:
        """The shape of the table under its name."""
        given = self.keywords
        open_ = list(self.open)
        if any(each in given for each in _REFLECTS):
            open_.append("columns that are read from the database")
        comment = given.get("comment")
        default = self.metadata.schema if self.metadata is not None else None
        of_columns = [each for column in self.columns for each in derived(column)]
        return TableShape(
            definition=definition,
            name=name,
            schema=schema,
            columns=tuple(self.columns),
            primary_key=self.primary_key,
            indexes=(*(each for each in of_columns if isinstance(each, IndexShape)), *self.indexes),
            unique=(*(each for each in of_columns if isinstance(each, KeyShape)), *self.unique),
            checks=(*(each for column in self.columns for each in column.checks), *self.checks),
            foreign_keys=(*(each for column in self.columns for each in column.foreign_keys), *self.foreign_keys),
            comment=None if comment is None or comment == Constant(None) else term(self.machine, comment),
            options=_rest(self.machine, given),
            convention=convention_of(self.metadata),
            default_schema=default if isinstance(default, str) else None,
            open=tuple(open_),
            name_place=self.name_place,
            twice=() if any(each in given for each in _REPLACES) else tuple(self.twice),
        )


def _rest(machine: Machine, given: Mapping[str, Value]) -> tuple[tuple[str, Term], ...]:
    return tuple((name, term(machine, value)) for name, value in given.items() if name not in _NO_OPTIONS)


def key(machine: Machine, value: ExternalObject) -> KeyShape:
    """``UniqueConstraint("column", ..., name="name")``, and PrimaryKeyConstraint alike."""
    call = value.call
    columns, sure = column_names(machine, call.args)
    # One that is given twice counts once.
    columns = tuple({each.text: each for each in reversed(columns)}.values())[::-1]
    name = call.kwargs.get("name")
    return KeyShape(columns, given_name(machine, name, call.complete), call.place, sure and call.complete)


def index(machine: Machine, value: ExternalObject) -> IndexShape:
    """``Index("name", "column", ..., unique=True)``."""
    call = value.call
    names: list[Named] = []
    expressions: list[Term] = []
    for each in call.args[1:]:
        found, sure = column_names(machine, (each,))
        if sure:
            names += found
        else:
            expressions.append(term(machine, each))
    given = {key: each for key, each in call.kwargs.items() if key not in ("unique", "name")}
    return IndexShape(
        tuple(names),
        tuple(expressions),
        truth(call.kwargs.get("unique"), complete=call.complete),
        given_name(machine, call.argument(0, "name"), call.complete),
        tuple((key, term(machine, each)) for key, each in given.items()),
        call.place,
        exact=call.complete and not expressions,
    )


def convention_of(metadata: MetaDataValue | None) -> tuple[tuple[str, str], ...] | None:
    """The ``naming_convention`` of a MetaData; None if it is not known."""
    given = metadata.convention if metadata is not None else None
    if given is None or given == Constant(None):
        return ()
    if not isinstance(given, DictValue) or given.open:
        return None
    found = [(key, text_of(given.cells[key])) for key in given.cells]
    return tuple((key, text) for key, text in found if text is not None) if all(text for _, text in found) else None
