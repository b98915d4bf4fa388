"""What SQLAlchemy does with the strings of a relationship: ``order_by="Post.created"``, ``primaryjoin=...``.

They are evaluated when mappers are configured, over the registry of the class, the tables of its MetaData, and the
names of SQLAlchemy. Facts from sqlalchemy/orm/clsregistry.py (``_class_resolver``, ``_GetColumns``).
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cucurbit.analysis.facts_queries import children
from cucurbit.rules.shared.orm.joins import ColumnId
from cucurbit.rules.shared.orm.scope import (
    UNKNOWN,
    ModelScope,
    NoSuch,
    NotKnown,
    Several,
    TableColumn,
    metadata_of,
)
from cucurbit.simulate.core.shapes import (
    ColumnProperty,
    ColumnTerm,
    ItemsTerm,
    MapperShape,
    OtherProperty,
    RelationshipShape,
    TableShape,
    Term,
    ValueTerm,
)
from cucurbit.simulate.packages.sqlalchemy.shapes.annotations import parsed_text
from cucurbit.simulate.shapes.snapshot import StandingMapper
from cucurbit.source import facts as f

STRINGS = ("order_by", "primaryjoin", "secondaryjoin", "foreign_keys", "remote_side")
"""The arguments whose strings are expressions over classes; ``secondary`` names a table."""

_FOUND_ANYWAY = """
ARRAY BIGINT BINARY BLANK_SCHEMA BLOB BOOLEAN BigInteger Boolean CHAR CLOB CTE Case Cast CheckConstraint Column
Computed Constraint DATE DATETIME DDL DECIMAL DOUBLE Date DateTime Delete Double Enum Exists Extract FLOAT Float
ForeignKey ForeignKeyConstraint Function INT INTEGER Identity Index Insert Integer Interval JSON Join Label
Lateral LargeBinary MetaData NCHAR NUMERIC NVARCHAR Null Numeric Over PickleType PrimaryKeyConstraint REAL Row
SMALLINT Select Sequence SmallInteger String TEXT TIME TIMESTAMP Table Text Time Tuple TypeDecorator URL UUID
Unicode UnicodeText UniqueConstraint Update Uuid VARBINARY VARCHAR Values alias all_ and_ annotations any_ asc
between bindparam bitwise_not case cast collate column create_engine cte custom_op cyextension delete desc
dialects distinct engine event exc except_ except_all exists extract false foreign func funcfilter insert
inspect inspection intersect join label lateral literal literal_column log modifier not_ null nulls_first
nulls_last nullsfirst nullslast or_ outerjoin outparam over pool processors quoted_name remote schema select sql
subquery table tablesample text true try_cast tuple_ type_coerce types union union_all update util values
within_group re weakref attributes interfaces orm ext future future_engine Any Callable Dict Generator Iterable
List Mapping MutableMapping NoReturn Optional Set Type Union TypeVar SynonymProperty ColumnProperty class_mapper
abs all any ascii bin bool bytes chr complex dict dir divmod enumerate eval exec filter float format frozenset
getattr globals hasattr hash help hex id input int isinstance iter len list locals map max min next object oct
open ord pow print property range repr reversed round set setattr slice sorted staticmethod str sum super type
vars zip
"""

_NAMES = frozenset(_FOUND_ANYWAY.split())
"""Names that are no class or table of the program, and yet are found."""


@dataclass(frozen=True)
class Unresolved:
    """Why an expression cannot be evaluated. ``name``: the part of it that is wrong; ``owner``: the class it is
    looked up in, None for a name of the registry."""

    name: str
    owner: MapperShape | None
    kind: Literal["name", "several", "attribute", "property", "column", "collection", "syntax"]
    """``name``: no such class or table; ``several``: a name of several classes; ``attribute``: not mapped;
    ``property``: mapped, but no column; ``column``: a table has no such column; ``collection``: a table has it, and it
    is looked up without ``.c``; ``syntax``: the text is no expression."""
    found: tuple[StandingMapper, ...] = ()
    table: TableShape | None = None


@dataclass(frozen=True)
class Evaluated:
    """The columns that an expression names, in order, and the first thing wrong in it. ``columns`` is None if they are
    not all known; ``calls`` are the functions it uses."""

    columns: tuple[ColumnId, ...] | None
    problem: Unresolved | None = None
    calls: frozenset[str] = frozenset()


NOTHING_KNOWN = Evaluated(None)


@dataclass(frozen=True)
class Evaluator:
    """Evaluates the strings that a class gives."""

    scope: ModelScope
    mapper: MapperShape

    def text(self, text: str) -> Evaluated:
        if not _is_python(text):
            return Evaluated(None, Unresolved(text, None, "syntax"))
        expr = parsed_text(text.strip())
        if expr is None:
            return NOTHING_KNOWN
        columns: list[ColumnId] = []
        sure, calls = True, set()
        for chain in _chains(expr):
            if chain is None:
                sure = False
                continue
            names, called = chain
            if called and len(names) == 1:
                calls.add(names[0])
            found = self._chain(names)
            if isinstance(found, Unresolved):
                return Evaluated(None, found)
            if isinstance(found, ColumnId):
                columns.append(found)
            elif not (called and len(names) == 1):
                sure = False
        return Evaluated(tuple(columns) if sure else None, None, frozenset(calls))

    def _chain(self, names: list[str]) -> ColumnId | Unresolved | NotKnown:
        """``User.id.desc``, ``app.models.User.id``, ``user_tags.c.user_id``, ``func.now``."""
        for split in range(len(names), 0, -1):
            path = ".".join(names[:split])
            # Only the last of several names can be a class; those before it are its module.
            found = self.scope.class_named(self.mapper.registry, path)
            if isinstance(found, StandingMapper):
                return self._attribute(found.shape, names[split:])
            if isinstance(found, Several):
                return Unresolved(path, None, "several", found.found)
        table = self._table(names)
        if table is not None:
            return table
        head = names[0]
        if head in _NAMES or self.scope.shapes.open:
            return UNKNOWN
        if len(names) > 1 and self._is_module(names):
            return Unresolved(".".join(self._in_module(names)), None, "name") if names[-1][:1].isupper() else UNKNOWN
        return Unresolved(head, None, "name")

    def _is_module(self, names: list[str]) -> bool:
        """Whether the first name is a part of the path of a module that maps a class."""
        return any(names[0] in each.shape.cls.module.split(".") for each in self.scope.standing)

    def _in_module(self, names: list[str]) -> list[str]:
        upper = next((index for index, name in enumerate(names) if name[:1].isupper()), len(names) - 1)
        return names[: upper + 1]

    def _table(self, names: list[str]) -> ColumnId | Unresolved | NotKnown | None:
        """A column of a table that is named; None if the names are no table's."""
        metadata = metadata_of(self.mapper)
        if metadata is None:
            return UNKNOWN
        for split in (2, 1):
            standing = self.scope.shapes.table(metadata, ".".join(names[:split]))
            if standing is None:
                continue
            rest = names[split:]
            if rest and standing.certain and rest[0] not in _OF_TABLE and standing.shape.column(rest[0]) is not None:
                return Unresolved(rest[0], None, "collection", table=standing.shape)
            if len(rest) < 2 or rest[0] not in ("c", "columns"):
                return UNKNOWN
            if standing.shape.column(rest[1]) is not None:
                return ColumnId(metadata, standing.shape.key, rest[1])
            if standing.certain and standing.shape.lacks(rest[1]) and rest[1] not in _COLLECTION:
                return Unresolved(rest[1], None, "column", table=standing.shape)
            return UNKNOWN
        schemas = {key.rpartition(".")[0] for at, key in self.scope.shapes.tables if at == metadata}
        return UNKNOWN if names[0] in schemas else None

    def _attribute(self, mapper: MapperShape, rest: list[str]) -> ColumnId | Unresolved | NotKnown:
        if not rest or rest[0].startswith("__"):
            return UNKNOWN
        name = rest[0]
        found = self.scope.property(mapper, name)
        if isinstance(found, NoSuch):
            return UNKNOWN if found.plain else Unresolved(name, mapper, "attribute")
        if isinstance(found, RelationshipShape):
            return Unresolved(name, mapper, "property")
        if isinstance(found, TableColumn):
            return ColumnId(found.table.metadata, found.table.key, found.column.key)
        if isinstance(found, ColumnProperty):
            return column_of(self.scope, mapper, name) or UNKNOWN
        return UNKNOWN

    # ------------------------------------------------------------------- arguments

    def argument(self, term: Term | None) -> frozenset[ColumnId] | None:
        """The columns that ``foreign_keys`` or ``remote_side`` names; None if they are not known."""
        if isinstance(term, ValueTerm) and term.text is not None:
            found = self.text(term.text).columns
            return frozenset(found) if found else None
        if isinstance(term, ItemsTerm) and not term.open:
            parts = [self.argument(each) for each in term.items]
            known = [part for part in parts if part is not None]
            return frozenset().union(*known) if known and len(known) == len(parts) else None
        if isinstance(term, ColumnTerm):
            found_column = self._term(term)
            return frozenset((found_column,)) if found_column is not None else None
        return None

    def _term(self, term: ColumnTerm) -> ColumnId | None:
        if term.table is not None:
            return ColumnId(term.table.metadata, term.table.key, term.name)
        if term.cls is not None:
            owner = self.scope.class_of(term.cls)
            return column_of(self.scope, owner.shape, term.name) if isinstance(owner, StandingMapper) else None
        if term.place is None:
            return None
        found = [
            ColumnId(table.metadata, table.key, each.key) for table, each in self.scope.shapes.columns_at(term.place)
        ]
        own = [each for each in found if self.mapper.table is not None and each.table == self.mapper.table.key]
        return own[0] if len(own) == 1 else found[0] if len(found) == 1 else None


def _is_python(text: str) -> bool:
    """Whether a text is an expression of Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


_ATTRIBUTES = """
add_is_dependent_on alias allows_lambda append_column append_constraint argument_for autoincrement_column bind c columns
comment compare compile constraints corresponding_column create create_drop_stringify_dialect delete description
dialect_kwargs dialect_options dispatch drop entity_namespace exists exported_columns foreign_key_constraints
foreign_keys fullname get_children get_dialect_option implicit_returning indexes info inherit_cache insert
insert_column is_clause_element is_derived_from is_dml is_selectable is_view join key kwargs lateral
memoized_attribute memoized_instancemethod metadata name named_with_column outerjoin params primary_key
reflect_only_elements replace_selectable schema select selectable self_group set_creator_ddl set_dropper_ddl
stringify_dialect supports_execution table_valued tablesample to_metadata tometadata unique_params update
uses_inspection with_cols
"""

_OF_TABLE = frozenset(_ATTRIBUTES.split())
"""Attributes of a Table itself, of all versions of SQLAlchemy."""

_METHODS = """
keys values items get contains_column add remove update extend as_readonly corresponding_column compare clear
"""

_COLLECTION = frozenset(_METHODS.split())
"""Methods of ``table.c``."""


def column_of(scope: ModelScope, mapper: MapperShape, attribute: str) -> ColumnId | None:
    """The column of a mapped attribute; None if it is not known which, or in several tables."""
    for each in scope.lineage(mapper) or ():
        found = each.own(attribute)
        if isinstance(found, ColumnProperty):
            table = scope.table(each)
            if table is None or table.column(found.column) is None:
                return None
            return ColumnId(table.metadata, table.key, found.column)
        if isinstance(found, (RelationshipShape, OtherProperty)):
            return None
    return None


def _chains(expr: object) -> Iterator[tuple[list[str], bool] | None]:
    """The dotted names of an expression, each with whether it is called; None for what is not followed."""
    if isinstance(expr, f.Const):
        return
    if isinstance(expr, (f.Name, f.Attr)):
        yield from _dotted(expr, called=False)
    elif isinstance(expr, f.Call):
        yield from _dotted(expr.func, called=True)
        for each in (*expr.args, *expr.keywords):
            yield from _chains(each)
    elif isinstance(expr, (f.Keyword, f.Compare, f.Sequence, f.Binary, f.Unary)):
        for part in children(expr):
            yield from _chains(part)
    else:
        yield None


def _dotted(expr: f.Expr, *, called: bool) -> Iterator[tuple[list[str], bool] | None]:
    names: list[str] = []
    while isinstance(expr, f.Attr):
        names.insert(0, expr.name)
        expr = expr.value
    if isinstance(expr, f.Name):
        names.insert(0, expr.id)
        yield names, called
    else:
        # ``desc(User.id).nulls_last()``
        yield from _chains(expr)


def strings_in(term: Term | None) -> Iterator[ValueTerm]:
    """The strings of an argument: itself, or the items of a list."""
    if isinstance(term, ValueTerm) and term.text is not None:
        yield term
    elif isinstance(term, ItemsTerm):
        for each in term.items:
            yield from strings_in(each)
