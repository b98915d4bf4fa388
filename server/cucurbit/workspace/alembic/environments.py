"""The Alembic environments of a workspace: from ini files, from ``pyproject.toml``, and from bare env.py folders."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from cucurbit.source.span import START
from cucurbit.workspace.alembic.config import AlembicOptions, ConfigError, IniFile, parse_ini
from cucurbit.workspace.formats.toml import TomlFile
from cucurbit.workspace.model import FILE_TEMPLATE, Location, MigrationEnvironment, ModuleSpec, Problem
from cucurbit.workspace.modules.finder import ModuleFinder
from cucurbit.workspace.settings.reader import decode, read_toml
from cucurbit.workspace.tree.files import FileTree, ancestors, join, normalise, parent

_LEGACY_LOCATIONS = r", *|(?: +)"
_LEGACY_SYS_PATH = r", *|(?: +)|\:"
_PLACEHOLDER = re.compile(r"\{\{?\s*\w+\s*\}|\$\{?\w+|@\w+@")
"""``{folder}``, ``{{ folder }}``, ``${FOLDER}`` and ``@FOLDER@`` in the text of a template."""
_REVISION_FILE = re.compile(r"(?!\.\#|__init__)(.*\.py)$")


class AlembicFinder:
    """Finds every environment. ``roots_of`` gives the import roots of the project that a path belongs to."""

    def __init__(self, tree: FileTree, finder: ModuleFinder, roots_of: Callable[[str], Sequence[str]]) -> None:
        self._tree = tree
        self._finder = finder
        self._roots_of = roots_of
        self.problems: list[Problem] = []
        self._files: Sequence[str] = ()

    def find(self, files: Sequence[str]) -> list[MigrationEnvironment]:
        """The environments that ``files`` (all files of the workspace) configure, by configuration path."""
        found: list[MigrationEnvironment] = []
        self._files = files
        inis = {path: ini for path in files if path.endswith(".ini") and (ini := self._read_ini(path)) is not None}
        tomls = {
            parent(path): toml
            for path in files
            if path.rpartition("/")[2] == "pyproject.toml" and (toml := self._read_pyproject(path)) is not None
        }
        for path, ini in inis.items():
            found += self._from_ini(path, ini, tomls.get(parent(path)))
        for folder, toml in tomls.items():
            beside = inis.get(join(folder, "alembic.ini"))
            if beside is None or "alembic" not in beside.sections():
                found += self._from_options(self._options(None, "alembic", toml, folder), folder)
        known = {environment.env_path for environment in found}
        found += [self._bare(path) for path in files if path not in known and self._is_env(path)]
        return sorted(found, key=lambda environment: environment.config)

    def _read_ini(self, path: str) -> IniFile | None:
        text = decode(self._tree.read(path))
        if text is None or ("[alembic" not in text and "script_location" not in text):
            return None
        try:
            return parse_ini(path, text, self._absolute(parent(path)))
        except ConfigError as error:
            self.problems.append(error.problem)
            return None

    def _read_pyproject(self, path: str) -> TomlFile | None:
        content = self._tree.read(path)
        if not isinstance(content, bytes | str) or ("alembic" not in (decode(content) or "")):
            return None
        file, problems = read_toml(self._tree, path)
        if path != "pyproject.toml":  # the reader of the settings tells of the root's own
            self.problems += problems
        return file if file is not None and file.table("tool", "alembic") else None

    def _absolute(self, folder: str) -> str:
        return f"{self._tree.root}/{folder}" if folder else self._tree.root

    def _options(self, ini: IniFile | None, section: str, toml: TomlFile | None, folder: str) -> AlembicOptions:
        return AlembicOptions(ini, section, toml, join(folder, "pyproject.toml"), self._absolute(folder))

    def _from_ini(self, path: str, ini: IniFile, toml: TomlFile | None) -> list[MigrationEnvironment]:
        folder = parent(path)
        sections = ini.sections()
        if not sections and self._tree.is_file(join(folder, "env.py")) and ini.parser.has_section("alembic"):
            return [self._flask_migrate(folder, ini)]
        beside_toml = toml if path.rpartition("/")[2] == "alembic.ini" else None
        return [
            environment
            for section in sections
            for environment in self._from_options(self._options(ini, section, beside_toml, folder), folder)
        ]

    def _from_options(self, options: AlembicOptions, folder: str) -> list[MigrationEnvironment]:
        try:
            environment = self._build(options, folder)
        except ConfigError as error:
            self.problems.append(error.problem)
            return []
        return [environment] if environment is not None else []

    def _build(self, options: AlembicOptions, folder: str) -> MigrationEnvironment | None:
        location = options.location("script_location")
        value = options.text("script_location")
        if not value:
            if value is not None or options.ini is not None:
                raise ConfigError(location, "`script_location` is empty")
            return None
        entries = options.paths("prepend_sys_path", _LEGACY_SYS_PATH, "path_separator")
        # The command runs in the folder of its configuration, except ``alembic -c migrations/alembic.ini``.
        for directory in dict.fromkeys([folder, *ancestors(join(folder, "alembic.ini"))]):
            sys_path = self._folders(entries, directory)
            script = self._folder(value, directory, sys_path)
            if script is not None and self._tree.is_file(join(script, "env.py")):
                return self._environment(options, directory, script, sys_path)
        if _PLACEHOLDER.search(value):
            # A template, from which the configuration is made; its env.py is found by itself.
            return None
        if self._is_elsewhere(value, folder, self._folders(entries, folder)):
            shown = self._shown(value)
            message = f"Its migrations are not seen: `script_location` is '{shown}', which is not in this workspace"
            raise ConfigError(location, message, elsewhere=True)
        raise ConfigError(
            location,
            f"The alembic command finds no env.py: `script_location` is '{self._shown(value)}', not a folder of this"
            " workspace with an env.py",
        )

    def _environment(
        self, options: AlembicOptions, folder: str, script: str, sys_path: tuple[str, ...]
    ) -> MigrationEnvironment:
        location = options.location("script_location")
        versions = options.paths("version_locations", _LEGACY_LOCATIONS, "path_separator", "version_path_separator")
        locations = [self._folder(each, folder, sys_path) for each in versions] or [join(script, "versions")]
        good = [each for each in locations if each is not None]
        return MigrationEnvironment(
            config=location.path,
            section=options.section,
            directory=folder,
            script_location=script,
            env_path=join(script, "env.py"),
            version_locations=self._deepened(good) if options.flag("recursive_version_locations") else tuple(good),
            prepend_sys_path=sys_path,
            has_logging=options.ini is not None and options.ini.has_logging,
            location=location,
            file_template=options.text("file_template") or FILE_TEMPLATE,
            sourceless=options.flag("sourceless"),
            outside=len(good) < len(locations),
            relative_location=_relative(options.text("script_location") or ""),
        )

    def _flask_migrate(self, folder: str, ini: IniFile) -> MigrationEnvironment:
        """``flask db`` reads ``migrations/alembic.ini`` from the project's folder and sets the location itself."""
        return MigrationEnvironment(
            config=ini.path,
            section="alembic",
            directory=parent(folder),
            script_location=folder,
            env_path=join(folder, "env.py"),
            version_locations=(join(folder, "versions"),),
            prepend_sys_path=(),
            has_logging=ini.has_logging,
            location=ini.place("alembic"),
        )

    def _is_env(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name == "env.py" and (
            self._tree.is_file(join(folder, "script.py.mako")) or self._tree.is_dir(join(folder, "versions"))
        )

    def _bare(self, path: str) -> MigrationEnvironment:
        folder = parent(path)
        return MigrationEnvironment(
            config=path,
            section="alembic",
            directory=next(iter(self._roots_of(path)), ""),
            script_location=folder,
            env_path=path,
            version_locations=(join(folder, "versions"),),
            prepend_sys_path=(),
            has_logging=False,
            location=Location(path, START),
        )

    def _shown(self, value: str) -> str:
        """``value`` without this machine's path of the root, so that messages are the same on every machine."""
        root = self._tree.root
        return value.replace(f"{root}/", "") if len(root) > 1 else value

    def _folders(self, values: Sequence[str], directory: str) -> tuple[str, ...]:
        found = [self._inside(value, directory) for value in values]
        return tuple(each for each in found if each is not None)

    def _folder(self, value: str, directory: str, sys_path: Sequence[str]) -> str | None:
        """A location: a path from ``directory``, or a package and a path in it (``package:migrations``)."""
        if ":" not in value or _is_absolute(value):
            return self._inside(value, directory)
        package, *rest = value.split(":")
        spec = self._package(package, directory, sys_path)
        if spec is not None and spec.search:
            return normalise("/".join([spec.search[0], *rest]))
        return self._in_installed(package, "/".join(rest))

    def _is_elsewhere(self, value: str, directory: str, sys_path: Sequence[str]) -> bool:
        """Whether a location is an absolute path outside the workspace, or in a package that is not in it."""
        if _is_absolute(value):
            return self._inside(value, directory) is None
        package, colon, _ = value.partition(":")
        return bool(colon) and self._package(package, directory, sys_path) is None

    def _package(self, package: str, directory: str, sys_path: Sequence[str]) -> ModuleSpec | None:
        roots = dict.fromkeys([*sys_path, directory, *self._roots_of(join(directory, "alembic.ini"))])
        return self._finder.resolve(package, tuple(roots))

    def _in_installed(self, package: str, path: str) -> str | None:
        """A path in a package that is installed from some folder of the workspace (``src``), if it is in only one."""
        tail = f"/{package.replace('.', '/')}/__init__.py"
        folders = (normalise(join(parent(each), path)) for each in self._files if f"/{each}".endswith(tail))
        found = [each for each in folders if each is not None and self._tree.is_dir(each)]
        return found[0] if len(found) == 1 else None

    def _inside(self, value: str, directory: str) -> str | None:
        """``value`` (absolute, or from ``directory``) relative to the root; None where it is outside."""
        clean = posixpath.normpath(value.replace("\\", "/") or ".")
        root = self._tree.root
        if clean == root:
            return ""
        if clean.startswith(root + "/"):
            return clean[len(root) + 1 :]
        return None if posixpath.isabs(clean) or clean[1:3] == ":/" else normalise(posixpath.join(directory, clean))

    def _deepened(self, folders: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        pending = list(reversed(folders))
        while pending:
            folder = pending.pop()
            if folder in found:
                continue
            found.append(folder)
            below = [
                join(folder, entry.name)
                for entry in self._tree.entries(folder)
                if entry.is_dir and not entry.is_link and not entry.name.endswith("__pycache__")
            ]
            pending += reversed(below)
        return tuple(found)


def revision_files(tree: FileTree, environment: MigrationEnvironment) -> list[str]:
    """The files that Alembic loads as revisions, in the order in which it does."""
    found: list[str] = []
    for folder in environment.version_locations:
        names = [entry.name for entry in tree.entries(folder) if not entry.is_dir]
        found += [join(folder, name) for name in names if _REVISION_FILE.match(name)]
    return list(dict.fromkeys(found))


def _relative(location: str) -> str:
    """A location that is a path from where the command runs; empty for one that is absolute or in a package."""
    return "" if ":" in location or _is_absolute(location) else location


def _is_absolute(path: str) -> bool:
    """Whether a location is an absolute path, of this system or of Windows."""
    return posixpath.isabs(path) or re.match(r"[A-Za-z]:[\\/]", path) is not None
