"""The language server begins with what was known yesterday."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.rules.catalogue import NAMES
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session
from cucurbit.session.snapshot_findings import SnapshotFindings
from cucurbit.session.worker import Worker
from cucurbit.source import reader


class Silent:
    """A listener that does not listen."""

    def began(self, session: Session) -> None: ...

    def progressed(self, session: Session, done: int, total: int, entry: str) -> None: ...

    def restored(self, session: Session, snapshot: SnapshotFindings) -> None: ...

    def analysed(self, session: Session, analysis: Analysis) -> None: ...

    def ended(self, session: Session, failure: str | None) -> None: ...


async def analysed(root: Path, number: int) -> Analysis:
    workers = Worker(f"cache-analysis-{number}"), Worker(f"cache-queries-{number}")
    session = Session(str(root), *workers, Silent(), known_rules=NAMES)
    session.start()
    try:
        return await session.fresh()
    finally:
        await session.save()
        session.close()


async def test_nothing_is_parsed_twice(project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await analysed(project, 1)
    assert first.findings
    read: list[str] = []

    def reading(text: str) -> object:
        read.append(text)
        return real(text)

    real = reader.read
    monkeypatch.setattr(reader, "read", reading)
    again = await analysed(project, 2)
    assert again.findings == first.findings
    assert read == []
    (project / "app/legacy.py").write_text("legacy = True\n")
    assert not (await analysed(project, 3)).findings
    assert read == ["legacy = True\n"]
