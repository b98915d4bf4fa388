"""Calls that give keywords to mapped classes, as a file writes them: ``User(name=...)``, ``filter_by(name=...)``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from cucurbit.source import facts as f
from cucurbit.source.scan import bound_by, imported_by, inside, walk_with_classes

_STARTS = frozenset({"query", "select"})
_KEEPS = frozenset(
    {
        *("filter", "filter_by", "where", "order_by", "options", "limit", "offset", "distinct"),
        *("execution_options", "with_for_update"),
    }
)
"""The methods of a query after which ``filter_by`` is about the same class."""


_STEPS = (f.Import, f.ImportFrom, f.ClassDef, f.FunctionDef, f.Assign, f.Annotated, f.AugAssign, f.For, f.With)
_BINDING = (*_STEPS, f.Try, f.Match, f.Scope, f.Lambda, f.Walrus, f.Generator)
"""The nodes that bind names."""

_HERE = -1


@dataclass(frozen=True)
class Meaning:
    """The dotted name that a name of a file stands for. ``level`` is that of a relative import; -1: of this file."""

    dotted: str
    level: int = 0

    def absolute(self, module: str, *, is_package: bool) -> str:
        """The dotted name, as written in a file of the module ``module``; empty if it leads out of all packages."""
        if self.level == 0:
            return self.dotted
        parts = module.split(".")
        up = 0 if self.level == _HERE else self.level - is_package
        if up > len(parts) or (up == len(parts) and not is_package and self.level != _HERE):
            return ""
        return ".".join([*parts[: len(parts) - up], self.dotted])


@dataclass(frozen=True)
class KeywordUse:
    """A call at ``at`` that gives keywords to a class. ``filters``: it is ``filter_by``; else it makes an object."""

    cls: Meaning
    keywords: tuple[str, ...]
    at: f.At
    filters: bool


@dataclass(frozen=True)
class WrittenClasses:
    """The last parts of the names that a file imports, and the names of its classes, inner ones included."""

    imported: frozenset[str]
    defined: tuple[str, ...]


def written_classes(facts: f.ModuleFacts) -> WrittenClasses:
    """A quick look at what a file may use."""
    imported: set[str] = set()
    defined: list[str] = []
    for body in facts.bodies:
        for step in walk_with_classes(body):
            if isinstance(step, f.Import | f.ImportFrom):
                imported.update(each.name.rpartition(".")[2] for each in step.names)
            elif isinstance(step, f.ClassDef):
                defined.append(step.name)
    return WrittenClasses(frozenset(imported), tuple(defined))


def has_own_constructor(facts: f.ModuleFacts) -> bool:
    """Whether a file calls something with ``constructor=``, as ``declarative_base`` and ``registry`` take it."""
    return any(
        isinstance(node, f.Call) and any(each.name == "constructor" for each in node.keywords)
        for body in facts.bodies
        for node in inside(body)
    )


def keyword_uses(facts: f.ModuleFacts) -> tuple[KeywordUse, ...]:
    """The calls of a file whose class is written as a name that stands for one thing in all of the file."""
    found: dict[str, set[Meaning | None]] = {}
    calls: list[f.Call] = []
    for number, body in enumerate(facts.bodies):
        own = {id(step) for step in body} if number == 0 else set[int]()
        for node in inside(body):
            if isinstance(node, f.Call):
                if node.keywords:
                    calls.append(node)
            elif isinstance(node, _BINDING):
                for name, meaning in _bound(node, top=id(node) in own):
                    found.setdefault(name, set()).add(meaning)
    names = {name: meaning for name, each in found.items() if len(each) == 1 and (meaning := next(iter(each)))}
    return tuple(use for call in calls for use in _use(call, names))


def _bound(node: f.Node, *, top: bool) -> Iterator[tuple[str, Meaning | None]]:
    """The names that a node binds; None where it is neither an import nor a class of the module."""
    if isinstance(node, f.ImportFrom):
        head = f"{node.module}." if node.module else ""
        for each in node.names:
            yield each.asname or each.name, Meaning(head + each.name, node.level)
    elif isinstance(node, f.Import):
        for name, meaning in imported_by(node).items():
            yield name, Meaning(meaning)
    elif isinstance(node, f.ClassDef) and top:
        yield node.name, Meaning(node.name, _HERE)
    elif isinstance(node, f.Lambda):
        yield from ((name, None) for name in _parameters(node.params))
    elif isinstance(node, f.Walrus):
        yield node.name, None
    elif isinstance(node, f.Generator):
        yield from ((each.id, None) for each in inside(node.target) if isinstance(each, f.Name))
    else:
        yield from ((name, None) for name in bound_by(cast("f.Step", node)))
        if isinstance(node, f.FunctionDef):
            yield from ((name, None) for name in _parameters(node.params))


def _parameters(params: f.Params) -> Iterator[str]:
    yield from (each.name for each in (*params.positional, *params.keyword_only))
    yield from (each for each in (params.vararg, params.kwarg) if each is not None)


def _use(call: f.Call, names: Mapping[str, Meaning]) -> Iterator[KeywordUse]:
    keywords = tuple(each.name for each in call.keywords if each.name is not None)
    filters = isinstance(call.func, f.Attr) and call.func.name == "filter_by"
    entity = _entity(call.func.value) if filters and isinstance(call.func, f.Attr) else call.func
    meaning = _meaning(names, entity) if entity is not None and keywords else None
    if meaning is not None:
        yield KeywordUse(meaning, keywords, call.at, filters)


def _entity(expr: f.Expr) -> f.Expr | None:
    """The class that a query is about: ``session.query(User)``, ``select(User).where(...)``, ``User.query``."""
    while isinstance(expr, f.Call) and isinstance(expr.func, f.Attr) and expr.func.name in _KEEPS:
        expr = expr.func.value
    if isinstance(expr, f.Attr) and expr.name == "query":
        return expr.value
    if isinstance(expr, f.Call) and len(expr.args) == 1 and not expr.keywords:
        function = expr.func.name if isinstance(expr.func, f.Attr) else getattr(expr.func, "id", "")
        return expr.args[0] if function in _STARTS else None
    return None


def _meaning(names: Mapping[str, Meaning], expr: f.Expr) -> Meaning | None:
    """What ``User`` or ``models.User`` stands for; None if its first part does not stand for one thing."""
    parts: list[str] = []
    while isinstance(expr, f.Attr):
        parts.insert(0, expr.name)
        expr = expr.value
    head = names.get(expr.id) if isinstance(expr, f.Name) else None
    return None if head is None else replace(head, dotted=".".join([head.dotted, *parts]))
