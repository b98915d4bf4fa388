"""``sqlalchemy.inspect(op.get_bind())`` in a revision: answered from the schema that the revision finds.

A name that is not known to stand gives no certain answer, and neither does anything outside of a revision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.operations import table_key
from cucurbit.simulate.core.schema import EMPTY, ReplayedTable, SchemaState, Step, applied
from cucurbit.simulate.core.shapes import Term, ValueTerm
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.core.values import CallSite, Constant, DictValue, ExternalObject, Unknown, Value, text_of
from cucurbit.workspace.model import EntryKind

_INSPECTORS = (
    "sqlalchemy.inspect()",
    "sqlalchemy.inspection.inspect()",
    "sqlalchemy.engine.reflection.Inspector.from_engine()",
    "sqlalchemy.engine.Inspector.from_engine()",
    "sqlalchemy.Inspector.from_engine()",
)
_VERSIONS = "alembic_version"


class DatabaseOfRevision:
    """The schema while a revision runs: what it found, and what it did since."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._state = machine.database or EMPTY
        self._told: dict[tuple[int, str, str | None], tuple[CallSite, SchemaState]] = {}
        """What each inspector was asked, and the schema then: it remembers its answers."""

    def add(self, step: Step) -> None:
        if self._machine.database is not None:
            self._state = applied(self._state, (step,))

    def is_new(self, call: CallSite) -> bool:
        """Whether an inspector was not asked the same before the schema was changed."""
        # The call that made the inspector is kept, so that no other has its number.
        made = call.receiver.call if isinstance(call.receiver, ExternalObject) else call
        _, then = self._told.setdefault((id(made), call.name, _key(call)), (made, self._state))
        return then is self._state

    @property
    def state(self) -> SchemaState:
        return self._state


_Answer = Callable[[Machine, CallSite, SchemaState], Value]


def _answered(answer: _Answer) -> Handler:
    def run(machine: Machine, call: CallSite) -> Value:
        if machine.entry.kind is EntryKind.REVISION and not machine.in_import:
            known = machine.package_state(DatabaseOfRevision)
            key = _key(call)
            told = machine.database is not None and (machine.database.part is None or key in machine.database.part)
            if told and _is_of_revision(call):
                return answer(machine, call, known.state) if known.is_new(call) else Unknown("what an inspector knows")
            machine.emit(EventKind.OPERATION, call.place, detail=key or "")
        return Unknown("what a database holds")

    return run


def _is_of_revision(call: CallSite) -> bool:
    """Whether the inspector is that of the connection of the revision."""
    receiver = call.receiver
    given = receiver.call.args[:1] if isinstance(receiver, ExternalObject) else ()
    return bool(given) and isinstance(given[0], ExternalObject) and given[0].made_by.startswith("alembic.op.get_bind")


def _key(call: CallSite) -> str | None:
    """The table that is asked for; None if it is not known."""
    name, schema = call.argument(0, "table_name"), call.argument(1, "schema")
    text = None if name is None else text_of(name)
    if text is None or not call.complete:
        return None
    if schema is None or schema == Constant(None):
        return text
    known = text_of(schema)
    return None if known is None else table_key(text, known)


def _table(call: CallSite, state: SchemaState) -> ReplayedTable | None:
    key = _key(call)
    found = None if key is None else state.tables.get(key)
    return found if found is not None and found.certain else None


def _has_table(machine: Machine, call: CallSite, state: SchemaState) -> Value:
    key = _key(call)
    if key is None or key == _VERSIONS:
        return Unknown("a table")
    if state.stands(key):
        return Constant(True)
    bare = key.rpartition(".")[2].lower()
    others = any(each.rpartition(".")[2].lower() == bare for each in state.tables)
    return Constant(False) if state.lacks(key) and not others else Unknown("a table")


def _table_names(machine: Machine, call: CallSite, state: SchemaState) -> Value:
    if call.args or call.kwargs or not call.complete:
        return Unknown("names of tables")
    names = [key for key, each in state.tables.items() if each.certain and each.shape.schema is None]
    whole = not (state.open or state.doubted) and all(each.certain for each in state.tables.values())
    return machine.sequence("list", tuple(Constant(each) for each in (*names, _VERSIONS)), not whole)


def _columns(machine: Machine, call: CallSite, state: SchemaState) -> Value:
    table = _table(call, state)
    if table is None:
        return Unknown("columns of a table")
    certain = [each for each in table.shape.columns if each.certain]
    whole = not table.open and len(certain) == len(table.shape.columns)
    return _named(machine, [each.name for each in certain], whole)


def _parts(names: Callable[[ReplayedTable], Iterable[Term | None]]) -> _Answer:
    """``get_indexes`` and the like: the parts of a table that have a name."""

    def answer(machine: Machine, call: CallSite, state: SchemaState) -> Value:
        table = _table(call, state)
        if table is None:
            return Unknown("parts of a table")
        found = [each.text if isinstance(each, ValueTerm) else None for each in names(table)]
        known = [each for each in found if each is not None]
        return _named(machine, known, not table.open and len(known) == len(found))

    return answer


def _named(machine: Machine, names: list[str], whole: bool) -> Value:
    """A list of dicts of which the name is known."""
    made: list[Value] = []
    for name in names:
        item = DictValue(machine.state.cells(), open=True)
        item.cells.data["name"] = Constant(name)
        made.append(item)
    return machine.sequence("list", tuple(made), not whole)


def _index_names(table: ReplayedTable) -> Iterable[Term | None]:
    return [each.name if each.certain else None for each in table.shape.indexes]


def _unique_names(table: ReplayedTable) -> Iterable[Term | None]:
    return [each.name if each.certain else None for each in table.shape.unique]


def _key_names(table: ReplayedTable) -> Iterable[Term | None]:
    return [each.name if each.certain else None for each in table.shape.foreign_keys]


_ANSWERS: dict[str, _Answer] = {
    "has_table": _has_table,
    "get_table_names": _table_names,
    "get_columns": _columns,
    "get_indexes": _parts(_index_names),
    "get_unique_constraints": _parts(_unique_names),
    "get_foreign_keys": _parts(_key_names),
}

HANDLERS: dict[str, Handler] = {
    f"{inspector}.{name}": _answered(answer) for inspector in _INSPECTORS for name, answer in _ANSWERS.items()
}
