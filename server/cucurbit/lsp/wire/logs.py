"""What the server logs: on the standard error, and in the editor's log."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException

_TYPES = (
    (logging.ERROR, types.MessageType.Error),
    (logging.WARNING, types.MessageType.Warning),
    (logging.INFO, types.MessageType.Info),
)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """pygls logs refusals (cancelled, content modified...) as exceptions, with the traceback: they are none."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    return not isinstance(error, JsonRpcException)


class LogReceiver(Protocol):
    """Who shows the log to the user."""

    is_initialized: bool
    """Whether the client is ready for messages."""

    def window_log_message(self, params: types.LogMessageParams) -> None: ...


class _ToClient(logging.Handler):
    """One line a record, without tracebacks."""

    def __init__(self, receiver: LogReceiver, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(logging.WARNING)
        self._receiver = receiver
        self._loop = loop

    def emit(self, record: logging.LogRecord) -> None:
        if not self._receiver.is_initialized:
            return
        kind = next((kind for level, kind in _TYPES if record.levelno >= level), types.MessageType.Log)
        params = types.LogMessageParams(kind, record.getMessage())
        try:
            self._loop.call_soon_threadsafe(self._receiver.window_log_message, params)
        except RuntimeError:
            return


def configure(receiver: LogReceiver, loop: asyncio.AbstractEventLoop) -> None:
    """Send this package's records to the editor and, with pygls's warnings, to the standard error."""
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    to_stderr.addFilter(_is_worth_telling)
    to_client = _ToClient(receiver, loop)
    to_client.addFilter(_is_worth_telling)
    to_stderr.setLevel(logging.WARNING)
    # Whoever asked for a log file has set up the root logger, and its level is what goes there.
    root = logging.getLogger()
    level = min(root.level, logging.WARNING) if root.handlers else logging.WARNING
    for name, handlers in (("cucurbit", (to_stderr, to_client)), ("pygls", (to_stderr,))):
        logger = logging.getLogger(name)
        logger.handlers = list(handlers)
        logger.setLevel(level)
