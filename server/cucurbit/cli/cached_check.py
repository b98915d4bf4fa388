"""Answers ``cucurbit check`` without an analysis: from the cache if nothing changed, or if the folder is empty.

It imports almost nothing, which is what makes it fast.
"""

from __future__ import annotations

import os
import sys

from cucurbit.cache.folder import cache_folder, is_switched_off
from cucurbit.cli.errors import CLEAN
from cucurbit.cli.root import root_of
from cucurbit.cli.terminal import is_coloured, say_time, supports_links, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cucurbit.workspace.tree.ledger import Asked

_FLAGS = frozenset(
    {
        "--no-color", "--exit-zero", "--no-baseline", "--no-cache", "--show-fixes", "--statistics",
        "--verbose", "-v", "--quiet", "-q",
    }
)  # fmt: skip
_VALUED = frozenset({"--output-format", "--select", "--extend-select", "--ignore", "--severity", "--time-limit"})
"""The options of ``check`` whose output is cached. All others need an analysis."""

_VARIABLES = (
    "CI_PROJECT_DIR", "COLORTERM", "FORCE_COLOR", "GITHUB_WORKSPACE", "HOME", "NO_COLOR", "TERM", "TTY_COMPATIBLE",
    "USERPROFILE", "VIRTUAL_ENV",
)  # fmt: skip
"""Environment variables that may change the output."""


class CheckCall:
    """One call of ``check``: the root of its workspace, and its place in the cache."""

    def __init__(self, arguments: Sequence[str], paths: Sequence[str], root: str) -> None:
        self.root = root
        self._arguments = tuple(arguments)
        self._paths = tuple(paths)
        self._cache = None if "--no-cache" in arguments or is_switched_off() else cache_folder(None, root)
        self._key: bytes | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the call only requests a report as text about one folder."""
        return len(self._paths) == 1 and set(self._arguments) <= {*(_FLAGS - {"--quiet", "-q"}), *self._paths}

    def key(self) -> bytes:
        """A key of 16 bytes for everything, besides files, that the output depends on."""
        if self._key is None:
            from cucurbit.cache.program_digest import program_digest
            from cucurbit.cache.store import digest

            # Formats for code hosts use paths relative to the repository.
            above = _folders_above(self.root)
            repository = next((each for each in above if os.path.lexists(os.path.join(each, ".git"))), "")
            parts = [
                self.root,
                os.getcwd(),
                repository,
                str(sys.stdout.encoding),
                str(is_coloured(sys.stdout)),
                f"{supports_links(sys.stdout)} {os.environ.get('TERM_PROGRAM')}",
                str(width_of(sys.stdout)),
            ]
            parts += [f"{name}={os.environ.get(name)}" for name in _VARIABLES]
            data = [part.encode("utf-8", "surrogatepass") for part in (*parts, *self._arguments)]
            self._key = digest(program_digest(), *data)
        return self._key

    @property
    def says_time(self) -> bool:
        """Whether the call requests a report for people with its summary."""
        given = {argument.rpartition("=")[2] for argument in self._arguments}
        return given.isdisjoint({"-q", "--quiet", "json", "sarif", "github", "gitlab", "junit"})

    def load(self, began: float) -> int | None:
        """Write the cached output of this call and return its exit code; None if there is none.

        ``began``: when the command started, see :func:`cucurbit.cli.terminal.say_time`.
        """
        if self._cache is None:
            return None
        from cucurbit.cache import results

        result = results.load(self._cache, self.key())
        if result is None:
            return None
        sys.stdout.write(result.out)
        if self.says_time:
            say_time(began)
        sys.stderr.write(result.err)
        return result.code

    def save(self, out: str, err: str, code: int, asked: Sequence[Asked]) -> None:
        """Cache the output of this call; ``asked`` are the answers of the disk that it depends on, empty if unknown."""
        # Older Windows consoles set colours by system calls, which are not part of the text.
        if self._cache is None or not asked or (sys.platform == "win32" and is_coloured(sys.stdout)):
            return
        from cucurbit.cache import results
        from cucurbit.cache.store import evict

        if results.save(self._cache, self.key(), results.CommandOutput(out, err, code), asked):
            evict(self._cache)


def request_of(arguments: Sequence[str]) -> CheckCall | None:
    """The call of ``check`` with these arguments; None if it needs an analysis."""
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
        return CheckCall(arguments, paths, root_of(paths))
    except (OSError, ValueError):
        return None


def answer(request: CheckCall, began: float) -> int | None:
    """Write the output of ``check`` and return its exit code; None if it needs an analysis."""
    if request.is_plain and not is_coloured(sys.stdout) and _is_empty(request.root):
        from cucurbit.report.no_findings import NO_ENTRY_POINT, NO_FINDINGS

        sys.stdout.write(f"{NO_FINDINGS}{NO_ENTRY_POINT}\n")
        return CLEAN
    return request.load(began)


def _is_empty(root: str) -> bool:
    """Whether a readable folder contains nothing except a git repository."""
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
