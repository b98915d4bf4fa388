"""Test files as programs of their own: those that import a file of the application by another name than it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.imports import imports_of
from cucurbit.rules.shared.environments import is_test
from cucurbit.simulate.core.timeline import EventKind, Timeline

MOST_FILES = 20
"""Test files that are simulated; the others import as these do."""


def test_timelines(context: Context) -> Iterator[Timeline]:
    """The timelines of test files each of which may load a file under two names, as pytest imports it.

    Whatever they raise, only tests raise it.
    """
    started = {timeline.entry.path for timeline in context.timelines}
    for path in context.memo(_suspects):
        if path not in started:
            yield context.test_timeline(path)


def _suspects(context: Context) -> tuple[str, ...]:
    names = context.memo(_names)
    found: list[str] = []
    for path in context.workspace.python_files():
        if not is_test(path):
            continue
        taken = [(each.path, each.module) for each in imports_of(context, path) if each.path and each.path in names]
        if any(module not in names[file] for file, module in taken):
            found.append(path)
    return tuple(found[:MOST_FILES])


def _names(context: Context) -> Mapping[str, frozenset[str]]:
    """The names under which entry points execute each file."""
    found: dict[str, set[str]] = defaultdict(set)
    for timeline in context.timelines:
        for event in timeline.of(EventKind.MODULE_STARTED):
            if event.module != "__main__":
                found[event.path].add(event.module)
    return MappingProxyType({path: frozenset(names) for path, names in found.items()})
