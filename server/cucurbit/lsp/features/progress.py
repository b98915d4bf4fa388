"""Progress bars of first analyses, which may take long."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from cucurbit.session.session import Session

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer


class ProgressBars:
    """At most one bar a session, with a button that stops the analysis."""

    def __init__(self, server: CucurbitServer) -> None:
        self._server = server
        self._tokens: dict[Session, str] = {}
        self._shown: set[str] = set()

    def begin(self, session: Session) -> None:
        if not self._server.client.progress or session in self._tokens:
            return
        token = f"cucurbit-{uuid.uuid4()}"
        self._tokens[session] = token
        self._server.spawn(self._create(session, token))

    async def _create(self, session: Session, token: str) -> None:
        try:
            await self._server.window_work_done_progress_create_async(types.WorkDoneProgressCreateParams(token))
        except JsonRpcException:
            return
        # The analysis may be over before the client has made the bar.
        if self._tokens.get(session) == token:
            self._shown.add(token)
            name = session.root.rpartition("/")[2]
            self._notify(
                token, types.WorkDoneProgressBegin(f"Cucurbit: analysing {name}", cancellable=True, percentage=0)
            )

    def report(self, session: Session, done: int, total: int, entry: str) -> None:
        token = self._tokens.get(session)
        if token in self._shown and token is not None:
            value = types.WorkDoneProgressReport(message=entry, percentage=min(99, 100 * done // max(total, 1)))
            self._notify(token, value)

    def end(self, session: Session) -> None:
        token = self._tokens.pop(session, None)
        if token is not None and token in self._shown:
            self._shown.discard(token)
            self._notify(token, types.WorkDoneProgressEnd())

    drop = end

    def cancelled(self, token: types.ProgressToken) -> None:
        for session, known in self._tokens.items():
            if known == token:
                session.stop()

    def _notify(self, token: str, value: object) -> None:
        self._server.progress(types.ProgressParams(token, value))
