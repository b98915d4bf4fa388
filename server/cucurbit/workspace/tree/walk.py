"""The files of a tree that belong to the workspace: those not ignored by git, vendored or excluded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pathspec import GitIgnoreSpec
from pathspec.pattern import RegexPattern

from cucurbit.workspace.allowance import Allowance
from cucurbit.workspace.tree.disk import CACHE_TAG
from cucurbit.workspace.tree.files import Entry, FileTree, join
from cucurbit.workspace.tree.ignore_patterns import compile_patterns

_NEVER = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", "virtualenv", "node_modules", "site-packages", "dist-packages",
        "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".eggs",
        "__pypackages__", "vendor", "_vendor", "vendored", "third_party",
    }
)  # fmt: skip
"""Folders that never contain the project's own code."""

_BUILT = frozenset({"build", "dist"})
"""Folders that contain build products, unless they are packages."""

IGNORE_FILES = frozenset({".gitignore", "exclude", "pyvenv.cfg", CACHE_TAG})
"""Names of files that decide whether other files belong to the workspace."""

_KEPT = frozenset({"alembic.ini", ".env", ".flaskenv"})
"""Files that are read although git ignores them: they contain secrets, but also configuration."""


DEEPEST = 100
"""Folders inside each other that are walked."""

_MOST_TRIES = 10_000_000
"""Patterns that are tried on paths; nothing is ignored after that."""

_SUFFIXES = (
    ".py", ".toml", ".ini", ".cfg", ".conf", ".txt", ".in", ".lock", ".yml", ".yaml", ".sh", ".bash", ".env",
    ".flaskenv",
)  # fmt: skip
_NAMES = ("procfile", "dockerfile", "containerfile", "makefile", "justfile")


def _matters(name: str) -> bool:
    """Whether a file with this name is ever read; other files need not be matched against patterns."""
    return name.endswith(_SUFFIXES) or name.lower().startswith(_NAMES) or name.lower().endswith(".dockerfile")


@dataclass(frozen=True)
class _Rules:
    """The patterns of one ignore file, and the folder that they are relative to."""

    folder: str
    spec: GitIgnoreSpec
    allowance: Allowance
    """How many patterns may be tried in one walk."""

    @cached_property
    def _last_first(self) -> tuple[RegexPattern, ...]:
        return tuple(reversed(list(self.spec.patterns)))

    def verdict(self, path: str, *, is_dir: bool) -> bool | None:
        """Whether ``path`` is ignored; None where no pattern matches it itself.

        The folders around it are not ignored. A pattern that matches one of them (``!b/``) says nothing of what is in
        it: ``b/a`` stays ignored by ``a``.
        """
        if not self.allowance.spend(len(self.spec.patterns)):
            return None
        relative = path[len(self.folder) + 1 :] if self.folder else path
        if is_dir:
            relative += "/"
        for pattern in self._last_first:
            found = pattern.match_file(relative)
            if found is not None and _is_of_path_itself(found.match, relative):
                return pattern.include
        return None


def _is_of_path_itself(match: re.Match[str], path: str) -> bool:
    """Whether a pattern matches ``path``, not only a folder around it; that of a folder ends with ``/``.

    The group ``ps_d`` of pathspec's expressions is the slash after what a pattern names; that of ``*/`` is any slash.
    ``a/**``, whose expression is ``^a/``, names what is in a folder, not the folder.
    """
    if "ps_d" in match.re.groupindex:
        return match.end("ps_d") in (-1, len(path)) or match.re.search(path, len(path) - 1) is not None
    return not match.group().endswith("/") or match.re.search(path, 0, len(path) - 1) is not None


def is_ignored(files: Mapping[str, str], path: str) -> bool:
    """Whether git ignores a file, where ``files`` are the texts of the ignore files around it, by their folders.

    What is in a folder that is ignored is ignored.
    """
    allowance = Allowance(_MOST_TRIES)
    rules = [
        _Rules(folder, compile_patterns(files[folder].splitlines()), allowance) for folder in sorted(files, key=len)
    ]
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        around = [rule for rule in rules if not rule.folder or len(rule.folder.split("/")) < length]
        if _verdict(around, "/".join(parts[:length]), is_dir=length < len(parts)):
            return True
    return False


def walk(tree: FileTree, exclude: Sequence[str] = ()) -> list[str]:
    """Every Python or configuration file of the workspace, sorted.

    Links to folders are not followed, to avoid loops.
    """
    allowance = Allowance(_MOST_TRIES)
    excluded = _Rules("", compile_patterns(exclude), allowance) if exclude else None
    found: list[str] = []
    rules = _read_rules(tree, "", ".git/info/exclude", allowance)
    pending: list[tuple[str, tuple[_Rules, ...]]] = [("", rules)]
    while pending:
        folder, rules = pending.pop()
        entries = tree.entries(folder)
        names = {entry.name for entry in entries}
        if folder and ("pyvenv.cfg" in names or CACHE_TAG in names):
            continue
        if ".gitignore" in names:
            rules = (*rules, *_read_rules(tree, folder, ".gitignore", allowance))
        for entry in entries:
            if not entry.is_dir and not _matters(entry.name):
                continue
            path = join(folder, entry.name)
            if entry.is_dir and (entry.is_link or _is_foreign(tree, path, entry)):
                continue
            if excluded is not None and excluded.verdict(path, is_dir=entry.is_dir):
                continue
            if _ignored(rules, path, entry):
                continue
            if entry.is_dir:
                if path.count("/") < DEEPEST:
                    pending.append((path, rules))
            else:
                found.append(path)
    found.sort()
    return found


def _is_foreign(tree: FileTree, path: str, entry: Entry) -> bool:
    if entry.name in _NEVER or entry.name.endswith((".egg-info", ".dist-info", ".egg")):
        return True
    return entry.name in _BUILT and not tree.is_file(join(path, "__init__.py"))


def _ignored(rules: tuple[_Rules, ...], path: str, entry: Entry) -> bool:
    if not entry.is_dir and entry.name in _KEPT:
        return False
    return _verdict(rules, path, is_dir=entry.is_dir)


def _verdict(rules: Sequence[_Rules], path: str, *, is_dir: bool) -> bool:
    """What the nearest ignore file says that speaks of ``path``; ``rules`` begin with the outermost."""
    for rule in reversed(rules):
        verdict = rule.verdict(path, is_dir=is_dir)
        if verdict is not None:
            return verdict
    return False


def _read_rules(tree: FileTree, folder: str, name: str, allowance: Allowance) -> tuple[_Rules, ...]:
    data = tree.read(join(folder, name))
    if isinstance(data, bytes):
        data = data.decode("utf-8", "surrogateescape")
    if not isinstance(data, str):
        return ()
    return (_Rules(folder, compile_patterns(data.removeprefix("\ufeff").splitlines()), allowance),)
