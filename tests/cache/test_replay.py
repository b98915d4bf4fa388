"""What ``check`` wrote is written again while nothing changed that it rests on, and not a moment longer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cucurbit.cli import check as check_command
from cucurbit.cli.looking import Defects, Looked, look
from cucurbit.cli.parser import build_parser
from cucurbit.cli.replay import request_of
from cucurbit.cli.target import Target
from cucurbit.workspace.index import FolderWorkspace
from tests.cache.conftest import FILES, SERVER, Check, Ran


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each ``check`` that takes the long way."""
    counted: list[int] = []

    def counting(target: Target, workspace: FolderWorkspace, defects: Defects) -> Looked:
        counted.append(1)
        return look(target, workspace, defects)

    monkeypatch.setattr(check_command, "look", counting)
    return counted


def test_nothing_changed(project: Path, run: Check, worked: list[int]) -> None:
    first = run("check")
    assert first.code == 1
    assert "duplicate-table" in first.out
    assert run("check") == first
    assert len(worked) == 1


def test_times_do_not_count(project: Path, run: Check, worked: list[int]) -> None:
    first = run("check")
    for path in project.rglob("*.py"):
        os.utime(path, (1, 1))
    assert run("check") == first
    assert len(worked) == 1


Change = Callable[[Path], object]


def _rewrite(name: str, text: str) -> Change:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(text.encode())

    return change


def _same_size_and_times(root: Path) -> None:
    path = root / "app/legacy.py"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b'"users"', b'"loser"'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def _link(root: Path) -> None:
    (root / "app/legacy.py").unlink()
    (root / "app/legacy.py").symlink_to(root / "app/models.py")


CHANGES: dict[str, Change] = {
    "a file that is executed": _rewrite("app/main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
    "a file that is not": _rewrite("tools/unrelated.py", "import os\n"),
    "size and times kept": _same_size_and_times,
    "a new file": _rewrite("app/sqlalchemy.py", ""),
    "a new folder": lambda root: (root / "fastapi").mkdir(),
    "a file that went": lambda root: (root / "app/legacy.py").unlink(),
    "settings": _rewrite("cucurbit.toml", 'ignore = ["duplicate-table"]\n'),
    "new settings": _rewrite("pyproject.toml", '[tool.cucurbit]\nignore = ["duplicate-table"]\n'),
    "a file that git ignores": _rewrite(".gitignore", "app/legacy.py\n"),
    "an environment": _rewrite(".venv/pyvenv.cfg", ""),
    "a link": _link,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(name: str, project: Path, run: Check, worked: list[int]) -> None:
    run("check")
    CHANGES[name](project)
    assert run("check") == run("check", "--no-cache")
    assert len(worked) == 3


def test_back_again(project: Path, run: Check, worked: list[int]) -> None:
    first = run("check")
    (project / "app/legacy.py").write_bytes(b"")
    assert run("check").code == 0
    (project / "app/legacy.py").write_bytes(FILES["app/legacy.py"].encode())
    assert run("check") == first


@pytest.mark.parametrize("name", ["excluded", "packages", "link out"])
def test_what_a_result_rests_on_outside(
    name: str, project: Path, tmp_path: Path, run: Check, worked: list[int]
) -> None:
    site = project / ".venv/lib/python3.11/site-packages"
    other = tmp_path / "other.py"
    other.write_bytes(FILES["app/models.py"].encode())
    if name == "excluded":
        (project / ".git/info").mkdir(parents=True)
        (project / ".git/info/exclude").write_text("")
    elif name == "packages":
        (site / "company").mkdir(parents=True)
        (project / ".venv/pyvenv.cfg").write_text("")
        (site / "company/__init__.py").write_text("from sqlalchemy.orm import DeclarativeBase\nclass Base: ...\n")
        (project / "app/db.py").write_text("from company import Base\n")
    else:
        (project / "app/linked.py").symlink_to(other)
    first = run("check")
    assert run("check") == first
    assert len(worked) == 1
    if name == "excluded":
        # What git does at every turn does not count, what is ignored does.
        (project / ".git/index").write_text("")
        assert run("check") == first
        assert len(worked) == 1
        (project / ".git/info/exclude").write_text("app/legacy.py\n")
    elif name == "packages":
        (site / "company/__init__.py").write_text(
            "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...\n"
        )
    else:
        (project / "app/linked.py").unlink()
        (project / "app/linked.py").symlink_to(project / "app/models.py")
    assert run("check") == run("check", "--no-cache")
    assert len(worked) == 3


def test_calls_that_may_write_something_else(
    project: Path, run: Check, worked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [(), ("--output-format", "json"), ("tools",), ("--exit-zero",), ("--ignore", "duplicate-table")]
    first = [run("check", *call) for call in calls]
    assert len(set(first)) == len(calls) - 1
    assert [run("check", *call) for call in calls] == first
    assert len(worked) == len(calls)
    monkeypatch.chdir(project / "app")
    below = run("check")
    assert below.out != first[0].out
    assert below == run("check", "--no-cache")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("check").out


@pytest.mark.parametrize(
    "arguments",
    [("--fix",), ("--diff",), ("--config", "cucurbit.toml"), ("--config=cucurbit.toml",), ("nowhere",), ("-h",)],
)
def test_calls_that_are_never_answered_from_the_cache(project: Path, arguments: tuple[str, ...]) -> None:
    assert request_of(arguments) is None


def test_the_options_are_those_of_the_parser(project: Path) -> None:
    """Every option is either understood here, as the parser does, or takes the long way."""
    actions = next(each for each in build_parser()._actions if each.choices and "check" in each.choices)
    assert isinstance(actions.choices, dict)
    for action in actions.choices["check"]._actions:
        for option in action.option_strings:
            if request_of([option]) is not None:
                assert action.nargs == 0
            if request_of([option, "nowhere"]) is not None:
                assert action.nargs is None


def test_a_defect_is_not_kept(project: Path, run: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    from cucurbit.analysis import engine
    from cucurbit.analysis.rule import Rule
    from cucurbit.rules import duplicate_table

    def fail(_: object) -> list[object]:
        raise RuntimeError("broken")

    rule = duplicate_table.RULE
    broken = Rule(rule.name, rule.summary, rule.severity, fail)  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        patched.setattr(engine, "RULES", (broken,))
        assert run("check").code == 3
    assert run("check").code == 1


def test_warnings_are_said_again(project: Path, run: Check, worked: list[int]) -> None:
    (project / "app/legacy.py").write_bytes(b"class :\n")
    first = run("check")
    assert "syntax error" in first.err
    assert run("check") == first
    assert len(worked) == 1


def loaded_by(cwd: Path, *arguments: str) -> set[str]:
    """The modules that a command imports besides those that Python starts with."""
    code = (
        "import sys; before = set(sys.modules); from cucurbit.cli.main import main; "
        f"main({list(arguments)!r}); sys.stderr.write(' '.join(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": SERVER, "PYTHONIOENCODING": "utf-8"},
        timeout=60,
    )
    return {name for name in ran.stderr.split() if not name.startswith("cucurbit")} - {"__future__"}


def test_an_empty_folder_takes_no_imports(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert loaded_by(tmp_path / "empty", "check") == set()


def test_an_answer_from_the_cache_takes_next_to_no_imports(project: Path, run: Check) -> None:
    run("check", "--exit-zero")
    # Written in this process, whose encoding is another.
    loaded_by(project, "check", "--exit-zero")
    assert loaded_by(project, "check", "--exit-zero") == {"_blake2"}


NAMES = st.sampled_from(["app/main.py", "app/legacy.py", "app/models.py", "app/new.py", "cucurbit.toml", "tools/x.py"])
TEXTS = st.sampled_from([*FILES.values(), "", "import app.new\n", "from app import legacy\n", "class :\n"])


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(edits=st.lists(st.tuples(NAMES, st.one_of(st.none(), TEXTS)), min_size=1, max_size=4))
def test_with_the_cache_as_without(project: Path, run: Callable[..., Ran], edits: list[tuple[str, str | None]]) -> None:
    for name, text in edits:
        path = project / name
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(text.encode())
        without = run("check", "--no-cache")
        assert run("check") == without
        assert run("check") == without
