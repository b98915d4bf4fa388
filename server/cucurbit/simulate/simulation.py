"""The running program: frames, events and undecided branches. The statements are in :mod:`.statements`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, NoReturn, TypeVar, cast

from cucurbit.simulate.core.branches import ALWAYS, Condition, Side, Under
from cucurbit.simulate.core.cells import Cells, TableCells
from cucurbit.simulate.core.frames import Exhausted, Frame
from cucurbit.simulate.core.machine import Ended, ExternalCallable, Handler, Machine, PackageKnowledge, Raised
from cucurbit.simulate.core.paths import Paths
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.state import Branch, State
from cucurbit.simulate.core.timeline import (
    CutKind,
    Event,
    EventKind,
    Failure,
    ImportRecord,
    Link,
    LinkKind,
    MetaDataId,
    Place,
    Shape,
    TableDefinition,
)
from cucurbit.simulate.core.values import (
    SOME_SCHEMA,
    CallSite,
    ClassValue,
    Constant,
    Coroutine,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    MetaDataValue,
    Missing,
    ModuleValue,
    SequenceValue,
    TableEntry,
    Unknown,
    Value,
    choice,
    text_of,
)
from cucurbit.simulate.core.work import ITEMS_A_STEP, MOST_ITEMS, PERIOD
from cucurbit.simulate.imports import run_by_name
from cucurbit.simulate.imports.execution import Execution
from cucurbit.simulate.imports.import_system import Importing
from cucurbit.simulate.imports.installed_sources import InstalledSources
from cucurbit.simulate.imports.reload import Reloads
from cucurbit.simulate.language.attributes import Attributes
from cucurbit.simulate.language.calls import Calls
from cucurbit.simulate.language.class_hooks import ClassHooks
from cucurbit.simulate.language.containers import ITERATOR
from cucurbit.simulate.language.expressions import Expressions
from cucurbit.simulate.language.guarded_blocks import Guarding
from cucurbit.simulate.language.statements import Statements
from cucurbit.simulate.packages.registry import Registry
from cucurbit.simulate.replay.effects import Doubted, Happened, Made, Missed, Observed, Visited
from cucurbit.simulate.replay.repetition import Shared, Sharing
from cucurbit.source.facts import WHOLE_FILE, At, Step
from cucurbit.source.reaching import Reaching
from cucurbit.workspace.model import EntryPoint, ModuleSpec, Workspace

T = TypeVar("T")


class Simulation:
    """One simulated run; implements :class:`cucurbit.simulate.core.program.Program`."""

    def __init__(
        self, workspace: Workspace, entry: EntryPoint, shared: Shared, database: SchemaState | None = None
    ) -> None:
        self.workspace = workspace
        self.database = database
        self.entry = entry
        self.clock = shared.clock
        self.sharing = Sharing(self, shared)
        self.state = State(self.clock, entry.sys_path)
        self.paths = Paths(workspace, self.state)
        self.paths.change_directory(entry.directory)
        self.events: list[Event] = []
        self.records: list[ImportRecord] = []
        self.visited: dict[str, None] = {}
        self.missed: dict[str, None] = {}
        self.frames: list[Frame] = []
        self.loops: list[bool] = [False]
        """Whether an event loop runs in the current thread, the innermost thread last."""
        self._threads: list[int] = []
        """How many frames there were when each thread that is not the first one began, the innermost last."""
        self.handling: list[Failure] = []
        self.raising = 0
        self.doubts: list[Failure] = []
        """Failures that may happen but were not followed: what an ``except`` around them may catch."""
        self.origins: dict[Failure, Link] = {}
        """The last link of the chain to the code that raised each failure."""
        self.reaching: dict[int, Reaching] = {}
        self.process = 0
        self.muted = 0
        self.spent = 0
        self.repeated = 0
        self._work = shared.work
        self._budget = shared.work.allowed
        self._pause = 0
        self.packages: PackageKnowledge = Registry()
        self.attributes = Attributes(self)
        self.expressions = Expressions(self)
        self.statements = Statements(self)
        self.guarding = Guarding(self)
        self.calls = Calls(self)
        self.class_hooks = ClassHooks(self)
        self.importing = Importing(self)
        self.execution = Execution(self)
        self.sources = InstalledSources(self)
        self.reloads = Reloads(self)
        self._processes = 0
        self._package_states: dict[object, object] = {}

    # ------------------------------------------------------------- where we are

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def module(self) -> ModuleValue:
        return self.frame.module

    @property
    def certain(self) -> bool:
        return not self.state.condition

    @property
    def in_function(self) -> bool:
        return any(frame.function is not None for frame in self._frames_of_module())

    @property
    def method(self) -> tuple[FunctionValue, Value] | None:
        function, scope = self.frame.function, self.frame.scope
        if function is None or scope is None or not function.params.positional:
            return None
        first = scope.names.get(function.params.positional[0].name)
        return None if first is None else (function, first)

    @property
    def is_guarded(self) -> bool:
        return self.guarding.goes_on

    @property
    def is_failing(self) -> bool:
        return self.raising > 0 and not (self.guarding.is_guarded or self.guarding.goes_on)

    @property
    def in_import(self) -> bool:
        return any(frame.scope is None and frame.path != self.entry.path for frame in self.frames)

    def _frames_of_module(self) -> Iterator[Frame]:
        for frame in reversed(self.frames):
            yield frame
            if frame.scope is None:
                return

    def place(self, at: At) -> Place:
        """The place that ``at`` means in the code that runs now."""
        return Place(self.frame.path, at)

    def body(self, function: FunctionValue) -> tuple[Step, ...]:
        """The steps of a function, of the workspace or of an installed package."""
        own = self.sources.facts_of(function.module)
        if own is not None:
            return own.bodies[function.number]
        return self.workspace.body(function.place.path, function.number)

    def spend(self, amount: int = 1) -> None:
        """Count ``amount`` steps of work against the budget.

        Raises:
            Exhausted: the budget is spent.
        """
        self.spent += amount
        if self.spent > self._pause:
            if self.spent > self._budget:
                raise Exhausted
            self._work.check()
            self._pause = min(self._budget, self.spent + PERIOD)

    @contextmanager
    def running(self, frame: Frame) -> Iterator[None]:
        self.frames.append(frame)
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Emit no events in the block: it evaluates the source of an installed package to find what it defines."""
        self.muted += 1
        try:
            yield
        finally:
            self.muted -= 1

    def linked(self, kind: LinkKind, place: Place, target: str, body: Callable[[], T]) -> T:
        frame = self.frame
        before = frame.link
        frame.link = Link(kind, place, target, before)
        try:
            return body()
        except Raised as raised:
            # The innermost link comes first.
            self.origins.setdefault(raised.failure, frame.link)
            raise
        finally:
            frame.link = before

    # ------------------------------------------------------------------- events

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
        if self.muted:
            return
        event = Event(
            kind=kind,
            certain=certain and self.certain,
            place=place,
            link=self.frames[-1].link if self.frames else None,
            module=module,
            path=path,
            definition=definition,
            other=other,
            failure=failure,
            metadata=metadata,
            environment=environment,
            detail=detail,
            process=self.process,
            under=Under(self.state.condition) if self.state.condition else ALWAYS,
            origin=origin,
            cut=cut,
            revision=revision,
            shape=shape,
        )
        self.events.append(event)
        self.clock.running.note(Happened(event))

    def doubt(self, failure: Failure, package: str = "") -> None:
        """Note a failure that may happen and is not followed; ``package``: a top-level package that may be missing."""
        self.doubts.append(failure)
        self.clock.running.note(Doubted(failure, package))
        self.guarding.doubted(failure, package)

    def miss(self, name: str) -> None:
        """A dotted name is not found."""
        self.missed.setdefault(name)
        self.clock.running.note(Missed(name))

    def visit(self, path: str) -> None:
        """A file begins to be executed."""
        self.visited.setdefault(path)
        self.clock.running.note(Visited(path))

    def cut(self, place: Place, why: str, kind: CutKind = CutKind.CODE) -> None:
        self.emit(EventKind.CUT, place, detail=why, cut=kind)

    def fail(self, error: str, message: str, place: Place, named: str = "") -> NoReturn:
        raise Raised(Failure(error, message, place, named=named))

    # -------------------------------------------------------- undecided branches

    def fork(self, *branches: Callable[[], T], instead: tuple[Condition, ...] = ()) -> list[T]:
        """Run alternatives one after the other over the same state and join what they leave.

        ``instead``: the conditions under which none of them is reached (:attr:`Side.instead`).

        What raises, or ends the process, is taken not to happen: a guard is assumed to pass. Its failure is a doubt.

        Raises:
            Raised, Ended: where every branch raises, or ends the process.
        """
        results: list[T] = []
        outcomes: list[Branch] = []
        left_by: list[Raised | Ended] = []
        left: list[Side] = []
        fork = object()
        for run in branches:
            side = Side(fork, instead)
            try:
                result, branch = self.state.branch(run, side)
            except (Raised, Ended) as stopped:
                left_by.append(stopped)
                left.append(side)
            else:
                results.append(result)
                outcomes.append(branch)
        if not outcomes:
            raise left_by[0]
        if not self.guarding.is_guarded:
            for side in left:
                side.leave()
        self.state.join(outcomes)
        self.guarding.joined()
        for each in (stopped for stopped in left_by if isinstance(stopped, Raised)):
            self.doubt(each.failure)
        return results

    def undecided(self, *branches: Callable[[], Value]) -> Value:
        result = choice(*self.fork(*branches))
        return Unknown("a branch with an unknown test") if isinstance(result, Missing) else result

    # ------------------------------------------------- what the special parts use

    def get_attribute(self, value: Value, name: str, place: Place) -> Value:
        return self.attributes.get(value, name, place)

    def set_attribute(self, value: Value, name: str, new: Value) -> None:
        self.attributes.set(value, name, new)

    def class_attribute(self, cls: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
        return self.attributes.on_class(cls, name)

    def mro(self, cls: ClassValue) -> tuple[Value, ...]:
        return self.attributes.mro(cls)

    def call(self, function: Value, call: CallSite) -> Value:
        return self.calls.call(function, call)

    def with_super(
        self, function: FunctionValue, method: str, reached: Callable[[CallSite], None], run: Callable[[], object]
    ) -> bool | None:
        return self.class_hooks.with_super(function, method, reached, run)

    def run_coroutine(self, coroutine: Coroutine, *, until_yield: bool = False) -> Value:
        return self.calls.run_coroutine(coroutine, until_yield=until_yield)

    def run_installed(self, dotted: str) -> Value | None:
        return self.sources.value(dotted)

    def in_thread(self, loop: bool, body: Callable[[], T]) -> T:
        self.loops.append(loop)
        if not loop:
            # An import in it may wait for a module that is executed around it: a repetition has no such thread.
            self.clock.running.spoil()
            self._threads.append(len(self.frames))
        try:
            return body()
        finally:
            self.loops.pop()
            if not loop:
                self._threads.pop()

    @property
    def is_in_thread(self) -> bool:
        return bool(self._threads)

    def is_awaited(self, module: ModuleValue) -> bool:
        """Whether another thread executes a module: an import of it here waits for its end."""
        if not self._threads or module.phase != "running" or module.name == "__main__":
            return False
        return any(frame.module is module and frame.scope is None for frame in self.frames[: self._threads[-1]])

    @property
    def loop_runs(self) -> bool:
        self.clock.running.note(Observed(lambda program: program.loop_runs, self.loops[-1]))
        return self.loops[-1]

    def truth(self, value: Value) -> bool | None:
        return self.expressions.truth(value)

    def iterate(self, value: Value) -> tuple[Value, ...] | None:
        return self.expressions.iterate(value)

    def import_module(self, name: str, place: Place, *, by_name: bool = True) -> Value:
        found = self.importing.import_module(name, place) if by_name else self.importing.recorded(name, place, ())
        if isinstance(found, External):
            self.calls.guess(importing=True)
        return found

    def new_metadata(self, module: str, label: str, place: Place | None, schema: Value | None) -> MetaDataValue:
        known: str | Unknown | None = None if schema is None else text_of(schema)
        if known is None and schema not in (None, Constant(None)):
            known = SOME_SCHEMA
        return self._seen(MetaDataValue(MetaDataId(module, label, place), self.state_cells(), known))

    def _seen(self, metadata: MetaDataValue) -> MetaDataValue:
        self.state.metadata.append(metadata)
        self.clock.running.note(Made(metadata))
        return metadata

    def shared_metadata(self, module: str, label: str) -> MetaDataValue:
        for metadata in self.state.metadata:
            if metadata.id.place is None and (metadata.id.module, metadata.id.label) == (module, label):
                self.clock.running.note(Made(metadata))
                return metadata
        return self._seen(self.sharing.metadata(MetaDataId(module, label, None)))

    def state_cells(self) -> TableCells[TableEntry]:
        return TableCells(self.clock)

    def sequence(self, kind: Literal["list", "tuple", "set"], items: tuple[Value, ...], open_: bool = False) -> Value:
        """A new list, tuple or set; what is too long to be kept whole is open."""
        self.spend(1 + len(items) // ITEMS_A_STEP)
        if kind == "set":
            items = tuple(dict.fromkeys(items)) if all(isinstance(item, Constant) for item in items) else items
        cells: Cells[tuple[Value, ...]] = Cells(self.clock)
        cells.data["items"] = items[:MOST_ITEMS]
        return SequenceValue(kind, cells, open_ or len(items) > MOST_ITEMS)

    def iterator(self, items: tuple[Value, ...]) -> Value:
        site = CallSite(Place("", WHOLE_FILE), "", None, (), {})
        made = ExternalObject(ITERATOR, site, self.state.cells())
        made.attributes.data["@items"] = self.sequence("tuple", items)
        return made

    def extend(self, sequence: SequenceValue, items: tuple[Value, ...] | None) -> None:
        """``sequence.extend(items)``; None for items that are not known."""
        if items is None or len(sequence.items) + len(items) > MOST_ITEMS:
            self.state.open_up(sequence)
            return
        self.spend(1 + (len(sequence.items) + len(items)) // ITEMS_A_STEP)
        self.state.write(sequence.cells, "items", sequence.items + items)

    def items_until(self, generator: Coroutine, wanted: bool) -> tuple[Value, ...] | None:
        return self.calls.items_until(generator, wanted)

    def first_of(self, generator: Coroutine) -> Value:
        return self.calls.first_of(generator)

    def put_module(self, name: str | None, value: Value) -> None:
        self.importing.put(name, value)

    def namespace(self, *, outermost: bool) -> Value:
        """``globals()`` where ``outermost``, else ``locals()``."""
        frame = self.frame
        if outermost or frame.scope is None:
            self.state.mark(frame.module.names, frame.module, "open")
            frame.module.open = True
            return DictValue(frame.module.names, open=True)
        if frame.scope.is_class:
            return DictValue(frame.scope.names, open=True)
        copy = DictValue(self.state.cells(), open=True)
        copy.cells.data.update({name: frame.scope.names[name] for name in frame.scope.names})
        return copy

    def reload(self, module: ModuleValue, place: Place) -> Value:
        return self.linked(LinkKind.IMPORT, place, module.name, lambda: self.reloads.reload(module, place))

    def run_path(self, name: str, path: str, place: Place) -> None:
        self.linked(LinkKind.IMPORT, place, name, lambda: self.reloads.run_path(name, path, place))

    def run_module(self, name: str, run_name: str | None, place: Place) -> None:
        self.linked(LinkKind.IMPORT, place, name, lambda: run_by_name.run_module(self, name, run_name, place))

    def portions(self, name: str) -> tuple[str, ...]:
        return self.clock.running.asking(self.importing, lambda importing: importing.search.portions(name))

    def add_search_path(self, index: int | None, value: Value) -> None:
        self.importing.search.insert(index, value)

    def execute_file(self, name: str, path: str) -> ModuleValue:
        return self.execution.execute(ModuleSpec(name, path, ()), name, keep=False)

    def in_other_process(self, body: Callable[[], Value]) -> Value:
        """Run ``body`` as another process, with its own state; a failure there is not a failure here."""
        self.clock.running.spoil()
        before = self.state, self.paths, self.process
        self.clock.remember_attribute(self, "_processes")
        self._processes += 1
        self.process = self._processes
        self.state = State(self.clock, self.entry.sys_path)
        self.state.condition = before[0].condition
        self.paths = Paths(self.workspace, self.state)
        self.paths.change_directory(before[1].directory)
        try:
            return body()
        except Raised as raised:
            self.emit(EventKind.ENTRY_FAILED, Place(self.frame.path, WHOLE_FILE), failure=raised.failure)
            return Unknown("a process that failed")
        except Ended:
            return Unknown("a process that ended")
        finally:
            self.state, self.paths, self.process = before

    def handler_value(self, handler: Handler) -> Value:
        """A value whose call is ``handler``."""
        return ExternalCallable("@made", handler)

    def named_tuple(self, items: Value, names: tuple[str, ...]) -> Value:
        """A named tuple."""
        site = CallSite(Place("", WHOLE_FILE), "", None, (), {})
        made = ExternalObject("@namedtuple", site, self.state.cells())
        made.attributes.data["@items"] = items
        if isinstance(items, SequenceValue):
            made.attributes.data.update(zip(names, items.items, strict=False))
        return made

    def package_state(self, make: Callable[[Machine], T]) -> T:
        if make not in self._package_states:
            self._package_states[make] = make(self)
        return cast("T", self._package_states[make])
