"""The schema page: sent to editors that can show a page, opened in the browser for the others."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from pygls.exceptions import JsonRpcInvalidParams

from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.timeline_page import open_in_browser, session_and_path
from cucurbit.report.schema.build import default_timeline, schema_of
from cucurbit.report.schema.page import LibraryMissing, SchemaView, schema_page, title_of_schema
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session, Unavailable
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.model import EntryPoint


class SchemaPageRequest(msgspec.Struct, frozen=True):
    """Which schema to show.

    ``entry`` is the target of an entry point, or any name that the command line takes for one; without it, what
    migrations see, or the first application. ``uri`` is a file in the folder that is asked about, ``root`` that folder
    itself; without both it is the first one. ``show``: open the page in the browser; null: only if the client has not
    said that it shows pages.
    """

    entry: str | None = None
    uri: str | None = None
    root: str | None = None
    show: bool | None = None


async def show_schema(editor: Editor, arguments: Sequence[object]) -> object:
    """The page of a schema: ``{title, entry, html}``, and ``uri`` if it was opened in the browser.

    Raises:
        JsonRpcInvalidParams: there is no such file, folder or entry point, or this installation cannot make the page.
    """
    try:
        asked = msgspec.convert(arguments[0] if arguments and arguments[0] is not None else {}, SchemaPageRequest)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None
    session, _ = session_and_path(editor, asked.uri, asked.root)
    try:
        analysis = await session.fresh()
    except Unavailable:
        raise JsonRpcInvalidParams(f"{session.root} is not analysed") from None
    try:
        title, entry, page = await session.query(analysis, lambda each: _page(editor, each, session, asked.entry))
    except LibraryMissing as error:
        raise JsonRpcInvalidParams(str(error)) from None
    answer = {"title": title, "entry": entry, "html": page}
    if asked.show if asked.show is not None else not editor.client.shows_pages:
        answer["uri"] = await open_in_browser(editor, "schema", f"{session.root}\0{entry}\0schema", page)
    return answer


def _page(editor: Editor, analysis: Analysis, session: Session, entry: str | None) -> tuple[str, str, str]:
    schema = schema_of(analysis.context, _timeline(analysis, session, entry))
    root = session.root
    page = schema_page(schema, SchemaView(lambda path: editor.uri(root, path)))
    return title_of_schema(schema), schema.entry.target if schema.entry is not None else "", page


def _timeline(analysis: Analysis, session: Session, entry: str | None) -> Timeline | None:
    if entry is None:
        return default_timeline(analysis.context)
    known = next((each for each in analysis.context.timelines if each.entry.target == entry), None)
    if known is not None:
        return known
    resolved = analysis.workspace.resolve_entry(entry)
    if not isinstance(resolved, EntryPoint):
        raise JsonRpcInvalidParams(f"{entry} is not an entry point of this workspace")
    known = next((each for each in analysis.context.timelines if each.entry == resolved), None)
    return known if known is not None else session.timeline(analysis, resolved)
