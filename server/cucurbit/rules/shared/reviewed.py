"""Which revisions the rules about the risk of a migration judge, and what each of their operations finds.

A revision that was applied long ago is not judged: nobody changes it any more. ``migrations.reviewed`` says up to which
revision that is so; if it is not set, only the heads are judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.rules.shared.databases import Databases, databases_of
from cucurbit.rules.shared.history import history_of
from cucurbit.simulate.core.operations import AddColumn, AnyChange, CreateTable, RenameTable, table_key
from cucurbit.simulate.core.schema import ReplayedTable, SchemaState, Sent, Step, applied
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import MigrationEnvironment


def judged_revisions(context: Context, graph: RevisionGraph) -> tuple[RevisionScript, ...]:
    """The revisions of an environment that are judged, in their order."""
    known = [each for name in context.workspace.settings.migrations.reviewed for each in graph.named(name)]
    if not known:
        heads = {each.id for each in graph.heads}
        return tuple(each for each in graph.order if each.id in heads)
    done = {identifier for each in known for identifier in graph.ancestors(each)}
    return tuple(each for each in graph.order if each.id not in done)


_SESSIONS = ("Session", "session", ".connect(", ".cursor(")
"""What a revision that changes rows by other means than ``execute`` names."""


@dataclass(frozen=True)
class JudgedStep:
    """An operation of a revision that is judged.

    ``table`` is the one that it finds; None if it is not known in full, or was created by a revision that is judged
    itself: then it has no rows. ``earlier`` is the table as the first of these revisions finds it. ``added`` are the
    columns that these revisions have added to it so far. ``sent`` are the statements before it, in this revision.
    ``by_session``: the revision may change rows by other means.
    """

    script: RevisionScript
    step: Step
    databases: Databases
    table: ReplayedTable | None
    earlier: ReplayedTable | None
    added: frozenset[str]
    sent: tuple[Sent, ...]
    by_session: bool

    def may_have_changed_rows(self, *words: str) -> bool:
        """Whether something before it may have changed rows of the table; in SQL, by one of these words."""
        if self.table is None or self.by_session:
            return True
        name = re.escape(self.table.shape.name)
        pattern = re.compile(rf"\b(?:{'|'.join(words)})\b.*\b{name}\b", re.IGNORECASE | re.DOTALL)
        return any(each.text is None or pattern.search(each.text) for each in self.sent)


def judged_steps(context: Context, environment: MigrationEnvironment) -> tuple[JudgedStep, ...]:
    """Every operation of the revisions of an environment that are judged, in their order."""
    return context.memo_for(_judged_steps, environment)


def _judged_steps(context: Context, environment: MigrationEnvironment) -> tuple[JudgedStep, ...]:
    history = history_of(context, environment)
    walk = _Walk(databases_of(context, environment))
    found: list[JudgedStep] = []
    for script in judged_revisions(context, history.graph):
        walk.begin(script, history.sent[script.id], context.workspace.mentions(script.path, *_SESSIONS))
        applied(history.before[script.id], history.steps[script.id], walk.step)
        found += walk.found
    return tuple(found)


class _Walk:
    """Goes over the operations of revisions, each on the schema that it finds."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._created: set[str] = set()
        self._added: dict[str, frozenset[str]] = {}
        self._first: dict[str, ReplayedTable] = {}
        self.found: list[JudgedStep] = []

    def begin(self, script: RevisionScript, sent: tuple[Sent, ...], by_session: bool) -> None:
        self._script, self._sent, self._by_session = script, sent, by_session
        self.found = []

    def step(self, step: Step, state: SchemaState) -> None:
        operation = step.operation
        key = "" if isinstance(operation, AnyChange) or operation.table is None else operation.table.key
        if isinstance(operation, CreateTable):
            self._created.add(key)
        table = None if key in self._created else state.tables.get(key)
        known = table if table is not None and table.certain and not table.open else None
        if known is not None:
            self._first.setdefault(key, known)
        self.found.append(
            JudgedStep(
                self._script,
                step,
                self._databases,
                known,
                self._first.get(key),
                self._added.get(key, frozenset()),
                tuple(each for each in self._sent if each.after <= len(self.found)),
                self._by_session,
            )
        )
        if isinstance(operation, AddColumn):
            self._added[key] = self._added.get(key, frozenset()) | {operation.column.name}
        elif isinstance(operation, RenameTable):
            self._renamed(key, table_key(operation.new.text, operation.table.schema))

    def _renamed(self, old: str, new: str) -> None:
        if old in self._created:
            self._created.add(new)
        if old in self._added:
            self._added[new] = self._added[old]
