"""Which files count."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.workspace.tree.files import DiskTree, MemoryTree
from cucurbit.workspace.tree.walk import is_ignored, walk


def test_foreign_folders_are_left_out() -> None:
    paths = (
        "app/a.py", ".venv/lib/x.py", "venv/x.py", "env/pyvenv.cfg", "env/x.py", "other/env/x.py", "node_modules/x.py",
        "lib/site-packages/x.py", ".git/x.py", "app/__pycache__/a.py", ".tox/x.py", ".nox/x.py", "build/lib/a.py",
        "dist/a.py", "app/build/__init__.py", "app/build/b.py", "a.egg-info/x.py", "vendor/x.py", "app/_vendor/x.py",
        "third_party/x.py", "my_env/pyvenv.cfg", "my_env/x.py",
    )  # fmt: skip
    files = dict.fromkeys(paths, "")
    found = [path for path in walk(MemoryTree(files)) if path.endswith(".py")]
    assert found == ["app/a.py", "app/build/__init__.py", "app/build/b.py", "other/env/x.py"]


def test_the_nearest_gitignore_decides() -> None:
    files = {
        ".gitignore": "*_gen.py\nlocal/\n/top.py\n!keep_gen.py\n",
        ".git/info/exclude": "private.py\n",
        "pkg/.gitignore": "!x_gen.py\nonly_here.py\n",
        "a_gen.py": "", "keep_gen.py": "", "top.py": "", "private.py": "", "only_here.py": "",
        "pkg/x_gen.py": "", "pkg/y_gen.py": "", "pkg/top.py": "", "pkg/only_here.py": "", "pkg/private.py": "",
        "local/a.py": "", "pkg/local/keep_gen.py": "",
    }  # fmt: skip
    found = [path for path in walk(MemoryTree(files)) if path.endswith(".py")]
    assert found == ["keep_gen.py", "only_here.py", "pkg/top.py", "pkg/x_gen.py"]


def test_configuration_with_secrets_counts_although_ignored() -> None:
    tree = MemoryTree({".gitignore": "alembic.ini\n.env\n", "alembic.ini": "", ".env": "", "x.py": ""})
    assert walk(tree) == [".env", "alembic.ini", "x.py"]


def test_exclude_of_the_settings() -> None:
    tree = MemoryTree({"legacy/a.py": "", "app/a.py": "", "app/b_pb2.py": ""})
    assert walk(tree, ["legacy/", "*_pb2.py"]) == ["app/a.py"]


def test_a_gitignore_that_is_not_text_or_not_valid() -> None:
    assert walk(MemoryTree({".gitignore": b"\xff\xfe\0*.py\n", "a.py": ""})) == ["a.py"]
    assert walk(MemoryTree({".gitignore": "!\nb.py\n", "a.py": "", "b.py": ""})) == ["a.py"]


def test_a_folder_that_is_taken_back_says_nothing_of_what_is_in_it() -> None:
    files = {".gitignore": "a\n!b/\n", "a/c.py": "", "b/a/a.py": "", "b/c.py": ""}
    assert [path for path in walk(MemoryTree(files)) if path.endswith(".py")] == ["b/c.py"]


def test_what_is_in_a_folder_is_not_the_folder() -> None:
    files = {".gitignore": "a/**\n!a/keep.py\n", "a/keep.py": "", "a/b.py": ""}
    assert [path for path in walk(MemoryTree(files)) if path.endswith(".py")] == ["a/keep.py"]


PATTERNS = st.sampled_from(
    [
        "*.py",
        "a",
        "/a",
        "a/",
        "!a.py",
        "b/",
        "!b/",
        "**/c.py",
        "b/*.py",
        "c*",
        "!c/a.py",
        "a/**",
        "!a/b.py",
        "*",
        "!*/",
        "!b",
        "# note",
        "",
        r"\!a.py",
    ]
)
PATHS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map(lambda parts: "/".join(parts) + ".py"),
    min_size=1,
    max_size=6,
    unique=True,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PATTERNS, max_size=4), st.lists(PATTERNS, max_size=3), PATHS)
def test_as_git_does(
    tmp_path_factory: pytest.TempPathFactory, top: list[str], inner: list[str], paths: list[str]
) -> None:
    root: Path = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
    (root / "a").mkdir(exist_ok=True)
    (root / ".gitignore").write_text("\n".join(top))
    (root / "a" / ".gitignore").write_text("\n".join(inner))
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", "-z"], cwd=root, check=True, capture_output=True
    )
    expected = sorted(path for path in listed.stdout.decode().split("\0") if path.endswith(".py"))
    assert [path for path in walk(DiskTree(str(root))) if path.endswith(".py")] == expected
    texts = {"": "\n".join(top), "a": "\n".join(inner)}
    around = {path: {"": texts[""]} | ({"a": texts["a"]} if path.startswith("a/") else {}) for path in paths}
    assert [path for path in sorted(paths) if not is_ignored(around[path], path)] == expected
