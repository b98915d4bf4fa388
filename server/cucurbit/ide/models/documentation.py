"""What is told of a name that a completion offers, once it is looked at."""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.ide.models.details import columns_text
from cucurbit.ide.models.hover import described
from cucurbit.ide.models.names import ModelName, NameKind
from cucurbit.ide.models.registry import ModelSet
from cucurbit.ide.reach import NO_LINKS
from cucurbit.rules.shared.orm.everything import everything


def documentation(context: Context, name: ModelName) -> str:
    """Markdown: the columns of a table, or what a column or an attribute is and where; empty if it is gone."""
    if name.kind is NameKind.TABLE:
        models = ModelSet(context.memo(everything))
        tables = (each.shape for each in models.shapes.tables.values() if each.shape.place == name.place)
        return next((columns_text(models, table) for table in tables), "")
    found = next(described(context, name), None)
    return "" if found is None else f"{found}, at {NO_LINKS.place(context.location(name.place))}"
