"""The timeline page: sent to editors that can show a page, opened in the browser for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from cucurbit import __version__
from cucurbit.analysis.context import Context
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.wire.uris import normal, to_uri
from cucurbit.report.timeline_diagram import DiagramFocus, DiagramView, timeline_diagram
from cucurbit.report.timeline_page import timeline_page, title_of
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session, Unavailable
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.model import EntryKind, EntryPoint


class TimelinePageRequest(msgspec.Struct, frozen=True):
    """Which timelines to show.

    ``entry`` is the target of an entry point, or any name that the command line takes for one. Without it, the page
    shows the timelines that execute the file ``uri`` (or that of ``focus``); without a file, all timelines of the
    folder ``root``, or of the first folder. ``show``: open the page in the browser; null: only if the client has not
    said that it shows pages.
    """

    entry: str | None = None
    uri: str | None = None
    root: str | None = None
    focus: DiagramFocus | None = None
    show: bool | None = None


async def show_page(editor: Editor, arguments: Sequence[object]) -> object:
    """The page of a timeline: ``{title, entry, html}``, and ``uri`` if it was opened in the browser.

    Raises:
        JsonRpcInvalidParams: there is no such file, folder or entry point.
    """
    try:
        asked = msgspec.convert(arguments[0] if arguments and arguments[0] is not None else {}, TimelinePageRequest)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None
    session, path = _session_and_path(editor, asked)
    try:
        analysis = await session.fresh()
    except Unavailable:
        raise JsonRpcInvalidParams(f"{session.root} is not analysed") from None
    place = SessionFile(session, path)
    title, entry, page = await session.query(analysis, lambda each: _page(editor, each, place, asked))
    answer = {"title": title, "entry": entry, "html": page}
    if asked.show if asked.show is not None else not editor.client.shows_pages:
        answer["uri"] = await open_in_browser(editor, "timeline", f"{session.root}\0{entry}\0{path}", page)
    return answer


def _session_and_path(editor: Editor, asked: TimelinePageRequest) -> tuple[Session, str]:
    uri = asked.uri or (asked.focus.uri if asked.focus is not None and asked.root is None else None)
    return session_and_path(editor, uri, asked.root)


def session_and_path(editor: Editor, uri: str | None, root: str | None) -> tuple[Session, str]:
    """The session and the path of a file, or the session of a folder (without either, of the first one).

    Raises:
        JsonRpcInvalidParams: there is no such file or folder.
    """
    if uri is not None:
        place = editor.locate(uri)
        if place is None:
            raise JsonRpcInvalidParams(f"{uri} is not in a workspace folder")
        return place.session, place.path
    sessions = [session for session in editor.folders if root in (None, session.root)]
    if not sessions:
        raise JsonRpcInvalidParams("there is no such workspace folder")
    return sessions[0], ""


def _page(editor: Editor, analysis: Analysis, place: SessionFile, asked: TimelinePageRequest) -> tuple[str, str, str]:
    context, chosen = _chosen(analysis, place, asked.entry)
    root = place.session.root
    view = DiagramView(lambda path: path, lambda path: editor.uri(root, path), analysis.span, focus=asked.focus)
    drawn = timeline_diagram(context, chosen, analysis.findings, view, __version__)
    title = title_of(drawn)
    return title, chosen[0].entry.target if chosen else "", timeline_page(drawn, title)


def _chosen(analysis: Analysis, place: SessionFile, entry: str | None) -> tuple[Context, list[Timeline]]:
    """The requested timelines, and a context that contains them."""
    context, path = analysis.context, place.path
    if entry is None:
        through = [each for each in context.timelines if path in each.visited]
        # The entry point in the file itself comes first, and the alembic command, which fails least often, last.
        through.sort(key=lambda each: (each.entry.path != path, each.entry.kind is EntryKind.ALEMBIC))
        return context, through or list(context.timelines)
    known = [each for each in context.timelines if each.entry.target == entry]
    if known:
        return context, known
    resolved = analysis.workspace.resolve_entry(entry)
    if not isinstance(resolved, EntryPoint):
        raise JsonRpcInvalidParams(f"{entry} is not an entry point of this workspace")
    known = [each for each in context.timelines if each.entry == resolved]
    if known:
        return context, known
    timeline = place.session.timeline(analysis, resolved)
    return Context(context.workspace, (*context.timelines, timeline), context.isolated), [timeline]


async def open_in_browser(editor: Editor, what: str, name: str, page: str) -> str:
    """Let the client open a page in the browser, or show its path. Returns its URI, empty if it was not written."""
    try:
        path = normal(await asyncio.to_thread(editor.page_files.write, name, page))
    except OSError as error:
        reason = error.strerror or str(error)
        _say(editor, types.MessageType.Error, f"the {what} page cannot be written: {reason.lower()}.")
        return ""
    uri = to_uri(path)
    if editor.client.shows_documents:
        try:
            result = await editor.window_show_document_async(types.ShowDocumentParams(uri, external=True))
        except JsonRpcException:
            pass
        else:
            if result.success:
                return uri
    _say(editor, types.MessageType.Info, f"the {what} is in {path}: open it in a browser.")
    return uri


def _say(editor: Editor, kind: types.MessageType, text: str) -> None:
    editor.window_show_message(types.ShowMessageParams(kind, f"Cucurbit: {text}"))
