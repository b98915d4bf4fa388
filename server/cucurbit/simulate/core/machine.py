"""The running program as the handlers of libraries see it, and what the simulator asks about libraries.

:class:`Machine` is the protocol for handlers of libraries (see :mod:`cucurbit.simulate.core.package`).
:class:`PackageKnowledge` is the protocol for the hooks of all libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol, TypeAlias, TypeVar

from cucurbit.simulate.core.paths import Paths
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.state import State
from cucurbit.simulate.core.timeline import (
    CutKind,
    EventKind,
    Failure,
    Link,
    LinkKind,
    MetaDataId,
    Place,
    Shape,
    TableDefinition,
)
from cucurbit.simulate.core.values import (
    BaseKind,
    CallSite,
    ClassValue,
    Coroutine,
    External,
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


class Ended(Exception):
    """The simulated process ends immediately, as with ``os._exit``."""


class Machine(Protocol):
    """The running program."""

    workspace: Workspace
    entry: EntryPoint
    state: State
    paths: Paths
    database: SchemaState | None
    """The schema that a revision finds, if its inspector is answered from it."""

    @property
    def module(self) -> ModuleValue:
        """The module whose code runs now."""

    @property
    def certain(self) -> bool:
        """Whether what happens now happens whenever the entry point runs."""

    @property
    def in_function(self) -> bool: ...

    @property
    def method(self) -> tuple[FunctionValue, Value] | None:
        """The function that runs now, and its first argument; None where there is none."""

    @property
    def is_guarded(self) -> bool:
        """Whether a failure of a statement that is executed now may be caught, so that the program goes on."""

    @property
    def is_failing(self) -> bool:
        """Whether a handler runs that certainly raises, and nothing catches that: the program does not go on."""

    @property
    def in_import(self) -> bool:
        """Whether a module is executed that is not the entry point's file."""

    def spend(self, amount: int = 1) -> None:
        """Count ``amount`` steps of work against the budget, so that no program of the workspace runs for ever.

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
        origin: Link | None = None,
        cut: CutKind = CutKind.CODE,
        revision: str = "",
        shape: Shape | None = None,
    ) -> None:
        """Write an event. It is certain if ``certain`` is given and :attr:`certain` is true."""

    def cut(self, place: Place, why: str, kind: CutKind = CutKind.CODE) -> None:
        """Say that something unknown here may hide events."""

    def fail(self, error: str, message: str, place: Place, named: str = "") -> NoReturn:
        """Raise a Python exception of class ``error`` in the simulated program; ``named`` is ``ImportError.name``.

        Raises:
            Raised: always.
        """

    def doubt(self, failure: Failure) -> None:
        """A failure that may happen here is not followed; a handler around it may or may not run."""

    def get_attribute(self, value: Value, name: str, place: Place) -> Value:
        """``value.name`` as Python would find it; Unknown where it is not known.

        Raises:
            Raised: where Python certainly raises AttributeError.
        """

    def class_attribute(self, cls: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
        """The raw attribute (functions unbound) and its owner, looked up along the method resolution order.

        External bases are skipped.
        """

    def mro(self, cls: ClassValue) -> tuple[Value, ...]:
        """The method resolution order; bases that are not workspace classes keep their position."""

    def set_attribute(self, value: Value, name: str, new: Value) -> None: ...

    def call(self, function: Value, call: CallSite) -> Value:
        """Call it; a coroutine or generator is returned unrun.

        Raises:
            Raised: where the call certainly raises.
        """

    def with_super(
        self, function: FunctionValue, method: str, reached: Callable[[CallSite], None], run: Callable[[], object]
    ) -> bool | None:
        """Run ``run``, in which ``super().method(...)`` of ``function`` calls ``reached``.

        Whether it was called; None where that is not known.
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

    def items_until(self, generator: Coroutine, wanted: bool) -> tuple[Value, ...] | None:
        """The items of a generator up to the first whose truth is ``wanted``; None if they are not known."""

    def first_of(self, generator: Coroutine) -> Value:
        """``next(generator)``."""

    def put_module(self, name: str | None, value: Value) -> None:
        """``sys.modules[name] = value``; None: under a name that is not known."""

    def in_thread(self, loop: bool, body: Callable[[], T]) -> T:
        """Run ``body`` under an event loop, or in a thread of its own, in which none runs."""

    @property
    def loop_runs(self) -> bool:
        """Whether an event loop runs in the current thread."""

    def truth(self, value: Value) -> bool | None:
        """``bool(value)``; None where it is not known."""

    def iterate(self, value: Value) -> tuple[Value, ...] | None:
        """The items of an iteration; None where they are not all known."""

    def new_metadata(self, module: str, label: str, place: Place | None, schema: Value | None) -> MetaDataValue: ...

    def shared_metadata(self, module: str, label: str) -> MetaDataValue:
        """The MetaData of an installed package (``sqlmodel.SQLModel.metadata``): one for each process."""

    def import_module(self, name: str, place: Place, *, by_name: bool = True) -> Value:
        """``importlib.import_module(name)``; not ``by_name``: ``__import__(name)``, but returning the module itself."""

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

    def portions(self, name: str) -> tuple[str, ...]:
        """The folders of the workspace that a top-level package of this name has on ``sys.path``."""

    def add_search_path(self, index: int | None, value: Value) -> None:
        """``sys.path.insert(index, value)``; None appends."""

    def in_other_process(self, body: Callable[[], Value]) -> Value:
        """Run ``body`` as another process, with its own state."""

    def handler_value(self, handler: Handler) -> Value:
        """A value whose call is ``handler``."""

    def named_tuple(self, items: Value, names: tuple[str, ...]) -> Value:
        """A named tuple."""

    @property
    def packages(self) -> PackageKnowledge:
        """What is known of libraries."""

    def package_state(self, make: Callable[[Machine], T]) -> T:
        """Data of a library for the time of the simulation; ``make`` creates it, and is its key."""

    def linked(self, kind: LinkKind, place: Place, target: str, body: Callable[[], Value]) -> Value:
        """Run ``body`` with one more link on the chain."""

    def undecided(self, *branches: Callable[[], Value]) -> Value:
        """Run alternatives of which one happens, it is unknown which, and join their effects."""


Handler: TypeAlias = Callable[[Machine, CallSite], Value]
"""What a call does."""

Handlers: TypeAlias = Mapping[str, Handler]


@dataclass(frozen=True)
class ExternalCallable(External):
    """A function or method that a library gives to a value: ``handler`` is what its call does.

    Other than a name that is looked up, it can be kept: a module run that creates one can be repeated.
    """

    handler: Handler


class PackageKnowledge(Protocol):
    """The hooks of all libraries, as the rest of the simulator uses them.

    The hooks of one library are described in :class:`cucurbit.simulate.core.package.Package`, and so are dotted names.
    """

    def find(self, dotted: str) -> Handler | None:
        """What a call of ``dotted`` does: by its full name, else by its last part after an unknown object."""

    def knows(self, dotted: str) -> bool:
        """Whether ``dotted`` is a known name of a library, or the beginning of one."""

    def handler_of(self, function: External) -> Handler | None:
        """What a call of an external function does; None if that is not known."""

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
        """What calling a class does if it descends from a class of a library."""

    def on_class(self, machine: Machine, cls: ClassValue) -> None:
        """A class statement has run.

        Raises:
            Raised: what the library certainly raises.
        """

    def on_bind(self, value: Value, name: str, module: str) -> None:
        """A value is bound to a name of a module."""

    def on_set(self, machine: Machine, cls: ClassValue, name: str, value: Value) -> None:
        """An attribute of a class is set after the class statement has run."""

    def on_call(self, machine: Machine, call: CallSite) -> None:
        """A name of a library is about to be called, or something that is not known."""

    def on_not_followed(self, machine: Machine, function: FunctionValue) -> None:
        """A function may be called, now or later, by code that is not followed, or is called and not followed."""

    def on_unfollowed_call(self, machine: Machine, function: FunctionValue, call: CallSite) -> bool:
        """The program calls a function, which is not followed. Returns whether that leaves what follows uncertain."""

    def base_kind(self, dotted: str) -> BaseKind | None:
        """The role of a library's class as a base in declarative mapping; None: no known library has the class."""

    def makes_columns(self, dotted: str) -> bool:
        """Whether a name may make columns, relationships and constraints."""

    def role(self, dotted: str) -> FunctionRole | None:
        """What a decorator makes of a function."""

    def may_not_run(self, dotted: str) -> bool:
        """Whether a function with this decorator may do more, or less, than run its body when it is called."""

    def keeps_no_results(self, dotted: str) -> bool:
        """Whether a decorator surely does not keep what calls of the function return."""

    def leaves_arguments(self, dotted: str) -> bool:
        """Whether a function of a library never changes its arguments."""

    def never_awaited(self, dotted: str) -> bool:
        """Whether a function of a library returns None, and nothing that can be awaited."""

    def base_of(self, error: str) -> str | None:
        """The base of an exception class of a library, by their names."""

    def is_assumed(self, top: str) -> bool:
        """Whether a package is assumed to be installed, since projects that use Cucurbit need it."""

    def is_of_command(self, top: str) -> bool:
        """Whether the command that runs env.py imports this top-level module before any of the project."""

    def startup(self, dotted: str) -> Startup | None:
        """What runs when an application is served that was created by calling the class ``dotted``."""

    def console_script(self, name: str) -> ConsoleScript | None:
        """What a command does in the process that it is started in."""


Startup: TypeAlias = "Callable[[Machine, ExternalObject, Place], None]"
"""What runs when an application is served, at a place."""

ConsoleScript: TypeAlias = Callable[[Machine, Sequence[str], CallSite], None]
"""What a command line does: the machine, its words after the name of the program, and where it is started."""
