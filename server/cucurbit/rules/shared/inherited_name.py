"""Classes and the bases that they share tables with, or take the names of their tables from."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import find_class, last_name
from cucurbit.analysis.imports import imports_of
from cucurbit.simulate.core.timeline import Place, TableDefinition
from cucurbit.source import facts as f
from cucurbit.source.scan import walk

_DEPTH = 5


@dataclass(frozen=True)
class InheritedName:
    """The class that gives its subclasses the name of their tables, and where it is written."""

    cls: str
    place: Place


def inherited_name(context: Context, definition: TableDefinition) -> InheritedName | None:
    """The base whose literal ``__tablename__`` a mapped class has; None where it has its own, or none is seen."""
    path = definition.place.path
    facts = context.facts(path)
    cls = find_class(facts, definition.place.at) if facts is not None else None
    if cls is None or _own_name(cls) is not None:
        return None
    name = definition.key.rpartition(".")[2]
    return _in_bases(context, path, cls, name, _DEPTH)


def derives_from(context: Context, definition: TableDefinition, other: TableDefinition) -> bool:
    """Whether the class of a definition is a subclass of that of another one, so that it can only run after it."""
    facts = context.facts(definition.place.path)
    cls = find_class(facts, definition.place.at) if facts is not None else None
    return cls is not None and _has_base(context, definition.place.path, cls, other.place, _DEPTH)


def _has_base(context: Context, path: str, cls: f.ClassDef, wanted: Place, depth: int) -> bool:
    return depth > 0 and any(
        Place(file, found.at) == wanted or _has_base(context, file, found, wanted, depth - 1)
        for base in cls.bases
        for file, found in _classes(context, path, last_name(base))
    )


def _in_bases(context: Context, path: str, cls: f.ClassDef, name: str, depth: int) -> InheritedName | None:
    for base in cls.bases if depth else ():
        for file, found in _classes(context, path, last_name(base)):
            assigned = _own_name(found)
            if assigned is not None:
                literal = isinstance(assigned.value, f.Const) and assigned.value.value == name
                return InheritedName(found.name, Place(file, assigned.at)) if literal else None
            further = _in_bases(context, file, found, name, depth - 1)
            if further is not None:
                return further
    return None


def _classes(context: Context, path: str, name: str) -> list[tuple[str, f.ClassDef]]:
    """The classes of that name in a file, or in the modules that it imports."""
    paths = dict.fromkeys([path, *(each.path for each in imports_of(context, path) if each.path)])
    for each in paths:
        facts = context.facts(each)
        body = facts.body if facts is not None else ()
        found = [step for step in walk(body) if isinstance(step, f.ClassDef) and step.name == name]
        if found:
            return [(each, found[-1])]
    return []


def _own_name(cls: f.ClassDef) -> f.Assign | f.Annotated | None:
    for step in cls.body:
        targets = (
            step.targets if isinstance(step, f.Assign) else (step.target,) if isinstance(step, f.Annotated) else ()
        )
        if isinstance(step, f.Assign | f.Annotated) and any(last_name(target) == "__tablename__" for target in targets):
            return step
    return None
