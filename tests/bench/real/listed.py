"""The projects that are measured, as ``projects.toml`` lists them, and their sources as PyPI distributes them."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.bench.tools import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LISTED = Path(__file__).with_name("projects.toml")
SOURCES = ROOT / ".venv" / "bench-projects"
_ENVIRONMENTS = Path(sys.prefix) / "real-applications"
"""Where `.ci/prepare-applications` installs applications, each into an environment of its own."""


@dataclass(frozen=True)
class Listed:
    """One project.

    ``entry`` is the module that its main program imports, where the project can be installed: its import is measured.
    In one that is ``served`` starts of the server are measured as well; in a ``thorough`` one these, output formats,
    other commands and edits.
    """

    name: str
    version: str
    files: int
    entry: str = ""
    served: bool = False
    thorough: bool = False

    @property
    def prefix(self) -> Path:
        """Its environment where its import is measured, else the one of this process."""
        return _ENVIRONMENTS / self.name if self.entry else Path(sys.prefix)

    @property
    def python(self) -> Path:
        """The interpreter of that environment."""
        return self.prefix / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@cache
def projects() -> dict[str, Listed]:
    """All of them, by name."""
    with LISTED.open("rb") as file:
        return {name: Listed(name, **described) for name, described in tomllib.load(file).items()}


def source(project: Listed, sources: Path) -> Path:
    """Where the unpacked source stands, or would stand."""
    return sources / f"{project.name}-{project.version}"


def prepare(wanted: Sequence[Listed], sources: Path, say: Callable[[str], None]) -> None:
    """Download and unpack what is not there, and install what is imported. What cannot be had is left out by name."""
    sources.mkdir(parents=True, exist_ok=True)
    for each in wanted:
        if not source(each, sources).exists() and not _unpack(each, sources):
            say(f"Left out: the source of {each.name} cannot be downloaded.")
    imported = [each.name for each in wanted if each.entry]
    if imported:
        command = ["bash", str(ROOT / ".ci" / "prepare-applications"), sys.prefix, *imported]
        subprocess.run(command, cwd=ROOT, check=False)


def _unpack(project: Listed, sources: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=sources) as temporary:
        scratch = Path(temporary)
        command = (
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input", "download"),
            *("--no-deps", "--no-binary", project.name, "--dest", str(scratch), f"{project.name}=={project.version}"),
        )
        if subprocess.run(command, check=False).returncode != 0:
            return False
        with tarfile.open(next(scratch.iterdir())) as archive:
            archive.extractall(scratch / "unpacked", filter="data")
        # Under its own name only when all of it is there.
        next((scratch / "unpacked").iterdir()).rename(source(project, sources))
    return True
