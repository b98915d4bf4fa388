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
    SchemaState,
    Sent,
    Step,
    applied,
    asks_database,
    doubted,
    has_namesake,
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
    of a revision ends, if that is in an exception.
    """

    graph: RevisionGraph
    steps: Mapping[str, tuple[Step, ...]]
    sent: Mapping[str, tuple[Sent, ...]]
    failures: Mapping[str, Event]
    before: Mapping[str, SchemaState]
    after: Mapping[str, SchemaState]
    head: SchemaState
    made_elsewhere: Mapping[str, MadeElsewhere]
    faults: tuple[Faulty, ...]


@dataclass(frozen=True)
class _Run:
    """What a revision does to any database, and whether it asks what the database holds."""

    steps: tuple[Step, ...]
    sent: tuple[Sent, ...]
    failure: Event | None
    asks: bool = False


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
    branches = _Branches(graph)
    replaces = context.workspace.mentions(graph.environment.env_path, *_REPLACING)
    if replaces:
        steps = {name: _unsure(each) for name, each in steps.items()}
    before: dict[str, SchemaState] = {}
    after: dict[str, SchemaState] = {}
    judge = _Judge()
    for each in graph.order:
        state = _found(each, branches, steps, after)
        for other in branches.beside(each):
            state = doubted(state, steps[other.id], _ELSEWHERE)
        before[each.id] = state
        if runs[each.id].asks:
            runs[each.id] = context.memo_for(_run_on, RevisionOn(calls[each.id], state))
            steps[each.id] = _unsure(runs[each.id].steps) if replaces else runs[each.id].steps
        judge.begin(each)
        after[each.id] = applied(state, steps[each.id], judge.step)
    last = graph.order[-1:]
    linear = all(not any(True for _ in branches.beside(each)) for each in last)
    head = after[last[0].id] if last and linear else _folded(graph.order, steps)
    return History(
        graph,
        MappingProxyType(steps),
        MappingProxyType({name: run.sent for name, run in runs.items()}),
        MappingProxyType({name: run.failure for name, run in runs.items() if run.failure is not None}),
        MappingProxyType(before),
        MappingProxyType(after),
        head,
        MappingProxyType(judge.elsewhere),
        tuple(judge.faults),
    )


def calls_of(context: Context, graph: RevisionGraph, function: str = "upgrade") -> dict[str, EntryPoint]:
    """The call of a function of each revision, by identifier."""
    entry = revision_entry(context.workspace.entry_points, graph.environment, function=function)
    return {each.id: replace(entry, path=each.path) for each in graph.order}


@dataclass(frozen=True)
class Downgrade:
    """What the downgrade of a revision does on any database. ``place``: its function, or the file if it has none.

    ``sends``: it sends statements. ``ends``: it ends in an exception, or it is not known what it does.
    """

    steps: tuple[Step, ...]
    place: Place
    sends: bool
    ends: bool


def downgrade_of(context: Context, history: History, script: RevisionScript) -> Downgrade:
    """What the downgrade of a revision does."""
    run = context.memo_for(_run, calls_of(context, history.graph, "downgrade")[script.id])
    at = context.about(script.path, _downgrade_at)
    ends = run.failure is not None or run.asks or at is None
    return Downgrade(run.steps, Place(script.path, WHOLE_FILE if at is None else at), bool(run.sent), ends)


def _downgrade_at(facts: ModuleFacts) -> At | None:
    return next((step.at for step in facts.body if isinstance(step, FunctionDef) and step.name == "downgrade"), None)


class _Judge:
    """Judges the operations of revisions, each on the schema that it finds."""

    def __init__(self) -> None:
        self.elsewhere: dict[str, MadeElsewhere] = {}
        self.faults: list[Faulty] = []
        self._script: RevisionScript | None = None
        self._renamed: set[tuple[str, str]] = set()

    def begin(self, script: RevisionScript) -> None:
        self._script, self._renamed = script, set()

    def step(self, step: Step, found: SchemaState) -> None:
        script = self._script
        assert script is not None
        key = _missing(found, step)
        if key is not None:
            self.elsewhere.setdefault(key, MadeElsewhere(script, step))
        fault = fault_of(found, step)
        if fault is not None and columns_needed(step.operation).isdisjoint(self._renamed):
            self.faults.append(Faulty(script, step, fault))
        self._renamed |= column_renamed(step.operation)


def _run(context: Context, entry: EntryPoint) -> _Run:
    return _run_of(context.revision_timeline(entry), entry.path)


def _unsure(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The same steps, each of which may do something else."""
    return tuple(replace(each, certain=False) for each in steps)


def _run_on(context: Context, run: RevisionOn) -> _Run:
    return _run_of(context.revision_timeline_on(run), run.entry.path)


def _run_of(timeline: Timeline, path: str) -> _Run:
    failure = next(iter(timeline.of(EventKind.ENTRY_FAILED)), None)
    return _Run(steps_of(timeline, path), sent_by(timeline, path), failure, asks_database(timeline))


def _found(
    script: RevisionScript,
    branches: _Branches,
    steps: Mapping[str, tuple[Step, ...]],
    after: Mapping[str, SchemaState],
) -> SchemaState:
    """The schema that a revision finds when all that it follows were applied."""
    before = branches.right_before(script)
    named = len(set(script.parents)) + len(set(script.dependencies))
    if len(before) < named or not script.names.down_revision.known or any(each.id not in after for each in before):
        return SchemaState(open=("what it follows is not known",))
    if len(before) == 1:
        return after[before[0].id]
    return _folded(branches.ancestors(script), steps)


def _folded(scripts: tuple[RevisionScript, ...], steps: Mapping[str, tuple[Step, ...]]) -> SchemaState:
    state = EMPTY
    for each in scripts:
        state = applied(state, steps[each.id])
    return state


class _Branches:
    """Which revisions run before and after others: sets of positions in the order, as bits of a number."""

    def __init__(self, graph: RevisionGraph) -> None:
        self._order = graph.order
        self._positions = {each.id: number for number, each in enumerate(self._order)}
        self._right_before = [graph.before(each) for each in self._order]
        self._before = [0] * len(self._order)
        self._after = [0] * len(self._order)
        for number, others in enumerate(self._right_before):
            for other in others:
                at = self._positions[other.id]
                self._before[number] |= self._before[at] | (1 << at)
        for number in reversed(range(len(self._order))):
            for other in self._right_before[number]:
                self._after[self._positions[other.id]] |= self._after[number] | (1 << number)

    def right_before(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that one follows and depends on."""
        return self._right_before[self._positions[script.id]]

    def ancestors(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that certainly run before one, in order."""
        return self._of(self._before[self._positions[script.id]])

    def beside(self, script: RevisionScript) -> tuple[RevisionScript, ...]:
        """The revisions that may run before or after one."""
        number = self._positions[script.id]
        every = (1 << len(self._order)) - 1
        return self._of(every & ~(self._before[number] | self._after[number] | (1 << number)))

    def _of(self, positions: int) -> tuple[RevisionScript, ...]:
        return tuple(each for number, each in enumerate(self._order) if positions >> number & 1) if positions else ()
