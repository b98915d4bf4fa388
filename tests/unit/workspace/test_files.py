"""The files of a workspace: read once, whatever they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cucurbit.workspace.tree.files import SIZE_LIMIT, DiskTree, MemoryTree, Overlay, Unreadable, ancestors, normalise
from cucurbit.workspace.tree.walk import walk

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def write(root: Path, files: dict[str, str]) -> DiskTree:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return DiskTree(str(root))


def test_a_file_stays_what_it_was_when_first_read(tmp_path: Path) -> None:
    tree = write(tmp_path, {"a.py": "1", "b.py": "1"})
    assert tree.read("a.py") == b"1"
    (tmp_path / "a.py").write_text("2")
    (tmp_path / "b.py").unlink()
    assert tree.read("a.py") == b"1"
    assert tree.read("c.py") is None


def test_changes_are_seen_only_where_they_are_told(tmp_path: Path) -> None:
    tree = write(tmp_path, {"a.py": "1", "b.py": "1", "pkg/c.py": "1"})
    assert [tree.read(path) for path in ("a.py", "b.py", "pkg/c.py")] == [b"1"] * 3
    for name in ("a.py", "b.py", "pkg/d.py"):
        (tmp_path / name).write_text("2")
    later = tree.with_changes(["a.py", "pkg/d.py"], {})
    assert (later.read("a.py"), later.read("b.py"), later.read("pkg/d.py")) == (b"2", b"1", b"2")
    assert later.is_file("pkg/d.py")
    assert tree.read("a.py") == b"1"


def test_a_removed_folder_takes_its_files_along(tmp_path: Path) -> None:
    tree = write(tmp_path, {"pkg/a.py": "1", "x.py": ""})
    assert tree.read("pkg/a.py") == b"1"
    (tmp_path / "pkg" / "a.py").unlink()
    (tmp_path / "pkg").rmdir()
    later = tree.with_changes(["pkg"], {})
    assert not later.is_dir("pkg")
    assert later.read("pkg/a.py") is None


def test_a_file_that_vanishes_after_it_was_listed(tmp_path: Path) -> None:
    tree = write(tmp_path, {"a.py": "1"})
    assert walk(tree) == ["a.py"]
    (tmp_path / "a.py").unlink()
    assert tree.read("a.py") is None


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big.py").open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    content = DiskTree(str(tmp_path)).read("big.py")
    assert isinstance(content, Unreadable)
    assert "larger than 4 MiB" in content.reason
    memory = MemoryTree({"big.py": b"#" * (SIZE_LIMIT + 1), "fits.py": b"#" * SIZE_LIMIT})
    assert isinstance(memory.read("big.py"), Unreadable)
    assert memory.read("fits.py") == b"#" * SIZE_LIMIT


@posix_only
def test_pipes_links_loops_and_closed_doors(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    tree = write(root, {"a.py": "1", "pkg/m.py": "1"})
    write(outside, {"secret.py": "s", "lib/n.py": "n"})
    os.mkfifo(root / "pipe.py")
    (root / "pkg" / "loop").symlink_to(root)
    (root / "dangling.py").symlink_to(root / "nothing.py")
    (root / "secret.py").symlink_to(outside / "secret.py")
    (root / "lib").symlink_to(outside / "lib")
    (root / "inner.py").symlink_to(root / "a.py")
    (root / "closed.py").write_text("1")
    (root / "closed.py").chmod(0)
    assert tree.read("pipe.py") == Unreadable("it is not a regular file")
    assert tree.read("secret.py") == Unreadable("it is a link that leads out of the workspace")
    assert tree.read("lib/n.py") == Unreadable("it is a link that leads out of the workspace")
    assert tree.read("inner.py") == b"1"
    assert tree.read("dangling.py") is None
    assert tree.read("pkg/loop/pkg/m.py") == b"1"
    assert tree.read("pkg") == Unreadable("it is a folder")
    if os.geteuid() != 0:
        assert tree.read("closed.py") == Unreadable("permission denied")
    assert walk(tree) == ["a.py", "closed.py", "inner.py", "pipe.py", "pkg/m.py", "secret.py"]


@posix_only
def test_names_that_are_not_utf_8_or_hold_spaces(tmp_path: Path) -> None:
    raw = os.fsencode(str(tmp_path)) + b"/caf\xe9 one.py"
    with open(raw, "wb") as stream:
        stream.write(b"x = 1")
    tree = DiskTree(str(tmp_path))
    (name,) = walk(tree)
    assert os.fsencode(name) == b"caf\xe9 one.py"
    assert tree.read(name) == b"x = 1"


def test_no_question_raises() -> None:
    for tree in (MemoryTree({}), DiskTree("/no/such/folder")):
        assert list(tree.entries("x")) == []
        assert not tree.is_file("")
        assert not tree.is_dir("a/b\0c")
        assert tree.read("a\0.py") is None


def test_case_counts_in_names(tmp_path: Path) -> None:
    tree = write(tmp_path, {"App/Models.py": ""})
    assert tree.is_file("App/Models.py")
    assert not tree.is_file("app/models.py")


def test_buffers_stand_over_the_disk() -> None:
    below = MemoryTree({"a.py": "disk", "pkg/b.py": "disk"})
    tree = below.with_changes([], {"a.py": "buffer", "new/deep/c.py": "buffer"})
    assert tree.read("a.py") == "buffer"
    assert tree.read("pkg/b.py") == b"disk"
    assert tree.is_dir("new/deep")
    assert tree.is_file("new/deep/c.py")
    assert [entry.name for entry in tree.entries("")] == ["a.py", "new", "pkg"]
    assert tree.is_buffer("a.py")
    assert not tree.is_buffer("pkg/b.py")
    closed = tree.with_changes([], {})
    assert closed.read("a.py") == b"disk"
    assert not closed.is_dir("new")
    assert isinstance(tree, Overlay)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ""),
        (".", ""),
        ("a/./b", "a/b"),
        ("a/../b", "b"),
        ("..", None),
        ("../x", None),
        ("/etc", None),
        ("..a", "..a"),
    ],
)
def test_normalise(path: str, expected: str | None) -> None:
    assert normalise(path) == expected


def test_ancestors() -> None:
    assert ancestors("a/b/c.py") == ["a/b", "a", ""]
    assert ancestors("c.py") == [""]
