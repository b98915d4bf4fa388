"""What holds everywhere in the package: no circle of imports, and no class name twice."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from cucurbit.simulate.packages.registry import PACKAGES

LIBRARIES = {
    name.lower().partition(".")[0]
    for package in PACKAGES
    for name in (package.name, *package.calls, *package.startup, *package.leaves_arguments)
    if not name.startswith("@")
} - sys.stdlib_module_names
"""The top-level modules of the libraries that have a file in ``packages``."""

SERVER = Path(__file__).parents[2] / "server"


@cache
def modules() -> Mapping[str, ast.Module]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted((SERVER / "cucurbit").rglob("*.py")):
        parts = path.relative_to(SERVER).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.Module, known: Mapping[str, ast.Module]) -> Iterator[str]:
    """The modules of the package that one imports, inside functions and for type hints too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                if submodule in known:
                    yield submodule
                elif node.module in known:
                    yield node.module


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Modules that import one another, the first of them once more at the end; empty where there are none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_circle_of_imports() -> None:
    known = modules()
    graph = {name: set(imported(tree, known)) - {name} for name, tree in known.items()}
    assert sum(map(len, graph.values())) > len(graph)
    found = circle(graph)
    assert not found, f"modules import one another: {' -> '.join(found)}"


def test_a_circle_is_found() -> None:
    texts = {"a": "from b import x", "b": "if TYPE_CHECKING:\n    import c", "c": "def f():\n    from a import y"}
    known = {name: ast.parse(text) for name, text in texts.items()}
    found = circle({name: set(imported(tree, known)) for name, tree in known.items()})
    assert set(found) == {"a", "b", "c"}


def test_no_class_name_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name)
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert not twice, f"class names are unique in server/, rename one of each: {twice}"


@pytest.mark.parametrize("room", ["core", "replay", "imports", "language"])
def test_no_library_in_the_language(room: str) -> None:
    """The rooms below ``packages`` name no library, in no string either."""
    named = [
        f"{name}: {node.value!r}"
        for name, tree in modules().items()
        if name.startswith(f"cucurbit.simulate.{room}.")
        for node in code_strings(tree)
        if isinstance(node.value, str) and node.value.partition(".")[0] in LIBRARIES
    ]
    assert not named, f"what is specific to a library belongs into simulate/packages/: {named}"


def code_strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """The constants of a module that are no docstrings."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose)
