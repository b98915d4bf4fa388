"""The schema as an HTML page, laid out in the browser by the library dagre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from cucurbit.report.html_page import PageParts, html_page, page_file
from cucurbit.report.schema.model import SchemaDocument

_SCRIPTS = ("model.js", "layout.js", "drawing.js", "view.js", "panel.js", "main.js")
_PARTS = PageParts(
    "schema_page/schema.css", "schema_page/schema.html", tuple(f"schema_page/{name}" for name in _SCRIPTS), "data"
)
_LIBRARY = "schema_page/library/dagre.js"


class LibraryMissing(Exception):
    """The layout library is not in this installation."""


@dataclass(frozen=True)
class SchemaView:
    """Where the places of a schema lead: ``uri`` gives that of a path, ``editor`` is a URL template.

    ``table`` is the key of the table to select first; empty: none.
    """

    uri: Callable[[str], str]
    editor: str = ""
    table: str = ""


class SchemaDiagram(msgspec.Struct, frozen=True):
    """The data of the page: the document, the URI of each file, and the id of the table to select first."""

    schema: SchemaDocument
    uris: dict[str, str]
    editor: str
    selected: str


def schema_page(schema: SchemaDocument, view: SchemaView) -> str:
    """The page: see :func:`cucurbit.report.html_page.html_page`.

    Raises:
        LibraryMissing: the layout library is not in this installation.
    """
    paths = {table.place.path for table in schema.tables} | {
        column.place.path for table in schema.tables for column in table.columns
    }
    selected = next((table.id for table in schema.tables if view.table and table.key == view.table), "")
    data = SchemaDiagram(schema, {path: view.uri(path) for path in sorted(paths)}, view.editor, selected)
    return html_page(_PARTS, title_of_schema(schema), data, _library())


def title_of_schema(schema: SchemaDocument) -> str:
    """The title of the page."""
    return "Schema" if schema.entry is None else f"Schema of {schema.entry.target}"


def _library() -> str:
    try:
        return page_file(_LIBRARY)
    except FileNotFoundError:
        raise LibraryMissing(
            "the layout library of the page is missing in this installation: build it with Node.js's npm, "
            "`python hatch_build.py`"
        ) from None
