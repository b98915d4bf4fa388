"""The lists beside this file: which packages are compared, and which differences stand and why."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests.real.compared import Compared, Verdict

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
LISTED = HERE / "packages.txt"
FEW = HERE / "few.txt"
BIN_PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"
PYTHON = Path(sys.prefix) / "real-packages" / BIN_PYTHON
"""The interpreter of the environment that ``make real`` installs into."""
PYTHON_OF_FEW = Path(sys.prefix) / "real-few" / BIN_PYTHON
"""The one that ``make test`` installs into."""


def names(path: Path) -> list[str]:
    """The distributions that a list names."""
    return path.read_text(encoding="utf-8").split()


@cache
def differences() -> dict[str, dict[str, str]]:
    """The reasons, by verdict and by module or package."""
    with (HERE / "differences.toml").open("rb") as file:
        listed: dict[str, dict[str, str]] = tomllib.load(file)
    return listed


def unexpected(package: str, compared: Sequence[Compared]) -> Iterator[str]:
    """What differs and is not listed, and what is listed and no longer differs, in words."""
    for verdict in (Verdict.WRONG, Verdict.UNSURE):
        listed = differences().get(verdict.value, {})
        found = [each for each in compared if each.verdict is verdict]
        yield from (
            f"{each.module} is {verdict.value}: {each.why}"
            for each in found
            if package not in listed and each.module not in listed
        )
        modules = {each.module for each in found}
        if package in listed and not found:
            yield f"{package} is listed as {verdict.value}, and is not"
        if package not in modules:
            yield from (
                f"{each.module} is listed as {verdict.value}, and is not"
                for each in compared
                if each.module in listed and each.module != package and each.module not in modules
            )
