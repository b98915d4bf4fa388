"""The columns of a table in the models and in the database, compared as Alembic does.

Facts from alembic/autogenerate/compare/tables.py (``_compare_columns``), constraints.py (``_compare_nullable``),
types.py, comments.py and server_defaults.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cucurbit.analysis.drift.difference import About, Difference, Doubt, DriftSettings, ModelTables
from cucurbit.analysis.drift.types import Dialect, differs
from cucurbit.simulate.core.shapes import (
    CallTerm,
    ColumnShape,
    ItemsTerm,
    TableShape,
    Term,
    TypeTerm,
    UnknownTerm,
    ValueTerm,
)
from cucurbit.simulate.shapes.type_text import type_text


def compare_columns(
    models: ModelTables, model: TableShape, standing: TableShape, key: str, settings: DriftSettings, dialect: Dialect
) -> Iterator[Difference | Doubt]:
    """The differences, and as texts what could not be compared."""
    for column in model.columns:
        found = standing.named(column.name)
        if found is None:
            yield Difference(
                "add_column",
                key,
                column.name,
                column.place,
                f"no revision creates {key}.{column.name}",
                certain=column.certain and not standing.open,
                model=replace(column, type_=models.shapes.type_of(model, column)),
            )
        else:
            sure = column.certain and found.certain
            for each in _altered(models, model, (column, found), key, settings, dialect):
                if not isinstance(each, Difference):
                    yield each
                else:
                    yield each if sure else replace(each, certain=False)
            if not column.certain or not found.certain:
                yield About("whether the column exists", f"{key}.{column.name}")
    for column in standing.columns:
        if model.named(column.name) is None and not column.certain:
            # One that may have been dropped is no difference that is known.
            yield About("whether the column exists", f"{key}.{column.name}")
        elif model.named(column.name) is None:
            yield Difference(
                "remove_column",
                key,
                column.name,
                column.place,
                f"the models have no column {key}.{column.name}, which this revision creates",
                certain=not model.open,
                standing=column,
            )


def _altered(
    models: ModelTables,
    table: TableShape,
    pair: tuple[ColumnShape, ColumnShape],
    key: str,
    settings: DriftSettings,
    dialect: Dialect,
) -> Iterator[Difference | Doubt]:
    model, standing = pair
    where = f"{key}.{model.name}"
    yield from _nullable(table, pair, key)
    if settings.options.types is not False:
        type_ = models.shapes.type_of(table, model)
        answer = differs(type_, standing.type_, dialect)
        if answer:
            words = f"{where} is {_shown(type_)} in the models and {_shown(standing.type_)} in the database"
            yield Difference(
                "modify_type",
                key,
                model.name,
                model.place,
                words,
                settings.options.types is True,
                replace(model, type_=type_),
                standing,
            )
        elif answer is None:
            yield About("whether the type is the same", where)
    if settings.options.defaults is not False:
        yield from _default(pair, key, sure=settings.options.defaults is True)
    if dialect != "sqlite":
        yield from _comment(pair, key)


def _shown(term: TypeTerm) -> str:
    return type_text(term)


def _nullable(table: TableShape, pair: tuple[ColumnShape, ColumnShape], key: str) -> Iterator[Difference | Doubt]:
    model, standing = pair
    where = f"{key}.{model.name}"
    special = (model.identity, model.computed, standing.identity, standing.computed)
    wanted, stands = model.nullable, standing.nullable
    if wanted and table.in_primary_key(model) is not False:
        wanted = None
    if wanted is None or stands is None or any(each is not None for each in special):
        yield About("whether the column is nullable", where)
    elif wanted is not stands:
        words = "allows NULL in the models, but not" if wanted else "does not allow NULL in the models, but does"
        yield Difference(
            "modify_nullable",
            key,
            model.name,
            model.place,
            f"{where} {words} in the database",
            model=model,
            standing=standing,
        )


def _default(pair: tuple[ColumnShape, ColumnShape], key: str, *, sure: bool) -> Iterator[Difference | Doubt]:
    """Server defaults: two that are not written alike may be equal for the database."""
    model, standing = pair
    where = f"{key}.{model.name}"
    new, old = model.server_default, standing.server_default
    if (new is None and old is None) or model.computed is not None or standing.computed is not None:
        return
    if new is not None and old is not None and _alike(new, old):
        return
    yield About("whether the server default is the same", where)
    yield Difference(
        "modify_default",
        key,
        model.name,
        model.place,
        f"{where} has another server default in the models than in the database",
        certain=sure and (new is None or old is None) and not model.primary_key and not model.identity,
        model=model,
        standing=standing,
    )


def _alike(one: Term, other: Term) -> bool:
    return not isinstance(one, UnknownTerm) and _unplaced(one) == _unplaced(other)


def _unplaced(term: Term) -> object:
    if isinstance(term, ValueTerm):
        return term.value
    if isinstance(term, CallTerm):
        keywords = tuple((name, _unplaced(each)) for name, each in term.keywords)
        return (term.made_by, tuple(_unplaced(each) for each in term.args), keywords)
    if isinstance(term, ItemsTerm):
        return tuple(_unplaced(each) for each in term.items)
    return term


def _comment(pair: tuple[ColumnShape, ColumnShape], key: str) -> Iterator[Difference | Doubt]:
    model, standing = pair
    new, old = _comment_text(model.comment), _comment_text(standing.comment)
    if new is None or old is None:
        yield About("whether the comment is the same", f"{key}.{model.name}")
    elif new != old:
        yield Difference(
            "modify_comment",
            key,
            model.name,
            model.place,
            f"{key}.{model.name} has another comment in the models than in the database",
            model=model,
            standing=standing,
        )


def compare_table_comment(model: TableShape, standing: TableShape, key: str) -> Iterator[Difference | Doubt]:
    """The comments of a table that stands on both sides."""
    new, old = _comment_text(model.comment), _comment_text(standing.comment)
    if new is None or old is None:
        yield About("whether the comment is the same", key)
    elif new != old:
        words = f"the table {key} has another comment in the models than in the database"
        yield Difference("modify_comment", key, None, model.place, words, model=model, standing=standing)


def _comment_text(term: Term | None) -> str | None:
    """The comment, empty for none; None if it is not known."""
    if term is None or (isinstance(term, ValueTerm) and term.value is None):
        return ""
    return term.text if isinstance(term, ValueTerm) else None
