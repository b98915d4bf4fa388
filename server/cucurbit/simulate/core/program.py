"""Protocols of the running program and of each of its parts, through which the parts refer to each other.

:class:`cucurbit.simulate.simulation.Simulation` implements :class:`Program`. The class of each part is in a sub-package
above this one. A sub-package may use any part through its protocol, and imports only sub-packages below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

from cucurbit.simulate.core.branches import Condition
from cucurbit.simulate.core.cells import Clock
from cucurbit.simulate.core.flow import Flow
from cucurbit.simulate.core.frames import Frame, OnYield
from cucurbit.simulate.core.guards import ExceptClause, Guard, GuardState
from cucurbit.simulate.core.machine import Machine, PackageKnowledge
from cucurbit.simulate.core.timeline import Event, Failure, ImportRecord, Link, LinkKind, MetaDataId, Place
from cucurbit.simulate.core.values import (
    CallSite,
    ClassValue,
    Coroutine,
    External,
    FunctionValue,
    InstanceValue,
    MetaDataValue,
    ModuleValue,
    Value,
)
from cucurbit.source import facts as f
from cucurbit.source.facts import At
from cucurbit.source.reaching import Reaching
from cucurbit.workspace.model import ModuleSpec

T = TypeVar("T")


class PackagePath(NamedTuple):
    """The folders of a package's ``__path__`` that are in the workspace; ``complete``: there are surely no others."""

    folders: tuple[str, ...]
    complete: bool


class ExpressionsPart(Protocol):
    """Evaluates expressions, and looks names up and binds them, in the current frame."""

    def evaluate(self, expr: f.Expr) -> Value: ...

    def literal_at(self, expr: f.Expr, at: At) -> Value: ...

    def augmented(self, op: str, left: Value, right: Value, *, new: bool = False) -> Value: ...

    def truth(self, value: Value) -> bool | None: ...

    def iterate(self, value: Value) -> tuple[Value, ...] | None: ...

    def set_item(self, container: Value, key: Value, value: Value) -> None: ...

    def delete_item(self, container: Value, key: Value) -> None: ...

    def bind(self, name: str, value: Value) -> None: ...

    def unbind(self, name: str, at: At) -> None: ...

    def held(self, name: str) -> Value | None: ...

    def forget(self, name: str) -> None: ...

    def present(self, value: Value) -> Value: ...

    def doubt_handler(self, name: str, place: Place) -> None: ...


class StatementsPart(Protocol):
    """Runs steps in the current frame."""

    def run(self, steps: Sequence[f.Step]) -> Flow: ...

    def assign(self, target: f.Expr, value: Value) -> None: ...


class LimitsPart(Protocol):
    """Decides which calls are not followed."""

    @property
    def depth(self) -> int: ...

    def has_room(self, depth: int) -> bool: ...

    def is_quiet(self, function: Place) -> bool: ...

    def toil(self, function: Place, amount: int) -> bool: ...


class CallsPart(Protocol):
    """Calls functions, methods, classes and external names."""

    guesses: int

    @property
    def limits(self) -> LimitsPart: ...

    def call(self, function: Value, call: CallSite) -> Value: ...

    def run_function(
        self,
        function: FunctionValue,
        call: CallSite,
        on_yield: OnYield = "unknown",
        body: Callable[[Value], None] | None = None,
    ) -> Value: ...

    def run_coroutine(self, coroutine: Coroutine, *, until_yield: bool = False) -> Value: ...

    def collect(self, coroutine: Coroutine) -> tuple[Value, ...] | None: ...

    def drawn(self, coroutine: Coroutine) -> Value: ...

    def yielded(self, value: Value, delegate: bool) -> None: ...

    def enter(self, context: Value, place: Place) -> Value: ...

    def decorate(self, decorator: Value, target: Value, at: At) -> Value: ...

    def defaults(self, params: f.Params) -> dict[str, Value]: ...

    def guess(self, *, importing: bool = False) -> None: ...

    def made_by_metaclass(self, metaclass: Value) -> None: ...


class ClassHooksPart(Protocol):
    """Runs what classes of the workspace do while a class is made."""

    def make(self, cls: ClassValue) -> None: ...

    def at_super(self, call: CallSite) -> Value | None: ...


class AttributesPart(Protocol):
    """Finds and sets attributes."""

    def get(self, value: Value, name: str, place: Place) -> Value: ...

    def set(self, value: Value, name: str, new: Value) -> None: ...

    def of_external(self, value: External, name: str, place: Place, error: str) -> Value: ...

    def is_plain(self, cls: ClassValue) -> bool: ...

    def runs_code(self, instance: InstanceValue, name: str) -> bool: ...

    def member_by_value(self, cls: ClassValue, value: Value) -> Value | None: ...


class UnseenNamesPart(Protocol):
    """Tells which names a module may have although no code that was followed bound them."""

    @property
    def unseen_modules(self) -> bool: ...

    def lose_sight(self) -> None: ...

    def declared_global(self, module: ModuleValue) -> frozenset[str] | None: ...

    def may_hold(self, module: ModuleValue, name: str) -> bool: ...

    def check_handlers(self, module: ModuleValue, name: str, place: Place) -> None: ...

    def may_import(self, package: ModuleValue, name: str) -> bool: ...

    def filled_from_afar(self) -> bool: ...


class SearchPart(Protocol):
    """Looks for the files of modules, and keeps ``sys.path``."""

    def find_top(self, name: str) -> ModuleSpec | None: ...

    def findable(self, package: ModuleValue, name: str) -> bool: ...

    def folders_of(self, package: ModuleValue) -> PackagePath: ...

    def portions(self, name: str) -> tuple[str, ...]: ...

    def set(self, value: Value) -> None: ...

    def insert(self, index: int | None, value: Value) -> None: ...

    def is_loaded(self, spec: ModuleSpec) -> bool | None: ...


class ImportsPart(Protocol):
    """The import statements, and the contents of ``sys.modules``."""

    @property
    def absence(self) -> UnseenNamesPart: ...

    @property
    def search(self) -> SearchPart: ...

    def run_import(self, step: f.Import) -> None: ...

    def run_import_from(self, step: f.ImportFrom) -> None: ...

    def import_recorded(
        self, name: str, place: Place, names: tuple[str, ...], *, by_name: bool = False
    ) -> ModuleValue | External: ...

    def load(self, name: str, place: Place) -> ModuleValue | External: ...

    def load_top(self, name: str, place: Place) -> None: ...

    def stands(self, name: str) -> bool | None: ...

    def put(self, name: str | None, value: Value) -> None: ...

    def outside(self, name: str, place: Place, asked: str = "") -> External: ...


class ExecutionPart(Protocol):
    """Executes files as modules."""

    def execute(self, spec: ModuleSpec, name: str, *, keep: bool = True) -> ModuleValue: ...

    def run_file(self, module: ModuleValue, path: str, *, keep: bool) -> None: ...


class InstalledSourcesPart(Protocol):
    """Evaluates names of installed packages from their source, without executing the packages."""

    def value(self, dotted: str) -> Value | None: ...

    def facts_of(self, module: ModuleValue) -> f.ModuleFacts | None: ...

    def name_in(self, module: ModuleValue, name: str) -> Value | None: ...


class GuardedBlocksPart(Protocol):
    """Keeps track of the guarded blocks that run."""

    @property
    def is_guarded(self) -> bool: ...

    @property
    def goes_on(self) -> bool: ...

    def swallowing(self) -> AbstractContextManager[None]: ...

    def is_prepared(self, path: str, failure: Failure) -> bool: ...

    def guarded(self, handlers: Sequence[ExceptClause]) -> AbstractContextManager[Guard]: ...

    def doubted(self, failure: Failure, package: str) -> None: ...

    def joined(self) -> None: ...

    def catching(self, failure: Failure, package: str) -> Guard | None: ...

    def guessed(self, *, importing: bool) -> None: ...

    def standing(self) -> Sequence[GuardState]: ...

    def rewind(self, standing: Sequence[GuardState]) -> None: ...


class ModuleRunPart(Protocol):
    """The execution of a module's file while it is recorded."""

    module: ModuleValue | None
    names: object


class SharingPart(Protocol):
    """Repeats what modules did in earlier simulations."""

    executed: int
    wanted: ModuleValue | None

    def repeat(self, spec: ModuleSpec, name: str) -> ModuleValue | None: ...

    def recording(self, spec: ModuleSpec, name: str, *, keep: bool) -> AbstractContextManager[ModuleRunPart]: ...

    def metadata(self, identity: MetaDataId) -> MetaDataValue: ...


class Program(Machine, Protocol):
    """The running program, with all its parts."""

    clock: Clock
    events: list[Event]
    records: list[ImportRecord]
    visited: dict[str, None]
    """The files that began to be executed, each once, in that order; ``missed`` likewise: the names not found."""

    missed: dict[str, None]
    frames: list[Frame]
    handling: list[Failure]
    raising: int
    """How many handlers run that certainly end by raising."""
    reaching: dict[int, Reaching]
    """What the bodies of functions may change, by the ``id`` of the body, which the value keeps alive."""
    doubts: list[Failure]
    origins: dict[Failure, Link]
    process: int
    muted: int
    spent: int
    repeated: int
    """The part of :attr:`spent` that earlier simulations took, for the modules that are repeated here."""

    @property
    def attributes(self) -> AttributesPart: ...

    @property
    def expressions(self) -> ExpressionsPart: ...

    @property
    def statements(self) -> StatementsPart: ...

    @property
    def guarding(self) -> GuardedBlocksPart: ...

    @property
    def calls(self) -> CallsPart: ...

    @property
    def class_hooks(self) -> ClassHooksPart: ...

    @property
    def importing(self) -> ImportsPart: ...

    @property
    def execution(self) -> ExecutionPart: ...

    @property
    def sources(self) -> InstalledSourcesPart: ...

    @property
    def sharing(self) -> SharingPart: ...

    @property
    def packages(self) -> PackageKnowledge: ...

    @property
    def frame(self) -> Frame:
        """The frame whose code runs now."""

    def place(self, at: At) -> Place:
        """The place that ``at`` means in the code that runs now."""

    def running(self, frame: Frame) -> AbstractContextManager[None]:
        """Run code in ``frame`` inside the block."""

    def quiet(self) -> AbstractContextManager[None]:
        """Emit no events in the block: it evaluates the source of an installed package to find what it defines."""

    def doubt(self, failure: Failure, package: str = "") -> None:
        """Note a failure that may happen and is not followed; ``package``: a top-level package that may be missing."""

    @property
    def is_in_thread(self) -> bool:
        """Whether the running code was started in a thread of its own."""

    def is_awaited(self, module: ModuleValue) -> bool:
        """Whether another thread executes a module: an import of it here waits for its end."""

    def miss(self, name: str) -> None:
        """Note that a dotted name was not found."""

    def visit(self, path: str) -> None:
        """Note that the execution of a file begins."""

    def linked(self, kind: LinkKind, place: Place, target: str, body: Callable[[], T]) -> T:
        """Run ``body`` with one more link on the chain."""

    def fork(self, *branches: Callable[[], T], instead: tuple[Condition, ...] = ()) -> list[T]:
        """Run alternatives one after the other over the same state and join what they leave.

        ``instead``: the conditions under which none of them is reached (:attr:`Side.instead`).

        Raises:
            Raised, Ended: where every branch raises, or ends the process.
        """
