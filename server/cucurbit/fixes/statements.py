"""Edits of import statements: names taken out, modules renamed, comments added. None where a layout is beyond them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from cucurbit.analysis.edits import TextEdit
from cucurbit.fixes.python_source import PlacedStatement, PythonSource
from cucurbit.source.span import Span

ImportNode = ast.Import | ast.ImportFrom

_FROM = re.compile(r"from(?P<blank>[ \t]*)(?P<module>(?![ \t])[.\w \t]*?)(?<![ \t])(?P<after>[ \t]*)\bimport\b")
_NOQA = re.compile(r"#\s*noqa\b(?P<codes>\s*:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*cucurbit:\s*ignore\[(?P<codes>[^\[\]]*)\]")


def bound_name(alias: ast.alias, node: ImportNode) -> str:
    """The name that an alias binds; ``*`` for a star import."""
    if alias.asname is not None:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name


def alias_at(source: PythonSource, line: int, column: int) -> tuple[PlacedStatement, ast.alias] | None:
    """The import statement and the alias at a position; the first alias where only the statement holds it."""
    placed = source.statement_at(line, column)
    if placed is None or not isinstance(placed.node, (ast.Import, ast.ImportFrom)):
        return None
    for alias in placed.node.names:
        span = source.span(alias)
        if (span.line, span.column) <= (line, column) < (span.end_line, span.end_column):
            return placed, alias
    return placed, placed.node.names[0]


# --------------------------------------------------------------------- removal


def without(
    source: PythonSource, placed: PlacedStatement, removed: Iterable[ast.alias], going: frozenset[int] = frozenset()
) -> tuple[TextEdit, ...] | None:
    """Take names out of an import statement, the whole statement where none is left."""
    node = placed.node
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return None
    gone = [any(alias is each for each in removed) for alias in node.names]
    if all(gone):
        edit = source.delete_statement(placed, going)
        return None if edit is None else (edit,)
    edits = []
    first = 0
    while first < len(gone):
        last = first
        if gone[first]:
            while last + 1 < len(gone) and gone[last + 1]:
                last += 1
            edit = _without_run(source, node, first, last)
            if edit is None:
                return None
            edits.append(edit)
        first = last + 1
    return tuple(edits)


def _without_run(source: PythonSource, node: ImportNode, first: int, last: int) -> TextEdit | None:
    """Delete the aliases from ``first`` to ``last``, while others stay."""
    spans = [source.span(alias) for alias in node.names]
    start, end = spans[first], spans[last]
    if _fill_lines(source, node, start, end):
        return source.delete_lines(start.line, end.end_line)
    if last + 1 < len(spans):
        gap = Span(start.line, start.column, spans[last + 1].line, spans[last + 1].column)
    else:
        gap = Span(spans[first - 1].end_line, spans[first - 1].end_column, end.end_line, end.end_column)
    return None if "#" in source.source.slice(gap) else source.replace(gap, "")


def _fill_lines(source: PythonSource, node: ImportNode, start: Span, end: Span) -> bool:
    """Whether names stand on lines of their own, between parentheses."""
    whole = source.span(node)
    head = source.source.slice(Span(whole.line, whole.column, start.line, start.column))
    before = source.source.line_text(start.line)[: start.column]
    behind = source.source.line_text(end.end_line)[end.end_column :].strip().removeprefix(",").strip()
    return "(" in head and start.line > whole.line and not before.strip() and (not behind or behind.startswith("#"))


# ------------------------------------------------------------------ other edits


def with_module(source: PythonSource, node: ast.ImportFrom, module: str) -> TextEdit | None:
    """Import from ``module`` (dots of a relative import included); None where the header is beyond a line."""
    span = source.span(node)
    match = _FROM.match(source.source.slice(span))
    if match is None:
        return None
    start = span.column + match.start("module")
    blank = "" if match["blank"] else " "
    after = "" if match["after"] else " "
    return source.replace(
        Span(span.line, start, span.line, span.column + match.end("module")), f"{blank}{module}{after}"
    )


def relative(importer: str, is_package: bool, target: str) -> str | None:
    """``target`` as a relative import writes it in the module ``importer``; None outside its top package."""
    package = importer.split(".") if is_package else importer.split(".")[:-1]
    parts = target.split(".")
    if not package or package[0] != parts[0]:
        return None
    shared = 0
    while shared < min(len(package), len(parts) - 1) and package[shared] == parts[shared]:
        shared += 1
    return "." * (len(package) - shared + 1) + ".".join(parts[shared:])


def module_parts(target: str) -> tuple[str, str]:
    """The package and the last part of a dotted name; of a relative one, the dots belong to the package."""
    bare = target.lstrip(".")
    dots = target[: len(target) - len(bare)]
    package, _, name = bare.rpartition(".")
    return dots + package, name


def import_module(target: str) -> str:
    """The statement that imports a module, dots of a relative name included, and binds its last part."""
    package, name = module_parts(target)
    return f"from {package} import {name}" if package else f"import {name}"


# -------------------------------------------------------------------- comments


def with_noqa(source: PythonSource, line: int, code: str) -> TextEdit | None:
    """Add a code to the ``noqa`` comment of a line; None where it is there or no comment can be added."""
    text = source.source.line_text(line)
    start = _comment_start(source, line)
    if start is None:
        return None
    match = _NOQA.search(text, start)
    if match is None:
        return _append(source, line, f"# noqa: {code}")
    if match["codes"] is None or code in re.split(r"[^A-Za-z0-9]+", match["codes"].upper()):
        return None
    return source.insert(line, match.end(), f", {code}")


def with_ignore(source: PythonSource, line: int, rule: str) -> TextEdit | None:
    """Add a rule to the ignore comment of a line; None where it is there or no comment can be added."""
    text = source.source.line_text(line)
    start = _comment_start(source, line)
    if start is None:
        return None
    match = _IGNORE.search(text, start)
    if match is None:
        return _append(source, line, f"# cucurbit: ignore[{rule}]")
    codes = [code.strip() for code in match["codes"].split(",")]
    if rule in codes:
        return None
    return source.insert(line, match.end("codes"), f", {rule}" if match["codes"].strip() else rule)


def _append(source: PythonSource, line: int, comment: str) -> TextEdit:
    text = source.source.line_text(line)
    end = len(text.rstrip())
    return source.replace(Span(line, end, line, len(text)), f"  {comment}" if end else comment)


def _comment_start(source: PythonSource, line: int) -> int | None:
    """The column from which a line may hold a comment; None where its end lies in a string or is continued."""
    start = 0
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.JoinedStr) and not (
            isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        ):
            continue
        span = source.span(node)
        if span.line <= line < span.end_line:
            return None
        if span.end_line == line:
            start = max(start, span.end_column)
    return None if source.source.line_text(line).rstrip().endswith("\\") else start
