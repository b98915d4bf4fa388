"""The contents of Alembic revision files: the tables that they create and drop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from cucurbit.source.facts import (
    Annotated,
    Assign,
    At,
    Attr,
    Call,
    Const,
    Expr,
    For,
    FunctionDef,
    Import,
    ImportFrom,
    ModuleFacts,
    Name,
    Sequence,
    Step,
)
from cucurbit.workspace.allowance import Allowance

_CREATE = re.compile(
    r"""CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:["`\[]?(\w+)["`\]]?\s*\.\s*)?["`\[]?(\w+)["`\]]?\s*\(""",
    re.IGNORECASE,
)
_MOST_TEXTS = 1_000
"""Texts that one name may stand for."""
_MOST_WORK = 300_000
"""Nodes of the syntax that are visited in one file, its functions as often as they are called with other texts."""
_DEEPEST = 40
"""Functions that call each other."""
_DROP = re.compile(r"""DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:["`\[]?(\w+)["`\]]?\s*\.\s*)?["`\[]?(\w+)""", re.IGNORECASE)


@dataclass(frozen=True)
class RevisionTable:
    """A table that a revision creates or drops; ``at`` is the call."""

    schema: str | None
    name: str
    at: At


@dataclass(frozen=True)
class Revision:
    """What one revision file does to tables; its identifier and parents are read by ``script.py``."""

    created: tuple[RevisionTable, ...]
    dropped: tuple[RevisionTable, ...]


def read_revision(facts: ModuleFacts) -> Revision:
    """What a revision does when it is applied: the effects of ``upgrade`` and of the functions that it calls."""
    names = _Names(facts)
    for step in facts.body:
        names.learn(step)
    reader = _Reader(names)
    for name, function in names.functions.items():
        # The multi-database template calls upgrade_<engine> by a computed name.
        if name == "upgrade" or name.startswith("upgrade_"):
            reader.visit_function(function)
    return Revision(
        tuple(dict.fromkeys(reader.created)),
        tuple(dict.fromkeys(reader.dropped)),
    )


@dataclass
class _Names:
    """The values of the module's names: texts, functions, and Alembic's ``op``."""

    facts: ModuleFacts
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: dict[str, FunctionDef] = field(default_factory=dict)
    operations: set[str] = field(default_factory=lambda: {"op", "operations", "batch_op"})

    def learn(self, step: Step) -> None:
        if isinstance(step, FunctionDef):
            self.functions[step.name] = step
        elif isinstance(step, Assign):
            for target in step.targets:
                self._assign(target, step.value)
        elif isinstance(step, Annotated) and step.value is not None:
            self._assign(step.target, step.value)
        elif isinstance(step, ImportFrom) and step.module == "alembic":
            self.operations.update(alias.asname or alias.name for alias in step.names if alias.name == "op")
        elif isinstance(step, Import):
            self.operations.update(alias.asname for alias in step.names if alias.asname and alias.name == "alembic.op")

    def _assign(self, target: Expr, value: Expr) -> None:
        found = _texts(value, self.texts)
        if isinstance(target, Name) and found:
            self.texts[target.id] = found


def _texts(value: Expr | None, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The texts that ``value`` may be (for a display, its items); none if unknown."""
    if isinstance(value, Const):
        return (value.value,) if isinstance(value.value, str) else ()
    if isinstance(value, Name):
        return known.get(value.id, ())
    if isinstance(value, Sequence):
        found: dict[str, None] = {}
        for item in value.items:
            found.update(dict.fromkeys(_texts(item, known)))
            if len(found) > _MOST_TEXTS:
                break
        return tuple(found)
    return ()


class _Reader:
    def __init__(self, names: _Names) -> None:
        self._names = names
        self._texts = dict(names.texts)
        self._visited: set[str] = set()
        self._bound: dict[tuple[str, str], dict[str, None]] = {}
        """The texts that each parameter of a helper was given so far."""
        self._depth = 0
        self._allowance = Allowance(_MOST_WORK)
        self.created: list[RevisionTable] = []
        self.dropped: list[RevisionTable] = []

    def visit_function(self, function: FunctionDef) -> None:
        if function.name in self._visited or self._depth > _DEEPEST:
            return
        self._visited.add(function.name)
        self._depth += 1
        self._visit_body(function)
        self._depth -= 1

    def _visit_body(self, function: FunctionDef) -> None:
        for step in self._names.facts.bodies[function.number]:
            self._visit(step)

    def _visit(self, node: msgspec.Struct) -> None:
        if not self._allowance.spend(1):
            return
        if isinstance(node, FunctionDef):
            self._visit_body(node)
        elif isinstance(node, For) and isinstance(node.target, Name):
            found = _texts(node.iter, self._texts)
            if found:
                self._texts[node.target.id] = found
        elif isinstance(node, Assign) and len(node.targets) == 1 and isinstance(node.targets[0], Name):
            found = _texts(node.value, self._texts)
            if found:
                self._texts[node.targets[0].id] = found
        elif isinstance(node, Call):
            self._call(node)
        for below in _children(node):
            self._visit(below)

    def _call(self, call: Call) -> None:
        if isinstance(call.func, Name):
            function = self._names.functions.get(call.func.id)
            if function is not None:
                self._bind(function, call)
                self.visit_function(function)
        elif isinstance(call.func, Attr) and self._is_operations(call.func.value):
            self._operation(call.func.name, call)

    def _bind(self, function: FunctionDef, call: Call) -> None:
        """Bind the texts of this call to a helper's parameters; the helper is read again if one of them is new."""
        for param, value in zip(function.params.positional, call.args, strict=False):
            found = _texts(value, self._texts)
            if found:
                key = function.name, param.name
                before = self._bound.setdefault(key, {})
                count = len(before)
                before.update(dict.fromkeys(found))
                if len(before) > count and self._allowance.spend(len(before)):
                    self._texts[param.name] = tuple(dict.fromkeys((*self._texts.get(param.name, ()), *before)))
                    self._visited.discard(function.name)

    def _is_operations(self, value: Expr) -> bool:
        if isinstance(value, Name):
            return value.id in self._names.operations
        return isinstance(value, Attr) and value.name == "op"

    def _operation(self, name: str, call: Call) -> None:
        if name == "create_table":
            self.created += self._tables(call, self._argument(call, 0, "table_name", "name"))
        elif name == "drop_table":
            self.dropped += self._tables(call, self._argument(call, 0, "table_name", "name"))
        elif name == "rename_table":
            self.dropped += self._tables(call, self._argument(call, 0, "old_table_name"))
            self.created += self._tables(call, self._argument(call, 1, "new_table_name"))
        elif name == "execute":
            for text in self._argument(call, 0, "sqltext") or self._wrapped(call):
                self.created += [RevisionTable(found[1], found[2], call.at) for found in _CREATE.finditer(text)]
                self.dropped += [RevisionTable(found[1], found[2], call.at) for found in _DROP.finditer(text)]

    def _wrapped(self, call: Call) -> tuple[str, ...]:
        """The text in ``op.execute(sa.text("..."))``."""
        inner = call.args[0] if call.args else None
        return self._argument(inner, 0, "text") if isinstance(inner, Call) else ()

    def _argument(self, call: Call, index: int, *names: str) -> tuple[str, ...]:
        for keyword in call.keywords:
            if keyword.name in names:
                return _texts(keyword.value, self._texts)
        return _texts(call.args[index], self._texts) if index < len(call.args) else ()

    def _tables(self, call: Call, names: tuple[str, ...]) -> Iterator[RevisionTable]:
        schema: str | None = None
        for keyword in call.keywords:
            if keyword.name == "schema" and not (isinstance(keyword.value, Const) and keyword.value.value is None):
                schemas = _texts(keyword.value, self._texts)
                if len(schemas) != 1:
                    return
                schema = schemas[0]
        for name in names:
            yield RevisionTable(schema, name, call.at)


def _children(node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, msgspec.Struct):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, msgspec.Struct))
