"""All models of a workspace together."""

from __future__ import annotations

from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.simulate.core.shapes import ClassTerm
from cucurbit.simulate.core.timeline import MetaDataId
from cucurbit.simulate.shapes.snapshot import Moment, Shapes, StandingMapper, StandingTable


def everything(context: Context) -> Shapes:
    """The models of all entry points and of files that none imports, as if one program had them all."""
    tables: dict[tuple[MetaDataId, str], StandingTable] = {}
    mappers: dict[ClassTerm, StandingMapper] = {}
    for entry in context.entries:
        shapes = context.shapes(entry)
        for key, table in shapes.tables.items():
            tables.setdefault(key, table)
        for mapper in shapes.mappers:
            mappers.setdefault(mapper.shape.cls, mapper)
    return Shapes(Moment("end", 0), MappingProxyType(tables), tuple(mappers.values()), ())
