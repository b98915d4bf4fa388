"""A program that runs to its end in Python is not predicted to fail for sure."""

from __future__ import annotations

import pytest

from tests.language import docs_drawn, program, tests_drawn
from tests.language.judging import predictions
from tests.language.program import KNOWN, Program
from tests.language.running import outcomes

EVERY = {"docs": 12, "tests": 30}
"""Of the drawn programs, one in so many is run: ``python -m tests.language`` runs them all."""

MOST_WRONG = 0.02
"""The share of drawn programs that may be predicted wrongly: which ones there are depends on the Python."""

pytestmark = pytest.mark.timeout(600)


def wrong_of(programs: list[Program]) -> tuple[list[Program], dict[str, str]]:
    """The programs that run to their end, and what is said of those that are predicted to fail."""
    running = [each for each, real in zip(programs, outcomes(programs), strict=True) if not real.error]
    said = zip(running, predictions(running), strict=True)
    return running, {each.name: one.crash or one.failure for each, one in said if one.crash or one.failure}


def test_stored_programs() -> None:
    programs = [each for each in program.stored() if not each.raises]
    running, wrong = wrong_of(programs)
    assert [each.name for each in programs if each not in running] == [], "these fail for real"
    known = {f"stored/{name}" for name in KNOWN}
    assert {name: text for name, text in wrong.items() if name not in known} == {}
    assert known.intersection(each.name for each in running) - wrong.keys() == set(), "these are right by now"


@pytest.mark.parametrize("source", ["docs", "tests"])
def test_drawn_programs(source: str) -> None:
    drawn = list(docs_drawn.drawn() if source == "docs" else tests_drawn.drawn())[:: EVERY[source]]
    if not drawn:
        pytest.skip("the tests of the standard library are not installed here")
    running, wrong = wrong_of(drawn)
    print(f"{source}: {len(running)} programs, {len(drawn) - len(running)} dropped, {len(wrong)} wrong")  # noqa: T201
    assert len(wrong) <= MOST_WRONG * len(running), wrong
