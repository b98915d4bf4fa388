"""The fix of ``models-before-migrations``: an import moved below the migrations."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import FixGate
from cucurbit.fixes.python_source import PlacedStatement, PythonSource, python_source
from cucurbit.fixes.resolve import bound_names, target_of
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place
from cucurbit.source.facts import WHOLE_FILE


def move_below_migrations(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Move an import below the statement that runs the migrations, where nothing in between needs its names.

    Other imports of the same modules before that statement are moved too, if the finding would remain otherwise.
    """
    context = gate.context
    source = python_source(context, finding.location.path)
    span = finding.location.span
    placed = source.statement_at(span.line, span.column) if source is not None else None
    anchor = _migrations_in(context, source) if source is not None else None
    if source is None or placed is None or anchor is None:
        return ()
    alone = gate.offered(_moving(source, finding, [placed], anchor), finding)
    together = [placed, *_alike(context, source, placed, anchor)]
    return alone or (gate.offered(_moving(source, finding, together, anchor), finding) if len(together) > 1 else ())


def _alike(
    context: Context, source: PythonSource, placed: PlacedStatement, anchor: PlacedStatement
) -> Iterator[PlacedStatement]:
    """The imports between one and the migrations that import one of its modules too."""
    wanted = _modules(context, source, placed)
    for each in source.imports:
        between = placed.node.lineno < each.node.lineno < anchor.node.lineno
        if between and each.at_top and _modules(context, source, each) & wanted:
            yield each


def _modules(context: Context, source: PythonSource, placed: PlacedStatement) -> set[str]:
    """The files that an import statement means."""
    node = placed.node
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return set()
    targets = (target_of(context, source.path, node, alias) for alias in node.names)
    return {target.path for target in targets if target is not None}


def _moving(
    source: PythonSource, finding: Finding, imports: list[PlacedStatement], anchor: PlacedStatement
) -> Fix | None:
    """The fix that moves import statements below another statement; None where one of them has to stay."""
    if not source.owns_its_lines(anchor.node) or not all(_can_move(source, each, anchor) for each in imports):
        return None
    taken = [edit for each in imports if (edit := source.delete_statement(each)) is not None]
    if len(taken) < len(imports):
        return None
    names = dict.fromkeys(name for each in imports for name in bound_names(each.node))
    lines = [line for each in imports for line in _moved(source, each)]
    return Fix(
        title=f"Move the import of {', '.join(names) or 'the star import'} below the migrations",
        safe=False,
        kind=FixKind.QUICKFIX,
        edits=(*taken, source.insert_lines(source.whole(anchor.node).end_line + 1, *lines)),
        rule=finding.rule,
        note="Other effects of the import, such as reading settings, also happen later.",
    )


def _can_move(source: PythonSource, placed: PlacedStatement, anchor: PlacedStatement) -> bool:
    return (
        placed.at_top
        and isinstance(placed.node, (ast.Import, ast.ImportFrom))
        and source.owns_its_lines(placed.node)
        and placed.node.lineno < anchor.node.lineno
        and not _needed_before(placed, anchor)
    )


def _migrations_in(context: Context, source: PythonSource) -> PlacedStatement | None:
    """The statement at the top level of a file that runs migrations while the module is executed."""
    for timeline in context.timelines:
        for event in timeline.of(EventKind.MIGRATIONS_STARTED):
            place = _place_in(event, source.path)
            if place is None or event.process != 0:
                continue
            span = context.span(place)
            for each in source.statements:
                whole = source.whole(each.node)
                inside = (whole.line, whole.column) <= (span.line, span.column) < (whole.end_line, whole.end_column)
                if each.at_top and inside and not isinstance(each.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    return each
    return None


def _place_in(event: Event, path: str) -> Place | None:
    """Where a file's own module level leads to an event; None where it does so only when it is served."""
    for link in event.link or ():
        if link.kind is LinkKind.STARTUP:
            return None
        if link.place.path == path and link.place.at != WHOLE_FILE:
            return link.place
    return event.place if event.place.path == path and event.link is None else None


def _needed_before(placed: PlacedStatement, anchor: PlacedStatement) -> bool:
    """Whether a statement between the import and the end of the migrations may use, or bind, what it binds."""
    node = placed.node
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return True
    names = set(bound_names(node))
    start, end = placed.block.index(node), placed.block.index(anchor.node)
    for between in placed.block[start + 1 : end + 1]:
        for inner in ast.walk(between):
            if isinstance(inner, ast.Name) and inner.id in names:
                return True
            if isinstance(inner, ast.stmt) and names.intersection(bound_names(inner)):
                return True
    return False


def _moved(source: PythonSource, placed: PlacedStatement) -> list[str]:
    """The lines of the import, protected against the linter that wants imports at the top."""
    span = source.whole(placed.node)
    lines = [source.source.line_text(number) for number in range(span.line, span.end_line + 1)]
    if len(lines) == 1 and "#" not in lines[0]:
        lines[0] = f"{lines[0].rstrip()}  # noqa: E402"
    return lines
