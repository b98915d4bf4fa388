"""Text of a workspace in Markdown, such that it is shown as it is: no link, no image, no heading comes of a name."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*_~\[\]<>&])")


def code(text: str) -> str:
    """``text`` as a code span, between more backticks than it has in a row."""
    shown = _on_one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    blank = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{blank}{shown}{blank}{fence}" if shown else ""


def prose(text: str) -> str:
    """A message, in which what stands between backticks is code and nothing else is Markdown."""
    parts = _on_one_line(text).split("`")
    if len(parts) % 2 == 0:
        # The last backtick has no partner.
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return "".join(code(part) if number % 2 else _MARKS.sub(r"\\\1", part) for number, part in enumerate(parts))


def link(text: str, target: str) -> str:
    """``text`` as a link to a URI; as it is if ``target`` is empty."""
    return f"[{prose(text)}](<{target}>)" if target else prose(text)


def plain(markdown: str) -> str:
    """Markdown that this program made, as plain text. Of a link the text stays."""
    without = re.sub(r"(?<!\\)\[((?:\\.|[^\\\[\]])*)\]\(<[^<>]*>\)", r"\1", markdown)
    without = re.sub(r"(?<!\\)(?:\*\*|`)|(?m:^\*|\*$)", "", without)
    return re.sub(r"\\([\\`*_~\[\]<>&])", r"\1", without)


def _on_one_line(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
