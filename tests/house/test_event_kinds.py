"""Every kind of event is shown in every view of a timeline, or is one that no view shows."""

from __future__ import annotations

import ast

import pytest

from cucurbit.simulate.core.timeline import UNSHOWN_KINDS, EventKind
from tests.house.test_house import SERVER

VIEWS = ("report/timeline_text.py", "report/timeline_diagram.py", "ide/registration_tree.py")


@pytest.mark.parametrize("view", VIEWS)
def test_every_kind_is_shown(view: str) -> None:
    tree = ast.parse((SERVER / "cucurbit" / view).read_text(encoding="utf-8"))
    named = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "EventKind"
    }
    assert {kind.name for kind in EventKind} - named == {kind.name for kind in UNSHOWN_KINDS}
