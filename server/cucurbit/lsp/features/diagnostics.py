"""Findings as diagnostics of the protocol, file by file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from lsprotocol import types

from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.lsp.wire.client import Client
from cucurbit.lsp.wire.positions import to_range
from cucurbit.report.links import rule_url
from cucurbit.session.outcome import Outcome

SOURCE = "cucurbit"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}

_UNNECESSARY = frozenset({"unused-ignore"})


@dataclass(frozen=True)
class Report:
    """The diagnostics of one file. ``result_id`` is equal for equal diagnostics."""

    diagnostics: tuple[types.Diagnostic, ...]
    result_id: str
    version: int | None


UriOf = Callable[[str], str]
"""From a path of a session to the URI of the file."""


def diagnostic(outcome: Outcome, finding: Finding, client: Client, uri_of: UriOf) -> types.Diagnostic:
    """A finding as a diagnostic; a client without related information gets the chain in the message."""
    path = finding.location.path
    area = to_range(outcome.source(path), outcome.span(path, finding.location.span), client.unit)
    message = finding.message
    related = None
    if client.related_information:
        related = [_related(outcome, each, client, uri_of) for each in finding.related]
    elif finding.related:
        lines = [f"  {each.location.path}:{each.location.span.line}: {each.message}" for each in finding.related]
        message = "\n".join([message, *lines])
    tags = None
    if outcome.is_baselined(finding):
        message = f"(in the baseline) {message}"
    if finding.rule in _UNNECESSARY and types.DiagnosticTag.Unnecessary in client.diagnostic_tags:
        tags = [types.DiagnosticTag.Unnecessary]
    return types.Diagnostic(
        range=area,
        message=message,
        severity=_SEVERITIES[outcome.severity(finding)],
        code=finding.rule,
        code_description=types.CodeDescription(rule_url(finding.rule)) if client.code_description else None,
        source=SOURCE if client.diagnostic_source else None,
        tags=tags,
        related_information=related,
        data={"rule": finding.rule, "certain": finding.certain} if client.diagnostic_data else None,
    )


def _related(outcome: Outcome, related: Related, client: Client, uri_of: UriOf) -> types.DiagnosticRelatedInformation:
    path = related.location.path
    area = to_range(outcome.source(path), outcome.span(path, related.location.span), client.unit)
    return types.DiagnosticRelatedInformation(types.Location(uri_of(path), area), related.message)


def report(diagnostics: tuple[types.Diagnostic, ...], version: int | None) -> Report:
    return Report(diagnostics, blake2b(repr(diagnostics).encode(errors="replace"), digest_size=12).hexdigest(), version)


@dataclass(frozen=True)
class _Built:
    """A report, with what it says and of which files."""

    findings: tuple[Finding, ...]
    baselined: tuple[bool, ...]
    paths: frozenset[str]
    report: Report


class Reports:
    """The reports of one session, from one outcome to the next. For one thread.

    What says the same of files in which nothing moved is the very same report: an edit changes few of them.
    """

    def __init__(self, client: Client, uri_of: UriOf) -> None:
        self._client = client
        self._uri_of = uri_of
        self._built: dict[str, _Built] = {}
        self._of: Outcome | None = None
        self._found: dict[str, Report] = {}

    def of(self, outcome: Outcome) -> dict[str, Report]:
        """The reports of the files that have findings, by path; of open files alone where the settings say so."""
        everywhere = outcome.workspace.settings.workspace_wide_diagnostics
        if self._of is outcome:
            return self._found
        moved = None if self._of is None else _moved(self._of, outcome)
        before = {} if moved is None else self._built
        built: dict[str, _Built] = {}
        for path, findings in outcome.by_path.items():
            if path and (everywhere or path in outcome.buffers):
                known, baselined = before.get(path), tuple(map(outcome.is_baselined, findings))
                stands = known is not None and known.findings == findings and known.baselined == baselined
                if known is None or not stands or not known.paths.isdisjoint(moved or ()):
                    known = self._build(outcome, path, findings, baselined)
                built[path] = known
        self._built, self._of = built, outcome
        self._found = {path: each.report for path, each in built.items()}
        return self._found

    def _build(self, outcome: Outcome, path: str, findings: tuple[Finding, ...], baselined: tuple[bool, ...]) -> _Built:
        buffer = outcome.buffers.get(path)
        diagnostics = tuple(diagnostic(outcome, finding, self._client, self._uri_of) for finding in findings)
        related = {each.location.path for finding in findings for each in finding.related}
        version = None if buffer is None else buffer.version
        return _Built(findings, baselined, frozenset({path, *related}), report(diagnostics, version))


def _moved(before: Outcome, now: Outcome) -> set[str] | None:
    """The files of which a place may be told otherwise than before; None for all of them."""
    changed = now.workspace.changed_since(before.workspace.stamp)
    if changed is None:
        return None
    # A file that is opened or closed may be spelled otherwise by the editor, and has a version or none.
    other = {path for path, _ in before.buffers.items() ^ now.buffers.items()}
    return {*changed, *other, *before.drifts, *now.drifts}
