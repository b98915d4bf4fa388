"""Pairs of differences that look like a rename: something is removed, and the like is added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cucurbit.analysis.drift.difference import Difference
from cucurbit.simulate.core.shapes import ColumnShape, TableShape


def with_renames(differences: Sequence[Difference]) -> Iterator[Difference]:
    """The differences; those of a pair name each other. Alembic does not see renames: it drops and adds."""
    names = {}
    for removed, added in _pairs(differences):
        names[removed.key] = added.name or added.table
        names[added.key] = removed.name or removed.table
    for each in differences:
        yield replace(each, renamed=names.get(each.key, ""))


def _pairs(differences: Sequence[Difference]) -> Iterator[tuple[Difference, Difference]]:
    """A pair is certain to belong together only if nothing else is like one of the two."""
    for kind in ("column", "table"):
        removed = [each for each in differences if each.op == f"remove_{kind}"]
        added = [each for each in differences if each.op == f"add_{kind}"]
        for old in removed:
            like = [new for new in added if _alike(old, new)]
            if len(like) == 1 and sum(_alike(each, like[0]) for each in removed) == 1:
                yield old, like[0]


def _alike(removed: Difference, added: Difference) -> bool:
    old, new = removed.standing, added.model
    if isinstance(old, ColumnShape) and isinstance(new, ColumnShape):
        same = (old.type_.name, len(old.foreign_keys)) == (new.type_.name, len(new.foreign_keys))
        return removed.table == added.table and same and old.type_.known
    if isinstance(old, TableShape) and isinstance(new, TableShape):
        columns = {each.name for each in old.columns}
        return len(columns) > 1 and columns == {each.name for each in new.columns} and old.schema == new.schema
    return False
