"""Parts of the server that need no server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from cucurbit.lsp.features.renames import rewritten
from cucurbit.lsp.wire.configuration import editor_settings, section_of
from cucurbit.lsp.wire.documents import Document, Documents
from cucurbit.lsp.wire.uris import to_path, to_uri
from cucurbit.source.text import SourceText
from tests.lsp.editor import replaced

TEXT = st.text(st.sampled_from("ab \n\r\t\u2028\x0c\x85é🥒"), max_size=30)
NUMBER = st.integers(0, 12)
RANGE = st.tuples(NUMBER, NUMBER, NUMBER, NUMBER).map(
    lambda each: types.Range(types.Position(each[0], each[1]), types.Position(each[2], each[3]))
)


@given(TEXT, st.lists(st.tuples(RANGE, TEXT), max_size=5), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_documents_follow_any_edits(text: str, changes: list[tuple[types.Range, str]], unit: str) -> None:
    documents = Documents()
    documents.open("file:///a.py", 1, text, "utf-8")
    assert unit in {"utf-8", "utf-16", "utf-32"}
    expected = text
    for version, (area, new) in enumerate(changes, 2):
        start = (area.start.line, area.start.character)
        end = (area.end.line, area.end.character)
        kept = types.Range(area.start, area.end if end >= start else area.start)
        try:
            expected = replaced(expected, kept, new, unit)
        except UnicodeDecodeError:
            return
        change = types.TextDocumentContentChangePartial(range=area, text=new)
        documents.change("file:///a.py", version, [change], unit)  # type: ignore[arg-type]
    document = documents.get("file:///a.py")
    assert document is not None
    assert document.source.text == expected


def partial(line: int, text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(
        range=types.Range(types.Position(line, 0), types.Position(line, 0)), text=text
    )


WHOLE = types.TextDocumentContentChangeWholeDocument("whole\n")


@pytest.mark.parametrize(
    ("early", "text", "version"),
    [
        ([(1, partial(0, "new\n"))], "new\nold\n", 1),
        ([(1, partial(0, "new\n")), (2, partial(1, "and\n"))], "new\nand\nold\n", 2),
        ([(1, WHOLE)], "whole\n", 1),
        ([(1, WHOLE), (2, partial(0, "and\n"))], "and\nwhole\n", 2),
        ([(8, partial(0, "of a document that was closed\n"))], "old\n", 0),
        ([(0, partial(0, "in the text already\n"))], "old\n", 0),
    ],
)
def test_changes_that_come_before_the_document_is_opened(
    early: list[tuple[int, types.TextDocumentContentChangeEvent]], text: str, version: int
) -> None:
    documents = Documents()
    for number, change in early:
        documents.change("file:///a.py", number, [change], "utf-8")
    documents.open("file:///a.py", 0, "old\n", "utf-8")
    document = documents.get("file:///a.py")
    assert document is not None
    assert (document.source.text, document.version) == (text, version)
    # They are applied once.
    documents.close("file:///a.py")
    documents.open("file:///a.py", 0, "old\n", "utf-8")
    assert documents.get("file:///a.py") == Document("file:///a.py", "/a.py", 0, SourceText("old\n"))


def test_changes_of_documents_that_are_never_opened_are_not_kept_without_limit() -> None:
    documents = Documents()
    for number in range(1000):
        documents.change(f"file:///{number}.py", 1, [partial(0, "new\n")], "utf-8")
        documents.change("file:///same.py", number, [partial(0, "new\n")], "utf-8")
    documents.open("file:///0.py", 0, "old\n", "utf-8")
    document = documents.get("file:///0.py")
    assert document is not None
    assert document.source.text == "old\n"
    assert not [*documents][1:]


@pytest.mark.parametrize(
    ("uri", "path", "back"),
    [
        ("file:///a/b.py", "/a/b.py", "file:///a/b.py"),
        ("file:///a%20b/%F0%9F%A5%92.py", "/a b/🥒.py", "file:///a%20b/%F0%9F%A5%92.py"),
        ("file:///a/%ff.py", "/a/\udcff.py", "file:///a/%FF.py"),
        ("file:///a/", "/a", "file:///a"),
        ("file:///", "/", "file:///"),
        ("file://localhost/a", "/a", "file:///a"),
        ("file:///C%3A/a.py", "c:/a.py", "file:///c%3A/a.py"),
        ("file:///c:/a.py", "c:/a.py", "file:///c%3A/a.py"),
        ("file://server/share/a.py", "//server/share/a.py", "file://server/share/a.py"),
        ("file:///a%23b%3Fc.py", "/a#b?c.py", "file:///a%23b%3Fc.py"),
    ],
)
def test_uris_and_paths(uri: str, path: str, back: str) -> None:
    assert to_path(uri) == path
    assert to_uri(path) == back


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "http://a/b.py", "", "file:///a%00b", "file://[bad"])
def test_what_is_no_file_has_no_path(uri: str) -> None:
    assert to_path(uri) is None


def test_settings_are_taken_in_any_spelling() -> None:
    given_ = {
        "codeLens": False,
        "extend_select": ["x"],
        "perFileIgnores": {"aB/**": ["x"]},
        "aggregator": {"module": None, "style": "all"},
        "roots": None,
        "trace": {"server": "verbose"},
        "importStrategy": "fromEnvironment",
        "python": ".venv",
    }
    expected = {
        "code-lens": False,
        "extend-select": ["x"],
        "per-file-ignores": {"aB/**": ["x"]},
        "aggregator": {"style": "all"},
        "python": ".venv",
    }
    assert editor_settings(given_, trusted=True) == expected
    assert editor_settings(given_, trusted=False) == {**expected, "python": "", "cache-dir": ""}
    assert editor_settings("nonsense", trusted=True) == {}
    assert section_of({"cucurbit": {"a": 1}}) == {"a": 1}
    assert section_of({"a": 1}) == {"a": 1}


MOVED = {"app.models": "app.tables", "app.models.user": "app.tables.person", "app.models.order": "app.tables.order"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import app.models.user", "import app.tables.person"),
        ("import app.models.user as user, app.models.order", "import app.tables.person as user, app.tables.order"),
        ("import app.models.users", "import app.models.users"),
        ("from app.models import user", "from app.tables import person"),
        ("from app.models import user as user", "from app.tables import person as person"),
        ("from app.models import user as u", "from app.tables import person as u"),
        ("from app.models.user import User, user", "from app.tables.person import User, user"),
        ("from app.models.user import *", "from app.tables.person import *"),
        (
            "from app.models import (\n    order,  # noqa\n    user,\n)",
            "from app.tables import (\n    order,  # noqa\n    person,\n)",
        ),
        ("from .models import user", "from .tables import person"),
        ("from .models.user import User", "from .tables.person import User"),
        ("from os import path", "from os import path"),
        ("import (", "import ("),
    ],
)
def test_imports_follow_their_modules(before: str, after: str) -> None:
    assert rewritten(before, "app", MOVED, "\n") == after


def test_an_import_of_modules_that_part_becomes_two() -> None:
    moved = {"app.models.user": "app.people.user"}
    text = "from app.models import order, user as user"
    assert rewritten(text, "app", moved, "\n") == "from app.models import order\nfrom app.people import user as user"
