"""What counts against the prediction, and what is of the machine that recorded."""

from __future__ import annotations

import pytest

from tests.oracle.case import Case
from tests.oracle.harness import RecordingProcess
from tests.oracle.programs.judge import judge

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
