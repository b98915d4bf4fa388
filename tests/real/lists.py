"""The lists beside this file: which packages are compared, and which differences stand and why."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
LISTED = HERE / "packages.txt"
FEW = HERE / "few.txt"
_BIN = "Scripts/python.exe" if os.name == "nt" else "bin/python"
PYTHON = Path(sys.prefix) / "real-packages" / _BIN
"""The interpreter of the environment that ``make real`` installs into."""
PYTHON_OF_FEW = Path(sys.prefix) / "real-few" / _BIN
"""The one that ``make test`` installs into."""


def names(path: Path) -> list[str]:
    """The distributions of a requirements file."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [re.split(r"[=\[; ]", line)[0] for line in lines if line]


def differences() -> dict[str, str]:
    """The modules of which it is known that the prediction differs, with the reason."""
    with (HERE / "differences.toml").open("rb") as file:
        listed: dict[str, dict[str, str]] = tomllib.load(file)
    return {module: reason for of in listed.values() for module, reason in of.items()}
