"""The timeline page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cucurbit import __version__
from cucurbit.analysis.context import Context
from cucurbit.lsp.features.command_arguments import place_of
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.pages import DrawnPage, answer_with_page, of_entry, page_request
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.report.timeline_diagram import DiagramFocus, DiagramView, timeline_diagram
from cucurbit.report.timeline_page import timeline_page, title_of
from cucurbit.session.analysis import Analysis
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.model import EntryKind


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
    """The page of a timeline: see :func:`answer_with_page`.

    Raises:
        JsonRpcInvalidParams: there is no such file, folder or entry point.
    """
    asked = page_request(arguments, TimelinePageRequest)
    uri = asked.uri or (asked.focus.uri if asked.focus is not None and asked.root is None else None)
    place = place_of(editor, uri, asked.root)
    return await answer_with_page(
        editor, place.session, asked.show, "timeline", place.path, lambda each: _page(editor, each, place, asked)
    )


def _page(editor: Editor, analysis: Analysis, place: SessionFile, asked: TimelinePageRequest) -> DrawnPage:
    context, chosen = _chosen(analysis, place, asked.entry)
    root = place.session.root
    view = DiagramView(lambda path: path, lambda path: editor.uri(root, path), analysis.span, focus=asked.focus)
    drawn = timeline_diagram(context, chosen, analysis.findings, view, __version__)
    title = title_of(drawn)
    return DrawnPage(title, chosen[0].entry.target if chosen else "", timeline_page(drawn, title))


def _chosen(analysis: Analysis, place: SessionFile, entry: str | None) -> tuple[Context, list[Timeline]]:
    """The requested timelines, and a context that contains them."""
    if entry is not None:
        return of_entry(place.session, analysis, entry)
    context, path = analysis.context, place.path
    through = [each for each in context.timelines if path in each.visited]
    # The entry point in the file itself comes first, and the alembic command, which fails least often, last.
    through.sort(key=lambda each: (each.entry.path != path, each.entry.kind is EntryKind.ALEMBIC))
    return context, through or list(context.timelines)
