"""The module finder against Python's own."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.workspace.modules.finder import ModuleFinder, dotted_name
from cucurbit.workspace.tree.files import DiskTree, MemoryTree

NAMES = st.sampled_from(["a", "b", "A", "c"])
FILES = st.sampled_from(["{}.py", "{}/__init__.py", "{}/x.txt", "{}.pyi", "{}/b.py", "{}/b/__init__.py", "{}/b/c.py"])
TREES = st.lists(
    st.tuples(st.sampled_from(["r1", "r2", "r3 with space"]), NAMES, FILES).map(
        lambda t: f"{t[0]}/{t[2].format(t[1])}"
    ),
    max_size=9,
    unique=True,
)
SEARCH = st.lists(st.sampled_from(["r1", "r2", "r3 with space", "missing"]), max_size=4)


def real(root: Path, name: str, search: list[str]) -> tuple[str | None, tuple[str, ...]] | None:
    """What Python finds: the file, relative, and the package's search folders."""
    # PathFinder asks sys.modules for the parent of a dotted namespace package; a plain name needs no parent.
    spec = PathFinder.find_spec(name.rpartition(".")[2], [str(root / folder) for folder in search])
    if spec is None:
        return None
    folders = getattr(spec.submodule_search_locations, "_path", spec.submodule_search_locations) or []
    origin = Path(spec.origin).relative_to(root).as_posix() if spec.has_location and spec.origin else None
    return origin, tuple(Path(folder).relative_to(root).as_posix() for folder in folders)


@settings(max_examples=150, deadline=None)
@given(TREES, NAMES, SEARCH)
def test_finds_what_python_finds(
    tmp_path_factory: pytest.TempPathFactory, files: list[str], name: str, search: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for path in files:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
    importlib.invalidate_caches()
    finder = ModuleFinder(DiskTree(str(root)))
    expected = real(root, name, search)
    found = finder.find_spec(name, search)
    assert (None if found is None else (found.path, found.search)) == expected
    if found is not None and found.search:
        inner = finder.find_spec(f"{name}.b", found.search)
        assert (None if inner is None else (inner.path, inner.search)) == real(root, f"{name}.b", list(found.search))
    for key in [key for key in sys.path_importer_cache if key.startswith(str(root))]:
        del sys.path_importer_cache[key]


def test_a_package_hides_the_module_beside_it() -> None:
    finder = ModuleFinder(MemoryTree({"app/db.py": "", "app/db/__init__.py": "", "m.py": "", "m/x.py": ""}))
    package = finder.find_spec("app.db", ["app"])
    assert package is not None
    assert (package.path, package.search, package.is_package) == ("app/db/__init__.py", ("app/db",), True)
    module = finder.find_spec("m", [""])
    assert module is not None
    assert (module.path, module.is_package) == ("m.py", False)


def test_compiled_modules_are_there_but_hold_no_source() -> None:
    tree = MemoryTree(
        {
            "fast.cpython-311-x86_64-linux-gnu.so": b"",
            "both.so": b"", "both.py": "",
            "pkg/__init__.abi3.so": b"",
            "old.pyc": b"",
            "stub.pyi": "",
            "many.dots.in.it.so": b"",
        }
    )  # fmt: skip
    finder = ModuleFinder(tree)

    def path(name: str) -> str | None:
        spec = finder.find_spec(name, [""])
        return spec.path if spec is not None else None

    assert path("fast") == "fast.cpython-311-x86_64-linux-gnu.so"
    assert path("both") == "both.py"
    assert path("pkg") == "pkg/__init__.abi3.so"
    assert path("old") == "old.pyc"
    assert path("stub") is None
    assert path("many") is None


@pytest.mark.parametrize("name", ["", "a.", "../a", "a/b", ".py"])
def test_names_that_are_none(name: str) -> None:
    assert ModuleFinder(MemoryTree({"a/b.py": "", "a.py": "", ".py": ""})).find_spec(name, [""]) is None


def test_resolve_goes_through_every_parent() -> None:
    finder = ModuleFinder(MemoryTree({"r/a/b/c.py": "", "s/a/b/d.py": "", "s/a/__init__.py": ""}))
    found = finder.resolve("a.b.c", ["r"])
    assert found is not None
    assert found.path == "r/a/b/c.py"
    assert finder.resolve("a.b.c", ["r", "s"]) is None  # the regular package ends the search
    assert finder.resolve("a.b.d", ["r", "s"]) is not None


def test_one_file_under_two_names() -> None:
    tree = MemoryTree({"src/app/__init__.py": "", "src/app/models.py": "", "src/models.py": ""})
    finder = ModuleFinder(tree)
    assert finder.names_of("src/app/models.py", ["", "src", "src/app"]) == ["src.app.models", "app.models"]
    assert finder.names_of("src/app/models.py", ["src/app"]) == ["models"]
    assert finder.names_of("src/app/__init__.py", ["src"]) == ["app"]


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("a/b.py", "", "a.b"),
        ("a/b.py", "a", "b"),
        ("a/__init__.py", "", "a"),
        ("__init__.py", "", "__init__"),
        ("a b/c.py", "", None),
        ("a b/c.py", "a b", "c"),
        ("ab/c.py", "a", None),
        ("a/b.txt", "", None),
    ],
)
def test_dotted_name(path: str, root: str, expected: str | None) -> None:
    assert dotted_name(path, root) == expected
