"""What the parts of the simulator ask of each other.

:class:`Machine` is the running program as the special knowledge (declarative mapping, migrations, frameworks, the
standard library) sees it. Such knowledge comes as a table from dotted names to handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NoReturn, Protocol, TypeAlias, TypeVar

from cucurbit.simulate.core.paths import Paths
from cucurbit.simulate.core.state import State
from cucurbit.simulate.core.timeline import EventKind, Failure, LinkKind, MetaDataId, Place, TableDefinition
from cucurbit.simulate.core.values import (
    CallSite,
    ClassValue,
    Coroutine,
    FunctionValue,
    MetaDataValue,
    ModuleValue,
    SequenceValue,
    Value,
)
from cucurbit.source.facts import Step
from cucurbit.workspace.model import EntryPoint, MigrationEnvironment, Workspace

if TYPE_CHECKING:
    from cucurbit.simulate.packages.alembic.migrations import Run


T = TypeVar("T")


class Raised(Exception):
    """A Python exception travelling through the simulated program."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


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

    def body(self, function: FunctionValue) -> tuple[Step, ...]:
        """The steps of a function."""

    def emit(
        self,
        kind: EventKind,
        place: Place,
        *,
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

    def fail(self, error: str, message: str, place: Place) -> NoReturn:
        """Raise a Python exception of class ``error`` in the simulated program.

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

    def run_environment(self, environment: MigrationEnvironment | None, call: CallSite, command: str) -> Value:
        """Run an Alembic command that loads env.py in this process; ``environment`` None: not known which."""

    def reload(self, module: ModuleValue, place: Place) -> Value:
        """``importlib.reload(module)``."""

    def run_path(self, name: str, path: str, place: Place) -> None:
        """Execute a file under a name, outside ``sys.modules``."""

    def run_module(self, name: str, run_name: str | None, place: Place) -> None:
        """``runpy.run_module(name, run_name=run_name)``."""

    def add_search_path(self, index: int | None, value: Value) -> None:
        """``sys.path.insert(index, value)``; None appends."""

    def in_other_process(self, body: Callable[[], Value]) -> Value:
        """Run ``body`` over a state of its own."""

    def run_alembic_process(self, config: str | None, call: CallSite, command: str) -> None:
        """``alembic -c config command`` in a process of its own."""

    def handler_value(self, handler: Handler) -> Value:
        """A value whose call is ``handler``."""

    def named_tuple(self, items: Value, names: tuple[str, ...]) -> Value:
        """A tuple whose items have names besides."""

    @property
    def environment_run(self) -> Run | None:
        """The env.py run that is under way; None outside one."""

    def run_revisions(self, call: CallSite) -> None:
        """``context.run_migrations()``."""

    def linked(self, kind: LinkKind, place: Place, target: str, body: Callable[[], Value]) -> Value:
        """Run ``body`` with one more link on the chain."""

    def undecided(self, *branches: Callable[[], Value]) -> Value:
        """Run alternatives of which it is not known which one happens, and join what they leave."""


Handler: TypeAlias = Callable[[Machine, CallSite], Value]
Handlers: TypeAlias = Mapping[str, Handler]
