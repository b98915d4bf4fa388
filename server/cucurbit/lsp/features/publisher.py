"""What the client shows: diagnostics pushed, or pulled by a client that can be told when to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from cucurbit.analysis.baseline import Malformed
from cucurbit.lsp.features.diagnostics import Report, Reports
from cucurbit.lsp.features.place import absolute
from cucurbit.session.analysis import Analysis
from cucurbit.session.outcome import Outcome
from cucurbit.session.session import Session
from cucurbit.simulate.core.timeline import Timeline

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer


@dataclass(frozen=True)
class _Shown:
    """A report of one session. ``is_owned``: it is for that session to speak of the file, so the report is shown."""

    uri: str
    report: Report
    is_owned: bool

    def is_followed_by(self, later: _Shown | None) -> bool:
        """Whether what is shown of the file later takes the place of this."""
        return later is not None and later.is_owned and later.uri == self.uri

    def is_said_by(self, earlier: _Shown | None) -> bool:
        """Whether what was shown of the file before says the same, of whatever version of its text."""
        if earlier is None or not earlier.is_owned or not earlier.is_followed_by(self):
            return False
        return earlier.report.result_id == self.report.result_id


@dataclass(frozen=True)
class _Told:
    """What lenses and hints rest on; ``timelines`` are kept so that no other can have their identity."""

    rests_on: tuple[int, ...]
    timelines: tuple[Timeline, ...]


class Publisher:
    """Keeps what the client shows equal to what was found last."""

    def __init__(self, server: CucurbitServer) -> None:
        self._server = server
        self._reports: dict[Session, Reports] = {}
        self._built: dict[Session, tuple[Outcome, dict[str, Report]]] = {}
        self._told: dict[Session, _Told] = {}
        self._shown: dict[tuple[Session, str], _Shown] = {}
        self._roots: Mapping[str, Session] = {}
        self._said: set[str] = set()

    async def reports(self, session: Session, outcome: Outcome) -> Mapping[str, Report]:
        """The reports of an outcome, by path."""
        built = self._built.get(session)
        if built is not None and built[0] is outcome:
            return built[1]
        if session not in self._reports:
            self._reports[session] = Reports(self._server.client, lambda path: self._server.uri(session.root, path))
        found = await session.query(outcome, self._reports[session].of)
        if session.root not in self._server.folders.roots:
            self._reports.pop(session, None)
        elif session.known is outcome:
            self._built[session] = (outcome, found)
        return found

    async def show(self, session: Session, outcome: Outcome) -> None:
        """Show what was found, unless something newer is known by the time that it can be shown."""
        await self.reports(session, outcome)
        if session.known is outcome:
            self._say_problems(outcome)
            self._sync()

    async def analysed(self, session: Session, analysis: Analysis) -> None:
        """An analysis is there: show what it found, and have the client ask again for what rests on it."""
        await self.show(session, analysis)
        if session.latest is not analysis:
            return
        client = self._server.client
        if self._looks_new(session, analysis):
            if client.lens_refresh:
                self._server.workspace_code_lens_refresh(None)
            if client.hint_refresh:
                self._server.workspace_inlay_hint_refresh(None)

    def _looks_new(self, session: Session, analysis: Analysis) -> bool:
        """Whether lenses and hints may be others than when the client was last told to ask for them.

        The timelines that still hold are the very same, however many analyses that nobody was told of lie between.
        """
        settings = analysis.workspace.settings
        rests_on = (*map(id, analysis.context.timelines), settings.code_lens, settings.inlay_hints)
        before = self._told.get(session)
        self._told[session] = _Told(rests_on, analysis.context.timelines)
        return before is None or before.rests_on != rests_on

    def forget(self, session: Session) -> None:
        """A session is gone, and its findings with it."""
        self._reports.pop(session, None)
        self._built.pop(session, None)
        self._told.pop(session, None)
        self._sync()

    def _say_problems(self, outcome: Outcome) -> None:
        """What is wrong with the editor's own settings, or with the baseline, stands in no file."""
        said = {finding.message for finding in outcome.by_path.get("", ())}
        if isinstance(outcome.baselined, Malformed):
            said.add(f"the baseline {outcome.baselined}; every finding is shown")
        for message in sorted(said - self._said):
            self._server.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))
        self._said = said

    def _looked_at(self) -> dict[tuple[Session, str], _Shown]:
        """What is to be shown of each file with findings, by the session that found them."""
        roots = self._server.folders.roots
        before = self._shown if roots == self._roots else {}
        self._roots = roots
        now = {}
        for session, (_, found) in self._built.items():
            for path, each in found.items():
                known = before.get((session, path))
                stands = known is not None and known.report is each
                now[session, path] = known if known is not None and stands else self._as_shown(session, path, each)
        return now

    def _as_shown(self, session: Session, path: str, found: Report) -> _Shown:
        owner = self._server.folders.owner(absolute(session.root, path))
        is_owned = owner is not None and owner[0] is session
        return _Shown(self._server.uri(session.root, path), found, is_owned)

    def _sync(self) -> None:
        before, now = self._shown, self._looked_at()
        self._shown = now
        gone = [each for key, each in before.items() if each.is_owned and not each.is_followed_by(now.get(key))]
        new = [(before.get(key), each) for key, each in now.items() if each.is_owned and before.get(key) is not each]
        if self._server.client.pulls:
            if gone or not all(each.is_said_by(earlier) for earlier, each in new):
                self._server.workspace_diagnostic_refresh(None)
            return
        for each in gone:
            self._publish(each.uri, (), None)
        for earlier, each in new:
            if earlier is None or not each.is_said_by(earlier) or earlier.report.version != each.report.version:
                self._publish(each.uri, each.report.diagnostics, each.report.version)

    def _publish(self, uri: str, diagnostics: tuple[types.Diagnostic, ...], version: int | None) -> None:
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))
