"""Entry points of a workspace: those that its configuration names, and those that its code shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from cucurbit.workspace.model import AGAIN, EntryKind, EntryPoint, MigrationEnvironment
from cucurbit.workspace.modules.finder import dotted_name
from cucurbit.workspace.modules.roots import RootFinder
from cucurbit.workspace.starts.applications import Starts
from cucurbit.workspace.tree.files import ancestors, parent

_NOT_STARTED = frozenset(
    {"tests", "test", "testing", "docs", "doc", "examples", "example", "samples", "tutorials", "fixtures", "benchmarks"}
)
"""Folders whose files are not started to run the project."""


def is_started(path: str) -> bool:
    """Whether a file's folder allows it to be an entry point that is not named in a configuration."""
    name = path.rpartition("/")[2]
    if name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py"):
        return False
    return in_project(path)


def in_project(path: str) -> bool:
    """Whether a file is outside the folders of tests, examples and documentation."""
    return not _NOT_STARTED.intersection(path.split("/")[:-1])


class EntryPointMaker:
    """Makes entry points with the right ``sys.path`` for each way to start."""

    def __init__(self, roots: RootFinder, declared: Callable[[str], Sequence[str]]) -> None:
        self._roots = roots
        self._declared = declared

    def project_of(self, path: str) -> str:
        """The folder of the project that ``path`` belongs to."""
        return self._roots.project_of(path)

    def all_roots(self) -> list[str]:
        """Every import root in use, the most common first."""
        return self._roots.all_roots()

    def fallback(self, path: str, sys_path: Iterable[str]) -> tuple[str, ...]:
        """Further folders that the project of ``path`` makes importable."""
        known = set(sys_path)
        project = self._roots.project_of(path)
        return tuple(
            root
            for root in dict.fromkeys([*self._roots.roots_of(path), *self._declared(project), project])
            if root not in known
        )

    def alembic(self, environment: MigrationEnvironment, python_path: Sequence[str] = ()) -> EntryPoint:
        """What the ``alembic`` command does; its console script puts nothing on ``sys.path``.

        ``python_path`` are folders that files around the environment put on PYTHONPATH.
        """
        sys_path = environment.prepend_sys_path
        assumed = (each for each in python_path if each not in sys_path)
        return EntryPoint(
            kind=EntryKind.ALEMBIC,
            target=environment.config,
            path=environment.env_path,
            module="",
            startup="",
            directory=environment.directory,
            sys_path=sys_path,
            fallback_path=tuple(dict.fromkeys([*assumed, *self.fallback(environment.env_path, sys_path)])),
            environment=environment,
            named_by=None,
        )

    def script(self, path: str, directory: str | None = None, *, again: bool = False) -> EntryPoint:
        """``python path.py``: the script's own folder comes first. ``again``: a server executes it many times."""
        sys_path = (parent(path),)
        return EntryPoint(
            kind=EntryKind.SCRIPT,
            target=path,
            path=path,
            module="",
            startup=AGAIN if again else "",
            directory=self._roots.project_of(path) if directory is None else directory,
            sys_path=sys_path,
            fallback_path=self.fallback(path, sys_path),
            environment=None,
            named_by=None,
        )

    def run_module(self, module: str, path: str, sys_path: Sequence[str], directory: str) -> EntryPoint:
        """``python -m module``."""
        return EntryPoint(
            kind=EntryKind.SCRIPT,
            target=f"-m {module}",
            path=path,
            module=module,
            startup="",
            directory=directory,
            sys_path=tuple(sys_path),
            fallback_path=self.fallback(path, sys_path),
            environment=None,
            named_by=None,
        )

    def module(
        self, module: str, attribute: str, startup: str, path: str, sys_path: Sequence[str], directory: str
    ) -> EntryPoint:
        """``module`` imported; ``attribute`` is only part of the target, ``startup`` is served."""
        return EntryPoint(
            kind=EntryKind.MODULE,
            target=f"{module}:{attribute}" if attribute else module,
            path=path,
            module=module,
            startup=startup,
            directory=directory,
            sys_path=tuple(sys_path),
            fallback_path=self.fallback(path, sys_path),
            environment=None,
            named_by=None,
        )

    def inferred(self, path: str, starts: Starts) -> list[EntryPoint]:
        """The entry points in the code of ``path``: applications, factories, ``__main__`` guards, ``__main__.py``."""
        found = []
        root = next((each for each in self._roots.roots_of(path) if dotted_name(path, each) is not None), None)
        name = dotted_name(path, root) if root is not None else None
        if root is not None and name is not None:
            for application in starts.applications:
                attribute = application.attribute + ("()" if application.factory else "")
                startup = attribute if application.served else ""
                found.append(self.module(name, attribute, startup, path, (root,), root))
        if path.rpartition("/")[2] == "__main__.py":
            if root is not None and name is not None and name != "__main__":
                found.append(self.run_module(name.removesuffix(".__main__"), path, (root,), root))
        elif starts.has_main_guard:
            found.append(self._guarded(path))
        return found

    def _guarded(self, path: str) -> EntryPoint:
        """A script that no configuration names, run from the folder that its imports need, else from its own."""
        script = self.script(path)
        for root in self._roots.needed_by(path):
            if root in script.fallback_path:
                return replace(script, sys_path=(root,), fallback_path=self.fallback(path, (root,)))
        return script


def distinct(entries: Iterable[EntryPoint]) -> list[EntryPoint]:
    """The entry points without duplicates; one that is named at a place replaces an inferred one."""
    entries = list(entries)
    named = {_what(entry) for entry in entries if entry.named_by is not None}
    targets = {(entry.kind, entry.path, entry.target) for entry in entries if entry.named_by is not None}
    found: dict[tuple[str, ...], EntryPoint] = {}
    for entry in entries:
        what = _what(entry)
        if entry.named_by is None and entry.kind is not EntryKind.ALEMBIC:
            # What is named may also be started (a worker), where of what was inferred only the import is known.
            less = not entry.startup and (entry.kind, entry.path, entry.target) in targets
            if less or what in named:
                continue
        found.setdefault((*what, entry.module, entry.directory), entry)
    return sorted(found.values(), key=_rank)


def _rank(entry: EntryPoint) -> int:
    """The place of an entry point among others: migrations and what is served come first, scripts last."""
    if entry.kind is EntryKind.ALEMBIC:
        return 0
    if entry.kind is EntryKind.SCRIPT:
        return 3 if entry.named_by is not None else 4
    return 1 if entry.startup else 2


def with_application(
    entry: EntryPoint,
    entries: Sequence[EntryPoint],
    maker: EntryPointMaker,
    loads_application: Callable[[str], bool],
    starts_of: Callable[[str], Starts | None],
) -> EntryPoint:
    """The entry point of an environment, with the application if its env.py uses that.

    ``loads_application`` tells whether the command of an env.py loads the application first, ``starts_of`` how a file
    can be started.
    """
    if entry.kind is not EntryKind.ALEMBIC or not loads_application(entry.path):
        return entry
    # Migrations with a configuration of their own may stand in the package of the project that has the application.
    own = maker.project_of(entry.path)
    served = [each for each in entries if each.kind is EntryKind.MODULE and each.startup]
    around = {maker.project_of(each.path) for each in served} & {own, *ancestors(own)}
    nearest = max(around, key=len, default=own)
    applications = [each for each in served if maker.project_of(each.path) == nearest]
    # A server's argument may name the application differently than Flask's own search.
    applications.sort(
        key=lambda each: (
            not _is_told_to_flask(each),
            not each.startup.endswith("()") or not _is_application(each, starts_of(each.path)),
            each.named_by is None,
        )
    )
    if not applications:
        return entry
    first = applications[0]
    return replace(
        entry,
        module=first.module,
        startup=first.startup,
        sys_path=first.sys_path,
        fallback_path=first.fallback_path,
    )


def _is_told_to_flask(entry: EntryPoint) -> bool:
    """Whether FLASK_APP names the application, in a file that the command of Flask reads."""
    return entry.named_by is not None and entry.named_by.path.rpartition("/")[2] in (".flaskenv", ".env")


def _is_application(entry: EntryPoint, starts: Starts | None) -> bool:
    """Whether what is started is recognised as an application, and is not just any function (of a console script)."""
    known = starts.applications if starts is not None else ()
    return any(each.attribute == entry.startup.removesuffix("()") for each in known)


def _what(entry: EntryPoint) -> tuple[str, str, str, str]:
    section = entry.environment.section if entry.environment is not None else ""
    return (entry.kind.value, entry.path, entry.startup, section)
