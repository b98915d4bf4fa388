"""The schema as one self-contained HTML page (no network), laid out in the browser by the library dagre."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec

from cucurbit.report.schema.model import SchemaDocument
from cucurbit.report.timeline_page import NONCE, POLICY, ascii_only, embedded

_SCRIPTS: Final = ("model.js", "layout.js", "drawing.js", "view.js", "panel.js", "main.js")
_LIBRARY: Final = "dagre.js"


class LibraryMissing(Exception):
    """The layout library is not in this installation."""


@dataclass(frozen=True)
class SchemaView:
    """Where the places of a schema lead: ``uri`` gives that of a path, ``editor`` is a URL template."""

    uri: Callable[[str], str]
    editor: str = ""


class SchemaDiagram(msgspec.Struct, frozen=True):
    """The data of the page: the document, and the URI of each file."""

    schema: SchemaDocument
    uris: dict[str, str]
    editor: str


def schema_page(schema: SchemaDocument, view: SchemaView) -> str:
    """The page, in ASCII only. An editor that embeds it replaces the nonce.

    Raises:
        LibraryMissing: the layout library is not in this installation.
    """
    paths = {table.place.path for table in schema.tables} | {
        column.place.path for table in schema.tables for column in table.columns
    }
    data = SchemaDiagram(schema, {path: view.uri(path) for path in sorted(paths)}, view.editor)
    script = "\n".join(_part(name) for name in _SCRIPTS)
    return ascii_only(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title_of_schema(schema))}</title>
<style nonce="{NONCE}">
{_part("schema.css")}</style>
</head>
<body>
{_part("schema.html")}<script type="application/json" id="data" nonce="{NONCE}">{embedded(data)}</script>
<script nonce="{NONCE}">
{_library()}</script>
<script nonce="{NONCE}">
(() => {{
"use strict";
{script}}})();
</script>
</body>
</html>
"""
    )


def title_of_schema(schema: SchemaDocument) -> str:
    return "Schema" if schema.entry is None else f"Schema of {schema.entry.target}"


def _part(name: str) -> str:
    return resources.files("cucurbit.report").joinpath("schema_page").joinpath(name).read_text("utf-8")


def _library() -> str:
    file = resources.files("cucurbit.report").joinpath("schema_page").joinpath("library").joinpath(_LIBRARY)
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise LibraryMissing(
            "the layout library of the page is missing in this installation: build it with Node.js's npm, "
            "`python hatch_build.py`"
        ) from None
