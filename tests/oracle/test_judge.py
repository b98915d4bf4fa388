"""What counts against the prediction, and what is of the machine that recorded."""

from __future__ import annotations

import pytest

from cucurbit.fixes.quick_fixes import fixes_for
from tests.oracle.case import Case
from tests.oracle.harness import RecordingProcess
from tests.oracle.programs.judge import judge
from tests.oracle.programs.mending import SWALLOWED, Tried, tried_alone, worse

MAYBE = """\
import os
from sqlalchemy.orm import declarative_base
if os.getenv("CUCURBIT_IS_NEVER_SET") == "set":
    class Model(declarative_base()):
        __tablename__ = "models"
"""


@pytest.mark.parametrize(
    ("files", "assumed"),
    [
        # An installed package may share a folder without an __init__.py.
        ({"app/b.py": "from app import missing\n"}, True),
        # Events that need not happen, and did not, stand before the difference.
        ({"app/b.py": f"{MAYBE}from app import missing\n"}, True),
        ({"app/a.py": MAYBE, "app/b.py": "import app.a\nfrom app import missing\n"}, True),
        ({"app/__init__.py": "", "app/a.py": MAYBE, "app/b.py": "import app.a\nfrom app import missing\n"}, False),
    ],
)
def test_a_module_that_may_be_installed_elsewhere_is_no_disagreement(files: dict[str, str], assumed: bool) -> None:
    with RecordingProcess.start() as recorder:
        verdict = judge(Case("", "", "module", "app.b", files, {}, ""), recorder)
    assert verdict.recorded[-1] == {"event": "entry-failed", "error": "ImportError"}
    assert verdict.right, verdict.wrong
    assert verdict.assumed is assumed


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        ("nowhere", []),
        (
            "app.nowhere",
            [
                "there are errors that were not there: [('entry-point-fails', 'app/other.py')]",
                "more fails for real: (True, 0) after (False, 0)",
            ],
        ),
    ],
)
def test_a_fix_may_have_executed_what_imports_what_is_not_installed_here(module: str, wrong: list[str]) -> None:
    files = {"app/__init__.py": "", "app/other.py": f"import {module}\n", "app/main.py": ""}
    changed = {**files, "app/main.py": "import app.other\n"}
    with RecordingProcess.start() as recorder:
        before, after = (
            Tried.of(Case("", "", "module", "app.main", each, {}, ""), recorder) for each in (files, changed)
        )
        assert list(worse(before, after, ())) == wrong


AROUND = """\
from alembic import command
from alembic.config import Config
try:
    try:
        command.upgrade(Config("alembic.ini"), "head")
    except Exception:
        pass
except Exception:
    pass
"""


def test_a_failure_that_is_raised_again_may_be_swallowed_at_another_place() -> None:
    with RecordingProcess.start() as recorder:
        before = Tried.of(Case("", "", "module", "main", {"main.py": AROUND}, {}, ""), recorder)
        (finding,) = (each for each in before.found if each.rule == SWALLOWED)
        tried = [tried_alone(before, finding, fix) for fix in fixes_for(before.gate, finding) if not fix.silences]
    assert [each.wrong for each in tried] == [()] * len(tried) != []
