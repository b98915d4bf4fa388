"""A replayed schema held against a real one, item by item, wherever the replay is certain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.shapes import ForeignKeyShape, IndexShape, KeyShape, TableShape, ValueTerm
from tests.revisions.judge import RealSchema, RealTable


@dataclass
class Tally:
    """How many items were compared, and how many were not certain."""

    compared: int = 0
    unsure: int = 0


def differences(state: SchemaState, real: RealSchema, tally: Tally) -> Iterator[str]:
    """Each certain disagreement, in words."""
    for key, table in real.items():
        found = state.tables.get(key)
        if found is None:
            tally.compared += 1
            if state.lacks(key) or state.stands(key) is False:
                yield f"{key}: stands, and the replay says it does not"
            continue
        if not found.certain:
            tally.unsure += 1
        yield from _table(key, found.shape, table, tally)
    for key, found in state.tables.items():
        if found.certain and key not in real:
            yield f"{key}: does not stand, and the replay says it does"


def _table(key: str, shape: TableShape, real: RealTable, tally: Tally) -> Iterator[str]:
    if shape.open:
        tally.unsure += 1
        return
    columns = {each.name: each for each in real.columns}
    for column in shape.columns:
        if not column.certain:
            tally.unsure += 1
        elif column.name not in columns:
            yield f"{key}.{column.name}: does not stand, and the replay says it does"
        else:
            tally.compared += 1
            found = columns[column.name]
            for name, ours, theirs in (
                ("nullable", column.nullable, found.nullable),
                ("primary key", column.primary_key, found.primary_key),
            ):
                if ours is None:
                    tally.unsure += 1
                elif ours is not theirs:
                    yield f"{key}.{column.name}: {name} is {theirs}, and the replay says {ours}"
    for name in columns:
        if shape.lacks(name):
            yield f"{key}.{name}: stands, and the replay says it does not"
    yield from _parts(key, shape, real, tally)


def _parts(key: str, shape: TableShape, real: RealTable, tally: Tally) -> Iterator[str]:
    if all(each.certain and each.exact for each in shape.indexes):
        tally.compared += 1
        ours = sorted((_columns(each), bool(each.unique)) for each in shape.indexes)
        theirs = sorted((columns, unique) for _, columns, unique in real.indexes)
        if ours != theirs:
            yield f"{key}: the indexes are {theirs}, and the replay says {ours}"
        names = {each.name.text for each in shape.indexes if isinstance(each.name, ValueTerm)}
        if not names <= {name for name, *_ in real.indexes}:
            yield f"{key}: the names of the indexes are {real.indexes}, and the replay says {names}"
    else:
        tally.unsure += 1
    if all(each.certain and each.exact for each in shape.unique):
        tally.compared += 1
        unique = {_columns(each) for each in shape.unique}
        if unique != real.unique:
            yield f"{key}: the unique constraints are {set(real.unique)}, and the replay says {unique}"
    else:
        tally.unsure += 1
    if all(each.certain for each in shape.foreign_keys):
        tally.compared += 1
        keys = {_key(each) for each in shape.foreign_keys}
        if keys != real.foreign_keys:
            yield f"{key}: the foreign keys are {set(real.foreign_keys)}, and the replay says {keys}"
    else:
        tally.unsure += 1


def _columns(part: IndexShape | KeyShape) -> tuple[str, ...]:
    return tuple(each.text for each in part.columns)


def _key(part: ForeignKeyShape) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    targets = [each.text.text.rpartition(".") for each in part.targets if each.text is not None]
    return (
        tuple(each.text for each in part.columns),
        targets[0][0] if targets else "",
        tuple(target[2] for target in targets),
    )
