"""The JSON Schemas of what tools take and answer with."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cucurbit.mcp.paging import Page

_REFERENCE = "#/$defs/{name}"


def input_schema(request: type[msgspec.Struct]) -> dict[str, object]:
    """The schema of arguments, an object at its root as the protocol requires."""
    return _at_root(request)


def output_schema(document: type[msgspec.Struct]) -> dict[str, object]:
    """The published schema of a document, with the page beside it."""
    schema = _at_root(document)
    page = _at_root(Page)
    properties = schema.get("properties")
    required = schema.get("required")
    schema["properties"] = {**(properties if isinstance(properties, Mapping) else {}), "page": page}
    schema["required"] = [*(required if isinstance(required, list) else []), "page"]
    return schema


def _at_root(kind: type[msgspec.Struct]) -> dict[str, object]:
    (reference,), definitions = msgspec.json.schema_components([kind], ref_template=_REFERENCE)
    name = str(reference["$ref"]).rpartition("/")[2]
    root: dict[str, object] = dict(definitions.pop(name))
    return {**root, "$defs": definitions} if definitions else root
