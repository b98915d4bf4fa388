"""A folder as a :class:`cucurbit.workspace.model.Workspace`: everything is computed on demand, and once."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from cucurbit.source.facts import At, ModuleFacts, Step
from cucurbit.source.sieve import may_declare_tables
from cucurbit.source.span import START, Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.alembic.environments import AlembicFinder, revision_files
from cucurbit.workspace.answers import Answers, T
from cucurbit.workspace.model import (
    EntryKind,
    EntryPoint,
    InstalledSymbol,
    MigrationEnvironment,
    Problem,
    StartCommand,
    UpgradeCommand,
)
from cucurbit.workspace.modules.elsewhere import Elsewhere
from cucurbit.workspace.modules.finder import COMPILED
from cucurbit.workspace.modules.installed import Environments, Installed
from cucurbit.workspace.modules.projects import Projects
from cucurbit.workspace.modules.roots import MARKERS, RootFinder
from cucurbit.workspace.modules.versions import LockedVersions, normalise_name, parse_version
from cucurbit.workspace.parsed import OpenShelf, Parsed, Shelf
from cucurbit.workspace.settings.reader import SETTINGS_FILE, read_settings, setting_location
from cucurbit.workspace.settings.schema import Settings
from cucurbit.workspace.starts.applications import Starts, runs_when_imported
from cucurbit.workspace.starts.containers import Placed
from cucurbit.workspace.starts.entry_points import EntryPointMaker, distinct, is_started, with_application
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.starts.python_path import python_paths
from cucurbit.workspace.starts.resolve import ResolvedStarts, StartResolver
from cucurbit.workspace.starts.start_files import start_files
from cucurbit.workspace.starts.targets import NoSuchEntry, asked_entries, resolve_entry
from cucurbit.workspace.tree.files import DiskTree, FileTree, Overlay, Unreadable, ancestors, parent
from cucurbit.workspace.tree.ledger import Asked
from cucurbit.workspace.tree.walk import IGNORE_FILES, walk
from cucurbit.workspace.view import View

_OF_TOOLS = frozenset({"setup.py", "noxfile.py", "fabfile.py", "tasks.py", "dodo.py", "conf.py"})
"""Files that tools read, which start no program of the project."""
_MOST_CHANGES = 50


class Stamp:
    """Identifies one snapshot."""


class FolderWorkspace(View):
    """An immutable view of one folder. :meth:`with_changes` gives the next one, which shares what did not change."""

    def __init__(
        self,
        tree: FileTree,
        launchers: Launchers,
        known_rules: Collection[str] | None = None,
        editor: Mapping[str, object] | None = None,
        virtual_env: str | None = None,
        open_shelf: OpenShelf | None = None,
    ) -> None:
        super().__init__(tree)
        self.launchers = launchers
        self._open_shelf = open_shelf
        self._known_rules = known_rules
        self._editor = editor
        self._virtual_env = virtual_env
        self._environments = Environments()
        self._parsed: dict[str, Parsed] = {}
        self._good: dict[str, ModuleFacts] = {}
        self._buffers: frozenset[str] = frozenset()
        self._answers = Answers()
        self.stamp = Stamp()
        self._changes: dict[Stamp, frozenset[str]] = {}

    def with_changes(
        self,
        changed: Iterable[str] = (),
        buffers: Mapping[str, str] | None = None,
        *,
        editor: Mapping[str, object] | None = None,
        packages_changed: bool = False,
    ) -> FolderWorkspace:
        """The workspace after ``changed`` paths (files or folders) changed on disk.

        ``buffers`` are all open files of the editor, ``editor`` its settings (None: as before). ``packages_changed``
        makes the installed packages be read again.
        """
        changed = frozenset(changed)
        later = FolderWorkspace(
            self._tree.with_changes(changed, buffers or {}),
            self.launchers,
            self._known_rules,
            self._editor if editor is None else editor,
            self._virtual_env,
            self._open_shelf,
        )
        later._environments = Environments() if packages_changed else self._environments
        later._parsed, later._answers = dict(self._parsed), self._answers
        later._forget([path for path in changed if not later._tree.is_file(path)])
        later._buffers = frozenset(buffers or ())
        later._good = {
            path: good
            for path in (buffers or {})
            if path.endswith(".py") and (good := self._good_before(later, path)) is not None
        }
        self._share(later, changed)
        return later

    def _forget(self, gone: Collection[str]) -> None:
        """Drop what is known of files and folders that are gone: under new names, they would come without end."""
        if gone:
            left, below = set(gone), tuple(f"{path}/" for path in gone)

            def is_gone(path: str) -> bool:
                return path in left or path.startswith(below)

            self._parsed = {path: each for path, each in self._parsed.items() if not is_gone(path)}
            self._answers.forget(is_gone)

    def _share(self, later: FolderWorkspace, changed: Collection[str]) -> None:
        """Pass results that are still valid to ``later``."""
        touched = [path for path in {*changed, *self._buffers, *later._buffers} if self._differs(later, path)]
        same_settings = later._editor is self._editor and not {SETTINGS_FILE, "pyproject.toml"}.intersection(touched)
        same_files = same_settings and all(self._stands(later, path) for path in touched)
        if same_settings:
            self._hand_over(later, "_settings", "shelf")
        if same_files:
            later._finder = self._finder
            self._hand_over(later, "_files", "_python_files", "_elsewhere")
        if (
            same_files
            and not (self._starts_plainly and any(self._may_start_plainly(later, path) for path in touched))
            and all(self._starts_alike(later, path) for path in touched)
            and self._has_same_roots(later, touched)
        ):
            self._hand_over(later, "_projects", "_maker", "_alembic", "_named", "_discovered", "_entry_points")
            if all(self._look(path).may_define_tables == later._look(path).may_define_tables for path in touched):
                self._hand_over(later, "_candidates")
            if later._environments is self._environments:
                later._note_change(self, frozenset(touched))

    def _note_change(self, before: FolderWorkspace, paths: frozenset[str]) -> None:
        older = list(before._changes.items())[-_MOST_CHANGES:]
        self._changes = {stamp: known | paths for stamp, known in older} | {before.stamp: paths}

    def changed_since(self, stamp: Stamp) -> frozenset[str] | None:
        """The files whose contents may differ from that snapshot, if nothing else differs; None if more may."""
        return self._changes.get(stamp)

    def _hand_over(self, later: FolderWorkspace, *names: str) -> None:
        later.__dict__.update({name: self.__dict__[name] for name in names if name in self.__dict__})

    def _differs(self, later: FolderWorkspace, path: str) -> bool:
        before, after = self._tree.read(path), later._tree.read(path)
        if before is after and isinstance(before, str):
            return False
        return (before is not after and before != after) or self._tree.is_dir(path) or later._tree.is_dir(path)

    def _stands(self, later: FolderWorkspace, path: str) -> bool:
        """Whether a change of ``path`` cannot affect which files exist and belong to the workspace."""
        was, now = self._tree, later._tree
        return was.is_file(path) and now.is_file(path) and path.rpartition("/")[2] not in IGNORE_FILES

    @property
    def _starts_plainly(self) -> bool:
        """Whether no program is known but, at most, scripts without a guard."""
        discovered: list[EntryPoint] = self.__dict__.get("_discovered") or []
        found = [each for each in discovered if each.kind is not EntryKind.ALEMBIC]
        starts = [self._starts(each.path) for each in found if each.kind is EntryKind.SCRIPT and each.named_by is None]
        return len(starts) == len(found) and not any(each is not None and each.has_main_guard for each in starts)

    def _may_start_plainly(self, later: FolderWorkspace, path: str) -> bool:
        """Whether a change of ``path`` may make or end a script without a guard: that script, or what imports it."""
        changed = self._look(path).imports.keys() ^ later._look(path).imports.keys()
        return "/" not in path or any(
            each.removesuffix(".py") in changed for each in self._python_files if "/" not in each
        )

    def _starts_alike(self, later: FolderWorkspace, path: str) -> bool:
        """Whether a change of ``path`` cannot affect how the project is started."""
        is_code = path.endswith(".py") and not path.endswith("setup.py")
        return is_code and self._starts(path) == later._starts(path)

    def _has_same_roots(self, later: FolderWorkspace, touched: Collection[str]) -> bool:
        """Whether the import roots of every file are unchanged; ``later`` gets the root finder."""
        others = [path for path in touched if self._look(path).imports != later._look(path).imports]
        roots = self._roots.after(others, lambda path: later._look(path).imports) if others else self._roots
        starting = [path for path in others if self._starts(path) is not None]
        if roots is None or any(roots.needed_by(path) != self._roots.needed_by(path) for path in starting):
            return False
        later.__dict__["_roots"] = roots
        return True

    def overlaid(self, texts: Mapping[str, str]) -> FolderWorkspace:
        """The workspace as it would be if these files had these texts; open buffers are kept."""
        later = FolderWorkspace(
            Overlay(self._tree, texts),
            self.launchers,
            self._known_rules,
            self._editor,
            self._virtual_env,
            self._open_shelf,
        )
        later._environments = self._environments
        later._parsed = dict(self._parsed)
        later._answers = self._answers
        later._buffers = self._buffers.union(texts)
        later._good = {path: facts for path, facts in self._good.items() if path not in texts}
        self._share(later, texts)
        return later

    def asked(self) -> tuple[Asked, ...]:
        """All questions to the disk so far; empty if the result depends on unsaved texts."""
        tree = self._tree.below if isinstance(self._tree, Overlay) and self._tree.is_saved() else self._tree
        outside = self._environments.outside.asked() if isinstance(tree, DiskTree) else None
        return (tree.asked(), outside) if isinstance(tree, DiskTree) and outside is not None else ()

    @cached_property
    def shelf(self) -> Shelf | None:
        """The cache of facts; None if there is none."""
        return self._open_shelf(self.root, self.settings.cache_dir) if self._open_shelf is not None else None

    def parsed(self) -> Mapping[str, Parsed]:
        """The results for each file's content so far, by path."""
        return self._parsed

    @cached_property
    def _settings(self) -> tuple[Settings, tuple[Problem, ...]]:
        return read_settings(self._tree, self._known_rules, self._editor)

    @property
    def settings(self) -> Settings:
        return self._settings[0]

    @property
    def setting_problems(self) -> Sequence[Problem]:
        """The problems of the settings themselves."""
        return self._settings[1]

    @cached_property
    def _files(self) -> list[str]:
        return walk(self._tree, self.settings.exclude)

    @cached_property
    def _python_files(self) -> list[str]:
        return [path for path in self._files if path.endswith(".py")]

    def python_files(self) -> Sequence[str]:
        return self._python_files

    @cached_property
    def _candidates(self) -> list[str]:
        return [path for path in self._python_files if self._look(path).may_define_tables]

    def candidates(self) -> Sequence[str]:
        return self._candidates

    def may_declare_tables(self, path: str) -> bool:
        return may_declare_tables(self._look(path).data)

    def mentions(self, path: str, *words: str) -> bool:
        text = self.text(path)
        return text is not None and any(word in text for word in words)

    def _look(self, path: str) -> Parsed:
        content = self._tree.read(path)
        if content is None:
            # Not kept: of a file that is gone, nothing stays.
            return Parsed(None)
        known = self._parsed.get(path)
        if known is None or (known.content is not content and known.content != content):
            known = Parsed(content, self.shelf, None if known is None else known.reading)
            self._parsed[path] = known
        return known

    def facts(self, path: str) -> ModuleFacts | None:
        if not path.endswith(".py"):
            return None
        return self._good[path] if self.is_stale(path) else self._look(path).facts

    def body(self, path: str, number: int) -> tuple[Step, ...]:
        facts = self.facts(path)
        return facts.bodies[number] if facts is not None and number < len(facts.bodies) else ()

    def span(self, path: str, at: At) -> Span:
        facts = self.facts(path)
        return START if facts is None else facts.span(at)

    def about(self, path: str, ask: Callable[[ModuleFacts], T]) -> T | None:
        facts = self.facts(path)
        return None if facts is None else self._answers.ask(path, facts, ask)

    def _last_good(self, path: str) -> ModuleFacts | None:
        """The facts that are used while the text of ``path`` has a syntax error."""
        facts = self.facts(path)
        return facts if facts is not None and facts.problem is None else None

    def _good_before(self, later: FolderWorkspace, path: str) -> ModuleFacts | None:
        """The same for ``later``. A text that stays needs no new ones: of many open files, one is edited at a time."""
        is_edited = self._tree.read(path) is not later._tree.read(path)
        return self._last_good(path) if is_edited else self._good.get(path)

    def is_stale(self, path: str) -> bool:
        """Whether :meth:`facts` are those of the last text without a syntax error: the spans are that text's."""
        return path in self._good and self._tree.is_buffer(path) and self._look(path).is_broken

    def unreadable(self, path: str) -> str | None:
        if path.endswith(COMPILED) and self._tree.is_file(path):
            return "it is a compiled module"
        content = self._look(path).content
        if isinstance(content, Unreadable):
            return content.reason
        source = self._look(path).source
        return source.problem if source is not None else None

    def text(self, path: str) -> str | None:
        source = self._look(path).source
        return source.text if source is not None else None

    def source(self, path: str) -> SourceText | None:
        """The decoded file with its encoding and byte order mark; None where it cannot be read."""
        return self._look(path).source

    @cached_property
    def _roots(self) -> RootFinder:
        return RootFinder(
            self._tree,
            self._finder,
            self._python_files,
            self.settings.roots,
            lambda path: self._look(path).imports,
            self._projects.declared_roots,
            self._projects.dependencies,
        )

    def roots_of(self, path: str) -> Sequence[str]:
        return self._roots.roots_of(path)

    def module_name(self, path: str) -> str:
        return self._roots.module_name(path)

    @cached_property
    def _projects(self) -> Projects:
        return Projects(self._tree, self._files)

    def depends_on(self, module: str, near: str) -> bool:
        project, name = self._roots.project_of(near), module.lower()
        return name in self._projects.dependencies(project) and name != self._projects.name(project)

    @cached_property
    def _elsewhere(self) -> Elsewhere:
        return Elsewhere(self._tree, self._python_files)

    def elsewhere(self, module: str, importer: str) -> str | None:
        return self._elsewhere.find(module, importer)

    @cached_property
    def _alembic(self) -> tuple[list[MigrationEnvironment], list[Problem]]:
        finder = AlembicFinder(self._tree, self._finder, self.roots_of)
        return finder.find(self._files), finder.problems

    @property
    def environments(self) -> Sequence[MigrationEnvironment]:
        return self._alembic[0]

    @cached_property
    def _maker(self) -> EntryPointMaker:
        return EntryPointMaker(self._roots, self._projects.declared_roots)

    @cached_property
    def _resolver(self) -> StartResolver:
        return StartResolver(self._tree, self._finder, self._maker, self.facts, self.depends_on, self.launchers)

    @cached_property
    def _named(self) -> ResolvedStarts:
        return self._resolver.resolve_all(start_files(self._tree, self._files, self.launchers))

    def _on_python_path(self, environment: MigrationEnvironment) -> list[str]:
        """The folders that files around an environment put on PYTHONPATH, those nearest to its env.py first."""
        above = set(ancestors(environment.env_path))
        found = [
            folder
            for placed in self._python_paths
            if not above.isdisjoint((parent(placed.path), placed.base))
            for folder in self._resolver.on_python_path(placed)
        ]
        near = environment.env_path
        return sorted(dict.fromkeys(found), key=lambda folder: -len(posixpath.commonprefix([f"{folder}/", near])))

    @cached_property
    def _python_paths(self) -> list[Placed]:
        return python_paths(self._tree, self._files, self.launchers)

    def _loads_application(self, path: str) -> bool:
        return self.launchers.loads_application(self.facts(path))

    def _starts(self, path: str) -> Starts | None:
        """How a file can be started, by its facts; None if its bytes show that it cannot."""
        if not path.endswith("__main__.py") and not self._look(path).may_start(self.launchers):
            return None
        return self.about(path, self.launchers.starts_of)

    @cached_property
    def _discovered(self) -> list[EntryPoint]:
        named = self._named
        found = [
            replace(
                self._maker.alembic(each, self._on_python_path(each)),
                named_by=named.alembic.get((each.config, each.section)),
            )
            for each in self.environments
        ]
        found += named.entries
        env_files = {environment.env_path for environment in self.environments}
        versions = {folder for environment in self.environments for folder in environment.version_locations}
        for path in self._python_files:
            if path in env_files or parent(path) in versions or not is_started(path):
                continue
            starts = self._starts(path)
            found += self._maker.inferred(path, starts) if starts is not None else []
        if all(each.kind is EntryKind.ALEMBIC for each in found):
            found += [self._maker.script(path) for path in self._plain_scripts()]
        return [
            with_application(entry, found, self._maker, self._loads_application, self._starts)
            for entry in distinct(found)
        ]

    def _plain_scripts(self) -> Iterator[str]:
        """Where nothing else starts a program: files in the root that no file imports and that act when executed."""
        imported = frozenset[str]().union(*(self._look(path).imports for path in self._python_files))
        for path in (each for each in self._python_files if "/" not in each and is_started(each)):
            if path in _OF_TOOLS:
                continue
            if path.removesuffix(".py") not in imported and self.about(path, runs_when_imported):
                yield path

    @cached_property
    def _entry_points(self) -> tuple[list[EntryPoint], list[Problem]]:
        """The entry points in the settings, and the settings that name none."""
        found, vain = asked_entries(self, self._maker, self._discovered)
        message = "entry point `{}` is not a module, file or configuration of this workspace"
        problems = [Problem(setting_location(self._tree, name), message.format(target)) for name, target in vain]
        return distinct(found), problems

    @property
    def entry_points(self) -> Sequence[EntryPoint]:
        return self._entry_points[0]

    def resolve_entry(self, text: str) -> EntryPoint | NoSuchEntry:
        """The entry point that ``text`` names, or why there is none."""
        return resolve_entry(self, self._maker, text, self._discovered)

    @property
    def start_commands(self) -> Sequence[StartCommand]:
        return self._named.commands

    @property
    def upgrade_commands(self) -> Sequence[UpgradeCommand]:
        return self._named.upgrades

    def revision_files(self, environment: MigrationEnvironment) -> Sequence[str]:
        return revision_files(self._tree, environment)

    @property
    def problems(self) -> Sequence[Problem]:
        return (*self._settings[1], *self._alembic[1], *self._entry_points[1])

    @cached_property
    def _installed(self) -> Installed:
        projects = [parent(path) for path in self._files if path.rpartition("/")[2] in MARKERS]
        return self._environments.of(self._tree, self.settings.python, self._virtual_env, projects)

    @cached_property
    def _locked(self) -> LockedVersions:
        return LockedVersions(self._tree)

    def version(self, distribution: str, near: str) -> tuple[int, ...] | None:
        if normalise_name(distribution) == "sqlalchemy" and self.settings.sqlalchemy_version is not None:
            return parse_version(self.settings.sqlalchemy_version)
        return self._installed.version(distribution) or self._locked.of(distribution, near)

    def is_installed(self, module: str, near: str) -> bool | None:
        found = self._installed.has(module)
        if found is None or (not found and self._installed.version("sqlalchemy") is None):
            return True if self.version(module, near) is not None else None
        return found

    def installed(self, dotted: str) -> InstalledSymbol | None:
        return self._installed.symbol(dotted)
