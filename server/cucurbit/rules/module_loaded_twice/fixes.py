"""The fix of ``module-loaded-twice``: the file imported by its right name everywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import FixGate
from cucurbit.fixes.python_source import PlacedStatement, PythonSource, python_source
from cucurbit.fixes.resolve import find_module
from cucurbit.fixes.statements import alias_at, bound_name, relative, with_module
from cucurbit.simulate.core.timeline import EventKind


def import_right_name(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Import the file by its right name at the import that the finding is about.

    Every other import with the wrong name is changed too, where possible: one that is left would load the file twice.
    """
    context = gate.context
    source = python_source(context, finding.location.path)
    if source is None:
        return ()
    span = finding.location.span
    found = alias_at(source, span.line, span.column)
    record = _wrong_record(context, source, found[0]) if found is not None else None
    if found is None or record is None:
        return ()
    here = _respelled(context, source, found[0], *record)
    places = [here, *_respelled_elsewhere(context, source, found[0], *record)] if here else []
    fixes: tuple[Fix, ...] = ()
    for edits, where in ((places, f" in {len(places)} places"), (places[:1], "")):
        if edits and not fixes:
            fix = Fix(
                title=f"Import it as {record[1]}{where if len(edits) > 1 else ''}",
                safe=True,
                kind=FixKind.QUICKFIX,
                edits=tuple(edit for part in edits for edit in part),
                rule=finding.rule,
            )
            fixes = gate.offered(fix, finding)
    return fixes


def _respelled_elsewhere(
    context: Context, source: PythonSource, here: PlacedStatement, wrong: str, right: str
) -> Iterator[tuple[TextEdit, ...]]:
    """The edits of the other statements that import a file by its wrong name, one piece a statement."""
    done = {id(here.node)}
    for other, placed in _wrong_imports(context, source, here, wrong):
        if id(placed.node) not in done:
            done.add(id(placed.node))
            edits = _respelled(context, other, placed, wrong, right)
            if edits:
                yield edits


def _wrong_imports(
    context: Context, source: PythonSource, here: PlacedStatement, wrong: str
) -> Iterator[tuple[PythonSource, PlacedStatement]]:
    """The statements that import a module by its wrong name: those of the file itself, then those that were executed.

    What fails there lets the rest of the file not come to its turn.
    """
    for placed in source.imports:
        if _asked(placed.node) == _asked(here.node):
            yield source, placed
    for timeline in context.timelines:
        for record in timeline.imports:
            other = python_source(context, record.importer_path) if record.module == wrong else None
            place = context.span(record.place)
            found = other.statement_at(place.line, place.column) if other is not None else None
            if other is not None and found is not None:
                yield other, found


def _asked(node: ast.stmt) -> list[tuple[int, str]]:
    """The modules that an import statement names, with the number of leading dots."""
    if isinstance(node, ast.ImportFrom):
        return [(node.level, node.module or "")]
    return [(0, alias.name) for alias in node.names] if isinstance(node, ast.Import) else []


def _wrong_record(context: Context, source: PythonSource, placed: PlacedStatement) -> tuple[str, str] | None:
    """The wrong and the right name of what an import executed: of the outermost file that has two names."""
    span = source.span(placed.node)
    for timeline in context.timelines:
        names: dict[str, set[str]] = {}
        for event in timeline.of(EventKind.MODULE_STARTED):
            names.setdefault(event.path, set()).add(event.module)
        for record in timeline.imports:
            if record.importer_path != source.path:
                continue
            place = context.span(record.place)
            if not (span.line, span.column) <= (place.line, place.column) < (span.end_line, span.end_column):
                continue
            others = names.get(record.path, set()) - {record.module, "__main__"}
            expected = context.workspace.module_name(record.path)
            right = expected if expected in others else min(others, default="")
            if right and record.module != expected:
                return record.module, right
    return None


def _respelled(
    context: Context, source: PythonSource, placed: PlacedStatement, wrong: str, right: str
) -> tuple[TextEdit, ...]:
    node = placed.node
    spec = find_module(context, source.path, right)
    if spec is None:
        return ()
    if isinstance(node, ast.Import):
        return _plain_respelled(source, node, wrong, right)
    if not isinstance(node, ast.ImportFrom):
        return ()
    target = right
    asked = node.module or ""
    if not node.level and asked != wrong and wrong.startswith(asked + "."):
        # ``from models import user``: what is wrong is the package before it.
        tail = wrong[len(asked) :]
        if not right.endswith(tail):
            return ()
        target = right[: -len(tail)]
    if node.level:
        spelled = relative(context.workspace.module_name(source.path), source.path.endswith("/__init__.py"), target)
        target = spelled or target
    renamed = with_module(source, node, target)
    return (renamed,) if renamed is not None else ()


def _plain_respelled(source: PythonSource, node: ast.Import, wrong: str, right: str) -> tuple[TextEdit, ...]:
    """``import models``: it goes on binding ``models``."""
    if len(node.names) != 1 or node.names[0].name != wrong:
        return ()
    alias = node.names[0]
    package, _, name = right.rpartition(".")
    bound = bound_name(alias, node)
    if not source.uses(bound):
        return (source.replace(source.span(alias), right),)
    if alias.asname is None and "." in wrong:
        return ()
    suffix = "" if bound == name else f" as {bound}"
    statement = f"from {package} import {name}{suffix}" if package else f"import {name}{suffix}"
    return (source.replace(source.span(node), statement),)
