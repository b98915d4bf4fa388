"""A file's text: decoding and encoding without loss, lines, and positions in the units that editors count."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from cucurbit.source.span import Span

Unit: TypeAlias = Literal["utf-8", "utf-16", "utf-32"]
"""What a column of the Language Server Protocol counts; ``utf-32`` are code points, as inside the program."""

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?$")
_FIRST_LINES = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)?([^\r\n]*)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class SourceText:
    """The text of one file, line endings as they are, without its byte order mark.

    ``encoding`` is a codec's name and ``bom`` says whether the file starts with a mark. ``problem`` says why the file
    is not text in that encoding; what could not be decoded stands as lone surrogates (:pep:`383`), so that nothing is
    lost. ``raw`` is kept only where encoding the text would not give the file's bytes again.

    A line ends at LF, CR or CRLF. Positions outside the text are moved to the nearest one inside.
    """

    text: str
    encoding: str = "utf-8"
    bom: bool = False
    problem: str | None = None
    raw: bytes | None = None

    @classmethod
    def decode(cls, data: bytes) -> SourceText:
        """The text of a file's bytes, as Python reads them (:pep:`263`), and of UTF-16 and UTF-32 with a mark."""
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return cls._marked(data, mark, encoding)
        declared = _declared(data)
        if declared is None:
            return cls._decoded(data, "utf-8")
        encoding = _normal(declared)
        if not _is_text_encoding(encoding):
            return cls._fallback(data, f"unknown encoding: {declared}")
        return cls._decoded(data, encoding)

    @classmethod
    def _marked(cls, data: bytes, mark: bytes, encoding: str) -> SourceText:
        body = data[len(mark) :]
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError as error:
            return cls._fallback(data, _reason(error))
        problem = "the file contains NUL characters" if "\0" in text else None
        if encoding == "utf-8":
            declared = _declared(body)
            if declared is not None and _normal(declared) != "utf-8":
                problem = f"the file starts with a UTF-8 mark but declares the encoding {declared}"
        return cls(text, encoding, bom=True, problem=problem)

    @classmethod
    def _decoded(cls, data: bytes, encoding: str) -> SourceText:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            return cls._fallback(data, _reason(error))
        except (ValueError, LookupError) as error:
            return cls._fallback(data, f"the file cannot be decoded as {encoding}: {error}")
        raw = None if encoding == "utf-8" or _encoded(text, encoding) == data else data
        problem = "the file contains NUL characters" if "\0" in text else None
        return cls(text, encoding, problem=problem, raw=raw)

    @classmethod
    def _fallback(cls, data: bytes, problem: str) -> SourceText:
        bom = data.startswith(codecs.BOM_UTF8)
        text = data[len(codecs.BOM_UTF8) if bom else 0 :].decode("utf-8", "surrogateescape")
        return cls(text, "utf-8", bom=bom, problem=problem)

    def encode(self) -> bytes:
        """The file's bytes; for decoded bytes, exactly these.

        :raises UnicodeEncodeError: an edit brought in a character that the file's encoding does not have.
        """
        if self.raw is not None:
            return self.raw
        errors = "surrogateescape" if self.encoding == "utf-8" and self.problem is not None else "strict"
        data = self.text.encode(self.encoding, errors)
        mark = next((mark for mark, encoding in _MARKS if encoding == self.encoding), b"")
        return mark + data if self.bom else data

    @cached_property
    def newline(self) -> Literal["\n", "\r\n", "\r"]:
        """The line ending that most lines have; LF where there is none."""
        crlf = self.text.count("\r\n")
        lf = self.text.count("\n") - crlf
        cr = self.text.count("\r") - crlf
        if lf >= max(crlf, cr):
            return "\n"
        return "\r\n" if crlf >= cr else "\r"

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    @cached_property
    def _is_ascii(self) -> bool:
        return self.text.isascii()

    @property
    def line_count(self) -> int:
        """The number of lines; one behind the last line ending counts, be it empty."""
        return len(self._starts)

    def line_text(self, line: int) -> str:
        """The text of a line without its ending; empty for a line that does not exist."""
        starts = self._starts
        if not 1 <= line <= len(starts):
            return ""
        if line == len(starts):
            return self.text[starts[-1] :]
        text = self.text[starts[line - 1] : starts[line]]
        return text[:-2] if text.endswith("\r\n") else text[:-1]

    def offset(self, line: int, column: int) -> int:
        """The index into ``text`` of a position."""
        if line < 1:
            return 0
        if line > len(self._starts):
            return len(self.text)
        return self._starts[line - 1] + min(max(column, 0), len(self.line_text(line)))

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an index into ``text``; between CR and LF it is the end of the line."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset)
        return line, min(offset - self._starts[line - 1], len(self.line_text(line)))

    def span(self, start: int, end: int) -> Span:
        """The span between two indexes into ``text``."""
        return Span(*self.position(start), *self.position(end))

    def slice(self, span: Span) -> str:
        """The text of a span; empty where it ends before it starts."""
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]

    def apply(self, span: Span, text: str) -> SourceText:
        """The text with ``span`` replaced; one that ends before it starts is taken as empty."""
        start = self.offset(span.line, span.column)
        end = max(start, self.offset(span.end_line, span.end_column))
        return replace(self, text=self.text[:start] + text + self.text[end:], raw=None)

    def to_units(self, line: int, column: int, unit: Unit) -> int:
        """A column in ``unit``."""
        text = self.line_text(line)
        column = min(max(column, 0), len(text))
        if self._is_ascii or unit == "utf-32":
            return column
        before = text[:column]
        return column if before.isascii() else sum(map(_WIDTHS[unit], before))

    def from_units(self, line: int, units: int, unit: Unit) -> int:
        """The column of ``units``; one inside a character is that character's column."""
        text = self.line_text(line)
        units = max(units, 0)
        if self._is_ascii or unit == "utf-32" or text.isascii():
            return min(units, len(text))
        width = _WIDTHS[unit]
        for column, character in enumerate(text):
            units -= width(character)
            if units < 0:
                return column
        return len(text)


def _utf_8_width(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _utf_16_width(character: str) -> int:
    return 1 if ord(character) < 0x10000 else 2


_WIDTHS = {"utf-8": _utf_8_width, "utf-16": _utf_16_width}


def _declared(data: bytes) -> str | None:
    """The encoding that a comment in the first or second line declares."""
    lines = _FIRST_LINES.match(data)
    if lines is None:
        return None
    first, second = lines.groups()
    cookie = _COOKIE.match(first)
    if cookie is None and _BLANK.match(first):
        cookie = _COOKIE.match(second)
    return cookie.group(1).decode("ascii", "replace") if cookie else None


def _normal(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return name


def _is_text_encoding(name: str) -> bool:
    try:
        return isinstance(b"#".decode(name), str)
    except (LookupError, ValueError):
        return False


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except (ValueError, LookupError):
        return None


def _reason(error: UnicodeDecodeError) -> str:
    return f"the file is not valid {error.encoding}: {error.reason} at byte {error.start}"
