"""The tables and columns that the revision files of a workspace create."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.explain.syntax import calls_in, text_of, tree_of
from cucurbit.rules.shared.revisions import graphs
from cucurbit.workspace.alembic.revisions import read_revision
from cucurbit.workspace.alembic.script import RevisionScript


@dataclass(frozen=True)
class AddedColumn:
    """A column that a revision creates, alone or with its table.

    ``required``: it is NOT NULL and has no server default.
    """

    table: str
    name: str
    line: int
    with_table: bool
    required: bool


@dataclass(frozen=True)
class RevisionFile:
    """What one revision file creates and drops. ``identifier`` is empty if it sets none."""

    path: str
    identifier: str
    tables: tuple[tuple[str, int], ...]
    dropped: tuple[str, ...]
    columns: tuple[AddedColumn, ...]

    @property
    def shown(self) -> str:
        return f"{self.identifier} ({self.path})"


def revisions(context: Context) -> Iterator[RevisionFile]:
    """The revisions of all environments."""
    return iter(context.memo(_revisions))


def _revisions(context: Context) -> tuple[RevisionFile, ...]:
    return tuple(file for graph in graphs(context) for script in graph.scripts for file in _file(context, script))


def revision_at(context: Context, path: str) -> RevisionFile | None:
    """The revision in a file; None if it is none."""
    return next((each for each in revisions(context) if each.path == path), None)


def _file(context: Context, script: RevisionScript) -> Iterator[RevisionFile]:
    facts, tree = context.facts(script.path), tree_of(context, script.path)
    if facts is None or tree is None:
        return
    read = read_revision(facts)
    yield RevisionFile(
        script.path,
        script.id,
        tuple((_qualified(each.schema, each.name), facts.span(each.at).line) for each in read.created),
        tuple(_qualified(each.schema, each.name) for each in read.dropped),
        tuple(_columns(_upgrade(tree))),
    )


def _qualified(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


def _upgrade(tree: ast.Module) -> ast.Module:
    """The file without what only ``downgrade`` does."""
    kept = [step for step in tree.body if not (isinstance(step, ast.FunctionDef) and step.name.startswith("downgrade"))]
    return ast.Module(kept, [])


_ALTER = re.compile(r"ALTER\s+TABLE\s+(?:\w+\.)?[\"`]?(\w+)[\"`]?\s+ADD\s+(?:COLUMN\s+)?[\"`]?(\w+)", re.IGNORECASE)


def _columns(tree: ast.Module) -> Iterator[AddedColumn]:
    for call in calls_in(tree, "create_table"):
        table = _first_text(call)
        for column in calls_in(call, "Column"):
            yield _added(table, column, with_table=True)
    batches = {
        item.optional_vars.id: _first_text(item.context_expr)
        for node in ast.walk(tree)
        if isinstance(node, (ast.With, ast.AsyncWith))
        for item in node.items
        if isinstance(item.optional_vars, ast.Name) and isinstance(item.context_expr, ast.Call)
    }
    for call in calls_in(tree, "add_column"):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        batch = batches.get(owner.id, "") if isinstance(owner, ast.Name) else ""
        for column in calls_in(call, "Column"):
            yield _added(batch or _first_text(call), column, with_table=False)
    for call in calls_in(tree, "execute"):
        for node in ast.walk(call):
            for table, name in _ALTER.findall(text_of(node)):
                yield AddedColumn(table, name, call.lineno, with_table=False, required=False)


def _added(table: str, column: ast.Call, *, with_table: bool) -> AddedColumn:
    options = {each.arg: each.value for each in column.keywords}
    nullable = options.get("nullable")
    required = isinstance(nullable, ast.Constant) and nullable.value is False and "server_default" not in options
    return AddedColumn(table, _first_text(column), column.lineno, with_table, required)


def _first_text(call: ast.Call) -> str:
    named = next((each.value for each in call.keywords if each.arg in {"table_name", "name"}), None)
    return text_of(call.args[0]) if call.args else text_of(named)
