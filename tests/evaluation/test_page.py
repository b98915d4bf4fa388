"""docs/evaluation.md is what the generator makes of the stored measurement."""

from __future__ import annotations

import json

from tests.evaluation.page import MEASURED, PAGE, page
from tests.evaluation.projects import projects


def test_the_page_is_what_the_figures_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(json.loads(MEASURED.read_text(encoding="utf-8")))


def test_no_measured_fact_is_wrong() -> None:
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert measured["fixes"]["wrong"] == []
    assert {key: each["wrong"] for key, each in measured["projects"].items() if any(each["wrong"].values())} == {}
    assert set(measured["projects"]) <= {project.key for project in projects()}
