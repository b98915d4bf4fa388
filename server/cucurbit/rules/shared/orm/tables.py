"""What SQLAlchemy refuses in tables: foreign keys to nothing, constraints over columns that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.rules.shared.orm.verdicts import Absent, Verdict, respelled
from cucurbit.rules.shared.orm.words import meant, write
from cucurbit.simulate.core.shapes import (
    ForeignKeyShape,
    Named,
    TableShape,
    ValueTerm,
)
from cucurbit.simulate.core.timeline import Event, Place
from cucurbit.simulate.shapes.snapshot import StandingTable, split_target

FOREIGN_KEY_TARGET = "foreign-key-target"
CONSTRAINT_COLUMN = "constraint-column"


def table_verdicts(scope: ModelScope) -> Iterator[Verdict]:
    """The verdicts about every table that certainly stands."""
    for standing in scope.shapes.tables.values():
        if standing.certain:
            yield from _constraints(standing)
            for key in standing.shape.foreign_keys:
                if key.certain and (key.option("use_alter") in (None, ValueTerm(False))):
                    yield from _foreign_key(scope, standing, key)


# ------------------------------------------------------------------- constraint-column


def _constraints(standing: StandingTable) -> Iterator[Verdict]:
    table = standing.shape
    if table.open:
        return
    given: list[tuple[str, tuple[Named, ...]]] = []
    given += [("Index", each.columns) for each in table.indexes if not each.of_column and each.certain]
    given += [("UniqueConstraint", each.columns) for each in table.unique if not each.of_column and each.certain]
    if table.primary_key is not None and table.primary_key.certain:
        given.append(("PrimaryKeyConstraint", table.primary_key.columns))
    given += [("ForeignKeyConstraint", each.columns) for each in table.foreign_keys if not each.on_column]
    for key in table.foreign_keys:
        if key.certain and not key.on_column and key.columns and len(key.columns) != len(key.targets):
            yield _of_two_lengths(table, key, standing.event)
    for kind, columns in given:
        for name in columns:
            if name.place is not None and name.text and table.lacks(name.text):
                yield _missing_column(table, kind, name, name.place, standing.event)


def _of_two_lengths(table: TableShape, key: ForeignKeyShape, event: Event) -> Verdict:
    """A ForeignKeyConstraint with more columns on one side than on the other."""
    return Verdict(
        rule=CONSTRAINT_COLUMN,
        stage="import",
        place=key.place,
        message=(
            f"`ForeignKeyConstraint` of table '{table.key}' fails: it has {len(key.columns)} columns and "
            f"{len(key.targets)} that they refer to. Name a column for each."
        ),
        error="ArgumentError",
        said="ForeignKeyConstraint number of constrained columns must match the number of referenced columns.",
        event=event,
    )


def _missing_column(table: TableShape, kind: str, name: Named, place: Place, event: Event) -> Verdict:
    why, better = _why_no_column(table, name.text)
    do = write(f'"{better}"' if better is not None else None, "Name a column of the table.")
    return Verdict(
        rule=CONSTRAINT_COLUMN,
        stage="import",
        place=place,
        message=f"`{kind}` of table '{table.key}' fails: {why}. {do}",
        error="ConstraintColumnNotFoundError",
        said=f"Can't create {kind} on table '{table.name}': no column named '{name.text}' is present.",
        event=event,
        absent=(Absent("column", name.text),),
        spelling=respelled(place, name.text, better),
        related=((table.place, f"table '{table.key}' is defined here"),),
    )


def _why_no_column(table: TableShape, name: str) -> tuple[str, str | None]:
    """Why a table has no column of this name, and the key of the column that was meant."""
    attribute = next((each for each in table.columns if each.attribute == name), None)
    if attribute is not None:
        return f"`{name}` is the attribute, whose column is called '{attribute.name}'", attribute.key
    better = meant(name, (each.key for each in table.columns))
    return f"table '{table.key}' has no column '{name}'", better


# ------------------------------------------------------------------ foreign-key-target


def _foreign_key(scope: ModelScope, standing: StandingTable, key: ForeignKeyShape) -> Iterator[Verdict]:
    table = standing.shape
    for number, target in enumerate(key.targets):
        text = target.text
        if text is None or not text.text:
            continue
        place = text.place or key.place
        local = key.columns[number].text if number < len(key.columns) else key.columns[0].text if key.columns else "?"
        found = split_target(text.text, table.default_schema)
        if found is None:
            # A table alone: its column has the name of the local one.
            found = (f"{table.default_schema}." if table.default_schema else "") + text.text, local
        aim = scope.shapes.table(table.metadata, found[0])
        if aim is None:
            if scope.shapes.lacks_table(table.metadata, found[0]):
                yield _no_table(scope, standing, text, place, local, found)
        elif aim.certain and aim.shape.lacks(found[1]) and key.option("link_to_name") in (None, ValueTerm(False)):
            yield _no_column(standing, aim.shape, text, place, local, found)


def _no_table(
    scope: ModelScope,
    standing: StandingTable,
    text: Named,
    place: Place,
    local: str,
    found: tuple[str, str],
) -> Verdict:
    table, (name, column) = standing.shape, found
    why, better_table, related = _why_no_table(scope, table, name)
    better = f"{better_table}.{column}" if better_table is not None else None
    do = write(better, "Correct the name, or import the file that defines the table.")
    return Verdict(
        rule=FOREIGN_KEY_TARGET,
        stage="ddl",
        place=place,
        message=f"The foreign key of '{table.key}.{local}' points to no table: {why}. {do}",
        error="NoReferencedTableError",
        said=(
            f"Foreign key associated with column '{table.key}.{local}' could not find table '{name}' with which to "
            f"generate a foreign key to target column '{column}'"
        ),
        event=standing.event,
        absent=(Absent("table", name),),
        spelling=respelled(text.place, text.text, better),
        related=related,
    )


def _why_no_table(
    scope: ModelScope, table: TableShape, name: str
) -> tuple[str, str | None, tuple[tuple[Place, str], ...]]:
    """Why a foreign key finds no table, the key of the table that was meant, and where that is."""
    known = [each.shape for (metadata, _), each in scope.shapes.tables.items() if metadata == table.metadata]
    bare = name.rpartition(".")[2]
    for other in known:
        if other.name == bare and other.schema and "." not in name:
            return f"table '{bare}' is in the schema '{other.schema}'", other.key, ((other.place, f"'{other.key}'"),)
    for other in known:
        if other.definition.class_name == name:
            why = f"{name} is a class, and its table is called '{other.key}'"
            return why, other.key, ((other.place, f"class {name} has the table '{other.key}'"),)
    for (metadata, key), each in scope.shapes.tables.items():
        if key == name and metadata != table.metadata:
            why = f"table '{name}' belongs to another MetaData, {metadata.label} of {metadata.module}"
            return why, None, ((each.shape.place, f"'{name}' is defined here, on another MetaData"),)
    better = meant(name, (other.key for other in known))
    if better is None:
        return f"there is no table '{name}'", None, ()
    place = next(other.place for other in known if other.key == better)
    return f"there is no table '{name}', but a table '{better}'", better, ((place, f"'{better}' is defined here"),)


def _no_column(
    standing: StandingTable, aim: TableShape, text: Named, place: Place, local: str, found: tuple[str, str]
) -> Verdict:
    table, (name, column) = standing.shape, found
    why, better_column = _why_no_column(aim, column)
    head = text.text.rpartition(".")[0] or text.text
    better = f"{head}.{better_column}" if better_column is not None else None
    do = write(better, "Name a column of that table.")
    return Verdict(
        rule=FOREIGN_KEY_TARGET,
        stage="ddl",
        place=place,
        message=f"The foreign key of '{table.key}.{local}' points to no column: {why}. {do}",
        error="NoReferencedColumnError",
        said=(
            f"Could not initialize target column for ForeignKey '{text.text}' on table '{table.name}': table "
            f"'{aim.name}' has no column named '{column}'"
        ),
        event=standing.event,
        absent=(Absent("column", column),),
        spelling=respelled(text.place, text.text, better),
        related=((aim.place, f"table '{name}' is defined here"),),
    )
