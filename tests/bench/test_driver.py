"""The benchmark itself: what it measures it has checked, and what it writes it can read."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import RESULTS
from tests.bench.checks import Checks, WrongResult, measure_starts
from tests.bench.edits import Edits
from tests.bench.goals import GOALS, REAL_GOALS, verdicts
from tests.bench.page import PAGE, page
from tests.bench.processes import Failed, run
from tests.bench.results import Key, Results, figures, from_json
from tests.bench.serving import Limits, Serving
from tests.bench.starts import Starts
from tests.bench.tools import OURS, ROOT, Tools, base_environment, find_tools
from tests.bench.workspaces import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the benchmark needs wait4 and posix_spawn")

LIMITS = Limits(rounds=1, edits=2, seconds=30, growth=6, timeout=100)


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return find_tools(ROOT / "server", tmp_path / "rivals", tmp_path)


def quiet(text: str) -> None:
    pass


def test_tools_that_are_not_there_are_left_out_by_name(tools: Tools) -> None:
    assert tools.rivals == ()
    assert set(tools.missing) == {"sqlalchemy-lsp", "ty", "ruff", "pyright", "jedi-language-server"}


def test_check_is_measured_cold_warm_and_after_a_change(copy: Workspace, tools: Tools) -> None:
    results = Results()
    Checks(tools, copy, 1, 100, quiet).measure(results)
    assert {key.scenario for key in results.quantities} == {"check-cold", "check-warm", "check-changed"}
    cold = results.get("check-cold", copy.name, OURS)
    assert cold is not None
    assert cold.median > 0


def test_a_run_that_finds_something_else_is_refused(generated: Workspace, tools: Tools) -> None:
    other = dataclasses.replace(generated, findings=generated.findings[1:])
    with pytest.raises(WrongResult):
        Checks(tools, other, 1, 100, quiet).measure(Results())


def test_starts_are_measured_beside_an_interpreter_that_does_nothing(tools: Tools) -> None:
    results = Results()
    measure_starts(tools, 1, quiet, results)
    assert len(results.quantities) == 4


@pytest.mark.timeout(400)
def test_the_server_is_measured(copy: Workspace, tools: Tools) -> None:
    results = Results()
    serving = Serving(tools, copy, LIMITS, quiet, results)

    async def measure() -> None:
        await Starts(serving).starts()
        await Starts(serving).asked()
        await Edits(serving).edits()

    asyncio.run(measure())
    assert results.notes == []
    found = {key.scenario: quantities for key, quantities in results.quantities.items()}
    assert {name for name in found if name.startswith("edit-")} == {
        "edit-body",
        "edit-comment",
        "edit-file",
        "edit-import-leaf",
        "edit-import-main",
        "edit-syntax",
        "edit-tablename",
    }
    assert {"server-start", "server-start-warm", "server-asked"} <= set(found)
    assert found["edit-body"]["latency"].count == 2


def test_a_command_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="longer"):
        run([sys.executable, "-c", "import signal; signal.pause()"], tmp_path, base_environment(), timeout=1)


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="ended with 7"):
        run([sys.executable, "-c", "raise SystemExit(7)"], tmp_path, base_environment(), timeout=60)


def test_peak_memory_is_the_command_s_own(tmp_path: Path) -> None:
    ballast = bytearray(64 << 20)
    done = run([sys.executable, "-c", "pass"], tmp_path, base_environment(), timeout=60)
    assert len(ballast) > done.peak * (1 << 20)


def test_results_are_what_was_written() -> None:
    results = Results({"python": "3.11"}, {"cucurbit": "1"}, ["ty is left out."])
    results.add(Key("check-cold", "300", OURS), "wall", "s", [3.0, 1.0, 2.0])
    assert from_json(results.to_json()) == results
    assert results.get("check-cold", "300", OURS) == figures("s", [1.0, 2.0, 3.0])


def test_a_goal_is_met_missed_or_not_measured() -> None:
    results = Results()
    key = Key("check-cold", "300", OURS)
    words = {}
    for peak in (50.0, 90.0):
        results.add(key, "peak", "MiB", [peak])
        words[peak] = next(
            each.word for each in verdicts(results) if each.goal.number.workspace == "300" and each.ratio
        )
    assert words == {50.0: "met", 90.0: "missed, 1.5 times the limit"}
    assert sum(each.ratio is None for each in verdicts(results)) == len(GOALS) - len(REAL_GOALS) - 1


def test_the_page_is_what_the_measurements_make_of_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(from_json(RESULTS.read_text(encoding="utf-8")))


def test_the_command_says_what_it_can_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "run", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--sizes" in done.stdout
