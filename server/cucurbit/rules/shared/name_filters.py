"""What ``include_object`` and ``include_name`` of an env.py answer for a difference, where their code tells.

The functions are read, not run: tests of the name, the type and the flags that are given, with the constants of the
module. Whatever else they ask gives no answer.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.difference import Difference
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.shapes import ColumnShape, ForeignKeyShape, IndexShape, KeyShape, TableShape, ValueTerm
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.shapes.snapshot import StandingTable


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
class _Given:
    """A table, a column, an index or a constraint, as a filter is given it: its attributes that are known."""

    attributes: Mapping[str, object]


def keeps(include_object: NameFilter, difference: Difference) -> bool | None:
    """Whether ``include_object`` lets a difference through; None if that is not known."""
    schema, _, name = difference.table.rpartition(".")
    table = _Given({"name": name, "schema": schema or None})
    kind = _KINDS.get(difference.op, "column")
    if kind == "table":
        return include_object.answer(table, name, kind, difference.op == "remove_table", None)
    answers = []
    if difference.home is not None:
        # What it says of a table that stands on both sides is about all that is in it.
        answers.append(include_object.answer(table, name, "table", False, _UNKNOWN))
    part: dict[str, object] = {"name": difference.name, "table": table}
    columns = _columns(difference)
    if columns is not None:
        part["columns"] = [_Given({"name": each, "table": table}) for each in columns]
    paired = _UNKNOWN if difference.op.startswith("modify_") else None
    reflected = difference.op.startswith("remove_")
    answers.append(include_object.answer(_Given(part), difference.name, kind, reflected, paired))
    return False if False in answers else None if None in answers else True


def _columns(difference: Difference) -> tuple[str, ...] | None:
    """The columns of an index or a constraint; None if they are not known."""
    shape = difference.model or difference.standing
    if not isinstance(shape, (IndexShape, KeyShape, ForeignKeyShape)):
        return None
    if isinstance(shape, IndexShape) and shape.expressions:
        return None
    return difference.names[: len(shape.columns)]


# ---------------------------------------------------------------------- database

_LEFT_OUT = "include_name may leave something out"
_Part: TypeAlias = ColumnShape | IndexShape | KeyShape | ForeignKeyShape


def as_read(database: SchemaState, include_name: NameFilter, models: Mapping[str, StandingTable]) -> SchemaState:
    """The database as autogenerate reads it: without the tables and their parts that ``include_name`` leaves out.

    What is left out is taken for missing. Where the models have it, nothing is certain.
    """
    tables = dict(database.tables)
    doubted = set(database.doubted)
    for key, table in database.tables.items():
        shape = table.shape
        parents = {"schema_name": shape.schema, "schema_qualified_table_name": key}
        # Of the default schema too, as None, even without ``include_schemas``.
        answers = [
            include_name.answer(shape.schema, "schema", {}),
            include_name.answer(shape.name, "table", parents),
        ]
        if False in answers and key not in models:
            del tables[key]
            continue
        if answers != [True, True]:
            tables[key] = replace(table, certain=False)
            doubted.add(key)
        read = _parts_read(shape, include_name, {**parents, "table_name": shape.name}, models.get(key))
        if read is not shape:
            tables[key] = replace(tables[key], shape=read)
    return replace(database, tables=MappingProxyType(tables), doubted=frozenset(doubted))


def _parts_read(
    shape: TableShape, include_name: NameFilter, parents: Mapping[str, object], model: StandingTable | None
) -> TableShape:
    """A table without the parts that are left out, and open if it is not known of one."""
    kinds: tuple[tuple[str, str, tuple[_Part, ...]], ...] = (
        ("columns", "column", shape.columns),
        ("indexes", "index", shape.indexes),
        ("unique", "unique_constraint", shape.unique),
        ("foreign_keys", "foreign_key_constraint", shape.foreign_keys),
    )
    for attribute, kind, parts in kinds:
        if not parts or include_name.answer(_UNKNOWN, kind, _UNKNOWN) is True:
            continue
        known = [] if model is None else [_name_of(each) for each in getattr(model.shape, attribute)]
        answers = [include_name.answer(_name_of(each), kind, parents) for each in parts]
        if all(answers):
            continue
        # Constraints are compared by what they say, not by name.
        missed = [
            answer is False and not _may_be_in(each, known, kind) for each, answer in zip(parts, answers, strict=True)
        ]
        kept = tuple(
            each if answer else replace(each, certain=False)
            for each, answer, gone in zip(parts, answers, missed, strict=True)
            if not gone
        )
        decided = all(answer or gone for answer, gone in zip(answers, missed, strict=True))
        left_out = () if decided else (_LEFT_OUT,)
        # The parts have the type of their attribute, which is not seen where the attribute is given by its name.
        shape = replace(shape, open=(*shape.open, *left_out), **{attribute: kept})  # type: ignore[arg-type]
    return shape


def _may_be_in(part: _Part, known: list[object], kind: str) -> bool:
    """Whether the models may have a part that is left out of the database."""
    return _UNKNOWN in known or (_name_of(part) in known if kind in ("column", "index") else bool(known))


def _name_of(part: _Part) -> object:
    name = part.name
    if isinstance(name, str):
        return name
    return name.text if isinstance(name, ValueTerm) and name.text is not None else _UNKNOWN


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
        return _display(node, [_value(each, names) for each in node.elts])
    if isinstance(node, (ast.ListComp, ast.SetComp)):
        return _comprehension(node, names)
    if isinstance(node, ast.Subscript):
        held, key = _value(node.value, names), _value(node.slice, names)
        return held.get(key, _UNKNOWN) if isinstance(held, dict) and isinstance(key, str) else _UNKNOWN
    if isinstance(node, ast.Attribute):
        held = _value(node.value, names)
        return held.attributes.get(node.attr, _UNKNOWN) if isinstance(held, _Given) else _UNKNOWN
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compare(node.ops[0], _value(node.left, names), _value(node.comparators[0], names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        return _method(node.func, [_value(each, names) for each in node.args], names)
    return _UNKNOWN


def _display(node: ast.expr, items: list[object]) -> object:
    if any(each is _UNKNOWN for each in items):
        return _UNKNOWN
    if isinstance(node, (ast.Set, ast.SetComp)):
        try:
            return frozenset(items)
        except TypeError:
            return _UNKNOWN
    return tuple(items) if isinstance(node, ast.Tuple) else items


def _comprehension(node: ast.ListComp | ast.SetComp, names: Mapping[str, object]) -> object:
    first, *more = node.generators
    values = _value(first.iter, names)
    target = first.target
    if more or first.ifs or not isinstance(values, (list, tuple)) or not isinstance(target, ast.Name):
        return _UNKNOWN
    return _display(node, [_value(node.elt, {**names, target.id: each}) for each in values])


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
        try:
            return (left in right) is isinstance(op, ast.In)
        except TypeError:
            return _UNKNOWN
    if isinstance(op, (ast.In, ast.NotIn)) and isinstance(left, str) and isinstance(right, str):
        return (left in right) is isinstance(op, ast.In)
    return _UNKNOWN


def _method(func: ast.Attribute, given: list[object], names: Mapping[str, object]) -> object:
    value = _value(func.value, names)
    if isinstance(value, dict) and func.attr == "get" and given and isinstance(given[0], str):
        return value.get(given[0], given[1] if len(given) > 1 else None)
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
