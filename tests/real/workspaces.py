"""A workspace that holds the files of one installed distribution, and which of its modules are imported."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

SUBMODULES = 5
_LEFT_OUT = re.compile(r"(^|/)(tests?|testing|test_[^/]*|[^/]*_tests?|conftest|__main__|setup)(\.py|/)")
"""Modules that are not meant to be imported by who uses the package."""


@dataclass(frozen=True)
class Installed:
    """The files of an installed distribution: paths relative to ``site``, with ``/``."""

    name: str
    site: Path
    files: tuple[str, ...]

    def modules(self) -> list[str]:
        """The package, as it is named in an import, then up to :data:`SUBMODULES` of its modules, drawn at random."""
        named = {name: path for path in self.files if (name := dotted(path)) is not None}
        package = _package(list(named))
        others = [
            name for name in sorted(named) if name.startswith(f"{package}.") and not _LEFT_OUT.search(named[name])
        ]
        drawn = random.Random(self.name).sample(others, min(SUBMODULES, len(others)))
        return [package, *sorted(drawn)]

    def copy(self, folder: Path) -> None:
        """Put the files into ``folder``, as a project of that name would have them."""
        for path in self.files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.site / path, target)


def _package(names: Sequence[str]) -> str:
    """The module at the top that most of the names stand below."""
    folders = set(names)
    tops: dict[str, int] = {}
    for name in names:
        parts = name.split(".")
        top = next(candidate for count in range(1, len(parts) + 1) if (candidate := ".".join(parts[:count])) in folders)
        tops[top] = tops.get(top, 0) + 1
    return max(sorted(tops), key=lambda top: tops[top])


def dotted(path: str) -> str | None:
    """The name of the module in a file; None where it has none."""
    if not path.endswith(".py"):
        return None
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def installed(name: str, python: Path) -> Installed | None:
    """The distribution of that name in the environment of an interpreter; None where there is none."""
    for site in site_packages(python):
        for distribution in Distribution.discover(name=name, path=[str(site)]):
            return Installed(name, site, tuple(_own_files(distribution)))
    return None


def site_packages(python: Path) -> Iterator[Path]:
    prefix = python.parent.parent
    yield from sorted(prefix.glob("lib/python*/site-packages"))
    yield from sorted(prefix.glob("Lib/site-packages"))


def _own_files(distribution: Distribution) -> Iterator[str]:
    for file in distribution.files or ():
        path = PurePosixPath(file)
        top = path.parts[0]
        beside = len(path.parts) == 1 and path.suffix not in (".py", ".so", ".pyd")
        if top == ".." or top.endswith((".dist-info", ".egg-info")) or "__pycache__" in path.parts or beside:
            continue
        if os.path.isfile(str(distribution.locate_file(file))):
            yield path.as_posix()
