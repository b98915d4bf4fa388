"""Abstract values: what the simulator knows about the value of a Python expression.

Everything that changes while the program runs lives in :class:`Cells`, so that the two sides of an undecided branch
can be run one after the other over the same state and then joined (:mod:`cucurbit.simulate.core.state`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from cucurbit.simulate.core.branches import Condition
from cucurbit.simulate.core.cells import PERHAPS, Cells, TableCells
from cucurbit.simulate.core.timeline import MetaDataId, Place, TableDefinition
from cucurbit.source.facts import ClassDef, Expr, Params, Scalar
from cucurbit.workspace.model import ModuleSpec

T = TypeVar("T")

FACTS, MAPPING, TABLE = "\0facts", "\0mapping", "\0table"
"""Stand for attributes of classes that no cell holds where it is noted what others read: no name is one of these."""


@dataclass(frozen=True)
class Unknown:
    """An unknown value, and why it is unknown. ``beginning`` is that of a text of which no more is known."""

    reason: str
    beginning: str = ""


@dataclass(frozen=True)
class Missing:
    """In a :class:`Choice`: the name may not be bound at all."""


MISSING = Missing()


@dataclass(frozen=True)
class Constant:
    """A None, bool, number or string. ``place`` is where a string is written as a literal, else None.

    ``place`` is the statement or the call with the literal, ``literal`` the literal itself.
    ``member``: a member of an Enum of strings, whose ``str`` may differ.
    """

    value: Scalar
    place: Place | None = field(default=None, compare=False)
    member: bool = field(default=False, compare=False)
    literal: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class PathValue:
    """A ``pathlib.Path``: absolute, or relative to the working directory. ``/`` separates."""

    text: str


class SequenceValue:
    """A list, tuple or set.

    ``cells`` contains the certain items under ``"items"`` and, once paths differ, the possible items under
    :data:`PERHAPS`, in order. ``open``: there may be more than ``items``. ``shape`` is ``view`` if it is not a list
    although its items are known (a view of a dict, a range), and ``shuffled`` if the order of its items is unknown.
    """

    __slots__ = ("cells", "kind", "shape")

    def __init__(
        self, kind: Literal["list", "tuple", "set"], cells: Cells[tuple[Value, ...]], is_open: bool = False
    ) -> None:
        self.kind = kind
        self.cells = cells
        if is_open:
            cells.open = True
        self.shape: Literal["plain", "view", "shuffled"] = "plain"

    @property
    def items(self) -> tuple[Value, ...]:
        return self.cells.get("items") or ()

    @property
    def perhaps(self) -> tuple[Value, ...]:
        """The possible items, in order, if nothing else about the items is unknown; else empty."""
        return () if self.cells.is_open() else self.cells.get(PERHAPS) or ()

    @property
    def open(self) -> bool:
        return PERHAPS in self.cells or self.cells.is_open()


class DictValue:
    """A dict; keys that are not strings are kept as their ``repr``. ``open``: there may be more."""

    __slots__ = ("cells",)

    def __init__(self, cells: Cells[Value], open: bool = False) -> None:  # noqa: A002
        self.cells = cells
        if open:
            cells.open = True

    @property
    def open(self) -> bool:
        return self.cells.is_open()


@dataclass(frozen=True)
class External:
    """A name of a module that is not in the workspace, by its dotted name (``sqlalchemy.orm.declarative_base``)."""

    dotted: str


SEEN = "@seen"
"""An attribute of an :class:`ExternalObject` that is data as long as all code that has had the object was followed."""


@dataclass(eq=False)
class ExternalObject:
    """What a call of an external name returned: ``made_by`` is that name (``fastapi.FastAPI``).

    Calling it gives an object made by ``made_by + "()"``; an attribute that nobody set is a :class:`Bound` external
    ``made_by + "()." + name``.
    """

    made_by: str
    call: CallSite
    attributes: Cells[Value]
    rounds: Callable[[], Iterator[Value]] | None = None
    """The items of an iteration with side effects between the items (``pkgutil.walk_packages``)."""


@dataclass(eq=False)
class ModuleValue:
    """A module. ``open``: its namespace may contain names that the simulator cannot see.

    ``ran`` are the names of the modules executed while this one was, itself included.
    """

    name: str
    path: str | None
    spec: ModuleSpec | None
    names: Cells[Value]
    phase: Literal["running", "done", "failed"] = "running"
    open: bool = False
    open_for: tuple[str, ...] = ()
    """Dotted names of external modules whose names were star-imported."""
    ran: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    """Names that a ``del`` of the module's own level has certainly removed."""


@dataclass(frozen=True)
class LocalNames:
    """Names that are local to a body; ``unseen`` are those that it may bind in ways that are not followed."""

    names: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()


@dataclass(eq=False)
class ScopeValue:
    """The local variables of a call or a class body, and the scopes around it.

    ``owner`` is the function or class of the body, None for a comprehension; ``local`` is computed on first use.
    """

    names: Cells[Value]
    outer: ScopeValue | None
    module: ModuleValue
    owner: FunctionValue | ClassDef | None = None
    declared: dict[str, Literal["global", "nonlocal"]] = field(default_factory=dict)
    local: LocalNames | None = None

    @property
    def is_class(self) -> bool:
        return isinstance(self.owner, ClassDef)


FunctionRole: TypeAlias = Literal["plain", "static", "class", "property", "declared_attr", "contextmanager"]


@dataclass(eq=False)
class FunctionValue:
    """A function, method or lambda of the workspace (or of an installed package's source).

    ``role`` is what its decorators make of it. ``certain``: calling the decorated name certainly runs the body.
    """

    name: str
    params: Params
    number: int
    """That of its body (:attr:`cucurbit.source.facts.FunctionDef.number`)."""
    result: Expr | None
    """The expression of a lambda, which has no body."""
    place: Place
    module: ModuleValue
    scope: ScopeValue | None
    defaults: dict[str, Value]
    is_async: bool = False
    is_generator: bool = False
    role: FunctionRole = "plain"
    certain: bool = True
    marks: tuple[str, ...] = ()
    """Dotted names of the external decorators it went through, innermost first."""
    memo: Cells[Value] | None = None
    """Results of earlier calls, by their arguments, if a decorator caches them (or may)."""
    accessors: tuple[FunctionValue, ...] = ()
    """The setter and the deleter of a property."""
    keeps: bool = False
    """A decorator certainly caches what calls return (``lru_cache``)."""
    qualname: str = ""
    """Its ``__qualname__``, where a decorator gives it that of another function (``functools.wraps``)."""

    def seen(self, name: str) -> Value | None:
        """The value that ``name`` has around the function: in a scope around it, else in its module."""
        scope = self.scope
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.outer
        return self.module.names.get(name)


@dataclass(eq=False)
class ClassValue:
    """A class of the workspace, or one made by a call (``declarative_base()``).

    ``bases`` are the values given, in order. ``statement`` is None for a class that no class statement made.

    An edit of the class body changes :attr:`facts` and :attr:`mapping`, so it is noted which other modules read them.
    """

    name: str
    bases: tuple[Value, ...]
    keywords: dict[str, Value]
    names: Cells[Value]
    module: ModuleValue
    place: Place
    statement: ClassDef | None
    mapped: ClassMapping | None = None
    marks: tuple[str, ...] = ()
    """Dotted names of external decorators, innermost first."""
    nested: bool = False
    """It is defined in a function or in another class."""
    _members: dict[tuple[str, type, Scalar], InstanceValue] = field(default_factory=dict)

    @property
    def facts(self) -> ClassDef | None:
        """The class statement; None if it was made by a call."""
        self.names.look(FACTS)
        return self.statement

    @property
    def mapping(self) -> ClassMapping | None:
        """What SQLAlchemy's declarative system has made of it."""
        self.names.look(MAPPING)
        return self.mapped

    @mapping.setter
    def mapping(self, mapping: ClassMapping) -> None:
        mapping.cells = self.names
        self.mapped = mapping

    def member(self, name: str, value: Constant) -> InstanceValue:
        """The member of an Enum that has this name: one and the same object, whoever asks first, and in which run.

        As if it had been made together with the class, so that nobody needs to be told.
        """
        key = name, type(value.value), value.value
        if key not in self._members:
            attributes = self.names.beside()
            attributes.data.update({"value": value, "name": Constant(name), "_value_": value})
            self._members[key] = InstanceValue(self, attributes)
        return self._members[key]


@dataclass(eq=False)
class InstanceValue:
    """An instance of a workspace class."""

    cls: ClassValue
    attributes: Cells[Value]


@dataclass(frozen=True, eq=False)
class Bound:
    """A method bound to its object (or to its class)."""

    function: Value
    receiver: Value


@dataclass(frozen=True, eq=False)
class Partial:
    """``functools.partial(function, *args, **kwargs)`` and similar; ``complete`` as in :class:`CallSite`."""

    function: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]
    complete: bool = True


@dataclass(frozen=True, eq=False)
class Coroutine:
    """A call of an ``async def`` or of a generator function that has not run yet.

    ``used`` has the key :data:`USED` once the items of a generator have been taken.
    """

    function: FunctionValue
    call: CallSite
    used: Cells[bool]


USED = "used"


@dataclass(frozen=True)
class TableEntry:
    """A table in a MetaData, which a definition registered under ``condition``."""

    definition: TableDefinition
    condition: Condition
    has_columns: bool


SOME_SCHEMA = "?"
"""Stands for one schema, or none, that is not known."""


@dataclass(eq=False)
class MetaDataValue:
    """A MetaData object. ``schema`` is its default one: None for none, Unknown where it may change unseen.

    Where it is not known but the same for all tables, it is :data:`SOME_SCHEMA`.
    """

    id: MetaDataId
    tables: TableCells[TableEntry]
    schema: str | Unknown | None = None
    reflected: bool = False
    """``reflect()`` may have filled it from a database."""
    convention: Value | None = None
    """Its ``naming_convention``; None if none was given."""


@dataclass(eq=False)
class RegistryValue:
    """A ``sqlalchemy.orm.registry``. ``place``: where it was created, None for one of a library."""

    metadata: MetaDataValue
    place: Place | None = None
    typed: bool = False
    """It was given a ``type_annotation_map``, or may have been."""


@dataclass(eq=False)
class TableValue:
    """A Table; ``definition`` is None if its name or MetaData is unknown."""

    definition: TableDefinition | None
    metadata: MetaDataValue | None


@dataclass(frozen=True)
class Choice:
    """One of several values, it is unknown which. At least two; never nested; may contain :data:`MISSING`."""

    options: tuple[Value | Missing, ...]


Value: TypeAlias = (
    Unknown
    | Constant
    | PathValue
    | SequenceValue
    | DictValue
    | External
    | ExternalObject
    | ModuleValue
    | FunctionValue
    | ClassValue
    | InstanceValue
    | Bound
    | Partial
    | Coroutine
    | MetaDataValue
    | RegistryValue
    | TableValue
    | Choice
)


BaseKind: TypeAlias = Literal["plain", "base", "metaclass", "concrete", "automap", "fields", "extension", "unknown"]
"""The role of an external class in declarative mapping:

- ``plain``: none; it neither maps a class nor gives it a table's name or arguments;
- ``base``: ``DeclarativeBase`` and ``DeclarativeBaseNoMeta``, whose direct subclasses are bases;
- ``metaclass``: ``DeclarativeMeta``;
- ``concrete``: ``AbstractConcreteBase``, which needs no table;
- ``automap``: ``AutomapBase``;
- ``fields``: a base whose annotated fields are columns, and whose tables are named after their classes, in lower case;
- ``extension``: the class of an object that has a declarative base as an attribute;
- ``unknown``: a class of which nothing is known.
"""


@dataclass(eq=False)
class ClassMapping:
    """What SQLAlchemy's declarative system made of a class.

    - ``base``: a declarative base itself (nothing is mapped);
    - ``abstract``: ``__abstract__``, or a similar class that maps nothing;
    - ``mixin``: not under any base;
    - ``table``: mapped to its own table; ``single``: mapped to its parent's table;
    - ``unknown``: a base or a name is unknown, so anything may have happened.

    ``metadata`` is the MetaData for tables of this class and its children (None: unknown, or none yet).
    """

    kind: Literal["base", "abstract", "mixin", "table", "single", "unknown"]
    metadata: MetaDataValue | None
    made: TableDefinition | None = None
    library: str = ""
    """The library whose base the class has."""
    cells: Cells[Value] | None = None
    """Those of the class."""

    @property
    def table(self) -> TableDefinition | None:
        """The table that the class is mapped to, as far as it is known."""
        if self.cells is not None:
            self.cells.look(TABLE)
        return self.made


@dataclass(frozen=True, eq=False)
class CallSite:
    """A call being made. ``complete``: no ``*args`` or ``**kwargs`` of unknown content were passed.

    ``name`` is the dotted name if an external is called, ``receiver`` the object of a method. ``written``: code of the
    program makes it, so the number and the names of the arguments are those that Python passes. What a library passes
    to a function is often known less well.
    """

    place: Place
    name: str
    receiver: Value | None
    args: tuple[Value, ...]
    kwargs: dict[str, Value]
    complete: bool = True
    written: bool = False

    def argument(self, position: int, name: str) -> Value | None:
        """The argument given by position or by name; None where it was not given."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name)


def text_of(value: Value | None) -> str | None:
    """The string that a value is, if it is known to be one."""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value
    return None


MOST_OPTIONS = 12
"""The maximum number of possible values of a :class:`Choice`; with more, the value is unknown."""


def choice(*options: Value | Missing) -> Value | Missing:
    """One of ``options``: flattened, without duplicates; the value itself if only one remains."""
    flat: list[Value | Missing] = []
    for option in options:
        for single in option.options if isinstance(option, Choice) else (option,):
            if not any(single is seen or single == seen for seen in flat):
                flat.append(single)
        if len(flat) > MOST_OPTIONS:
            many = Unknown("one of many values")
            return Choice((many, MISSING)) if MISSING in options or MISSING in flat else many
    return flat[0] if len(flat) == 1 else Choice(tuple(flat))


BY_HANDLER = Choice((MISSING, Unknown("a value that a handler may have set")))
"""The value of a name that only a handler binds: the block may have failed in ways that are not followed."""


def is_by_handler(value: Value) -> bool:
    """Whether a name is only bound by a handler that is assumed not to run."""
    return isinstance(value, Choice) and all(option in value.options for option in BY_HANDLER.options)


def may_be_missing(value: Value) -> bool:
    """Whether an item or a name may be missing."""
    return isinstance(value, Choice) and MISSING in value.options


def options_of(value: Value) -> tuple[Value, ...]:
    """The values that ``value`` may be, without :data:`MISSING`."""
    if isinstance(value, Choice):
        return tuple(option for option in value.options if not isinstance(option, Missing))
    return (value,)
