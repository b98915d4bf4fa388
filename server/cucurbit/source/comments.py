"""The comments that mean something here, found without parsing, so that a syntax error hides none of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from cucurbit.source.facts import Comment
from cucurbit.source.span import START, Span
from cucurbit.source.tokens import Kind, tokens

_NOQA_SPELLINGS = ("noqa", "NOQA", "NoQA", "Noqa")
_COMMENT = re.compile(r"#[^\n]*")
_CODES = r"[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*"
_NOQA = re.compile(rf"#\s*noqa\b(?:\s*:\s*(?P<codes>{_CODES}))?", re.IGNORECASE)
_WHOLE_FILE = re.compile(rf"#\s*(?:ruff|flake8)\s*:\s*noqa\b(?:\s*:\s*(?P<codes>{_CODES}))?", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*(?P<directive>cucurbit:\s*ignore\b(?:\[(?P<codes>[^\[\]]*)\]|(?!\s*\[)))")
_CLASS = re.compile(r"\s*class\s+(?P<name>\w+)\s*[(:]")
_TABLENAME = re.compile(r"\s*__tablename__\s*(?::[^=]*)?=\s*(?P<quote>[\"'])(?P<table>[^\"']+)(?P=quote)")
_TABLE = re.compile(r"\s*\w+\s*(?::[^=]*)?=\s*(?:\w+\.)*Table\(\s*(?:(?P<quote>[\"'])(?P<table>[^\"']+)(?P=quote))?")
_STRING = re.compile(r"\s*(?P<quote>[\"'])(?P<table>[^\"']+)(?P=quote)")


class _Found(NamedTuple):
    """A comment's text and place; ``alone``: nothing but blanks stands before it on its line."""

    text: str
    line: int
    column: int
    alone: bool

    @property
    def span(self) -> Span:
        return Span(self.line, self.column, self.line, self.column + len(self.text))

    @property
    def content(self) -> str:
        """What stood there before it was commented out, one blank after the sign taken for style."""
        return self.text.lstrip("#").removeprefix(" ")


def comments(text: str) -> tuple[Comment, ...]:
    """The comments of a text whose lines end at LF alone, in order."""
    noqa = any(spelling in text for spelling in _NOQA_SPELLINGS)
    ignores = "cucurbit:" in text
    definitions = "#" in text and ("__tablename__" in text or "Table(" in text)
    if not (noqa or ignores or definitions):
        return ()
    found = list(_scan(text))
    parts: list[Iterator[Comment]] = []
    if noqa:
        parts.append(chain.from_iterable(map(_noqa, found)))
    if ignores:
        parts.append(chain.from_iterable(map(_ignores, found)))
    if definitions:
        parts.append(chain.from_iterable(map(_definitions, _groups(found, text))))
    return tuple(sorted(chain.from_iterable(parts), key=lambda comment: comment.span))


def _scan(text: str) -> Iterator[_Found]:
    starts = [0, *[match.end() for match in re.finditer("\n", text)]]
    for kind, start, end in tokens(text, layout=False):
        # What follows a quote that is not closed still counts.
        match = _COMMENT.search(text, start, end) if kind is Kind.COMMENT or kind is Kind.UNCLOSED else None
        if match is not None:
            line = bisect_right(starts, match.start())
            begin = starts[line - 1]
            alone = not text[begin : match.start()].strip()
            yield _Found(match.group().rstrip(), line, match.start() - begin, alone)


def _split(codes: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code in re.split(r"[,\s]+", codes or "") if code))


def _noqa(found: _Found) -> Iterator[Comment]:
    whole = _WHOLE_FILE.match(found.text) if found.alone else None
    if whole is not None:
        yield Comment("noqa", _split(whole["codes"] and whole["codes"].upper()), START)
    elif (match := _NOQA.search(found.text)) is not None:
        yield Comment("noqa", _split(match["codes"] and match["codes"].upper()), found.span)


def _ignores(found: _Found) -> Iterator[Comment]:
    for match in _IGNORE.finditer(found.text):
        codes = _split(match["codes"])
        if codes or match["codes"] is None:
            start, end = match.span("directive")
            yield Comment("ignore", codes, Span(found.line, found.column + start, found.line, found.column + end))


def _groups(found: list[_Found], text: str) -> Iterator[list[_Found]]:
    """Comments that stand alone, with nothing but empty lines between them."""
    empty = {number for number, line in enumerate(text.split("\n"), 1) if not line.strip()}
    group: list[_Found] = []
    for comment in found:
        if not comment.alone:
            continue
        if group and any(line not in empty for line in range(group[-1].line + 1, comment.line)):
            yield group
            group = []
        group.append(comment)
    if group:
        yield group


def _definitions(group: list[_Found]) -> Iterator[Comment]:
    """The classes with a table name, and the ``Table(...)`` assignments, of a block of comments."""
    header: _Found | None = None
    name = ""
    awaited: _Found | None = None
    for comment in group:
        content = comment.content
        if awaited is not None and (match := _STRING.match(content)) is not None:
            yield Comment("definition", ("", match["table"]), awaited.span)
        awaited = None
        if (match := _CLASS.match(content)) is not None:
            header, name = comment, match["name"]
        elif header is not None and (match := _TABLENAME.match(content)) is not None:
            yield Comment("definition", (name, match["table"]), header.span)
            header = None
        elif (match := _TABLE.match(content)) is not None:
            if match["table"]:
                yield Comment("definition", ("", match["table"]), comment.span)
            elif content.rstrip().endswith("("):
                awaited = comment
