"""The timeline page is type-checked against ``page/diagram.d.ts``: it must describe what timeline_diagram.py writes."""

from __future__ import annotations

import re
from importlib import resources
from typing import get_args

import msgspec
import pytest

from cucurbit.report import timeline_diagram

DECLARED = resources.files("cucurbit.report").joinpath("page").joinpath("diagram.d.ts").read_text("utf-8")
STRUCTS: dict[str, type[msgspec.Struct]] = {
    "TimelineDiagram": timeline_diagram.TimelineDiagram,
    "DiagramFile": timeline_diagram.DiagramFile,
    "DiagramFocus": timeline_diagram.DiagramFocus,
    "DiagramLane": timeline_diagram.DiagramLane,
    "DiagramMark": timeline_diagram.DiagramMark,
    "DiagramRow": timeline_diagram.DiagramRow,
    "DiagramFinding": timeline_diagram.DiagramFinding,
    "DiagramStep": timeline_diagram.DiagramStep,
}


@pytest.mark.parametrize("name", STRUCTS)
def test_fields_are_declared_and_those_that_may_be_left_out_are_optional(name: str) -> None:
    body = re.search(rf"^interface {name} {{\n(.*?)^}}", DECLARED, re.DOTALL | re.MULTILINE)
    assert body is not None
    declared = dict(re.findall(r"^  (\w+)(\??): ", body[1], re.MULTILINE))
    struct = STRUCTS[name]
    left_out = struct.__struct_config__.omit_defaults
    assert declared == {
        field.name: "?" if left_out and not field.required else "" for field in msgspec.structs.fields(struct)
    }


def test_kinds_of_rows_are_declared() -> None:
    body = re.search(r"^type RowKind =(.*?);", DECLARED, re.DOTALL | re.MULTILINE)
    assert body is not None
    assert set(re.findall(r'"([\w-]+)"', body[1])) == set(get_args(timeline_diagram.RowKind))


@pytest.mark.parametrize("kind", sorted({*get_args(timeline_diagram.RowKind)} - {"process"}))
def test_every_kind_of_row_has_words_and_a_sign(kind: str) -> None:
    """A kind without a ``case`` would be shown as another process, and no type checker would say so."""
    tree = resources.files("cucurbit.report").joinpath("page").joinpath("tree.js").read_text("utf-8")
    signs = tree.partition("const SIGNS = {")[2].partition("};")[0]
    assert re.search(rf'(?<![\w-])"?{kind}"?: ', signs)
    assert f'case "{kind}": ' in tree
