"""What the client shows: diagnostics pushed, or pulled by a client that can be told when to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from cucurbit.lsp.diagnostics import Report, Reports
from cucurbit.lsp.place import absolute
from cucurbit.rules.baseline import Malformed
from cucurbit.session.analysis import Analysis
from cucurbit.session.outcome import Outcome
from cucurbit.session.session import Session
from cucurbit.simulate.timeline import Timeline

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer


@dataclass(frozen=True)
class _Shown:
    uri: str
    result_id: str
    version: int | None


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
        self._shown: dict[str, _Shown] = {}
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

    def _wanted(self) -> dict[str, tuple[str, Report]]:
        wanted = {}
        for session, (_, found) in self._built.items():
            for path, each in found.items():
                full = absolute(session.root, path)
                owner = self._server.folders.owner(full)
                if owner is not None and owner[0] is session:
                    wanted[full] = (self._server.uri(session.root, path), each)
        return wanted

    def _sync(self) -> None:
        wanted = self._wanted()
        now = {path: _Shown(uri, each.result_id, each.version) for path, (uri, each) in wanted.items()}
        before, self._shown = self._shown, now
        if self._server.client.pulls:
            if {path: each.result_id for path, each in before.items()} != {
                path: each.result_id for path, each in now.items()
            }:
                self._server.workspace_diagnostic_refresh(None)
            return
        for path, shown in before.items():
            if path not in now or now[path].uri != shown.uri:
                self._publish(shown.uri, (), None)
        for path, (uri, each) in wanted.items():
            if before.get(path) != now[path]:
                self._publish(uri, each.diagnostics, each.version)

    def _publish(self, uri: str, diagnostics: tuple[types.Diagnostic, ...], version: int | None) -> None:
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))
