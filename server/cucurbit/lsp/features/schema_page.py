"""The schema page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from pygls.exceptions import JsonRpcInvalidParams

from cucurbit.lsp.features.command_arguments import place_of
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.pages import DrawnPage, answer_with_page, of_entry, page_request
from cucurbit.report.schema.build import default_timeline, schema_of
from cucurbit.report.schema.model import SchemaDocument
from cucurbit.report.schema.page import LibraryMissing, SchemaView, schema_page, title_of_schema
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session


class SchemaPageRequest(msgspec.Struct, frozen=True):
    """Which schema to show.

    ``entry`` is the target of an entry point, or any name that the command line takes for one; without it, what
    migrations see, or the first application. ``uri`` is a file in the folder that is asked about, ``root`` that folder
    itself; without both it is the first one. ``table`` is the key of the table to select first. ``show``: open the page
    in the browser; null: only if the client has not said that it shows pages.
    """

    entry: str | None = None
    uri: str | None = None
    root: str | None = None
    table: str = ""
    show: bool | None = None


async def show_schema(editor: Editor, arguments: Sequence[object]) -> object:
    """The page of a schema: see :func:`answer_with_page`.

    Raises:
        JsonRpcInvalidParams: there is no such file, folder or entry point, or this installation cannot make the page.
    """
    asked = page_request(arguments, SchemaPageRequest)
    session = place_of(editor, asked.uri, asked.root).session
    return await answer_with_page(
        editor, session, asked.show, "schema", "schema", lambda each: _page(editor, each, session, asked)
    )


def _page(editor: Editor, analysis: Analysis, session: Session, asked: SchemaPageRequest) -> DrawnPage:
    schema = _schema(session, analysis, asked.entry)
    try:
        page = schema_page(schema, SchemaView(lambda path: editor.uri(session.root, path), table=asked.table))
    except LibraryMissing as error:
        raise JsonRpcInvalidParams(str(error)) from None
    return DrawnPage(title_of_schema(schema), schema.entry.target if schema.entry is not None else "", page)


def _schema(session: Session, analysis: Analysis, entry: str | None) -> SchemaDocument:
    if entry is None:
        return schema_of(analysis.context, default_timeline(analysis.context))
    context, timelines = of_entry(session, analysis, entry)
    return schema_of(context, timelines[0])
