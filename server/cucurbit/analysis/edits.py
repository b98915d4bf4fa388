"""Edits as plain data: nothing here touches a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cucurbit.source.span import Span


class FixKind(str, Enum):
    """The LSP code action kinds used; ``source.fixAll.cucurbit`` collects the safe quick fixes."""

    QUICKFIX = "quickfix"
    REFACTOR = "refactor.rewrite"


@dataclass(frozen=True)
class TextEdit:
    """Replace ``span`` of ``path`` by ``text`` (with the file's own line endings)."""

    path: str
    span: Span
    text: str


@dataclass(frozen=True)
class NewFile:
    """Create ``path``, which must not exist, with ``text`` (UTF-8)."""

    path: str
    text: str


@dataclass(frozen=True)
class DeletedFile:
    path: str


Edit = TextEdit | NewFile | DeletedFile


@dataclass(frozen=True)
class Fix:
    """A titled change of one or more files.

    ``safe``: it cannot change what the program does but for what the finding is about. ``note``: what a person should
    check, shown as the change annotation. ``rule`` is the finding's rule, empty for an action offered anywhere.
    ``silences``: it hides the finding and mends nothing; ``is_choice``: it is one of several that only a person can
    choose from. Neither is ever applied unasked.
    """

    title: str
    safe: bool
    kind: FixKind
    edits: tuple[Edit, ...]
    rule: str = ""
    note: str = ""
    silences: bool = False
    is_choice: bool = False
