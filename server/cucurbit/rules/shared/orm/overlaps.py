"""Relationships that write one column: sqlalchemy/orm/relationships.py (``_warn_for_conflicting_sync_targets``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.finding import Severity
from cucurbit.rules.shared.orm.joins import ColumnId, Pairs
from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.rules.shared.orm.verdicts import WARNING, Verdict
from cucurbit.simulate.core.shapes import MapperShape, RelationshipShape, ValueTerm
from cucurbit.simulate.core.timeline import Event

RELATIONSHIP_OVERLAPS = "relationship-overlaps"


@dataclass(frozen=True)
class Writes:
    """A relationship that SQLAlchemy keeps in step with columns: ``pairs`` are copied from the first to the second.

    ``target`` is the class it leads to, ``reverse`` the relationship there that its ``back_populates`` names.
    ``overlaps`` are the names in its ``overlaps``.
    """

    mapper: MapperShape
    target: MapperShape
    relationship: RelationshipShape
    reverse: RelationshipShape | None
    overlaps: frozenset[str]
    pairs: Pairs
    event: Event

    @property
    def shown(self) -> str:
        return f"{self.mapper.name}.{self.relationship.name}"


def overlaps_of(relationship: RelationshipShape) -> frozenset[str] | None:
    """The names in the ``overlaps`` of a relationship; None if they are not known."""
    term = relationship.argument("overlaps")
    if term is None or term == ValueTerm(None):
        return frozenset()
    if not isinstance(term, ValueTerm) or not term.text:
        return None
    return frozenset(each.strip() for each in term.text.split(","))


def overlap_verdicts(scope: ModelScope, found: Sequence[Writes]) -> Iterator[Verdict]:
    """A warning for each relationship that writes what an earlier one writes."""
    writers: dict[ColumnId, list[tuple[Writes, ColumnId]]] = {}
    for each in found:
        told = False
        for source, column in each.pairs:
            earlier = writers.setdefault(column, [])
            others = [(other, copied) for other, copied in earlier if _conflict(scope, each, other)]
            if others and not told:
                yield _verdict(each, source, column, others)
                told = True
            earlier.append((each, source))


def _conflict(scope: ModelScope, one: Writes, other: Writes) -> bool:
    if one.relationship is other.relationship and one.mapper.cls == other.mapper.cls:
        return False
    if one.reverse is other.relationship or other.reverse is one.relationship:
        return False
    names = one.relationship.name, other.relationship.name
    if names[1] in one.overlaps or names[0] in other.overlaps or "__*" in one.overlaps | other.overlaps:
        return False
    roots = scope.base(one.mapper), scope.base(other.mapper)
    if None in roots or (names[0] == names[1] and roots[0] == roots[1]):
        return False
    return not any(
        _may_be_siblings(scope, *pair)
        for pair in (
            (one.mapper, other.mapper),
            (one.target, other.target),
            (one.mapper, other.target),
            (one.target, other.mapper),
        )
    )


def _may_be_siblings(scope: ModelScope, one: MapperShape, other: MapperShape) -> bool:
    """Whether two classes inherit from one, and none of them from the other."""
    mine, theirs = scope.lineage(one), scope.lineage(other)
    if mine is None or theirs is None:
        return True
    return mine[-1].cls == theirs[-1].cls and one not in theirs and other not in mine


def _verdict(one: Writes, source: ColumnId, column: ColumnId, others: list[tuple[Writes, ColumnId]]) -> Verdict:
    first = others[0][0]
    name = f"{column.table}.{column.key}"
    linked = first.target.cls == one.mapper.cls and first.mapper.cls == one.target.cls
    names = ",".join(sorted({other.relationship.name for other, _ in others}))
    do = (
        f"Link them: `back_populates` on both. If they are apart on purpose, give one `viewonly=True`, or {one.shown} "
        f'`overlaps="{names}"`.'
        if linked
        else f'Give one of them `viewonly=True`, or {one.shown} `overlaps="{names}"`.'
    )
    by_itself = one.relationship.made_by == "relationship"
    conflicts = ", ".join(f"'{other.shown}' (copies {copied.table}.{copied.key} to {name})" for other, copied in others)
    return Verdict(
        rule=RELATIONSHIP_OVERLAPS,
        stage="configure",
        place=one.relationship.place,
        message=f"Relationships {one.shown} and {first.shown} both write '{name}', each without the other. {do}",
        error=WARNING,
        said=(
            f"relationship '{one.shown}' will copy column {source.table}.{source.key} to column {name}, which "
            f"conflicts with relationship(s): {conflicts}."
        ),
        event=one.event,
        severity=Severity.WARNING,
        since=(1, 4),
        keywords=(f'overlaps="{names}"',) if one.relationship.argument("overlaps") is None and by_itself else (),
        related=((first.relationship.place, f"{first.shown} is defined here"),),
    )
