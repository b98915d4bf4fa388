"""What names written in a file stand for, as far as its import statements say so."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cucurbit.source import facts as f
from cucurbit.source.scan import imported_by, walk_with_classes


def imported_names(facts: f.ModuleFacts) -> Mapping[str, str]:
    """The dotted name that each imported name of a file stands for, wherever in the file it is imported."""
    found: dict[str, str] = {}
    for body in facts.bodies:
        for step in walk_with_classes(body):
            if isinstance(step, f.Import | f.ImportFrom):
                for name, meaning in imported_by(step).items():
                    found.setdefault(name, meaning)
    return MappingProxyType(found)


def dotted(names: Mapping[str, str], expr: f.Expr) -> str:
    """The dotted name of ``a.b.c``, whose first part is an imported name; empty for anything else."""
    parts: list[str] = []
    while isinstance(expr, f.Attr):
        parts.insert(0, expr.name)
        expr = expr.value
    if not isinstance(expr, f.Name) or expr.id not in names:
        return ""
    return ".".join([names[expr.id], *parts])
