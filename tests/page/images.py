"""``python -m tests.page.images`` makes the pictures of the timeline page and of the schema page that the docs show."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cucurbit.opening import open_workspace
from tests.docs.literate import NewFile, steps
from tests.docs.test_schema import PAGE as SHOP_PAGE
from tests.page.browser import Page, browser, find_browser
from tests.page.conftest import INCIDENT, written
from tests.page.test_schema_page import opened
from tests.report.test_schema import schema

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def main() -> int:
    program = find_browser()
    if program is None:
        sys.stderr.write("there is no Chromium\n")
        return 2
    with tempfile.TemporaryDirectory() as folder, browser(program) as page:
        uri = written(open_workspace(INCIDENT), Path(folder) / "timeline.html", only="app.main_simple:app")
        page.size(1320, 640, 1.25)
        page.prefer({"prefers-color-scheme": "light"})
        page.open(uri)
        rules = page.run("[...document.querySelectorAll('.finding .rule')].map((each) => each.textContent)")
        page.click(f".finding:nth-child({rules.index('duplicate-table') + 1}) > button")
        # The pointer lights up what it is over.
        page.send("Input.dispatchMouseEvent", type="mouseMoved", x=0, y=0)
        page.settle()
        page.screenshot(IMAGES / "timeline.png")
        _schema(page, Path(folder) / "schema.html")
    return 0


def _schema(page: Page, file: Path) -> None:
    """The shop of docs/schema.md with a table selected."""
    page.size(1320, 560, 1.25)
    files = {step.path: step.text for step in steps(SHOP_PAGE.read_text("utf-8")) if isinstance(step, NewFile)}
    files["pyproject.toml"] = '[tool.cucurbit]\nentry-points = ["shop.models"]\n'
    opened(page, file, schema(files))
    page.run("window.postMessage({ command: 'focus', table: 'users' }, '*')")
    page.press("z")
    page.screenshot(IMAGES / "schema.png")


if __name__ == "__main__":
    sys.exit(main())
