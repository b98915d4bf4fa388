"""Columns whose annotation and ``nullable`` contradict each other: ``nullable`` decides."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.finding import CommonCause, Severity
from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.rules.shared.orm.verdicts import SILENT, Verdict
from cucurbit.simulate.core.shapes import ColumnShape, TableShape
from cucurbit.simulate.core.timeline import Event

NULLABILITY = "nullability"


def nullability_verdicts(scope: ModelScope) -> Iterator[Verdict]:
    """A hint for each column that is annotated otherwise than it is."""
    for standing in scope.shapes.tables.values():
        for column in standing.shape.columns:
            known = column.certain and column.optional is not None and column.nullable is not None
            # The key of a new object is None until it is written.
            if known and column.optional != column.nullable and standing.shape.in_primary_key(column) is False:
                yield _verdict(standing.shape, column, standing.event)


def _verdict(table: TableShape, column: ColumnShape, event: Event) -> Verdict:
    named = f"{table.key}.{column.name}"
    if column.optional:
        many = "{number} columns are NOT NULL, and their annotations allow None: {items}. Correct one or the other."
        message = (
            f"Column {named} is NOT NULL, and its annotation allows None. Leave `None` out of the annotation, or "
            "`nullable=False` out of the column."
        )
        detail = "An object with None is accepted, and its INSERT fails with an IntegrityError."
    else:
        many = "{number} columns may be NULL, and their annotations say never None: {items}. Correct one or the other."
        message = (
            f"Column {named} may be NULL, and its annotation says that it is never None. Write `Mapped[... | None]`, "
            "or leave `nullable=True` out."
        )
        detail = "What is read may be None, and no type checker says so."
    return Verdict(
        rule=NULLABILITY,
        stage="import",
        place=column.place,
        message=message,
        error=SILENT,
        said=detail,
        event=event,
        severity=Severity.HINT,
        since=(2,),
        cause=CommonCause((str(column.optional),), many, (named,), f"column {named}"),
    )
