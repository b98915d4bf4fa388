"""AnyIO: event loops and threads."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.stdlib.system_calls import in_thread, run_argument

PACKAGE = Package(
    name="AnyIO",
    calls={"anyio.run": run_argument(0), "anyio.to_thread.run_sync": in_thread(0)},
)
