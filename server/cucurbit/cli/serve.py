"""``cucurbit serve``: the only command that loads the language server."""

from __future__ import annotations

import logging
from argparse import Namespace

from cucurbit.cli.errors import Refused
from cucurbit.report.report import printable
from cucurbit.simulate.garbage import undisturbed

LOCAL = "127.0.0.1"


def run(options: Namespace) -> int:
    """Serve until the client disconnects. Returns the exit code that the protocol requires.

    Raises:
        Refused: the address is wrong or cannot be listened on, or the log file cannot be written.
    """
    address = options.tcp or options.ws
    host, port = parse_address(address) if address is not None else ("", 0)
    if options.log_file is not None:
        _log_to(options.log_file)
    with undisturbed():
        # Importing creates many objects and no garbage: collecting would only cost time.
        from cucurbit.lsp import server

    try:
        if options.tcp is not None:
            return server.serve_tcp(host, port)
        if options.ws is not None:
            return server.serve_ws(host, port)
        return server.serve_stdio()
    except OSError as error:
        if address is None or isinstance(error, BrokenPipeError):
            raise
        raise Refused(f"cannot listen on {printable(address)}: {(error.strerror or str(error)).lower()}") from None


def parse_address(text: str) -> tuple[str, int]:
    """Parse ``PORT`` or ``HOST:PORT``; an IPv6 host is written in brackets. With port 0 the system chooses one.

    Raises:
        Refused: the text is neither.
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise Refused(f"`{printable(text)}` is neither a port nor host:port")
    return host.removeprefix("[").removesuffix("]") or LOCAL, int(port)


def _log_to(path: str) -> None:
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{printable(path)} cannot be written: {(error.strerror or str(error)).lower()}") from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
