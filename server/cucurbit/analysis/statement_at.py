"""From a place to the statement around it: findings are reported once per statement, and comments cover its lines."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import body_at
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import walk_with_classes
from cucurbit.source.span import Span


def aliases_beside(context: Context, place: Place) -> tuple[Place, ...]:
    """The places of all names of the import statement one of whose aliases is ``place``, itself included."""
    for step in _around(context, place):
        if isinstance(step, (f.Import, f.ImportFrom)) and any(alias.at == place.at for alias in step.names):
            return tuple(Place(place.path, alias.at) for alias in step.names)
    return (place,)


def import_statement(context: Context, place: Place) -> Place:
    """The import statement that has an alias at ``place``; ``place`` itself where there is none."""
    for step in _around(context, place):
        if isinstance(step, (f.Import, f.ImportFrom)) and any(alias.at == place.at for alias in step.names):
            return Place(place.path, step.at)
    return place


_STATEMENTS = (f.Import, f.ImportFrom, f.Assign, f.Annotated, f.AugAssign, f.Do, f.Return)


def lines_of_statement(facts: f.ModuleFacts, span: Span) -> frozenset[int]:
    """The lines on which an ignore comment covers what starts at ``span``.

    Its own line, the first and last lines of the statement (of a class, its header) in which it stands, and the first
    line of the class around it.
    """
    lines = {span.line}
    for step in _steps(facts):
        if isinstance(step, (*_STATEMENTS, f.ClassDef)) and _holds(facts.span(step.at), span):
            around = facts.span(step.at)
            lines |= {around.line, around.end_line}
        elif isinstance(step, f.ClassDef) and _holds(facts.span(step.whole_at), span):
            lines.add(facts.span(step.at).line)
    return frozenset(lines)


def _steps(facts: f.ModuleFacts) -> Iterator[f.Step]:
    """Every statement of a file."""
    return (step for body in facts.bodies for step in walk_with_classes(body))


def _holds(outer: Span, inner: Span) -> bool:
    start = (inner.line, inner.column)
    return (outer.line, outer.column) <= start < (outer.end_line, outer.end_column)


def class_at(context: Context, place: Place) -> str:
    """The name of the innermost class whose body holds ``place``; empty where there is none."""
    facts = context.facts(place.path)
    if facts is None:
        return ""
    span = facts.span(place.at)
    around = [
        (facts.span(step.whole_at), step.name)
        for step in _steps(facts)
        if isinstance(step, f.ClassDef) and _holds(facts.span(step.whole_at), span)
    ]
    return max(around)[1] if around else ""


def call_at(context: Context, place: Place) -> f.Call | None:
    """The call written at ``place``."""
    for node in _around(context, place):
        if isinstance(node, f.Call) and node.at == place.at:
            return node
    return None


def calls_in(node: f.Node) -> Iterator[f.Call]:
    """Every call in a node."""
    for each in _nodes((node,)):
        if isinstance(each, f.Call):
            yield each


def strings_in(node: f.Node) -> Iterator[str]:
    """Every string literal in a node."""
    for each in _nodes((node,)):
        if isinstance(each, f.Const) and isinstance(each.value, str):
            yield each.value


def _around(context: Context, place: Place) -> Iterator[f.Node]:
    """Every node of the body that contains a place."""
    facts = context.facts(place.path)
    return _nodes(body_at(facts, place.at)) if facts is not None else iter(())


def _nodes(body: tuple[f.Node, ...]) -> Iterator[f.Node]:
    """Every node in ``body``, outer ones before inner ones, in the order of the text."""
    pending = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        inner: list[f.Node] = []
        for name in node.__struct_fields__:
            value = getattr(node, name)
            inner += [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, f.Node)]
        pending.extend(reversed(inner))
