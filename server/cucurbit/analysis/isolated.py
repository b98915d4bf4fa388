"""The files that are looked at alone: those that may define tables and that no entry point executes.

Each is imported alone, in a process of its own, so that what it declares is known. Where a program does not get past
its imports, that would be nearly all of its files, each with all that it imports. Of those, only such are looked at as
may say something that is not known without them.
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


class Alone:
    """Looks at files alone, after the entry points were simulated (``started``).

    ``behind``: the files that an entry point which fails is taken to execute once it fails no more, and whether they
    are looked at: not where, as far as their bytes show, they only use SQLAlchemy. What they do will be known then.
    """

    def __init__(self, workspace: Workspace, started: Iterable[Timeline]) -> None:
        self.timelines: list[Timeline] = []
        self.behind: dict[str, bool] = {}
        self._workspace = workspace
        self._visited: set[str] = set()
        self._failing_roots: set[str] = set()
        self._failing: set[tuple[tuple[str, ...], str]] = set()
        for timeline in started:
            self._visited |= timeline.visited
            if timeline.fails:
                self._failing_roots.update(timeline.entry.sys_path, timeline.entry.fallback_path)

    def look(self, simulate: Callable[[Workspace, EntryPoint], Timeline]) -> None:
        """Simulate what is to be looked at."""
        for path in self._workspace.candidates():
            if path in self._visited or not is_started(path):
                continue
            entry = isolated_entry(self._workspace, path)
            if self._failing_roots.intersection(entry.sys_path[:1]):
                self.behind[path] = self._workspace.may_declare_tables(path)
            if self.behind.get(path, True) and not self._is_known_to_fail(entry):
                self._take(simulate(self._workspace, entry))

    def _take(self, timeline: Timeline) -> None:
        self._visited |= timeline.visited
        self.timelines.append(timeline)
        around = _packages_around(timeline.entry)
        for event in timeline.of(EventKind.MODULE_FAILED):
            if event.certain and event.module in around:
                self._failing.add((timeline.entry.sys_path, event.module))

    def _is_known_to_fail(self, entry: EntryPoint) -> bool:
        """Whether a package around the file fails, which Python imports first: all that happens is known."""
        return any((entry.sys_path, package) in self._failing for package in _packages_around(entry))


def _packages_around(entry: EntryPoint) -> list[str]:
    return with_parents(entry.module)[:-1]
