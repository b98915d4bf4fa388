"""``unknown-attribute``: a keyword for a mapped class that names none of its attributes.

Facts from sqlalchemy/orm/decl_base.py (``_declarative_constructor``) and sqlalchemy/sql/base.py
(``_entity_namespace_key``): both raise for a name that the class does not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.environments import is_migration_file
from cucurbit.rules.shared.orm.constructors import has_usual_constructor
from cucurbit.rules.shared.orm.everything import everything
from cucurbit.rules.shared.orm.findings import set_later
from cucurbit.rules.shared.orm.keyword_uses import KeywordUse, keyword_uses, written_classes
from cucurbit.rules.shared.orm.scope import ModelScope, NoSuch
from cucurbit.rules.shared.orm.words import meant, write
from cucurbit.simulate.core.shapes import ClassTerm, MapperShape
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.shapes.snapshot import StandingMapper

NAME = "unknown-attribute"


@dataclass(frozen=True)
class _Classes:
    """The mapped classes by their dotted names, and by their names alone where no other class has the name.

    ``names`` are what a file that uses one of them must import or define: a class, or a module on the way to it.
    """

    by_path: Mapping[str, ClassTerm]
    by_name: Mapping[str, ClassTerm | None]
    names: frozenset[str]

    def find(self, dotted: str) -> ClassTerm | None:
        """The class that a dotted name stands for: where it is defined, or where a package above passes it on."""
        found = self.by_path.get(dotted)
        if found is not None:
            return found
        package, _, name = dotted.rpartition(".")
        only = self.by_name.get(name)
        return only if only is not None and only.module.startswith(f"{package}.") else None


def _check(context: Context) -> Iterator[Finding]:
    if not context.memo(_classes).by_path:
        return
    scope: ModelScope | None = None
    for path in context.memo(_files):
        for use, cls in context.memo_for(_uses_in, path):
            scope = scope or ModelScope(context.memo(everything))
            found = scope.class_of(cls)
            if not isinstance(found, StandingMapper):
                continue
            for name in use.keywords:
                if _lacks(context, scope, found.shape, name):
                    yield _finding(context, scope, path, use, found.shape, name)


def _lacks(context: Context, scope: ModelScope, mapper: MapperShape, name: str) -> bool:
    """Whether a class certainly has no attribute of this name, mapped or not."""
    if name.startswith("__"):
        return False
    found = scope.property(mapper, name)
    return isinstance(found, NoSuch) and not found.plain and name not in context.memo(set_later)


def _finding(
    context: Context, scope: ModelScope, path: str, use: KeywordUse, mapper: MapperShape, name: str
) -> Finding:
    columns = [*scope.columns(mapper), *(each.name for each in scope.relationships(mapper))]
    do = write(meant(name, columns), f"Correct the name, or add the attribute to {mapper.name}.")
    where = context.location(Place(path, use.at))
    if use.filters:
        raised = f"InvalidRequestError: {mapper.name} has no property {name!r}"
    else:
        raised = f"TypeError: {name!r} is an invalid keyword argument for {mapper.name}"
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=True,
        location=where,
        message=f"Class {mapper.name} has no attribute `{name}`: this call fails wherever it is executed. {do}",
        related=(
            Related(where, f"SQLAlchemy raises {raised}"),
            Related(context.location(mapper.place), f"class {mapper.name}"),
        ),
    )


def _files(context: Context) -> tuple[str, ...]:
    """The workspace's files that some program executes, or that are imported alone."""
    found = frozenset().union(*(each.visited for each in (*context.timelines, *context.isolated)))
    return tuple(sorted(found.intersection(context.workspace.python_files())))


def _classes(context: Context) -> _Classes:
    """The classes that SQLAlchemy gives its constructor, which takes the names of attributes."""
    scope = ModelScope(context.memo(everything))
    usable = [
        each.shape.cls for each in scope.standing if each.certain and has_usual_constructor(context, scope, each.shape)
    ]
    written = (context.about(path, written_classes) for path in context.memo(_files))
    count = Counter(name for each in written if each is not None for name in each.defined)
    # A file that is a script is executed as __main__; other code knows it by the name of the file.
    dotted = {f"{module}.{each.name}": each for each in usable for module in _modules(context, each)}
    return _Classes(
        MappingProxyType(dotted),
        MappingProxyType({each.name: each if count[each.name] == 1 else None for each in usable}),
        frozenset(part for name in dotted for part in name.split(".")),
    )


def _modules(context: Context, cls: ClassTerm) -> tuple[str, str]:
    return cls.module, context.workspace.module_name(cls.place.path)


def _uses_in(context: Context, path: str) -> tuple[tuple[KeywordUse, ClassTerm], ...]:
    """The calls of a file that give keywords to a mapped class, each with the class."""
    classes = context.memo(_classes)
    written = context.about(path, written_classes)
    if written is None or classes.names.isdisjoint((*written.imported, *written.defined)):
        return ()
    if is_migration_file(context, path):
        return ()
    found = []
    for use in context.about(path, keyword_uses) or ():
        module = context.workspace.module_name(path) if use.cls.level else ""
        cls = classes.find(use.cls.absolute(module, is_package=path.endswith("/__init__.py")))
        if cls is not None:
            found.append((use, cls))
    return tuple(found)


RULE = Rule(NAME, "A keyword for a mapped class that names none of its attributes.", Severity.WARNING, _check)
