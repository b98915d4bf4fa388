"""Which file of the workspace each frame of a traceback is: the program may have run elsewhere, in other folders.

A traceback from an image shows ``/app/app/main.py`` where the workspace has ``backend/app/main.py``. The folder of the
traceback that stands for a folder of the workspace is found from all frames together: the pair that explains most of
them, and whose source lines are those that the traceback shows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cucurbit.analysis.context import Context
from cucurbit.explain.syntax import functions_around
from cucurbit.explain.tracebacks import TracebackFrame

_LIBRARY = re.compile(r"(^|/)(site-packages|dist-packages|lib(64)?/python\d?(\.\d+)?|Python\d+/Lib)/", re.IGNORECASE)
"""Folders of installed packages and of the standard library."""
_MOST = 400
"""How many different files of a traceback are looked at."""


@dataclass(frozen=True)
class WorkspaceFrame:
    """A frame in a file of this workspace. ``line`` is where its source stands here.

    ``differs``: no line of the file here is the source that the traceback shows, so the code was changed since.
    """

    path: str
    line: int
    name: str
    source: str
    differs: bool = False

    @property
    def at(self) -> str:
        """``path:line``, for messages."""
        return f"{self.path}:{self.line}"

    @property
    def in_module(self) -> bool:
        """Whether it is the code of the module itself, outside functions."""
        return self.name == "<module>"


@dataclass(frozen=True)
class _FolderPair:
    """``there`` in the traceback stands for ``here`` in the workspace; both end with ``/`` or are empty."""

    there: str
    here: str


def workspace_frames(context: Context, frames: Sequence[TracebackFrame]) -> tuple[WorkspaceFrame, ...]:
    """The frames whose files are in the workspace, in order."""
    paths = _Paths(context)
    files = paths.of(frames)
    return tuple(paths.placed(frame, files[frame.path]) for frame in frames if files.get(frame.path))


class _Paths:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._files = frozenset(context.workspace.python_files())
        self._lines: dict[str, list[str]] = {}

    def of(self, frames: Sequence[TracebackFrame]) -> dict[str, str]:
        """The file of the workspace for each path of the traceback that has one."""
        first: dict[str, list[TracebackFrame]] = defaultdict(list)
        for frame in frames:
            if len(first) < _MOST or frame.path in first:
                first[frame.path].append(frame)
        by_name: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._files):
            by_name[path.rpartition("/")[2]].append(path)
        scores: dict[_FolderPair, float] = defaultdict(float)
        candidates: dict[str, list[str]] = {}
        for written, same in first.items():
            path = _with_slashes(written)
            name = path.rpartition("/")[2]
            if _LIBRARY.search(path):
                installed = _LIBRARY.split(path)[-1]
                found = [each for each in by_name[name] if _ends_with(each, installed) and self._shows(each, same)]
                candidates[written] = found if "/" in installed else []
            else:
                candidates[written] = [each for each in by_name[name] if self._may_be(path, each, same)]
            for each in candidates[written]:
                scores[_folder(path, each)] += 2 if self._shows(each, same) else 0.5
        return {written: best for written, found in candidates.items() if (best := _best(written, found, scores))}

    def _may_be(self, path: str, file: str, frames: Iterable[TracebackFrame]) -> bool:
        """Whether a file may be that of a frame: a name alone is not enough in a folder, except with its source."""
        folder = _folder(path, file)
        return not folder.here or "/" in file.removeprefix(folder.here) or self._shows(file, frames)

    def _shows(self, path: str, frames: Iterable[TracebackFrame]) -> bool:
        """Whether a file has the source lines that the traceback shows of it, at the same places."""
        shown = [frame for frame in frames if frame.source]
        return bool(shown) and any(self._at(path, frame.line) == _first_line(frame.source) for frame in shown)

    def placed(self, frame: TracebackFrame, path: str) -> WorkspaceFrame:
        """The frame with the line at which its source stands here."""
        source = _first_line(frame.source)
        if not frame.name:
            frame = replace(frame, name=self._function(path, frame.line))
        if source and self._at(path, frame.line) != source:
            elsewhere = [number for number, line in enumerate(self._text(path), 1) if line.strip() == source]
            line = elsewhere[0] if len(elsewhere) == 1 else frame.line
            return WorkspaceFrame(path, line, frame.name, source, differs=len(elsewhere) != 1)
        return WorkspaceFrame(path, frame.line, frame.name, source or self._at(path, frame.line))

    def _function(self, path: str, line: int) -> str:
        """The name of the function around a line, which the long form of pytest does not print."""
        around = functions_around(self._context, path, line)
        return around[-1].name if around else "<module>"

    def _at(self, path: str, line: int) -> str:
        lines = self._text(path)
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""

    def _text(self, path: str) -> list[str]:
        if path not in self._lines:
            self._lines[path] = lines_of(self._context, path)
        return self._lines[path]


def lines_of(context: Context, path: str) -> list[str]:
    """The lines of a file, without their ends; none if it cannot be read."""
    text = context.workspace.text(path) or ""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _with_slashes(path: str) -> str:
    """A path as written in a traceback, where backslashes may be doubled, with ``/``."""
    return path.replace("\\\\", "/").replace("\\", "/")


def _first_line(source: str) -> str:
    return source.partition("\n")[0].strip()


def _ends_with(path: str, tail: str) -> bool:
    return path == tail or path.endswith(f"/{tail}")


def _folder(there: str, here: str) -> _FolderPair:
    """What is left of two paths without their common end."""
    one, other = there.split("/"), here.split("/")
    while one and other and one[-1] == other[-1]:
        one.pop()
        other.pop()
    return _FolderPair("/".join(one), "/".join(other))


def _best(written: str, found: Sequence[str], scores: dict[_FolderPair, float]) -> str:
    """The file of the folder with the highest score; empty if several have it."""
    path = _with_slashes(written)
    ranked = sorted(found, key=lambda each: scores[_folder(path, each)], reverse=True)
    if len(ranked) > 1 and scores[_folder(path, ranked[0])] == scores[_folder(path, ranked[1])]:
        # The longest common end decides, if one is longer.
        ranked = sorted(found, key=lambda each: len(_folder(path, each).here))
        if len(_folder(path, ranked[0]).here) == len(_folder(path, ranked[1]).here):
            return ""
    return ranked[0] if ranked else ""
