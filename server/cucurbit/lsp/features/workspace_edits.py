"""Fixes as workspace edits, in the best form the client takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lsprotocol import types

from cucurbit.fixes.apply import apply
from cucurbit.fixes.edits import DeletedFile, Fix, NewFile, TextEdit
from cucurbit.lsp.features.place import absolute
from cucurbit.lsp.wire.client import Client
from cucurbit.lsp.wire.positions import to_range
from cucurbit.session.analysis import Analysis
from cucurbit.source.text import SourceText
from cucurbit.workspace.tree.writing import Change, Unwritable

UriOf = Callable[[str], str]

_ANNOTATION, _LOOK = "cucurbit", "cucurbit-look"

DocumentChange = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def is_sound(analysis: Analysis, fix: Fix) -> bool:
    """Whether the fix's places hold: those in a file with a syntax error are of an older text of it."""
    return not any(isinstance(edit, TextEdit) and analysis.workspace.is_stale(edit.path) for edit in fix.edits)


def is_expressible(fix: Fix, client: Client) -> bool:
    """Whether the client can be given all of the fix as one edit."""
    creates = any(isinstance(edit, NewFile) for edit in fix.edits)
    deletes = any(isinstance(edit, DeletedFile) for edit in fix.edits)
    return (client.creates_files or not creates) and (client.deletes_files or not deletes)


def workspace_edit(analysis: Analysis, fix: Fix, client: Client, uri_of: UriOf) -> types.WorkspaceEdit:
    """The edit of a fix that is expressible.

    New files come first, deleted ones last; the edits of one file are in its order. Changes are versioned and annotated
    where the client takes that; an unsafe fix then asks for confirmation.
    """
    annotation = _ANNOTATION if client.annotations and client.document_changes else None
    texts: dict[str, list[TextEdit]] = {}
    for edit in fix.edits:
        if isinstance(edit, TextEdit):
            texts.setdefault(edit.path, []).append(edit)
    has_operations = any(not isinstance(edit, TextEdit) for edit in fix.edits)
    if not client.document_changes and not has_operations:
        return types.WorkspaceEdit(
            changes={
                uri_of(path): [_plain(analysis, edit, client) for edit in _in_order(edits)]
                for path, edits in texts.items()
            }
        )
    changes: list[DocumentChange] = []
    for edit in fix.edits:
        if isinstance(edit, NewFile):
            changes += _new_file(edit, uri_of, annotation)
    for path, edits in texts.items():
        buffer = analysis.buffers.get(path)
        document = types.OptionalVersionedTextDocumentIdentifier(
            uri_of(path), None if buffer is None else buffer.version
        )
        changes.append(
            types.TextDocumentEdit(
                document, [_annotated(_plain(analysis, edit, client), annotation) for edit in _in_order(edits)]
            )
        )
    for edit in fix.edits:
        if isinstance(edit, DeletedFile):
            changes.append(types.DeleteFile(uri_of(edit.path), annotation_id=annotation))
    if annotation is None:
        return types.WorkspaceEdit(document_changes=changes)
    described = types.ChangeAnnotation(fix.title, needs_confirmation=not fix.safe, description=fix.note or None)
    annotations = {annotation: described}
    if client.ticks_confirmed and not fix.safe and _ask_by_the_way(changes):
        described.needs_confirmation = False
        said = "This line stays as it is: look at the changes below, then apply them"
        annotations[_LOOK] = types.ChangeAnnotation(said, needs_confirmation=True)
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)


def _ask_by_the_way(changes: list[DocumentChange]) -> bool:
    """Add an edit that changes nothing and has to be confirmed; False where there is no text to add it to.

    VS Code opens its preview for it, and leaves unticked what is to be confirmed: so the others stand ticked there. It
    shows the line of the edit: a file that stands already is better than one to be created, where that is empty.
    """
    created = {each.uri for each in changes if isinstance(each, types.CreateFile)}
    texts = [each for each in changes if isinstance(each, types.TextDocumentEdit)]
    first = min(texts, key=lambda each: each.text_document.uri in created, default=None)
    if first is None:
        return False
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    first.edits = [types.AnnotatedTextEdit(_LOOK, start, ""), *first.edits]
    return True


def _in_order(edits: list[TextEdit]) -> list[TextEdit]:
    return sorted(edits, key=lambda edit: edit.span)


def _plain(analysis: Analysis, edit: TextEdit, client: Client) -> types.TextEdit:
    return types.TextEdit(to_range(analysis.source(edit.path), edit.span, client.unit), edit.text)


def _annotated(edit: types.TextEdit, annotation: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    return edit if annotation is None else types.AnnotatedTextEdit(annotation, edit.range, edit.new_text)


def _new_file(edit: NewFile, uri_of: UriOf, annotation: str | None) -> list[DocumentChange]:
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
    document = types.OptionalVersionedTextDocumentIdentifier(uri_of(edit.path), None)
    return [
        types.CreateFile(uri_of(edit.path), options=options, annotation_id=annotation),
        types.TextDocumentEdit(document, [_annotated(types.TextEdit(start, edit.text), annotation)]),
    ]


# ------------------------------------------------------------------------ on disk


def changes_on_disk(analysis: Analysis, root: str, fix: Fix) -> dict[str, Change]:
    """The fix as changes of files, for a client that applies no edits.

    Raises:
        Unwritable: a file holds other text on disk than in the editor, or cannot be read or encoded.
    """
    olds = {path: _on_disk(analysis, root, path) for path in dict.fromkeys(edit.path for edit in fix.edits)}
    known = {path: source.text for path in olds if (source := analysis.source(path)) is not None}
    changes = {}
    for path, text in apply(known, [fix]).items():
        data, source = olds[path]
        changes[path] = Change(data, None if text is None else _encoded(path, text, source, known.get(path)))
    return changes


def _on_disk(analysis: Analysis, root: str, path: str) -> tuple[bytes | None, SourceText]:
    """A file's bytes and text, which must be those that the analysis was made of but for its line endings."""
    try:
        with open(absolute(root, path), "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None, SourceText("")
    except OSError as error:
        raise Unwritable(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    source, known = SourceText.decode(data), analysis.source(path)
    if source.problem is not None:
        raise Unwritable(path, f"cannot be changed: {source.problem}")
    if known is None or known.text not in (source.text, source.text.replace("\r\n", "\n")):
        raise Unwritable(path, "is not saved: save it, and try again", is_changed=True)
    return data, source


def _encoded(path: str, text: str, old: SourceText, known: str | None) -> bytes:
    """``text`` as the file's bytes. An editor that knows no carriage returns gets them put back."""
    if known is not None and known != old.text:
        if old.text.count("\n") != old.text.count("\r\n"):
            raise Unwritable(path, "cannot be changed: its lines end in two ways")
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    try:
        return replace(old, text=text, raw=None).encode()
    except UnicodeEncodeError as error:
        raise Unwritable(path, f"cannot be changed: its encoding has no {error.object!r}") from None
