"""Records cases for real."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

from cucurbit.record.recording import own_events
from tests.oracle.case import Case, Event

POOL = Path(__file__).with_name("pool.py")


def sqlalchemy_folders(*older: str) -> list[Path | None]:
    """The SQLAlchemy installations to record with: this interpreter's own (None), ``older`` ones and 2.0 beside it."""
    beside = [Path(sys.prefix) / f"sqlalchemy-{series}" for series in (*older, "2.0")]
    return [None, *(folder for folder in beside if folder.is_dir())]


@dataclass
class RecordingProcess:
    """A recorder with its packages loaded. ``version`` is that of its SQLAlchemy."""

    process: subprocess.Popen[str]
    version: str

    @classmethod
    def start(cls, sqlalchemy: Path | None = None) -> RecordingProcess:
        """The recorder for this SQLAlchemy.

        One serves all tests of this process, however many ask: to load the packages takes as long as fifty cases.
        """
        running = cls.started(sqlalchemy)
        if running.process.poll() is None:
            return running
        cls.started.cache_clear()
        return cls.started(sqlalchemy)

    @classmethod
    @cache
    def started(cls, sqlalchemy: Path | None) -> RecordingProcess:
        """A new recorder, which ends with this process."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV", "PYTHONPATH"))}
        if sqlalchemy is not None:
            env["PYTHONPATH"] = str(sqlalchemy)
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(POOL)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=env,
        )
        assert process.stdout is not None
        running = cls(process, process.stdout.readline().strip())
        atexit.register(running.close)
        return running

    def record(self, case: Case, root: Path, out: Path, said: Path | None = None) -> list[Event]:
        """The events of ``case``, whose files stand under ``root``; ``said`` gets what it writes to standard error."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"root": str(root), "kind": case.kind, "target": case.target, "out": str(out)}
        if said is not None:
            request["said"] = str(said)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == str(out), "the recorder ended"
        return own_events(out.read_bytes().splitlines())

    def __enter__(self) -> RecordingProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Others may use it yet."""

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait(timeout=10)
