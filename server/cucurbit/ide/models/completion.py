"""Completion of the names of models: in the strings that SQLAlchemy resolves, and as keywords."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from cucurbit.analysis.context import Context
from cucurbit.ide.models.cursor import Cursor, OpenBracket, cursor_at
from cucurbit.ide.models.details import ModelClass, attribute_detail, column_detail
from cucurbit.ide.models.names import ModelName, NameKind, attribute_name, column_name, table_name
from cucurbit.ide.models.offered import OfferedName
from cucurbit.ide.models.registry import ModelSet
from cucurbit.ide.models.revision_completion import revision_names
from cucurbit.rules.shared.orm.everything import everything
from cucurbit.rules.shared.orm.expressions import STRINGS
from cucurbit.rules.shared.orm.scope import target_term
from cucurbit.simulate.core.shapes import (
    ColumnProperty,
    MapperShape,
    OtherProperty,
    Property,
    RelationshipShape,
    TableShape,
)
from cucurbit.simulate.shapes.snapshot import Shapes
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

RELATIONSHIPS = frozenset({"relationship", "Relationship", "relation", "dynamic_loader"})
_KEYS = {"Index": 1, "UniqueConstraint": 0, "PrimaryKeyConstraint": 0}
"""The functions that name columns of their table, with the number of arguments before the first name."""
_FOREIGN_KEYS = frozenset({"ForeignKey"})
_WORDS = re.compile(r"[A-Za-z_]\w*")
_TABLE = re.compile(r"""\(\s*["']([^"'\n]*)["']""")
GIVEN = re.compile(r"\b([A-Za-z_]\w*)\s*=(?!=)")
"""The names of keywords that are given."""
_FIRST_NAME = re.compile(r"""\(\s*["']([^"'\n]*)["']\s*,""")
_POLYMORPHIC = re.compile(r"""["']polymorphic_on["']\s*:\Z""")


def model_completion(
    context: Context, path: str, source: SourceText, line: int, column: int
) -> tuple[OfferedName, ...] | None:
    """The names that may be written at a position of the current text, which may be half typed; the likeliest first.

    None where no name of a model is expected.
    """
    cursor = cursor_at(source, line, column)
    if cursor is None:
        return None
    names = revision_names(context, path, source, line, cursor)
    if names is not None:
        return names
    offers = _Offers(context, path, cursor)
    found = offers.in_string() if cursor.in_string else offers.as_keyword()
    if found is None:
        return None
    unique: dict[str, OfferedName] = {}
    for each in found:
        unique.setdefault(each.text, each)
    return tuple(unique.values())


def standing_models(context: Context, path: str) -> tuple[ModelSet, ...]:
    """The models of each entry point: first those that have the models of a file, those with most tables first.

    The last are all of them together.
    """

    def order(shapes: Shapes) -> tuple[bool, int]:
        places = (
            *(each.shape.place for each in shapes.mappers),
            *(each.shape.place for each in shapes.tables.values()),
        )
        has = any(place.path == path for place in places)
        return not has, -len(shapes.tables)

    found = sorted(map(context.shapes, context.entries), key=order)
    return tuple(ModelSet(shapes) for shapes in (*found, context.memo(everything)))


@dataclass(frozen=True)
class _Offers:
    context: Context
    path: str
    cursor: Cursor

    @cached_property
    def models(self) -> tuple[ModelSet, ...]:
        return standing_models(self.context, self.path)

    # ------------------------------------------------------------------ what is expected

    def in_string(self) -> Iterator[OfferedName] | None:
        """What a string at the cursor may name."""
        frame = self.cursor.frames[0]
        outer = self.cursor.frames[1] if len(self.cursor.frames) > 1 else None
        function = frame.function if frame.opener == "(" else ""
        if function in _FOREIGN_KEYS:
            return self._targets() if frame.index == 0 or frame.keyword == "column" else None
        if function in RELATIONSHIPS:
            return self._in_relationship(frame)
        if function in _KEYS:
            return self._own_columns() if frame.index >= _KEYS[function] and not frame.keyword else None
        if function in ("association_proxy", "synonym"):
            return self._in_property(frame)
        if frame.opener == "[" and outer is not None and outer.opener == "(":
            if outer.function == "ForeignKeyConstraint":
                return self._own_columns() if outer.index == 0 else self._targets()
            if outer.function in RELATIONSHIPS and outer.keyword in STRINGS:
                return self._in_relationship(outer)
        if frame.opener == "[" and frame.callee and self.cursor.class_name:
            return self._classes()
        if frame.opener == "{" and _POLYMORPHIC.search(frame.item) is not None:
            return self._own_columns()
        return None

    def _in_relationship(self, frame: OpenBracket) -> Iterator[OfferedName] | None:
        if frame.keyword == "back_populates":
            return self._reverse_sides(frame)
        if frame.keyword == "secondary":
            return self._tables()
        if frame.keyword in STRINGS:
            return self._expression(frame)
        return self._classes() if frame.keyword == "argument" or (not frame.keyword and frame.index == 0) else None

    def _in_property(self, frame: OpenBracket) -> Iterator[OfferedName] | None:
        if frame.index == 0:
            is_proxy = frame.function == "association_proxy"
            return self._attributes(self._own_class, RelationshipShape if is_proxy else ColumnProperty)
        found = _FIRST_NAME.match(frame.inside)
        return self._proxied(found[1]) if found is not None and frame.index == 1 else None

    def as_keyword(self) -> Iterator[OfferedName] | None:
        """The keywords of a constructor of a mapped class, and of ``filter_by``."""
        frame = self.cursor.frames[0]
        if frame.opener != "(" or frame.item or not frame.callee:
            return None
        if frame.function == "filter_by":
            return self._keywords(frame, reversed(_WORDS.findall(self.cursor.before_bracket)), constructs=False)
        return self._keywords(frame, iter((frame.function,)), constructs=True) if self._is_call(frame) else None

    def _is_call(self, frame: OpenBracket) -> bool:
        """Whether the bracket belongs to a call, and not to a class statement or a function definition."""
        before = self.cursor.before_bracket.removesuffix(frame.callee).rstrip()
        return not before.endswith((" class", " def", "\nclass", "\ndef")) and before not in ("class", "def")

    # ------------------------------------------------------------------------- offers

    def _offer(self, text: str, kind: NameKind, detail: str, about: ModelName | None, start: int = 0) -> OfferedName:
        """``start``: how much of the string before the cursor stays."""
        span = replace_start(self.cursor.span, start)
        return OfferedName(text, kind, span, detail, about)

    def _targets(self) -> Iterator[OfferedName]:
        """``users.id``: the keys of every table; every column of the table that is written already."""
        written = self.cursor.before.rpartition(".")[0]
        own = self._own_table
        for models in self.models:
            for standing in models.shapes.tables.values():
                table = standing.shape
                if own is not None and table.metadata != own.metadata:
                    continue
                for column in table.columns:
                    if table.key == written or table.in_primary_key(column):
                        text = f"{table.key}.{column.name}"
                        detail = column_detail(models, table, column)
                        yield self._offer(text, NameKind.COLUMN, detail, column_name(column))

    def _tables(self) -> Iterator[OfferedName]:
        for models in self.models:
            for standing in models.shapes.tables.values():
                yield self._table(standing.shape)

    def _table(self, table: TableShape, start: int = 0) -> OfferedName:
        return self._offer(table.key, NameKind.TABLE, f"table, {table.place.path}", table_name(table), start)

    def _classes(self, start: int = 0) -> Iterator[OfferedName]:
        for models in self.models:
            for standing in models.shapes.mappers:
                mapper = standing.shape
                table = models.shapes.table_of(mapper)
                named = f"table {mapper.table.key}, " if mapper.table is not None else ""
                about = table_name(table.shape) if table is not None else None
                yield self._offer(mapper.name, NameKind.CLASS, f"{named}{mapper.place.path}", about, start)

    def _own_columns(self) -> Iterator[OfferedName]:
        """The columns of the table that the cursor is in the definition of."""
        found = self._own_table_in
        if found is not None:
            models, table = found
            for column in table.columns:
                detail = column_detail(models, table, column)
                yield self._offer(column.key, NameKind.COLUMN, detail, column_name(column))

    def _attributes(
        self, owner: ModelClass | None, kind: type[Property] | None, start: int = 0
    ) -> Iterator[OfferedName]:
        if owner is not None:
            for each in owner.models.shapes.properties(owner.mapper).values():
                if kind is None or isinstance(each, kind):
                    detail = attribute_detail(owner, each)
                    yield self._offer(each.name, NameKind.ATTRIBUTE, detail, attribute_name(each), start)

    def _reverse_sides(self, frame: OpenBracket) -> Iterator[OfferedName]:
        """The relationships of the target; first those that lead back to this class."""
        owner = self._target(frame)
        if owner is None:
            return
        own = self.cursor.class_name
        found = [
            each
            for each in owner.models.shapes.properties(owner.mapper).values()
            if isinstance(each, RelationshipShape)
        ]

        def leads_back(each: RelationshipShape) -> bool:
            target = owner.models.target(owner.mapper, target_term(each))
            return target is not None and target.name == own

        for each in sorted(found, key=lambda each: not leads_back(each)):
            yield self._offer(each.name, NameKind.ATTRIBUTE, attribute_detail(owner, each), attribute_name(each))

    def _expression(self, frame: OpenBracket) -> Iterator[OfferedName]:
        """The part of ``Post.created`` that the cursor is in."""
        before = self.cursor.before
        start = len(before)
        while start and (before[start - 1].isalnum() or before[start - 1] in "_."):
            start -= 1
        head, dot, _ = before[start:].rpartition(".")
        behind = start + len(head) + len(dot)
        if not head:
            target = self._target(frame)
            offered = list(self._classes(start))
            first = {self.cursor.class_name, target.mapper.name if target is not None else ""}
            yield from sorted(offered, key=lambda each: each.text not in first)
            yield from (replace(each, span=replace_start(self.cursor.span, start)) for each in self._tables())
            return
        owner = self._class_named(head)
        if owner is not None:
            yield from self._attributes(owner, ColumnProperty, behind)
            return
        name, _, collection = head.rpartition(".")
        if collection in ("c", "columns"):
            yield from self._columns_of(name, behind)

    def _columns_of(self, key: str, start: int) -> Iterator[OfferedName]:
        for models in self.models:
            for standing in models.shapes.tables.values():
                if standing.shape.key == key:
                    for column in standing.shape.columns:
                        detail = column_detail(models, standing.shape, column)
                        yield self._offer(column.key, NameKind.COLUMN, detail, column_name(column), start)

    def _proxied(self, name: str) -> Iterator[OfferedName]:
        own = self._own_class
        through = own.models.property(own.mapper, name) if own is not None else None
        if own is not None and isinstance(through, RelationshipShape):
            target = own.models.target(own.mapper, target_term(through))
            if target is not None:
                yield from self._attributes(ModelClass(own.models, target), None)

    def _keywords(self, frame: OpenBracket, words: Iterator[str], *, constructs: bool) -> Iterator[OfferedName]:
        """``name=`` for each attribute of the first class among ``words``, without those that are given already."""
        owner = next((found for word in words if (found := self._class_named(word)) is not None), None)
        if owner is None or (constructs and "__init__" in owner.mapper.plain):
            return
        given = set(GIVEN.findall(frame.inside))
        for each in owner.models.shapes.properties(owner.mapper).values():
            if each.name not in given and (constructs or not isinstance(each, OtherProperty)):
                detail = attribute_detail(owner, each)
                offer = self._offer(f"{each.name}=", NameKind.ATTRIBUTE, detail, attribute_name(each))
                yield replace(offer, is_keyword=True)

    # ------------------------------------------------------------------------ look-ups

    def _class_named(self, path: str) -> ModelClass | None:
        name = path.rpartition(".")[2]
        return self._first(lambda mapper: mapper.name == name)

    def _first(self, suits: Callable[[MapperShape], bool]) -> ModelClass | None:
        for models in self.models:
            for standing in models.shapes.mappers:
                if suits(standing.shape):
                    return ModelClass(models, standing.shape)
        return None

    @cached_property
    def _own_class(self) -> ModelClass | None:
        name = self.cursor.class_name
        return self._first(lambda mapper: mapper.name == name and mapper.place.path == self.path) if name else None

    @cached_property
    def _own_table_in(self) -> tuple[ModelSet, TableShape] | None:
        own = self._own_class
        if own is not None:
            standing = own.models.shapes.table_of(own.mapper)
            return (own.models, standing.shape) if standing is not None else None
        frame = next((each for each in self.cursor.frames if each.function == "Table"), None)
        found = _TABLE.match(frame.inside) if frame is not None else None
        for models in self.models if found is not None else ():
            for each in models.shapes.tables.values():
                if found is not None and each.shape.name == found[1] and each.shape.place.path == self.path:
                    return models, each.shape
        return None

    @property
    def _own_table(self) -> TableShape | None:
        found = self._own_table_in
        return found[1] if found is not None else None

    def _target(self, frame: OpenBracket) -> ModelClass | None:
        """The class that the relationship at the cursor leads to: its first argument, else its annotation."""
        first = frame.inside[1:].split(",", 1)[0]
        annotation = self.cursor.statement.partition("=")[0].partition(":")[2]
        for text in (first if "=" not in first else "", annotation):
            for word in _WORDS.findall(text):
                found = self._class_named(word)
                if found is not None:
                    return found
        return None


def replace_start(span: Span, skipped: int) -> Span:
    """The span without its first characters, which are on one line."""
    return Span(span.line, span.column + skipped, span.end_line, span.end_column)
