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
