"""Patterns in the syntax of ``.gitignore``, in regular expressions that do not backtrack.

:mod:`pathspec` knows what the patterns mean. Its regular expressions try every way to divide a path among the stars of
a pattern, which takes for ever for ``*a*a*a*a*b``. It is enough to try the first: if what follows cannot match behind
the first place where a part matches, it cannot behind a later one either. :func:`linear` rewrites them so, as
:func:`fnmatch.translate` does, in the syntax that Python 3.10 has for atomic groups: ``(?=(?P<name>...))(?P=name)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_MOST_PATTERNS = 2_000
"""Patterns of one file that count."""
_LONGEST = 1_000
"""Characters of a pattern that counts."""
_STAR = "[^/]*"
_FIRST, _INNER = "^(?:.+/)?", "(?:/.+)?"
"""How pathspec writes ``**`` before and between other segments. No ``/`` stands in what comes from the pattern."""


def compile_patterns(patterns: Iterable[str]) -> GitIgnoreSpec:
    """Those of ``patterns`` that are valid, up to a number that nobody reaches."""
    good = islice(filter(valid_pattern, patterns), _MOST_PATTERNS)
    # Another engine would be picked where one is installed, and may not know these regular expressions.
    return GitIgnoreSpec.from_lines(good, _LinearPattern, backend="simple")


def valid_pattern(pattern: str) -> bool:
    """Whether ``pattern`` has the syntax of ``.gitignore``."""
    if len(pattern) > _LONGEST:
        return False
    try:
        _LinearPattern(pattern)
    except (ValueError, re.error, OverflowError, RecursionError):
        return False
    return True


def linear(regex: str) -> str:
    """pathspec's ``regex`` such that each part is tried at the first place alone where it matches."""
    parts = regex.split(_INNER)
    count = 0
    for index, part in enumerate(parts):
        pieces = part.split(_STAR)
        for number in range(1, len(pieces) - 1):
            # The last star of a segment ends where the segment does.
            if "/" not in pieces[number]:
                count += 1
                pieces[number] = _atomic(f"s{count}", f"[^/]*?{pieces[number]}")
            else:
                pieces[number] = _STAR + pieces[number]
        parts[index] = "".join([*pieces[:-1], _STAR + pieces[-1]] if len(pieces) > 1 else pieces)
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        begins = part.startswith(_FIRST)
        loop = "(?:[^/]+/)*" if begins else "(?:/[^/]+)*" if index else ""
        # The last part is looked for at the last place first, as pathspec does: it may name a folder or what is in it.
        loop += "?" if loop and not is_last else ""
        body = part.removeprefix(_FIRST) if begins else part
        start = "^" if begins else ""
        parts[index] = start + (_atomic(f"d{index}", f"{loop}{body}(?=/)") if loop and not is_last else loop + body)
    return "".join(parts)


def _atomic(name: str, regex: str) -> str:
    return f"(?=(?P<{name}>{regex}))(?P={name})"


class _LinearPattern(GitIgnoreSpecPattern):
    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]
        regex, include = super().pattern_to_regex(pattern)
        if regex is not None and (regex.count(_STAR) > 1 or regex.count(_FIRST) + regex.count(_INNER) > 1):
            regex = linear(regex)
        return regex, include
