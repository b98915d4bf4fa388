"""``migrations-rolled-back``: env.py uses the connection before Alembic does, and never commits.

Facts from alembic/runtime/migration.py (``MigrationContext.begin_transaction``) and sqlalchemy/engine/base.py,
confirmed by tests/rules/test_rolled_back.py: since SQLAlchemy 2 the first statement begins a transaction. If Alembic
finds one when it is given the connection, it leaves it to the caller to commit. What is not committed is rolled back
when the connection is closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import last_name
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_by, inside, walk

NAME = "migrations-rolled-back"

_SENDS = frozenset({"execute", "exec_driver_sql", "scalar", "scalars"})
_ENDS = frozenset({"commit", "rollback", "begin", "begin_nested"})
"""Methods by which env.py ends the transaction, or has one that ends by itself."""
_LEAVE = frozenset({"configure", "inspect", "print"})
"""Functions of others that are given a connection and do not commit."""


def _check(context: Context) -> Iterator[Finding]:
    for path in dict.fromkeys(each.env_path for each in context.workspace.environments):
        version = context.workspace.version("sqlalchemy", path)
        if version is not None and version < (2,):
            continue
        for at, name in context.about(path, _left_open) or ():
            yield Finding(
                rule=NAME,
                severity=Severity.WARNING,
                certain=version is not None,
                location=context.location(Place(path, at)),
                message="This statement begins a transaction before Alembic is given the connection, so Alembic does"
                " not commit, and nothing else does: the command reports success, and what it did is rolled back. Write"
                f" `{name}.commit()` after the statement, or run it inside `context.begin_transaction()`.",
            )


def _left_open(facts: f.ModuleFacts) -> tuple[tuple[f.At, str], ...]:
    """The statements that are sent before ``context.configure``, each with the name of its connection."""
    nodes = [node for body in facts.bodies for node in inside(body)]
    if any(_ends(node) for node in nodes):
        return ()
    functions = {
        step.name: _GivenFunction(step.params, facts.bodies[step.number])
        for body in facts.bodies
        for step in walk(body)
        if isinstance(step, f.FunctionDef)
    }
    if _passed_on(nodes, functions):
        return ()
    found = (each for body in facts.bodies for each in _Statements(functions).read(body))
    return tuple(dict.fromkeys(found))


def _ends(node: object) -> bool:
    if isinstance(node, f.Call) and isinstance(node.func, f.Attr):
        return node.func.name in _ENDS
    if isinstance(node, f.Attr):
        # The caller of the command may have passed a connection, whose transaction is its own.
        return node.name == "attributes"
    return isinstance(node, f.Const) and node.value == "AUTOCOMMIT"


def _passed_on(nodes: Sequence[object], functions: Mapping[str, _GivenFunction]) -> bool:
    """Whether a function of another file is given the connection, and may commit."""
    calls = [node for node in nodes if isinstance(node, f.Call)]
    connections = {name for call in calls for name in (_receiver(call), _given_to_alembic(call)) if name}
    before = -1
    while len(connections) > before:
        before = len(connections)
        for call in calls:
            passed = _passed(call, functions)
            connections |= {parameter for name, parameter, _ in passed if name in connections}
    for call in calls:
        name = _run_by(call) or last_name(call.func)
        if name in functions or name in _LEAVE:
            continue
        given = [*call.args, *(each.value for each in call.keywords)]
        if _run_by(call) or any(isinstance(each, f.Name) and each.id in connections for each in given):
            return True
    return False


@dataclass(frozen=True)
class _GivenFunction:
    params: f.Params
    body: tuple[f.Step, ...]

    def parameter(self, position: int) -> str:
        """The name of a positional parameter; empty if there is none."""
        names = [param.name for param in self.params.positional]
        return names[position] if position < len(names) else ""


@dataclass
class _Statements:
    """Reads the calls of one body in the order in which they stand."""

    functions: Mapping[str, _GivenFunction]
    sent: dict[str, f.At] = field(default_factory=dict)
    """The first statement on each connection, by its name."""

    def read(self, body: tuple[f.Step, ...]) -> Iterator[tuple[f.At, str]]:
        for node in inside(body):
            if isinstance(node, f.Assign | f.With):
                # The name is that of another connection from here on.
                for name in bound_by(node):
                    self.sent.pop(name, None)
            if not isinstance(node, f.Call):
                continue
            name = self._configured(node)
            if name in self.sent:
                yield self.sent[name], name
            name = self._used(node)
            if name:
                self.sent.setdefault(name, node.at)

    def _used(self, call: f.Call) -> str:
        """The connection that a call sends a statement on; empty if it sends none."""
        own = _receiver(call)
        if own:
            return own
        for name, parameter, function in _passed(call, self.functions):
            if any(isinstance(each, f.Call) and _receiver(each) == parameter for each in inside(function.body)):
                return name
        return ""

    def _configured(self, call: f.Call) -> str:
        """The connection that a call gives to Alembic; empty if it gives none."""
        own = _given_to_alembic(call)
        if own:
            return own
        for name, parameter, function in _passed(call, self.functions):
            calls = (each for each in inside(function.body) if isinstance(each, f.Call))
            if any(_given_to_alembic(each) == parameter for each in calls):
                return name
        return ""


def _passed(call: f.Call, functions: Mapping[str, _GivenFunction]) -> Iterator[tuple[str, str, _GivenFunction]]:
    """Each name that a call passes to a function of the file, with the parameter: ``f(x)``, ``x.run_sync(f)``."""
    run = functions.get(_run_by(call))
    if run is not None and isinstance(call.func, f.Attr):
        given: list[tuple[str, f.Expr]] = [(run.parameter(0), call.func.value)]
    elif isinstance(call.func, f.Name) and call.func.id in functions:
        run = functions[call.func.id]
        given = [(run.parameter(position), each) for position, each in enumerate(call.args)]
        given += [(each.name or "", each.value) for each in call.keywords]
    else:
        return
    for parameter, value in given:
        if parameter and isinstance(value, f.Name):
            yield value.id, parameter, run


def _run_by(call: f.Call) -> str:
    """The function that ``run_sync`` calls with a connection; empty for other calls."""
    return last_name(call.args[0]) if last_name(call.func) == "run_sync" and call.args else ""


def _receiver(call: f.Call) -> str:
    """The connection that a statement is sent on; empty for other calls."""
    func = call.func
    if isinstance(func, f.Attr) and func.name in _SENDS and isinstance(func.value, f.Name):
        return func.value.id
    return ""


def _given_to_alembic(call: f.Call) -> str:
    if last_name(call.func) != "configure":
        return ""
    given = next((each.value for each in call.keywords if each.name == "connection"), None)
    return given.id if isinstance(given, f.Name) else ""


RULE = Rule(NAME, "env.py uses the connection before Alembic does, and never commits.", Severity.WARNING, _check)
