"""Runs small workspaces for real and through the simulator, and compares what happens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cucurbit.simulate.core.timeline import Event, EventKind, Timeline
from cucurbit.simulate.run import simulate
from cucurbit.source import reader
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryKind, EntryPoint, InstalledSymbol
from cucurbit.workspace.tree.files import MemoryTree
from tests.oracle.case import Case, render
from tests.oracle.harness import RecordingProcess
from tests.oracle.prediction import agrees, as_recorded, difference

_FENCED = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

TABLE_EVENTS = (EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED)


class Bench(FolderWorkspace):
    """A workspace in memory, whose installed versions and packages a test decides."""

    def __init__(
        self,
        files: Mapping[str, str],
        versions: Mapping[str, tuple[int, ...]] | None = None,
        packages: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(MemoryTree(files))
        self.versions = versions or {}
        self.packages = packages or {}

    def version(self, distribution: str, near: str) -> tuple[int, ...] | None:
        return self.versions.get(distribution)

    def installed(self, dotted: str) -> InstalledSymbol | None:
        """``packages`` maps a module's dotted name to its source."""
        module, _, name = dotted.rpartition(".")
        if module not in self.packages:
            return None
        facts = reader.read(self.packages[module])
        return InstalledSymbol(dotted, name, facts, f"/site-packages/{module.replace('.', '/')}.py")


def run(
    source: str | Mapping[str, str],
    *,
    sqlalchemy: tuple[int, ...] | None = (2, 1, 0),
    versions: Mapping[str, tuple[int, ...]] | None = None,
    packages: Mapping[str, str] | None = None,
) -> tuple[Timeline, Bench]:
    """Simulate the import of ``models``; ``source`` is that module, or the files of the workspace."""
    files = {"models.py": source} if isinstance(source, str) else source
    known = dict(versions or {})
    if sqlalchemy is not None:
        known["sqlalchemy"] = sqlalchemy
    bench = Bench(files, known, packages)
    entry = EntryPoint(EntryKind.MODULE, "models", "models.py", "models", "", "", ("",), (), None, None)
    return simulate(bench, entry), bench


def tables(timeline: Timeline) -> list[str]:
    """Table events as ``registered users``, those that are not certain as ``registered users?``."""
    events = (event for event in timeline.of(*TABLE_EVENTS) if event.definition is not None)
    return [
        f"{event.kind.value.removeprefix('table-')} {_key(event)}{'' if event.certain else '?'}" for event in events
    ]


def _key(event: Event) -> str:
    return event.definition.key if event.definition is not None else ""


def failures(timeline: Timeline) -> list[tuple[str, str]]:
    """The exceptions with which modules failed: class name and message."""
    found = [event.failure for event in timeline.of(EventKind.MODULE_FAILED)]
    return [(failure.error, failure.message) for failure in found if failure is not None]


@dataclass(frozen=True)
class Comparison:
    """One module run for real and simulated."""

    recorded: str
    difference: str
    uncertain: tuple[str, ...]
    timeline: Timeline


def compare(recorder: RecordingProcess, folder: Path, source: str | Mapping[str, str]) -> Comparison:
    """Run ``models`` for real and simulate it for the same version of SQLAlchemy."""
    files = {"models.py": source} if isinstance(source, str) else dict(source)
    case = Case("", "", "module", "models", files, {}, "")
    recorded = recorder.record(case, case.write(folder / "workspace"), folder / "events.jsonl")
    version = tuple(int(part) for part in recorder.version.split(".") if part.isdigit())
    timeline, bench = run(files, sqlalchemy=version)
    predicted = [each for event in timeline.events for each in as_recorded(event, timeline, bench)]
    same = agrees(predicted, recorded)
    unsure = tuple(str(event) for event in predicted if event.cut or not event.certain)
    return Comparison(render(recorded), "" if same else difference(predicted, recorded), unsure, timeline)


def sections(page: str) -> list[tuple[str, str]]:
    """The cases of a page: each section's title and source, what every module of the page starts with before it."""
    text = (Path(__file__).with_name("declarative_cases") / page).read_text(encoding="utf-8")
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    prelude = "".join(_FENCED.findall(head))
    return [(part.partition("\n")[0], prelude + "".join(_FENCED.findall(part))) for part in parts]
