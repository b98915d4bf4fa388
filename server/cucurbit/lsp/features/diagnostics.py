"""Findings converted to the diagnostics of the protocol, file by file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from lsprotocol import types

from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.lsp.wire.client import Client
from cucurbit.lsp.wire.positions import to_range
from cucurbit.report.evidence import Evidence, Shown
from cucurbit.report.links import rule_url
from cucurbit.session.snapshot_findings import SnapshotFindings

SOURCE = "cucurbit"

MOST_RELATED = 10
"""How many places a diagnostic names. The timeline, the lenses and ``cucurbit check --verbose`` show all of them."""

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}

_UNNECESSARY = frozenset({"unused-ignore"})


@dataclass(frozen=True)
class FileDiagnostics:
    """The diagnostics of one file. ``result_id`` is equal for equal diagnostics."""

    diagnostics: tuple[types.Diagnostic, ...]
    result_id: str
    version: int | None


UriOf = Callable[[str], str]
"""Converts a path of a session to the URI of the file."""


def diagnostic(snapshot: SnapshotFindings, finding: Finding, client: Client, uri_of: UriOf) -> types.Diagnostic:
    """A finding as a diagnostic. Without support for related information, the message contains the evidence."""
    path = finding.location.path
    area = to_range(snapshot.source(path), snapshot.span(path, finding.location.span), client.unit)
    message = finding.message
    related = None
    shown = Evidence(finding.related).shortened(MOST_RELATED)
    if client.related_information:
        related = [_related(snapshot, each, client, uri_of) for each in _with_places(shown, finding)]
    elif shown:
        message = "\n".join([message, *map(_evidence_line, shown)])
    tags = None
    if snapshot.is_baselined(finding):
        message = f"(in the baseline) {message}"
    if finding.rule in _UNNECESSARY and types.DiagnosticTag.Unnecessary in client.diagnostic_tags:
        tags = [types.DiagnosticTag.Unnecessary]
    return types.Diagnostic(
        range=area,
        message=message,
        severity=_SEVERITIES[snapshot.severity(finding)],
        code=finding.rule,
        code_description=types.CodeDescription(rule_url(finding.rule)) if client.code_description else None,
        source=SOURCE if client.diagnostic_source else None,
        tags=tags,
        related_information=related,
        data={"rule": finding.rule, "certain": finding.certain} if client.diagnostic_data else None,
    )


def _evidence_line(shown: Shown) -> str:
    piece = shown.piece
    place = f"{piece.location.path}:{piece.location.span.line}: " if piece is not None else ""
    return f"  {place}{shown.text}"


def _with_places(shown: Sequence[Shown], finding: Finding) -> Iterator[Related]:
    """The pieces that are shown. What says how much is left out stands where the piece before it does."""
    location = finding.location
    for each in shown:
        if each.piece is not None:
            location = each.piece.location
        yield Related(location, each.text)


def _related(
    snapshot: SnapshotFindings, related: Related, client: Client, uri_of: UriOf
) -> types.DiagnosticRelatedInformation:
    path = related.location.path
    area = to_range(snapshot.source(path), snapshot.span(path, related.location.span), client.unit)
    return types.DiagnosticRelatedInformation(types.Location(uri_of(path), area), related.text)


def file_diagnostics(diagnostics: tuple[types.Diagnostic, ...], version: int | None) -> FileDiagnostics:
    return FileDiagnostics(
        diagnostics, blake2b(repr(diagnostics).encode(errors="replace"), digest_size=12).hexdigest(), version
    )


@dataclass(frozen=True)
class _Built:
    """The diagnostics of a file, with the findings and files that they are made from."""

    findings: tuple[Finding, ...]
    baselined: tuple[bool, ...]
    paths: frozenset[str]
    report: FileDiagnostics


class DiagnosticsCache:
    """The diagnostics of one session, from one snapshot to the next. For one thread.

    The diagnostics of a file are reused if its findings are equal and no line moved: an edit changes few files.
    """

    def __init__(self, client: Client, uri_of: UriOf) -> None:
        self._client = client
        self._uri_of = uri_of
        self._built: dict[str, _Built] = {}
        self._of: SnapshotFindings | None = None
        self._found: dict[str, FileDiagnostics] = {}

    def of(self, snapshot: SnapshotFindings) -> dict[str, FileDiagnostics]:
        """The diagnostics of the files that have findings, by path; of open files only if the settings say so."""
        everywhere = snapshot.workspace.settings.workspace_wide_diagnostics
        if self._of is snapshot:
            return self._found
        moved = None if self._of is None else _moved(self._of, snapshot)
        before = {} if moved is None else self._built
        built: dict[str, _Built] = {}
        for path, findings in snapshot.by_path.items():
            if path and (everywhere or path in snapshot.buffers):
                known, baselined = before.get(path), tuple(map(snapshot.is_baselined, findings))
                stands = known is not None and known.findings == findings and known.baselined == baselined
                if known is None or not stands or not known.paths.isdisjoint(moved or ()):
                    known = self._build(snapshot, path, findings, baselined)
                built[path] = known
        self._built, self._of = built, snapshot
        self._found = {path: each.report for path, each in built.items()}
        return self._found

    def _build(
        self, snapshot: SnapshotFindings, path: str, findings: tuple[Finding, ...], baselined: tuple[bool, ...]
    ) -> _Built:
        buffer = snapshot.buffers.get(path)
        diagnostics = tuple(diagnostic(snapshot, finding, self._client, self._uri_of) for finding in findings)
        related = {each.location.path for finding in findings for each in finding.related}
        version = None if buffer is None else buffer.version
        return _Built(findings, baselined, frozenset({path, *related}), file_diagnostics(diagnostics, version))


def _moved(before: SnapshotFindings, now: SnapshotFindings) -> set[str] | None:
    """The files in which places may have moved, or whose URI or version may differ; None: all files."""
    changed = now.workspace.changed_since(before.workspace.stamp)
    if changed is None:
        return None
    # The editor may spell the URI of a file differently once it is open, and an open file has a version.
    other = {path for path, _ in before.buffers.items() ^ now.buffers.items()}
    return {*changed, *other, *before.line_shifts, *now.line_shifts}
