"""What a snapshot memoises is shared with later snapshots and other threads: it must be immutable all the way down."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property
from types import FunctionType, MappingProxyType

import msgspec
import pytest

from cucurbit.analysis.engine import findings
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.ide.refactorings import refactorings
from cucurbit.rules.catalogue import RULES
from cucurbit.source.span import Span
from tests.rules.literate import DOCS, Case, read_page

SCALARS = (str, bytes, int, float, type(None), Enum, FunctionType)


def mutable_parts(value: object, path: str, seen: set[int]) -> Iterator[str]:
    """The paths to the parts of a value that something could change."""
    # A plain object, which stands for itself, has nothing that could change.
    if isinstance(value, SCALARS) or type(value) is object or id(value) in seen:
        return
    seen.add(id(value))
    parts = parts_of(value)
    if parts is None:
        yield f"{path}: {type(value).__name__}"
        return
    for name, part in parts:
        yield from mutable_parts(part, f"{path}{name}", seen)


def parts_of(value: object) -> list[tuple[str, object]] | None:
    """What a value is made of, by name; None for a value that can be changed."""
    if isinstance(value, (tuple, frozenset)):
        return [(f"[{number}]", item) for number, item in enumerate(value)]
    if isinstance(value, MappingProxyType):
        return [(f"[{key!r}]", part) for key, item in value.items() for part in (key, item)]
    if isinstance(value, ast.AST):
        # Syntax trees have no immutable form. Only PythonSource holds them, and offers nothing that edits them.
        return []
    if isinstance(value, msgspec.Struct) and value.__struct_config__.frozen:
        return [(f".{name}", getattr(value, name)) for name in value.__struct_fields__]
    if is_dataclass(value) and value.__dataclass_params__.frozen:  # type: ignore[union-attr]
        cached = [name for name, kind in vars(type(value)).items() if isinstance(kind, cached_property)]
        names = [field.name for field in fields(value)] + [name for name in cached if name in vars(value)]
        return [(f".{name}", getattr(value, name)) for name in names]
    return None


def test_what_can_be_changed_is_found() -> None:
    assert list(mutable_parts((1, "a", frozenset({2}), MappingProxyType({"a": (1,)})), "it", set())) == []
    assert list(mutable_parts(([1],), "it", set())) == ["it[0]: list"]
    assert list(mutable_parts(MappingProxyType({"a": {}}), "it", set())) == ["it['a']: dict"]


# The examples of the documentation: at least one for each rule.
EXAMPLES = [case for page in sorted(DOCS.glob("*.md")) if page.name != "README.md" for case in read_page(page)]


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case.id)
def test_memoised_results_are_immutable(case: Case) -> None:
    context = case.analyse()
    gate = Gate(context, RULES)
    for finding in findings(context, RULES):
        fixes_for(gate, finding)
    for path in sorted({path for timeline in context.timelines for path in timeline.visited}):
        refactorings(gate, path, Span(1, 0, 1, 0))
    assert context.results
    seen: set[int] = set()
    found = [
        part
        for (make, *_), result in context.results.items()
        for part in mutable_parts(result, getattr(make, "__name__", str(make)), seen)
    ]
    assert found == []


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case.id)
def test_what_is_handed_out_is_immutable(case: Case) -> None:
    """Timelines, and the facts, entry points and environments of the workspace."""
    context = case.analyse()
    workspace = context.workspace
    assert context.timelines or context.isolated
    handed = (
        context.timelines,
        tuple(workspace.entry_points),
        tuple(workspace.environments),
        tuple(workspace.facts(path) for path in workspace.python_files()),
        tuple(findings(context, RULES)),
    )
    assert list(mutable_parts(handed, "", set())) == []
