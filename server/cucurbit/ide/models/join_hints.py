"""The columns by which each relationship is joined, shown behind it."""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.ide.lenses import Hint
from cucurbit.ide.models.completion import standing_models
from cucurbit.rules.shared.orm.joins import ColumnId, Pairs
from cucurbit.rules.shared.orm.relationships import joined_columns
from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.simulate.core.timeline import Place


def join_hints(context: Context, path: str) -> tuple[Hint, ...]:
    """The hints of a file, from top to bottom. What ``primaryjoin`` says itself has none."""
    return context.memo_for(_join_hints, path)


def _join_hints(context: Context, path: str) -> tuple[Hint, ...]:
    found: dict[Place, Hint] = {}
    models = standing_models(context, path)
    for each in (models[0], models[-1]):
        scope = ModelScope(each.shapes)
        for standing in scope.standing:
            for relationship in standing.shape.relationships():
                if relationship.place.path == path and relationship.place not in found:
                    pairs = joined_columns(scope, standing, relationship)
                    if pairs:
                        span = context.span(relationship.place)
                        found[relationship.place] = Hint(span.end_line, span.end_column, _words(pairs), "joined by")
    return tuple(sorted(found.values(), key=lambda hint: (hint.line, hint.column)))


def _words(pairs: Pairs) -> str:
    return " and ".join(f"{_column(one)} = {_column(other)}" for one, other in pairs)


def _column(column: ColumnId) -> str:
    return f"{column.table}.{column.key}"
