"""A self-contained HTML page with scripts: no network, no other files, no framework.

Every ``script`` and ``style`` has ``nonce="__CSP_NONCE__"``; a host with its own content security policy replaces it.
Names and source of the workspace are data, which the scripts only insert as text.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec

NONCE: Final = "__CSP_NONCE__"
_POLICY = (
    f"default-src 'none'; style-src 'nonce-{NONCE}'; script-src 'nonce-{NONCE}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
# The dialog that lists the keys, and scripts that every page begins with.
_KEYS = "page_parts/keys.html"
_COMMON = "page_parts/common.js"


@dataclass(frozen=True)
class PageParts:
    """The files of a page, by their paths in this package. The scripts share one scope, in this order.

    ``data`` is the id of the element with the data as JSON.
    """

    style: str
    body: str
    scripts: tuple[str, ...]
    data: str


def html_page(parts: PageParts, title: str, data: msgspec.Struct, library: str = "") -> str:
    """The page, in ASCII only, so that it can be written to any stream. ``library`` is a script that runs first.

    An editor that embeds it replaces :data:`NONCE`.
    """
    body = page_file(parts.body) + page_file(_KEYS)
    own = f'(() => {{\n"use strict";\n{_joined([_COMMON, *parts.scripts])}}})();\n'
    scripts = "".join(f'<script nonce="{NONCE}">\n{each}</script>\n' for each in (library, own) if each)
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
{page_file(parts.style)}</style>
</head>
<body>
{body}<script type="application/json" id="{parts.data}" nonce="{NONCE}">{_json(data)}</script>
{scripts}</body>
</html>
"""
    )


def page_file(path: str) -> str:
    """The text of a file of this package.

    Raises:
        FileNotFoundError: it is not in this installation.
    """
    return resources.files("cucurbit.report").joinpath(*path.split("/")).read_text("utf-8")


def _joined(paths: Iterable[str]) -> str:
    return "\n".join(map(page_file, paths))


def _json(data: msgspec.Struct) -> str:
    """Data as JSON that contains no character which could end the script or be read as markup."""
    text = json.dumps(msgspec.to_builtins(data), separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _ascii(text: str) -> str:
    """Replace other characters by character references; they only occur in the title and the markup."""
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
