"""Isolated files: those that may define tables and that no entry point executes.

Each is simulated as if it were imported alone, in a process of its own, so that the tables it declares are known.
Where a program fails while it imports its modules, that would be nearly all of its files, each with everything it
imports. Of those, only the files that may add knowledge are simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.imports.search import with_parents
from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace
from cucurbit.workspace.starts.entry_points import is_started


def isolated_entry(workspace: Workspace, path: str) -> EntryPoint:
    """A file imported alone, under the name and with the import roots that its own imports expect."""
    module = workspace.module_name(path)
    roots = tuple(workspace.roots_of(path))
    return EntryPoint(EntryKind.MODULE, module, path, module, "", roots[0] if roots else "", roots, (), None, None)


class IsolatedFiles:
    """Simulates isolated files, after the entry points were simulated (``started``).

    ``hidden`` are the files that a failing entry point presumably executes once its failure is repaired, each with
    whether it is simulated. It is not where its bytes show that it only uses SQLAlchemy and declares no table.
    """

    def __init__(self, workspace: Workspace, started: Iterable[Timeline]) -> None:
        self.timelines: list[Timeline] = []
        self.hidden: dict[str, bool] = {}
        self._workspace = workspace
        self._visited: set[str] = set()
        self._failing_roots: set[str] = set()
        self._failing: set[tuple[tuple[str, ...], str]] = set()
        for timeline in started:
            self._visited |= timeline.visited
            if timeline.fails:
                self._failing_roots.update(timeline.entry.sys_path, timeline.entry.fallback_path)

    def simulate(self, simulate: Callable[[Workspace, EntryPoint], Timeline]) -> None:
        """Simulate the files, with ``simulate`` for each."""
        for path in self._workspace.candidates():
            if path in self._visited or not is_started(path):
                continue
            entry = isolated_entry(self._workspace, path)
            if self._failing_roots.intersection(entry.sys_path[:1]):
                self.hidden[path] = self._workspace.may_declare_tables(path)
            if self.hidden.get(path, True) and not self._is_known_to_fail(entry):
                self._take(simulate(self._workspace, entry))

    def _take(self, timeline: Timeline) -> None:
        self._visited |= timeline.visited
        self.timelines.append(timeline)
        around = _packages_around(timeline.entry)
        for event in timeline.of(EventKind.MODULE_FAILED):
            if event.certain and event.module in around:
                self._failing.add((timeline.entry.sys_path, event.module))

    def _is_known_to_fail(self, entry: EntryPoint) -> bool:
        """Whether a package around the file is known to fail. Python imports it first, so the file is not reached."""
        return any((entry.sys_path, package) in self._failing for package in _packages_around(entry))


def _packages_around(entry: EntryPoint) -> list[str]:
    return with_parents(entry.module)[:-1]
