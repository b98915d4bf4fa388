"""A language server whose analyses wait until the test, which listens at the port given, lets them go."""

from __future__ import annotations

import socket
import sys

from cucurbit.cli.main import main
from cucurbit.session import session
from cucurbit.session.analysis import Analysis, analyse_snapshot


def held(*arguments: object) -> Analysis:
    """An analysis that begins once the test has sent a byte, or has closed the connection."""
    wire.recv(1)
    return analyse_snapshot(*arguments)  # type: ignore[arg-type]


if __name__ == "__main__":
    wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    setattr(session, analyse_snapshot.__name__, held)
    sys.exit(main(["serve"]))
