"""The live session: one writer, the newest number counts, nobody waits for ever."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cucurbit.session import analysis as analysing
from cucurbit.session import session as live
from cucurbit.session.analysis import Analysis
from cucurbit.session.cancellation import Cancelled, CancelToken, Overdue, check_time, limited
from cucurbit.session.folders import Folders, relative
from cucurbit.session.session import Session, Superseded, Unavailable
from cucurbit.session.snapshot_findings import SnapshotFindings
from cucurbit.session.worker import Worker
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.core.work import PERIOD
from cucurbit.simulate.stack import deep
from cucurbit.workspace.model import EntryPoint

MODELS = """\
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
one = Table("one", metadata, Column("id", Integer))
"""


@dataclass
class Notes:
    """A listener that writes down what it hears."""

    numbers: list[int] = field(default_factory=list)
    restored_numbers: list[int] = field(default_factory=list)
    failures: list[str | None] = field(default_factory=list)
    stops: bool = False

    def began(self, session: Session) -> None:
        if self.stops:
            session.stop()

    def progressed(self, session: Session, done: int, total: int, entry: str) -> None:
        assert 0 <= done < total

    def restored(self, session: Session, snapshot: SnapshotFindings) -> None:
        assert session.latest is None
        self.restored_numbers.append(snapshot.number)

    def analysed(self, session: Session, analysis: Analysis) -> None:
        self.numbers.append(analysis.number)

    def ended(self, session: Session, failure: str | None) -> None:
        self.failures.append(failure)


@pytest.fixture(scope="module")
def workers() -> tuple[Worker, Worker]:
    return Worker("test-analysis"), Worker("test-queries")


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def session(tmp_path: Path, workers: tuple[Worker, Worker], notes: Notes) -> Session:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "main.py").write_text("import models\nif __name__ == '__main__':\n    pass\n")
    return Session(tmp_path.resolve().as_posix(), *workers, notes)


def tables(analysis: Analysis) -> set[str]:
    return {each.key for each in analysis.context.definitions.values()}


async def test_a_buffer_lies_over_the_disk(session: Session, notes: Notes) -> None:
    session.start()
    assert tables(await session.fresh()) == {"one"}
    session.set_buffer("models.py", MODELS.replace('"one"', '"two"'), 1)
    analysis = await session.fresh()
    assert tables(analysis) == {"two"}
    assert analysis.buffers["models.py"].version == 1
    session.drop_buffer("models.py")
    assert tables(await session.fresh()) == {"one"}
    assert notes.numbers == sorted(set(notes.numbers))
    session.close()


async def test_who_waits_gets_the_newest(session: Session) -> None:
    session.start()
    await session.fresh()
    session.set_buffer("models.py", MODELS.replace('"one"', '"two"'), 1)
    current, fresh = asyncio.ensure_future(session.current()), asyncio.ensure_future(session.fresh())
    await asyncio.sleep(0)
    session.set_buffer("models.py", MODELS.replace('"one"', '"three"'), 2)
    with pytest.raises(Superseded):
        await current
    assert tables(await fresh) == {"three"}
    session.close()


async def test_one_who_gives_up_waiting_takes_nobody_along(session: Session) -> None:
    first, second = asyncio.ensure_future(session.fresh()), asyncio.ensure_future(session.fresh())
    await asyncio.sleep(0)
    first.cancel()
    session.start()
    assert tables(await second) == {"one"}
    session.close()


async def test_a_stopped_analysis_gives_none_until_something_changes(session: Session, notes: Notes) -> None:
    notes.stops = True
    session.start()
    with pytest.raises(Unavailable):
        await session.fresh()
    assert notes.numbers == []
    assert notes.failures == [None]
    notes.stops = False
    session.touch(["models.py"])
    assert "one" in tables(await session.fresh())
    session.close()


async def test_a_failure_is_told_and_the_session_lives_on(
    session: Session, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Analysis:
        raise ZeroDivisionError("no")

    with monkeypatch.context() as patch:
        patch.setattr("cucurbit.session.session.analyse_snapshot", fail)
        session.start()
        with pytest.raises(Unavailable):
            await session.fresh()
    assert notes.failures == ["ZeroDivisionError: no"]
    session.restart()
    assert tables(await session.fresh()) == {"one"}
    session.close()


async def test_a_timeline_that_was_requested_is_reused_while_it_is_valid(session: Session, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("x = 1\n")
    session.start()

    async def requested(target: str) -> Timeline:
        def job(analysis: Analysis) -> Timeline:
            entry = analysis.workspace.resolve_entry(target)
            assert isinstance(entry, EntryPoint)
            return session.timeline(analysis, entry)

        return await session.query(await session.fresh(), job)

    (known,) = (await session.fresh()).context.timelines
    assert await requested("main.py") is known
    first = await requested("models")
    assert first is not known
    assert [table.key for table in first.tables] == ["one"]
    session.set_buffer("other.py", "x = 2\n", 1)
    session.set_buffer("models.py", f"# a comment\n{MODELS}", 1)
    assert await requested("models") is first
    session.set_buffer("models.py", MODELS.replace('"one"', '"two"'), 2)
    assert [table.key for table in (await requested("models")).tables] == ["two"]
    session.close()


async def test_closing_frees_those_who_wait(session: Session) -> None:
    waiting = asyncio.ensure_future(session.fresh())
    await asyncio.sleep(0)
    session.close()
    with pytest.raises(Unavailable):
        await waiting


async def test_settings_and_a_restart_begin_anew(session: Session, notes: Notes) -> None:
    session.start()
    await session.fresh()
    before = session.number
    session.configure({})
    assert session.number == before
    session.configure({"exclude": ["models.py"]})
    assert "models.py" not in (await session.fresh()).workspace.python_files()
    session.restart()
    assert (await session.fresh()).simulated > 0
    session.close()


async def test_a_file_with_a_syntax_error_keeps_its_facts_and_its_places_move(session: Session) -> None:
    session.start()
    session.set_buffer("models.py", MODELS, 1)
    await session.fresh()
    session.set_buffer("models.py", "import (\n\n" + MODELS, 2)
    analysis = await session.fresh()
    assert tables(analysis) == {"one"}
    (place,) = analysis.context.definitions
    span = analysis.context.span(place)
    assert (span.line, analysis.span("models.py", span).line) == (4, 6)
    assert analysis.line("models.py", 6) == 4
    session.close()


async def test_a_worker_hands_over_results_and_errors_and_skips_what_nobody_wants() -> None:
    worker = Worker("test")
    assert await worker.run(lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0)
    ran: list[int] = []
    unwanted = asyncio.ensure_future(worker.run(lambda: ran.append(1)))
    unwanted.cancel()
    assert await worker.run(lambda: "next") == "next"
    assert ran == []


def test_a_token_stops_whoever_looks_at_it() -> None:
    token = CancelToken()
    token.check()
    token.cancel()
    assert token.is_cancelled
    with pytest.raises(Cancelled):
        token.check()


async def test_a_deadline_stops_the_thread_that_looks_at_it() -> None:
    other = Worker("test")
    check_time()
    with limited(-1):
        with pytest.raises(Overdue):
            check_time()
        # Another thread has its own, and a thread that runs a simulation that of the thread that waits for it.
        await other.run(check_time)
        with pytest.raises(Overdue):
            deep(check_time)
        with limited(1e9):
            check_time()
    check_time()


@pytest.mark.parametrize("checks", [1, 2, 4, 8, 12])
async def test_an_analysis_that_takes_too_long_is_stopped(
    session: Session, notes: Notes, monkeypatch: pytest.MonkeyPatch, checks: int
) -> None:
    """While files are read, in a simulation or in a rule: it is told why, and the next analysis is complete."""
    left = float(checks)

    def check() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise Overdue("it took too long")

    monkeypatch.setattr(live, "check_time", check)
    monkeypatch.setattr(analysing, "check_time", check)
    session.start()
    with pytest.raises(Unavailable):
        await session.fresh()
    left = math.inf
    assert notes.failures == ["it took too long"]
    session.set_buffer("models.py", MODELS.replace('"one"', '"two"'), 1)
    analysis = await session.fresh()
    assert tables(analysis) == {"two"}
    session.set_buffer("models.py", MODELS.replace('"one"', '"three"'), 2)
    assert tables(await session.fresh()) == {"three"}
    session.restart()
    again = await session.fresh()
    session.set_buffer("models.py", MODELS.replace('"one"', '"two"'), 3)
    assert (await session.fresh()).findings == analysis.findings
    assert again.is_whole
    session.close()


async def test_a_query_that_takes_too_long_is_stopped(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it asks the disk or simulates; the next one is answered."""
    Path(session.root, "long.py").write_text("".join(f"x{n} = {n}\n" for n in range(3 * PERIOD)))
    Path(session.root, "again.py").write_text(
        "from models import *\nagain = Table('one', metadata, Column('id', Integer))\n"
    )
    Path(session.root, "main.py").write_text("import long, models, again\nif __name__ == '__main__':\n    pass\n")
    session.start()
    analysis = await session.fresh()
    entry = analysis.workspace.resolve_entry("long")
    assert isinstance(entry, EntryPoint)
    with monkeypatch.context() as patch:
        patch.setattr(live, "QUERY_PATIENCE", -1)
        with pytest.raises(Overdue):
            await session.query(analysis, lambda each: each.workspace.tree.read("unread.py"))
        with pytest.raises(Overdue):
            await session.query(analysis, lambda each: session.timeline(each, entry))
        with pytest.raises(Overdue):
            await session.query(analysis, lambda each: [each.fixes_of(finding) for finding in each.findings])
    await session.query(analysis, lambda each: session.timeline(each, entry))
    assert await session.query(analysis, lambda each: [fix for every in each.findings for fix in each.fixes_of(every)])
    session.close()


async def test_the_innermost_folder_speaks_for_a_file(workers: tuple[Worker, Worker], notes: Notes) -> None:
    folders = Folders()
    outer, inner = (Session(root, *workers, notes) for root in ("/a", "/a/b"))
    folders.add(outer)
    folders.add(inner)
    assert folders.owner("/a/b/c.py") == (inner, "c.py")
    assert folders.owner("/a/bc.py") == (outer, "bc.py")
    assert folders.owner("/elsewhere.py") is None
    assert [path for _, path in folders.holding("/a/b/c.py")] == ["b/c.py", "c.py"]
    assert folders.remove("/a/b") is inner
    assert folders.owner("/a/b/c.py") == (outer, "b/c.py")


def roots() -> Iterator[tuple[str, str, str | None]]:
    yield "/", "/a.py", "a.py"
    yield "/a", "/a", ""
    yield "c:/a", "c:/a/b.py", "b.py"
    yield "/a", "/ab/c.py", None


@pytest.mark.parametrize(("root", "path", "inside"), list(roots()))
def test_paths_are_relative_to_their_root(root: str, path: str, inside: str | None) -> None:
    assert relative(root, path) == inside
