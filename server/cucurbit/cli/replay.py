"""``cucurbit check`` answered without work: from the cache while nothing changed, and where there is nothing to check.

It imports next to nothing: what is not loaded is most of the speed.
"""

from __future__ import annotations

import os
import sys

from cucurbit.cache.folder import cache_folder, is_switched_off
from cucurbit.cli.errors import CLEAN
from cucurbit.cli.root import root_of
from cucurbit.cli.terminal import is_coloured
from cucurbit.workspace.tree.disk import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cucurbit.workspace.tree.ledger import Asked

_FLAGS = frozenset({"--no-color", "--exit-zero", "--no-baseline", "--no-cache", "--show-fixes"})
_VALUED = frozenset({"--output-format", "--select", "--extend-select", "--ignore"})
"""The options of ``check`` whose results are kept. All others take the long way."""

_VARIABLES = (
    "CI_PROJECT_DIR", "COLORTERM", "FORCE_COLOR", "GITHUB_WORKSPACE", "HOME", "NO_COLOR", "TERM", "TTY_COMPATIBLE",
    "USERPROFILE", "VIRTUAL_ENV",
)  # fmt: skip
"""Variables of the environment that may decide what is written."""


class Request:
    """One call of ``check``: the root of its workspace, and where what it writes may be kept."""

    def __init__(self, arguments: Sequence[str], paths: Sequence[str], root: str) -> None:
        self.root = root
        self._arguments = tuple(arguments)
        self._paths = tuple(paths)
        self._cache = None if "--no-cache" in arguments or is_switched_off() else cache_folder(_cache_dir(root), root)
        self._key: bytes | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked for but a report about a folder as text."""
        return len(self._paths) == 1 and set(self._arguments) <= {*_FLAGS, *self._paths}

    def key(self) -> bytes:
        """16 bytes that tell this call from all that may be answered otherwise."""
        if self._key is None:
            from cucurbit.cache.stamp import stamp
            from cucurbit.cache.store import digest

            # Formats for code hosts name files as the repository does.
            above = _folders_above(self.root)
            repository = next((each for each in above if os.path.lexists(os.path.join(each, ".git"))), "")
            parts = [self.root, os.getcwd(), repository, str(sys.stdout.encoding), str(is_coloured(sys.stdout))]
            parts += [f"{name}={os.environ.get(name)}" for name in _VARIABLES]
            data = [part.encode("utf-8", "surrogatepass") for part in (*parts, *self._arguments)]
            self._key = digest(stamp(), *data)
        return self._key

    def recall(self) -> int | None:
        """Write again what is known of this call, and return its exit code; None where nothing is."""
        if self._cache is None:
            return None
        from cucurbit.cache.results import recall

        result = recall(self._cache, self.key())
        if result is None:
            return None
        sys.stdout.write(result.out)
        sys.stderr.write(result.err)
        return result.code

    def keep(self, out: str, err: str, code: int, asked: Sequence[Asked]) -> None:
        """Keep what this call wrote; ``asked`` is all that it asked of the disk, or empty where that is not known."""
        # Windows' older consoles have no colours in their text.
        if self._cache is None or not asked or (sys.platform == "win32" and is_coloured(sys.stdout)):
            return
        from cucurbit.cache.results import Result, keep
        from cucurbit.cache.store import evict

        if keep(self._cache, self.key(), Result(out, err, code), asked):
            evict(self._cache)


def request_of(arguments: Sequence[str]) -> Request | None:
    """The call that ``arguments`` of ``check`` make; None where it has to take the long way."""
    paths = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, _ = argument.partition("=")
        if not argument.startswith("-"):
            paths.append(argument)
        elif name in _VALUED:
            if not equals and next(rest, None) is None:
                return None
        elif argument not in _FLAGS:
            return None
    paths = paths or ["."]
    try:
        if not all(os.path.exists(path) for path in paths):
            return None
        return Request(arguments, paths, root_of(paths))
    except (OSError, ValueError):
        return None


def answer(request: Request) -> int | None:
    """Write what ``check`` has to say and return its exit code; None where that takes work."""
    if request.is_plain and not is_coloured(sys.stdout) and _is_empty(request.root):
        from cucurbit.report.nothing import NO_ENTRY_POINT, NO_FINDINGS

        sys.stdout.write(f"{NO_FINDINGS}{NO_ENTRY_POINT}\n")
        return CLEAN
    return request.recall()


def _is_empty(root: str) -> bool:
    """Whether a folder that can be read holds nothing but a repository."""
    try:
        with os.scandir(root) as entries:
            return all(entry.name == ".git" for entry in entries)
    except OSError:
        return False


def _folders_above(root: str) -> list[str]:
    found = [root]
    while (above := os.path.dirname(found[-1])) != found[-1]:
        found.append(above)
    return found


def _cache_dir(root: str) -> str | None:
    """The setting ``cache-dir``, as :mod:`cucurbit.workspace.settings.reader` reads it."""
    for name, keys in (("cucurbit.toml", ()), ("pyproject.toml", ("tool", "cucurbit"))):
        data = load(os.path.join(root, name))
        if isinstance(data, bytes) and b"cache-dir" in data:
            value = _value(data, (*keys, "cache-dir"))
            if isinstance(value, str):
                return value
    return None


def _value(data: bytes, keys: Sequence[str]) -> object:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found: object = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found
