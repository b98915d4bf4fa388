"""Keeps a diagram in a Markdown file up to date, between two markers."""

from __future__ import annotations

import re

BEGIN = "<!-- cucurbit:schema -->"
END = "<!-- /cucurbit:schema -->"
# Each marker is a line of its own, so that no name in the diagram is taken for one. The second may be like the first.
_BLOCK = re.compile(
    r"^(?P<begin>[ \t]*<!--[ \t]*cucurbit:schema[ \t]*-->[ \t]*)(?P<eol>\r?\n)"
    r"(?P<body>.*?)"
    r"^(?P<end>[ \t]*<!--[ \t]*/?cucurbit:schema[ \t]*-->[ \t]*)(?=\r?$)",
    re.DOTALL | re.MULTILINE,
)


class NoMarkers(Exception):
    """The file has no pair of markers."""


def injected(text: str, diagram: str) -> str:
    """``text`` with the diagram between each pair of markers, in the text's own line endings.

    Raises:
        NoMarkers: there is no pair.
    """

    def replaced(match: re.Match[str]) -> str:
        eol = match["eol"]
        block = eol.join(["```mermaid", *diagram.rstrip("\n").split("\n"), "```", ""])
        return f"{match['begin']}{eol}{block}{match['end']}"

    changed, count = _BLOCK.subn(replaced, text)
    if not count:
        raise NoMarkers
    return changed
