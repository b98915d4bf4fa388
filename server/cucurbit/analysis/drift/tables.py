"""The tables in the models compared with those that the revisions leave, as ``alembic revision --autogenerate`` does.

Facts from alembic/autogenerate/compare/tables.py (``_autogen_for_tables``, ``_compare_tables``). The comparison is made
for each dialect that the database may have: certain is what all of them agree on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cucurbit.analysis.drift.columns import compare_columns, compare_table_comment
from cucurbit.analysis.drift.constraints import compare_foreign_keys, compare_parts, convention_of
from cucurbit.analysis.drift.difference import About, Both, Difference, Differences, Doubt, DriftSettings, ModelTables
from cucurbit.analysis.drift.renames import with_renames
from cucurbit.analysis.drift.resolved import resolved_table
from cucurbit.analysis.drift.types import DIALECTS, Dialect
from cucurbit.simulate.core.schema import ReplayedTable
from cucurbit.simulate.core.shapes import TableShape
from cucurbit.simulate.shapes.snapshot import StandingTable

_MAY_BE_DEFAULT = frozenset({"public", "main", "dbo"})
"""Schemas that are the default one of a connection on some database."""

_MAY_NOT_EXIST = "the table may not exist"


@dataclass(frozen=True, eq=False)
class ComparedTable:
    """What differs in one table that stands on both sides. It is the same for the same tables and settings."""

    models: ModelTables
    standing: StandingTable
    table: ReplayedTable
    settings: DriftSettings
    found: tuple[Difference | Doubt, ...]


def compare(both: Both, known: dict[str, ComparedTable] | None = None) -> Differences:
    """Everything that autogenerate would write, in the order of the tables' names.

    ``known`` are tables that were compared before; it is brought up to date.
    """
    settings = both.settings
    known = {} if known is None else known
    found = [_of_dialect(both, each, known) for each in settings.dialects or DIALECTS]
    doubts = list(dict.fromkeys((*_general(both), *(doubt for each in found for doubt in each.doubts))))
    merged = _merged([each.differences for each in found], sure=settings.sure and bool(settings.dialects))
    return Differences(tuple(with_renames(sorted(merged, key=_order))), tuple(doubts))


def _order(difference: Difference) -> tuple[str, int, str, str]:
    rank = 0 if difference.op.endswith("_table") else 1 if "column" in difference.op else 2
    return difference.table, rank, difference.name or "", difference.op


def _general(both: Both) -> Iterator[Doubt]:
    yield from both.models.open
    yield from both.settings.unseen
    yield from both.database.open
    yield from (About("whether the table exists", key) for key in sorted(both.database.doubted))


def _merged(found: list[tuple[Difference, ...]], *, sure: bool) -> Iterator[Difference]:
    """Certain is what is found for each dialect, and certainly."""
    keyed = [{each.key: each for each in differences} for differences in found]
    for key in dict.fromkeys(key for each in keyed for key in each):
        same = [each[key] for each in keyed if key in each]
        certain = sure and len(same) == len(keyed) and all(each.certain for each in same)
        yield replace(same[0], certain=certain)


def _of_dialect(both: Both, dialect: Dialect, known: dict[str, ComparedTable]) -> Differences:
    found: list[Difference] = []
    doubts: list[Doubt] = []
    for each in _differences(both, dialect, known):
        if not isinstance(each, Difference):
            doubts.append(each)
        else:
            found.append(each)
    return Differences(tuple(found), tuple(doubts))


def _differences(both: Both, dialect: Dialect, known: dict[str, ComparedTable]) -> Iterator[Difference | Doubt]:
    for key, standing in both.models.tables.items():
        if _keeps_revision(both, standing.shape):
            continue
        yield from _model(both, key, standing, dialect, known)
    for key, table in both.database.tables.items():
        if key not in both.models.tables and not _keeps_revision(both, table.shape):
            yield from _removed(both, key, table, dialect)


def _keeps_revision(both: Both, shape: TableShape) -> bool:
    options = both.settings.options
    return (shape.schema or "", shape.name) == (options.version_schema, options.version_table)


def _model(
    both: Both, key: str, standing: StandingTable, dialect: Dialect, known: dict[str, ComparedTable]
) -> Iterator[Difference | Doubt]:
    table = both.database.tables.get(key)
    if table is None or _is_read(both, standing.shape) is False:
        yield from _added(both, key, standing, dialect)
        return
    at = f"{dialect} {key}"
    last = known.get(at)
    same = last is not None and last.models is both.models and last.standing is standing and last.table is table
    if last is None or not same or last.settings != both.settings:
        found = tuple(_on_both_sides(both, key, standing, table, dialect))
        last = known[at] = ComparedTable(both.models, standing, table, both.settings, found)
    yield from last.found


def _on_both_sides(
    both: Both, key: str, standing: StandingTable, table: ReplayedTable, dialect: Dialect
) -> Iterator[Difference | Doubt]:
    shape = standing.shape
    sure = standing.certain and table.certain and _is_read(both, shape) is True and shape.definition.schema_known
    if shape.open or table.open or not sure:
        why = next(iter((*shape.open, *table.open)), "")
        yield About(f"the table may hold something else, because of {why}" if why else _MAY_NOT_EXIST, key)
    pair = shape, table.shape
    for each in (
        *(() if dialect == "sqlite" else compare_table_comment(*pair, key)),
        *compare_columns(both.models, *pair, key, both.settings, dialect),
        *compare_parts(both.models, *pair, key, both.settings, dialect),
        *compare_foreign_keys(both.models, *pair, key, dialect),
    ):
        # What may change the table may change what it has.
        known = not (shape.open or table.open) or (
            isinstance(each, Difference) and each.op in ("add_column", "remove_column")
        )
        if not isinstance(each, Difference):
            yield each
        else:
            yield replace(each, certain=each.certain and sure and known, home=shape.place)


def _is_read(both: Both, shape: TableShape) -> bool | None:
    """Whether autogenerate reads the tables of this one's schema from the database; None if it is not known."""
    if shape.schema is None or both.settings.schemas:
        return True
    if both.settings.schemas is None or shape.schema in _MAY_BE_DEFAULT:
        return None
    return False


def _added(both: Both, key: str, standing: StandingTable, dialect: Dialect) -> Iterator[Difference | Doubt]:
    database, shape = both.database, standing.shape
    stands = key in database.tables
    same = shape.schema in _MAY_BE_DEFAULT and shape.name in database.tables
    certain = (
        standing.certain
        and shape.definition.schema_known
        and (stands or (database.stands(key) is False or database.lacks(key)))
    )
    # What has made the tables that no revision creates may make one again that a revision drops.
    certain = certain and not same and not (both.settings.unseen and not stands)
    message = f"no revision creates the table {key}"
    if stands:
        message = f"env.py does not set include_schemas: autogenerate does not see that the table {key} exists"
    elif key in database.gone:
        message = f"the table {key} does not exist any more: a revision drops or renames it"
    yield Difference("add_table", key, None, shape.place, message, certain, resolved_table(both.models, shape))
    yield from _indexes(both, shape, None, key, dialect, certain=certain)


def _removed(both: Both, key: str, table: ReplayedTable, dialect: Dialect) -> Iterator[Difference | Doubt]:
    shape = table.shape
    read = _is_read(both, shape)
    if read is False:
        return
    if not table.certain:
        # One that may have been dropped is no difference that is known.
        yield About("whether the table exists", key)
        return
    twin = any(
        each.shape.name == shape.name
        for each in both.models.tables.values()
        if each.shape.schema or not each.shape.definition.schema_known
    )
    certain = read is True and not both.models.open and not (twin and shape.schema is None)
    message = f"the models have no table {key}, which this revision creates"
    whole = resolved_table(both.models, replace(shape, convention=convention_of(both.models)))
    yield Difference("remove_table", key, None, table.place, message, certain, standing=whole)
    yield from _indexes(both, None, shape, key, dialect, certain=certain and not shape.open)


def _indexes(
    both: Both, model: TableShape | None, standing: TableShape | None, key: str, dialect: Dialect, *, certain: bool
) -> Iterator[Difference | Doubt]:
    found: Iterable[Difference | Doubt] = compare_parts(both.models, model, standing, key, both.settings, dialect)
    for each in found:
        yield each if certain or not isinstance(each, Difference) else replace(each, certain=False)
