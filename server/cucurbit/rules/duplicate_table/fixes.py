"""The fixes of ``duplicate-table``: one definition is removed and its importers use the other, or one is renamed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.facts_queries import last_name
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import FixGate
from cucurbit.analysis.statement_at import call_at, calls_in
from cucurbit.fixes.gate import IMPORT_FAILURES, NO_FAILURES
from cucurbit.fixes.python_source import PlacedStatement, PythonSource, python_source
from cucurbit.fixes.resolve import ImportTarget, exports, module_name, target_of
from cucurbit.fixes.statements import relative, with_module, without
from cucurbit.rules.shared.environments import history, managed
from cucurbit.simulate.core.timeline import TableDefinition
from cucurbit.source.facts import Const
from cucurbit.source.span import Span

_NO_COLUMNS = frozenset({"relationship", "backref", "column_property", "synonym", "composite", "association_proxy"})
"""Functions whose result, assigned in a mapped class, is no column."""

_LEGACY_WORDS = ("legacy", "old", "extra", "deprecated", "backup", "copy", "prototype", "demo", "v1")


@dataclass(frozen=True)
class _Written:
    """A definition in its file; ``name`` is the name that other files import."""

    definition: TableDefinition
    source: PythonSource
    placed: PlacedStatement
    name: str


def keep_one_definition(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Remove the legacy definition, or else the other one; or rename the legacy one's table."""
    context = gate.context
    pair = _pair(context, finding)
    if pair is None:
        return ()
    legacy, canonical = pair
    # Where the legacy one has more columns, only a person can tell which of them is right.
    differ = bool(_columns(legacy) - _columns(canonical))
    fixes: tuple[Fix, ...] = ()
    for gone, stays in ((legacy, canonical), (canonical, legacy)):
        removal = _removal(context, finding, gone, stays)
        if removal is not None and gate.loses_tables(removal.edits):
            # An entry point that executes the file of the removed definition only still needs the table.
            removal = _removal(context, finding, gone, stays, keeps=True)
        if removal is not None and (differ or gone is canonical):
            removal = replace(removal, is_choice=True)
        fixes += gate.offered(removal, finding, IMPORT_FAILURES)
    renaming = _renaming(context, finding, legacy.definition)
    if renaming is not None and differ:
        renaming = replace(renaming, is_choice=True)
    return (*fixes, *gate.offered(renaming, finding, NO_FAILURES))


def _pair(context: Context, finding: Finding) -> tuple[_Written, _Written] | None:
    """The two definitions that a finding is about, the legacy one first."""
    here = [d for d in context.definitions.values() if context.location(d.place) == finding.location]
    places = [each.location for each in finding.related]
    found = None
    for definition in here:
        others = [
            each
            for each in context.definitions.values()
            if each.key == definition.key and each.place != definition.place and context.location(each.place) in places
        ]
        if others:
            found = definition, others[0]
    if found is None:
        return None
    written = [_written(context, each) for each in found]
    first, second = written
    if first is None or second is None or first.source.path == second.source.path:
        return None
    return (first, second) if _rank(context, first) < _rank(context, second) else (second, first)


def _rank(context: Context, written: _Written) -> tuple[int, bool, bool, int, int, str]:
    """What is smaller is more likely the legacy one.

    Its columns differ more from those that the revisions create; no env.py registers it; its file or folder is named
    like an old one; fewer files import it; it has fewer columns.
    """
    path = written.source.path
    created = _created_columns(context, written.definition)
    strange = len(created ^ _column_names(written)) if created else 0
    used = len({source.path for source, _, _ in _importers(context, written)})
    seen = any(each.registers(written.definition) for each in context.memo(managed))
    stem = path.rpartition("/")[2]
    called_so = any(word in stem or word in path.split("/") for word in _LEGACY_WORDS)
    return -strange, seen, not called_so, used, len(_columns(written)), path


def _created_columns(context: Context, definition: TableDefinition) -> frozenset[str]:
    """The columns that the first revision of the table gives it; none where no revision creates it."""
    for each in context.memo(managed):
        place = history(context, each.environment).created.get(definition.key)
        call = call_at(context, place) if place is not None else None
        if call is not None:
            columns = (inner for inner in calls_in(call) if last_name(inner.func) == "Column" and inner.args)
            first = (column.args[0] for column in columns)
            return frozenset(name.value for name in first if isinstance(name, Const) and isinstance(name.value, str))
    return frozenset()


def _column_names(written: _Written) -> frozenset[str]:
    """The names of the columns in the database, as far as they are written: relationships are none."""
    found = set(_columns(written))
    for node in ast.walk(written.placed.node):
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        target: ast.expr = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        value = node.value
        if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
            continue
        made = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        if made in _NO_COLUMNS:
            found.discard(target.id)
        elif value.args and isinstance(value.args[0], ast.Constant) and isinstance(value.args[0].value, str):
            found.discard(target.id)
            found.add(value.args[0].value)
    return frozenset(found)


def _written(context: Context, definition: TableDefinition) -> _Written | None:
    source = python_source(context, definition.place.path)
    span = context.span(definition.place)
    placed = source.statement_at(span.line, span.column) if source is not None else None
    if source is None or placed is None or not placed.in_module or not source.owns_its_lines(placed.node):
        return None
    node = placed.node
    if isinstance(node, ast.ClassDef) and node.name == definition.class_name:
        return _Written(definition, source, placed, node.name)
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return _Written(definition, source, placed, node.targets[0].id)
    return None


def _columns(written: _Written) -> set[str]:
    """The names under which a definition seems to have columns."""
    node = written.placed.node
    if isinstance(node, ast.ClassDef):
        names = set()
        for each in node.body:
            target: ast.expr | None = each.target if isinstance(each, ast.AnnAssign) else None
            if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call):
                target = each.targets[0]
            if isinstance(target, ast.Name) and not target.id.startswith("__"):
                names.add(target.id)
        return names
    calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Call) and inner.args)
    firsts = (call.args[0] for call in calls)
    return {each.value for each in firsts if isinstance(each, ast.Constant) and isinstance(each.value, str)} - {
        written.definition.key
    }


# --------------------------------------------------------------------- removal


def _removal(context: Context, finding: Finding, gone: _Written, stays: _Written, *, keeps: bool = False) -> Fix | None:
    """``keeps``: the file of the removed definition imports the other one, whether it needs the name or not."""
    alike = isinstance(gone.placed.node, ast.ClassDef) is isinstance(stays.placed.node, ast.ClassDef)
    if not alike and next(_importers(context, gone), None) is not None:
        return None
    taken = _taken_out(gone)
    if taken is None:
        return None
    edits, needed = taken
    needed = needed or keeps
    for source, placed, alias in _importers(context, gone):
        pointed = _pointed(context, source, placed, alias, stays)
        if pointed is None:
            needed = True
        else:
            edits += pointed
    if needed or _has_hidden_users(context, gone):
        kept = _reexport(context, gone, stays)
        if kept is None:
            return None
        edits += kept
    return Fix(
        title=f"Remove {_called(gone)} from {gone.source.path} and use the one in {stays.source.path}",
        safe=False,
        kind=FixKind.QUICKFIX,
        edits=edits,
        rule=finding.rule,
        note=_difference(gone, stays),
    )


def _called(written: _Written) -> str:
    table = f"table '{written.definition.key}'"
    return f"class {written.name}" if written.definition.class_name else f"{written.name}, {table},"


def _difference(gone: _Written, stays: _Written) -> str:
    lost = sorted(_columns(gone) - _columns(stays))
    won = sorted(_columns(stays) - _columns(gone))
    parts = []
    if lost:
        parts.append(f"only the removed one has {', '.join(lost)}")
    if won:
        parts.append(f"only the one that stays has {', '.join(won)}")
    if not parts:
        return f"Both have columns with the same names. Check their types, and the uses of {gone.name}."
    return f"The two differ: {'; '.join(parts)}. Check the uses of {gone.name}."


def _taken_out(gone: _Written) -> tuple[tuple[TextEdit, ...], bool] | None:
    """The edits that delete a definition, and whether its file still needs the name."""
    source, placed = gone.source, gone.placed
    edit = source.delete_statement(placed)
    if edit is None:
        return None
    if not edit.text and placed.at_top:
        edit = _with_blank_lines(source, source.whole(placed.node))
    # A string names a class by the registry, which finds the other one; only a name needs an import.
    return (edit,), any(isinstance(use, ast.Name) for use in source.uses(gone.name, [placed.node]))


def _with_blank_lines(source: PythonSource, span: Span) -> TextEdit:
    """Delete lines and the blank ones above them; above comes what stood there, below stays what was."""
    first = span.line
    while first > 1 and not source.source.line_text(first - 1).strip():
        first -= 1
    if first == 1:
        return source.delete_lines(1, span.end_line)
    if source.source.line_text(first - 1).lstrip().startswith("#"):
        return source.delete_lines(span.line, span.end_line)
    return source.delete_lines(first, span.end_line)


def _reexport(context: Context, gone: _Written, stays: _Written) -> tuple[TextEdit, ...] | None:
    """An import of the other definition where the removed one stood, for those who still ask there."""
    source = gone.source
    top = [
        each
        for each in source.imports
        if each.at_top and source.owns_its_lines(each.node) and each.node.lineno < gone.placed.node.lineno
    ]
    if not top:
        return None
    node = top[-1].node
    spelled = module_name(context, stays.source.path)
    if isinstance(node, ast.ImportFrom) and node.level:
        package = source.path.rpartition("/")[2] == "__init__.py"
        spelled = relative(module_name(context, source.path), package, spelled) or spelled
    used = "" if source.uses(gone.name, [gone.placed.node]) else "  # noqa: F401"
    name = stays.name if stays.name == gone.name else f"{stays.name} as {gone.name}"
    return (source.insert_lines(source.span(node).end_line + 1, f"from {spelled} import {name}{used}"),)


def _importers(context: Context, gone: _Written) -> Iterator[tuple[PythonSource, PlacedStatement, ast.alias]]:
    """The aliases by which other files import the definition's name from its file."""
    for path in context.workspace.python_files():
        text = context.workspace.text(path) if path != gone.source.path else None
        source = python_source(context, path) if text is not None and gone.name in text else None
        for placed in source.imports if source is not None else ():
            if isinstance(placed.node, ast.ImportFrom):
                for alias in placed.node.names:
                    if alias.name == gone.name:
                        target = target_of(context, path, placed.node, alias)
                        if target == ImportTarget(gone.source.path, gone.name) and source is not None:
                            yield source, placed, alias


def _pointed(
    context: Context, source: PythonSource, placed: PlacedStatement, alias: ast.alias, stays: _Written
) -> tuple[TextEdit, ...] | None:
    """The edits that import the other definition instead."""
    node = placed.node
    if not isinstance(node, ast.ImportFrom):
        return None
    module = module_name(context, stays.source.path)
    if node.level:
        package = source.path.rpartition("/")[2] == "__init__.py"
        module = relative(module_name(context, source.path), package, module) or module
    bound = alias.asname or alias.name
    listed = bound if stays.name == bound else f"{stays.name} as {bound}"
    if source.path == stays.source.path:
        return without(source, placed, [alias])
    if len(node.names) == 1:
        renamed = with_module(source, node, module)
        if renamed is None:
            return None
        return (renamed,) if listed == source.slice(alias) else (renamed, source.replace(source.span(alias), listed))
    taken = without(source, placed, [alias])
    if taken is None or not source.owns_its_lines(node):
        return None
    line = f"{source.indentation(node)}from {module} import {listed}"
    return (*taken, source.insert_lines(source.span(node).end_line + 1, line))


def _has_hidden_users(context: Context, gone: _Written) -> bool:
    """Whether a file may reach the name in a way that no import statement spells: an attribute, a star import."""
    tail = module_name(context, gone.source.path).rpartition(".")[2]
    for path in context.workspace.python_files():
        text = context.workspace.text(path) if path != gone.source.path else None
        if text is None or gone.name not in text or tail not in text:
            continue
        source = python_source(context, path)
        if source is None:
            return True
        if any(isinstance(n, ast.Attribute) and n.attr == gone.name for n in ast.walk(source.tree)):
            return True
        star = exports(context, path).get(gone.name)
        if star == ImportTarget(gone.source.path, gone.name) and source.uses(gone.name):
            return True
    return False


# -------------------------------------------------------------------- renaming


def _renaming(context: Context, finding: Finding, definition: TableDefinition) -> Fix | None:
    source = python_source(context, definition.place.path)
    literal = _name_literal(context, source, definition) if source is not None else None
    if source is None or literal is None:
        return None
    name = str(literal.value)
    renamed = f"{name}_legacy"
    if any(each.key.rpartition(".")[2] == renamed for each in context.definitions.values()):
        return None
    span = source.span(literal)
    text = source.source.slice(span)
    if text[:1] not in "'\"" or text[1:-1] != name:
        return None
    what = f"class {definition.class_name}" if definition.class_name else f"the Table '{name}'"
    return Fix(
        title=f"Rename the table of {what} in {definition.place.path} to '{renamed}'",
        safe=False,
        kind=FixKind.QUICKFIX,
        edits=(source.replace(span, f"{text[0]}{renamed}{text[0]}"),),
        rule=finding.rule,
        note=f"The database needs a table '{renamed}', and foreign keys to '{name}' refer to the other table.",
    )


def _name_literal(context: Context, source: PythonSource, definition: TableDefinition) -> ast.Constant | None:
    """The string that names the table, where it is written in the definition itself."""
    span = context.span(definition.place)
    placed = source.statement_at(span.line, span.column)
    if placed is None:
        return None
    if isinstance(placed.node, ast.ClassDef):
        for each in placed.node.body:
            targets = each.targets if isinstance(each, ast.Assign) else []
            value = each.value if isinstance(each, ast.Assign) else None
            if isinstance(each, ast.AnnAssign):
                targets, value = [each.target], each.value
            if any(isinstance(target, ast.Name) and target.id == "__tablename__" for target in targets):
                return value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
        return None
    for inner in ast.walk(placed.node):
        if isinstance(inner, ast.Call) and source.span(inner) == span and inner.args:
            first = inner.args[0]
            return first if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    return None
