"""Every case, with every SQLAlchemy at hand: what happens is what its page says, what Cucurbit predicts and finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.case import Case, all_cases, facts
from tests.oracle.harness import RecordingProcess, sqlalchemy_folders
from tests.oracle.judgement import judge_case

CASES = all_cases()
OLDEST = "1.4"
DETAILS = {
    "after-failures",
    "field",
    "files-under-two-names",
    "metadata-contents",
    "missing-modules",
    "module-attributes",
    "name-binding",
    "reloads",
    "runpy",
    "sys-modules",
}
"""Pages with details of Python's to which random programs led: a case there need not say of which fact it is one."""

FOLDERS = sqlalchemy_folders(OLDEST)


def name_of(value: Path | Case | None) -> str:
    return value.id if isinstance(value, Case) else value.name[-3:] if value else "installed"


@pytest.fixture(scope="module")
def recorder(request: pytest.FixtureRequest) -> Iterator[RecordingProcess]:
    with RecordingProcess.start(request.param) as process:
        yield process


def test_every_case_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 150
    assert len({case.id for case in CASES}) == len(CASES)


def test_every_fact_is_proved_and_every_case_proves_one() -> None:
    names = [name for named in facts().values() for name in named]
    assert len(set(names)) == len(names)
    assert {name for case in CASES for name in case.proves} == set(names)
    assert {case.page for case in CASES} >= DETAILS
    assert [case.id for case in CASES if not case.proves and case.page not in DETAILS] == []


@pytest.mark.parametrize(
    ("recorder", "case"),
    [(folder, case) for folder in FOLDERS for case in CASES if case.runs_on(name_of(folder))],
    indirect=["recorder"],
    ids=name_of,
)
def test_case(recorder: RecordingProcess, case: Case, tmp_path: Path) -> None:
    wrong = list(judge_case(case, recorder, tmp_path).wrong())
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
