"""What the commands that show a page share: a page is sent to editors that can show it, and opened in the browser
for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from cucurbit.analysis.context import Context
from cucurbit.lsp.features.command_arguments import converted, fresh_analysis
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.wire.uris import normal, to_uri
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.model import EntryPoint

_Request = TypeVar("_Request")


@dataclass(frozen=True)
class DrawnPage:
    """``entry`` is the target of the entry point that the page is about; empty if there is none."""

    title: str
    entry: str
    html: str


def page_request(arguments: Sequence[object], kind: type[_Request]) -> _Request:
    """The argument of a command that shows a page; it may be left out.

    Raises:
        JsonRpcInvalidParams: it is not of this kind.
    """
    return converted(arguments[0] if arguments and arguments[0] is not None else {}, kind)


def of_entry(session: Session, analysis: Analysis, entry: str) -> tuple[Context, list[Timeline]]:
    """The timelines of an entry point, by its target or any name of it, and a context that contains them.

    Call it in a job of :meth:`Session.query`.

    Raises:
        JsonRpcInvalidParams: there is no such entry point.
    """
    context = analysis.context
    known = [each for each in context.timelines if each.entry.target == entry]
    if known:
        return context, known
    resolved = analysis.workspace.resolve_entry(entry)
    if not isinstance(resolved, EntryPoint):
        raise JsonRpcInvalidParams(f"{entry} is not an entry point of this workspace")
    known = [each for each in context.timelines if each.entry == resolved]
    if known:
        return context, known
    timeline = session.timeline(analysis, resolved)
    return Context(context.workspace, (*context.timelines, timeline), context.isolated), [timeline]


async def answer_with_page(
    editor: Editor, session: Session, show: bool | None, kind: str, about: str, draw: Callable[[Analysis], DrawnPage]
) -> object:
    """The answer of a command: ``{title, entry, html}``, and ``uri`` if the page was opened in the browser.

    ``show``: open it there; None: only if the client has not said that it shows pages. ``kind`` names the page to the
    user. Pages of the same entry point and ``about`` overwrite each other.

    Raises:
        JsonRpcInvalidParams: the session has no analysis.
    """
    page = await session.query(await fresh_analysis(session), draw)
    answer = {"title": page.title, "entry": page.entry, "html": page.html}
    if show if show is not None else not editor.client.shows_pages:
        answer["uri"] = await _open(editor, kind, f"{session.root}\0{page.entry}\0{about}", page.html)
    return answer


async def _open(editor: Editor, kind: str, name: str, page: str) -> str:
    """Let the client open a page in the browser, or show its path. Returns its URI, empty if it was not written."""
    try:
        path = normal(await asyncio.to_thread(editor.page_files.write, name, page))
    except OSError as error:
        reason = error.strerror or str(error)
        _say(editor, types.MessageType.Error, f"the {kind} page cannot be written: {reason.lower()}.")
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
    _say(editor, types.MessageType.Info, f"the {kind} is in {path}: open it in a browser.")
    return uri


def _say(editor: Editor, kind: types.MessageType, text: str) -> None:
    editor.window_show_message(types.ShowMessageParams(kind, f"Cucurbit: {text}"))
