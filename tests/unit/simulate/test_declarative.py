"""What SQLAlchemy, SQLModel and Flask-SQLAlchemy do with classes and calls: each case is run for real and simulated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.harness import RecordingProcess, sqlalchemy_folders
from tests.unit.simulate.declarative_support import compare, sections

UNCERTAIN = frozenset({"conditional base"})
"""Cases of which no more can be known than that one of several things happens."""


@pytest.fixture(scope="module", params=sqlalchemy_folders(), ids=lambda folder: "beside" if folder else "installed")
def recorder(request: pytest.FixtureRequest) -> Iterator[RecordingProcess]:
    with RecordingProcess.start(request.param) as process:
        yield process


@pytest.mark.parametrize(("title", "source"), [*sections("core.md"), *sections("flavours.md")])
def test_as_in_reality(title: str, source: str, recorder: RecordingProcess, tmp_path: Path) -> None:
    result = compare(recorder, tmp_path, source)

    assert not result.difference, result.difference
    assert bool(result.uncertain) is (title in UNCERTAIN), result.uncertain
