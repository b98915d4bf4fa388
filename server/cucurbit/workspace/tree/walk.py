"""Which files of a tree count: what ``.gitignore``, common sense and the settings leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

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
"""Folders that hold no code of the project's own, whatever is in them."""

_BUILT = frozenset({"build", "dist"})
"""Folders that hold build products, unless they are packages."""

IGNORE_FILES = frozenset({".gitignore", "exclude", "pyvenv.cfg", CACHE_TAG})
"""Names of files whose content or presence decides over others."""

_KEPT = frozenset({"alembic.ini", ".env", ".flaskenv"})
"""Files that count although git ignores them: they hold secrets, and yet configure."""


DEEPEST = 100
"""Folders inside each other that are walked."""

_MOST_TRIES = 10_000_000
"""Patterns that are tried on paths; nothing is ignored after that."""

_SUFFIXES = (
    ".py", ".toml", ".ini", ".cfg", ".txt", ".in", ".lock", ".yml", ".yaml", ".sh", ".bash", ".env", ".flaskenv",
)  # fmt: skip
_NAMES = ("procfile", "dockerfile", "containerfile", "makefile", "justfile")


def _matters(name: str) -> bool:
    """Whether a file of this name is ever looked at: matching all others against patterns would be wasted work."""
    return name.endswith(_SUFFIXES) or name.lower().startswith(_NAMES) or name.lower().endswith(".dockerfile")


@dataclass(frozen=True)
class _Rules:
    """The patterns of one ignore file, and the folder that they are relative to."""

    folder: str
    spec: GitIgnoreSpec
    allowance: Allowance
    """How many patterns may be tried in one walk."""

    def verdict(self, path: str, *, is_dir: bool) -> bool | None:
        """Whether ``path`` is ignored; None where no pattern speaks of it."""
        if not self.allowance.spend(len(self.spec.patterns)):
            return None
        relative = path[len(self.folder) + 1 :] if self.folder else path
        return self.spec.check_file(relative + "/" if is_dir else relative).include


def ignored_by(text: str, folder: str, path: str) -> bool | None:
    """Whether the ignore file of ``folder`` that holds ``text`` ignores a file; None where it does not speak of it."""
    return _Rules(folder, compile_patterns(text.splitlines()), Allowance(_MOST_TRIES)).verdict(path, is_dir=False)


def walk(tree: FileTree, exclude: Sequence[str] = ()) -> list[str]:
    """Every Python or configuration file that counts, sorted.

    Links to folders are not followed, so that no loop can be entered.
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
    for rule in reversed(rules):
        verdict = rule.verdict(path, is_dir=entry.is_dir)
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
