"""The findings of one snapshot, in the form in which they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cucurbit.analysis.baseline import Malformed, compare
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.session.baseline_file import baseline_of
from cucurbit.session.line_shift import LineShift
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.index import FolderWorkspace


@dataclass(frozen=True)
class Buffer:
    """A file that is open in the editor. ``version`` is the editor's number for this text."""

    text: str
    version: int


def grouped(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """The findings of each file that has any."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.location.path, []).append(finding)
    return {path: tuple(each) for path, each in found.items()}


@dataclass(frozen=True)
class SnapshotFindings:
    """The findings of one snapshot: those of its analysis, or saved ones of an equal snapshot.

    ``number`` is the number of the snapshot, ``by_path`` the findings of each file that has any, ``buffers`` the files
    that were open in the editor. ``line_shifts`` holds the open files with a syntax error: their facts were read from
    an older text.
    """

    number: int
    workspace: FolderWorkspace
    findings: tuple[Finding, ...]
    by_path: Mapping[str, tuple[Finding, ...]]
    buffers: Mapping[str, Buffer]
    line_shifts: Mapping[str, LineShift]

    @cached_property
    def baselined(self) -> frozenset[Finding] | Malformed:
        """The findings that are in the baseline, or why the baseline cannot be used."""
        try:
            baseline = baseline_of(self.workspace)
        except Malformed as error:
            return error
        return frozenset(compare(self.findings, self._text_of_line, baseline).known) if baseline else frozenset()

    def is_baselined(self, finding: Finding) -> bool:
        """Whether a finding is in the baseline."""
        known = self.baselined
        return bool(known) and not isinstance(known, Malformed) and finding in known

    def severity(self, finding: Finding) -> Severity:
        """The severity with which a finding is shown: findings in the baseline are hints."""
        return Severity.HINT if self.is_baselined(finding) else finding.severity

    def _text_of_line(self, path: str, line: int) -> str:
        source = self.source(path)
        if source is None:
            return ""
        # Lines of findings are lines of the facts, which are of an older text if the file has a syntax error.
        return source.line_text(self.span(path, Span(line, 0, line, 0)).line).strip()

    def source(self, path: str) -> SourceText | None:
        """The text of a file in this snapshot."""
        return self.workspace.source(path)

    def span(self, path: str, span: Span) -> Span:
        """A span in the facts of ``path`` as a span in its text."""
        shift = self.line_shifts.get(path)
        return span if shift is None else shift.move(span)
