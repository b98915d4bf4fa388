"""The import roots: the folders that the code of a file expects on ``sys.path``.

They are inferred from imports: a folder is a root of a file if the absolute imports of that file, and of the files
beside it, find modules there.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

from cucurbit.workspace.modules.finder import ModuleFinder, dotted_name
from cucurbit.workspace.tree.files import Content, FileTree, ancestors, join, parent

MARKERS = (
    "pyproject.toml", "setup.py", "setup.cfg", "alembic.ini", "requirements.txt", "manage.py", "Procfile", "Pipfile",
    "uv.lock", "poetry.lock",
)  # fmt: skip
"""Files that mark the root of a project."""

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]*([^\n#]*)|import[ \t]+([^\n#;]+))", re.MULTILINE
)
_LONGEST_LIST = 20_000
"""Bytes between brackets behind ``import`` in which their end is looked for."""
_RELATIVE = re.compile(rb"^from[ \t]*(\.+)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_]\w*")

Imports = Mapping[str, int]
"""What a file imports, with the number of statements for each.

Absolutely: ``a``; ``a.b``, where ``b`` is surely a module; ``a:b`` for ``from a import b``, where it may be any name.
No more than two parts are told apart: where modules are found shows in these. Relatively: the dots alone; not where the
statement is indented, as in a ``try``.
"""


def scan_imports(content: Content) -> Imports:
    """The imports of one file, found without parsing it, except those of the standard library."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    found: Counter[str] = Counter()
    if not isinstance(data, bytes):
        return found
    for groups in _import_statements(data):
        source, names, plain = (group.decode("utf-8", "replace") if group else "" for group in groups)
        if source.partition(".")[0] in sys.stdlib_module_names:
            continue
        if "." in source:
            found[_two_parts(source)] += len(set(_imported(names))) or 1
        elif source:
            found.update({f"{source}:{name}" for name in _imported(names)} or {source})
        else:
            dotted = {part.split(" as ")[0].strip() for part in plain.split(",")}
            found.update(_two_parts(name) for name in dotted if name.partition(".")[0] not in sys.stdlib_module_names)
    found.update(dots.decode() for dots in _RELATIVE.findall(data))
    return found


def _import_statements(data: bytes) -> Iterator[tuple[bytes | None, bytes | None, bytes | None]]:
    """The module and names of each ``from``, or what stands behind ``import``; brackets may go over several lines."""
    match = _IMPORT.search(data)
    while match is not None:
        source, names, plain = match.groups()
        end = match.end()
        if names is not None and names.startswith(b"("):
            start = match.start(2)
            closing = data.find(b")", start, start + _LONGEST_LIST)
            end = closing + 1 if closing >= 0 else end
            names = data[start:end]
        yield source, names, plain
        match = _IMPORT.search(data, end)


def _two_parts(dotted: str) -> str:
    first, dot, rest = dotted.partition(".")
    return f"{first}{dot}{rest.partition('.')[0]}"


def _imported(names: str) -> list[str]:
    listed = []
    for part in re.sub(r"#[^\n]*", "", names.strip("()")).split(","):
        match = _NAME.search(part)
        if match is not None:
            listed.append(match.group())
    return listed


class _Score(NamedTuple):
    """How well a folder explains imports; compared from left to right."""

    set_by_user: bool
    local: int
    project: int
    declared: bool
    marked: bool
    natural: bool


@dataclass(frozen=True)
class _Folder:
    """The input for a folder's roots: the imports of its files, and how many each candidate explains."""

    project: str
    local: Imports
    above: tuple[str, ...]
    scores: Mapping[str, _Score]


class RootFinder:
    """The roots of every file of one snapshot.

    ``imports`` gives what a file imports, ``declared`` the roots that a project's configuration declares, and
    ``dependencies`` the top-level names that a project takes from packages it depends on.
    """

    def __init__(
        self,
        tree: FileTree,
        finder: ModuleFinder,
        python_files: Sequence[str],
        set_by_user: Sequence[str],
        imports: Callable[[str], Imports],
        declared: Callable[[str], Sequence[str]],
        dependencies: Callable[[str], frozenset[str]],
    ) -> None:
        self._tree = tree
        self._finder = finder
        self._python_files = python_files
        self._set_by_user = tuple(set_by_user)
        self._imports = imports
        self._declared = declared
        self._dependencies = dependencies
        self._roots: dict[str, tuple[str, ...]] = {}
        self._folders: dict[str, _Folder] = {}
        self._projects: dict[str, str] = {}
        self._project_imports: dict[str, Imports] = {}
        self._hits: dict[tuple[str, str], bool] = {}
        self._of_projects: dict[tuple[str, str], int] = {}

    def project_of(self, path: str) -> str:
        """The folder of the project that ``path`` belongs to: the nearest with a marker, else the root."""
        folder = parent(path)
        found = self._projects.get(folder)
        if found is None:
            found = next((each for each in [folder, *ancestors(folder)] if self._is_marked(each)), "")
            self._projects[folder] = found
        return found

    def roots_of(self, path: str) -> tuple[str, ...]:
        """The roots of ``path``, the most likely first, and those of its project that its imports also need."""
        folder = parent(path)
        found = self._roots.get(folder)
        if found is None:
            found = self._find_roots(folder)
            self._roots[folder] = found
        level = _level(self._imports(path))
        if not level or _has_packages(folder, found[0], level):
            return found
        # A relative import with several dots needs as many parent packages, else it fails.
        able = [root for root in self._ranked(self._folder(folder))[1] if _has_packages(folder, root, level)]
        return tuple(dict.fromkeys([*able[:1], *found]))

    def needed_by(self, path: str) -> list[str]:
        """Those of its roots that ``path`` itself :meth:`needs`."""
        return [root for root in self.roots_of(path) if self.needs(path, root)]

    def needs(self, path: str, root: str) -> bool:
        """Whether ``path``'s own imports find more under ``root`` than beside the file."""
        imports, project = self._imports(path), self.project_of(path)
        return self._explained(imports, root, project) > self._explained(imports, parent(path), project)

    def all_roots(self) -> list[str]:
        """Every folder that is the first root of some file, the most common first."""
        counts = Counter(self.roots_of(path)[0] for path in self._python_files)
        return list(dict.fromkeys([*self._set_by_user, *(root for root, _ in counts.most_common())]))

    def module_name(self, path: str) -> str:
        """The dotted name of ``path`` under the first of its roots that can name it, else its last part."""
        for root in self.roots_of(path):
            name = dotted_name(path, root)
            if name is not None:
                return name
        return path.rpartition("/")[2].removesuffix(".py")

    def _is_marked(self, folder: str) -> bool:
        present = [name for name in MARKERS if self._tree.is_file(join(folder, name))]
        # Flask-Migrate keeps its alembic.ini inside the migrations folder.
        return bool(present) and (present != ["alembic.ini"] or not self._tree.is_file(join(folder, "env.py")))

    def _find_roots(self, folder: str) -> tuple[str, ...]:
        known = self._folder(folder)
        best, others = self._ranked(known)
        roots = [best]
        absolute = [name for name in known.local if not name.startswith(".")]
        missing = {name for name in absolute if not self._leads(name, best, known.project)}
        for root in others:
            explained = {name for name in missing if self._leads(name, root, known.project)}
            if root not in roots and (root in self._set_by_user or explained):
                roots.append(root)
                missing -= explained
        return tuple(roots)

    def _folder(self, folder: str) -> _Folder:
        found = self._folders.get(folder)
        if found is None:
            found = self._folders[folder] = self._looked_at(folder)
        return found

    def _looked_at(self, folder: str) -> _Folder:
        project = self.project_of(join(folder, "x.py"))
        local = self._count(self._files_in(folder))
        natural = self._natural_root(folder)
        declared = [root for root in self._declared(project) if self._tree.is_dir(root)]
        above = tuple([folder, *ancestors(folder)] if folder else [""])
        scores = {
            root: _Score(
                set_by_user=root in self._set_by_user,
                local=self._explained(local, root, project),
                project=0,
                declared=root in declared,
                marked=root == project,
                natural=root == natural,
            )
            for root in [*self._set_by_user, *declared, *above]
        }
        return _Folder(project, local, above, scores)

    def _ranked(self, folder: _Folder) -> tuple[str, list[str]]:
        """The root of a folder, and all candidates, the best first."""
        scores = {
            root: score._replace(project=self._explained_in_project(root, folder.project))
            for root, score in folder.scores.items()
        }
        return max(folder.above, key=scores.__getitem__), sorted(scores, key=scores.__getitem__, reverse=True)

    def after(self, paths: Collection[str], imports: Callable[[str], Imports]) -> RootFinder | None:
        """The finder of a snapshot in which only the imports of ``paths`` have changed, as given by ``imports``.

        None if this changes the roots of a file for which they were computed here.
        """
        if any(_level(imports(path)) != _level(self._imports(path)) for path in paths):
            return None
        changed: dict[str, Counter[str]] = defaultdict(Counter)
        for path in paths:
            counts = changed[self.project_of(path)]
            counts.update(imports(path))
            counts.subtract(self._imports(path))
        folders = {parent(path) for path in paths}
        later = copy(self)
        later._imports = imports
        later._roots = dict(self._roots)
        later._folders = {each: known for each, known in self._folders.items() if each not in folders}
        later._project_imports = {each: known for each, known in self._project_imports.items() if each not in changed}
        later._of_projects = {
            (root, project): count + self._explained(changed[project], root, project) if project in changed else count
            for (root, project), count in self._of_projects.items()
        }
        for each, roots in self._roots.items():
            known = self._folder(each)
            stands = known.project not in changed or (
                each not in folders and self._ranked(known) == later._ranked(known)
            )
            if not stands and later._find_roots(each) != roots:
                return None
        return later

    def _natural_root(self, folder: str) -> str:
        while folder and self._tree.is_file(join(folder, "__init__.py")):
            folder = parent(folder)
        return folder

    def _files_in(self, folder: str) -> list[str]:
        return [
            join(folder, entry.name)
            for entry in self._tree.entries(folder)
            if not entry.is_dir and entry.name.endswith(".py")
        ]

    def _count(self, paths: Sequence[str]) -> Imports:
        total: Counter[str] = Counter()
        for path in paths:
            total.update(self._imports(path))
        return total

    def _imports_of_project(self, project: str) -> Imports:
        found = self._project_imports.get(project)
        if found is None:
            found = self._count([path for path in self._below(project) if self.project_of(path) == project])
            self._project_imports[project] = found
        return found

    def _below(self, folder: str) -> Sequence[str]:
        if not folder:
            return self._python_files
        start = bisect_left(self._python_files, folder + "/")
        return self._python_files[start : bisect_left(self._python_files, folder + "0")]

    def _explained_in_project(self, root: str, project: str) -> int:
        found = self._of_projects.get((root, project))
        if found is None:
            found = self._explained(self._imports_of_project(project), root, project)
            self._of_projects[(root, project)] = found
        return found

    def _explained(self, imports: Imports, root: str, project: str) -> int:
        return sum(count for name, count in imports.items() if self._leads(name, root, project))

    def _leads(self, dotted: str, root: str, project: str) -> bool:
        """Whether ``dotted`` is found under ``root``, and not by accident through an equal name."""
        key = (dotted, root)
        found = self._hits.get(key)
        if found is None:
            found = self._finds(dotted, root, project)
            self._hits[key] = found
        return found

    def _finds(self, dotted: str, root: str, project: str) -> bool:
        first, kind, rest = _parts(dotted)
        spec = self._finder.find_spec(first, (root,))
        if spec is None:
            return False
        if first in self._dependencies(project) and (spec.path is None or not self._is_set(root, project)):
            return False
        if spec.path is not None and kind != ".":
            return True
        # Any folder is a namespace package: it only counts if it contains what the import requests.
        return bool(rest) and self._finder.find_spec(f"{first}.{rest}", spec.search) is not None

    def _is_set(self, root: str, project: str) -> bool:
        """Whether more than a module's name speaks for a root.

        The folder around a package ``fastapi`` of the project's own is hardly on ``sys.path``, if ``fastapi`` is also
        what the project requires.
        """
        return root == project or root in self._set_by_user or root in self._declared(project)


def _parts(imported: str) -> tuple[str, str, str]:
    """``a``, ``.`` or ``:``, and ``b``; a relative import has no first part."""
    for kind in ":.":
        first, found, rest = imported.partition(kind)
        if found:
            return first, kind, rest
    return imported, "", ""


def _level(imports: Imports) -> int:
    """The most dots that a relative import has; 0 where there is none."""
    return max((len(name) for name in imports if name.startswith(".")), default=0)


def _has_packages(folder: str, root: str, level: int) -> bool:
    """Whether modules in ``folder`` have that many parent packages if ``root`` is the import root."""
    if folder == root or (root and not folder.startswith(root + "/")):
        return False
    return len((folder[len(root) + 1 :] if root else folder).split("/")) >= level
