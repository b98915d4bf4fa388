"""The page of the revision graph as a reader uses it, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.report.revisions_page import revisions_page
from cucurbit.rules.shared.revisions import graphs
from cucurbit.workspace.tree.files import MemoryTree
from tests.page.browser import Page
from tests.page.test_browser import CUT_OFF, SIZES, contrast

LONG = "update the preferences of users and add the types of equipment that they may have"


@pytest.fixture(scope="module")
def revisions(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three revisions, of which one has a long message and the last a parent without a file."""
    files = {
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/env.py": "",
        "migrations/versions/0001_first.py": "revision = '0001'\ndown_revision = None\n",
        f"migrations/versions/0002_{LONG.replace(' ', '_')}.py": (
            f'"""{LONG}"""\nrevision = "0002"\ndown_revision = "0001"\n'
        ),
        "migrations/versions/0003_lost.py": "revision = '0003'\ndown_revision = 'nowhere'\n",
    }
    tree = MemoryTree({name: text.encode() for name, text in files.items()})
    context = analyse(folder_workspace(tree, (), {}, None))
    file = tmp_path_factory.mktemp("page") / "revisions.html"
    file.write_text(revisions_page(context, context.memo(graphs), lambda path: f"file:///project/{path}"), "utf-8")
    return file.as_uri()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_graph_stays_beside_texts_of_any_length(
    page: Page, revisions: str, pictures: Path, size: tuple[int, int]
) -> None:
    page.size(*size)
    page.open(revisions)
    page.screenshot(pictures / f"revisions-{size[0]}.png")
    assert page.complaints() == []
    assert page.run("document.querySelector('svg').getBoundingClientRect().width") >= 18
    assert page.run(CUT_OFF) == []
    # What has no room on its row can be had from its title.
    cut = "[...document.querySelectorAll('.words, .path')].filter((each) => each.scrollWidth > each.clientWidth)"
    assert page.run(f"{cut}.every((each) => each.title || each.closest('.ghost'))")


def test_a_message_has_room_before_its_path(page: Page, revisions: str) -> None:
    page.size(1000, 600)
    page.open(revisions)
    cut = "[...document.querySelectorAll('.words')].filter((each) => each.scrollWidth > each.clientWidth)"
    assert page.run(f"{cut}.length") == 0


@pytest.mark.parametrize(
    ("preferred", "least"),
    [
        ({"prefers-color-scheme": "light"}, 4.5),
        ({"prefers-color-scheme": "dark"}, 4.5),
        ({"prefers-color-scheme": "light", "prefers-contrast": "more"}, 7),
        ({"prefers-color-scheme": "dark", "prefers-contrast": "more"}, 7),
        ({"prefers-color-scheme": "dark", "forced-colors": "active"}, 4.5),
    ],
    ids=["light", "dark", "contrast-light", "contrast", "forced"],
)
def test_every_theme_is_readable(page: Page, revisions: str, preferred: dict[str, str], least: float) -> None:
    page.prefer(preferred)
    page.open(revisions)
    texts = ("h1", "p", ".fault", ".id", ".mark", ".words", "a.path", ".ghost .id")
    assert {each: ratio for each in texts if (ratio := contrast(page, each)) < least} == {}


def test_tab_goes_from_revision_to_revision(page: Page, revisions: str) -> None:
    page.open(revisions)
    seen = []
    for _ in range(3):
        page.press("Tab")
        seen.append(page.run("document.activeElement.textContent"))
    assert sorted(seen) == ["0001", "0002", "0003"]
