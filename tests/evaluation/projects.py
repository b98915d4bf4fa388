"""Measures the facts about public projects that are at hand."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.workspace.model import EntryKind

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECTS = Path(__file__).with_name("projects.toml")


@dataclass(frozen=True)
class Fact:
    """What was expected and what Cucurbit says, in words; ``difference`` is the reason where the two differ.

    ``finds``, ``counts`` and ``registers`` are what can be measured, in ``folder`` (the project's first, if empty).
    """

    expected: str
    says: str
    difference: str = ""
    folder: str = ""
    finds: Sequence[str] = ()
    counts: Mapping[str, int] | None = None
    registers: Mapping[str, int] | None = None

    @property
    def measurable(self) -> bool:
        return bool(self.finds or self.counts or self.registers)


@dataclass(frozen=True)
class Project:
    number: int
    name: str
    commit: str
    folders: Sequence[str]
    facts: Sequence[Fact]
    note: str = ""

    @property
    def key(self) -> str:
        return f"{self.name}@{self.commit}" if self.commit else self.name


def projects() -> list[Project]:
    with PROJECTS.open("rb") as file:
        tables = tomllib.load(file)["project"]
    return [
        Project(facts=[Fact(**fact) for fact in table.pop("fact")], **table)  # the keys are the names of the fields
        for table in tables
    ]


def checkout(project: Project, corpus: Path) -> Path | None:
    """Where a project stands under ``corpus``: ``owner+name@commit`` or ``owner+name``."""
    name = project.name.replace("/", "+")
    for folder in (f"{name}@{project.commit}", name):
        if (corpus / folder).is_dir() and (project.commit == "" or "@" in folder):
            return corpus / folder
    return None


def measure(project: Project, root: Path) -> dict[str, object]:
    """Which facts hold, by their number, and the errors found. A fact without anything to measure is left out."""
    contexts = {folder: analyse(open_workspace(root / folder, known_rules=NAMES)) for folder in project.folders}
    found = {folder: findings(context, RULES) for folder, context in contexts.items()}
    holds = {}
    for number, fact in enumerate(project.facts):
        folder = fact.folder or project.folders[0]
        if fact.measurable:
            holds[str(number)] = wrong(fact, contexts[folder], found[folder])
    errors = sorted(
        {(f.rule, folder, place(f)) for folder, each in found.items() for f in each if f.severity is Severity.ERROR}
    )
    counts = Counter(finding.rule for finding in found[project.folders[0]])
    return {
        "wrong": holds,
        "errors": [f"{rule} {folder}/{at}".replace(" ./", " ") for rule, folder, at in errors],
        "findings": dict(sorted(counts.items())),
        "entry points": len(contexts[project.folders[0]].timelines),
    }


def place(finding: Finding) -> str:
    return f"{finding.location.path}:{finding.location.span.line}"


def wrong(fact: Fact, context: Context, found: Sequence[Finding]) -> str:
    """What does not hold of a fact, in words; empty where all does."""
    said = {f"{finding.rule} {place(finding)}" for finding in found}
    missing = [
        each
        for each in fact.finds
        if not any(text == each or text.startswith((f"{each}:", f"{each} ")) for text in said)
    ]
    if missing:
        return f"not found: {', '.join(missing)}"
    for rule, count in (fact.counts or {}).items():
        number = len({text for text in said if text.startswith(f"{rule} ")})
        if number != count:
            return f"{rule}: {number} instead of {count}"
    for entry, count in (fact.registers or {}).items():
        numbers = registered(context, entry)
        if count not in numbers:
            return f"{entry} registers {numbers} instead of {count}"
    return ""


def registered(context: Context, entry: str) -> list[int]:
    """How many tables each environment, or each entry point of a target, registers."""
    return sorted(
        {
            len({event.definition for event in timeline.of(EventKind.TABLE_REGISTERED)})
            for timeline in context.timelines
            if (
                timeline.entry.kind is EntryKind.ALEMBIC
                if entry == "alembic"
                else timeline.entry.target.startswith(entry)
            )
        }
    )
