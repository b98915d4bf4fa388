"""The hover of a string that names a class, a table, a column or an attribute: what it names."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.ide.hover import Hover, definition_lines
from cucurbit.ide.markdown import code
from cucurbit.ide.models.details import ModelClass, attribute_detail, column_detail
from cucurbit.ide.models.names import ModelName, NameKind, name_index
from cucurbit.ide.models.registry import ModelSet
from cucurbit.ide.reach import NO_LINKS, Links
from cucurbit.ide.table_status import TableStatuses
from cucurbit.rules.shared.orm.everything import everything


def name_hover(statuses: TableStatuses, path: str, line: int, column: int, links: Links = NO_LINKS) -> Hover | None:
    """The hover at a position (1-based line, 0-based column in code points); None where no string names a model."""
    context = statuses.context
    here = context.memo(name_index).at(path, line, column)
    if not here or not here[0].is_string or here[0].defines:
        return None
    name = here[0].name
    definition = None
    if name.kind in (NameKind.CLASS, NameKind.TABLE):
        definition = context.definitions.get(name.place)
        text = "" if definition is None else "\n".join(definition_lines(statuses, definition, links))
    else:
        found = next(described(context, name), None)
        text = "" if found is None else f"{found}, at {links.place(context.location(name.place))}"
    return Hover(here[0].span, text, definition) if text else None


def described(context: Context, name: ModelName) -> Iterator[str]:
    """A column or an attribute in one line of Markdown; several for a column of a mixin."""
    models = ModelSet(context.memo(everything))
    if name.kind is NameKind.COLUMN:
        for table, column in models.shapes.columns_at(name.place):
            yield f"**column {code(f'{table.key}.{column.name}')}** · {code(column_detail(models, table, column))}"
    for standing in models.shapes.mappers if name.kind is NameKind.ATTRIBUTE else ():
        found = standing.shape.own(name.name)
        if found is not None and found.place == name.place:
            shown = code(f"{standing.shape.name}.{name.name}")
            yield f"**attribute {shown}** · {code(attribute_detail(ModelClass(models, standing.shape), found))}"
