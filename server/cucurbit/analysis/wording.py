"""Wording that messages of single findings and of groups share."""

from __future__ import annotations

from collections.abc import Iterable

MOST_NAMED = 3
"""How many names a message lists before it counts the rest."""


def listed(names: Iterable[str], most: int = MOST_NAMED) -> str:
    """``a, b, c and 4 more``; each name once, in order."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) > most:
        return f"{', '.join(distinct[:most])} and {len(distinct) - most} more"
    return " and ".join([", ".join(distinct[:-1]), distinct[-1]] if len(distinct) > 1 else distinct)
