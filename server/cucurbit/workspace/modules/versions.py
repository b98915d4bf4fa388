"""Which version of a distribution a project runs with, as far as its lock files and pins determine it."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cucurbit.workspace.settings.reader import decode, read_toml
from cucurbit.workspace.tree.files import FileTree, ancestors, join, normalise, parent

Version = tuple[int, ...]

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_LOCKED = re.compile(r'^name = "([^"\n]+)"[^\S\n]*\r?\nversion = "([^"\n]+)"', re.MULTILINE | re.IGNORECASE)
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;#)@]*)")
_INCLUDE = re.compile(r"\s*(?:-r|--requirement|-c|--constraint)[ =]\s*(\S+)")
_DEPTH_LIMIT = 8
_MOST_DIGITS = 18
_LONGEST_SPECIFIERS = 1_000
"""Characters; splitting takes time that grows with the square of a run of blanks."""


@dataclass(frozen=True)
class Requirement:
    """A requirement: the normalised name (:pep:`503`) and the specifiers as written."""

    name: str
    specifiers: str


def normalise_name(name: str) -> str:
    """A distribution's name, normalised as in :pep:`503`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_version(text: str) -> Version | None:
    """The release numbers that a version starts with (``2.1.0b1`` gives 2, 1, 0); None where there are none."""
    match = re.match(r"\s*v?(?:\d+!)?(\d+(?:\.\d+)*)", text)
    if match is None or any(len(part) > _MOST_DIGITS for part in match[1].split(".")):
        return None
    return tuple(int(part) for part in match[1].split("."))


def determined(specifiers: str) -> Version | None:
    """The release that specifiers allow, with at least two numbers; None if they allow several.

    Understands :pep:`440` and Poetry's ``~`` (``^`` only determines two numbers if the major version is 0).
    """
    lower: Version | None = None
    upper: Version | None = None
    if len(specifiers) > _LONGEST_SPECIFIERS:
        return None
    for part in re.split(r"[,\s]+(?=[<>=!~^])|,", specifiers.strip()):
        match = re.match(r"\s*(===?|~=|>=|<=|!=|<|>|~|\^)?\s*(.*)", part.strip())
        version = parse_version(match[2]) if match is not None else None
        if match is None or version is None:
            continue
        operator = match[1] or "=="
        if operator in {"==", "==="}:
            return version
        if operator == "~=" and len(version) > 1:
            lower, upper = version, _next(version[:-1])
        elif operator == "~":
            lower, upper = version, _next(version[:2])
        elif operator in {">=", ">"}:
            lower = version
        elif operator == "<":
            upper = version
    return _between(lower, upper)


def _next(version: Version) -> Version:
    return (*version[:-1], version[-1] + 1)


def _between(lower: Version | None, upper: Version | None) -> Version | None:
    if lower is None or upper is None:
        return None
    while len(upper) > 2 and upper[-1] == 0:
        upper = upper[:-1]
    common = lower[: len(upper)]
    return common if len(common) >= 2 and _next(common) == upper else None


class LockedVersions:
    """The versions that the files of a tree determine; each folder is read once."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._known: dict[str, Mapping[str, Version]] = {}

    def of(self, distribution: str, near: str) -> Version | None:
        """The version that the nearest lock file, pin or requirement above ``near`` determines."""
        name = normalise_name(distribution)
        for folder in ancestors(near) if near else [""]:
            found = self._in(folder).get(name)
            if found is not None:
                return found
        return None

    def _in(self, folder: str) -> Mapping[str, Version]:
        known = self._known.get(folder)
        if known is None:
            known = _locked(self._tree, folder)
            for requirement in requirements(self._tree, folder):
                if requirement.name not in known and (version := determined(requirement.specifiers)) is not None:
                    known[requirement.name] = version
            self._known[folder] = known
        return known


def _locked(tree: FileTree, folder: str) -> dict[str, Version]:
    """The versions in the lock files of a folder; for each distribution, the first file that names it counts."""
    found: dict[str, Version] = {}
    for lock in _LOCKS:
        for name, written in _LOCKED.findall(decode(tree.read(join(folder, lock))) or ""):
            version = parse_version(written)
            if version is not None:
                found.setdefault(normalise_name(name), version)
    try:
        data = json.loads(decode(tree.read(join(folder, "Pipfile.lock"))) or "{}")
    except (ValueError, RecursionError):
        return found
    packages = data.get("default") if isinstance(data, dict) else None
    for package, entry in packages.items() if isinstance(packages, dict) else ():
        version = determined(str(entry.get("version", ""))) if isinstance(entry, dict) else None
        if version is not None:
            found.setdefault(normalise_name(str(package)), version)
    return found


def requirements(tree: FileTree, folder: str) -> Iterator[Requirement]:
    """What the files in ``folder`` require: requirements files first, then ``pyproject.toml`` and ``Pipfile``."""
    names = [entry.name for entry in tree.entries(folder) if not entry.is_dir]
    files = [name for name in names if re.match(r"(requirements|constraints).*\.(txt|in)\Z", name)]
    files.sort(key=lambda name: (name != "requirements.txt", name.endswith(".in"), name))
    paths = [join(folder, name) for name in files]
    inner = join(folder, "requirements")
    paths += [join(inner, entry.name) for entry in tree.entries(inner) if entry.name.endswith((".txt", ".in"))]
    seen: set[str] = set()
    for path in paths:
        yield from _requirements_file(tree, path, seen, 0)
    yield from _pyproject(tree, folder)


def _requirements_file(tree: FileTree, path: str, seen: set[str], depth: int) -> Iterator[Requirement]:
    if path in seen or depth > _DEPTH_LIMIT:
        return
    seen.add(path)
    text = decode(tree.read(path)) or ""
    for line in text.replace("\\\n", " ").splitlines():
        include = _INCLUDE.match(line)
        if include is not None:
            other = normalise(posixpath.join(parent(path), include[1]))
            if other is not None:
                yield from _requirements_file(tree, other, seen, depth + 1)
        elif not line.lstrip().startswith(("#", "-")):
            yield from _requirement(line.partition(" --hash")[0])


def _requirement(text: str) -> Iterator[Requirement]:
    match = _REQUIREMENT.match(text)
    if match is not None:
        yield Requirement(normalise_name(match[1]), match[2].strip())


def _pyproject(tree: FileTree, folder: str) -> Iterator[Requirement]:
    file, _ = read_toml(tree, join(folder, "pyproject.toml"))
    if file is not None:
        listed = [file.value("project", "dependencies"), *file.table("project", "optional-dependencies").values()]
        listed += file.table("dependency-groups").values()
        for group in listed:
            for item in group if isinstance(group, list) else ():
                yield from _requirement(item) if isinstance(item, str) else ()
        for keys in (("tool", "poetry", "dependencies"), ("tool", "poetry", "group", "main", "dependencies")):
            yield from _mapped(file.table(*keys))
    pipfile, _ = read_toml(tree, join(folder, "Pipfile"))
    if pipfile is not None:
        yield from _mapped(pipfile.table("packages"))


def _mapped(table: object) -> Iterator[Requirement]:
    for name, value in table.items() if isinstance(table, dict) else ():
        written = value.get("version", "") if isinstance(value, dict) else value
        if isinstance(written, str) and name != "python":
            yield Requirement(normalise_name(str(name)), "" if written == "*" else written)
