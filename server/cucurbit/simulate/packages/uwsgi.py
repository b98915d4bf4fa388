"""uWSGI: a server."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import server

PACKAGE = Package(name="uWSGI", command_lines={"uwsgi": server})
