"""An import moved below the migrations, and a module imported by its one right name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding
from cucurbit.fixes.edits import Fix, FixKind, TextEdit
from cucurbit.fixes.gate import offered
from cucurbit.fixes.page import Page, Placed, page
from cucurbit.fixes.resolve import bound_names, find_module, target_of
from cucurbit.fixes.statements import alias_at, bound_name, relative, with_module
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place
from cucurbit.source.facts import WHOLE_FILE

# ------------------------------------------------------------ below migrations


def move_below_migrations(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Move an import below the statement that runs the migrations, where nothing in between needs its names.

    Where more imports of the same modules stand in between, they go along if the finding would stay without them.
    """
    source = page(context, finding.location.path)
    span = finding.location.span
    placed = source.statement_at(span.line, span.column) if source is not None else None
    anchor = _migrations_in(context, source) if source is not None else None
    if source is None or placed is None or anchor is None:
        return ()
    alone = offered(context, _moving(source, finding, [placed], anchor), finding)
    together = [placed, *_alike(context, source, placed, anchor)]
    return alone or (offered(context, _moving(source, finding, together, anchor), finding) if len(together) > 1 else ())


def _alike(context: Context, source: Page, placed: Placed, anchor: Placed) -> Iterator[Placed]:
    """The imports between one and the migrations that import one of its modules too."""
    wanted = _modules(context, source, placed)
    for each in source.imports:
        between = placed.node.lineno < each.node.lineno < anchor.node.lineno
        if between and each.at_top and _modules(context, source, each) & wanted:
            yield each


def _modules(context: Context, source: Page, placed: Placed) -> set[str]:
    """The files that an import statement means."""
    node = placed.node
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return set()
    targets = (target_of(context, source.path, node, alias) for alias in node.names)
    return {target.path for target in targets if target is not None}


def _moving(source: Page, finding: Finding, imports: list[Placed], anchor: Placed) -> Fix | None:
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
        note="What the import does besides, such as reading settings, comes later too.",
    )


def _can_move(source: Page, placed: Placed, anchor: Placed) -> bool:
    return (
        placed.at_top
        and isinstance(placed.node, (ast.Import, ast.ImportFrom))
        and source.owns_its_lines(placed.node)
        and placed.node.lineno < anchor.node.lineno
        and not _needed_before(placed, anchor)
    )


def _migrations_in(context: Context, source: Page) -> Placed | None:
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


def _needed_before(placed: Placed, anchor: Placed) -> bool:
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


def _moved(source: Page, placed: Placed) -> list[str]:
    """The lines of the import, protected against the linter that wants imports at the top."""
    span = source.whole(placed.node)
    lines = [source.source.line_text(number) for number in range(span.line, span.end_line + 1)]
    if len(lines) == 1 and "#" not in lines[0]:
        lines[0] = f"{lines[0].rstrip()}  # noqa: E402"
    return lines


# -------------------------------------------------------------- one right name


def right_name(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Import a file by its one right name, where the finding stands at an import that spells it wrongly.

    So does every other import that spells it so, where that can be done: one that is left loads it twice again.
    """
    source = page(context, finding.location.path)
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
            fixes = offered(context, fix, finding)
    return fixes


def _respelled_elsewhere(
    context: Context, source: Page, here: Placed, wrong: str, right: str
) -> Iterator[tuple[TextEdit, ...]]:
    """The edits of the other statements that import a file by its wrong name, one piece a statement."""
    done = {id(here.node)}
    for other, placed in _wrong_imports(context, source, here, wrong):
        if id(placed.node) not in done:
            done.add(id(placed.node))
            edits = _respelled(context, other, placed, wrong, right)
            if edits:
                yield edits


def _wrong_imports(context: Context, source: Page, here: Placed, wrong: str) -> Iterator[tuple[Page, Placed]]:
    """The statements that import a module by its wrong name: those of the file itself, then those that were executed.

    What fails there lets the rest of the file not come to its turn.
    """
    for placed in source.imports:
        if _asked(placed.node) == _asked(here.node):
            yield source, placed
    for timeline in context.timelines:
        for record in timeline.imports:
            other = page(context, record.importer_path) if record.module == wrong else None
            place = context.span(record.place)
            found = other.statement_at(place.line, place.column) if other is not None else None
            if other is not None and found is not None:
                yield other, found


def _asked(node: ast.stmt) -> list[tuple[int, str]]:
    """The modules that an import statement names, with the number of leading dots."""
    if isinstance(node, ast.ImportFrom):
        return [(node.level, node.module or "")]
    return [(0, alias.name) for alias in node.names] if isinstance(node, ast.Import) else []


def _wrong_record(context: Context, source: Page, placed: Placed) -> tuple[str, str] | None:
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


def _respelled(context: Context, source: Page, placed: Placed, wrong: str, right: str) -> tuple[TextEdit, ...]:
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


def _plain_respelled(source: Page, node: ast.Import, wrong: str, right: str) -> tuple[TextEdit, ...]:
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
