"""The timeline page as a reader uses it, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cucurbit.opening import folder_workspace, open_workspace
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.tree.files import MemoryTree
from tests.page.browser import Page
from tests.page.conftest import INCIDENT, written

ACTIVE = "document.querySelector('.row.active')?.querySelector('.name').textContent"
HOST = """window.acquireVsCodeApi = () => ({ postMessage: (m) => (window.sent = [...(window.sent ?? []), m]) });"""


def names(page: Page, selector: str = ".row") -> list[str]:
    """The names in rows, from the top down."""
    script = (
        f"[...document.querySelectorAll({json.dumps(selector)})].sort((a, b) => a.dataset.place - b.dataset.place)"
        ".map((row) => row.querySelector('.name').textContent)"
    )
    found: list[str] = page.run(script)
    return found


def choose(page: Page, rule: str) -> None:
    """Click on the first finding of a rule."""
    rules = page.run("[...document.querySelectorAll('.finding .rule')].map((each) => each.textContent)")
    page.click(f".finding:nth-child({rules.index(rule) + 1}) > button")


def contrast(page: Page, selector: str) -> float:
    """The contrast of a text to what is behind it, after WCAG 2."""
    script = """((selector) => {
      const canvas = new OffscreenCanvas(1, 1), pen = canvas.getContext("2d", { willReadFrequently: true });
      const over = (colours) => { pen.clearRect(0, 0, 1, 1); for (const each of colours) { pen.fillStyle = each; pen.fillRect(0, 0, 1, 1); } return [...pen.getImageData(0, 0, 1, 1).data]; };
      const light = (rgb) => { const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const element = document.querySelector(selector), behind = [];
      for (let each = element; each; each = each.parentElement) behind.unshift(getComputedStyle(each).backgroundColor);
      const back = light(over(behind)), front = light(over([...behind, getComputedStyle(element).color]));
      return (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
    })"""  # noqa: E501
    ratio: float = page.run(f"{script}({json.dumps(selector)})")
    return ratio


# -------------------------------------------------------------------------- looking


def test_one_sees_where_both_definitions_come_from_and_when_migrations_run(page: Page, example: str) -> None:
    page.open(example)
    assert page.complaints() == []
    assert page.requests() == [example]
    shown = names(page)
    first, start = shown.index("energy_events"), shown.index("migrations start")
    second = shown.index("energy_events", first + 1)
    assert first < start < second
    assert page.run("document.querySelector('.row.rejected .flag').textContent") == "rejected"
    summary = page.run("[...document.querySelectorAll('#summary span')].map((each) => each.textContent)")
    assert "5 before the migrations start" in summary
    assert "2 rejected" in summary
    assert page.run("document.querySelectorAll('.arcs path').length") == 2


def test_what_holds_no_models_is_folded_and_unfolds(page: Page, example: str) -> None:
    page.open(example)
    assert "app.db" in names(page)
    assert "app.config" not in names(page)
    page.click("#row-4 .twist")
    assert "app.config" in names(page)
    page.press("ArrowLeft")
    assert "app.config" not in names(page)


def test_a_finding_lights_the_way_to_it_and_folds_the_rest(page: Page, example: str, pictures: Path) -> None:
    page.open(example)
    before = names(page)
    page.screenshot(pictures / "timeline-light.png")
    choose(page, "duplicate-table")
    assert names(page, ".row.lit") == [
        "app.main_simple", "app.routers.wallet", "app.services.ledger", "app.models_extra", "energy_events",
        "migrations start", "env_py", "app.models_domain", "energy_events",
        "the InvalidRequestError is caught here, and the program continues",
    ]  # fmt: skip
    assert page.run("document.querySelectorAll('.rail').length") > 10
    badges = "[...document.querySelectorAll('.row .badge:not(.none)')].map((each) => each.textContent).sort()"
    assert page.run(badges) == ["!", "1", "2", "3", "4", "5", "6", "7", "8"]
    assert page.run(ACTIVE) == "energy_events"
    steps = page.run("[...document.querySelectorAll('.chosen .evidence li .step')].map((each) => each.textContent)")
    assert len(steps) == 9
    page.screenshot(pictures / "timeline-finding.png")
    page.click(".chosen .evidence li:nth-child(2) .step")
    assert page.run(ACTIVE) == "app.routers.wallet"
    page.press("Escape")
    assert names(page) == before
    assert page.run("document.querySelectorAll('.row.lit').length") == 0


TEXTS = (
    ".row.rejected .name", ".row.table .name", ".row.module .name", ".row.table .detail", ".row .place", ".number",
    ".row.migrations .name", ".row.failed .name", ".row.failed .detail", ".row.swallowed .name", ".group .name",
    "#summary .good", "#summary .bad", "#summary .migration", ".finding .message", ".finding .rule", ".jump", "h2",
    "aside .place", "#crumbs span",
)  # fmt: skip
MARKS = (".flag", ".badge:not(.none)")


@pytest.mark.parametrize(
    ("name", "preferred", "least"),
    [
        ("light", {"prefers-color-scheme": "light"}, 4.5),
        ("dark", {"prefers-color-scheme": "dark"}, 4.5),
        ("contrast", {"prefers-color-scheme": "dark", "prefers-contrast": "more"}, 7),
        ("contrast-light", {"prefers-color-scheme": "light", "prefers-contrast": "more"}, 7),
        ("forced", {"prefers-color-scheme": "dark", "forced-colors": "active"}, 4.5),
    ],
)
def test_every_theme_is_readable(
    page: Page, example: str, pictures: Path, name: str, preferred: dict[str, str], least: float
) -> None:
    page.prefer(preferred)
    page.open(example)
    choose(page, "duplicate-table")
    page.screenshot(pictures / f"timeline-{name}.png")
    ratios = {text: (contrast(page, text), least) for text in TEXTS} | {
        mark: (contrast(page, mark), 4.5) for mark in MARKS
    }
    assert {text: round(ratio, 2) for text, (ratio, wanted) in ratios.items() if ratio < wanted} == {}


def test_a_change_of_theme_shows_at_once_and_an_editor_s_own_comes_first(page: Page, example: str) -> None:
    page.open(example)
    theme = "document.documentElement.dataset.theme + ' ' + document.documentElement.dataset.contrast"
    assert page.run(theme) == "light "
    page.prefer({"prefers-color-scheme": "dark"})
    page.settle()
    assert page.run(theme) == "dark "
    for kinds, expected in {
        "vscode-light": "light ",
        "vscode-dark": "dark ",
        "vscode-high-contrast": "dark more",
        "vscode-high-contrast vscode-high-contrast-light": "light more",
    }.items():
        page.run(f"document.body.className = {json.dumps(kinds)}")
        page.settle()
        assert page.run(theme) == expected
    page.run("document.documentElement.style.setProperty('--vscode-editor-background', 'rgb(1, 2, 3)')")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(1, 2, 3)"


SIZES = [(1400, 900), (933, 600), (700, 450), (350, 450)]
"""Of a page in a window of 1400 to 900 pixels at 100 %, 150 % and 200 %, and of a telephone."""

CUT_OFF = """(() => {
  const inside = ({ left, right, top, bottom }) =>
    left >= -1 && right <= innerWidth + 1 && top >= -1 && bottom <= innerHeight + 1;
  const found = document.querySelectorAll('header :is(button, select, input), h1, #summary span, .splitter');
  return [...found].filter((each) => each.offsetParent && !inside(each.getBoundingClientRect()))
    .map((each) => each.id || each.textContent)
    .concat(document.scrollingElement.scrollWidth > innerWidth ? ['the page is wider than the window'] : []);
})()"""


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_cut_off_at_any_zoom(page: Page, example: str, size: tuple[int, int]) -> None:
    page.size(*size)
    page.open(example)
    choose(page, "duplicate-table")
    assert page.run(CUT_OFF) == []
    # What an evidence says is not squeezed by its place.
    widths = "[...document.querySelectorAll('.chosen .step')].map((each) => each.offsetWidth)"
    assert min(page.run(widths)) >= 120


def test_a_name_has_room_before_its_place_and_its_details(page: Page, example: str) -> None:
    page.size(933, 600)
    page.open(example)
    page.click(".row.rejected .name")
    cut = "[...document.querySelectorAll('.row.module .name')].filter((each) => each.scrollWidth > each.clientWidth)"
    assert page.run(f"{cut}.map((each) => each.textContent)") == []


def test_the_panes_are_resized_with_the_pointer_and_with_keys(page: Page, example: str) -> None:
    page.open(example)
    resized(page, "offsetWidth", "ArrowLeft", "ArrowRight", (-50, 0))
    page.size(700, 900)
    page.open(example)
    resized(page, "offsetHeight", "ArrowUp", "ArrowDown", (0, -50))


def resized(page: Page, side: str, larger: str, smaller: str, by: tuple[int, int]) -> None:
    """The pane is made larger and smaller again, and dragged by pixels to the right and down."""
    size = f"document.getElementById('panes').{side}"
    page.run("document.querySelector('.splitter').focus()")
    usual = page.run(size)
    page.press(larger)
    assert page.run(size) == usual + 24
    page.press(smaller)
    assert page.run(size) == usual
    box = page.run("(({ x, y, width, height }) => [x + width / 2, y + height / 2])"
                   "(document.querySelector('.splitter').getBoundingClientRect())")  # fmt: skip
    end = (box[0] + by[0], box[1] + by[1])
    for kind, (x, y) in (("mousePressed", box), ("mouseMoved", end), ("mouseReleased", end)):
        page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
    page.settle()
    assert abs(page.run(size) - usual - 50) <= 4
    page.run("document.querySelector('.splitter').dispatchEvent(new MouseEvent('dblclick'))")
    assert page.run(size) == usual


def test_what_stands_between_backticks_is_code(page: Page, tmp_path: Path) -> None:
    page.open(written(open_workspace(INCIDENT), tmp_path / "t.html", only="alembic.ini"))
    texts = page.run("[...document.querySelectorAll('.finding .message')].map((each) => each.textContent)")
    assert not any("`" in each for each in texts)
    assert 'metadata_ = mapped_column("metadata", ...)' in page.run(
        "[...document.querySelectorAll('.finding .message code')].map((each) => each.textContent)"
    )


# ------------------------------------------------------------------------ searching


def test_search_finds_tables_and_modules_and_unfolds_the_way(page: Page, example: str) -> None:
    page.open(example)
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    page.type("app.config")
    assert page.run("document.getElementById('hits').textContent") == "1 found"
    page.press("Enter")
    assert page.run(ACTIVE) == "app.config"
    assert page.run("document.getElementById('hits').textContent") == "1 of 1"
    page.press("Escape")
    assert page.run("document.activeElement.id") == "rows"
    page.press("/")
    page.type("ENERGY")
    assert page.run("document.getElementById('hits').textContent") == "2 found"
    page.press("Enter")
    page.press("Enter")
    assert page.run("document.querySelector('.row.active').id") == "row-22"
    page.press("Enter", shift=True)
    assert page.run("document.querySelector('.row.active').id") == "row-16"
    page.type(" nowhere")
    assert page.run("document.getElementById('hits').textContent") == "none found"


# --------------------------------------------------------------------------- keys


def test_everything_can_be_done_from_the_keyboard(page: Page, example: str) -> None:
    page.open(example)
    assert page.run("document.activeElement.id") == "rows"
    assert page.run(ACTIVE) == "app"
    page.press("ArrowDown")
    assert page.run(ACTIVE) == "app.main_simple"
    page.press("ArrowLeft")
    assert names(page) == ["app", "app.main_simple"]
    assert page.run("document.querySelector('.row.active').getAttribute('aria-expanded')") == "false"
    page.press("ArrowRight")
    page.press("ArrowRight")
    assert page.run(ACTIVE) == "app.routers"
    page.press("ArrowLeft")
    assert page.run(ACTIVE) == "app.main_simple"
    page.press("End")
    assert page.run(ACTIVE) == names(page)[-1]
    page.press("Home")
    assert page.run(ACTIVE) == "app"
    page.press("m")
    assert page.run(ACTIVE) == "migrations start"
    page.press("f")
    page.press("f")
    assert page.run("document.querySelectorAll('.finding.chosen').length") == 1
    page.press("Escape")
    page.press("?", shift=True)
    assert page.run("document.getElementById('keys').open")
    page.press("Escape")
    assert not page.run("document.getElementById('keys').open")
    page.click("#row-22")
    page.press("o")
    assert page.run("document.querySelector('.row.active').id") == "row-16"


def test_a_narrow_page_keeps_the_finding_and_its_row_in_sight(page: Page, example: str) -> None:
    page.size(560, 640)
    page.open(example)
    choose(page, "duplicate-table")
    assert page.run("document.scrollingElement.scrollTop + document.getElementById('app').scrollTop") == 0
    inside = """((selector, box) => {
      const [a, b] = [selector, box].map((each) => document.querySelector(each).getBoundingClientRect());
      return a.top >= b.top - 1 && a.bottom <= b.bottom + 1 && b.bottom <= innerHeight && b.top >= 0;
    })"""
    assert page.run(f"{inside}('.row.active', '#rows')")
    assert page.run(f"{inside}('.finding.chosen .rule', 'aside')")
    page.press("Home")
    assert page.run(f"{inside}('.row.active', '#rows')")


def test_it_zooms_from_the_text_to_the_whole(page: Page, example: str) -> None:
    height = "document.querySelector('.row').getBoundingClientRect().height"
    page.size(1400, 500)
    page.open(example)
    usual = page.run(height)
    page.press("+")
    assert page.run(height) > usual
    page.press("0")
    assert page.run(height) == usual
    page.press("z")
    assert page.run(height) < usual
    box = "document.getElementById('rows')"
    assert page.run(f"{box}.scrollHeight <= {box}.clientHeight")
    fitting = page.run(height)
    page.click("#in")
    assert page.run(height) > fitting
    before = page.run(height)
    page.run(f"{box}.dispatchEvent(new WheelEvent('wheel', {{ ctrlKey: true, deltaY: -100, cancelable: true }}))")
    assert page.run(height) > before


def test_those_who_do_not_see_it_are_told_what_it_is(page: Page, example: str) -> None:
    page.open(example)
    choose(page, "duplicate-table")
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    roles: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        if not node.get("ignored"):
            roles.setdefault(node["role"]["value"], []).append(node)
    assert [node["name"]["value"] for node in roles["tree"]] == ["Order of execution"]
    rejected = [node for node in roles["treeitem"] if "rejected" in node["name"]["value"].lower()]
    assert rejected
    properties = {each["name"]: each["value"].get("value") for each in rejected[0]["properties"]}
    assert properties["level"] == 5
    assert properties["selected"] is True
    assert page.run(
        "document.getElementById(document.getElementById('rows').getAttribute('aria-activedescendant')).matches('.active')"
    )
    assert all(node["name"]["value"] for role in ("button", "link", "searchbox") for node in roles.get(role, []))


# ------------------------------------------------------------------------- source


def test_a_place_is_a_link_to_the_file_or_to_the_editor_named(page: Page, example: str, tmp_path: Path) -> None:
    page.open(example)
    link = "document.querySelector('#row-22 > .place').href"
    assert page.run(link) == (INCIDENT / "app/models_domain.py").as_uri()
    template = "vscode://file/{path}:{line}:{column}"
    page.open(written(open_workspace(INCIDENT), tmp_path / "t.html", template, only="app.main_simple:app"))
    path = (INCIDENT / "app/models_domain.py").as_uri().removeprefix("file://")
    assert page.run(link) == f"vscode://file{path}:16:1"


def test_inside_an_editor_a_click_is_handed_over_and_the_page_follows_the_cursor(page: Page, example: str) -> None:
    script = page.send("Page.addScriptToEvaluateOnNewDocument", source=HOST)["identifier"]
    try:
        page.open(example)
        uri = (INCIDENT / "app/models_extra.py").as_uri()
        page.run(f"window.postMessage({{ command: 'focus', uri: {json.dumps(uri)}, line: 26 }}, '*')")
        page.settle()
        assert page.run(ACTIVE) == "energy_events"
        page.run("window.sent = []")
        page.click("#row-16 > .place")
        page.press("Enter")
        page.click("#row-16 .name", twice=True)
        opened = {"command": "open", "uri": uri, "line": 24, "column": 0}
        assert page.run("window.sent") == [opened, opened, opened]
        assert page.requests() == [example]
    finally:
        page.send("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


# ----------------------------------------------------------------------- bad input


def test_names_of_the_workspace_stay_text(page: Page, tmp_path: Path) -> None:
    nasty = "</script><img src=x onerror=document.title='gone'>"
    files = {
        "pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n',
        "main.py": "from sqlalchemy import Column, Integer, MetaData, Table\nm = MetaData()\n"
        + f"Table({nasty!r}, m, Column('id', Integer))\n" * 2,
    }
    tree = MemoryTree({name: text.encode() for name, text in files.items()})
    page.open(written(folder_workspace(tree, (), {}, None), tmp_path / "t.html"))
    page.press("f")
    assert page.complaints() == []
    assert page.run("document.title") == "Timeline of main"
    assert page.run("document.querySelectorAll('img').length") == 0
    assert nasty in names(page)


def test_a_program_that_ends_is_not_said_to_fail(page: Page, tmp_path: Path) -> None:
    files = {"pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n', "main.py": "import sys\nsys.exit()\n"}
    tree = MemoryTree({name: text.encode() for name, text in files.items()})
    page.open(written(folder_workspace(tree, (), {}, None), tmp_path / "t.html"))
    assert page.complaints() == []
    assert "the entry point ends" in names(page)
    assert page.run("document.querySelectorAll('#summary .bad, .row .flag').length") == 0


def test_a_workspace_without_an_entry_point_says_so(page: Page, tmp_path: Path) -> None:
    page.open(written(folder_workspace(MemoryTree({}), (), {}, None), tmp_path / "t.html"))
    for key in ("f", "n", "z", "o", "Enter", "ArrowDown", "Escape", "+"):
        page.press(key)
    assert page.complaints() == []
    assert "No entry point" in page.run("document.getElementById('summary').textContent")


# --------------------------------------------------------------------------- size


def test_two_thousand_modules_cost_no_more_than_what_is_in_sight(page: Page, tmp_path: Path) -> None:
    page.open(written(many_modules(), tmp_path / "t.html"))
    assert page.complaints() == []
    assert page.run("document.getElementById('summary').textContent").startswith("imported2002 modules")
    assert page.run("document.querySelectorAll('.row').length") < 100
    # Folded are the modules without models: of each ten a line for the first, for its table and for the rest.
    assert page.run("document.getElementById('rows').scrollHeight") == (2 + 200 * 3) * 24
    made = page.run("""(async () => {
      const box = document.getElementById("rows");
      let made = 0;
      new MutationObserver((all) => { for (const each of all) made += each.addedNodes.length; })
        .observe(document.getElementById("space"), { childList: true });
      for (let step = 0; step < 50; step++) {
        box.scrollTop += 48;
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      }
      return made;
    })()""")
    assert 0 < made <= 50 * 3
    page.press("/")
    page.type("t1900")
    page.press("Enter")
    assert page.run(ACTIVE) == "t1900"
    page.press("Escape")
    page.press("z")
    assert page.run("document.querySelectorAll('.row').length") <= 900
    assert page.complaints() == []


def many_modules() -> FolderWorkspace:
    """200 packages of ten modules, one of which defines a table."""
    files = {"pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n', "pack/__init__.py": ""}
    files["main.py"] = "".join(f"import pack.m{number}\n" for number in range(0, 2000, 10))
    for number in range(2000):
        lines = [f"import pack.m{number + 1}"] if number % 10 < 9 else []
        if number % 10 == 0:
            lines = [
                *(f"import pack.m{number + each}" for each in range(1, 10)),
                "from sqlalchemy import Column, Integer, MetaData, Table",
                f"Table('t{number}', MetaData(), Column('id', Integer))",
            ]
        files[f"pack/m{number}.py"] = "\n".join(lines) + "\n"
    return folder_workspace(MemoryTree({name: text.encode() for name, text in files.items()}), (), {}, None)
