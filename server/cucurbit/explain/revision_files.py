"""The revision files of a workspace: their identifiers, parents, and the tables and columns that they create."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.explain.case import line_of
from cucurbit.explain.syntax import assigned, calls_in, text_of, tree_of
from cucurbit.workspace.alembic.revisions import read_revision
from cucurbit.workspace.model import Location, MigrationEnvironment


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
    """One revision file. ``identifier`` is empty if it sets none; lines are those of the assignments, else 1."""

    path: str
    identifier: str
    parents: tuple[str, ...]
    line: int
    parents_line: int
    tables: tuple[tuple[str, int], ...]
    dropped: tuple[str, ...]
    columns: tuple[AddedColumn, ...]

    @property
    def shown(self) -> str:
        return f"{self.identifier} ({self.path})"


@dataclass(frozen=True)
class RevisionGraph:
    """The revisions of one environment, in the order in which Alembic reads them."""

    environment: MigrationEnvironment
    files: tuple[RevisionFile, ...]

    @property
    def by_identifier(self) -> MappingProxyType[str, RevisionFile]:
        """As Alembic keeps them: of two files with one identifier, the last."""
        return MappingProxyType({each.identifier: each for each in self.files if each.identifier})

    @property
    def heads(self) -> tuple[RevisionFile, ...]:
        """The revisions that no other follows."""
        known = self.by_identifier
        followed = {parent for each in known.values() for parent in each.parents}
        return tuple(each for each in known.values() if each.identifier not in followed)

    @property
    def duplicates(self) -> tuple[tuple[RevisionFile, ...], ...]:
        """The groups of files that have the same identifier."""
        same: dict[str, list[RevisionFile]] = {}
        for each in self.files:
            if each.identifier:
                same.setdefault(each.identifier, []).append(each)
        return tuple(tuple(files) for files in same.values() if len(files) > 1)

    def named(self, identifier: str) -> tuple[RevisionFile, ...]:
        """The revisions of an identifier, which may be abbreviated as Alembic allows."""
        exact = tuple(each for each in self.files if each.identifier == identifier)
        if exact or len(identifier) < _SHORTEST:
            return exact
        return tuple(each for each in self.files if each.identifier.startswith(identifier))

    def missing_parents(self) -> tuple[tuple[RevisionFile, str], ...]:
        """The revisions with a parent that no file has as its identifier."""
        known = self.by_identifier
        return tuple((each, parent) for each in self.files for parent in each.parents if parent not in known)


_SHORTEST = 4
"""An abbreviated identifier has as many characters at least."""


def graphs(context: Context) -> tuple[RevisionGraph, ...]:
    """The revisions of each environment."""
    return context.memo(_graphs)


def revisions(context: Context) -> Iterator[RevisionFile]:
    """The revisions of all environments."""
    return (each for graph in graphs(context) for each in graph.files)


def _graphs(context: Context) -> tuple[RevisionGraph, ...]:
    return tuple(
        RevisionGraph(environment, tuple(_files(context, environment)))
        for environment in context.workspace.environments
    )


def revision_at(context: Context, path: str) -> RevisionFile | None:
    """The revision in a file; None if it is none."""
    return next((each for each in revisions(context) if each.path == path), None)


def identifier_location(context: Context, file: RevisionFile) -> Location:
    return line_of(context, file.path, file.line)


def parents_location(context: Context, file: RevisionFile) -> Location:
    return line_of(context, file.path, file.parents_line)


def _files(context: Context, environment: MigrationEnvironment) -> Iterator[RevisionFile]:
    for path in context.workspace.revision_files(environment):
        facts, tree = context.facts(path), tree_of(context, path)
        if facts is None or tree is None:
            continue
        read = read_revision(facts)
        here, parents = assigned(context, path, "revision"), assigned(context, path, "down_revision")
        yield RevisionFile(
            path,
            read.revision or "",
            read.down_revisions,
            here[0] if here else 1,
            parents[0] if parents else 1,
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
