"""Which imported names a file uses, judged by its text, so that annotations and strings count as uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.source.facts import (
    Annotated,
    Assign,
    At,
    AugAssign,
    ClassDef,
    Import,
    ImportFrom,
    ModuleFacts,
    Name,
    Step,
)
from cucurbit.source.scan import walk
from cucurbit.source.span import Span

_WORD = re.compile(r"\w+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_TOKEN = re.compile(
    r"\"\"\"[^\"\\]*(?:(?:\\.|\"(?!\"\"))[^\"\\]*)*\"\"\"|\'\'\'[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*\'\'\'"
    r"|(?P<kept>\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|#[^\n]*",
    re.DOTALL,
)
"""Multi-line strings and comments, which use no name, and (``kept``) one-line strings, which may."""


def is_used(context: Context, path: str, name: str, *, listed: bool = True) -> bool:
    """Whether a name occurs in a file outside import statements, comments and multi-line strings.

    ``listed`` False: an entry in ``__all__`` does not count as a use.
    """
    return name in context.memo_for(_words_of_uses, (path, listed))


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends: LF, CRLF and CR end one, as for CPython's tokenizer."""
    return _LINE_END.split(text)


def _words_of_uses(context: Context, which: tuple[str, bool]) -> frozenset[str]:
    path, listed = which
    text, facts = context.workspace.text(path), context.facts(path)
    if text is None or facts is None:
        return frozenset()
    lines = lines_of(text)
    for step in walk_all(facts):
        at = _not_counted(step, listed=listed)
        if at is not None:
            _blank(lines, facts.span(at))
    return frozenset(_WORD.findall(_TOKEN.sub(lambda match: match["kept"] or " ", "\n".join(lines))))


def walk_all(facts: ModuleFacts) -> list[Step]:
    """Every statement, those of functions and classes included."""
    return [step for body in facts.bodies for step in _walk_classes(body)]


def _walk_classes(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in walk(steps):
        yield step
        if isinstance(step, ClassDef):
            yield from _walk_classes(step.body)


def _not_counted(step: Step, *, listed: bool) -> At | None:
    """The place of a statement whose names do not count as uses."""
    if isinstance(step, Import | ImportFrom):
        return step.at
    return step.at if not listed and isinstance(step, Assign | Annotated | AugAssign) and _is_all(step) else None


def _is_all(step: Assign | Annotated | AugAssign) -> bool:
    targets = step.targets if isinstance(step, Assign) else (step.target,)
    return any(isinstance(target, Name) and target.id == "__all__" for target in targets)


def _blank(lines: list[str], span: Span) -> None:
    for number in range(span.line, min(span.end_line, len(lines)) + 1):
        line = lines[number - 1]
        start = span.column if number == span.line else 0
        end = span.end_column if number == span.end_line else len(line)
        lines[number - 1] = line[:start] + " " * (end - start) + line[end:]
