"""The names of mapped classes, tables, columns and mapped attributes, and every place that writes them.

A name is known by where it is defined, so a class and its table are two names even if they are spelled alike. Strings
are resolved as SQLAlchemy does when it configures the mappers of the program, for each entry point. What no entry point
resolves is looked up among all models, as if one program imported them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.ide.models.literals import Literal, Literals
from cucurbit.ide.models.registry import ModelSet
from cucurbit.rules.shared.orm.everything import everything
from cucurbit.rules.shared.orm.expressions import STRINGS, strings_in
from cucurbit.rules.shared.orm.scope import target_term
from cucurbit.simulate.core.shapes import (
    ColumnShape,
    ForeignKeyShape,
    MapperShape,
    Named,
    OtherProperty,
    Property,
    RelationshipShape,
    TableShape,
    Term,
    ValueTerm,
)
from cucurbit.simulate.core.timeline import Place
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location

_CHAIN = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_TABLE_COLUMNS = ("c", "columns")


class NameKind(Enum):
    """What a name stands for. An attribute is a property of a mapped class; a column has its name in the database.

    Constraints and indexes are only offered, in revisions.
    """

    CLASS = "class"
    TABLE = "table"
    COLUMN = "column"
    ATTRIBUTE = "attribute"
    CONSTRAINT = "constraint"


@dataclass(frozen=True)
class ModelName:
    """A name, identified by ``place``: the header of a class, the class or ``Table(...)`` of a table, the call or
    annotation of a column or of an attribute."""

    kind: NameKind
    name: str
    place: Place


@dataclass(frozen=True)
class Occurrence:
    """A place that writes a name. ``span`` has the name alone, without quotes.

    ``defines``: it is the definition. ``is_string``: it stands in a string literal; else it is an identifier.
    """

    name: ModelName
    path: str
    span: Span
    defines: bool
    is_string: bool


@dataclass(frozen=True)
class Computed:
    """A foreign key at ``place`` that names ``name`` by a string that is no plain literal (an f-string, a constant)."""

    name: ModelName
    place: Place


@dataclass(frozen=True)
class NameIndex:
    """Every occurrence, by the name and by the file. ``computed``: where a name is put together."""

    of_name: Mapping[ModelName, tuple[Occurrence, ...]]
    of_path: Mapping[str, tuple[Occurrence, ...]]
    computed: Mapping[ModelName, tuple[Place, ...]]

    def at(self, path: str, line: int, column: int) -> tuple[Occurrence, ...]:
        """What is written at a position, the shortest first."""
        found = [each for each in self.of_path.get(path, ()) if _holds(each.span, line, column)]
        return tuple(sorted(found, key=lambda each: (not each.is_string, _length(each.span))))


def _holds(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def _length(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column


def name_index(context: Context) -> NameIndex:
    """The index of a snapshot. Ask through :meth:`Context.memo`."""
    found: dict[Occurrence | Computed, None] = {}
    literals = Literals(context)
    resolved: set[int] = set()
    for shapes in (*map(context.shapes, context.entries), context.memo(everything)):
        tables = [each.shape for each in shapes.tables.values() if id(each.shape) not in resolved]
        mappers = [each.shape for each in shapes.mappers if id(each.shape) not in resolved]
        if not tables and not mappers:
            continue
        walk = _Writings(ModelSet(shapes), literals)
        for table in tables:
            found.update(dict.fromkeys(walk.table(table)))
            if walk.is_complete():
                resolved.add(id(table))
        for mapper in mappers:
            found.update(dict.fromkeys(walk.mapper(mapper)))
            if walk.is_complete():
                resolved.add(id(mapper))
    return _indexed(found)


def _indexed(found: Mapping[Occurrence | Computed, None]) -> NameIndex:
    of_name: dict[ModelName, list[Occurrence]] = {}
    of_path: dict[str, list[Occurrence]] = {}
    computed: dict[ModelName, list[Place]] = {}
    for each in found:
        if isinstance(each, Computed):
            computed.setdefault(each.name, []).append(each.place)
        else:
            of_name.setdefault(each.name, []).append(each)
            of_path.setdefault(each.path, []).append(each)
    return NameIndex(
        MappingProxyType({name: tuple(sorted(each, key=_order)) for name, each in of_name.items()}),
        MappingProxyType({path: tuple(each) for path, each in of_path.items()}),
        MappingProxyType({name: tuple(each) for name, each in computed.items()}),
    )


def _order(occurrence: Occurrence) -> tuple[bool, str, Span]:
    return not occurrence.defines, occurrence.path, occurrence.span


def name_definition(context: Context, path: str, line: int, column: int) -> tuple[Location, ...]:
    """The definitions of what a string at a position names; nothing at a definition itself."""
    index = context.memo(name_index)
    here = index.at(path, line, column)
    if not here or not here[0].is_string or here[0].defines:
        return ()
    names = dict.fromkeys(each.name for each in here if each.is_string)
    return tuple(
        dict.fromkeys(Location(each.path, each.span) for name in names for each in index.of_name[name] if each.defines)
    )


def table_name(table: TableShape) -> ModelName:
    return ModelName(NameKind.TABLE, table.name, table.place)


def column_name(column: ColumnShape) -> ModelName:
    return ModelName(NameKind.COLUMN, column.name, column.place)


def class_name(mapper: MapperShape) -> ModelName:
    return ModelName(NameKind.CLASS, mapper.name, mapper.place)


def attribute_name(attribute: Property) -> ModelName:
    return ModelName(NameKind.ATTRIBUTE, attribute.name, attribute.place)


class _Writings:
    """Finds what one table or mapped class writes, over the models of one entry point."""

    def __init__(self, models: ModelSet, literals: Literals) -> None:
        self._models = models
        self._literals = literals
        self._unresolved = False

    def is_complete(self) -> bool:
        """Whether every name of what was looked at last was resolved: another entry point would not tell more."""
        complete, self._unresolved = not self._unresolved, False
        return complete

    # ---------------------------------------------------------------------- tables

    def table(self, table: TableShape) -> Iterator[Occurrence | Computed]:
        """The name of a table, those of its columns, and what its keys and foreign keys name."""
        yield from self._written(table_name(table), table.name_place, table.name, defines=True)
        for column in table.columns:
            yield from self._column(column)
        keys = (table.primary_key,) if table.primary_key is not None else ()
        for part in (*keys, *table.unique, *table.indexes, *table.foreign_keys):
            for named in part.columns:
                yield from self._own_column(table, named)
        for key in (*table.foreign_keys, *(each for column in table.columns for each in column.foreign_keys)):
            yield from self._targets(table, key)

    def _column(self, column: ColumnShape) -> Iterator[Occurrence]:
        name = column_name(column)
        if column.name_place is not None:
            yield from self._written(name, column.name_place, column.name, defines=True)
        elif column.attribute == column.name:
            yield from self._defined(name, column.place)

    def _own_column(self, table: TableShape, named: Named) -> Iterator[Occurrence]:
        column = table.column(named.text) or table.named(named.text)
        if column is not None and named.place is not None:
            # The key of a column is its name unless ``key`` says otherwise.
            if named.text == column.name:
                yield from self._written(column_name(column), named.place, named.text)
        elif named.place is not None:
            self._unresolved = True

    def _targets(self, table: TableShape, key: ForeignKeyShape) -> Iterator[Occurrence | Computed]:
        for target in key.targets:
            text = target.text
            keys = self._models.shapes.target_key(table, target) if text is not None else None
            if text is None or keys is None:
                continue
            literal = self._literals.at(text.place, text.text)
            standing = self._models.shapes.table(table.metadata, keys[0])
            if standing is None:
                self._unresolved = True
                continue
            end = len(text.text) - len(text.text.rpartition(".")[2])
            column = standing.shape.column(keys[1]) or standing.shape.named(keys[1])
            named = [(table_name(standing.shape), end - 1 - len(standing.shape.name))]
            if column is not None and column.name == text.text[end:]:
                named.append((column_name(column), end))
            for name, start in named:
                if literal is None:
                    yield Computed(name, key.place)
                else:
                    yield from _part(name, literal, start)

    # --------------------------------------------------------------------- mappers

    def mapper(self, mapper: MapperShape) -> Iterator[Occurrence]:
        """The name of a class, those of its attributes, and what its relationships and other attributes name."""
        yield from self._header(mapper)
        for each in mapper.properties:
            yield from self._defined(attribute_name(each), each.place)
            if isinstance(each, RelationshipShape):
                yield from self._relationship(mapper, each)
            elif isinstance(each, OtherProperty):
                yield from self._other(mapper, each)
        for name, term in (("polymorphic_on", mapper.polymorphic_on), *mapper.arguments):
            if name in ("polymorphic_on", "version_id_col") and isinstance(term, ValueTerm) and term.text is not None:
                yield from self._attribute(mapper, term.place, term.text, term.text, 0)

    def _header(self, mapper: MapperShape) -> Iterator[Occurrence]:
        span = self._literals.identifier(mapper.place, mapper.name)
        if span is not None:
            yield Occurrence(class_name(mapper), mapper.place.path, span, defines=True, is_string=False)

    def _relationship(self, mapper: MapperShape, relationship: RelationshipShape) -> Iterator[Occurrence]:
        for term in (relationship.target, relationship.annotation):
            if isinstance(term, ValueTerm) and term.text is not None:
                yield from self._class(mapper, term)
        target = self._models.target(mapper, target_term(relationship))
        for name, term in relationship.arguments:
            if name == "back_populates" and isinstance(term, ValueTerm) and term.text is not None:
                if target is None:
                    self._unresolved = True
                else:
                    yield from self._attribute(target, term.place, term.text, term.text, 0)
            elif name == "secondary":
                yield from self._secondary(mapper, term)
            elif name in STRINGS:
                for each in strings_in(term):
                    yield from self._expression(mapper, each)

    def _class(self, mapper: MapperShape, term: ValueTerm) -> Iterator[Occurrence]:
        text = term.text or ""
        found = self._models.named(mapper, text)
        if found is None:
            self._unresolved = True
            return
        literal = self._literals.at(term.place, text)
        if literal is not None:
            yield from _part(class_name(found), literal, len(text) - len(found.name))

    def _secondary(self, mapper: MapperShape, term: Term) -> Iterator[Occurrence]:
        text = term.text if isinstance(term, ValueTerm) else None
        table = self._models.table_named(mapper, text) if text is not None else None
        if text is None or not isinstance(term, ValueTerm):
            return
        if table is None:
            self._unresolved = True
        else:
            literal = self._literals.at(term.place, text)
            if literal is not None:
                yield from _part(table_name(table), literal, len(text) - len(table.name))

    def _other(self, mapper: MapperShape, other: OtherProperty) -> Iterator[Occurrence]:
        if other.kind not in ("synonym", "proxy") or not other.args:
            return
        first = other.args[0]
        if not isinstance(first, ValueTerm) or first.text is None:
            return
        yield from self._attribute(mapper, first.place, first.text, first.text, 0)
        through = self._models.property(mapper, first.text)
        second = other.args[1] if other.kind == "proxy" and len(other.args) > 1 else None
        if isinstance(second, ValueTerm) and second.text is not None and isinstance(through, RelationshipShape):
            target = self._models.target(mapper, target_term(through))
            if target is not None:
                yield from self._attribute(target, second.place, second.text, second.text, 0)

    def _attribute(
        self, mapper: MapperShape, place: Place | None, text: str, name: str, start: int
    ) -> Iterator[Occurrence]:
        """The attribute ``name`` of a class, written in the literal ``text`` from index ``start``."""
        found = self._models.property(mapper, name)
        literal = self._literals.at(place, text)
        if found is None:
            self._unresolved = True
        elif literal is not None:
            yield from _part(attribute_name(found), literal, start)

    # ----------------------------------------------------------------- expressions

    def _expression(self, mapper: MapperShape, term: ValueTerm) -> Iterator[Occurrence]:
        """``Post.created.desc()``, ``Post.id == user_tags.c.user_id``: the names that it is made of."""
        text = term.text or ""
        literal = self._literals.at(term.place, text)
        if literal is None:
            return
        for match in _CHAIN.finditer(text):
            if match.start() and text[match.start() - 1] in "\"'.":
                continue
            yield from self._chain(mapper, literal, match[0].split("."), match.start())

    def _chain(self, mapper: MapperShape, literal: Literal, names: list[str], start: int) -> Iterator[Occurrence]:
        for count in range(len(names), 0, -1):
            path = ".".join(names[:count])
            behind = start + len(path) + 1
            found = self._models.named(mapper, path)
            if found is not None:
                yield from _part(class_name(found), literal, start + len(path) - len(found.name))
                if count < len(names):
                    yield from self._attribute(found, literal.place, literal.text, names[count], behind)
                return
            table = self._models.table_named(mapper, path)
            if table is not None:
                yield from _part(table_name(table), literal, start + len(path) - len(table.name))
                if names[count : count + 1] and names[count] in _TABLE_COLUMNS and count + 1 < len(names):
                    column = table.column(names[count + 1])
                    if column is not None and column.name == names[count + 1]:
                        yield from _part(column_name(column), literal, behind + len(names[count]) + 1)
                return
        self._unresolved = True

    # ---------------------------------------------------------------------- places

    def _written(
        self, name: ModelName, place: Place | None, text: str, *, defines: bool = False
    ) -> Iterator[Occurrence]:
        literal = self._literals.at(place, text)
        if literal is not None:
            yield from _part(name, literal, 0, defines=defines)

    def _defined(self, name: ModelName, place: Place) -> Iterator[Occurrence]:
        """The identifier to which a class body assigns what stands at ``place``."""
        span = self._literals.assigned(place, name.name)
        if span is not None:
            yield Occurrence(name, place.path, span, defines=True, is_string=False)


def _part(name: ModelName, literal: Literal, start: int, *, defines: bool = False) -> Iterator[Occurrence]:
    """``name`` in a literal from index ``start`` of its text; nothing if something else is written there."""
    if start >= 0 and literal.text.startswith(name.name, start):
        span = literal.part(start, len(name.name))
        yield Occurrence(name, literal.place.path, span, defines=defines, is_string=True)
