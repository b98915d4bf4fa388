"""The schema page as a reader uses it, in a real browser."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from cucurbit.report.schema.model import SchemaDocument
from cucurbit.report.schema.page import SchemaView, schema_page
from tests.page.browser import Page
from tests.page.test_browser import CUT_OFF, HOST, SIZES, contrast, resized
from tests.report.test_schema import CORE, HOSTILE, SHOP, hostile, schema

pytestmark = pytest.mark.usefixtures("page_library")

READY = """new Promise((done) => {
  const ready = () => document.documentElement.dataset.ready ? done(true) : requestAnimationFrame(ready);
  ready();
})"""
CHOSEN = "document.querySelector('.table.chosen')?.dataset.id ?? null"
SHOWN = "[...document.querySelectorAll('.table')].map((each) => each.dataset.id).sort()"


def opened(page: Page, file: Path, found: SchemaDocument, editor: str = "") -> str:
    file.write_text(schema_page(found, SchemaView(lambda path: f"file:///project/{path}", editor)), "ascii")
    page.open(file.as_uri())
    page.run(READY)
    page.settle()
    return file.as_uri()


@pytest.fixture
def shop(page: Page, tmp_path: Path) -> str:
    return opened(page, tmp_path / "schema.html", schema(SHOP))


def many_tables() -> SchemaDocument:
    """300 tables of ten parts, each with a foreign key to one before it."""
    lines = [
        f"Table('t{number}', m, Column('id', Integer, primary_key=True), Column('name', String(20)),"
        f" Column('up', ForeignKey('{'users' if number < 10 else f't{(number - 10) * 2 // 3}'}.id')))\n"
        for number in range(299)
    ]
    return schema(CORE + "".join(lines))


def test_tables_do_not_overlap_and_nothing_is_loaded(page: Page, shop: str, pictures: Path) -> None:
    assert page.complaints() == []
    assert page.requests() == [shop]
    assert page.run(SHOWN) == ["order_tags", "orders", "profiles", "tags", "users"]
    assert page.run("document.querySelectorAll('.edge').length") == 5
    page.screenshot(pictures / "schema.png")
    assert page.run(OVERLAPS) == 0


OVERLAPS = """(() => {
  const boxes = [...document.querySelectorAll('.table .card')].map((each) => each.getBoundingClientRect());
  let count = 0;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) count++;
  }));
  return count;
})()"""


def test_feet_say_the_cardinality(page: Page, shop: str) -> None:
    feet = """(title) => {
      const edges = [...document.querySelectorAll('.edge')];
      const edge = edges.find((each) => each.querySelector('title').textContent === title);
      return [edge.querySelectorAll('.foot').length, edge.querySelectorAll('circle').length];
    }"""
    # One path is a crow's foot with its circle, two are the bars of exactly one; one bar and a circle are one or none.
    assert page.run(f"({feet})('orders.user_id \u2192 users: many to one')") == [3, 1]
    assert page.run(f"({feet})('orders.parent_id \u2192 orders: many to one or none')") == [2, 2]
    assert page.run(f"({feet})('profiles.user_id \u2192 users: one to one')") == [3, 1]


def test_search_and_focus(page: Page, shop: str) -> None:
    page.press("/")
    page.type("email")
    assert page.run("document.getElementById('hits').textContent") == "1 found"
    page.press("Enter")
    assert page.run(CHOSEN) == "users"
    assert "Referred to by" in page.run("document.getElementById('details').textContent")
    page.press("Escape")
    page.press("f")
    assert page.run(SHOWN) == ["orders", "profiles", "users"]
    page.press("f")
    assert page.run(SHOWN) == ["order_tags", "orders", "profiles", "users"]
    page.press("f")
    page.press("f")
    assert len(page.run(SHOWN)) == 5


def test_arrow_keys_reach_every_table(page: Page, shop: str) -> None:
    seen = set()
    for key in (
        "ArrowDown",
        "ArrowRight",
        "ArrowDown",
        "ArrowRight",
        "ArrowUp",
        "ArrowUp",
        "ArrowLeft",
        "ArrowDown",
    ) * 3:
        page.press(key)
        seen.add(page.run(CHOSEN))
    assert len(seen) >= 4
    page.press("Escape")
    assert page.run(CHOSEN) is None
    page.press("?", shift=True)
    assert page.run("document.getElementById('keys').open")
    page.press("Escape")


def test_columns_can_be_hidden_and_a_table_pinned(page: Page, shop: str) -> None:
    page.press("c")
    assert page.run("document.querySelectorAll('[data-id=orders] .row').length") == 4  # three keys, and "1 more"
    page.press("c")
    assert page.run("document.querySelectorAll('.row').length") == 0
    page.press("c")
    page.press("ArrowDown")
    chosen = page.run(CHOSEN)
    before = page.run("document.querySelector('.chosen').getAttribute('transform')")
    page.press("p")
    page.press("c")
    pinned = f"document.querySelector('[data-id={chosen}]')"
    assert page.run(f"{pinned}.classList.contains('pinned')")
    assert page.run(f"{pinned}.getAttribute('transform')") == before
    page.press("p")
    assert not page.run(f"{pinned}.classList.contains('pinned')")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_cut_off_at_any_zoom(page: Page, tmp_path: Path, size: tuple[int, int]) -> None:
    page.size(*size)
    opened(page, tmp_path / "schema.html", schema(SHOP))
    page.press("ArrowDown")
    assert page.run(CUT_OFF) == []
    # What is selected is told on a narrow page too.
    assert page.run("document.getElementById('panes').offsetHeight") > 80
    assert page.run("document.querySelector('#details h3').getBoundingClientRect().top < innerHeight")


def test_the_pane_is_resized_with_the_pointer_and_with_keys(page: Page, shop: str) -> None:
    resized(page, "offsetWidth", "ArrowLeft", "ArrowRight", (-50, 0))


@pytest.mark.parametrize("more", ["no-preference", "more"])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_tables_beside_the_selected_one_stay_in_sight(page: Page, tmp_path: Path, name: str, more: str) -> None:
    page.prefer({"prefers-color-scheme": name, "prefers-contrast": more})
    opened(page, tmp_path / "schema.html", schema(SHOP))
    page.press("ArrowDown")
    assert contrast(page, "#details td.type") >= (7 if more == "more" else 4.5)
    opacity = float(page.run("getComputedStyle(document.querySelector('.table:not(.near)')).opacity"))
    assert opacity >= (0.8 if more == "more" else 0.5)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_both_themes_are_readable(page: Page, tmp_path: Path, pictures: Path, name: str) -> None:
    page.prefer({"prefers-color-scheme": name})
    opened(page, tmp_path / "schema.html", schema(SHOP))
    assert page.run("document.documentElement.dataset.theme") == name
    page.press("ArrowDown")
    page.screenshot(pictures / f"schema-{name}.png")
    for selector in (
        "#summary",
        "#details h3",
        "#details a",
        "#details td.type",
        "#details td.mark",
        "h2",
        "#legend button",
    ):
        assert contrast(page, selector) >= 4.5, selector
    page.press("t")
    assert page.run("document.documentElement.dataset.theme") != name


def test_a_place_leads_to_the_source(page: Page, shop: str, tmp_path: Path) -> None:
    first = "document.querySelector('#details a').href"
    page.press("ArrowDown")
    assert page.run(first) == "file:///project/main.py"
    opened(page, tmp_path / "t.html", schema(SHOP), "vscode://file/{path}:{line}:{column}")
    page.press("ArrowDown")
    assert page.run(first).startswith("vscode://file/project/main.py:")


def test_inside_an_editor_a_click_is_handed_over(page: Page, tmp_path: Path) -> None:
    script = page.send("Page.addScriptToEvaluateOnNewDocument", source=HOST)["identifier"]
    try:
        opened(page, tmp_path / "t.html", schema(SHOP))
        page.run("window.postMessage({ command: 'focus', table: 'users' }, '*')")
        page.settle()
        assert page.run(CHOSEN) == "users"
        page.press("Enter")
        assert page.run("window.sent") == [
            {"command": "open", "uri": "file:///project/main.py", "line": 7, "column": 0}
        ]
    finally:
        page.send("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


def test_pictures_are_exported(page: Page, shop: str, pictures: Path) -> None:
    page.run("""(() => {
      HTMLAnchorElement.prototype.click = function () { (window.saved ??= {})[this.download] = this.href; };
      document.getElementById('svg').click();
      document.getElementById('png').click();
    })()""")
    page.run(
        "new Promise((done) => { const on = () => saved['schema.png'] ? done() : requestAnimationFrame(on); on(); })"
    )
    svg = page.run("decodeURIComponent(saved['schema.svg'])")
    assert svg.startswith("data:image/svg+xml")
    assert svg.count('class="card"') == 5
    assert "var(--card)" in svg
    assert "--card:#ffffff" in svg.replace(" ", "")
    png = base64.b64decode(page.run("saved['schema.png']").partition(",")[2])
    assert png.startswith(b"\x89PNG")
    (pictures / "schema-export.png").write_bytes(png)
    assert page.complaints() == []


def test_names_of_the_workspace_stay_text(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path / "t.html", hostile())
    assert page.complaints() == []
    assert page.run(SHOWN) == sorted({*HOSTILE, "users"}, key=lambda each: each.encode("utf-16-be"))
    assert page.run("document.querySelectorAll('img').length") == 0
    page.run(f"window.postMessage({{ command: 'focus', table: {json.dumps(HOSTILE[4])} }}, '*')")
    page.settle()
    assert page.run("document.querySelector('#details h3').textContent") == HOSTILE[4]
    assert page.run("document.querySelectorAll('img').length") == 0


def test_an_empty_schema_says_so(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path / "t.html", schema("import os\n"))
    for key in ("f", "p", "c", "z", "Enter", "ArrowDown", "Escape", "+"):
        page.press(key)
    assert page.complaints() == []
    assert page.run("document.getElementById('summary').textContent") == "0 tables, 0 foreign keys"


@pytest.mark.timeout(300)
def test_three_hundred_tables_are_usable(page: Page, tmp_path: Path, pictures: Path) -> None:
    opened(page, tmp_path / "t.html", many_tables())
    assert page.complaints() == []
    assert len(page.run(SHOWN)) == 300
    page.screenshot(pictures / "schema-many.png")
    assert page.run(OVERLAPS) == 0
    # All of it is in sight, in the shape of the window.
    shape = page.run("(() => { const box = document.getElementById('tables').getBoundingClientRect(), all ="
                     " document.getElementById('canvas').getBoundingClientRect();"
                     " return [box.width / all.width, box.height / all.height]; })()")  # fmt: skip
    assert max(shape) <= 1
    assert min(shape) > 0.4
    page.press("/")
    page.type("t250")
    page.press("Enter")
    assert page.run(CHOSEN) == "t250"
    page.press("Escape")
    page.press("f")
    assert 2 <= len(page.run(SHOWN)) < 20
