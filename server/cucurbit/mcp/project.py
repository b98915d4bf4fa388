"""The analysis of a folder, kept from one request to the next."""

from __future__ import annotations

import os
from collections.abc import Callable

from cucurbit.cache.shelf import open_shelf
from cucurbit.mcp.errors import ToolRefused
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import NAMES
from cucurbit.session.analysis import Analysis, analyse_snapshot
from cucurbit.session.cancellation import CancelToken, Overdue
from cucurbit.session.memory import Memory
from cucurbit.session.requested_timelines import RequestedTimelines
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.starts.targets import NoSuchEntry

_MOST_NAMED = 30


class Project:
    """A folder. The files are looked at again for each request, and what has changed is analysed. For one thread."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._memory = Memory()
        self._requested = RequestedTimelines()
        self._number = 0
        self._workspace: FolderWorkspace | None = None
        self._analysis: Analysis | None = None

    def workspace(self) -> FolderWorkspace:
        """The workspace as its files are now."""
        known = self._workspace
        if known is None:
            self._workspace = open_workspace(
                self.root, known_rules=NAMES, virtual_env=os.environ.get("VIRTUAL_ENV"), open_shelf=open_shelf
            )
        elif changed := known.tree.stale():
            self._workspace = known.with_changes(changed)
        assert self._workspace is not None
        return self._workspace

    def analysis(self) -> Analysis:
        """The analysis of the workspace as its files are now.

        Raises:
            ToolRefused: it takes too long.
        """
        workspace = self.workspace()
        if self._analysis is None or self._analysis.workspace is not workspace:
            self._number += 1
            try:
                self._analysis = analyse_snapshot(
                    self._number, workspace, {}, {}, self._memory, CancelToken(), lambda _done, _total, _entry: None
                )
            except Overdue as error:
                raise ToolRefused(
                    f"{error}: narrow the workspace down with the settings `exclude` or `entry-points`"
                ) from None
        return self._analysis

    def timeline(self, analysis: Analysis, entry: str) -> Timeline:
        """The timeline of an entry point, named as on the command line.

        Raises:
            ToolRefused: there is no such entry point.
        """
        known = _first(analysis.context.timelines, lambda each: each.entry.target == entry)
        if known is not None:
            return known
        found = analysis.workspace.resolve_entry(entry) if entry else None
        if isinstance(found, EntryPoint):
            known = _first(analysis.context.timelines, lambda each: each.entry == found)
            return known or self._requested.timeline(analysis.workspace, found)
        names = [each.entry.target for each in analysis.context.timelines]
        if isinstance(found, NoSuchEntry) and found.candidates:
            raise ToolRefused(found.message)
        said = f"there is no entry point {entry}; " if entry else ""
        if not names:
            raise ToolRefused(f"{said}none was found in this project")
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        raise ToolRefused(f"{said}give one of these as `entry`: {', '.join(names[:_MOST_NAMED])}{more}")


def _first(timelines: tuple[Timeline, ...], holds: Callable[[Timeline], bool]) -> Timeline | None:
    return next((each for each in timelines if holds(each)), None)
