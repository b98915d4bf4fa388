"""Renamed files: the aggregator goes on importing every model module."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lsprotocol import types

from cucurbit.fixes.edits import Fix, FixKind, TextEdit
from cucurbit.lsp.features.files import touch
from cucurbit.lsp.features.workspace_edits import is_sound, workspace_edit
from cucurbit.lsp.wire.uris import to_path
from cucurbit.rules.shared.aggregators import aggregators
from cucurbit.session.analysis import Analysis
from cucurbit.session.folders import relative
from cucurbit.session.session import Session, Unavailable

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer


async def will_rename_files(ls: CucurbitServer, params: types.RenameFilesParams) -> types.WorkspaceEdit | None:
    """``workspace/willRenameFiles``: the aggregator's imports of what is renamed, under the new names."""
    await ls.ready.wait()
    for session in ls.folders:
        moves = list(_moves(session, params))
        if not moves:
            continue
        try:
            analysis = await session.fresh()
        except Unavailable:
            continue
        edit = await session.query(analysis, functools.partial(_edit, ls, session, moves))
        if edit is not None:
            return edit
    return None


def did_rename_files(ls: CucurbitServer, params: types.RenameFilesParams) -> None:
    """``workspace/didRenameFiles``"""
    touch(ls, [uri for file in params.files for uri in (file.old_uri, file.new_uri)])


def _moves(session: Session, params: types.RenameFilesParams) -> Iterator[tuple[str, str]]:
    for file in params.files:
        old, new = to_path(file.old_uri), to_path(file.new_uri)
        before = None if old is None else relative(session.root, old)
        after = None if new is None else relative(session.root, new)
        if before and after:
            yield before, after


def _edit(
    ls: CucurbitServer, session: Session, moves: list[tuple[str, str]], analysis: Analysis
) -> types.WorkspaceEdit | None:
    edits = tuple(import_edits(analysis, moves))
    fix = Fix("Import the renamed modules by their new names", True, FixKind.QUICKFIX, edits)
    if not edits or not is_sound(analysis, fix):
        return None
    return workspace_edit(analysis, fix, ls.client, lambda path: ls.uri(session.root, path))


def import_edits(analysis: Analysis, moves: list[tuple[str, str]]) -> Iterator[TextEdit]:
    """The edits that the aggregators need when files or folders move (paths before and after)."""
    modules = dict(_moved_modules(analysis, moves))
    for aggregator in aggregators(analysis.context):
        source = analysis.source(aggregator.path)
        package = aggregator.module if aggregator.is_package else aggregator.module.rpartition(".")[0]
        for statement in dict.fromkeys(each.statement for each in aggregator.imports):
            span = analysis.context.span(statement)
            if source is not None:
                text = source.slice(span)
                new = rewritten(text, package, modules, source.newline + " " * span.column)
                if new != text:
                    yield TextEdit(aggregator.path, span, new)


def _moved_modules(analysis: Analysis, moves: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The dotted names before and after of every module that moves, packages without ``__init__`` included."""
    workspace = analysis.workspace
    for path in workspace.python_files():
        for before, after in moves:
            if path != before and not path.startswith(before + "/"):
                continue
            module = workspace.module_name(path)
            target = after + path[len(before) :]
            old = _parts(path)
            depth = len(old) - len(module.split("."))
            new = _parts(target)
            if (
                target.endswith(".py")
                and new[:depth] == old[:depth]
                and all(part.isidentifier() for part in new[depth:])
            ):
                yield module, ".".join(new[depth:])
                if path != before:
                    yield ".".join(_parts(before)[depth:]), ".".join(_parts(after)[depth:])


def _parts(path: str) -> list[str]:
    parts = path.removesuffix(".py").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts


def rewritten(statement: str, package: str, modules: Mapping[str, str], separator: str) -> str:
    """An import statement for modules under new names; as it was where it names none of them.

    ``package`` is what relative imports start from; ``separator`` stands between two statements.
    """
    try:
        node = ast.parse(statement).body[0]
    except (SyntaxError, ValueError, IndexError):
        return statement
    if isinstance(node, ast.Import):
        for name in node.names:
            new = modules.get(name.name, name.name)
            statement = re.sub(rf"(?<![\w.]){re.escape(name.name)}(?![\w.])", new, statement, count=1)
        return statement
    return _from(statement, node, package, modules, separator) if isinstance(node, ast.ImportFrom) else statement


def _from(statement: str, node: ast.ImportFrom, package: str, modules: Mapping[str, str], separator: str) -> str:
    base = _base(node, package)
    homes: dict[str, list[tuple[ast.alias, str]]] = {}
    for alias in node.names:
        moved = modules.get(f"{base}.{alias.name}")
        if moved is not None:
            home, _, leaf = moved.rpartition(".")
        else:
            home, leaf = modules.get(base, base), alias.name
        homes.setdefault(home, []).append((alias, leaf))
    if len(homes) == 1:
        home, names = next(iter(homes.items()))
        head, word, tail = _split(statement)
        for alias, leaf in names:
            if leaf != alias.name:
                tail = re.sub(rf"(?<!\w){re.escape(alias.name)}(?!\w)", leaf, tail, count=2 if alias.asname else 1)
        return (head if home == base else f"from {_spelt(home, node.level, package)} ") + word + tail
    return separator.join(
        f"from {_spelt(home, node.level, package)} import {', '.join(_alias(alias, leaf) for alias, leaf in names)}"
        for home, names in homes.items()
    )


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that a ``from`` import names."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    start = parts[: len(parts) - node.level + 1]
    return ".".join([*start, node.module] if node.module else start)


def _spelt(module: str, level: int, package: str) -> str:
    """A module's name as it was written: relative where it was and still can be."""
    parts = package.split(".")
    start = ".".join(parts[: len(parts) - level + 1])
    if level and (module == start or module.startswith(start + ".")):
        return "." * level + module[len(start) + 1 :]
    return module


def _split(statement: str) -> tuple[str, str, str]:
    match = re.search(r"(?<=[\s.])import(?=[\s(*])", statement)
    return (statement, "", "") if match is None else (statement[: match.start()], "import", statement[match.end() :])


def _alias(alias: ast.alias, leaf: str) -> str:
    if alias.asname is None:
        return leaf
    return f"{leaf} as {leaf if alias.asname == alias.name else alias.asname}"
