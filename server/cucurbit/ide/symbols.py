"""Tables and models as symbols, and the definitions of a table's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.ide.file_outline import DeclaredTable, table_at
from cucurbit.ide.table_status import TableStatuses
from cucurbit.simulate.core.timeline import TableDefinition
from cucurbit.source.facts import ClassDef, Node, Step
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location


@dataclass(frozen=True)
class Symbol:
    """A mapped class (``is_class``) or a ``Table(...)``. ``span`` contains its name, ``whole`` all of it."""

    name: str
    table: str
    is_class: bool
    path: str
    span: Span
    whole: Span
    container: str


def document_symbols(statuses: TableStatuses, path: str) -> tuple[Symbol, ...]:
    """The models and tables of a file, from top to bottom."""
    facts = statuses.context.facts(path)
    wholes = (
        {}
        if facts is None
        else {facts.span(each.at): facts.span(each.whole_at) for body in facts.bodies for each in _classes(body)}
    )
    return tuple(_symbol(statuses, each, wholes) for each in statuses.of_path(path))


def workspace_symbols(statuses: TableStatuses, query: str) -> tuple[Symbol, ...]:
    """The models whose class or table name contains the letters of ``query`` in this order, regardless of case."""
    letters = query.casefold()
    return tuple(
        symbol
        for path in statuses.context.model_modules
        for symbol in document_symbols(statuses, path)
        if _has_letters(symbol.name, letters) or _has_letters(symbol.table, letters)
    )


def _has_letters(name: str, letters: str) -> bool:
    """Whether ``name`` contains the letters, which are case-folded, in this order."""
    rest = iter(name.casefold())
    return all(letter in rest for letter in letters)


def definition(statuses: TableStatuses, path: str, line: int, column: int, text: str) -> tuple[Location, ...]:
    """The definitions of the table that a string at a position names; at a definition, the other definitions.

    ``text`` is the line without its line ending.
    """
    here = statuses.definition_at(path, line, column)
    named = _string_at(text, column)
    # The string of a foreign key may be inside the definition of another table.
    found = _named(statuses, named) if named is not None else ()
    if not found and here is not None:
        found = statuses.definitions_of(here.key)
    others = tuple(each for each in found if here is None or each.place != here.place)
    return tuple(statuses.context.location(each.place) for each in others or found)


def _named(statuses: TableStatuses, name: str) -> tuple[TableDefinition, ...]:
    """The definitions that a string names: a table, a column (``users.id``, ``schema.users.id``), or a mapped class."""
    table = name
    while table:
        found = statuses.definitions_of(table)
        if found:
            return found
        table = table.rpartition(".")[0]
    return tuple(each for each in statuses.context.definitions.values() if each.class_name == name)


def _symbol(statuses: TableStatuses, definition: TableDefinition, wholes: dict[Span, Span]) -> Symbol:
    span = statuses.context.span(definition.place)
    return Symbol(
        definition.class_name or definition.key,
        definition.key,
        bool(definition.class_name),
        definition.place.path,
        span,
        wholes.get(span, span),
        definition.module,
    )


def _classes(steps: tuple[Step, ...]) -> Iterator[ClassDef]:
    """Every class statement, also inside other statements."""
    pending: list[Node] = list(steps)
    while pending:
        node = pending.pop()
        if isinstance(node, ClassDef):
            yield node
        for name in ("body", "orelse", "final", "handlers", "cases"):
            inner = getattr(node, name, ())
            if isinstance(inner, tuple):
                pending += [each for each in inner if isinstance(each, Node)]


_STRING = re.compile(r"""(?P<quote>["'])(?P<text>[^"'\\]*)(?P=quote)""")


def _string_at(text: str, column: int) -> str | None:
    """The content of the string literal around a column of a line."""
    for match in _STRING.finditer(text):
        if match.start() <= column <= match.end():
            return match["text"]
    return None


def symbols_before_analysis(tables: Sequence[DeclaredTable], path: str) -> tuple[Symbol, ...]:
    """The tables that a file declares as symbols, before the first analysis."""
    return tuple(
        Symbol(each.class_name or each.table, each.table, bool(each.class_name), path, each.span, each.whole, "")
        for each in tables
    )


def definitions_before_analysis(tables: Sequence[DeclaredTable], text: str, line: int, column: int) -> tuple[Span, ...]:
    """Where the same file defines the table, column or class that a string at a position names.

    ``text`` is the line without its line ending.
    """
    name = _string_at(text, column) or ""
    here = table_at(tables, line, column)
    while name:
        found = tuple(each.span for each in tables if each is not here and name in {each.table, each.class_name})
        if found:
            return found
        name = name.rpartition(".")[0]
    return ()
