"""Fixes applied to texts in memory: for the command line, the preview of a fix, and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cucurbit.analysis.edits import DeletedFile, Edit, Fix, NewFile, TextEdit
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText


@dataclass(frozen=True)
class Applied:
    """``texts`` holds the changed files alone, None for a deleted one.

    ``applied`` and ``left_out`` share the fixes given: one that conflicts with those before it is left out as a whole.
    """

    texts: dict[str, str | None]
    applied: tuple[Fix, ...]
    left_out: tuple[Fix, ...]


@dataclass
class _TakenEdits:
    """The edits taken so far, all against the texts of the beginning."""

    edits: dict[str, list[TextEdit]] = field(default_factory=dict)
    whole: dict[str, NewFile | DeletedFile] = field(default_factory=dict)


def merge(texts: Mapping[str, str], fixes: Iterable[Fix]) -> Applied:
    """Apply fixes made for the same texts. Equal edits of two fixes are made once.

    ``texts`` holds every file that a text edit changes and, of the files to create, those that exist.
    """
    pending = _TakenEdits()
    applied = []
    left_out = []
    for fix in fixes:
        if fix.edits and _fits(pending, texts, fix.edits):
            for edit in fix.edits:
                _take(pending, edit)
            applied.append(fix)
        else:
            left_out.append(fix)
    changed: dict[str, str | None] = {
        path: edit.text if isinstance(edit, NewFile) else None for path, edit in pending.whole.items()
    }
    for path, edits in pending.edits.items():
        changed[path] = edited(texts[path], edits)
    return Applied(changed, tuple(applied), tuple(left_out))


def apply(texts: Mapping[str, str], fixes: Iterable[Fix]) -> dict[str, str | None]:
    """The files that ``fixes`` change, with their new texts; None for a deleted one. See :func:`merge`."""
    return merge(texts, fixes).texts


def edited(text: str, edits: Iterable[TextEdit]) -> str:
    """One text after edits that do not overlap."""
    source = SourceText(text)
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        source = source.apply(edit.span, edit.text)
    return source.text


def _take(pending: _TakenEdits, edit: Edit) -> None:
    if not isinstance(edit, TextEdit):
        pending.whole[edit.path] = edit
    elif edit not in pending.edits.setdefault(edit.path, []):
        pending.edits[edit.path].append(edit)


def _fits(pending: _TakenEdits, texts: Mapping[str, str], edits: Iterable[Edit]) -> bool:
    """Whether edits do not conflict with those taken so far."""
    return all(
        _text_fits(pending, texts, edit) if isinstance(edit, TextEdit) else _whole_fits(pending, texts, edit)
        for edit in edits
    )


def _text_fits(pending: _TakenEdits, texts: Mapping[str, str], edit: TextEdit) -> bool:
    if edit.path not in texts or edit.path in pending.whole:
        return False
    return not any(taken != edit and _conflict(taken.span, edit.span) for taken in pending.edits.get(edit.path, ()))


def _whole_fits(pending: _TakenEdits, texts: Mapping[str, str], edit: NewFile | DeletedFile) -> bool:
    if pending.whole.get(edit.path, edit) != edit or edit.path in pending.edits:
        return False
    return (edit.path in texts) is isinstance(edit, DeletedFile)


def _conflict(one: Span, other: Span) -> bool:
    """Whether two different edits touch the same text; two insertions at one place have no order between them."""
    start, end = (one.line, one.column), (one.end_line, one.end_column)
    other_start, other_end = (other.line, other.column), (other.end_line, other.end_column)
    if start == end or other_start == other_end:
        return start == other_start or start < other_start < end or other_start < start < other_end
    return start < other_end and other_start < end
