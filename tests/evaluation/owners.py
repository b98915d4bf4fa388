"""Public projects that a reader judged as their owner would: what is shown of each, and how much of it is worth it.

``owners.toml`` has the judgements. The findings and the lines of output are measured where a project is at hand.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWNERS = Path(__file__).with_name("owners.toml")
COLUMNS = 80
_INSTALLED = frozenset({"site-packages", "node_modules"})
_SEVERITIES = ("error", "warning", "information", "hint")

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """A project and the verdicts on its findings. ``note`` says which are dismissed or false, and why."""

    name: str
    commit: str
    worth: int
    dismissed: int = 0
    false: int = 0
    note: str = ""

    @property
    def key(self) -> str:
        return f"{self.name}@{self.commit[:7]}" if self.commit else self.name

    @property
    def findings(self) -> int:
        return self.worth + self.dismissed + self.false


@dataclass(frozen=True)
class FixesRead:
    """The fixes of these projects: ``tried`` on copies, ``edits`` that were read, and those that were agreed with."""

    tried: int
    edits: int
    agreed: int
    note: str


def judged() -> list[Judged]:
    return [Judged(**each) for each in _read()["project"]]


def fixes_read() -> FixesRead:
    return FixesRead(**_read()["fixes"])


def _read() -> dict[str, Any]:
    return tomllib.loads(OWNERS.read_text(encoding="utf-8"))


# --------------------------------------------------------------------- measuring


def checkout(project: Judged, folder: Path) -> Path | None:
    """Where a project is at hand: ``owner+name``, or ``name`` alone."""
    owner, _, name = project.name.partition("/")
    return next((folder / each for each in (f"{owner}+{name}", name) if (folder / each).is_dir()), None)


def measure(root: Path) -> dict[str, object]:
    """What ``cucurbit check`` shows of a project by default."""
    found = json.loads(_check(root, "--output-format", "json"))["findings"]
    counts = Counter(each["severity"] for each in found)
    return {
        "files": sum(1 for each in root.rglob("*.py") if _INSTALLED.isdisjoint(each.parts)),
        "findings": {severity: counts[severity] for severity in _SEVERITIES if counts[severity]},
        "lines": len(_check(root).splitlines()),
    }


def _check(root: Path, *options: str) -> str:
    command = [sys.executable, "-m", "cucurbit", "check", "--exit-zero", *options]
    environment = {**os.environ, "COLUMNS": str(COLUMNS)}
    ran = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    return ran.stdout


# ----------------------------------------------------------------------- the page


def summary() -> tuple[str, str]:
    """The row of the first table."""
    projects = judged()
    shown, worth = sum(each.findings for each in projects), sum(each.worth for each in projects)
    words = f"findings in {len(projects)} projects read as their owners would, of which worth it"
    return words, f"{shown}, {worth}"


def section(measured: Data, table: Any) -> Iterator[str]:
    """The part of docs/evaluation.md about these projects; ``table`` makes one of a head and rows."""
    projects = judged()
    yield "## Public projects read as their owners would\n"
    yield (
        "Each project was checked with the settings by default, and every finding was read beside the code. *Worth it*:"
        " its owner would change something, or be glad to know. *Dismissed*: true, but not worth a minute. Counted are"
        f" findings as they are shown, and the lines that `cucurbit check` prints at {COLUMNS} columns.\n"
    )
    head = ("project", "files", "findings (errors, warnings, notes)", "worth it", "dismissed", "false", "lines")
    yield table(head, [*(_row(each, measured.get(each.name, {})) for each in projects), _totals(projects, measured)])
    yield from (f"- {each.name}: {each.note}\n" for each in projects if each.note)
    fixes = fixes_read()
    yield (
        f"\nThe fixes of their findings were applied to copies: {fixes.tried} fixes, {fixes.edits} edits read by a"
        f" second reader, who agreed with {fixes.agreed}. {fixes.note}\n"
    )


def _row(project: Judged, found: Data) -> Sequence[object]:
    counts = found.get("findings", {})
    shown = f"{project.findings} ({_counts(counts)})" if counts else str(project.findings)
    files, lines = found.get("files", ""), found.get("lines", "")
    return (project.key, files, shown, project.worth, project.dismissed, project.false, lines)


def _counts(counts: Data) -> str:
    return (
        f"{counts.get('error', 0)}, {counts.get('warning', 0)}, {counts.get('information', 0) + counts.get('hint', 0)}"
    )


def _totals(projects: Sequence[Judged], measured: Data) -> Sequence[object]:
    known = [measured[each.name] for each in projects if each.name in measured]
    counts: Counter[str] = Counter()
    for each in known:
        counts.update(each["findings"])
    return (
        f"**{len(projects)} projects**",
        sum(each["files"] for each in known),
        f"{sum(each.findings for each in projects)} ({_counts(counts)})",
        sum(each.worth for each in projects),
        sum(each.dismissed for each in projects),
        sum(each.false for each in projects),
        sum(each["lines"] for each in known),
    )
