"""A program as a tree of statements, small enough to shrink and to print on a page of cases.

A statement is its text: what the tree knows is where one ends, and what may be taken away and leave valid Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.oracle.case import Case, Event, render


@dataclass(frozen=True)
class Line:
    """A simple statement, on one line."""

    text: str


@dataclass(frozen=True)
class Block:
    """A header (``try:``, ``class Model(Base):``, ``def load():``) and what stands under it."""

    header: str
    body: tuple[Node, ...]


@dataclass(frozen=True)
class Compound:
    """Blocks that belong together: the first may stand alone, the others follow it (``except``, ``else``)."""

    blocks: tuple[Block, ...]


Node = Line | Compound


def under(header: str, *body: Node) -> Compound:
    return Compound((Block(header, body),))


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: str
    body: tuple[Node, ...]

    @property
    def text(self) -> str:
        """The file with the imports of installed packages that it needs."""
        body = [line for node in self.body for line in lines_of(node)]
        return "".join(f"{line}\n" for line in [*needed("\n".join(body)), *body])


@dataclass(frozen=True)
class Program:
    """A workspace with an entry point, as the recorder takes it. ``texts`` are the files that are not Python."""

    kind: str
    target: str
    modules: tuple[Module, ...]
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def starts(self) -> bool:
        """Whether its entry point is there: not so where shrinking took it away."""
        paths = {module.path for module in self.modules}
        if self.kind == "alembic":
            located = _LOCATED.match(dict(self.texts).get(self.target, ""))
            return located is not None and f"{located[1]}/env.py" in paths
        module = self.target.removeprefix("-m ").partition(":")[0].replace(".", "/")
        return not paths.isdisjoint({self.target, f"{module}.py", f"{module}/__init__.py", f"{module}/__main__.py"})

    def files(self) -> dict[str, str]:
        return {**{module.path: module.text for module in self.modules}, **dict(self.texts)}

    def case(self, title: str = "Drawn") -> Case:
        return Case("random", title, self.kind, self.target, self.files(), {}, "")


_LOCATED = re.compile(r"\[alembic\]\n(?:\w.*\n)*?script_location = (?:%\(here\)s/)?(\w+)\n")


def lines_of(node: Node) -> Iterator[str]:
    if isinstance(node, Line):
        yield node.text
        return
    for block in node.blocks:
        yield block.header
        for inner in block.body or (Line("pass"),):
            yield from (f"    {line}" for line in lines_of(inner))


_NEEDED: Mapping[str, tuple[str, ...]] = {
    "sqlalchemy": (
        "Column",
        "ForeignKey",
        "Integer",
        "MetaData",
        "Table",
        "create_engine",
        "engine_from_config",
        "pool",
    ),
    "sqlalchemy.exc": ("InvalidRequestError",),
    "sqlalchemy.ext.asyncio": ("async_engine_from_config", "create_async_engine"),
    "sqlalchemy.orm": (
        "DeclarativeBase",
        "Mapped",
        "declarative_base",
        "declared_attr",
        "mapped_column",
        "registry",
        "relationship",
    ),
    "alembic": ("command", "context", "op"),
    "alembic.config": ("Config",),
    "contextlib": ("asynccontextmanager", "suppress"),
    "dataclasses": ("dataclass",),
    "enum": ("Enum",),
    "fastapi": ("FastAPI",),
    "functools": ("lru_cache", "wraps"),
    "logging.config": ("fileConfig",),
    "pathlib": ("Path",),
    "typing": ("TYPE_CHECKING",),
}
_MODULES = ("asyncio", "importlib", "logging", "os", "pkgutil", "runpy", "sys")
_STRING = re.compile(r'"[^"\n]*"')
_WORD = re.compile(r"(?<![\w.\"'])[A-Za-z_]\w*")


def needed(text: str) -> list[str]:
    """The import statements for the names of installed packages that a text uses."""
    words = set(_WORD.findall(_STRING.sub(lambda string: string[0] if "{" in string[0] else "", text)))
    lines = [f"import {name}" for name in _MODULES if name in words]
    for package, names in _NEEDED.items():
        used = [name for name in names if name in words]
        if used:
            lines.append(f"from {package} import {', '.join(used)}")
    return lines


def page(case: Case, recorded: Iterable[Event] | None = None) -> str:
    """The section of a page of cases; without what was recorded, ``tests.oracle.update`` writes it."""
    empty = [f"`{path}`" for path, text in case.files.items() if not text]
    parts = [f"## {case.title}", f"Entry: {case.kind} `{case.target}`"]
    if empty:
        parts.append(f"Empty: {', '.join(empty)}")
    for path, text in case.files.items():
        if text:
            language = {"py": "python", "ini": "ini", "toml": "toml"}.get(path.rpartition(".")[2], "text")
            parts.append(f"`{path}`:\n```{language}\n{text}```")
    if recorded is not None:
        parts.append(f"Recorded:\n```text\n{render(list(recorded))}```")
    return "\n\n".join(parts) + "\n"
