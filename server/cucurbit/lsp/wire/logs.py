"""Logging: to standard error, and to the editor's log."""

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


def _is_relevant(record: logging.LogRecord) -> bool:
    """Whether to log a record: pygls logs refused requests (cancelled, content modified...), which are expected."""
    if record.name.startswith("pygls") and str(record.msg).startswith("Unable to deserialize message"):
        # It is followed by a traceback; the protocol says it in one line.
        return False
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    return not isinstance(error, JsonRpcException)


class LogReceiver(Protocol):
    """Who shows the log to the user."""

    is_initialized: bool
    """Whether the client is ready for messages."""

    def window_log_message(self, params: types.LogMessageParams) -> None: ...


class _ToClient(logging.Handler):
    """Sends each record as one line, without its traceback."""

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
    """Send the log records of this package to the editor, and those of this package and of pygls to standard error."""
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    to_stderr.addFilter(_is_relevant)
    to_client = _ToClient(receiver, loop)
    to_client.addFilter(_is_relevant)
    to_stderr.setLevel(logging.WARNING)
    # If a log file was requested, the root logger has a handler, and its level applies.
    root = logging.getLogger()
    level = min(root.level, logging.WARNING) if root.handlers else logging.WARNING
    for name, handlers in (("cucurbit", (to_stderr, to_client)), ("pygls", (to_stderr,))):
        logger = logging.getLogger(name)
        logger.handlers = list(handlers)
        logger.setLevel(level)
