"""The timeline diagram as an HTML page."""

from __future__ import annotations

from cucurbit.report.html_page import PageParts, html_page
from cucurbit.report.timeline_diagram import TimelineDiagram

_SCRIPTS = ("model.js", "source.js", "tree.js", "overview.js", "panel.js", "main.js")
_PARTS = PageParts("page/timeline.css", "page/timeline.html", tuple(f"page/{name}" for name in _SCRIPTS), "picture")


def timeline_page(picture: TimelineDiagram, title: str) -> str:
    """The page: see :func:`cucurbit.report.html_page.html_page`."""
    return html_page(_PARTS, title, picture)


def title_of(picture: TimelineDiagram) -> str:
    """The title of the page."""
    targets = [lane.target for lane in picture.lanes]
    return f"Timeline of {targets[0]}" if len(targets) == 1 else "Timelines"
