"""The findings of one snapshot, as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cucurbit.analysis.baseline import Malformed, compare
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.session.baselines import baseline_of
from cucurbit.session.drift import Drift
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace


@dataclass(frozen=True)
class Buffer:
    """A file open in the editor. ``version`` is the editor's number for this text."""

    text: str
    version: int


def grouped(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """The findings of each file that has any."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.location.path, []).append(finding)
    return {path: tuple(each) for path, each in found.items()}


@dataclass(frozen=True)
class Outcome:
    """The findings of one snapshot, whether they were worked out for it or for one before that was the same.

    ``number`` is that of the snapshot, ``by_path`` are the findings of each file that has any, ``buffers`` are the
    files that were open, ``drifts`` those of the buffers whose text has a syntax error, so that the facts are of an
    older text.
    """

    number: int
    workspace: FolderWorkspace
    findings: tuple[Finding, ...]
    by_path: Mapping[str, tuple[Finding, ...]]
    buffers: Mapping[str, Buffer]
    drifts: Mapping[str, Drift]

    @cached_property
    def baselined(self) -> frozenset[Finding] | Malformed:
        """The findings that the baseline holds, or why it cannot be used."""
        try:
            baseline = baseline_of(self.workspace)
        except Malformed as error:
            return error
        return frozenset(compare(self.findings, self._text_of_line, baseline).known) if baseline else frozenset()

    def is_baselined(self, finding: Finding) -> bool:
        """Whether the baseline holds a finding."""
        known = self.baselined
        return bool(known) and not isinstance(known, Malformed) and finding in known

    def severity(self, finding: Finding) -> Severity:
        """How grave a finding is shown: what the baseline holds is a hint."""
        return Severity.HINT if self.is_baselined(finding) else finding.severity

    def _text_of_line(self, path: str, line: int) -> str:
        source = self.source(path)
        if source is None:
            return ""
        # A place is one of the facts, and where a file has a syntax error these are of an older text.
        return source.line_text(self.span(path, Span(line, 0, line, 0)).line).strip()

    def source(self, path: str) -> SourceText | None:
        """The text of a file in this snapshot."""
        return self.workspace.source(path)

    def span(self, path: str, span: Span) -> Span:
        """A span of the facts of ``path`` as a span of its text."""
        drift = self.drifts.get(path)
        return span if drift is None else drift.move(span)
