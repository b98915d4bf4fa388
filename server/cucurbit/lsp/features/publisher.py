"""Keeps what the client shows up to date.

Diagnostics are pushed, or the client is told to request them again. Lenses and hints are refreshed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lsprotocol import types

from cucurbit.analysis.baseline import Malformed
from cucurbit.lsp.features.diagnostics import DiagnosticsCache, FileDiagnostics
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import absolute
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session
from cucurbit.session.snapshot_findings import SnapshotFindings
from cucurbit.simulate.core.timeline import Timeline


@dataclass(frozen=True)
class _ShownDiagnostics:
    """The diagnostics of a file in one session. ``is_owned``: they are shown, as the file belongs to this session."""

    uri: str
    report: FileDiagnostics
    is_owned: bool

    def is_replaced_by(self, later: _ShownDiagnostics | None) -> bool:
        """Whether ``later`` is shown for the same file instead."""
        return later is not None and later.is_owned and later.uri == self.uri

    def equals_shown(self, earlier: _ShownDiagnostics | None) -> bool:
        """Whether equal diagnostics were shown before, for any version of the text."""
        if earlier is None or not earlier.is_owned or not earlier.is_replaced_by(self):
            return False
        return earlier.report.result_id == self.report.result_id


@dataclass(frozen=True)
class _RefreshState:
    """What lenses and hints depend on. ``timelines`` keeps the objects alive, so that their ids stay unique."""

    inputs: tuple[int, ...]
    timelines: tuple[Timeline, ...]


class Publisher:
    """Keeps what the client shows equal to the newest findings."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._reports: dict[Session, DiagnosticsCache] = {}
        self._built: dict[Session, tuple[SnapshotFindings, dict[str, FileDiagnostics]]] = {}
        self._refreshed: dict[Session, _RefreshState] = {}
        self._shown: dict[tuple[Session, str], _ShownDiagnostics] = {}
        self._roots: Mapping[str, Session] = {}
        self._logged: set[str] = set()

    async def reports(self, session: Session, snapshot: SnapshotFindings) -> Mapping[str, FileDiagnostics]:
        """The diagnostics of a snapshot, by path."""
        built = self._built.get(session)
        if built is not None and built[0] is snapshot:
            return built[1]
        if session not in self._reports:
            self._reports[session] = DiagnosticsCache(
                self._editor.client, lambda path: self._editor.uri(session.root, path)
            )
        found = await session.query(snapshot, self._reports[session].of)
        if session.root not in self._editor.folders.roots:
            self._reports.pop(session, None)
        elif session.findings is snapshot:
            self._built[session] = (snapshot, found)
        return found

    async def show(self, session: Session, snapshot: SnapshotFindings) -> None:
        """Show the findings, unless there are newer ones by the time they can be shown."""
        await self.reports(session, snapshot)
        if session.findings is snapshot:
            self._log_problems(snapshot)
            self._sync()

    async def analysed(self, session: Session, analysis: Analysis) -> None:
        """An analysis is done: show its findings, and let the client request lenses and hints again."""
        await self.show(session, analysis)
        if session.latest is not analysis:
            return
        client = self._editor.client
        if self._needs_refresh(session, analysis):
            if client.lens_refresh:
                self._editor.workspace_code_lens_refresh(None)
            if client.hint_refresh:
                self._editor.workspace_inlay_hint_refresh(None)

    def _needs_refresh(self, session: Session, analysis: Analysis) -> bool:
        """Whether lenses and hints may differ from those of the last refresh.

        Timelines that are still valid are the same objects, even over several analyses.
        """
        settings = analysis.workspace.settings
        inputs = (*map(id, analysis.context.timelines), settings.code_lens, settings.inlay_hints, settings.inlay_joins)
        before = self._refreshed.get(session)
        self._refreshed[session] = _RefreshState(inputs, analysis.context.timelines)
        return before is None or before.inputs != inputs

    def forget(self, session: Session) -> None:
        """A session was closed: remove its findings."""
        self._reports.pop(session, None)
        self._built.pop(session, None)
        self._refreshed.pop(session, None)
        self._sync()

    def _log_problems(self, snapshot: SnapshotFindings) -> None:
        """Log problems of the editor's settings and of the baseline, which belong to no file."""
        messages = {finding.message for finding in snapshot.by_path.get("", ())}
        if isinstance(snapshot.baselined, Malformed):
            messages.add(f"the baseline {snapshot.baselined}; every finding is shown")
        for message in sorted(messages - self._logged):
            self._editor.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))
        self._logged = messages

    def _to_show(self) -> dict[tuple[Session, str], _ShownDiagnostics]:
        """What to show for each file with findings, by session and path."""
        roots = self._editor.folders.roots
        before = self._shown if roots == self._roots else {}
        self._roots = roots
        now = {}
        for session, (_, found) in self._built.items():
            for path, each in found.items():
                known = before.get((session, path))
                stands = known is not None and known.report is each
                now[session, path] = known if known is not None and stands else self._as_shown(session, path, each)
        return now

    def _as_shown(self, session: Session, path: str, found: FileDiagnostics) -> _ShownDiagnostics:
        owner = self._editor.folders.owner(absolute(session.root, path))
        is_owned = owner is not None and owner[0] is session
        return _ShownDiagnostics(self._editor.uri(session.root, path), found, is_owned)

    def _sync(self) -> None:
        before, now = self._shown, self._to_show()
        self._shown = now
        gone = [each for key, each in before.items() if each.is_owned and not each.is_replaced_by(now.get(key))]
        new = [(before.get(key), each) for key, each in now.items() if each.is_owned and before.get(key) is not each]
        if self._editor.client.pulls:
            if gone or not all(each.equals_shown(earlier) for earlier, each in new):
                self._editor.workspace_diagnostic_refresh(None)
            return
        for each in gone:
            self._publish(each.uri, (), None)
        for earlier, each in new:
            if earlier is None or not each.equals_shown(earlier) or earlier.report.version != each.report.version:
                self._publish(each.uri, each.report.diagnostics, each.report.version)

    def _publish(self, uri: str, diagnostics: tuple[types.Diagnostic, ...], version: int | None) -> None:
        self._editor.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))
