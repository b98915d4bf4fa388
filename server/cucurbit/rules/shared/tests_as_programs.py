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
        # Most test files import the application by its own name only, so their text is enough.
        others = context.memo_for(_other_tops, tuple(context.workspace.roots_of(path))) if is_test(path) else ()
        if not others or not context.workspace.mentions(path, *others):
            continue
        taken = [(each.path, each.module) for each in imports_of(context, path) if each.path and each.path in names]
        if any(module not in names[file] for file, module in taken):
            found.append(path)
    return tuple(found[:MOST_FILES])


def _other_tops(context: Context, roots: tuple[str, ...]) -> tuple[str, ...]:
    """How imports begin that name executed files, from these import roots, otherwise than the entry points do."""
    names = context.memo(_names)
    usual = {name.partition(".")[0] for those in names.values() for name in those}
    tops = {_top(path, root) for path in names for root in roots} - usual
    return tuple(f"{word} {top}" for top in sorted(tops - {""}) for word in ("import", "from"))


def _top(path: str, root: str) -> str:
    """The top-level module of a file below an import root; empty if the file is elsewhere."""
    start = f"{root}/" if root else ""
    return path.removeprefix(start).partition("/")[0].removesuffix(".py") if path.startswith(start) else ""


def _names(context: Context) -> Mapping[str, frozenset[str]]:
    """The names under which entry points execute each file."""
    found: dict[str, set[str]] = defaultdict(set)
    for timeline in context.timelines:
        for event in timeline.of(EventKind.MODULE_STARTED):
            if event.module != "__main__":
                found[event.path].add(event.module)
    return MappingProxyType({path: frozenset(names) for path, names in found.items()})
