"""six: one name for what Python 2 and 3 name otherwise."""

from __future__ import annotations

import sys

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package


def _is_of_another_system(machine: Machine, dotted: str) -> bool:
    """``six.moves`` has a ``winreg`` on Windows alone."""
    return dotted == "six.moves.winreg" and sys.platform != "win32"


PACKAGE = Package(name="six", lacks=_is_of_another_system)
