"""Diagnostics on request: of one document, of the whole workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.lsp.features.diagnostics import Report, report
from cucurbit.session.outcome import Outcome
from cucurbit.session.session import Session, Superseded, Unavailable

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

SERVER_CANCELLED = -32802


def _stale(*, again: bool) -> JsonRpcException:
    return JsonRpcException("the files changed meanwhile", SERVER_CANCELLED, {"retriggerRequest": again})


async def _current(ls: CucurbitServer, session: Session) -> tuple[Outcome, dict[str, Report]]:
    """The findings of what stands now, with their reports.

    Raises:
        JsonRpcException: something changed before it was there.
    """
    try:
        outcome = await session.current()
        reports = dict(await ls.publisher.reports(session, outcome))
    except Superseded:
        raise _stale(again=True) from None
    except Unavailable:
        raise _stale(again=False) from None
    if session.number != outcome.number:
        raise _stale(again=True)
    return outcome, reports


async def document_diagnostic(
    ls: CucurbitServer, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """``textDocument/diagnostic``"""
    await ls.ready.wait()
    place = ls.locate(params.text_document.uri)
    found = report((), None)
    if place is not None:
        _, reports = await _current(ls, place.session)
        found = reports.get(place.path, found)
    if params.previous_result_id == found.result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(found.result_id)
    return types.RelatedFullDocumentDiagnosticReport(found.diagnostics, result_id=found.result_id)


async def workspace_diagnostic(
    ls: CucurbitServer, params: types.WorkspaceDiagnosticParams
) -> types.WorkspaceDiagnosticReport:
    """``workspace/diagnostic``: every file that has findings, and every one that had."""
    await ls.ready.wait()
    known = {each.uri: each.value for each in params.previous_result_ids}
    now: dict[str, Report] = {}
    for session in ls.folders:
        outcome, reports = await _current(ls, session)
        for path, each in reports.items():
            uri = ls.uri(session.root, path)
            place = ls.locate(uri)
            if place is not None and place.session is session:
                now[uri] = each
        for path, buffer in outcome.buffers.items():
            now.setdefault(ls.uri(session.root, path), report((), buffer.version))
    for uri in known:
        now.setdefault(uri, report((), None))
    return types.WorkspaceDiagnosticReport([_item(uri, each, known.get(uri)) for uri, each in now.items()])


def _item(
    uri: str, each: Report, known: str | None
) -> types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport:
    if known == each.result_id:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri, each.result_id, each.version)
    return types.WorkspaceFullDocumentDiagnosticReport(uri, each.diagnostics, each.version, result_id=each.result_id)
