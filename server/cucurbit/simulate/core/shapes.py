"""What a table and a mapped class hold: the columns, keys and relationships that the simulated program gave them.

These are immutable values. A table's shape is written when the table is registered, a mapper's when its class is
mapped; :mod:`cucurbit.simulate.shapes` puts together what stands at one moment of a timeline.

What is not known is said: a flag is None, a term is an :class:`UnknownTerm`, a type is not ``known``, and a table or a
mapper that may have more than its shape says has reasons in ``open``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias

from cucurbit.simulate.core.timeline import MetaDataId, Place, Shape, TableDefinition
from cucurbit.source.expressions import Scalar

# ----------------------------------------------------------------------- arguments


@dataclass(frozen=True)
class ValueTerm:
    """None, a bool, a number or a string. ``place``: the string literal itself, None if it is computed."""

    value: Scalar
    place: Place | None = None

    @property
    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None


@dataclass(frozen=True)
class NameTerm:
    """A name of a library by its dotted name (``sqlalchemy.func.now``, ``builtins.list``)."""

    dotted: str


@dataclass(frozen=True)
class ClassTerm:
    """A class of the workspace; ``place`` is its header, which identifies it."""

    name: str
    module: str
    place: Place


@dataclass(frozen=True)
class TableTerm:
    """A Table object; ``definition`` is None if it is not known which."""

    definition: TableDefinition | None


@dataclass(frozen=True)
class ColumnTerm:
    """A Column object, or an attribute of a mapped class.

    ``place`` is the call that made it (:attr:`ColumnShape.place`); a column of a mixin has one for all its tables.
    Where it was had from ``table.c``, ``table`` is set and ``name`` is its key there; where it was had from a class by
    an attribute that only has an annotation, ``cls`` is set and ``name`` is the attribute.
    """

    place: Place | None
    name: str = ""
    table: TableDefinition | None = None
    cls: ClassTerm | None = None


@dataclass(frozen=True)
class CallTerm:
    """What a call of a library returned: ``made_by`` is the dotted name (``sqlalchemy.func.now``)."""

    made_by: str
    args: tuple[Term, ...]
    keywords: tuple[tuple[str, Term], ...]
    place: Place
    complete: bool = True
    """False if unknown arguments were passed (``*args``, ``**keywords``)."""


@dataclass(frozen=True)
class ItemsTerm:
    """A list, tuple, set or dict; of a dict, ``keys`` are the keys. ``open``: there may be more."""

    kind: Literal["list", "tuple", "set", "dict"]
    items: tuple[Term, ...]
    open: bool = False
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeTerm:
    """A function or lambda of the workspace."""

    name: str
    place: Place


@dataclass(frozen=True)
class UnknownTerm:
    """A value that is not known, and why."""

    why: str


Term: TypeAlias = (
    ValueTerm | NameTerm | ClassTerm | TableTerm | ColumnTerm | CallTerm | ItemsTerm | CodeTerm | UnknownTerm
)
"""The value of an argument."""

Answer: TypeAlias = bool | None
"""None: not known."""


@dataclass(frozen=True)
class Named:
    """A name as the program gives it. ``place``: the string literal, None if it is computed or comes from elsewhere."""

    text: str
    place: Place | None = None


# --------------------------------------------------------------------------- types


@dataclass(frozen=True)
class TypeTerm:
    """The type of a column.

    ``name`` is that of the class (``String``), ``dialect`` that of the dialect from whose module it was taken.
    ``arguments`` are those given, by the names of the parameters (``length``, ``precision``, ``timezone``).
    ``values`` are the values of an enum, None if they are not known. ``impl`` is the type that a TypeDecorator of the
    program wraps. ``place``: where it is written, if that is a call. Not ``known``: it may be any type; ``name`` then
    is a hint at most. ``of_key``: it is that of the column that the column's foreign key points to.
    """

    name: str
    dialect: str = ""
    arguments: tuple[tuple[str, Term], ...] = ()
    values: tuple[str, ...] | None = None
    impl: TypeTerm | None = None
    item: TypeTerm | None = None
    """The type of the items of an ARRAY."""
    variants: tuple[tuple[str, TypeTerm], ...] = ()
    """``with_variant``: the dialect, and the type on it."""
    known: bool = True
    of_key: bool = False
    custom: ClassTerm | None = None
    """The class of the program that it is an instance of."""
    refused: str = ""
    """The Python type of the annotation, as SQLAlchemy shows it, if it certainly stands for no type of a column."""
    place: Place | None = None

    def argument(self, name: str) -> Term | None:
        return next((value for key, value in self.arguments if key == name), None)


UNKNOWN_TYPE = TypeTerm("", known=False)
NULL_TYPE = TypeTerm("NullType")


# --------------------------------------------------------------------------- names


def marked_name(name: Term | None) -> str | None:
    """A name to which no naming convention applies: ``op.f("name")``, ``conv("name")``; None for all others."""
    if not isinstance(name, CallTerm) or name.made_by.rpartition(".")[2] not in ("f", "conv") or not name.args:
        return None
    return name.args[0].text if isinstance(name.args[0], ValueTerm) else None


# ------------------------------------------------------------------------- columns


@dataclass(frozen=True)
class ColumnTarget:
    """What a foreign key points to.

    ``text`` is set if it is given as a string (``"users.id"``), ``column`` if it is given as an object; neither if it
    is not known.
    """

    text: Named | None = None
    column: ColumnTerm | None = None


@dataclass(frozen=True)
class ForeignKeyShape:
    """A ``ForeignKey(...)`` of a column, or a ``ForeignKeyConstraint``.

    ``columns`` are the names of the local columns, ``targets`` what each points to. ``name`` is the name given, None
    if the naming convention decides. ``options`` are the other keywords (``ondelete``, ``use_alter``...).
    ``on_column``: it was given to a Column. Not ``certain``: it may be missing, or others may be beside it.
    """

    columns: tuple[Named, ...]
    targets: tuple[ColumnTarget, ...]
    name: Term | None
    options: tuple[tuple[str, Term], ...]
    place: Place
    on_column: bool = False
    certain: bool = True

    def option(self, name: str) -> Term | None:
        return next((value for key, value in self.options if key == name), None)


@dataclass(frozen=True)
class ColumnShape:
    """A column of a table.

    ``name`` is its name in the database, ``key`` that in ``table.c``, ``attribute`` that of the class that declares
    it (empty for a ``Table(...)``). ``place`` is the call that made it, or the annotation; ``name_place`` the string
    literal of ``name``. ``type_`` is its type, ``foreign_keys`` those given to the column itself.

    ``nullable``, ``unique`` and ``index`` are None if they are not known. ``autoincrement`` is ``"auto"`` unless
    given. ``default`` to ``comment`` are None if they are not given. Not ``certain``: the column may be missing.
    """

    name: str
    key: str
    attribute: str
    type_: TypeTerm
    nullable: Answer
    primary_key: Answer
    place: Place
    name_place: Place | None = None
    autoincrement: Term = ValueTerm("auto")
    unique: Answer = False
    index: Answer = False
    default: Term | None = None
    onupdate: Term | None = None
    server_default: Term | None = None
    computed: CallTerm | None = None
    identity: CallTerm | None = None
    comment: Term | None = None
    foreign_keys: tuple[ForeignKeyShape, ...] = ()
    checks: tuple[CheckShape, ...] = ()
    sort_order: int = 0
    certain: bool = True
    open: bool = False
    """Unknown arguments were given, which may change any of the above but the name."""
    owner: ClassTerm | None = None
    """The class in whose body it is written: the mapped class or a mixin."""
    optional: Answer = None
    """Whether its annotation allows None; None if it has none, or that is not known."""


@dataclass(frozen=True)
class CheckShape:
    """A CheckConstraint: ``condition`` is its first argument, ``options`` are the keywords of an operation."""

    condition: Term
    name: Term | None
    place: Place
    certain: bool = True
    options: tuple[tuple[str, Term], ...] = ()


@dataclass(frozen=True)
class KeyShape:
    """A PrimaryKeyConstraint that was given, or a UniqueConstraint. ``columns`` are names in ``table.c``.

    ``exact``: all columns are known. ``name`` is the name given, None if the naming convention decides.
    """

    columns: tuple[Named, ...]
    name: Term | None
    place: Place
    exact: bool = True
    certain: bool = True
    of_column: bool = False
    """Made by ``unique=True`` of a column."""


@dataclass(frozen=True)
class IndexShape:
    """An Index. ``expressions`` has what is no plain column; ``columns`` those that are, in order.

    ``name`` is the name given; None if the naming convention decides. ``options`` are the keywords but ``unique``.
    """

    columns: tuple[Named, ...]
    expressions: tuple[Term, ...]
    unique: Answer
    name: Term | None
    options: tuple[tuple[str, Term], ...]
    place: Place
    exact: bool = True
    certain: bool = True
    of_column: bool = False
    """Made by ``index=True`` of a column."""


def derived(column: ColumnShape) -> tuple[IndexShape | KeyShape, ...]:
    """The index or the constraint that ``index=True`` and ``unique=True`` of a column make."""
    local = (Named(column.key),)
    sure = column.certain and column.index is not None and column.unique is not None
    if column.index or column.index is None:
        return (IndexShape(local, (), column.unique, None, (), column.place, certain=sure, of_column=True),)
    if column.unique or column.unique is None:
        return (KeyShape(local, None, column.place, certain=sure, of_column=True),)
    return ()


@dataclass(frozen=True)
class TableShape(Shape):
    """What a table holds. ``open`` has a reason for each unknown thing that may add to it or change it.

    ``columns`` are in the order of ``table.c``. ``primary_key`` is set if a PrimaryKeyConstraint was given; ask
    :meth:`key_columns`.
    """

    definition: TableDefinition
    name: str
    schema: str | None
    columns: tuple[ColumnShape, ...]
    primary_key: KeyShape | None = None
    indexes: tuple[IndexShape, ...] = ()
    unique: tuple[KeyShape, ...] = ()
    checks: tuple[CheckShape, ...] = ()
    foreign_keys: tuple[ForeignKeyShape, ...] = ()
    comment: Term | None = None
    options: tuple[tuple[str, Term], ...] = ()
    """The other keywords of the Table (``info``, ``mysql_engine``...)."""
    convention: tuple[tuple[str, str], ...] | None = ()
    """The ``naming_convention`` of its MetaData, without the default; None if it is not known."""
    default_schema: str | None = None
    """That of its MetaData, which foreign keys of it without a schema have too."""
    open: tuple[str, ...] = ()
    name_place: Place | None = None
    """The string literal of its name."""
    twice: tuple[tuple[ColumnShape, ColumnShape], ...] = ()
    """Columns with one key, of which SQLAlchemy 2.0 refuses the second."""

    @property
    def metadata(self) -> MetaDataId:
        return self.definition.metadata

    @property
    def key(self) -> str:
        """The key in ``metadata.tables``."""
        return self.definition.key

    @property
    def place(self) -> Place:
        return self.definition.place

    def column(self, key: str) -> ColumnShape | None:
        """The column under this key of ``table.c``."""
        return next((each for each in self.columns if each.key == key), None)

    def named(self, name: str) -> ColumnShape | None:
        """The column of this name in the database."""
        return next((each for each in self.columns if each.name == name), None)

    @property
    def has_unknown_types(self) -> bool:
        """Whether the type of a column is not known: it may add indexes and constraints to its table.

        The types of GeoAlchemy2 create an index when their table is created.
        """
        return any(not each.type_.known and not each.type_.of_key for each in self.columns)

    def lacks(self, key: str) -> bool:
        """Whether ``table.c`` certainly has no such key."""
        return not self.open and self.column(key) is None

    def key_columns(self) -> tuple[str, ...] | None:
        """The names of the primary key's columns; None if they are not all known."""
        if self.open or any(each.primary_key is None or not each.certain for each in self.columns):
            return None
        given = self.primary_key
        own = tuple(each.name for each in self.columns if each.primary_key)
        if given is None:
            return own
        if not (given.exact and given.certain):
            return None
        found = [self.column(each.text) for each in given.columns]
        named = tuple(each.name for each in found if each is not None)
        return (*named, *(name for name in own if name not in named))

    def in_primary_key(self, column: ColumnShape) -> bool | None:
        """Whether a column is part of the primary key; None if that is not known."""
        key = self.key_columns()
        return column.primary_key if key is None else column.name in key


# ------------------------------------------------------------------------- mappers


@dataclass(frozen=True)
class ColumnProperty:
    """A mapped attribute that is a column: ``column`` is its key in the table."""

    name: str
    column: str
    place: Place
    certain: bool = True
    made: Place | None = None
    """The call that made the column, or its annotation."""
    reuses: Answer = False
    """Whether ``use_existing_column`` is given."""


@dataclass(frozen=True)
class RelationshipShape:
    """A ``relationship(...)``. ``target`` is the first argument: a string, a class, a function; None if none is given.

    ``annotation`` is the type in ``Mapped[...]``: the class's name or the class itself; ``collection``: whether that
    is a collection (None: no annotation, or it is not known). ``arguments`` are all keywords, ``target`` left out.
    """

    name: str
    target: Term | None
    annotation: Term | None
    collection: Answer
    arguments: tuple[tuple[str, Term], ...]
    place: Place
    owner: ClassTerm
    """The class in whose body it is written: the mapped class or a mixin."""
    complete: bool = True
    """False if there may be arguments that are not known."""
    certain: bool = True
    made_by: str = "relationship"
    """The name of the function that made it."""
    optional: Answer = None
    """Whether the annotation allows None."""
    quoted: str = ""
    """The string in ``Mapped["list[Post]"]``, if the class is only named there: SQLAlchemy does not find it."""

    def argument(self, name: str) -> Term | None:
        return next((value for key, value in self.arguments if key == name), None)


@dataclass(frozen=True)
class OtherProperty:
    """Another attribute that the mapper or an extension gives: ``arguments`` are those of its call.

    ``kind``: ``synonym``, ``composite``, ``expression`` (``column_property`` of what is no column), ``hybrid``
    (a hybrid property or method), ``proxy`` (an association proxy), ``unknown``.
    """

    name: str
    kind: Literal["synonym", "composite", "expression", "hybrid", "proxy", "unknown"]
    args: tuple[Term, ...]
    arguments: tuple[tuple[str, Term], ...]
    place: Place
    certain: bool = True


Property: TypeAlias = ColumnProperty | RelationshipShape | OtherProperty


@dataclass(frozen=True)
class RegistryId:
    """Identifies a registry: where it was created; its MetaData if it is one of a library."""

    place: Place | None
    metadata: MetaDataId | None


@dataclass(frozen=True)
class Refusal:
    """An attribute for which SQLAlchemy certainly refuses to map the class.

    ``kind``: ``unmapped``, an annotation without ``Mapped[...]``; ``bare``, ``Mapped`` without a type; ``unresolved``,
    an annotation with a name that is not defined yet, which is ``text``; ``no-target``, a ``relationship()`` without
    class and annotation; ``in-mixin``, a relationship or another property in the body of a mixin, which is ``text``.
    """

    kind: Literal["unmapped", "bare", "unresolved", "no-target", "in-mixin"]
    name: str
    place: Place
    text: str = ""


Inheritance: TypeAlias = Literal["none", "joined", "single", "concrete"]


@dataclass(frozen=True)
class MapperShape(Shape):
    """A mapped class.

    ``cls`` is the class, ``registry`` where its name is looked up. ``table`` is the table it is mapped to, None if that
    is not known. ``inherits`` is the mapped parent. ``properties`` are those the class itself and its mixins declare;
    those of parents are found with :meth:`cucurbit.simulate.shapes.snapshot.Shapes.properties`.
    ``plain`` are the other names that the class and its unmapped bases have (methods, constants).

    ``open`` has a reason for each unknown thing that may add properties or change them.
    """

    cls: ClassTerm
    registry: RegistryId
    table: TableDefinition | None
    inherits: ClassTerm | None
    inheritance: Inheritance | None
    properties: tuple[Property, ...]
    plain: frozenset[str]
    polymorphic_on: Term | None = None
    polymorphic_identity: Term | None = None
    arguments: tuple[tuple[str, Term], ...] = ()
    """``__mapper_args__``, or the keywords of ``map_imperatively``."""
    open: tuple[str, ...] = ()
    bases: tuple[ClassTerm, ...] = ()
    """The classes of the workspace in its method resolution order, without itself."""
    whole_table: bool = False
    """Every column of the table is a property, unless one of ``properties`` maps it."""
    refused: tuple[Refusal, ...] = ()
    modern: bool = True
    """It is not mapped by SQLAlchemy 1.4, which ignores ``Mapped[...]``; True if the version is not known."""

    @property
    def name(self) -> str:
        return self.cls.name

    @property
    def place(self) -> Place:
        return self.cls.place

    def own(self, name: str) -> Property | None:
        """The property of this name that the class itself or a mixin declares."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[str, Property]:
        return MappingProxyType({each.name: each for each in reversed(self.properties)})

    def relationships(self) -> Iterator[RelationshipShape]:
        return (each for each in self.properties if isinstance(each, RelationshipShape))


TablePart: TypeAlias = ColumnShape | IndexShape | KeyShape | CheckShape | ForeignKeyShape


@dataclass(frozen=True)
class TableAddition(Shape):
    """Something given to a table after it was created: ``table.append_column``, an ``Index`` over its columns."""

    table: TableDefinition
    part: TablePart | None
    """None: it is not known what."""


@dataclass(frozen=True)
class ColumnsAddition(Shape):
    """An index or a constraint that was made of Column objects: it is added to the table that all of them are in.

    That is at once, or when the last of them gets into a table (``ColumnCollectionMixin._check_attach``). ``columns``
    are those that ``part`` is over, in order; ``inner`` those in its expressions. Not ``waits``: strings are among its
    columns, so it is only added if the others have a table already.
    """

    part: KeyShape | IndexShape | ForeignKeyShape
    columns: tuple[ColumnTerm, ...]
    inner: tuple[ColumnTerm, ...] = ()
    waits: bool = True
    primary: bool = False
    """It is a PrimaryKeyConstraint."""


@dataclass(frozen=True)
class TableRemoval(Shape):
    """``metadata.remove(table)``; None: it is not known which table."""

    table: TableDefinition | None
    metadata: MetaDataId | None


@dataclass(frozen=True)
class MapperAddition(Shape):
    """A property set on a mapped class after it was mapped; ``part`` is None if it is not known what."""

    cls: ClassTerm
    part: Property | None
