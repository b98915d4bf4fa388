"""The workspace that a command works on, and its settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cucurbit.analysis.baseline import KnownFinding
from cucurbit.analysis.finding import Finding, Severity, stronger
from cucurbit.cache.shelf import open_shelf
from cucurbit.cli.errors import Refused
from cucurbit.cli.files import reason_of
from cucurbit.cli.parser import suggestion
from cucurbit.cli.root import root_of
from cucurbit.opening import folder_workspace, open_workspace
from cucurbit.report.report import printable
from cucurbit.rules.catalogue import NAMES
from cucurbit.workspace.formats.toml import parse_toml
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import Problem
from cucurbit.workspace.settings.reader import SETTINGS_FILE, read_settings, read_toml
from cucurbit.workspace.settings.schema import ALL
from cucurbit.workspace.tree.files import FileTree, MemoryTree


@dataclass(frozen=True)
class WorkspaceTarget:
    """An opened workspace.

    Only findings below ``limits`` (paths relative to the root) are reported; empty: all. ``settings`` are those of the
    command line, which override the project's. ``cached``: the cache is used. Findings in ``baseline`` are left out,
    and those less severe than ``least``.
    """

    workspace: FolderWorkspace
    root: Path
    limits: tuple[str, ...]
    settings: Mapping[str, object]
    cached: bool = True
    baseline: tuple[KnownFinding, ...] = ()
    least: Severity = Severity.HINT

    def shows(self, finding: Finding) -> bool:
        """Whether a finding is severe enough to be reported."""
        return not stronger(self.least, finding.severity)

    def covers(self, path: str) -> bool:
        """Whether findings in ``path`` are reported."""
        return not self.limits or any(path == limit or path.startswith(limit + "/") for limit in self.limits)

    def over(self, tree: FileTree) -> FolderWorkspace:
        """The same workspace with other files."""
        shelf = open_shelf if self.cached else None
        return folder_workspace(tree, NAMES, self.settings, os.environ.get("VIRTUAL_ENV"), shelf)


def open_target(paths: Iterable[str], settings: Mapping[str, object], *, cached: bool = True) -> WorkspaceTarget:
    """Open the workspace that contains ``paths``.

    Its root is the nearest folder, at or above the common folder of the paths, with one of
    :data:`cucurbit.cli.root.MARKERS`; if there is none, the common folder itself. Without ``cached`` the cache is not
    used.

    Raises:
        Refused: a path does not exist or cannot be read, or a configuration file cannot be read.
    """
    asked = [_existing(path) for path in paths]
    try:
        root = Path(root_of(map(str, asked)))
    except ValueError:
        raise Refused("the paths have no folder in common") from None
    _check_readable(root)
    workspace = open_workspace(
        root,
        known_rules=NAMES,
        editor=settings,
        virtual_env=os.environ.get("VIRTUAL_ENV"),
        open_shelf=open_shelf if cached else None,
    )
    for name in (SETTINGS_FILE, "pyproject.toml"):
        file, problems = read_toml(workspace.tree, name)
        if file is None and problems:
            raise Refused(described(problems[0]))
    limits = tuple(path.relative_to(root).as_posix() for path in asked)
    if "." in limits:
        limits = ()
    for path in limits:
        reason = workspace.unreadable(path) if workspace.is_file(path) else None
        if reason is not None:
            raise Refused(f"{printable(path)} cannot be read: {reason}")
    return WorkspaceTarget(workspace, root, limits, settings, cached)


def _existing(path: str) -> Path:
    if "\0" in path or not os.path.exists(path):
        raise Refused(f"there is no file or folder {printable(path)}")
    # Not resolved: a path below a symbolic link keeps the name that the user gave.
    return Path(os.path.abspath(path))


def _check_readable(folder: Path) -> None:
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise Refused(f"the folder {printable(str(folder))} cannot be read: {(error.strerror or '').lower()}") from None


# ---------------------------------------------------------------------- settings


def read_overrides(
    config: str | None, select: Iterable[str] = (), extend: Iterable[str] = (), ignore: Iterable[str] = ()
) -> dict[str, object]:
    """The settings of the command line: those of the file ``config``, overridden by the lists of rules.

    Raises:
        Refused: the file cannot be read or has an invalid setting, or there is no such rule.
    """
    found = _config_settings(config) if config is not None else {}
    for name, given in (("select", select), ("extend-select", extend), ("ignore", ignore)):
        rules = [rule.strip() for text in given for rule in text.split(",") if rule.strip()]
        for rule in rules:
            if rule not in NAMES and rule != ALL:
                raise Refused(f"--{name}: {unknown_rule(rule)}")
        if given and not rules:
            raise Refused(f"--{name}: no rule is named")
        if rules:
            found[name] = rules
    return found


def unknown_rule(name: str) -> str:
    """A message that there is no such rule, with a suggestion."""
    hint = suggestion(name, NAMES) or "; `cucurbit rules` lists them"
    return f"there is no rule `{printable(name)}`{hint}"


def _config_settings(config: str) -> dict[str, object]:
    try:
        data = Path(config).read_bytes()
    except (OSError, ValueError) as error:
        raise Refused(f"{printable(config)} cannot be read: {reason_of(error)}") from None
    name = "pyproject.toml" if Path(config).name == "pyproject.toml" else SETTINGS_FILE
    _, problems = read_settings(MemoryTree({name: data}), NAMES, by_user=True)
    if problems:
        raise Refused(described(problems[0], config))
    file = parse_toml(data.decode("utf-8-sig"))
    return dict(file.table("tool", "cucurbit") if name == "pyproject.toml" else file.tables)


def described(problem: Problem, path: str | None = None) -> str:
    """A problem with its place; ``path`` replaces its own path."""
    span = problem.location.span
    where = path or problem.location.path or "the settings of the command line"
    return f"{printable(where)}:{span.line}:{span.column + 1}: {printable(problem.message)}"


# ------------------------------------------------------------------------- paths


def shown_from(root: Path, base: Path) -> Callable[[str], str]:
    """A function that converts paths of the workspace to paths relative to ``base``."""

    def shown(path: str) -> str:
        try:
            return os.path.relpath(root / path, base).replace(os.sep, "/")
        except ValueError:  # another drive
            return (root / path).as_posix()

    return cache(shown)


def link_to(root: Path) -> Callable[[str, int, int], str]:
    """A function that makes URLs of places: the terminal of VS Code opens them there, others open the file."""
    is_vscode = os.environ.get("TERM_PROGRAM") == "vscode"

    def link(path: str, line: int, column: int) -> str:
        uri = (root / path).as_uri()
        return f"vscode://file{uri.removeprefix('file://')}:{line}:{column}" if is_vscode else uri

    return link


def repository_of(root: Path) -> Path:
    """The folder that a CI service's paths are relative to: the one it names, else the repository, else the root."""
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        named = os.environ.get(variable)
        if named and os.path.isabs(named) and root.is_relative_to(os.path.abspath(named)):
            return Path(os.path.abspath(named))
    return next((each for each in (root, *root.parents) if os.path.lexists(each / ".git")), root)
