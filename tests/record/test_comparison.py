"""Truth and prediction side by side, and the first difference between them."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cucurbit.record.comparison import Predicted, RowVerdict, agrees, compare
from tests.record.conftest import MakeWorkspace, Record

TEXTS = st.sampled_from(["a", "b", "failed m (E)", "entry-failed (E)"])
PREDICTED = st.lists(st.builds(Predicted, TEXTS, st.booleans(), cut=st.booleans()), max_size=8)


def verdicts(predicted: str, recorded: str, *, complete: bool = True) -> str:
    """Events are letters; one in lower case is not certain, and ``.`` is a cut."""
    events = [Predicted(letter.upper(), letter.isupper(), cut=letter == ".") for letter in predicted]
    signs = {
        RowVerdict.AGREES: "=",
        RowVerdict.DID_NOT_HAPPEN: "-",
        RowVerdict.UNSEEN: "+",
        RowVerdict.DIFFERS: "!",
        RowVerdict.AFTER: "~",
    }
    return "".join(signs[row.verdict] for row in compare(events, list(recorded), complete=complete).rows)


@pytest.mark.parametrize(
    ("predicted", "recorded", "expected"),
    [
        ("ABC", "ABC", "==="),
        ("AbC", "AC", "=-="),
        ("AbC", "ABC", "==="),
        ("A.C", "AXYC", "=++-="),
        ("ABC", "AXC", "=!="),
        ("ABC", "AXBC", "=!~~"),
        ("ABC", "AB", "==!"),
        ("AB", "ABC", "==!"),
        ("ABCD", "ACD", "=!~~"),
        ("", "A", "!"),
        ("A", "", "!"),
        ("", "", ""),
    ],
)
def test_rows(predicted: str, recorded: str, expected: str) -> None:
    assert verdicts(predicted, recorded).replace("!=", "!~") == expected.replace("!=", "!~")


def test_what_was_not_recorded_to_its_end_is_compared_up_to_there() -> None:
    assert verdicts("ABCD", "AB", complete=False) == "==~~"
    assert verdicts("ABCD", "AX", complete=False) == "=!~~"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PREDICTED, st.lists(TEXTS, max_size=8), st.booleans())
def test_every_event_has_one_row(predicted: list[Predicted], recorded: list[str], complete: bool) -> None:
    comparison = compare(predicted, recorded, complete=complete)

    assert [row.recorded for row in comparison.rows if row.recorded is not None] == list(range(len(recorded)))
    seen = [row.predicted for row in comparison.rows if row.predicted is not None]
    assert seen == sorted(set(seen))
    for row in comparison.rows:
        if row.verdict is RowVerdict.AGREES:
            assert row.recorded is not None
            assert row.predicted is not None
            assert recorded[row.recorded] == predicted[row.predicted].text
    if complete:
        assert (comparison.first_difference is None) is agrees(predicted, recorded)


def test_a_long_program_is_compared() -> None:
    texts = [f"started m{number}" for number in range(20_000)]
    comparison = compare([Predicted(text, number % 3 > 0) for number, text in enumerate(texts)], texts, complete=True)

    assert comparison.agreeing == 20_000


@pytest.mark.parametrize("optimised", [False, True])
def test_a_difference_is_shown_and_is_a_report_ready_to_send(
    optimised: bool, workspace: MakeWorkspace, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(
        {
            "app/first.py": "",
            "app/main.py": "import app.first\nassert False\nimport app.never\n",
            "app/never.py": "",
        }
    )
    if optimised:
        monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    ran = record("app.main", text=True)

    if not optimised:
        assert ran.code == 0, ran.out
        assert "events of 7 agree." in ran.out
        return
    assert ran.code == 1
    marked = [line for line in ran.out.splitlines() if "✗" in line]
    assert len(marked) == 1
    assert "started app.never app/never.py" in marked[0]
    assert "failed app.main app/main.py (AssertionError)" in marked[0]
    assert "5 events agree; the first difference is event 6." in ran.out
    assert "https://github.com/cucurbit-lsp/cucurbit/issues" in ran.out
    assert "Python 3." in ran.out
    assert "Cucurbit 0." in ran.out

    document = record("app.main").document
    assert (document["agrees"], document["agreeing"], document["first_difference"]) == (False, 5, 5)
    assert str(document["report_to"]).endswith("/issues")


def test_long_agreement_is_folded(workspace: MakeWorkspace, record: Record) -> None:
    names = [f"m{number}" for number in range(20)]
    main = f"from app import {', '.join(names)}\n"
    workspace({**{f"app/{name}.py": "" for name in names}, "app/main.py": main})
    ran = record("app.main", text=True)

    assert ran.code == 0, ran.err
    assert "... 34 events more that agree ..." in ran.out
    assert "44 events of 44 agree." in ran.out


def test_another_way_to_run_the_same_file_is_no_defect(workspace: MakeWorkspace, record: Record) -> None:
    workspace({"app/main.py": "import sys\n"})
    ran = record("app.main", "--", sys.executable, "app/main.py", text=True)

    assert ran.code == 1
    assert "The command runs app/main.py as the module __main__" in ran.out
    assert "issues" not in ran.out


def test_a_failure_from_outside_the_code_may_be_no_defect(workspace: MakeWorkspace, record: Record) -> None:
    workspace({"app/main.py": "import no_such_package_anywhere\nimport app.after\n", "app/after.py": ""})
    ran = record("app.main", text=True)

    assert ran.code == 1
    assert "The program fails where it was predicted to continue: a package" in ran.out
    assert "https://github.com/cucurbit-lsp/cucurbit/issues" in ran.out
