"""Names of MetaData objects for messages: ``Base.metadata``, ``metadata``, ``db.metadata``."""

from __future__ import annotations

from dataclasses import replace

from cucurbit.simulate.core.values import ClassValue, ExternalObject, MetaDataValue, RegistryValue, Value


def label(value: Value, name: str, module: str) -> None:
    """Name the MetaData inside ``value`` when ``value`` is bound to ``name`` for the first time."""
    metadata, suffix = _metadata_in(value)
    if metadata is not None and not metadata.id.label and metadata.id.module == module:
        metadata.tables.mark(metadata, "id")
        metadata.id = replace(metadata.id, label=name + suffix)


def _metadata_in(value: Value) -> tuple[MetaDataValue | None, str]:
    if isinstance(value, MetaDataValue):
        return value, ""
    if isinstance(value, RegistryValue):
        return value.metadata, ".metadata"
    if isinstance(value, ClassValue) and value.mapping is not None:
        return value.mapping.metadata, ".metadata"
    if isinstance(value, ExternalObject):
        held = value.attributes.get("metadata")
        if isinstance(held, MetaDataValue):
            return held, ".metadata"
    return None, ""
