"""Relationships whose annotation says another number of objects, or another class, than they hold.

Facts from sqlalchemy/orm/relationships.py (``RelationshipProperty.declarative_scan``, ``_determine_direction``): an
annotation that is no collection decides; for a collection ``uselist`` decides, then the direction. A class that is
given beats the annotated one. SQLAlchemy says nothing in either case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cucurbit.analysis.finding import CommonCause, Severity
from cucurbit.rules.shared.orm.joins import ColumnId, Direction, Joined
from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.rules.shared.orm.verdicts import SILENT, Verdict
from cucurbit.simulate.core.shapes import (
    ClassTerm,
    MapperShape,
    RelationshipShape,
    TableShape,
    Term,
    ValueTerm,
)
from cucurbit.simulate.core.timeline import Event
from cucurbit.simulate.shapes.snapshot import StandingMapper

RELATIONSHIP_CARDINALITY = "relationship-cardinality"


def cardinality_verdicts(
    scope: ModelScope,
    mapper: MapperShape,
    relationship: RelationshipShape,
    target: MapperShape,
    direction: Direction | None,
    joined: Joined | None,
    event: Event,
) -> Iterator[Verdict]:
    """What the annotation of a relationship to ``target`` says wrongly; ``joined`` is how its tables are joined."""
    shown = f"{mapper.name}.{relationship.name}"
    wrong = _other_class(scope, mapper, relationship, target, shown) or _number(relationship, target, direction, shown)
    if wrong is not None:
        message, detail = wrong
        yield _verdict(relationship, event, message, detail, Severity.INFORMATION)
    elif direction == "ONETOMANY" and joined is not None and _holds_many(relationship, direction) is False:
        found = _not_unique(scope, target, joined)
        if found is not None:
            yield _one_of_several(relationship, event, shown, target, found)


def _verdict(relationship: RelationshipShape, event: Event, message: str, detail: str, severity: Severity) -> Verdict:
    return Verdict(
        rule=RELATIONSHIP_CARDINALITY,
        stage="configure",
        place=relationship.place,
        message=message,
        error=SILENT,
        said=detail,
        event=event,
        severity=severity,
    )


def _other_class(
    scope: ModelScope, mapper: MapperShape, relationship: RelationshipShape, target: MapperShape, shown: str
) -> tuple[str, str] | None:
    """The annotation names another class than the argument, which decides."""
    given = relationship.target
    if given is None or given == ValueTerm(None) or not mapper.modern:
        return None
    annotated = _class(scope, mapper, relationship.annotation)
    if annotated is None or annotated.cls == target.cls:
        return None
    lineages = scope.lineage(annotated), scope.lineage(target)
    if None in lineages or annotated in (lineages[1] or ()) or target in (lineages[0] or ()):
        return None
    message = (
        f"Relationship {shown} leads to {target.name}, and its annotation says {annotated.name}. "
        f"Write `{target.name}` there, or leave the argument out."
    )
    return (
        message,
        "SQLAlchemy goes by the argument; type checkers and readers go by the annotation.",
    )


def _class(scope: ModelScope, mapper: MapperShape, term: Term | None) -> MapperShape | None:
    if isinstance(term, ClassTerm):
        found = scope.class_of(term)
    elif isinstance(term, ValueTerm) and term.text is not None:
        found = scope.class_named(mapper.registry, term.text)
    else:
        return None
    return found.shape if isinstance(found, StandingMapper) else None


def _given(relationship: RelationshipShape) -> bool | None:
    """``uselist``; None if it is not given. A value that is not known is dealt with by the caller."""
    term = relationship.argument("uselist")
    return term.value if isinstance(term, ValueTerm) and isinstance(term.value, bool) else None


def _holds_many(relationship: RelationshipShape, direction: Direction | None) -> bool | None:
    """Whether the attribute holds a collection; None if that is not known."""
    given, term = _given(relationship), relationship.argument("uselist")
    if term is not None and given is None and term != ValueTerm(None):
        return None
    if relationship.annotation is not None:
        if relationship.collection is None:
            return None
        if not relationship.collection:
            return False
    if given is not None:
        return given
    return None if direction is None else direction != "MANYTOONE"


def _number(
    relationship: RelationshipShape, target: MapperShape, direction: Direction | None, shown: str
) -> tuple[str, str] | None:
    if relationship.annotation is None or relationship.collection is None:
        return None
    many = _holds_many(relationship, direction)
    if relationship.collection and many is False:
        if _given(relationship) is False:
            why, do = "it has `uselist=False`", "Leave one of them out."
        else:
            why = "the foreign key stands on its own side"
            do = f'Write `Mapped["{target.name}"]`.'
        return (
            f"Relationship {shown} holds one {target.name}, and its annotation says a collection: {why}. {do}",
            "A loop over it fails with a TypeError, and so does `append`.",
        )
    if not relationship.collection and _given(relationship):
        message = (
            f"Relationship {shown} holds one {target.name}, although it has `uselist=True`: its annotation decides. "
            f'Write `Mapped[list["{target.name}"]]`, or leave `uselist` out.'
        )
        return (
            message,
            "SQLAlchemy ignores `uselist=True` if the annotation is no collection.",
        )
    return None


def _not_unique(scope: ModelScope, target: MapperShape, joined: Joined) -> tuple[TableShape, tuple[str, ...]] | None:
    """The table and the columns of the foreign key, if certainly nothing makes them unique."""
    columns = joined.local
    tables = [each for each in scope.tables(target) or () if _has(each, columns)]
    if len(tables) != 1 or tables[0].open:
        return None
    table = tables[0]
    names = {each.key for each in columns}
    key = table.key_columns()
    if key is None or table.has_unknown_types:
        return None
    unique = [
        *table.unique,
        *(each for each in table.indexes if each.unique is not False),
        *((table.primary_key,) if table.primary_key is not None else ()),
    ]
    for part in unique:
        if not (part.exact and part.certain) or {each.text for each in part.columns} <= names:
            return None
    keyed = {column.key for column in table.columns if column.name in key}
    if (keyed and keyed <= names) or any(column.unique is not False for column in table.columns if column.key in names):
        return None
    return table, tuple(column.name for column in table.columns if column.key in names)


def _has(table: TableShape, columns: frozenset[ColumnId]) -> bool:
    return all(each.metadata == table.metadata and each.table == table.key for each in columns)


def _one_of_several(
    relationship: RelationshipShape,
    event: Event,
    shown: str,
    target: MapperShape,
    found: tuple[TableShape, tuple[str, ...]],
) -> Verdict:
    table, names = found
    named = ", ".join(f"{table.key}.{name}" for name in names)
    do = (
        f"Give {named} `unique=True`"
        if len(names) == 1
        else f"Add a UniqueConstraint over {', '.join(names)} to {table.key}"
    )
    message = (
        f"Relationship {shown} holds one {target.name}, and nothing keeps a second row out: {named} is not unique. "
        f"{do}, or annotate a collection."
    )
    many = (
        "{number} relationships hold one object, and nothing keeps a second row out, as the foreign keys are not "
        "unique: {items}. Make these unique, or annotate collections."
    )
    detail = "With a second row, SQLAlchemy takes one of them and warns: Multiple rows returned with uselist=False."
    verdict = _verdict(relationship, event, message, detail, Severity.HINT)
    return replace(verdict, cause=CommonCause(("unique",), many, (shown,), f"{shown}: {named} is not unique"))
