"""Reads a git repository: which files a commit holds, and their texts.

Nothing of the workspace is executed. Git is started with fixed arguments and without a shell; it only reads objects and
names, so neither filters nor text conversions nor external diffs apply; hooks, the monitor of the file system and every
transport are switched off, whatever the configuration in the workspace says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cucurbit.cli.errors import Refused
from cucurbit.report.report import printable

_SECONDS = 120
_OPTIONS = (
    "--no-pager",
    "--literal-pathspecs",
    "--no-replace-objects",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"})
"""Set by git for hooks, relative to another folder."""

_FILE_MODES = frozenset({b"100644", b"100755"})


class Git:
    """The repository that contains a folder. All paths are relative to that folder, with ``/``."""

    def __init__(self, folder: Path) -> None:
        """Find git.

        Raises:
            Refused: git is not installed.
        """
        self._folder = folder
        found = shutil.which("git")
        # On Windows the current folder is searched first: a program of the workspace must not run.
        if found is None or Path(os.path.abspath(found)).is_relative_to(folder):
            raise Refused("--since needs git, which was not found in PATH")
        self._git = os.path.abspath(found)

    def commit(self, revision: str) -> str:
        """The name of the commit that ``revision`` means.

        Raises:
            Refused: there is no such commit, or no repository.
        """
        self._run("rev-parse", "--git-dir")
        try:
            named = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except (Refused, ValueError):
            raise Refused(f"--since: git knows no revision `{printable(revision)}`") from None
        return named.decode("ascii").strip()

    def files(self, commit: str) -> dict[str, str]:
        """The files of a commit below the folder, each with the name of its content; links and submodules are none."""
        found = {}
        for entry in self._run("ls-tree", "-r", "-z", commit).split(b"\0"):
            about, tab, path = entry.partition(b"\t")
            if tab and about.split()[0] in _FILE_MODES:
                found[os.fsdecode(path)] = about.split()[2].decode("ascii")
        return found

    def files_now(self) -> set[str]:
        """The files that are in the index, and those that are not and that git does not ignore."""
        listed = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return {os.fsdecode(path) for path in listed.split(b"\0") if path}

    def contents(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """Contents by their names."""
        wanted = sorted(set(names))
        if not wanted:
            return {}
        return dict(_batch(self._run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in wanted).encode())))

    def _run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
        try:
            ran = subprocess.run(
                [self._git, *_OPTIONS, *arguments],
                input=stdin,
                capture_output=True,
                cwd=self._folder,
                env=environment | _ENVIRONMENT,
                timeout=_SECONDS,
                check=False,
            )
        except OSError as error:
            raise Refused(f"--since: git cannot be started: {(error.strerror or str(error)).lower()}") from None
        except subprocess.TimeoutExpired:
            raise Refused("--since: git does not answer") from None
        if ran.returncode:
            said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Refused(f"--since: git says: {printable(said[0]) if said else f'exit code {ran.returncode}'}")
        return ran.stdout


def _batch(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The answers of ``git cat-file --batch``: a line with name, type and size, then the content and a line feed."""
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        head = data[at:end].split()
        at = end + 1
        if len(head) == 3:
            size = int(head[2])
            yield head[0].decode("ascii"), data[at : at + size]
            at += size + 1
