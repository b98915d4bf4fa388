"""Runs cases, and makes those that fail small."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.fuzz.cases import KINDS
from tests.fuzz.mutate import mutated_workspace

FOUND = Path(__file__).parent / "found"
MOST_SECONDS = 40.0
"""Seconds of the processor that one case may take, where the system can tell."""
SHRINKING = 120.0
"""Seconds for which a case that fails is made smaller."""
_CHANGES = {"files": (1, 6), "workspaces": (0, 4), "sessions": (0, 2), "edits": (0, 2), "writes": (0, 2)}
"""How many files of a workspace are changed, for each kind."""


class TooLong(Exception):
    """A case took more than :data:`MOST_SECONDS`."""


@dataclass(frozen=True)
class Failing:
    """A case that fails, and how."""

    kind: str
    seed: int
    files: Mapping[str, bytes]
    problem: str


def case_of(kind: str, seed: int) -> dict[str, bytes]:
    """The workspace of a case."""
    random = Random(seed)
    return mutated_workspace(random, random.randint(*_CHANGES[kind]))


def problem_of(kind: str, seed: int, files: Mapping[str, bytes]) -> str | None:
    """How a case fails, in one line; None if it passes."""
    return tried(kind, seed, files)[1]


def tried(kind: str, seed: int, files: Mapping[str, bytes]) -> tuple[int, str | None]:
    """How many of its kind a case tried, and how it fails."""
    logging.disable(logging.CRITICAL)
    try:
        with _limited(), contextlib.redirect_stderr(io.StringIO()):
            return KINDS[kind](seed, files), None
    except Exception as error:  # noqa: BLE001 - whatever is raised is the finding
        return 1, f"{type(error).__name__}: {error}"[:2_000]
    finally:
        logging.disable(logging.NOTSET)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return

    def late(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def shrunk(failing: Failing) -> Failing:
    """A smaller workspace that fails with the same exception."""
    end = time.monotonic() + SHRINKING
    error = failing.problem.partition(":")[0]
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        for smaller in _smaller(failing.files):
            if time.monotonic() > end:
                break
            problem = problem_of(failing.kind, failing.seed, smaller)
            if problem is not None and problem.partition(":")[0] == error:
                failing, changed = replace(failing, files=smaller, problem=problem), True
                break
    return failing


def _smaller(files: Mapping[str, bytes]) -> Iterator[dict[str, bytes]]:
    for path in files:
        yield {other: data for other, data in files.items() if other != path}
    for path, data in files.items():
        lines = data.splitlines(keepends=True)
        size = len(lines)
        while size > 1:
            size //= 2
            for start in range(0, len(lines), size):
                yield {**files, path: b"".join(lines[:start] + lines[start + size :])}
        if len(lines) == 1 and len(data) > 1:
            yield {**files, path: data[: len(data) // 2]}
            yield {**files, path: data[len(data) // 2 :]}


def save(failing: Failing) -> Path:
    """Write a case to a file, which ``test_fuzz.py`` runs from then on."""
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{failing.kind}-{failing.seed}.json"
    files = {name: base64.b64encode(data).decode() for name, data in failing.files.items()}
    found = {"kind": failing.kind, "seed": failing.seed, "problem": failing.problem, "files": files}
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return path


def load(path: Path) -> Failing:
    """A case from such a file."""
    found = json.loads(path.read_text("utf-8"))
    files = {name: base64.b64decode(data) for name, data in found["files"].items()}
    return Failing(found["kind"], found["seed"], files, found["problem"])
