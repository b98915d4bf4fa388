"""Resolves starts to entry points: finds the module, and the ``sys.path`` for it."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cucurbit.source.facts import ModuleFacts
from cucurbit.source.text import split_lines
from cucurbit.workspace.model import CONFIGURED, EntryPoint, Location, ModuleSpec, StartCommand, UpgradeCommand
from cucurbit.workspace.modules.finder import ModuleFinder
from cucurbit.workspace.settings.reader import decode
from cucurbit.workspace.starts.applications import Application
from cucurbit.workspace.starts.containers import Placed
from cucurbit.workspace.starts.entry_points import EntryPointMaker
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.starts.programs import Start, StartKind
from cucurbit.workspace.starts.shell import WORKSPACE
from cucurbit.workspace.starts.start_files import location
from cucurbit.workspace.tree.files import FileTree, ancestors, join, normalise, parent


@dataclass(frozen=True)
class _FoundModule:
    """A module found for a start, with its working directory and ``sys.path``."""

    spec: ModuleSpec
    directory: str
    sys_path: tuple[str, ...]


@dataclass(frozen=True)
class ResolvedStarts:
    """Entry points, commands that name a module, and upgrades of a database.

    ``alembic``: where the alembic command is used, by its configuration and section.
    """

    entries: list[EntryPoint]
    commands: list[StartCommand]
    alembic: dict[tuple[str, str], Location]
    upgrades: list[UpgradeCommand]


class StartResolver:
    """Turns starts into entry points and start commands."""

    def __init__(
        self,
        tree: FileTree,
        finder: ModuleFinder,
        maker: EntryPointMaker,
        facts: Callable[[str], ModuleFacts | None],
        is_dependency: Callable[[str, str], bool],
        launchers: Launchers,
    ) -> None:
        self._launchers = launchers
        self._tree = tree
        self._finder = finder
        self._maker = maker
        self._facts = facts
        self._is_dependency = is_dependency
        self._lines: dict[str, list[str]] = {}
        """The lines of each file of starts: one file may hold many."""

    def resolve_all(self, starts: Iterable[Placed]) -> ResolvedStarts:
        """What starts lead to."""
        entries: list[EntryPoint] = []
        commands: list[StartCommand] = []
        alembic: dict[tuple[str, str], Location] = {}
        upgrades: list[UpgradeCommand] = []
        for placed in starts:
            commands += self._without_module(placed)
            upgrades += self._upgrades(placed)
            if placed.start.kind is StartKind.ALEMBIC:
                for config in self._configs(placed, placed.start.path):
                    alembic.setdefault((config, placed.start.section), self._location(placed))
                continue
            found, command = self.resolve(placed)
            entries += found
            commands += [command] if command is not None else []
        return ResolvedStarts(entries, list(dict.fromkeys(commands)), alembic, list(dict.fromkeys(upgrades)))

    def _location(self, placed: Placed) -> Location:
        path = placed.path
        if path not in self._lines:
            self._lines[path] = split_lines(decode(self._tree.read(path)) or "")
        return location(self._lines[path], placed)

    def _upgrades(self, placed: Placed) -> Iterable[UpgradeCommand]:
        start = placed.start
        if start.upgrades is not None:
            configs = tuple(self._configs(placed, start.upgrades.config))
            where = self._location(placed)
            written = start.upgrades.config
            folders = tuple(self._surely_in(placed, written))
            yield UpgradeCommand(
                start.command, start.upgrades.revision, configs, start.section, where, written, folders
            )

    def _surely_in(self, placed: Placed, written: str) -> list[str]:
        """The folders in which an alembic command may run that reads ``written``; none where that is not known."""
        start = placed.start
        unknown = "$" in f"{start.cwd}{written}" or "~" in f"{start.cwd}{written}" or "`" in start.cwd
        if start.kind is not StartKind.ALEMBIC or unknown or not start.cwd or written.startswith("/"):
            return []
        if not placed.copies and not start.cwd.startswith("/"):
            return self.folders(placed)
        mapped = self._mapped(placed, start.cwd)
        return [mapped] if mapped is not None and self._tree.is_dir(mapped) and not placed.built_elsewhere else []

    def resolve(self, placed: Placed) -> tuple[list[EntryPoint], StartCommand | None]:
        """The entry points of one start, and the command if it names a module."""
        start = placed.start
        where = self._location(placed)
        if start.kind is StartKind.ALEMBIC:
            return [], None
        if start.path:
            return [replace(entry, named_by=where) for entry in self._from_path(placed)], None
        found = self._find(placed, start.module)
        entry = self._entry(start, found) if found is not None else None
        entries = [replace(entry, named_by=where)] if entry is not None else []
        return entries, self._command(placed, found, where)

    def _without_module(self, placed: Placed) -> Iterator[StartCommand]:
        """The command if it names a script that does not exist, or hides the failure of migrations."""
        start = placed.start
        directory = next(iter(self.folders(placed)), "")
        if start.on_failure:
            where = self._location(placed)
            yield StartCommand(start.command, "", "", directory, where, on_failure=start.on_failure)
        if start.kind is StartKind.SCRIPT and start.path and not self._from_path(placed) and self._is_inside(placed):
            yield StartCommand(start.command, "", "", directory, self._location(placed), path=start.path)

    def _is_inside(self, placed: Placed) -> bool:
        """Whether a script's path would be a file of the workspace: in a container, of a folder that is copied."""
        start = placed.start
        if "$" in start.path or "$" in start.cwd or "~" in start.path:
            return False
        if placed.built_elsewhere and not placed.copies:
            return False
        if not placed.copies and not start.cwd.startswith("/") and not start.path.startswith("/"):
            return True
        mapped = self._mapped(placed, posixpath.join(start.cwd, start.path))
        return mapped is not None and (not parent(mapped) or self._tree.is_dir(parent(mapped)))

    def on_python_path(self, placed: Placed) -> list[str]:
        """The folders of the workspace that a file puts on PYTHONPATH, in their order."""
        folders = self.folders(placed)
        mapped = [self._mapped(placed, posixpath.join(folder_text(folders[0]), each)) for each in placed.start.on_path]
        return [each for each in dict.fromkeys(mapped) if each is not None and self._tree.is_dir(each)]

    def _configs(self, placed: Placed, written: str) -> Iterable[str]:
        """The paths that the configuration of an alembic command may have."""
        return [path for folder in self.folders(placed) if (path := normalise(posixpath.join(folder, written)))]

    def folders(self, placed: Placed) -> list[str]:
        """Where a start may run, the most likely first: its own directory, else near the file that names it."""
        cwd = placed.start.cwd
        mapped = self._mapped(placed, cwd)
        near = [placed.base, *ancestors(placed.base)]
        if not placed.copies and not cwd.startswith("/"):
            # A script is called from a folder above it, usually that of the project.
            project = self._maker.project_of(placed.path)
            above = [normalise(posixpath.join(folder, cwd)) for folder in [project, *near]]
        else:
            above = [mapped, *near]
        return [folder for folder in dict.fromkeys(above) if folder is not None and self._tree.is_dir(folder)]

    def _mapped(self, placed: Placed, path: str) -> str | None:
        if path == WORKSPACE or path.startswith(WORKSPACE + "/"):
            return normalise(path[len(WORKSPACE) + 1 :])
        if not path.startswith("/"):
            return normalise(posixpath.join(placed.base, path))
        for target, folder in placed.copies:
            below = target.rstrip("/")
            if path == target or path.startswith(below + "/"):
                rest = path[len(below) + 1 :]
                if self._tree.is_dir(join(folder, rest) if rest else folder):
                    return join(folder, rest) if rest else folder
        for target, folder in placed.copies:
            rest = target[len(path.rstrip("/")) + 1 :]
            if target.startswith(path.rstrip("/") + "/") and ("/" + folder).endswith("/" + rest):
                return folder[: -len(rest)].rstrip("/")
        return None

    def _find(self, placed: Placed, module: str) -> _FoundModule | None:
        start = placed.start
        options = []
        for folder in self.folders(placed):
            written = [self._mapped(placed, posixpath.join(folder_text(folder), each)) for each in start.on_path]
            options.append((folder, tuple(dict.fromkeys(each for each in written if each is not None))))
        for folder, sys_path in options:
            spec = self._finder.resolve(module, sys_path)
            if spec is not None:
                return _FoundModule(spec, folder, sys_path)
        for folder, sys_path in options:
            near = join(folder, "x.py")
            spec = self._finder.resolve(module, (*sys_path, *self._maker.fallback(near, sys_path)))
            if spec is not None:
                return _FoundModule(spec, folder, sys_path)
        return None

    def _entry(self, start: Start, found: _FoundModule) -> EntryPoint | None:
        module, path = start.module, found.spec.path
        if start.kind is StartKind.RUN_MODULE:
            if found.spec.is_package:
                main = self._finder.find_spec(f"{module}.__main__", found.spec.search)
                path = main.path if main is not None else None
            return self._maker.run_module(module, path, found.sys_path, found.directory) if path else None
        if start.submodule and found.spec.is_package and not start.attribute:
            inner = self._finder.find_spec(f"{module}.{start.submodule}", found.spec.search)
            if inner is not None and inner.path is not None:
                module, path = inner.name, inner.path
        if path is None:
            return None
        attribute = start.attribute
        if start.names and not attribute:
            attribute = self._choose(path, start.names, served=start.kind is not StartKind.WORKER)
        startup = ""
        if start.kind in {StartKind.SERVED, StartKind.WORKER}:
            startup = attribute
        elif start.kind is StartKind.PASTE:
            attribute, startup = f"{attribute}()", f"{attribute}{CONFIGURED}"
        elif start.kind is StartKind.CONSOLE:
            startup = f"{attribute}()"
        return self._maker.module(module, attribute, startup, path, found.sys_path, found.directory)

    def _choose(self, path: str, names: Sequence[str], *, served: bool = True) -> str:
        """The attribute of a module that is started when none is named: an application, one of ``names`` first."""
        facts = self._facts(path)
        found = self._launchers.starts_of(facts).applications if facts is not None else ()
        applications = [each for each in found if each.served is served]

        def rank(application: Application) -> tuple[bool, int]:
            known = application.attribute in names
            return (not known, names.index(application.attribute) if known else 0)

        if not applications:
            return ""
        best = min(applications, key=rank)
        return best.attribute + ("()" if best.factory else "")

    def _command(self, placed: Placed, found: _FoundModule | None, where: Location) -> StartCommand | None:
        start = placed.start
        folders = self.folders(placed)
        directory = found.directory if found is not None else next(iter(folders), "")
        first = start.module.partition(".")[0]
        if found is None:
            fallbacks = [self._maker.fallback(join(folder, "x.py"), ()) for folder in folders]
            search = dict.fromkeys([*folders, *(root for roots in fallbacks for root in roots)])
            known = self._finder.find_spec(first, search) is not None
            elsewhere = first in sys.stdlib_module_names or self._is_dependency(first, placed.path)
            # It is unknown what else a container's build puts there.
            in_container = start.cwd.startswith("/") and not start.cwd.startswith(WORKSPACE)
            elsewhere = elsewhere or bool(placed.copies) or in_container or placed.built_elsewhere
            if not known and (elsewhere or start.kind in {StartKind.RUN_MODULE, StartKind.CONSOLE, StartKind.PASTE}):
                return None
        return StartCommand(start.command, start.module, start.attribute, directory, where)

    def _from_path(self, placed: Placed) -> list[EntryPoint]:
        start = placed.start
        for folder in self.folders(placed):
            path = self._file(start, self._mapped(placed, posixpath.join(folder_text(folder), start.path)))
            if path is None:
                continue
            if start.kind is StartKind.SERVED:
                return [self._by_path(path, folder, start.attribute or self._choose(path, start.names))]
            return [self._maker.script(path, folder, again=start.kind is StartKind.RERUN_SCRIPT)]
        return []

    def _file(self, start: Start, written: str | None) -> str | None:
        """The file that a path refers to: itself, or for a folder the first file that the program tries."""
        if written is None:
            return None
        choices = [join(written, name) for name in start.files] if self._tree.is_dir(written) else [written]
        return next((each for each in choices if self._tree.is_file(each)), None)

    def _by_path(self, path: str, directory: str, attribute: str) -> EntryPoint:
        root = parent(path)
        names = [path.rpartition("/")[2].removesuffix(".py")]
        if names == ["__init__"]:
            names = []
        while root and self._tree.is_file(join(root, "__init__.py")):
            names.insert(0, root.rpartition("/")[2])
            root = parent(root)
        return self._maker.module(".".join(names), attribute, attribute, path, (root,), directory)


def folder_text(folder: str) -> str:
    """A folder of the workspace as a directory that a start may have."""
    return f"{WORKSPACE}/{folder}" if folder else WORKSPACE
