"""What the parts of the simulator ask of each other.

:class:`Machine` is the running program as the special knowledge (declarative mapping, migrations, frameworks, the
standard library) sees it. Such knowledge comes as a table from dotted names to handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NoReturn, Protocol, TypeAlias, TypeVar

from cucurbit.simulate.core.paths import Paths
from cucurbit.simulate.core.state import State
from cucurbit.simulate.core.timeline import EventKind, Failure, LinkKind, MetaDataId, Place, TableDefinition
from cucurbit.simulate.core.values import (
    BaseKind,
    CallSite,
    ClassValue,
    Coroutine,
    ExternalObject,
    FunctionRole,
    FunctionValue,
    MetaDataValue,
    ModuleValue,
    SequenceValue,
    Value,
)
from cucurbit.source.facts import Step
from cucurbit.workspace.model import EntryPoint, Workspace

T = TypeVar("T")


class Raised(Exception):
    """A Python exception travelling through the simulated program."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


def listing_cost(depth: int) -> int:
    """What it costs, in steps, to list a folder ``depth`` folders below the first.

    Links make folders that hold themselves: what is deep is dear, so that a walk that goes down without end soon ends.
    """
    return 20 * (1 + depth * depth)


class Ended(Exception):
    """The simulated process ends on the spot, as with ``os._exit``."""


class Machine(Protocol):
    """The running program."""

    workspace: Workspace
    entry: EntryPoint
    state: State
    paths: Paths

    @property
    def module(self) -> ModuleValue:
        """The module whose code runs now."""

    @property
    def certain(self) -> bool:
        """Whether what happens now happens whenever the entry point runs."""

    @property
    def in_function(self) -> bool: ...

    def spend(self, amount: int = 1) -> None:
        """Count work: what is looked at, made or visited, so that no program of the workspace runs for ever.

        Raises:
            Exhausted: the budget is spent.
        """

    def body(self, function: FunctionValue) -> tuple[Step, ...]:
        """The steps of a function."""

    def emit(
        self,
        kind: EventKind,
        place: Place,
        *,
        module: str = "",
        path: str = "",
        definition: TableDefinition | None = None,
        other: TableDefinition | None = None,
        failure: Failure | None = None,
        metadata: MetaDataId | None = None,
        environment: str = "",
        detail: str = "",
        certain: bool = True,
    ) -> None:
        """Write an event; it is certain where ``certain`` is given and :attr:`certain` holds."""

    def cut(self, place: Place, why: str) -> None:
        """Say that something unknown here may hide events."""

    def fail(self, error: str, message: str, place: Place, named: str = "") -> NoReturn:
        """Raise a Python exception of class ``error`` in the simulated program; ``named`` is ``ImportError.name``.

        Raises:
            Raised: always.
        """

    def get_attribute(self, value: Value, name: str, place: Place) -> Value:
        """``value.name`` as Python would find it; Unknown where it is not known.

        Raises:
            Raised: where Python certainly raises AttributeError.
        """

    def class_attribute(self, cls: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
        """The raw attribute (functions unbound) and its owner, looked up along the method resolution order.

        External bases are passed over; see :meth:`has_external_base`.
        """

    def mro(self, cls: ClassValue) -> tuple[Value, ...]:
        """The method resolution order; values that are not workspace classes stand where they were given."""

    def set_attribute(self, value: Value, name: str, new: Value) -> None: ...

    def call(self, function: Value, call: CallSite) -> Value:
        """Call it; a coroutine or generator is returned unrun.

        Raises:
            Raised: where the call certainly raises.
        """

    def run_coroutine(self, coroutine: Coroutine, *, until_yield: bool = False) -> Value:
        """Await a coroutine to its end or, for a context manager, run it up to its ``yield``."""

    def run_installed(self, dotted: str) -> Value | None:
        """The value of a name defined in an installed package's source, evaluated without events; None unknown."""

    def sequence(self, kind: Literal["list", "tuple", "set"], items: tuple[Value, ...], open_: bool = False) -> Value:
        """A new list, tuple or set; ``open_``: there may be more items."""

    def iterator(self, items: tuple[Value, ...]) -> Value:
        """An iterator, whose items can be had once."""

    def extend(self, sequence: SequenceValue, items: tuple[Value, ...] | None) -> None:
        """``sequence.extend(items)``; None for items that are not known."""

    def namespace(self, *, outermost: bool) -> Value:
        """``globals()`` where ``outermost``, else ``locals()``: writing to a module's or class's writes its names."""

    def first_of(self, generator: Coroutine) -> Value:
        """``next(generator)``."""

    def put_module(self, name: str | None, value: Value) -> None:
        """``sys.modules[name] = value``; None: under a name that is not known."""

    def in_thread(self, loop: bool, body: Callable[[], T]) -> T:
        """Run ``body`` in a thread of its own, in which an event loop runs or does not."""

    @property
    def loop_runs(self) -> bool:
        """Whether an event loop runs in the current thread."""

    def truth(self, value: Value) -> bool | None:
        """``bool(value)``; None where it is not known."""

    def iterate(self, value: Value) -> tuple[Value, ...] | None:
        """The items of an iteration; None where they are not all known."""

    def new_metadata(self, module: str, label: str, place: Place | None, schema: Value | None) -> MetaDataValue: ...

    def shared_metadata(self, module: str, label: str) -> MetaDataValue:
        """The MetaData that an installed package made (``sqlmodel.SQLModel.metadata``): one a process."""

    def import_module(self, name: str, place: Place, *, by_name: bool = True) -> Value:
        """``importlib.import_module(name)``; else what ``__import__(name)`` does, but the module itself."""

    def reload(self, module: ModuleValue, place: Place) -> Value:
        """``importlib.reload(module)``."""

    def run_path(self, name: str, path: str, place: Place) -> None:
        """Execute a file under a name, outside ``sys.modules``."""

    def execute_file(self, name: str, path: str) -> ModuleValue:
        """Execute a file under a name, outside ``sys.modules``, as a loader does that the program does not see.

        Raises:
            Raised: where executing it certainly raises.
        """

    def run_module(self, name: str, run_name: str | None, place: Place) -> None:
        """``runpy.run_module(name, run_name=run_name)``."""

    def add_search_path(self, index: int | None, value: Value) -> None:
        """``sys.path.insert(index, value)``; None appends."""

    def in_other_process(self, body: Callable[[], Value]) -> Value:
        """Run ``body`` over a state of its own."""

    def handler_value(self, handler: Handler) -> Value:
        """A value whose call is ``handler``."""

    def named_tuple(self, items: Value, names: tuple[str, ...]) -> Value:
        """A tuple whose items have names besides."""

    @property
    def packages(self) -> PackageKnowledge:
        """What is known of libraries."""

    def package_state(self, make: Callable[[Machine], T]) -> T:
        """What a package keeps for itself while the program runs; ``make``, which makes it, is its own key."""

    def linked(self, kind: LinkKind, place: Place, target: str, body: Callable[[], Value]) -> Value:
        """Run ``body`` with one more link on the chain."""

    def undecided(self, *branches: Callable[[], Value]) -> Value:
        """Run alternatives of which it is not known which one happens, and join what they leave."""


Handler: TypeAlias = Callable[[Machine, CallSite], Value]
"""What a call does."""

Handlers: TypeAlias = Mapping[str, Handler]


class PackageKnowledge(Protocol):
    """What is known of libraries, as the rest of the simulator asks for it.

    The hooks of one library are in :class:`cucurbit.simulate.core.package.Package`; the names are those written there.
    """

    def find(self, dotted: str) -> Handler | None:
        """What a call of ``dotted`` does: by its full name, else by its last part after an unknown object."""

    def knows(self, dotted: str) -> bool:
        """Whether ``dotted`` is a name of a library of which something is known, or the beginning of one."""

    def learn(self, dotted: str, handler: Handler) -> None:
        """Remember a handler that was made for one object."""

    def constant(self, machine: Machine, dotted: str) -> Value | None:
        """The value of a name that is no function."""

    def lacks(self, machine: Machine, dotted: str) -> bool:
        """Whether a module or class of a library surely has no such attribute now."""

    def attribute(self, machine: Machine, value: ExternalObject, dotted: str) -> Value | None:
        """An attribute of an object that a call of an external name returned."""

    def member(self, machine: Machine, receiver: Value, name: str) -> Handler | Value | None:
        """An attribute that a library gives to a value: a MetaData, a table, a mapped class."""

    def has_attribute(self, machine: Machine, cls: ClassValue, name: str) -> bool | None:
        """Whether a class has an attribute, of its own or from a library; None where it is not known."""

    def instantiate(self, machine: Machine, cls: ClassValue) -> Handler | None:
        """What calling a class does that descends from one of a library."""

    def on_class(self, machine: Machine, cls: ClassValue) -> None:
        """A class statement has run.

        Raises:
            Raised: what the library certainly raises.
        """

    def on_bind(self, value: Value, name: str, module: str) -> None:
        """A value is bound to a name of a module."""

    def base_kind(self, dotted: str) -> BaseKind | None:
        """What a class of a library is to declarative mapping as a base; None: it is of no library that is known."""

    def makes_columns(self, dotted: str) -> bool:
        """Whether a name may make columns, relationships and constraints."""

    def role(self, dotted: str) -> FunctionRole | None:
        """What a decorator makes of a function."""

    def may_not_run(self, dotted: str) -> bool:
        """Whether a function with this decorator may do more, or less, than run its body when it is called."""

    def keeps_no_results(self, dotted: str) -> bool:
        """Whether a decorator surely does not keep what calls of the function return."""

    def leaves_arguments(self, dotted: str) -> bool:
        """Whether a function of a library changes nothing that it is given."""

    def base_of(self, error: str) -> str | None:
        """The base of an exception class of a library, by their names."""

    def is_assumed(self, top: str) -> bool:
        """Whether a package is taken to be installed, as projects that need this program cannot do without it."""

    def startup(self, dotted: str) -> Startup | None:
        """What runs when an application is served that a call of the class ``dotted`` made."""

    def console_script(self, name: str) -> ConsoleScript | None:
        """What a command does in the process that it is started in."""


Startup: TypeAlias = "Callable[[Machine, ExternalObject, Place], None]"
"""What runs when an application is served, at a place."""

ConsoleScript: TypeAlias = Callable[[Machine, Sequence[str], CallSite], None]
"""What a command line does: the machine, its words after the name of the program, and where it is started."""
