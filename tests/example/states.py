"""Copies of the example's states, and what they do when they are started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "charge-party"
PROBE = Path(__file__).with_name("probe.py")

EARLY = ["drivers", "vehicles", "wallet_entries", "merchant_offers", "energy_events"]
ALL = sorted([*EARLY, "zones", "payouts"])


@dataclass(frozen=True)
class Run:
    registered: list[str]
    in_database: list[str]
    statuses: dict[str, int]
    log: str


def child(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=env, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def cucurbit(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return child(project, "-c", "import sys; from cucurbit.cli.main import main; sys.exit(main())", *arguments)


def copy(state: str, to: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE / state, to / state, ignore=shutil.ignore_patterns("*.db", "__pycache__")))


def start(project: Path) -> Run:
    report = project.with_suffix(".json")
    done = child(project, str(PROBE), str(report))
    assert done.returncode == 0, done.stderr
    return Run(**json.loads(report.read_text(encoding="utf-8")), log=done.stderr)
