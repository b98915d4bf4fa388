"""Refactorings: what an editor's light bulb offers at a place without any finding."""

from __future__ import annotations

import ast

from cucurbit.analysis.edits import Fix
from cucurbit.analysis.rule import FixGate
from cucurbit.fixes.python_source import python_source
from cucurbit.rules.shared.aggregator.fixes import create, create_and_route, route_file, route_imports
from cucurbit.rules.shared.aggregator.models import models_of
from cucurbit.rules.shared.aggregator.writing import existing
from cucurbit.source.span import Span


def refactorings(gate: FixGate, path: str, span: Span) -> tuple[Fix, ...]:
    """The refactorings at a place of a file: create the aggregator, or route imports through it."""
    context = gate.context
    models = models_of(context, path)
    source = python_source(context, path)
    if models is None or source is None:
        return ()
    aggregator = existing(context, models)
    programs = {timeline.entry.path for timeline in context.timelines}
    if aggregator is None:
        found: tuple[Fix, ...] = ()
        if path in models.modules or path in programs or path == models.env_path:
            found = (*create_and_route(gate, models), *create(gate, models))
        return found
    if path == models.env_path:
        return route_file(gate, aggregator, path)
    found = route_file(gate, aggregator, path) if path in programs else ()
    placed = source.statement_at(span.line, span.column)
    if placed is None or not isinstance(placed.node, ast.ImportFrom):
        return found
    return (*found, *route_imports(gate, aggregator, path, placed))
