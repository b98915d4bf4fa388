"""What ``include_object`` and ``include_name`` of an env.py answer for a difference, where their code tells.

The functions are read, not run: tests of the name, the type and the flags that are given, with the constants of the
module. Whatever else they ask gives no answer.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import Difference
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.simulate.core.timeline import Place


class _NotTold:
    """A value that the code of a filter does not tell."""


_UNKNOWN = _NotTold()
_NO_VALUE = _NotTold()
"""The end of a function is not reached by a ``return``."""

_METHODS = frozenset({"startswith", "endswith", "lower", "upper", "strip"})


@dataclass(frozen=True, eq=False)
class NameFilter:
    """One of the two functions: ``parameters`` are the names of its parameters, ``constants`` those of its module."""

    parameters: tuple[str, ...]
    body: Sequence[ast.stmt]
    constants: Mapping[str, object]

    def answer(self, *given: object) -> bool | None:
        """What it returns for these arguments; None if that is not known."""
        if len(given) != len(self.parameters):
            return None
        found = _run(list(self.body), {**self.constants, **dict(zip(self.parameters, given, strict=True))})
        if found is _NO_VALUE:
            return False
        return None if found is _UNKNOWN else bool(found)


def name_filter(context: Context, place: Place) -> NameFilter | None:
    """The function or lambda at a place; None if it is not plain."""
    source = python_source(context, place.path)
    if source is None:
        return None
    line = context.span(place).line
    functions = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.FunctionDef, ast.Lambda)) and node.lineno == line
    ]
    if len(functions) != 1 or functions[0].args.vararg or functions[0].args.kwonlyargs or functions[0].args.kwarg:
        return None
    (function,) = functions
    body = [ast.Return(function.body)] if isinstance(function, ast.Lambda) else function.body
    parameters = tuple(each.arg for each in (*function.args.posonlyargs, *function.args.args))
    return NameFilter(parameters, body, _constants(source))


def _constants(source: PythonSource) -> dict[str, object]:
    """The names that a module gives a literal value, once."""
    names = [
        node.id for node in ast.walk(source.tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    found: dict[str, object] = {}
    for step in source.tree.body:
        target = step.targets[0] if isinstance(step, ast.Assign) and len(step.targets) == 1 else None
        if isinstance(step, ast.Assign) and isinstance(target, ast.Name) and names.count(target.id) == 1:
            try:
                found[target.id] = ast.literal_eval(step.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
    return found


# ------------------------------------------------------------------- differences

_KINDS = {
    "add_table": "table",
    "remove_table": "table",
    "add_index": "index",
    "remove_index": "index",
    "add_constraint": "unique_constraint",
    "remove_constraint": "unique_constraint",
    "add_fk": "foreign_key_constraint",
    "remove_fk": "foreign_key_constraint",
}


@dataclass(frozen=True, eq=False)
class Filters:
    """The functions of one environment; None if it has none."""

    include_object: NameFilter | None
    include_name: NameFilter | None

    def keeps(self, difference: Difference) -> bool | None:
        """Whether a difference is not filtered out; None if that is not known."""
        schema, _, table = difference.table.rpartition(".")
        kind = _KINDS.get(difference.op, "column")
        name = table if kind == "table" else difference.name
        removed = difference.op.startswith("remove_")
        paired = difference.op.startswith("modify_")
        answers = []
        if kind != "table" and difference.home is not None:
            answers.append(self._object(table, "table", reflected=False, paired=True))
            answers.append(self._named(table, "table", {"schema_name": schema or None}))
        if removed or paired:
            answers.append(self._named(name, kind, {"schema_name": schema or None, "table_name": table}))
        answers.append(self._object(name, kind, reflected=removed, paired=paired))
        if None in answers or False in answers[:-1]:
            # What include_name leaves out of the database is taken for missing there.
            return None
        return answers[-1]

    def _object(self, name: str | None, kind: str, *, reflected: bool, paired: bool) -> bool | None:
        if self.include_object is None:
            return True
        return self.include_object.answer(_UNKNOWN, name, kind, reflected, _UNKNOWN if paired else None)

    def _named(self, name: str | None, kind: str, parents: dict[str, str | None]) -> bool | None:
        return True if self.include_name is None else self.include_name.answer(name, kind, parents)


# -------------------------------------------------------------------- evaluation


def _run(steps: list[ast.stmt], names: dict[str, object]) -> object:
    """The value that statements return."""
    while steps:
        step = steps.pop(0)
        if isinstance(step, ast.Return):
            return None if step.value is None else _value(step.value, names)
        if isinstance(step, ast.If):
            test = _value(step.test, names)
            if test is _UNKNOWN:
                one = _run([*step.body, *steps], dict(names))
                other = _run([*step.orelse, *steps], dict(names))
                same = one is other or (
                    not isinstance(one, _NotTold) and not isinstance(other, _NotTold) and bool(one) is bool(other)
                )
                return one if same else _UNKNOWN
            steps = [*(step.body if test else step.orelse), *steps]
        elif isinstance(step, ast.Assign) and len(step.targets) == 1 and isinstance(step.targets[0], ast.Name):
            names[step.targets[0].id] = _value(step.value, names)
        elif not isinstance(step, (ast.Pass, ast.Expr)):
            return _UNKNOWN
    return _NO_VALUE


def _value(node: ast.expr, names: Mapping[str, object]) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, _UNKNOWN)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        value = _value(node.operand, names)
        return _UNKNOWN if value is _UNKNOWN else not value
    if isinstance(node, ast.BoolOp):
        return _bool_op(node, names)
    if isinstance(node, ast.IfExp):
        test = _value(node.test, names)
        return _UNKNOWN if test is _UNKNOWN else _value(node.body if test else node.orelse, names)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        items = [_value(each, names) for each in node.elts]
        return _UNKNOWN if _UNKNOWN in items else tuple(items)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compare(node.ops[0], _value(node.left, names), _value(node.comparators[0], names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        return _method(node.func, [_value(each, names) for each in node.args], names)
    return _UNKNOWN


def _bool_op(node: ast.BoolOp, names: Mapping[str, object]) -> object:
    """``and`` and ``or``, as truth: one operand that decides is enough."""
    values = [_value(each, names) for each in node.values]
    decides = isinstance(node.op, ast.Or)
    if any(each is not _UNKNOWN and bool(each) is decides for each in values):
        return decides
    return _UNKNOWN if any(each is _UNKNOWN for each in values) else not decides


def _compare(op: ast.cmpop, left: object, right: object) -> object:
    if isinstance(left, _NotTold) or isinstance(right, _NotTold):
        return _UNKNOWN
    if isinstance(op, (ast.Eq, ast.Is)):
        return left == right
    if isinstance(op, (ast.NotEq, ast.IsNot)):
        return left != right
    if isinstance(op, (ast.In, ast.NotIn)) and isinstance(right, (tuple, list, set, frozenset, dict)):
        return (left in right) is isinstance(op, ast.In)
    if isinstance(op, (ast.In, ast.NotIn)) and isinstance(left, str) and isinstance(right, str):
        return (left in right) is isinstance(op, ast.In)
    return _UNKNOWN


def _method(func: ast.Attribute, given: list[object], names: Mapping[str, object]) -> object:
    value = _value(func.value, names)
    if not isinstance(value, str) or func.attr not in _METHODS:
        return _UNKNOWN
    if func.attr in ("lower", "upper", "strip"):
        changed = {"lower": value.lower(), "upper": value.upper(), "strip": value.strip()}
        return _UNKNOWN if given else changed[func.attr]
    if len(given) != 1 or isinstance(given[0], _NotTold):
        return _UNKNOWN
    beginnings = given[0] if isinstance(given[0], (tuple, list)) else (given[0],)
    texts = tuple(each for each in beginnings if isinstance(each, str))
    return value.startswith(texts) if func.attr == "startswith" else value.endswith(texts)
