"""The timeline diagram as one self-contained HTML page: no network, no other files, no framework.

Every ``script`` and ``style`` has ``nonce="__CSP_NONCE__"``; a host with its own content security policy replaces it.
Names and source of the workspace are data, which the script only inserts as text.
"""

from __future__ import annotations

import html
import json
from importlib import resources
from typing import Final

import msgspec

from cucurbit.report.timeline_diagram import TimelineDiagram

NONCE: Final = "__CSP_NONCE__"
_STYLE = "timeline.css"
_SCRIPTS = ("model.js", "source.js", "tree.js", "overview.js", "panel.js", "main.js")
POLICY: Final = (
    f"default-src 'none'; style-src 'nonce-{NONCE}'; script-src 'nonce-{NONCE}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def timeline_page(picture: TimelineDiagram, title: str) -> str:
    """The page, in ASCII only, so that it can be written to any stream.

    An editor that embeds it replaces :data:`NONCE`.
    """
    body = _part("timeline.html")
    script = "\n".join(_part(name) for name in _SCRIPTS)
    return ascii_only(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style nonce="{NONCE}">
{_part(_STYLE)}</style>
</head>
<body>
{body}<script type="application/json" id="picture" nonce="{NONCE}">{embedded(picture)}</script>
<script nonce="{NONCE}">
(() => {{
"use strict";
{script}}})();
</script>
</body>
</html>
"""
    )


def title_of(picture: TimelineDiagram) -> str:
    """The title of the page."""
    targets = [lane.target for lane in picture.lanes]
    return f"Timeline of {targets[0]}" if len(targets) == 1 else "Timelines"


def _part(name: str) -> str:
    return resources.files("cucurbit.report").joinpath("page").joinpath(name).read_text("utf-8")


def embedded(data: msgspec.Struct) -> str:
    """Data as JSON that contains no character which could end the script or be read as markup."""
    text = json.dumps(msgspec.to_builtins(data), separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def ascii_only(text: str) -> str:
    """Replace other characters by character references; they only occur in the title and the markup."""
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
