"""A browser for all of these tests, and the example's page. Pictures of each step go where ``SCREENSHOTS`` says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse, findings
from cucurbit.opening import open_workspace
from cucurbit.report.timeline_diagram import DiagramView, timeline_diagram
from cucurbit.report.timeline_page import timeline_page, title_of
from cucurbit.rules.catalogue import RULES
from cucurbit.workspace.index import FolderWorkspace
from tests.page.browser import Page, browser, find_browser

INCIDENT = Path(__file__).parents[2] / "docs" / "examples" / "charge-party" / "1-incident"


@pytest.fixture(scope="session")
def _browser() -> Iterator[Page]:
    program = find_browser()
    if program is None:
        assert not os.environ.get("CI"), "CI has to have Chromium: .ci/prepare installs it"
        pytest.skip("left out: the timeline page in a browser, as there is no Chromium (apt-get install chromium)")
    with browser(program) as page:
        yield page


@pytest.fixture
def page(_browser: Page) -> Page:
    """The browser, as a reader with a light theme has it."""
    _browser.size(1400, 900)
    _browser.prefer({"prefers-color-scheme": "light"})
    return _browser


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures of the page go."""
    return Path(os.environ.get("SCREENSHOTS") or tmp_path)


def written(workspace: FolderWorkspace, file: Path, editor: str = "", only: str | None = None) -> str:
    """Write the page of a workspace, as if that lay where the example does. Returns its URI."""
    context = analyse(workspace)
    timelines = [each for each in context.timelines if only in (None, each.entry.target)]
    view = DiagramView(lambda path: path, lambda path: (INCIDENT / path).as_uri(), editor=editor)
    drawn = timeline_diagram(context, timelines, findings(context, RULES), view, "1.2.3")
    file.write_text(timeline_page(drawn, title_of(drawn)), encoding="ascii")
    return file.as_uri()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The example's page, opened at its application."""
    file = tmp_path_factory.mktemp("page") / "timeline.html"
    return written(open_workspace(INCIDENT), file, only="app.main_simple:app")
