"""Workspaces on disk, their programs run for real, and what is said of what they print."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.cli.target import open_target, read_overrides
from cucurbit.explain.explain import explain, is_known
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.tracebacks import parse_tracebacks

Written = Callable[[Mapping[str, str]], Path]
Explained = Callable[[str], list[Explanation]]
Ran = Callable[..., str]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Writes files into a folder of their own and goes there."""

    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path / "here"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.chdir(root)
        return root

    return write


@pytest.fixture
def explained() -> Explained:
    """Explains a text in the workspace of the current folder."""

    def run(text: str) -> list[Explanation]:
        context = analyse(open_target(["."], read_overrides(None), cached=False).workspace)
        return explain(context, parse_tracebacks(text, is_known))

    return run


@pytest.fixture
def printed() -> Ran:
    """Runs ``python`` with arguments in the current folder, and returns what it printed on both streams."""

    def run(*arguments: str, **variables: str) -> str:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV", "PYTHONPATH"))}
        ran = subprocess.run(
            [sys.executable, "-W", "ignore::DeprecationWarning", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **variables},
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return ran.stdout

    return run


def places(explanation: Explanation) -> list[str]:
    """Where the evidence is, ``path:line``."""
    return [f"{each.location.path}:{each.location.span.line}" for each in explanation.related]


def told(explanations: Sequence[Explanation]) -> str:
    """All that is said, as one text."""
    return "\n".join("\n".join((each.summary, *each.advice)) for each in explanations)
