"""Revisions whose upgrade does nothing to the program that runs it: it only changes the database.

Nearly all revisions are such. A program that runs them is simulated without their upgrades: so its timeline does not
depend on what is in them, and stays valid when one of them is edited. What they do to the schema is on the timeline
of each revision.
"""

from __future__ import annotations

from collections.abc import Iterable

from cucurbit.simulate.packages.alembic.unseen import OPERATIONS, SENDS
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_by, imported_by

_OF_OP = (OPERATIONS | {"execute", "f", "get_bind", "get_context", "inline_literal", "bulk_insert"}) - {
    *("invoke", "run_async")
}
_OF_SQLALCHEMY = frozenset(
    {
        *("text", "column", "table", "literal", "literal_column", "true", "false", "null", "inspect"),
        *("select", "update", "insert", "delete", "and_", "or_", "not_", "cast", "func", "types", "dialects"),
        *("postgresql", "mysql", "sqlite", "mssql", "oracle", "sql", "schema", "exists", "distinct", "case"),
    }
)
_MAKES_MODELS = frozenset({"Table", "MetaData", "Engine", "Connection", "Session", "Sequence"})
"""Classes whose instances are shared, or which the simulator follows otherwise."""

_OF_OBJECTS = SENDS | {
    *("where", "values", "bindparams", "label", "is_", "isnot", "is_not", "in_", "like", "as_scalar", "returning"),
    *("fetchall", "fetchone", "fetchmany", "first", "all", "one", "one_or_none", "scalar_one", "scalar_one_or_none"),
    *("mappings", "select", "update", "insert", "delete", "join", "outerjoin", "select_from", "order_by", "limit"),
    *("has_table", "get_columns", "get_table_names", "get_indexes", "get_foreign_keys", "get_unique_constraints"),
    *("create", "drop", "autocommit_block", "desc", "asc", "any_", "with_variant", "now", "current_timestamp"),
}
"""Methods of connections, statements, inspectors and types. Those of the same names of a MetaData are not meant: none
is made here."""

_BUILTINS = frozenset({"range", "len", "str", "int", "bool", "list", "tuple", "set", "dict", "enumerate", "zip"})
_LIBRARIES = ("sqlalchemy.", "sqlmodel.", "geoalchemy2.", "pgvector.", "sqlalchemy_utils.", "advanced_alchemy.")
_DISPLAYS = (f.Const, f.Sequence, f.Dict, f.Formatted, f.Binary)


def only_operates(facts: f.ModuleFacts) -> bool:
    """Whether ``upgrade`` of a revision file certainly does nothing but to call operations and to send statements.

    So it imports nothing, calls no function of the workspace but those of its own file that do no more, changes no
    object that others may hold, and raises nothing as far as its names show.
    """
    return facts.problem is None and _File(facts).calls("upgrade")


class _File:
    """A revision file: what its names are bound to."""

    def __init__(self, facts: f.ModuleFacts) -> None:
        self.facts = facts
        self.names: dict[str, str] = {}
        """What the imported names stand for, and '' for constants."""
        self.functions: dict[str, f.FunctionDef] = {}
        self._known: dict[str, bool] = {}
        seen: set[str] = set()
        for step in facts.body:
            for name in bound_by(step):
                if name in seen:
                    # Which of them is meant is not asked.
                    self.names.pop(name, None)
                    self.functions.pop(name, None)
                    continue
                seen.add(name)
                self._bind(step, name)

    def _bind(self, step: f.Step, name: str) -> None:
        if isinstance(step, f.Import | f.ImportFrom):
            target = imported_by(step).get(name)
            if target is not None:
                self.names[name] = f"{target}."
        elif isinstance(step, f.FunctionDef):
            self.functions[name] = step
        elif isinstance(step, f.Assign | f.Annotated) and isinstance(step.value, f.Const):
            self.names[name] = ""

    def calls(self, name: str) -> bool:
        """Whether a call of a function of the file does no more than operations."""
        function = self.functions.get(name)
        if function is None or function.decorators or function.is_async or function.is_generator:
            return False
        if name not in self._known:
            self._known[name] = False
            parameters = (*function.params.positional, *function.params.keyword_only)
            plain = not (function.params.vararg or function.params.kwarg) and all(
                each.default is None or isinstance(each.default, f.Const) for each in parameters
            )
            body = _Body(self, {each.name: True for each in parameters})
            self._known[name] = plain and body.all_of(self.facts.bodies[function.number])
        return self._known[name]


class _Body:
    """The body of one function. ``local`` are the names that it has bound, and whether nothing is known of each."""

    def __init__(self, file: _File, local: dict[str, bool]) -> None:
        self.file = file
        self.local = local

    # ---------------------------------------------------------------- statements

    def all_of(self, steps: Iterable[f.Step]) -> bool:
        return all(self.step(each) for each in steps)

    def step(self, step: f.Step) -> bool:
        if isinstance(step, f.Do):
            return self.value(step.value)
        if isinstance(step, f.Assign):
            return self.value(step.value) and all(self._target(each, step.value) for each in step.targets)
        if isinstance(step, f.Annotated):
            return step.value is not None and self.value(step.value) and self._target(step.target, step.value)
        if isinstance(step, f.AugAssign):
            return isinstance(step.target, f.Name) and step.target.id in self.local and self.value(step.value)
        if isinstance(step, f.If):
            # What only one side binds may not be bound afterwards.
            return self.value(step.test) and self._side(step.body) and self._side(step.orelse)
        if isinstance(step, f.For):
            return self.value(step.iter) and self._side(step.body, step.target) and not step.orelse
        if isinstance(step, f.With):
            return all(self._item(each) for each in step.items) and self.all_of(step.body)
        if isinstance(step, f.Return):
            return step.value is None or self.value(step.value)
        return False

    def _side(self, steps: Iterable[f.Step], target: f.Expr | None = None) -> bool:
        side = _Body(self.file, dict(self.local))
        return (target is None or side._target(target, None)) and side.all_of(steps)

    def _item(self, item: f.WithItem) -> bool:
        return self.value(item.context) and (item.target is None or self._target(item.target, item.context))

    def _target(self, target: f.Expr, value: f.Expr | None) -> bool:
        if isinstance(target, f.Sequence):
            return not isinstance(value, _DISPLAYS) and all(self._target(each, None) for each in target.items)
        if not isinstance(target, f.Name):
            return False
        self.local[target.id] = not isinstance(value, _DISPLAYS)
        return True

    # --------------------------------------------------------------- expressions

    def value(self, node: f.Expr) -> bool:
        if isinstance(node, f.Const):
            return True
        if isinstance(node, f.Name):
            return node.id in self.local or node.id in self.file.names
        if isinstance(node, f.Attr):
            return self._attribute(node)
        if isinstance(node, f.Call):
            return self._call(node)
        if isinstance(node, f.Subscript):
            held = isinstance(node.value, f.Name) and self.local.get(node.value.id, False)
            return (held or isinstance(node.value, f.Call)) and self.value(node.value) and self.value(node.index)
        if isinstance(node, f.Comprehension):
            return self._comprehension(node)
        return self._all(_operands(node))

    def _all(self, nodes: Iterable[f.Expr | None]) -> bool:
        return all(each is not None and self.value(each) for each in nodes)

    def _comprehension(self, node: f.Comprehension) -> bool:
        inner = _Body(self.file, dict(self.local))
        for each in node.generators:
            if not (inner.value(each.iter) and inner._target(each.target, None) and inner._all(each.conditions)):
                return False
        return inner.value(node.element) and (node.key is None or inner.value(node.key))

    def _attribute(self, node: f.Attr) -> bool:
        """An attribute that is read: of a library, ``table.c.name``, ``row.name``, ``conn.dialect.name``."""
        dotted = self._dotted(node)
        if dotted is not None:
            return _is_plain(dotted, called=False)
        value = node.value
        while isinstance(value, f.Attr):
            value = value.value
        if isinstance(value, f.Name):
            return self.local.get(value.id, False)
        return isinstance(value, f.Call) and self.value(value)

    def _call(self, node: f.Call) -> bool:
        arguments = (*node.args, *(each.value for each in node.keywords if each.name is not None))
        if len(arguments) < len(node.args) + len(node.keywords) or not self._all(arguments):
            return False
        called = node.func
        if isinstance(called, f.Name):
            return self._function(called.id)
        if not isinstance(called, f.Attr):
            return False
        dotted = self._dotted(called)
        if dotted is not None:
            return _is_plain(dotted, called=True)
        return called.name in _OF_OBJECTS | _OF_OP and self._receives(called.value)

    def _receives(self, node: f.Expr) -> bool:
        """An object that is not known in full, whose methods the simulator does not follow."""
        if isinstance(node, f.Name):
            return self.local.get(node.id, False)
        return isinstance(node, f.Call | f.Attr) and self.value(node)

    def _function(self, name: str) -> bool:
        if name in self.local:
            return False
        target = self.file.names.get(name)
        if target:
            return _is_plain(target.removesuffix("."), called=True)
        if name in self.file.functions:
            return self.file.calls(name)
        return name in _BUILTINS

    def _dotted(self, node: f.Attr) -> str | None:
        """The dotted name of an attribute of something imported."""
        names = [node.name]
        value = node.value
        while isinstance(value, f.Attr):
            names.append(value.name)
            value = value.value
        if not isinstance(value, f.Name) or value.id in self.local:
            return None
        target = self.file.names.get(value.id)
        return target + ".".join(reversed(names)) if target else None


def _operands(node: f.Expr) -> tuple[f.Expr | None, ...]:
    """What a display or an operator is made of; None if it is something else."""
    if isinstance(node, f.Sequence):
        return node.items
    if isinstance(node, f.Dict):
        return (*node.keys, *node.values)
    if isinstance(node, f.Formatted):
        return node.parts
    if isinstance(node, f.Binary):
        return (node.left, node.right)
    if isinstance(node, f.Unary):
        return (node.operand,)
    if isinstance(node, f.Boolean):
        return node.values
    if isinstance(node, f.Compare):
        return (node.left, *node.rights)
    if isinstance(node, f.Conditional):
        return (node.test, node.then, node.orelse)
    return (None,)


def _is_plain(dotted: str, *, called: bool) -> bool:
    """Whether something of a library is known to do nothing to the program."""
    if dotted.startswith("alembic.op."):
        name, _, more = dotted.removeprefix("alembic.op.").partition(".")
        return called and name in _OF_OP and not more
    if not f"{dotted}.".startswith(_LIBRARIES):
        return False
    first, *others = dotted.split(".")[1:]
    if not others and not called and first.islower():
        return first in _OF_SQLALCHEMY
    names = (first, *others)
    if first == "func":
        return len(names) == 2
    return _MAKES_MODELS.isdisjoint(names) and all(
        each[:1].isupper() or each in _OF_SQLALCHEMY or (each.islower() and each in _OF_LIBRARIES) for each in names
    )


_OF_LIBRARIES = frozenset({"sqltypes", "types", "dialects", "elements", "sql", "vector", "base", "array", "dml"})
