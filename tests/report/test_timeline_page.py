"""The timeline page as a document: whole, closed against what the workspace holds, and true to the timeline."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cucurbit.analysis.engine import analyse, findings
from cucurbit.opening import folder_workspace, open_workspace
from cucurbit.report.html_page import NONCE
from cucurbit.report.timeline_diagram import DiagramFocus, DiagramView, timeline_diagram
from cucurbit.report.timeline_page import timeline_page, title_of
from cucurbit.rules.catalogue import RULES
from cucurbit.source.span import Span
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.tree.files import MemoryTree

INCIDENT = Path(__file__).parents[2] / "docs" / "examples" / "charge-party" / "1-incident"
NASTY = "</script><img src=x onerror=alert(1)>&amp;'\"\u2028\u00e9"


class Elements(HTMLParser):
    """The elements of a page, with their attributes and the text directly in them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1][2].append(data)

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(text)) for name, attributes, text in self.found if name == tag]


def view(root: str = "file:///project", **more: Any) -> DiagramView:
    return DiagramView(lambda path: path, lambda path: f"{root}/{path}", **more)


def page_of(workspace: FolderWorkspace, shown: DiagramView | None = None) -> str:
    context = analyse(workspace)
    drawn = timeline_diagram(context, context.timelines, findings(context, RULES), shown or view(), "1.2.3")
    return timeline_page(drawn, title_of(drawn))


def data_of(page: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(next(text for attrs, text in Elements(page).of("script") if attrs.get("id")))
    return data


@pytest.fixture(scope="module")
def incident() -> str:
    return page_of(open_workspace(INCIDENT))


def memory(files: Mapping[str, str]) -> FolderWorkspace:
    return folder_workspace(MemoryTree({path: text.encode() for path, text in files.items()}), (), {}, None)


# -------------------------------------------------------------------- the document


def test_it_is_one_document_that_asks_for_nothing(incident: str) -> None:
    elements = Elements(incident)
    assert incident.startswith("<!doctype html>")
    assert incident.isascii()
    for tag, attributes, _ in elements.found:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}, tag
        assert not {"src", "href", "srcset", "action", "style"} & attributes.keys(), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
    styles = "".join(text for _, text in elements.of("style"))
    assert "url(" not in styles
    assert "@import" not in styles


def test_whatever_is_inline_carries_the_nonce_that_a_host_replaces(incident: str) -> None:
    elements = Elements(incident)
    inline = elements.of("script") + elements.of("style")
    assert len(inline) == 3
    assert {attributes.get("nonce") for attributes, _ in inline} == {NONCE}
    policy = next(a["content"] for a, _ in elements.of("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    replaced = incident.replace(NONCE, "abc")
    assert NONCE not in replaced
    assert replaced.count("nonce-abc") == 2


def test_the_scripts_never_take_text_for_markup(incident: str) -> None:
    script = Elements(incident).of("script")[-1][1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)


def test_names_of_the_workspace_cannot_leave_the_data() -> None:
    name = json.dumps(NASTY)
    page = page_of(
        memory(
            {
                "pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n',
                "main.py": "from sqlalchemy import Column, Integer, MetaData, Table\n"
                f"metadata = MetaData()\nTable({name}, metadata, Column('id', Integer))\n"
                f"Table({name}, metadata, Column('id', Integer))\n",
            }
        )
    )
    elements = Elements(page)
    assert not elements.of("img")
    assert len(elements.of("script")) == 2
    assert "\u2028" not in page
    data = data_of(page)
    rows = data["lanes"][0]["rows"]
    assert [row["name"] for row in rows if row["kind"] in {"table", "rejected"}] == [NASTY, NASTY]
    assert NASTY in next(each["message"] for each in data["findings"] if each["rule"] == "duplicate-table")


def test_the_title_is_text() -> None:
    page = page_of(memory({"main.py": ""}), view())
    titled = timeline_page(timeline_diagram(analyse(memory({})), [], [], view(), "1"), NASTY)
    assert Elements(titled).of("title")[0][1].strip() == NASTY
    assert not Elements(titled).of("img")
    assert page.isascii()
    assert titled.isascii()


def test_a_name_that_is_not_utf_8_is_written_nevertheless() -> None:
    context = analyse(memory({"main.py": "x = 1\n"}))
    drawn = timeline_diagram(context, [], [], DiagramView(lambda _: "\udce9.py", lambda _: "file:///%E9.py"), "1")
    assert timeline_page(drawn, "\udce9").isascii()


# ----------------------------------------------------------------------- the data


def rows_of(data: dict[str, Any], lane: int) -> list[str]:
    return [f"{row['kind']} {row['name']}".strip() for row in data["lanes"][lane]["rows"]]


def lane_of(data: dict[str, Any], target: str) -> int:
    return [lane["target"] for lane in data["lanes"]].index(target)


def test_the_rows_are_the_events_in_order_nested_as_the_imports_are(incident: str) -> None:
    data = data_of(incident)
    lane = lane_of(data, "app.main_simple:app")
    rows = data["lanes"][lane]["rows"]
    names = rows_of(data, lane)
    assert names[:4] == ["module app", "module app.main_simple", "module app.routers", "module app.routers.drivers"]
    start = names.index("migrations")
    env = names.index("module env_py")
    rejected = names.index("rejected energy_events")
    first = names.index("table energy_events")
    assert first < start < env < rejected
    assert rows[env]["parent"] == start
    assert rows[rejected]["other"] == first
    assert rows[rows[first]["parent"]]["name"] == "app.models_extra"
    assert [data["files"][step["file"]]["path"] for step in rows[start]["via"]] == ["app/main_simple.py"]
    assert [step["text"] for step in rows[env]["via"]] == ["runs env.py for the migrations"]
    place = rows[rejected]
    assert (data["files"][place["file"]]["path"], place["line"], place["column"]) == ("app/models_domain.py", 16, 0)
    failed = rows[names.index("failed env_py")]
    assert (data["files"][failed["file"]]["path"], failed["line"]) == ("app/models_domain.py", 16)
    assert all(row.get("parent", -1) < index for index, row in enumerate(rows))


def test_the_start_of_the_entry_point_is_no_import_of_its_own(incident: str) -> None:
    data = data_of(incident)
    for lane in data["lanes"]:
        assert not [row for row in lane["rows"] if row.get("parent", -1) < 0 and row.get("via")]


def test_a_finding_marks_the_rows_of_its_evidence_in_order(incident: str) -> None:
    data = data_of(incident)
    lane = lane_of(data, "app.main_simple:app")
    names = rows_of(data, lane)
    rule = [finding["rule"] for finding in data["findings"]].index("duplicate-table")
    mark = next(each for each in data["lanes"][lane]["marks"] if each["finding"] == rule)
    assert names[mark["row"]] == "rejected energy_events"
    assert [names[row] for row in mark["steps"]] == [
        "table energy_events",
        "module app.routers.wallet",
        "module app.services.ledger",
        "module app.models_extra",
        "migrations",
        "module env_py",
        "module app.models_domain",
        "swallowed",
    ]


def test_a_finding_is_shown_where_its_evidence_lies_and_nowhere_else(incident: str) -> None:
    data = data_of(incident)
    shown = {
        lane["target"]: {data["findings"][mark["finding"]]["rule"] for mark in lane["marks"]} for lane in data["lanes"]
    }
    assert shown["alembic.ini"] == {"reserved-attribute"}
    assert "duplicate-table" in shown["app.main_simple:app"]
    assert "reserved-attribute" not in shown["app.main_simple:app"]


def test_what_is_uncertain_is_marked_and_a_failure_told_in_full_once() -> None:
    workspace = memory(
        {
            "pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n',
            "main.py": "import os\nif os.environ.get('A'):\n    import models\nimport broken\n",
            "models.py": "from sqlalchemy import Column, Integer, MetaData, Table\n"
            "Table('t', MetaData(), Column('id', Integer))\n",
            "broken.py": "raise ValueError('no')\n",
        }
    )
    data = data_of(page_of(workspace))
    rows = {f"{row['kind']} {row['name']}".strip(): row for row in data["lanes"][0]["rows"]}
    assert rows["module models"]["certain"] is False
    assert rows["table t"]["certain"] is False
    assert "certain" not in rows["module main"]
    assert rows["failed broken"]["detail"].startswith("ValueError")
    assert rows["failed main"]["detail"] == "ValueError"


@pytest.mark.parametrize(
    ("code", "kinds"),
    [("", ["ended", "entry-ended"]), ("0", ["ended", "entry-ended"]), ("1", ["failed", "entry-failed"])],
)
def test_a_program_that_ends_does_not_fail(code: str, kinds: list[str]) -> None:
    workspace = memory(
        {
            "pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n',
            "main.py": f"import sys\nsys.exit({code})\n",
        }
    )
    rows = data_of(page_of(workspace))["lanes"][0]["rows"]
    assert [row["kind"] for row in rows] == ["module", *kinds]
    assert rows[1]["name"] == "main"


def test_places_move_with_the_text_that_the_reader_sees() -> None:
    workspace = memory(
        {"pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n', "main.py": "import other\n", "other.py": ""}
    )
    moved = view(moved=lambda _, span: Span(span.line + 7, span.column, span.end_line + 7, span.end_column))
    rows = data_of(page_of(workspace, moved))["lanes"][0]["rows"]
    assert [row["line"] for row in rows] == [8, 8]
    assert rows[1]["via"][0]["line"] == 8


def test_what_is_looked_at_first_and_where_links_lead_is_in_the_data() -> None:
    shown = view(editor="vscode://file/{path}:{line}:{column}", focus=DiagramFocus("file:///project/main.py", 3))
    data = data_of(page_of(memory({"main.py": ""}), shown))
    assert data["editor"] == "vscode://file/{path}:{line}:{column}"
    assert data["focus"] == {"uri": "file:///project/main.py", "line": 3}
