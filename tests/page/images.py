"""``python -m tests.page.images`` makes the picture of the timeline page that README.md shows."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cucurbit.opening import open_workspace
from tests.page.browser import browser, find_browser
from tests.page.conftest import INCIDENT, written

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "timeline.png"


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
        page.settle()
        page.screenshot(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
