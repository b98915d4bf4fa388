"""asgiref: functions called from the other side of async."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.stdlib.system_calls import identity

PACKAGE = Package(
    name="asgiref",
    calls={"asgiref.sync.async_to_sync": identity, "asgiref.sync.sync_to_async": identity},
)
