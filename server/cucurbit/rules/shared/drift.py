"""The drift of each environment: what autogenerate would write, from the replayed history and the models of env.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import (
    About,
    Both,
    Difference,
    Differences,
    DriftSettings,
    ModelTables,
    grouped,
)
from cucurbit.analysis.drift.tables import compare
from cucurbit.analysis.drift.types import DIALECTS, Dialect, possible_dialects
from cucurbit.fixes.python_source import python_source
from cucurbit.rules.shared.databases import dialects_of, likely_dialects
from cucurbit.rules.shared.environments import Managed, managed_by, sets_schemas_otherwise
from cucurbit.rules.shared.history import History, histories
from cucurbit.rules.shared.name_filters import NameFilter, as_read, keeps, name_filter
from cucurbit.simulate.core.operations import AlterColumn, RenameTable, SqlChange, table_key
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.timeline import Event, Place
from cucurbit.simulate.shapes.snapshot import Moment, StandingTable, moments, shapes_at
from cucurbit.workspace.model import EntryKind, MigrationEnvironment


@dataclass(frozen=True)
class Drift:
    """What autogenerate would write for one environment.

    ``heads`` are the revisions that are compared. ``doubts``: why it may write something else or more. ``compared``:
    whether anything could be compared. ``begins_empty``: one of the first revisions does nothing.
    """

    environment: MigrationEnvironment
    heads: tuple[str, ...]
    comparison: Differences
    doubts: tuple[str, ...] = ()
    compared: bool = True
    begins_empty: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing else may differ."""
        return not self.doubts and self.compared


def drifts(context: Context) -> tuple[Drift, ...]:
    """The drift of each environment at its head, in their order."""
    return context.memo(_drifts)


def _drifts(context: Context) -> tuple[Drift, ...]:
    return tuple(_drift(context, history, history.head, ()) for history in histories(context))


def drift_after(context: Context, environment: MigrationEnvironment, revision: str) -> Drift | None:
    """The drift of an environment whose database is at a revision; None if there is none of this identifier."""
    for history in histories(context):
        if history.graph.environment == environment and revision in history.after:
            return _drift(context, history, history.after[revision], (revision,))
    return None


def _drift(context: Context, history: History, state: SchemaState, at: tuple[str, ...]) -> Drift:
    environment = history.graph.environment
    heads = at or tuple(each.id for each in history.graph.heads)
    env = managed_by(context, environment)
    if env is None:
        return Drift(environment, heads, Differences(), ("env.py is not simulated",), compared=False)
    moment = _moment(env)
    why = _not_compared(env, moment)
    if why or moment is None:
        return Drift(environment, heads, Differences(), (why,), compared=False)
    side = context.memo_for(_models, environment)
    unsure = tuple(_unsure(context, env, history))
    filters = (_filters(context, env) if env.target.filtered else None) or _Filters(None, None)
    read = state if filters.include_name is None else as_read(state, filters.include_name, side.tables)
    both = Both(side, read, _settings(context, env, history, state, sure=not unsure))
    found = compare(both, context.workings((_drift, environment)))
    if filters.include_object is not None:
        found = _let_through(filters.include_object, found)
    doubts = grouped((*unsure, *found.doubts))
    return Drift(environment, heads, found, doubts, begins_empty=_begins_empty(history))


_FILTERED = "include_object or include_name may leave something out"
_NO_TARGET = "target_metadata is not known"


@dataclass(frozen=True)
class _Filters:
    """The functions of env.py that leave something out; None if it has none."""

    include_object: NameFilter | None
    include_name: NameFilter | None


def _filters(context: Context, env: Managed) -> _Filters | None:
    """The functions that filter; None if they are not known."""
    options = env.target.options
    places = (options.include_object, options.include_name)
    found = tuple(None if each is None else name_filter(context, each) for each in places)
    if not options.filters_known or any(e is None and at is not None for e, at in zip(found, places, strict=True)):
        return None
    return _Filters(*found)


def _let_through(include_object: NameFilter, comparison: Differences) -> Differences:
    """The differences that ``include_object`` of env.py lets through."""
    found = [(each, keeps(include_object, each)) for each in comparison.differences]
    kept = tuple(each if sure else replace(each, certain=False) for each, sure in found if sure is not False)
    doubts = (About("whether include_object leaves it out", _about(each)) for each, sure in found if sure is None)
    return Differences(kept, tuple(dict.fromkeys((*doubts, *comparison.doubts))))


def _about(difference: Difference) -> str:
    name = difference.name or ",".join(difference.names)
    return f"{difference.table}.{name}" if name else difference.table


# -------------------------------------------------------------------------- models


def _moment(env: Managed) -> Moment | None:
    """When the migrations of the environment run.

    The command may load an application that runs them as well: its own run is the last.
    """
    config = env.environment.config
    found = [
        each
        for each in moments(env.run)
        if each.kind == "migrations" and each.event is not None and each.event.environment == config
    ]
    if not found:
        return None
    return found[-1] if env.run.entry.kind is EntryKind.ALEMBIC else found[0]


def _not_compared(env: Managed, moment: Moment | None) -> str:
    if env.failure is not None and env.failure.failure is not None:
        return f"{env.target.env_path} fails with {env.failure.failure.error}"
    if moment is None:
        return f"{env.target.env_path} is not followed to its end"
    if env.assumed and not env.metadata:
        return _NO_TARGET
    if env.target.metadata == ():
        return "target_metadata is None"
    return ""


def _models(context: Context, environment: MigrationEnvironment) -> ModelTables:
    env = managed_by(context, environment)
    moment = None if env is None else _moment(env)
    assert env is not None
    assert moment is not None
    shapes = shapes_at(env.run, moment)
    tables: dict[str, StandingTable] = {}
    for (metadata, _), standing in shapes.tables.items():
        if env.holds(metadata):
            tables[table_key(standing.shape.name, standing.shape.schema)] = standing
    revisions = frozenset(context.workspace.revision_files(env.environment))
    open_ = [f"{each.detail} ({context.at(each.place)})" for each in shapes.open if _hides_tables(each, revisions)]
    return ModelTables(MappingProxyType(tables), shapes, tuple(dict.fromkeys(open_)))


def _hides_tables(event: Event, revisions: frozenset[str]) -> bool:
    """Whether what is not known may register a table of the models."""
    return (event.cut.hides_imports or event.cut.hides_tables) and event.place.path not in revisions


# ------------------------------------------------------------------------ settings


def _settings(context: Context, env: Managed, history: History, state: SchemaState, *, sure: bool) -> DriftSettings:
    schemas = env.target.includes_schemas
    if schemas is False and sets_schemas_otherwise(context, env):
        schemas = None
    return DriftSettings(
        env.target.options,
        schemas,
        _dialects(context, env, state),
        frozenset(_renamed(history)),
        tuple(_unseen(history)),
        sure=sure,
    )


def _unsure(context: Context, env: Managed, history: History) -> Iterator[str]:
    """Why nothing is certain: something unknown may change all that is compared."""
    if env.assumed:
        yield _NO_TARGET
    if env.program is None:
        yield f"no program that runs {env.target.env_path} is seen"
    if not history.graph.is_complete:
        yield next(iter(history.graph.doubts), "a revision cannot be loaded")
    if env.target.filtered and _filters(context, env) is None:
        yield _FILTERED
    rewrites = env.target.options.rewrites
    if rewrites is not None and not _only_asks(context, rewrites):
        yield f"process_revision_directives may change what is written ({context.at(rewrites)})"


def _only_asks(context: Context, place: Place) -> bool:
    """Whether a function for ``process_revision_directives`` only asks whether there are operations.

    It may leave out a revision that is empty, as the one of Flask-Migrate does, and name the others.
    """
    source = python_source(context, place.path)
    line = context.span(place).line
    found = [
        node
        for node in (ast.walk(source.tree) if source is not None else ())
        if isinstance(node, ast.FunctionDef) and node.lineno == line
    ]
    if len(found) != 1:
        return False
    text = ast.unparse(found[0])
    plain = re.sub(r"\b(?:up|down)grade_ops(?:_list)?\.is_empty\(\)", "", text)
    return re.search(r"\b(?:ops|upgrade_ops|downgrade_ops|upgrade_ops_list|Rewriter)\b", plain) is None


def _renamed(history: History) -> Iterator[str]:
    for steps in history.steps.values():
        for step in steps:
            operation = step.operation.operation if isinstance(step.operation, SqlChange) else step.operation
            if isinstance(operation, RenameTable):
                yield table_key(operation.new.text, operation.table.schema)
            elif isinstance(operation, AlterColumn) and operation.new_name is not None:
                yield operation.table.key


def _unseen(history: History) -> Iterator[str]:
    """Why tables may stand that no revision creates: the history begins from a database that has some."""
    found = history.foreign
    if found is not None:
        yield f"revision {found.script.id} changes the table {found.key}, which no revision creates"


def _begins_empty(history: History) -> bool:
    """Whether the first revisions do nothing, as those that mark a database which has its tables already."""
    return any(not history.steps.get(each.id) for each in history.graph.bases)


def _dialects(context: Context, env: Managed, state: SchemaState) -> tuple[Dialect, ...]:
    models = context.memo_for(_dialects_of_models, env.environment)
    database = dialects_of(context, env.environment, state)
    return likely_dialects(context, env, tuple(each for each in models if each in database))


def _dialects_of_models(context: Context, environment: MigrationEnvironment) -> tuple[Dialect, ...]:
    tables = context.memo_for(_models, environment).tables.values()
    return possible_dialects((column.type_ for each in tables for column in each.shape.columns), DIALECTS)
