"""The configuration of a project's linters for unused imports (F401): Ruff and Flake8."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cucurbit.analysis.context import Context
from cucurbit.workspace.formats.ini import lenient
from cucurbit.workspace.formats.toml import parse_toml, strings

CODE = "F401"

_TOOLS = re.compile(r"(?<![\w-])(?:ruff|autoflake|pycln|flake8|pyflakes|pylint|unimport)(?![\w-])")
_NAMING_TOOLS = (
    *("pyproject.toml", ".pre-commit-config.yaml", ".flake8", "setup.cfg", "tox.ini", ".pylintrc", "Makefile"),
    *("requirements.txt", "requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "Pipfile"),
    *("requirements/dev.txt", "requirements/development.txt", "noxfile.py", "environment.yml"),
)
"""The files in which a project names the tools that it is checked with."""


_EXCEPTIONS = re.compile(r"(?<![^\s:,])(?P<files>[^\s:][^:\n]*):(?P<codes>(?:[\s,]*[A-Z]+[0-9]*(?![\w/*.]))+)")
"""The lines of Flake8's ``per-file-ignores``."""


@dataclass(frozen=True)
class UnusedImports:
    """Whether an unused-import fix reaches a file. ``allowed``: dotted modules whose imports it leaves alone."""

    removes: bool
    allowed: tuple[str, ...] = ()

    def spares(self, dotted: str) -> bool:
        """Whether the configuration keeps the import of ``dotted`` (``package.module.name``)."""
        return not self.removes or any(dotted == each or dotted.startswith(each + ".") for each in self.allowed)


def unused_imports(context: Context, path: str) -> UnusedImports:
    """What happens to unused imports of ``path``: by Ruff's nearest configuration, else by Flake8's exceptions."""
    for folder in _folders(path):
        for name in (".ruff.toml", "ruff.toml", "pyproject.toml"):
            file = f"{folder}/{name}" if folder else name
            text = context.workspace.text(file) if context.workspace.is_file(file) else None
            if text is None:
                continue
            parsed = parse_toml(text)
            table = parsed.table("tool", "ruff") if name == "pyproject.toml" else parsed.tables
            if table or name != "pyproject.toml":
                return _ruff(table, path[len(folder) + 1 :] if folder else path)
    return UnusedImports(removes=_is_linted(context, path) and not _flake8_excepts(context, path))


def _is_linted(context: Context, path: str) -> bool:
    """Whether the project names a tool that removes or reports unused imports."""
    for folder in _folders(path):
        for name in _NAMING_TOOLS:
            file = f"{folder}/{name}" if folder else name
            text = context.workspace.text(file) if context.workspace.is_file(file) else None
            if text is not None and _TOOLS.search(text) is not None:
                return True
    return False


def _folders(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


# ------------------------------------------------------------------------ Ruff


def _ruff(table: Mapping[str, object], path: str) -> UnusedImports:
    nested = table.get("lint")
    lint: Mapping[str, object] = nested if isinstance(nested, dict) else {}

    def option(name: str) -> object:
        return lint.get(name, table.get(name))

    selected = option("select")
    enabled = selected is None or _covers(strings(selected)) or _covers(strings(option("extend-select")))
    ignored = _covers(strings(option("ignore"))) or _covers(strings(option("extend-ignore")))
    kept = _covers(strings(option("unfixable"))) or _covers(strings(option("extend-unfixable")))
    fixable = option("fixable")
    if fixable is not None and not (_covers(strings(fixable)) or _covers(strings(option("extend-fixable")))):
        kept = True
    excluded = [
        *strings(table.get("exclude")), *strings(table.get("extend-exclude")), *strings(lint.get("exclude"))
    ]  # fmt: skip
    if not enabled or ignored or kept or any(_excludes(pattern, path) for pattern in excluded):
        return UnusedImports(removes=False)
    for name in ("per-file-ignores", "extend-per-file-ignores"):
        patterns = option(name)
        for pattern, codes in patterns.items() if isinstance(patterns, dict) else ():
            if _covers(strings(codes)) and _matches_file(str(pattern), path):
                return UnusedImports(removes=False)
    pyflakes = lint.get("pyflakes")
    allowed = pyflakes.get("allowed-unused-imports") if isinstance(pyflakes, dict) else None
    return UnusedImports(removes=True, allowed=tuple(strings(allowed)))


def _covers(selectors: list[str]) -> bool:
    """Whether rule selectors include F401: ``ALL``, or a beginning of the code."""
    return any(each == "ALL" or (each and CODE.startswith(each)) for each in selectors)


def _matches_file(pattern: str, path: str) -> bool:
    """A pattern of ``per-file-ignores`` means the file's name or its whole path; ``!`` turns it round."""
    if pattern.startswith("!"):
        return not _matches_file(pattern[1:], path)
    name = path.rpartition("/")[2]
    plain = pattern.removeprefix("./")
    return fnmatchcase(name, plain) or fnmatchcase(path, plain) or fnmatchcase("/" + path, plain)


def _excludes(pattern: str, path: str) -> bool:
    """A pattern of ``exclude`` means the file, or any folder above it, by its name or its path."""
    parts = path.split("/")
    plain = pattern.rstrip("/").removeprefix("./")
    return any(
        fnmatchcase(parts[count - 1], plain) or fnmatchcase("/".join(parts[:count]), plain)
        for count in range(1, len(parts) + 1)
    )


# ---------------------------------------------------------------------- Flake8


def _flake8_excepts(context: Context, path: str) -> bool:
    """Whether the Flake8 configuration allows unused imports here, a sign that the project needs them."""
    for folder in _folders(path):
        for name in (".flake8", "setup.cfg", "tox.ini"):
            file = f"{folder}/{name}" if folder else name
            text = context.workspace.text(file) if context.workspace.is_file(file) else None
            if text is not None and "flake8" in text:
                return _flake8(text, path[len(folder) + 1 :] if folder else path)
    return False


def _flake8(text: str, path: str) -> bool:
    parser = lenient(text)
    codes = f"{parser.get('flake8', 'ignore', fallback='')},{parser.get('flake8', 'extend-ignore', fallback='')}"
    if _covers(_codes(codes)):
        return True
    exceptions = parser.get("flake8", "per-file-ignores", fallback="")
    return any(
        _covers(_codes(match["codes"])) and any(_matches_file(each, path) for each in _codes(match["files"]))
        for match in re.finditer(
            r"(?<![^\s:,])(?P<files>[^\s:][^:\n]*):(?P<codes>(?:[\s,]*[A-Z]+[0-9]*(?![\w/*.]))+)", exceptions
        )
    )


def _codes(text: str) -> list[str]:
    return [each for each in re.split(r"[,\s]+", text) if each]
