"""TOML files with the position of every key, for messages."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from cucurbit.source.span import START, Span

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KeyPath = tuple[str, ...]

LONGEST = 1_000_000
"""Characters; a longer text is not read."""
MOST_PARTS = 32
"""Parts of a dotted key. The parser keeps each of its prefixes, so its memory grows with their square."""
_LARGEST_INTEGER = 2**63
_QUOTED = re.compile(r""" "(?:[^"\\]|\\.)*(?:"|\\?$) | '[^']*(?:'|$) """, re.VERBOSE | re.DOTALL)
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){{{MOST_PARTS}}}")

_TOKEN = re.compile(
    r"""
    (?P<string>\"\"\"(?:\\.|[^\\])*?\"{3,5}|'''.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<comment>\#[^\n]*)
    |(?P<newline>\n)
    |(?P<mark>[\[\]{}=,.])
    |(?P<bare>[^\s\[\]{}=,.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class TomlFile:
    """A parsed file: its tables, and the place of every key. ``problem`` is set where it is not TOML."""

    tables: Mapping[str, object]
    places: Mapping[KeyPath, Span] = field(default_factory=dict)
    problem: tuple[str, Span] | None = None

    def table(self, *path: str) -> Mapping[str, object]:
        """The table at ``path``; empty if there is none or the value is not a table."""
        found: object = self.tables
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def value(self, *path: str) -> object:
        """The value at ``path``, None where there is none."""
        return self.table(*path[:-1]).get(path[-1])

    def place(self, *path: str) -> Span:
        """The place of the key at ``path``, else of the nearest key above it, else of the first character."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return START


def parse_toml(text: str) -> TomlFile:
    """Read TOML. Never raises: an error is the ``problem`` of the result."""
    if len(text) > LONGEST:
        return TomlFile({}, problem=(f"longer than {LONGEST:,} characters", START))
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") >= MOST_PARTS and _LONG_KEY.search(_QUOTED.sub("q", line)) is not None:
            return TomlFile({}, problem=(f"a key has more than {MOST_PARTS} parts", Span(number, 0, number, len(line))))
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return TomlFile({}, problem=_describe(str(error), text))
    except ValueError:  # Python reads no decimal number with so many digits
        return TomlFile({}, problem=("an integer has too many digits", START))
    except RecursionError:
        return TomlFile({}, problem=("nested too deeply", START))
    if _has_large_integer(tables):
        return TomlFile({}, problem=("an integer has more than 64 bits", START))
    return TomlFile(tables, _places(text))


def _has_large_integer(tables: object) -> bool:
    """Whether an integer is too large for TOML: a hexadecimal one can be so long that it cannot be printed."""
    pending: list[object] = [tables]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, int) and not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
            return True
    return False


def strings(value: object) -> list[str]:
    """The strings in ``value``: those of a list, or a single string as a list of one."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _describe(message: str, text: str) -> tuple[str, Span]:
    place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    lines = text.split("\n")
    if place is not None:
        line, column = int(place[1]), int(place[2]) - 1
        message = message[: place.start()]
    else:
        line, column = len(lines), len(lines[-1])
        message = message.removesuffix(" (at end of document)") + " at the end of the file"
    width = len(lines[line - 1]) if line <= len(lines) else 0
    return message, Span(line, min(column, width), line, max(width, column))


def _places(text: str) -> dict[KeyPath, Span]:
    """The place of each key. The text is known to be valid, so that little needs to be checked."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.places


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._line = 1
        self._line_start = 0
        self.places: dict[KeyPath, Span] = {}
        self._header: KeyPath = ()
        self._containers: list[tuple[str, KeyPath]] = []
        """An open bracket: ``[`` of an array, ``{`` of an inline table with the path of its key, ``h`` of a header."""
        self._key: list[tuple[str, Span]] = []
        self._in_key = True

    def run(self) -> None:
        for match in _TOKEN.finditer(self._text):
            kind = match.lastgroup or ""
            token = match.group()
            if kind == "newline":
                self._newline()
            elif kind == "mark":
                self._mark(token)
            elif kind != "comment" and self._in_key:
                self._key.append((_unquote(token), self._span(match.start(), match.end())))
            line_breaks = token.count("\n")
            if line_breaks:
                self._line += line_breaks
                self._line_start = match.start() + token.rindex("\n") + 1

    def _span(self, start: int, end: int) -> Span:
        return Span(self._line, start - self._line_start, self._line, end - self._line_start)

    def _newline(self) -> None:
        if not self._containers:
            self._key = []
            self._in_key = True

    def _mark(self, token: str) -> None:
        top = self._containers[-1][0] if self._containers else ""
        if token == "[":
            is_header = (self._in_key and not top and not self._key) or top == "h"
            self._containers.append(("h" if is_header else "[", ()))
            self._in_key = is_header
        elif token == "]":
            if top == "h" and self._key:
                self._header = self._record(())
                self._in_key = False
            if self._containers:
                self._containers.pop()
        elif token == "{":
            self._containers.append(("{", self._last_path()))
            self._key, self._in_key = [], True
        elif token == "}":
            if self._containers:
                self._containers.pop()
            self._key, self._in_key = [], False
        elif token == "=":
            if self._in_key and self._key:
                self._record(self._base())
            self._in_key = False
        elif token == "," and top == "{":
            self._key, self._in_key = [], True

    def _base(self) -> KeyPath:
        return self._containers[-1][1] if self._containers else self._header

    def _last_path(self) -> KeyPath:
        return self._current

    _current: KeyPath = ()

    def _record(self, base: KeyPath) -> KeyPath:
        first, last = self._key[0][1], self._key[-1][1]
        whole = Span(first.line, first.column, last.end_line, last.end_column)
        path = base
        for name, _ in self._key:
            path = (*path, name)
            self.places.setdefault(path, whole)
        self._key = []
        self._current = path
        return path


def _unquote(token: str) -> str:
    if token[:1] not in {'"', "'"}:
        return token
    try:
        value = tomllib.loads(f"k = {token}").get("k")
    except tomllib.TOMLDecodeError:
        return token
    return value if isinstance(value, str) else token
