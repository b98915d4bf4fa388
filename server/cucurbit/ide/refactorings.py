"""Refactorings: what an editor's light bulb offers at a place without any finding."""

from __future__ import annotations

import ast

from cucurbit.analysis.edits import Fix
from cucurbit.analysis.rule import FixGate
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.rules.shared.aggregator.fixes import create, create_and_route, route_file, route_imports
from cucurbit.rules.shared.aggregator.models import models_of
from cucurbit.rules.shared.aggregator.writing import existing
from cucurbit.source.span import Span


def _is_about_models(source: PythonSource, span: Span) -> bool:
    """Whether the line is an import, the header of a class, or an assignment of what a call returns (a Table)."""
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Assign) and node.lineno <= span.line <= (
            node.end_lineno or node.lineno
        ):
            return not isinstance(node, ast.Assign) or isinstance(node.value, ast.Call)
        if isinstance(node, ast.ClassDef) and node.lineno == span.line:
            return True
    return False


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
        is_near = path in models.modules or path in programs or path == models.env_path
        if not is_near or not _is_about_models(source, span):
            return ()
        return (*create_and_route(gate, models), *create(gate, models))
    if path == models.env_path:
        return route_file(gate, aggregator, path)
    found = route_file(gate, aggregator, path) if path in programs else ()
    placed = source.statement_at(span.line, span.column)
    if placed is None or not isinstance(placed.node, ast.ImportFrom):
        return found
    return (*found, *route_imports(gate, aggregator, path, placed))
