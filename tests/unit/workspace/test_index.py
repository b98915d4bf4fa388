"""The workspace as a whole: on demand, immutable, sharing what did not change."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.opening import folder_workspace, open_workspace
from cucurbit.source.reader import read
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import Workspace
from cucurbit.workspace.tree.files import MemoryTree


def write(root: Path, files: dict[str, str | bytes]) -> FolderWorkspace:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return open_workspace(root)


def test_it_is_a_workspace() -> None:
    workspace: Workspace = folder_workspace(MemoryTree({"a.py": "x = 1\n", "b/c.txt": ""}))
    assert workspace.root == "/workspace"
    assert list(workspace.python_files()) == ["a.py"]
    assert list(workspace.listdir("")) == ["a.py", "b"]
    assert workspace.is_dir("b")
    assert workspace.is_file("b/c.txt")
    assert workspace.text("a.py") == "x = 1\n"
    assert workspace.version("sqlalchemy", "a.py") is None
    assert workspace.installed("sqlalchemy.orm.Base") is None


def test_nothing_of_interest(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path)
    assert list(workspace.python_files()) == []
    assert list(workspace.entry_points) == []
    assert list(workspace.environments) == []
    assert list(workspace.start_commands) == []
    assert list(workspace.problems) == []


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    workspace = write(
        tmp_path,
        {
            "latin.py": "x = 'é'".encode("latin-1"),
            "declared.py": "# coding: latin-1\nx = 'é'".encode("latin-1"),
            "binary.py": b"\0\1\2",
            "bom.py": b"\xef\xbb\xbfx = 1",
            "broken.py": "class A(:\nx = 1\n",
            "fast.so": b"\x7fELF",
            "big.py": b"#" * (5 * 1024 * 1024),
        },
    )
    for path in ("latin.py", "binary.py", "big.py", "gone.py", "fast.so"):
        assert workspace.facts(path) is None
    for path in ("latin.py", "binary.py", "big.py"):
        assert workspace.unreadable(path)
    assert workspace.unreadable("fast.so") == "it is a compiled module"
    assert workspace.unreadable("gone.py") is None
    for path in ("declared.py", "bom.py", "broken.py"):
        assert workspace.facts(path) is not None
        assert workspace.unreadable(path) is None
    assert workspace.text("declared.py") == "# coding: latin-1\nx = 'é'"
    broken = workspace.facts("broken.py")
    assert broken is not None
    assert broken.problem is not None


def test_candidates_are_what_may_define_tables() -> None:
    workspace = folder_workspace(
        MemoryTree(
            {"models.py": "class A(Base):\n    __tablename__ = 'a'\n", "util.py": "x = 1\n", "env/t.txt": "Base"}
        )
    )
    assert list(workspace.candidates()) == ["models.py"]


def test_a_later_workspace_shares_what_did_not_change(tmp_path: Path) -> None:
    workspace = write(tmp_path, {"a.py": "x = 1\n", "b.py": "y = 1\n", "c.py": "z = 1\n"})
    facts = {path: workspace.facts(path) for path in ("a.py", "b.py", "c.py")}
    (tmp_path / "a.py").write_text("x = 2\n")
    later = workspace.with_changes(["a.py", "c.py"])
    assert later.facts("a.py") != facts["a.py"]
    assert later.facts("b.py") is facts["b.py"]
    assert later.facts("c.py") is facts["c.py"]  # read again, and the same
    assert workspace.facts("a.py") is facts["a.py"]


def test_new_files_and_settings_are_seen(tmp_path: Path) -> None:
    workspace = write(tmp_path, {"a.py": ""})
    assert list(workspace.python_files()) == ["a.py"]
    assert workspace.settings.exclude == ()
    (tmp_path / "b.py").write_text("")
    (tmp_path / "cucurbit.toml").write_text("exclude = ['a.py']\n")
    later = workspace.with_changes(["b.py", "cucurbit.toml"])
    assert list(later.python_files()) == ["b.py"]
    edited = later.with_changes([], {"n.py": "", "cucurbit.toml": ""})
    assert list(edited.python_files()) == ["a.py", "b.py", "n.py"]


def test_the_last_good_facts_stand_while_a_buffer_is_broken() -> None:
    workspace = folder_workspace(MemoryTree({"a.py": "x = 1\n"}))
    typed = workspace.with_changes([], {"a.py": "x = 2\n"})
    good = typed.facts("a.py")
    broken = typed.with_changes([], {"a.py": "x = (\n"})
    assert broken.facts("a.py") == good
    assert broken.is_stale("a.py")
    current = broken.parsed()["a.py"].facts
    assert current is not None
    assert current.problem is not None
    assert broken.text("a.py") == "x = (\n"
    mended = broken.with_changes([], {"a.py": "x = 3\n"})
    assert not mended.is_stale("a.py")
    assert mended.facts("a.py") != good
    closed = broken.with_changes([], {})
    assert closed.facts("a.py") == workspace.facts("a.py")
    assert not closed.is_stale("a.py")


def test_a_buffer_opened_on_a_good_file_has_its_facts_to_fall_back_on() -> None:
    workspace = folder_workspace(MemoryTree({"a.py": "x = 1\n"}))
    good = workspace.facts("a.py")
    assert workspace.with_changes([], {"a.py": "x = (\n"}).facts("a.py") is good


def test_a_broken_file_on_disk_has_its_own_facts(tmp_path: Path) -> None:
    workspace = write(tmp_path, {"a.py": "x = 1\n"})
    assert workspace.facts("a.py") is not None
    (tmp_path / "a.py").write_text("x = (\n")
    facts = workspace.with_changes(["a.py"]).facts("a.py")
    assert facts is not None
    assert facts.problem is not None


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["a.py", "pkg/b.py", "alembic.ini", ".gitignore", "pyproject.toml", "alembic/env.py",
             "Procfile", "cucurbit.toml"]),
        st.sampled_from(
            [
                None, "", "a.py\n", "[tool.pytest.ini_options]\npythonpath='pkg'\n", "app = FastAPI()\n",
                "[alembic]\nscript_location = alembic\n", "web: uvicorn a:app\n",
                "roots = ['pkg']\n", "x = (\n", "import pkg.b\nif __name__ == '__main__': pass\n",
            ]
        ),
        st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


def view(workspace: FolderWorkspace) -> list[object]:
    paths = workspace.python_files()
    return [
        list(paths),
        [(workspace.text(path), workspace.parsed()[path].facts) for path in paths],
        [tuple(workspace.roots_of(path)) for path in paths],
        list(workspace.environments),
        list(workspace.entry_points),
        list(workspace.start_commands),
        list(workspace.problems),
        workspace.settings,
    ]


@settings(max_examples=40, deadline=None)
@given(EDITS)
def test_any_sequence_of_edits_gives_what_a_fresh_start_gives(edits: list[tuple[str, str | None, bool]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        workspace = open_workspace(root)
        buffers: dict[str, str] = {}
        for path, text, in_editor in edits:
            changed = []
            if in_editor:
                buffers.pop(path, None)
                # A broken buffer stands for what it was before, which a fresh start cannot know.
                if text is not None and not (path.endswith(".py") and read(text).problem):
                    buffers[path] = text
            else:
                changed = [path]
                if text is None:
                    (root / path).unlink(missing_ok=True)
                else:
                    (root / path).parent.mkdir(exist_ok=True)
                    (root / path).write_text(text)
            workspace = workspace.with_changes(changed, buffers)
            assert view(workspace) == view(open_workspace(root, buffers=buffers))
