"""Tables and models as symbols, and where a table's name leads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.ide.outline import Declared, table_at
from cucurbit.ide.standing import Standings
from cucurbit.simulate.core.timeline import TableDefinition
from cucurbit.source.facts import ClassDef, Node, Step
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location


@dataclass(frozen=True)
class Symbol:
    """A mapped class (``is_class``) or a ``Table(...)``; ``whole`` holds ``span``, where its name stands."""

    name: str
    table: str
    is_class: bool
    path: str
    span: Span
    whole: Span
    container: str


def document_symbols(standings: Standings, path: str) -> tuple[Symbol, ...]:
    """The models and tables of a file, in its order."""
    facts = standings.context.facts(path)
    wholes = (
        {}
        if facts is None
        else {facts.span(each.at): facts.span(each.whole_at) for body in facts.bodies for each in _classes(body)}
    )
    return tuple(_symbol(standings, each, wholes) for each in standings.of_path(path))


def workspace_symbols(standings: Standings, query: str) -> tuple[Symbol, ...]:
    """The models and tables whose name or table holds the letters of ``query`` in that order, regardless of case."""
    pattern = re.compile(".*".join(re.escape(letter) for letter in query), re.IGNORECASE | re.DOTALL)
    return tuple(
        symbol
        for path in standings.context.model_modules
        for symbol in document_symbols(standings, path)
        if pattern.search(symbol.name) or pattern.search(symbol.table)
    )


def definition(standings: Standings, path: str, line: int, column: int, text: str) -> tuple[Location, ...]:
    """Where the table named by a string at a position is defined; from a definition, its other ones.

    ``text`` is the line as it stands, without its ending.
    """
    here = standings.definition_at(path, line, column)
    named = _string_at(text, column)
    # The string of a foreign key may stand inside the definition of another table.
    found = _named(standings, named) if named is not None else ()
    if not found and here is not None:
        found = standings.definitions_of(here.key)
    others = tuple(each for each in found if here is None or each.place != here.place)
    return tuple(standings.context.location(each.place) for each in others or found)


def _named(standings: Standings, name: str) -> tuple[TableDefinition, ...]:
    """What a string names: a table, a column of one (``users.id``, ``schema.users.id``), or a mapped class."""
    table = name
    while table:
        found = standings.definitions_of(table)
        if found:
            return found
        table = table.rpartition(".")[0]
    return tuple(each for each in standings.context.definitions.values() if each.class_name == name)


def _symbol(standings: Standings, definition: TableDefinition, wholes: dict[Span, Span]) -> Symbol:
    span = standings.context.span(definition.place)
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
    """Every class statement, those inside other statements too."""
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


def symbols_meanwhile(tables: Sequence[Declared], path: str) -> tuple[Symbol, ...]:
    """The tables that a file spells as symbols, as long as nothing is known of what is executed."""
    return tuple(
        Symbol(each.class_name or each.table, each.table, bool(each.class_name), path, each.span, each.whole, "")
        for each in tables
    )


def definitions_meanwhile(tables: Sequence[Declared], text: str, line: int, column: int) -> tuple[Span, ...]:
    """Where the table, column or class that a string at a position names is defined in the same file.

    ``text`` is the line, without its ending.
    """
    name = _string_at(text, column) or ""
    here = table_at(tables, line, column)
    while name:
        found = tuple(each.span for each in tables if each is not here and name in {each.table, each.class_name})
        if found:
            return found
        name = name.rpartition(".")[0]
    return ()
