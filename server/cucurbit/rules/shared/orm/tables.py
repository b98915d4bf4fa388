"""What SQLAlchemy refuses in tables: foreign keys to nothing, constraints over columns that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.rules.shared.orm.verdicts import Absent, Spelling, Verdict
from cucurbit.rules.shared.orm.words import meant
from cucurbit.simulate.core.shapes import (
    ColumnShape,
    ColumnTarget,
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
    for kind, columns in given:
        for name in columns:
            if name.place is not None and name.text and table.lacks(name.text):
                yield _missing_column(table, kind, name, name.place, standing.event)


def _missing_column(table: TableShape, kind: str, name: Named, place: Place, event: Event) -> Verdict:
    attribute = next((each for each in table.columns if each.attribute == name.text), None)
    if attribute is not None:
        better: str | None = attribute.key
        why = f"`{name.text}` is the attribute, whose column is called '{attribute.name}'"
    else:
        better = meant(name.text, (each.key for each in table.columns))
        why = f"table '{table.key}' has no column '{name.text}'"
    return Verdict(
        rule=CONSTRAINT_COLUMN,
        stage="import",
        place=place,
        message=f"`{kind}` of table '{table.key}' fails: {why}. {_write(better)}",
        error="ConstraintColumnNotFoundError",
        said=f"Can't create {kind} on table '{table.name}': no column named '{name.text}' is present.",
        event=event,
        absent=(Absent("column", name.text),),
        spelling=Spelling(place, name.text, better) if better is not None else None,
        related=((table.place, f"table '{table.key}' is defined here"),),
    )


def _write(better: str | None) -> str:
    return f'Write `"{better}"`.' if better is not None else "Name a column of the table."


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
        aim = scope.standing_table(table.metadata, found[0])
        if aim is None:
            if scope.shapes.lacks_table(table.metadata, found[0]):
                yield _no_table(scope, standing, target, place, local, found)
        elif aim.certain and aim.shape.lacks(found[1]) and key.option("link_to_name") in (None, ValueTerm(False)):
            yield _no_column(standing, aim.shape, text, place, local, found)


def _no_table(
    scope: ModelScope,
    standing: StandingTable,
    target: ColumnTarget,
    place: Place,
    local: str,
    found: tuple[str, str],
) -> Verdict:
    table, (name, column) = standing.shape, found
    written = target.text.text if target.text is not None else ""
    why, better, related = _why_no_table(scope, table, name)
    advice = f"Write `{better}.{column}`." if better is not None else _ADVICE
    spelling = None
    if better is not None and target.text is not None and target.text.place is not None:
        spelling = Spelling(target.text.place, written, f"{better}.{column}")
    return Verdict(
        rule=FOREIGN_KEY_TARGET,
        stage="ddl",
        place=place,
        message=f"The foreign key of '{table.key}.{local}' points to no table: {why}. {advice}",
        error="NoReferencedTableError",
        said=(
            f"Foreign key associated with column '{table.key}.{local}' could not find table '{name}' with which to "
            f"generate a foreign key to target column '{column}'"
        ),
        event=standing.event,
        absent=(Absent("table", name),),
        spelling=spelling,
        related=related,
    )


_ADVICE = "Correct the name, or import the file that defines the table."


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
    attribute: ColumnShape | None = next((each for each in aim.columns if each.attribute == column), None)
    if attribute is not None:
        better: str | None = attribute.key
        why = f"`{column}` is the attribute, whose column is called '{attribute.name}'"
    else:
        better = meant(column, (each.key for each in aim.columns))
        why = f"table '{name}' has no column '{column}'"
    head = text.text.rpartition(".")[0] or text.text
    advice = f"Write `{head}.{better}`." if better is not None else "Name a column of that table."
    return Verdict(
        rule=FOREIGN_KEY_TARGET,
        stage="ddl",
        place=place,
        message=f"The foreign key of '{table.key}.{local}' points to no column: {why}. {advice}",
        error="NoReferencedColumnError",
        said=(
            f"Could not initialize target column for ForeignKey '{text.text}' on table '{table.name}': table "
            f"'{aim.name}' has no column named '{column}'"
        ),
        event=standing.event,
        absent=(Absent("column", column),),
        spelling=Spelling(text.place, text.text, f"{head}.{better}") if better and text.place else None,
        related=((aim.place, f"table '{name}' is defined here"),),
    )
