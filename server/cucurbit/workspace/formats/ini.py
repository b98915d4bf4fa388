"""Ini files, read with :mod:`configparser` in bounded time."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from configparser import BasicInterpolation, Error, InterpolationError, RawConfigParser

LONGEST = 128 * 1024
"""Characters; a longer text is not read."""
LONGEST_LINE = 4_000
"""Characters. The parser's regular expressions backtrack: its time grows with the square of a run of blanks."""
_LONGEST_VALUE = 100_000
"""Characters that a value may have once the others that it refers to are put in."""
_DEEPEST = 10
"""References in references that :class:`BasicInterpolation` follows."""
_REFERENCE = re.compile(r"%\(([^()]+)\)s")


def too_large(text: str) -> bool:
    """Whether reading ``text`` could take long; no configuration that people write does."""
    return len(text) > LONGEST or any(len(line) > LONGEST_LINE for line in text.split("\n"))


def lenient(text: str) -> RawConfigParser:
    """The sections of ``text`` without interpolation; none where it is broken or too large."""
    parser = RawConfigParser(strict=False)
    if too_large(text):
        return parser
    try:
        parser.read_string(text)
    except Error:
        return RawConfigParser()
    return parser


class BoundedInterpolation(BasicInterpolation):
    """``%(name)s``, refused where values that refer to values would grow without measure."""

    def before_get(
        self,
        parser: MutableMapping[str, Mapping[str, str]],
        section: str,
        option: str,
        value: str,
        defaults: Mapping[str, str],
    ) -> str:
        if _length(value, defaults, _DEEPEST, {}) > _LONGEST_VALUE:
            raise InterpolationError(option, section, f"it has more than {_LONGEST_VALUE:,} characters")
        return super().before_get(parser, section, option, value, defaults)


def _length(text: str, values: Mapping[str, str], depth: int, known: dict[tuple[str, int], int]) -> int:
    """How long ``text`` is once everything that it refers to, ``depth`` deep, is put in; each reference counts one."""
    total = len(text)
    if depth == 0:
        return total
    for name in _REFERENCE.findall(text):
        key = name.lower(), depth
        if key not in known:
            known[key] = _length(values.get(key[0], ""), values, depth - 1, known)
        total += 1 + known[key]
    return total
