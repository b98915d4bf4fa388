"""The picture as one HTML page that needs nothing else: no network, no other file, no framework.

Every ``script`` and ``style`` carries ``nonce="__CSP_NONCE__"`` for a host that has a policy of its own to put one in.
What the workspace holds comes as data, and the script sets it as text only.
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
_POLICY = (
    f"default-src 'none'; style-src 'nonce-{NONCE}'; script-src 'nonce-{NONCE}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def timeline_page(picture: TimelineDiagram, title: str) -> str:
    """The page. It is ASCII only, so that it can be written to any stream, whatever the names in it are.

    A document that shows it inside an editor replaces :data:`NONCE`.
    """
    body = _part("timeline.html")
    script = "\n".join(_part(name) for name in _SCRIPTS)
    return _ascii(
        f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style nonce="{NONCE}">
{_part(_STYLE)}</style>
</head>
<body>
{body}<script type="application/json" id="picture" nonce="{NONCE}">{_data(picture)}</script>
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
    """What the page is called."""
    targets = [lane.target for lane in picture.lanes]
    return f"Timeline of {targets[0]}" if len(targets) == 1 else "Timelines"


def _part(name: str) -> str:
    return resources.files("cucurbit.report").joinpath("page").joinpath(name).read_text("utf-8")


def _data(picture: TimelineDiagram) -> str:
    """The picture as JSON in which nothing can end the script or be taken for markup."""
    text = json.dumps(msgspec.to_builtins(picture), separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _ascii(text: str) -> str:
    """Other signs as character references: they stand in the title and the markup only, the scripts are ASCII."""
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
