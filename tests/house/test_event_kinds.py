"""Every kind of event is shown in every view of a timeline and written into the JSON, or is declared to be left out."""

from __future__ import annotations

import ast
from typing import get_args

import pytest

from cucurbit.report.documents import EventItem
from cucurbit.simulate.core.timeline import UNSHOWN_KINDS, EventKind
from tests.house.test_house import SERVER

VIEWS = ("report/timeline_text.py", "report/timeline_diagram.py", "ide/registration_tree.py")
KINDS = tuple(EventKind)
IN_JSON = frozenset(KINDS[: KINDS.index(EventKind.QUERY)])
GUIDE = 'See "Adding an event" in CONTRIBUTING.md.'


def named_in(path: str) -> frozenset[EventKind]:
    """The kinds that a file of the package names."""
    tree = ast.parse((SERVER / "cucurbit" / path).read_text(encoding="utf-8"))
    names = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "EventKind"
    }
    return frozenset(kind for kind in EventKind if kind.name in names)


def words(kinds: frozenset[EventKind]) -> str:
    return ", ".join(sorted(kind.name for kind in kinds))


@pytest.mark.parametrize("view", VIEWS)
def test_every_kind_is_shown(view: str) -> None:
    named = named_in(view)
    missing = frozenset(EventKind) - UNSHOWN_KINDS - named
    assert not missing, f"{view} does not show {words(missing)}. {GUIDE}"
    shown = UNSHOWN_KINDS & named
    assert not shown, f"{view} names {words(shown)}, which UNSHOWN_KINDS says that no view shows. {GUIDE}"


def test_the_json_has_every_kind_before_query_and_no_other() -> None:
    classes = {str(each.__struct_config__.tag) for each in get_args(EventItem)}
    expected = {kind.value for kind in IN_JSON}
    assert classes == expected, f"EventItem in report/documents.py and EventKind before QUERY differ. {GUIDE}"


def test_every_kind_of_the_json_is_written() -> None:
    missing = IN_JSON - named_in("report/as_json.py")
    assert not missing, f"report/as_json.py leaves out {words(missing)}. {GUIDE}"
