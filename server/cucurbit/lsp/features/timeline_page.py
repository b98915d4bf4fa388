"""The timeline page for editors: handed to those that can show a page, opened in the browser for the others."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from cucurbit import __version__
from cucurbit.analysis.context import Context
from cucurbit.lsp.features.place import Place
from cucurbit.lsp.wire.uris import normal, to_uri
from cucurbit.report.picture import Focus, View, picture
from cucurbit.report.timeline_page import timeline_page, title_of
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session, Unavailable
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryKind, EntryPoint

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

TIMELINE_PAGE = "cucurbit.timelinePage"


class Asked(msgspec.Struct, frozen=True):
    """Which timeline is asked for.

    ``entry`` is the target of an entry point, or what the command line takes for one; without it the timelines that
    execute the file ``uri`` (or that of ``focus``) are meant, and without that all of the folder ``root``, or of the
    first one. ``show``: open the page in the browser; null: where the client has not said that it shows pages.
    """

    entry: str | None = None
    uri: str | None = None
    root: str | None = None
    focus: Focus | None = None
    show: bool | None = None


class Pages:
    """The pages written for the browser: in a folder that only this user can read, which goes with the server."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def write(self, name: str, text: str) -> str:
        """Write a page; one of the same name is replaced. Returns its absolute path.

        Raises:
            OSError: it cannot be written.
        """
        if self._folder is None or not os.path.isdir(self._folder.name):
            self._folder = tempfile.TemporaryDirectory(prefix="cucurbit-")
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        path = os.path.join(self._folder.name, f"timeline-{digest}.html")
        with open(f"{path}.new", "w", encoding="ascii") as stream:
            stream.write(text)
        os.replace(f"{path}.new", path)
        return path

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()


async def show_page(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """The page of a timeline: ``{title, entry, html}``, and ``uri`` where it was opened in the browser.

    Raises:
        JsonRpcInvalidParams: there is no such file, folder or entry point.
    """
    try:
        asked = msgspec.convert(arguments[0] if arguments and arguments[0] is not None else {}, Asked)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None
    session, path = _meant(ls, asked)
    try:
        analysis = await session.fresh()
    except Unavailable:
        raise JsonRpcInvalidParams(f"{session.root} is not analysed") from None
    place = Place(session, path)
    title, entry, page = await session.query(analysis, lambda each: _page(ls, each, place, asked))
    answer = {"title": title, "entry": entry, "html": page}
    if asked.show if asked.show is not None else not ls.client.shows_pages:
        answer["uri"] = await _open(ls, f"{session.root}\0{entry}\0{path}", page)
    return answer


def _meant(ls: CucurbitServer, asked: Asked) -> tuple[Session, str]:
    uri = asked.uri or (asked.focus.uri if asked.focus is not None and asked.root is None else None)
    if uri is not None:
        place = ls.locate(uri)
        if place is None:
            raise JsonRpcInvalidParams(f"{uri} is in no workspace folder")
        return place.session, place.path
    sessions = [session for session in ls.folders if asked.root in (None, session.root)]
    if not sessions:
        raise JsonRpcInvalidParams("there is no such workspace folder")
    return sessions[0], ""


def _page(ls: CucurbitServer, analysis: Analysis, place: Place, asked: Asked) -> tuple[str, str, str]:
    context, chosen = _chosen(analysis, place.path, asked.entry)
    root = place.session.root
    view = View(lambda path: path, lambda path: ls.uri(root, path), analysis.span, focus=asked.focus)
    drawn = picture(context, chosen, analysis.findings, view, __version__)
    title = title_of(drawn)
    return title, chosen[0].entry.target if chosen else "", timeline_page(drawn, title)


def _chosen(analysis: Analysis, path: str, entry: str | None) -> tuple[Context, list[Timeline]]:
    """The timelines that are meant, and the context with them in it."""
    context = analysis.context
    if entry is None:
        through = [each for each in context.timelines if path in each.visited]
        # The one that starts in the file itself comes first, and the alembic command, where a file fares best, last.
        through.sort(key=lambda each: (each.entry.path != path, each.entry.kind is EntryKind.ALEMBIC))
        return context, through or list(context.timelines)
    known = [each for each in context.timelines if each.entry.target == entry]
    if known:
        return context, known
    resolved = analysis.workspace.resolve_entry(entry)
    if not isinstance(resolved, EntryPoint):
        raise JsonRpcInvalidParams(f"{entry} is no entry point of this workspace")
    known = [each for each in context.timelines if each.entry == resolved]
    if known:
        return context, known
    timeline = simulate(analysis.workspace, resolved)
    return Context(context.workspace, (*context.timelines, timeline), context.isolated), [timeline]


async def _open(ls: CucurbitServer, name: str, page: str) -> str:
    """Have the client open a page in the browser, or say where it lies. Returns its URI; empty: it was not written."""
    try:
        path = normal(await asyncio.to_thread(ls.pages.write, name, page))
    except OSError as error:
        reason = error.strerror or str(error)
        _say(ls, types.MessageType.Error, f"the timeline page cannot be written: {reason.lower()}.")
        return ""
    uri = to_uri(path)
    if ls.client.shows_documents:
        try:
            result = await ls.window_show_document_async(types.ShowDocumentParams(uri, external=True))
        except JsonRpcException:
            pass
        else:
            if result.success:
                return uri
    _say(ls, types.MessageType.Info, f"the timeline is in {path}: open it in a browser.")
    return uri


def _say(ls: CucurbitServer, kind: types.MessageType, text: str) -> None:
    ls.window_show_message(types.ShowMessageParams(kind, f"Cucurbit: {text}"))
