"""The history of each environment: what its revisions do, one after the other, and the schema that each leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.revision_entry import RevisionOn, revision_entry
from cucurbit.rules.shared.operation_faults import OperationFault, column_renamed, columns_needed, fault_of
from cucurbit.rules.shared.revisions import graphs
from cucurbit.simulate.core.operations import AnyChange, CreateTable, DropTable
from cucurbit.simulate.core.schema import (
    EMPTY,
    AppliedSteps,
    SchemaState,
    Sent,
    Step,
    applied,
    applied_steps,
    asked_tables,
    doubted,
    has_namesake,
    part_of,
    sent_by,
    steps_of,
)
from cucurbit.simulate.core.timeline import Event, EventKind, Place, Timeline
from cucurbit.simulate.stack import deep
from cucurbit.source.facts import WHOLE_FILE, At, FunctionDef, ModuleFacts
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import EntryPoint, MigrationEnvironment

_REPLACING = ("implementation_for", "compiles", "before_cursor_execute", "before_execute")
"""What code in env.py names that makes operations do something else."""

_ELSEWHERE = "a revision of another branch, which runs before or after"


@dataclass(frozen=True)
class MadeElsewhere:
    """The first operation, of ``script``, on a table that no revision creates: something else does, if it exists."""

    key: str
    script: RevisionScript
    step: Step


@dataclass(frozen=True)
class Faulty:
    """An operation of ``script`` that fails on the schema that it finds."""

    script: RevisionScript
    step: Step
    fault: OperationFault


@dataclass(frozen=True, eq=False)
class History:
    """The revisions of one environment with their schemas, from an empty database. All mappings are by identifier.

    ``steps``: what a revision does. ``before`` and ``after``: the schema that it finds and leaves. ``head``: the schema
    when every revision was applied. ``made_elsewhere``: the tables that revisions change and that none of them creates,
    by ``schema.name``. If there are any, the history begins from a database that something else made. ``faults``: the
    operations that fail, in their order. ``sent``: the statements that a revision sends. ``failures``: how the upgrade
    of a revision ends, if that is in an exception. ``creates_all``: the calls of ``create_all`` of those that have any.
    """

    graph: RevisionGraph
    steps: Mapping[str, tuple[Step, ...]]
    sent: Mapping[str, tuple[Sent, ...]]
    failures: Mapping[str, Event]
    creates_all: Mapping[str, tuple[Event, ...]]
    before: Mapping[str, SchemaState]
    after: Mapping[str, SchemaState]
    head: SchemaState
    made_elsewhere: Mapping[str, MadeElsewhere]
    faults: tuple[Faulty, ...]
    foreign: MadeElsewhere | None
    """The first operation on a table that no revision makes or may have made, with the revision."""


@dataclass(frozen=True)
class _Run:
    """What a revision does to any database. ``asks``: the tables that it asks about, as :func:`asked_tables`."""

    steps: tuple[Step, ...]
    sent: tuple[Sent, ...]
    failure: Event | None
    creates_all: tuple[Event, ...]
    asks: tuple[str, ...] = ()


def _missing(state: SchemaState, step: Step) -> str | None:
    operation = step.operation
    if isinstance(operation, (AnyChange, CreateTable)) or operation.table is None:
        return None
    if isinstance(operation, DropTable) and operation.if_exists is not False:
        return None
    key = operation.table.key
    return key if state.lacks(key) and key not in state.gone and not has_namesake(state, key) else None


def histories(context: Context) -> tuple[History, ...]:
    """The history of each environment, in their order."""
    return context.memo(_histories)


def history_of(context: Context, environment: MigrationEnvironment) -> History:
    """The history of one environment."""
    return next(each for each in histories(context) if each.graph.environment == environment)


def _histories(context: Context) -> tuple[History, ...]:
    return deep(lambda: tuple(_history(context, graph) for graph in graphs(context)))


def _history(context: Context, graph: RevisionGraph) -> History:
    calls = calls_of(context, graph)
    runs = {name: context.memo_for(_run, call) for name, call in calls.items()}
    steps = {name: run.steps for name, run in runs.items()}
    branches = context.memo_for(_branches, graph.environment)
    replaces = context.workspace.mentions(graph.environment.env_path, *_REPLACING)
    if replaces:
        steps = {name: _unsure(each) for name, each in steps.items()}
    before: dict[str, SchemaState] = {}
    after: dict[str, SchemaState] = {}
    judge = _Judge()
    known: dict[str, AppliedSteps] = context.workings((_history, graph.environment))
    for each in graph.order:
        state = _found(each, branches, steps, after)
        for other in branches.beside(each):
            state = doubted(state, steps[other.id], _ELSEWHERE)
        before[each.id] = state
        if runs[each.id].asks:
            runs[each.id] = _told(context, calls[each.id], state, runs[each.id].asks)
            steps[each.id] = _unsure(runs[each.id].steps) if replaces else runs[each.id].steps
        again = known[each.id].on(state, steps[each.id]) if each.id in known else None
        if again is None:
            judge.begin(each)
            again = applied(state, steps[each.id], judge.step)
            known.pop(each.id, None)
            if judge.is_clean:
                known[each.id] = applied_steps(state, steps[each.id], again)
        after[each.id] = again
    last = graph.order[-1:]
    linear = all(not any(True for _ in branches.beside(each)) for each in last)
    head = after[last[0].id] if last and linear else _folded(graph.order, steps)
    return History(
        graph,
        MappingProxyType(steps),
        MappingProxyType({name: run.sent for name, run in runs.items()}),
        MappingProxyType({name: run.failure for name, run in runs.items() if run.failure is not None}),
        MappingProxyType({name: run.creates_all for name, run in runs.items() if run.creates_all}),
        MappingProxyType(before),
        MappingProxyType(after),
        head,
        MappingProxyType(judge.elsewhere),
        tuple(judge.faults),
        judge.foreign,
    )


def _told(context: Context, call: EntryPoint, state: SchemaState, asked: tuple[str, ...]) -> _Run:
    """What a revision does that is told what it asks. If it asks for some tables, no others make a difference."""
    if all(asked):
        run = context.memo_for(_run_on, RevisionOn(call, part_of(state, frozenset(asked))))
        if not run.asks:
            return run
    return context.memo_for(_run_on, RevisionOn(call, state))


def calls_of(context: Context, graph: RevisionGraph, function: str = "upgrade") -> Mapping[str, EntryPoint]:
    """The call of a function of each revision, by identifier."""
    return context.memo_for(_calls, (graph.environment, function))


def _calls(context: Context, call: tuple[MigrationEnvironment, str]) -> Mapping[str, EntryPoint]:
    environment, function = call
    entry = revision_entry(context.workspace.entry_points, environment, function=function)
    graph = next(each for each in graphs(context) if each.environment == environment)
    return MappingProxyType({each.id: replace(entry, path=each.path) for each in graph.order})


@dataclass(frozen=True)
class Downgrade:
    """What the downgrade of a revision does on any database. ``place``: its function, or the file if it has none.

    ``sent``: the statements that it sends. ``ends``: it ends in an exception, or it is not known what it does.
    """

    steps: tuple[Step, ...]
    place: Place
    sent: tuple[Sent, ...]
    ends: bool


def downgrade_of(context: Context, history: History, script: RevisionScript) -> Downgrade:
    """What the downgrade of a revision does."""
    run = context.memo_for(_run, calls_of(context, history.graph, "downgrade")[script.id])
    at = context.about(script.path, _downgrade_at)
    ends = run.failure is not None or bool(run.asks) or at is None
    return Downgrade(run.steps, Place(script.path, WHOLE_FILE if at is None else at), run.sent, ends)


def _downgrade_at(facts: ModuleFacts) -> At | None:
    return next((step.at for step in facts.body if isinstance(step, FunctionDef) and step.name == "downgrade"), None)


class _Judge:
    """Judges the operations of revisions, each on the schema that it finds."""

    def __init__(self) -> None:
        self.elsewhere: dict[str, MadeElsewhere] = {}
        self.faults: list[Faulty] = []
        self.foreign: MadeElsewhere | None = None
        self.is_clean = True
        """Whether nothing was found in the revision."""
        self._script: RevisionScript | None = None
        self._renamed: set[tuple[str, str]] = set()

    def begin(self, script: RevisionScript) -> None:
        self._script, self._renamed, self.is_clean = script, set(), True

    def step(self, step: Step, found: SchemaState) -> None:
        script = self._script
        assert script is not None
        key = _missing(found, step)
        if key is not None:
            self.elsewhere.setdefault(key, MadeElsewhere(key, script, step))
            self.is_clean = False
        foreign = _foreign(found, step)
        if foreign:
            self.foreign = self.foreign or MadeElsewhere(foreign, script, step)
            self.is_clean = False
        fault = fault_of(found, step)
        if fault is not None:
            self.is_clean = False
        if fault is not None and columns_needed(step.operation).isdisjoint(self._renamed):
            self.faults.append(Faulty(script, step, fault))
        self._renamed |= column_renamed(step.operation)


def _foreign(state: SchemaState, step: Step) -> str:
    """The table that a step changes and that no revision has made, or may have; empty if there is none."""
    operation = step.operation
    if not step.certain or state.open or isinstance(operation, (CreateTable, AnyChange)) or operation.table is None:
        return ""
    if isinstance(operation, DropTable) and operation.if_exists is not False:
        return ""
    key = operation.table.key
    return "" if key in state.tables or key in state.gone or key in state.doubted else key


def _run(context: Context, entry: EntryPoint) -> _Run:
    return _run_of(context.revision_timeline(entry), entry.path)


def _unsure(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The same steps, each of which may do something else."""
    return tuple(replace(each, certain=False) for each in steps)


def _run_on(context: Context, run: RevisionOn) -> _Run:
    return _run_of(context.revision_timeline_on(run), run.entry.path)


def _run_of(timeline: Timeline, path: str) -> _Run:
    failure = next(iter(timeline.of(EventKind.ENTRY_FAILED)), None)
    created = tuple(timeline.of(EventKind.CREATE_ALL))
    return _Run(steps_of(timeline, path), sent_by(timeline, path), failure, created, asked_tables(timeline))


def _found(
    script: RevisionScript,
    branches: _Branches,
    steps: Mapping[str, tuple[Step, ...]],
    after: Mapping[str, SchemaState],
) -> SchemaState:
    """The schema that a revision finds when all that it follows were applied."""
    before = branches.right_before(script)
    if not branches.is_placed(script) or any(each.id not in after for each in before):
        return SchemaState(open=("what it follows is not known",))
    if len(before) == 1:
        return after[before[0].id]
    return _folded(branches.ancestors(script), steps)


def _folded(scripts: tuple[RevisionScript, ...], steps: Mapping[str, tuple[Step, ...]]) -> SchemaState:
    state = EMPTY
    for each in scripts:
        state = applied(state, steps[each.id])
    return state


@dataclass(frozen=True, eq=False)
class _Branches:
    """Which revisions run before and after others: sets of positions in the order, as bits of a number.

    ``placed``: whether all revisions that one follows and depends on are known, by position.
    """

    order: tuple[RevisionScript, ...]
    positions: Mapping[str, int]
    followed: tuple[tuple[RevisionScript, ...], ...]
    placed: tuple[bool, ...]
    earlier: tuple[int, ...]
    later: tuple[int, ...]

    def is_placed(self, script: RevisionScript) -> bool:
        """Whether all revisions that one follows and depends on are known."""
        return self.placed[self.positions[script.id]]

    def right_before(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that one follows and depends on."""
        return self.followed[self.positions[script.id]]

    def ancestors(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that certainly run before one, in order."""
        return self._of(self.earlier[self.positions[script.id]])

    def beside(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that may run before or after one."""
        number = self.positions[script.id]
        every = (1 << len(self.order)) - 1
        return self._of(every & ~(self.earlier[number] | self.later[number] | (1 << number)))

    def _of(self, positions: int) -> tuple[RevisionScript, ...]:
        return tuple(each for number, each in enumerate(self.order) if positions >> number & 1) if positions else ()


def _branches(context: Context, environment: MigrationEnvironment) -> _Branches:
    graph = next(each for each in graphs(context) if each.environment == environment)
    positions = {each.id: number for number, each in enumerate(graph.order)}
    followed = tuple(graph.before(each) for each in graph.order)
    placed = (
        each.names.down_revision.known and len(before) >= len(set(each.parents)) + len(set(each.dependencies))
        for each, before in zip(graph.order, followed, strict=True)
    )
    earlier, later = [0] * len(graph.order), [0] * len(graph.order)
    for number, others in enumerate(followed):
        for other in others:
            at = positions[other.id]
            earlier[number] |= earlier[at] | (1 << at)
    for number in reversed(range(len(graph.order))):
        for other in followed[number]:
            later[positions[other.id]] |= later[number] | (1 << number)
    return _Branches(graph.order, MappingProxyType(positions), followed, tuple(placed), tuple(earlier), tuple(later))
