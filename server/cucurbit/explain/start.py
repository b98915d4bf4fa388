"""Where the program of a traceback started: its outermost frame in the workspace, as an entry point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cucurbit.analysis.context import Context
from cucurbit.explain.frames import WorkspaceFrame
from cucurbit.explain.syntax import is_in_try
from cucurbit.explain.tracebacks import TracebackFrame
from cucurbit.workspace.model import EntryKind, EntryPoint
from cucurbit.workspace.starts.entry_points import is_started

_IMPORT = re.compile(r"(?:from\s+([A-Za-z_][\w.]*)\s+import\s*(.*)|import\s+([A-Za-z_][\w.]*))")
_NAME = re.compile(r"[A-Za-z_]\w*")


def started_at(
    context: Context, frames: Sequence[WorkspaceFrame], printed: Sequence[TracebackFrame]
) -> EntryPoint | None:
    """The entry point at which the program started; None if one that was found executes that file already.

    ``frames`` are those in the workspace, ``printed`` all of the traceback. A handler that prints a traceback begins it
    at its own ``try``, so a file that entry points execute need not be the start.
    """
    if not frames or not frames[0].path.endswith(".py"):
        return None
    path = frames[0].path
    if any(timeline.entry.path == path for timeline in context.timelines):
        return None
    inside = not frames[0].in_module or is_in_try(context, path, frames[0].line)
    if inside and any(path in timeline.visited for timeline in context.timelines):
        return None
    roots = tuple(dict.fromkeys((*_proven(frames), *context.workspace.roots_of(path))))
    folder = path.rpartition("/")[0]
    if frames[0].in_module and is_started(path) and _is_script(printed):
        others = tuple(root for root in roots if root != folder)
        return EntryPoint(EntryKind.SCRIPT, path, path, "", "", "", (folder,), others, None, None)
    module = context.workspace.module_name(path)
    return EntryPoint(EntryKind.MODULE, module, path, module, "", roots[0] if roots else "", roots, (), None, None)


def _is_script(printed: Sequence[TracebackFrame]) -> bool:
    """Whether the first file of the traceback is the program itself, not what runs or imports it."""
    first = printed[0]
    return first.name == "<module>" and not first.path.startswith("<") and "/site-packages/" not in first.path


def _proven(frames: Sequence[WorkspaceFrame]) -> Iterator[str]:
    """The folders that were on ``sys.path``: an import in one frame found the module of the next in them."""
    for outer, inner in pairwise(frames):
        if inner.in_module:
            for relative in _files(outer.source):
                if inner.path == relative or inner.path.endswith(f"/{relative}"):
                    yield inner.path.removesuffix(relative).rstrip("/")
                    break


def _files(statement: str) -> Iterator[str]:
    """The files that an import statement may execute, the longest names first."""
    match = _IMPORT.match(statement)
    if match is None:
        return
    module = match[1] or match[3]
    taken = _NAME.findall(match[2] or "")
    parts = module.split(".")
    names = [f"{module}.{name}" for name in taken] + [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    for name in names:
        yield f"{name.replace('.', '/')}.py"
        yield f"{name.replace('.', '/')}/__init__.py"
