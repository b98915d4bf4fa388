"""The JSON document about one table."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cucurbit.report.documents import DeadItem, ModelItem
from cucurbit.report.schema.model import SchemaRelation, SchemaTable


class TableDocument(msgspec.Struct, frozen=True):
    """What the tool `table` of `cucurbit mcp` answers."""

    version: Literal[1]
    definitions: Annotated[tuple[ModelItem, ...], Meta(description="Every definition, and who registers it.")]
    dead: Annotated[tuple[DeadItem, ...], Meta(description="The definitions that are never executed.")]
    tables: Annotated[
        tuple[SchemaTable, ...], Meta(description="Columns and keys, as migrations or the entry point see them.")
    ]
    relations: Annotated[tuple[SchemaRelation, ...], Meta(description="The foreign keys from and to it.")]
