"""The graph of revisions of each environment, as rules, the editor and the command line read it."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.fixes.python_source import PythonSource, python_source, value_given
from cucurbit.simulate.core.timeline import Place
from cucurbit.source.span import Span
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript, ScriptName, ScriptNames, message_of, read_names
from cucurbit.workspace.model import Location, MigrationEnvironment, Workspace

_UNREAD = ScriptNames(*(ScriptName(known=False),) * 4, parses=False)


def graphs(context: Context) -> tuple[RevisionGraph, ...]:
    """The graph of each environment, in their order."""
    return context.memo(_graphs)


def graph_of(workspace: Workspace, environment: MigrationEnvironment) -> RevisionGraph:
    """The graph of one environment, from the facts of its files."""
    scripts = tuple(
        RevisionScript(path, workspace.about(path, read_names) or _UNREAD)
        for path in workspace.revision_files(environment)
    )
    return RevisionGraph(environment, scripts, tuple(_unseen(environment)))


def _graphs(context: Context) -> tuple[RevisionGraph, ...]:
    return tuple(graph_of(context.workspace, each) for each in context.workspace.environments)


def _unseen(environment: MigrationEnvironment) -> Iterator[str]:
    if environment.sourceless:
        yield "`sourceless` is set, and revisions without a source file are not seen"
    if environment.outside:
        yield "a folder in `version_locations` is outside of the workspace"


def message(context: Context, script: RevisionScript) -> str:
    """The message of a revision; empty if it has none."""
    return message_of(context.workspace.text(script.path) or "")


# ----------------------------------------------------------------------- places


@dataclass(frozen=True)
class WrittenName:
    """A string literal in the value of ``revision``, ``down_revision`` and the like, with its quotes."""

    text: str
    span: Span


def written_names(source: PythonSource, name: str) -> tuple[WrittenName, ...]:
    """The string literals in the last assignment to a name at the top level of a file."""
    found: tuple[WrittenName, ...] = ()
    for step in source.tree.body:
        value = value_given(step, name)
        if value is not None:
            found = tuple(
                WrittenName(node.value, source.span(node))
                for node in ast.walk(value)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            )
    return found


def place_of(context: Context, script: RevisionScript, name: str, text: str = "") -> Location:
    """Where a file writes a text into a name; else the assignment to the name, else the start of the file."""
    source = python_source(context, script.path)
    written = written_names(source, name) if source is not None else ()
    span = next((each.span for each in written if each.text == text), None)
    if span is not None:
        return Location(script.path, span)
    given: ScriptName = getattr(script.names, name)
    return context.location(Place(script.path, given.at))


def revision_place(context: Context, script: RevisionScript) -> Location:
    """Where a file writes its identifier."""
    return place_of(context, script, "revision", script.id)


def parent_place(context: Context, script: RevisionScript) -> Location:
    """Where a file writes what it follows."""
    return place_of(context, script, "down_revision", next(iter(script.parents), ""))


# ------------------------------------------------------------------ what is meant


@dataclass(frozen=True)
class Meant:
    """The revision that a wrong identifier means. ``named``: the identifier is the name of its file, or part of it."""

    script: RevisionScript
    named: bool


_NEAR = 0.8
"""The similarity (of :mod:`difflib`) from which two identifiers are taken for one that is misspelt."""


def meant_by(graph: RevisionGraph, identifier: str, user: RevisionScript | None = None) -> Meant | None:
    """The revision that an identifier means which no file has; None if nothing tells. It is not ``user`` itself."""
    others = [each for each in graph.scripts if each.id and each is not user]
    for each in others:
        named = identifier in {each.stem, each.file_name, each.path, f"{each.id}_{each.stem}"}
        if named or (identifier.startswith(f"{each.id}_") and len(each.id) > 1):
            return Meant(each, named=True)
    parts = [each for each in others if len(identifier) > 1 and identifier in re.split(r"[_\-.]", each.stem)]
    if len(parts) == 1:
        return Meant(parts[0], named=True)
    abbreviated = [each for each in graph.named(identifier) if each is not user]
    if len(abbreviated) == 1:
        return Meant(abbreviated[0], named=False)
    close = difflib.get_close_matches(identifier, [each.id for each in others], 1, _NEAR)
    return Meant(graph.by_id[close[0]], named=False) if close else None
