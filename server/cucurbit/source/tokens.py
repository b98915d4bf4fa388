"""The strings, comments, brackets and line ends of a Python text, which may be broken.

Strings are read as Python 3.14 reads them: the fields of f-strings and t-strings are code, and may hold their own quote
and line ends. On a text that an older Python accepts, that is the same. The text's lines end at LF alone
(:func:`cucurbit.source.reader.unified`); a text of bytes may be given decoded as Latin-1, so that offsets are those of
its bytes. Total on any text, in time that grows with its length: the regular expressions match whatever follows their
first character, so that nothing is tried twice.

Of a text that is broken:

- a string in single quotes that is not closed ends with its line (``UNCLOSED``);
- a triple quote that is not closed is an empty string and a quote;
- an f-string with a field that is not closed, or closed by another bracket, ends at its next quote, fields or not;
- a bracket that has no other is a token like the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple, TypeAlias


class Kind(Enum):
    """What a token is; strings include their prefix."""

    SHORT_STRING = auto()
    """A string in single quotes; of an f-string, each piece of its text between fields."""
    LONG_STRING = auto()
    """The same for triple quotes."""
    UNCLOSED = auto()
    """A string in single quotes that is not closed."""
    COMMENT = auto()
    """From its sign to the end of its line."""
    OPEN = auto()
    """``(``, ``[`` or ``{``, also where that opens a field."""
    CLOSE = auto()
    NEWLINE = auto()
    """A line end that stands neither in a string nor behind a backslash."""
    CONTINUATION = auto()
    """A backslash and the line end behind it."""


Token: TypeAlias = tuple[Kind, int, int]
"""Kind, start and end; a plain tuple, since there are many."""

_SHORT = r""""[^"\\\n]*(?:\\.[^"\\\n]*)*(")?|'[^'\\\n]*(?:\\.[^'\\\n]*)*(')?"""
_LONG = {
    '"""': r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(""")?',
    "'''": r"'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(''')?",
}
_LONG_QUOTES = tuple(_LONG)
_NOTHING = '"(?!)()'
_COMMENT = r"#()[^\n]*"
_LAYOUT = r"\(()|\[()|\{()|\)()|\]()|\}()|\n()|\\\n()"
_KINDS = (
    *(Kind.UNCLOSED, Kind.LONG_STRING, Kind.LONG_STRING, Kind.SHORT_STRING, Kind.SHORT_STRING),
    *(Kind.COMMENT, *[Kind.OPEN] * 3, *[Kind.CLOSE] * 3, Kind.NEWLINE, Kind.CONTINUATION),
)
"""What it is that matched, by the last group that did; those of a string match where it is closed.

Each alternative begins with one certain character, by which the regular expression finds the next token fast.
"""
_LAST_STRING = 4
_LITERALS = (Kind.SHORT_STRING, Kind.LONG_STRING, Kind.COMMENT)
_PARTNERS = {"(": ")", "[": "]", "{": "}"}
_PREFIXES = frozenset({"r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"})
_PREFIX_LETTERS = frozenset("rRbBuUfFtT")
_FIELD = re.compile("|".join([*_LONG.values(), _SHORT, _COMMENT, _LAYOUT, ":"]), re.DOTALL)
_PIECE = re.compile(r"""\\N\{[A-Za-z0-9 -]*\}|\\[^{}]|\{\{|\}\}|\"\"\"|'''|[{}"'\n]""", re.DOTALL)
_RAW_PIECE = re.compile(r"""\\[^{}]|\{\{|\}\}|\"\"\"|'''|[{}"'\n]""", re.DOTALL)
"""What means something in the text of an f-string. A backslash escapes no brace, but begins a named character."""


def _patterns(*ends: str) -> dict[frozenset[str], re.Pattern[str]]:
    """By the triple quotes that are not looked for."""
    without = [frozenset[str](), *map(frozenset, ([quote] for quote in _LONG)), frozenset(_LONG)]
    return {
        each: re.compile(
            "|".join([*[_NOTHING if quote in each else _LONG[quote] for quote in _LONG], _SHORT, *ends]), re.DOTALL
        )
        for each in without
    }


_EVERYTHING = _patterns(_COMMENT, _LAYOUT)
_WITHOUT_LAYOUT = _patterns(_COMMENT)


def tokens(text: str, *, layout: bool = True) -> Iterator[Token]:
    """The tokens of ``text`` in order. ``layout`` False: strings and comments alone."""
    patterns = _EVERYTHING if layout else _WITHOUT_LAYOUT
    never_closed: frozenset[str] = frozenset()
    failed = 0
    place: int | None = 0
    while place is not None:
        matches = patterns[never_closed].finditer(text, place)
        place = None
        for match in matches:
            index = match.lastindex or 0
            start, end = match.span()
            if index > _LAST_STRING:
                yield _KINDS[index], start, end
                continue
            if index == 0 and text.startswith(_LONG_QUOTES, start, end):
                never_closed |= {text[start : start + 3]}
                place = start
                break
            prefix = _prefix(text, start) if start and text[start - 1] in _PREFIX_LETTERS else ""
            # What was found to be broken is not read in the same way a second time.
            if prefix and start >= failed and _has_fields(prefix, text, start, end):
                template = _template(text, start, prefix)
                if template.found:
                    yield from (each for each in template.found if layout or each[0] in _LITERALS)
                    place = template.end
                    break
                failed = template.end
            yield _KINDS[index], start - len(prefix), end


def _prefix(text: str, quote: int) -> str:
    """The prefix of the string whose first quote stands at ``quote``."""
    for length in (2, 1):
        start = quote - length
        before = text[start - 1] if start > 0 else " "
        if start >= 0 and text[start:quote].lower() in _PREFIXES and not (before.isalnum() or before == "_"):
            return text[start:quote]
    return ""


def _has_fields(prefix: str, text: str, start: int, end: int) -> bool:
    return not {"f", "t"}.isdisjoint(prefix.lower()) and text.find("{", start, end) >= 0


class _Template(NamedTuple):
    """The tokens of an f-string and its end; none where it is broken, which was found out at ``end``."""

    found: list[Token]
    end: int


class _Text(NamedTuple):
    """The text of an f-string, or a format specification in it."""

    quote: str
    is_raw: bool
    is_specification: bool = False


def _template(text: str, start: int, prefix: str) -> _Template:
    """The f-string with fields whose first quote stands at ``start``."""
    scan = _Scan(text, start, prefix)
    while scan.stack and not scan.broken:
        top = scan.stack[-1]
        if isinstance(top, _Text):
            scan.in_text(top)
        else:
            scan.in_field(top)
    return _Template([] if scan.broken else scan.found, scan.place)


class _Scan:
    """An f-string being read: within which texts, fields (``:``) and brackets of fields ``place`` stands."""

    def __init__(self, text: str, start: int, prefix: str) -> None:
        self.text = text
        self.found: list[Token] = []
        self.stack: list[_Text | str] = []
        self.broken = False
        self._begin(start, prefix)

    def _begin(self, start: int, prefix: str) -> None:
        quote = self.text[start : start + 3]
        quote = quote if quote in _LONG else quote[0]
        self.stack.append(_Text(quote, "r" in prefix.lower()))
        self.piece = start - len(prefix)
        self.place = start + len(quote)

    def _end_piece(self, top: _Text, end: int) -> None:
        if end > self.piece:
            self.found.append((Kind.SHORT_STRING if len(top.quote) == 1 else Kind.LONG_STRING, self.piece, end))

    def in_text(self, top: _Text) -> None:
        """Go on to the next place that means something in the text of an f-string."""
        match = (_RAW_PIECE if top.is_raw else _PIECE).search(self.text, self.place)
        if match is None:
            self.place, self.broken = len(self.text), True
            return
        sign, start = match.group(), match.start()
        self.place = match.end()
        if sign in {"{{", "}}"} and top.is_specification:
            sign, self.place = sign[0], start + 1
        if sign == "{":
            self._end_piece(top, start)
            self.found.append((Kind.OPEN, start, start + 1))
            self.stack.append(":")
        elif sign == "}" and top.is_specification:
            self._end_piece(top, start)
            self.stack.pop()
            self._end_field(start)
        elif sign == "\n":
            self.broken = len(top.quote) == 1
        elif sign.startswith(top.quote):
            self.broken = top.is_specification
            self.place = start + len(top.quote)
            self._end_piece(top, self.place)
            self.stack.pop()

    def _end_field(self, start: int) -> None:
        self.found.append((Kind.CLOSE, start, start + 1))
        self.stack.pop()
        self.piece = self.place

    def in_field(self, top: str) -> None:
        """Go on to the next token of a field."""
        match = _FIELD.search(self.text, self.place)
        if match is None:
            self.place, self.broken = len(self.text), True
            return
        start, self.place = match.span()
        sign = self.text[start]
        kind = _KINDS[match.lastindex or 0]
        if sign in "\"'":
            self._string(kind, start)
        elif sign == ":":
            if top == ":":
                self.stack.append(self._innermost()._replace(is_specification=True))
                self.piece = self.place
        elif sign == "}" and top == ":":
            self._end_field(start)
        else:
            self.found.append((kind, start, self.place))
            if kind is Kind.OPEN:
                self.stack.append(sign)
            elif kind is Kind.CLOSE:
                self.broken = _PARTNERS.get(top) != sign
                self.stack.pop()

    def _innermost(self) -> _Text:
        return next(each for each in reversed(self.stack) if isinstance(each, _Text))

    def _string(self, kind: Kind, start: int) -> None:
        prefix = _prefix(self.text, start)
        if _has_fields(prefix, self.text, start, self.place):
            self._begin(start, prefix)
        else:
            self.broken = kind is Kind.UNCLOSED
            self.found.append((kind, start - len(prefix), self.place))
