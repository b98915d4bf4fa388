"""Places in one file."""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, array_like=True, order=True, gc=False):
    """A stretch of text.

    Lines are 1-based, columns are 0-based and count Unicode code points; the end is exclusive.
    A line ends at LF, CR or CRLF and at nothing else, as in CPython's tokenizer.
    """

    line: int
    column: int
    end_line: int
    end_column: int


START = Span(1, 0, 1, 0)
"""The first character of a file: where a finding about a whole file stands."""
