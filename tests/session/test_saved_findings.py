"""What a session found is shown by the next one before it has worked anything out, as long as it is right."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.finding import Finding
from cucurbit.cache import store
from cucurbit.cli.main import main
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session
from cucurbit.session.snapshot_findings import SnapshotFindings
from cucurbit.session.worker import Worker
from cucurbit.workspace.index import open_workspace
from tests.oracle.programs.source import Seeded
from tests.oracle.programs.start import drawn, project

TWICE = {
    "requirements.txt": "sqlalchemy==2.0.30\n",
    "app/__init__.py": "",
    "app/db.py": "from sqlalchemy import Column, Integer, MetaData, Table\n\nmetadata = MetaData()\n",
    "app/one.py": 'from app.db import *\n\nusers = Table("users", metadata, Column("id", Integer))\n',
    "app/two.py": 'from app.db import *\n\nusers = Table("users", metadata, Column("id", Integer))\n',
    "main.py": "import app.one\nimport app.two\n\nif __name__ == '__main__':\n    pass\n",
}
"""A table that is defined twice, in a program of its own."""

WORKSPACES = 10


@dataclass
class Shown:
    """A listener that writes down what is shown, and when."""

    snapshots: list[SnapshotFindings] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def began(self, session: Session) -> None: ...

    def progressed(self, session: Session, done: int, total: int, entry: str) -> None: ...

    def restored(self, session: Session, snapshot: SnapshotFindings) -> None:
        assert session.latest is None
        assert session.findings is snapshot
        self.snapshots.append(snapshot)

    def analysed(self, session: Session, analysis: Analysis) -> None:
        self.snapshots.append(analysis)

    def ended(self, session: Session, failure: str | None) -> None:
        self.failures += [failure] if failure is not None else []


@pytest.fixture(scope="module")
def workers() -> tuple[Worker, Worker]:
    return Worker("kept-analysis"), Worker("kept-queries")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the cache, which is switched on."""
    for name in ("CUCURBIT_NO_CACHE", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUCURBIT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Project:
    """A folder on which sessions are started, one after the other."""

    def __init__(self, root: Path, files: Mapping[str, str], workers: tuple[Worker, Worker]) -> None:
        self.root = root
        self.workers = workers
        self.settings: Mapping[str, object] = {}
        for path, text in files.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(text.encode())

    def session(self, shown: Shown) -> Session:
        return Session(self.root.as_posix(), *self.workers, shown, known_rules=NAMES, settings=self.settings)

    def expected(self, buffers: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
        """What is found from scratch."""
        return findings(
            analyse(open_workspace(self.root, known_rules=NAMES, editor=self.settings, buffers=buffers or {})), RULES
        )

    async def start(self, buffers: Mapping[str, str] | None = None) -> Shown:
        """Start a session with files open, and end it. What it shows is right all the time."""
        shown = Shown()
        session = self.session(shown)
        for path, text in (buffers or {}).items():
            session.set_buffer(path, text, 1)
        session.start()
        try:
            analysis = await session.fresh()
        finally:
            await session.save()
            session.close()
        expected = self.expected(buffers)
        assert analysis.findings == expected
        assert all(each.findings == expected for each in shown.snapshots)
        assert all(each.by_path == analysis.by_path for each in shown.snapshots)
        assert not shown.failures
        return shown


@pytest.fixture
def twice(tmp_path: Path, cache: Path, workers: tuple[Worker, Worker]) -> Project:
    return Project(tmp_path / "project", TWICE, workers)


def was_warm(shown: Shown) -> bool:
    """Whether something was shown before anything was worked out."""
    return bool(shown.snapshots) and not isinstance(shown.snapshots[0], Analysis)


async def test_the_second_start_shows_at_once_what_the_first_one_found(twice: Project) -> None:
    assert not was_warm(await twice.start())
    again = await twice.start()
    assert was_warm(again)
    assert [each.rule for each in again.snapshots[0].findings] == ["duplicate-table"]
    assert [type(each) for each in again.snapshots] == [SnapshotFindings, Analysis]


async def test_what_is_open_and_saved_changes_nothing(twice: Project) -> None:
    await twice.start({"app/two.py": TWICE["app/two.py"], "requirements.txt": TWICE["requirements.txt"]})
    again = await twice.start({"app/one.py": TWICE["app/one.py"]})
    assert was_warm(again)
    assert again.snapshots[0].buffers["app/one.py"].version == 1


@pytest.mark.parametrize(
    "buffers",
    [
        {"app/two.py": ""},
        {"app/two.py": TWICE["app/two.py"].replace("users", "others")},
        {"app/three.py": "import app.one"},
        {"requirements.txt": "sqlalchemy==1.4.0\n"},
    ],
)
async def test_what_is_not_saved_is_neither_kept_nor_overlooked(twice: Project, buffers: dict[str, str]) -> None:
    assert not was_warm(await twice.start(buffers))
    assert not was_warm(await twice.start())
    assert not was_warm(await twice.start(buffers))
    assert was_warm(await twice.start())


async def test_open_files_are_compared_with_the_disk_in_the_encoding_that_they_are_read_in(twice: Project) -> None:
    text = "# \u00e9\n" + TWICE["app/two.py"]
    (twice.root / "app/two.py").write_bytes(b"# coding: latin-1\n" + text.encode("latin-1"))
    await twice.start()
    assert was_warm(await twice.start())
    assert not was_warm(await twice.start({"app/two.py": "# coding: latin-1\n" + text}))


async def test_other_settings_are_another_question(twice: Project) -> None:
    await twice.start()
    for settings in ({"ignore": ["duplicate-table"]}, {"exclude": ["app"]}):
        twice.settings = settings
        assert not was_warm(await twice.start())
        assert was_warm(await twice.start())
    twice.settings = {}
    assert was_warm(await twice.start())


CHANGES: Mapping[str, Callable[[Path], object]] = {
    "a file": lambda root: (root / "app/two.py").write_text("users = 1\n"),
    "a new file": lambda root: (root / "app/three.py").write_text("import app.one\n"),
    "a file that hides a package": lambda root: (root / "sqlalchemy.py").write_text(""),
    "a file less": lambda root: (root / "app/two.py").unlink(),
    "its settings": lambda root: (root / "cucurbit.toml").write_text('ignore = ["duplicate-table"]\n'),
    "a version": lambda root: (root / "requirements.txt").write_text("sqlalchemy==1.3.0\n"),
    "an environment": lambda root: _environment(root, "sqlalchemy-2.0.1"),
}


def _environment(root: Path, distribution: str) -> None:
    packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
    (packages / f"{distribution}.dist-info").mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("version = 3.11.0\n")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_what_changed_between_two_starts_is_seen(twice: Project, change: Callable[[Path], object]) -> None:
    await twice.start()
    change(twice.root)
    assert not was_warm(await twice.start())
    assert was_warm(await twice.start())


async def test_installed_packages_may_change(twice: Project) -> None:
    _environment(twice.root, "sqlalchemy-2.0.1")
    await twice.start()
    assert was_warm(await twice.start())
    (twice.root / ".venv/lib/python3.11/site-packages/sqlalchemy-2.0.1.dist-info").rename(
        twice.root / ".venv/lib/python3.11/site-packages/sqlalchemy-1.3.0.dist-info"
    )
    assert not was_warm(await twice.start())


@pytest.mark.parametrize("text", ["", "[", "[]", '[{"rule": 1}]', "\ud800"], ids=ascii)
async def test_garbage_is_a_miss(twice: Project, cache: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    await twice.start()
    (file,) = [Path(each.path) for each in store.files(str(cache)) if store.RESULTS in each.path]
    whole = file.read_bytes()
    for data in (b"", whole[:-1], whole[: len(whole) // 2], os.urandom(100)):
        file.write_bytes(data)
        assert not was_warm(await twice.start())
    monkeypatch.setattr("cucurbit.cache.results._text", lambda _: text)
    shown = Shown()
    session = twice.session(shown)
    session.start()
    assert (await session.fresh()).findings == twice.expected()
    session.close()
    assert text == "[]" or not was_warm(shown)


async def test_two_sessions_at_once_keep_the_same(twice: Project) -> None:
    shown = [Shown(), Shown()]
    sessions = [twice.session(each) for each in shown]
    for session in sessions:
        session.start()
    for session in sessions:
        await session.fresh()
        await session.save()
        session.close()
    assert was_warm(await twice.start())


async def test_check_keeps_for_the_server_too(twice: Project, capsys: pytest.CaptureFixture[str]) -> None:
    twice.write("pyproject.toml", "")
    assert main(["check", "--no-cache", str(twice.root)]) == 1
    twice.settings = {"hover": False, "select": ["all"], "code-lens": True}
    assert not was_warm(await twice.start())
    store.clear(os.environ["CUCURBIT_CACHE_DIR"])
    capsys.readouterr()
    # Of one file nothing is said; what is kept is of all.
    assert main(["check", str(twice.root / "app/one.py")]) == 0
    assert "duplicate-table" not in capsys.readouterr().out
    assert was_warm(await twice.start())
    twice.settings = {"select": ["circular-import"]}
    assert not was_warm(await twice.start())


async def test_settings_that_are_wrong_are_part_of_the_question(twice: Project) -> None:
    await twice.start()
    twice.settings = {"roots": 3}
    again = await twice.start()
    assert not was_warm(again)
    assert "" in again.snapshots[-1].by_path
    assert was_warm(await twice.start())


async def test_nothing_is_kept_without_a_cache(twice: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUCURBIT_NO_CACHE", "1")
    await twice.start()
    assert not was_warm(await twice.start())


async def test_an_analysis_in_which_something_failed_is_not_kept(
    twice: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> tuple[Finding, ...]:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("cucurbit.analysis.engine._findings_of", fail)
        session = twice.session(Shown())
        session.start()
        assert not (await session.fresh()).is_whole
        await session.save()
        session.close()
    assert not was_warm(await twice.start())


async def test_a_broken_text_that_is_saved_is_not_kept_with_what_stood_there_before(twice: Project) -> None:
    session = twice.session(Shown())
    session.set_buffer("app/two.py", TWICE["app/two.py"], 1)
    session.start()
    assert (await session.fresh()).findings
    broken = "import (\n"
    session.set_buffer("app/two.py", broken, 2)
    twice.write("app/two.py", broken)
    session.touch(["app/two.py"])
    assert (await session.fresh()).findings
    await session.save()
    session.close()
    await twice.start({"app/two.py": broken})


async def test_other_findings_than_were_kept_win(twice: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the kind is known to happen; if it does, the analysis is right and is kept."""
    await twice.start()
    shown = Shown()
    session = twice.session(shown)
    with monkeypatch.context() as patch:
        patch.setattr("cucurbit.session.saved_findings.load", lambda *_: ())
        session.start()
        assert (await session.fresh()).findings == twice.expected()
    assert [len(each.findings) for each in shown.snapshots] == [0, 1]
    assert session.findings is session.latest
    await session.save()
    session.close()
    assert was_warm(await twice.start())


class Random:
    """Changes drawn at random, told to a session or not."""

    def __init__(self, project: Project, seed: int) -> None:
        self.project = project
        self.source = Seeded(seed)
        others = [project_of(seed * 1000 + number) for number in range(1, 4)]
        self.texts = sorted({text for files in others for text in files.values()})
        self.paths = sorted({path for files in others for path in files})

    def change(self) -> str:
        """Write a file, or delete one. Returns its path."""
        files = [each for each in self.project.root.rglob("*") if each.is_file()]
        file = self.source.pick(sorted(files))
        if self.source.chance(30) and len(files) > 2:
            file.unlink()
        elif self.source.chance(50):
            file.write_text(self.text(file.suffix == ".py"), encoding="utf-8")
        else:
            file = self.project.root / self.source.pick(self.paths)
            if not file.parent.is_dir() or file.is_dir():
                return self.change()
            file.write_text(self.text(file.suffix == ".py"), encoding="utf-8")
        return file.relative_to(self.project.root).as_posix()

    def text(self, is_python: bool) -> str:
        return self.source.pick([text for text in self.texts if ("import" in text) == is_python] or [""])


def project_of(seed: int) -> dict[str, str]:
    return project(drawn(seed))


def as_open(root: Path, paths: Sequence[str]) -> dict[str, str]:
    return {path: (root / path).read_bytes().decode() for path in paths if (root / path).is_file()}


@pytest.mark.parametrize("seed", range(WORKSPACES))
async def test_random_workspaces_between_starts(
    tmp_path: Path, cache: Path, workers: tuple[Worker, Worker], seed: int
) -> None:
    """A session edits and keeps what it found; the disk changes or not; the next one shows nothing wrong."""
    folder = Project(tmp_path / "project", project_of(seed * 1000), workers)
    person = Random(folder, seed)
    for _ in range(3):
        session = folder.session(Shown())
        session.start()
        for _ in range(person.source.count(0, 3)):
            await session.fresh()
            path = person.change()
            session.touch([path])
            for name, text in as_open(folder.root, [path]).items():
                session.set_buffer(name, text, 1)
        assert (await session.fresh()).findings == folder.expected()
        await session.save()
        session.close()
        if person.source.chance(50):
            person.change()
        await folder.start()
        opened = sorted(each.relative_to(folder.root).as_posix() for each in folder.root.rglob("*.py"))
        assert was_warm(await folder.start(as_open(folder.root, opened[:2])))
