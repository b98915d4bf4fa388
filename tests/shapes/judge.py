"""Real SQLAlchemy as the judge of shapes: processes that record, and the shapes of the same files."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cucurbit.simulate.shapes.snapshot import Shapes, shapes_at
from tests.shapes.comparison import Verdict, compare
from tests.unit.simulate.declarative_support import run

RECORDER = Path(__file__).with_name("recorder.py")


class Judge:
    """A recorder with its SQLAlchemy loaded; ``version`` is that of it."""

    def __init__(
        self, folder: Path | None = None, python: str = sys.executable, variables: Mapping[str, str] | None = None
    ) -> None:
        env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV", "PYTHONPATH"))}
        env.update(variables or {})
        if folder is not None:
            env["PYTHONPATH"] = str(folder)
        self.process = subprocess.Popen(
            [python, "-W", "ignore", str(RECORDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=env,
        )
        assert self.process.stdout is not None
        self.version = tuple(int(part) for part in self.process.stdout.readline().split(".")[:2])
        atexit.register(self.close)

    def record(self, root: Path, *modules: str, lenient: bool = False) -> dict[str, Any]:
        """What stands when the modules have been imported; ``lenient``: those of them that can be."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        tops = [each.partition(".")[0] for each in modules]
        request = {"root": str(root), "modules": modules, "tops": tops, "lenient": lenient, "configure": not lenient}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "fault" not in found, found["fault"]
        return found

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait(timeout=10)


@cache
def judge(folder: Path | None = None) -> Judge:
    """One for each SQLAlchemy, for all tests of this process."""
    return Judge(folder)


def verdict_of(judge: Judge, root: Path, files: Mapping[str, str]) -> tuple[Verdict, dict[str, Any]]:
    """What the shapes of ``models.py`` say that is not so; the files are written under ``root``."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    recorded = judge.record(root, "models")
    shapes = shapes_of(files, judge.version)
    return (Verdict() if "error" in recorded else compare(shapes, recorded)), recorded


def shapes_of(files: Mapping[str, str], version: tuple[int, ...]) -> Shapes:
    """The shapes when ``models.py`` has been imported."""
    timeline, _ = run(files, sqlalchemy=(*version, 0))
    return shapes_at(timeline)
