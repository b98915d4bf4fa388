"""Diagnostics that the client requests: of one document, or of the whole workspace."""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.lsp.features.diagnostics import FileDiagnostics, file_diagnostics
from cucurbit.lsp.features.editor import Editor
from cucurbit.session.session import Session, Superseded, Unavailable
from cucurbit.session.snapshot_findings import SnapshotFindings

SERVER_CANCELLED = -32802


def _stale(*, again: bool) -> JsonRpcException:
    return JsonRpcException("the files changed in the meantime", SERVER_CANCELLED, {"retriggerRequest": again})


async def _current(editor: Editor, session: Session) -> tuple[SnapshotFindings, dict[str, FileDiagnostics]]:
    """The newest findings, and the diagnostics of each file.

    Raises:
        JsonRpcException: something changed before they were known.
    """
    try:
        return await _latest(editor, session)
    except Unavailable:
        raise _stale(again=False) from None


async def _latest(editor: Editor, session: Session) -> tuple[SnapshotFindings, dict[str, FileDiagnostics]]:
    """The findings as they are now, and the diagnostics of each file.

    Raises:
        JsonRpcServerCancelled: a change overtook it.
        Unavailable: the folder cannot be analysed.
    """
    try:
        snapshot = await session.current()
        reports = dict(await editor.reports(session, snapshot))
    except Superseded:
        raise _stale(again=True) from None
    if session.number != snapshot.number:
        raise _stale(again=True)
    return snapshot, reports


async def document_diagnostic(
    editor: Editor, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """``textDocument/diagnostic``"""
    await editor.ready.wait()
    place = editor.locate(params.text_document.uri)
    found = file_diagnostics((), None)
    if place is not None:
        _, reports = await _current(editor, place.session)
        found = reports.get(place.path, found)
    if params.previous_result_id == found.result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(found.result_id)
    return types.RelatedFullDocumentDiagnosticReport(found.diagnostics, result_id=found.result_id)


async def workspace_diagnostic(
    editor: Editor, params: types.WorkspaceDiagnosticParams
) -> types.WorkspaceDiagnosticReport:
    """``workspace/diagnostic``: every file that has findings, and every file that had some before."""
    await editor.ready.wait()
    known = {each.uri: each.value for each in params.previous_result_ids}
    now: dict[str, FileDiagnostics] = {}
    for session in editor.folders:
        try:
            snapshot, reports = await _latest(editor, session)
        except Unavailable:
            # A folder that cannot be analysed leaves the others their findings.
            continue
        for path, each in reports.items():
            uri = editor.uri(session.root, path)
            place = editor.locate(uri)
            if place is not None and place.session is session:
                now[uri] = each
        for path, buffer in snapshot.buffers.items():
            now.setdefault(editor.uri(session.root, path), file_diagnostics((), buffer.version))
    for uri in known:
        now.setdefault(uri, file_diagnostics((), None))
    return types.WorkspaceDiagnosticReport([_item(uri, each, known.get(uri)) for uri, each in now.items()])


def _item(
    uri: str, each: FileDiagnostics, known: str | None
) -> types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport:
    if known == each.result_id:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri, each.result_id, each.version)
    return types.WorkspaceFullDocumentDiagnosticReport(uri, each.diagnostics, each.version, result_id=each.result_id)
