"""Shapes held against what real SQLAlchemy recorded, item by item, wherever the shapes are certain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cucurbit.simulate.core.shapes import (
    ColumnProperty,
    ColumnShape,
    ForeignKeyShape,
    MapperShape,
    Named,
    OtherProperty,
    RelationshipShape,
    TableShape,
    Term,
    TypeTerm,
    ValueTerm,
)
from cucurbit.simulate.shapes.naming import name_of
from cucurbit.simulate.shapes.snapshot import Shapes

SAME = {"Relationship": "relationship", "dynamic_loader": "relationship"}


@dataclass
class Verdict:
    """``wrong`` are the items that differ; ``columns`` counts those recorded, ``known`` those the shapes have."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        self.wrong += other.wrong
        self.missing += other.missing
        self.counts += other.counts


def compare(shapes: Shapes, recorded: dict[str, Any]) -> Verdict:
    """The tables and mappers that stand, against those that were recorded."""
    verdict = Verdict()
    found = {key for metadata in recorded["tables"] for key in metadata}
    for key in sorted(found):
        verdict.add(_best(shapes, key, [each[key] for each in recorded["tables"] if key in each]))
    for standing in shapes.tables.values():
        if standing.certain and standing.shape.key not in found:
            verdict.wrong.append(f"table {standing.shape.key}: does not stand")
    _mappers(shapes, recorded["mappers"], verdict)
    return verdict


def _best(shapes: Shapes, key: str, real: Sequence[dict[str, Any]]) -> Verdict:
    """The verdict on the tables of one key; where several MetaData have one, on the pair that is most alike."""
    ours = sorted((each for each in shapes.tables.values() if each.shape.key == key), key=lambda each: not each.certain)
    verdicts = []
    for standing in ours:
        for each in real:
            verdict = Verdict(counts=Counter({"tables": 1, "tables known": 1, "columns": len(each["columns"])}))
            _table(shapes, standing.shape, each, verdict)
            verdicts.append(verdict)
    missing = Verdict(missing=[f"table {key}"], counts=Counter({"tables": 1, "columns": len(real[0]["columns"])}))
    return min(verdicts, key=lambda each: len(each.wrong)) if verdicts else missing


def _table(shapes: Shapes, shape: TableShape, real: dict[str, Any], verdict: Verdict) -> None:
    say = verdict.wrong.append
    where = shape.key
    if shape.schema != real["schema"]:
        say(f"{where}: schema {shape.schema!r} is {real['schema']!r}")
    _check_term(where, "comment", shape.comment, real["comment"], verdict)
    names = {each.name for each in shape.columns if each.certain}
    for each in real["columns"]:
        column = shape.column(each["key"])
        if column is None:
            if not shape.open:
                say(f"{where}: column {each['name']} is missing")
            verdict.missing.append(f"{where}.{each['name']}: {shape.open}")
            continue
        if not shape.open:
            verdict.counts["columns known"] += 1
        _column(shapes, shape, column, each, verdict)
    for name in sorted(names - {each["name"] for each in real["columns"]}):
        say(f"{where}: column {name} does not exist")
    if shape.open:
        verdict.counts["tables open"] += 1
        verdict.missing.append(f"{where}: {shape.open}")
        return
    order = [each.name for each in shape.columns]
    if sorted(order) == sorted(each["name"] for each in real["columns"]):
        verdict.counts["order"] += 1
        if order != [each["name"] for each in real["columns"]]:
            verdict.counts["order differs"] += 1
    _keys(shapes, shape, real, verdict)


def _keys(shapes: Shapes, shape: TableShape, real: dict[str, Any], verdict: Verdict) -> None:
    where, say = shape.key, verdict.wrong.append
    key = shape.key_columns()
    if key is not None and sorted(key) != sorted(real["primary_key"]["columns"]):
        say(f"{where}: primary key {key} is {real['primary_key']['columns']}")
    if shape.primary_key is not None:
        name = name_of(shapes, shape, shape.primary_key, primary_key=True)
        if name.known and name.text != real["primary_key"]["name"]:
            say(f"{where}: primary key named {name.text} is {real['primary_key']['name']}")
    for what, parts in (("indexes", shape.indexes), ("unique", shape.unique), ("foreign_keys", shape.foreign_keys)):
        if any(not each.certain or not getattr(each, "exact", True) for each in parts):
            continue
        ours = sorted(str(_part(shapes, shape, each)) for each in parts)
        theirs = sorted(str(_real_part(each)) for each in real[what])
        verdict.counts[what] += len(theirs)
        if not _alike([_part(shapes, shape, each) for each in parts], [_real_part(each) for each in real[what]]):
            say(f"{where}: {what} {ours} are {theirs}")
    if len(shape.checks) != len(real["checks"]):
        say(f"{where}: {len(shape.checks)} checks are {len(real['checks'])}")


def _alike(ours: Sequence[tuple[Any, ...]], theirs: Sequence[tuple[Any, ...]]) -> bool:
    """Whether they are the same, where ``...`` is what is not known."""
    left = list(theirs)
    for each in sorted(ours, key=lambda part: part.count(...)):
        same = next((x for x in left if all(a is ... or a == b for a, b in zip(each, x, strict=True))), None)
        if same is None:
            return False
        left.remove(same)
    return not left


def _part(shapes: Shapes, table: TableShape, part: Any) -> tuple[Any, ...]:
    name = name_of(shapes, table, part)
    columns = tuple(_name_in(table, each) for each in part.columns)
    found = (name.text if name.known else ..., columns)
    if isinstance(part, ForeignKeyShape):
        targets = tuple(_target(shapes, table, each) for each in part.targets)
        return (
            *found,
            targets if ... not in targets else ...,
            _value(part.option("ondelete")),
            _value(part.option("onupdate")),
        )
    return (*found, ... if part.unique is None else part.unique) if hasattr(part, "unique") else found


def _target(shapes: Shapes, table: TableShape, target: Any) -> Any:
    if target.text is not None:
        text = target.text.text
        return text if text.count(".") != 1 or table.default_schema is None else ...
    keys = shapes.target_key(table, target)
    return ... if keys is None else f"{keys[0]}.{keys[1]}"


def _name_in(table: TableShape, name: Named) -> str:
    column = table.column(name.text) or table.named(name.text)
    return name.text if column is None else column.name


def _real_part(part: dict[str, Any]) -> tuple[Any, ...]:
    found: tuple[Any, ...] = (part["name"], tuple(part["columns"]))
    if "targets" in part:
        return (*found, tuple(part["targets"]), part["ondelete"], part["onupdate"])
    return (*found, part["unique"]) if "unique" in part else found


def _value(term: Term | None) -> Any:
    return None if term is None else term.value if isinstance(term, ValueTerm) else ...


def _check_term(where: str, what: str, term: Term | None, real: Any, verdict: Verdict) -> None:
    if term is None and real is not None:
        verdict.wrong.append(f"{where}: {what} None is {real!r}")
    elif isinstance(term, ValueTerm) and term.value != real:
        verdict.wrong.append(f"{where}: {what} {term.value!r} is {real!r}")


def _column(shapes: Shapes, table: TableShape, column: ColumnShape, real: dict[str, Any], verdict: Verdict) -> None:
    where = f"{table.key}.{column.name}"
    say = verdict.wrong.append
    if column.open:
        verdict.missing.append(f"{where}: open")
        return
    for name in ("name", "nullable", "primary_key", "unique", "index"):
        ours = getattr(column, name)
        if name == "primary_key" and table.primary_key is not None:
            continue
        if name == "nullable" and table.primary_key is not None and not real["nullable"]:
            continue
        if ours is not None and ours != real[name]:
            say(f"{where}: {name} {ours} is {real[name]}")
        elif ours is None:
            verdict.missing.append(f"{where}: {name}")
    for name in ("default", "onupdate", "server_default", "computed", "identity"):
        ours = getattr(column, name) is not None
        if name == "server_default":
            ours = ours or column.computed is not None or column.identity is not None
        if ours != real[name]:
            say(f"{where}: {name} {ours} is {real[name]}")
    _check_term(where, "comment", column.comment, real["comment"], verdict)
    if isinstance(column.autoincrement, ValueTerm) and column.autoincrement.value != real["autoincrement"]:
        say(f"{where}: autoincrement {column.autoincrement.value} is {real['autoincrement']}")
    _type(shapes, table, column, real, verdict)


def _type(shapes: Shapes, table: TableShape, column: ColumnShape, real: dict[str, Any], verdict: Verdict) -> None:
    where, say = f"{table.key}.{column.name}", verdict.wrong.append
    verdict.counts["types"] += 1
    type_ = shapes.type_of(table, column)
    if type_.known:
        verdict.counts["types known"] += 1
        for difference in types_differ(type_, real["type"]):
            say(f"{where}: type {difference}")
    else:
        verdict.missing.append(f"{where}: the type {type_.name} {column.type_.name} (is {real['type']['name']})")


def types_differ(type_: TypeTerm, real: dict[str, Any]) -> Iterator[str]:
    if type_.name != real["name"]:
        yield f"{type_.name} is {real['name']}"
        return
    # A dialect's module may give out a type of all dialects (``postgresql.UUID``).
    if type_.dialect and real["dialect"] and type_.dialect != real["dialect"]:
        yield f"{type_.dialect} is {real['dialect']}"
    for name, term in type_.arguments:
        if (
            name in real
            and name != "name"
            and isinstance(term, ValueTerm)
            and term.value != real[name]
            and type_.impl is None
        ):
            yield f"{type_.name}: {name} {term.value!r} is {real[name]!r}"
    if type_.values is not None and "values" in real and list(type_.values) != real["values"]:
        yield f"{type_.name}: values {type_.values} are {real['values']}"
    if type_.impl is not None and type_.impl.known and "impl" in real:
        yield from types_differ(type_.impl, real["impl"])
    if type_.item is not None and type_.item.known and "item" in real:
        yield from types_differ(type_.item, real["item"])
    if sorted(name for name, _ in type_.variants) != sorted(real.get("variants", {})):
        yield f"{type_.name}: variants"


# ------------------------------------------------------------------------- mappers


def _mappers(shapes: Shapes, recorded: dict[str, Any], verdict: Verdict) -> None:
    standing = {f"{each.shape.cls.module}.{each.shape.name}": each for each in shapes.mappers}
    for name, real in recorded.items():
        verdict.counts["mappers"] += 1
        found = standing.get(name)
        if found is None:
            verdict.missing.append(f"mapper {name}")
        elif found.certain:
            verdict.counts["mappers known"] += 1
            _mapper(shapes, found.shape, real, verdict)
    for name, each in standing.items():
        if each.certain and name not in recorded:
            verdict.wrong.append(f"mapper {name}: does not exist")


def _mapper(shapes: Shapes, shape: MapperShape, real: dict[str, Any], verdict: Verdict) -> None:
    where, say = f"mapper {shape.name}", verdict.wrong.append
    if shape.table is not None and shape.table.key != real["table"] and real["table"] is not None:
        say(f"{where}: table {shape.table.key} is {real['table']}")
    inherits = shape.inherits.name if shape.inherits is not None else None
    if inherits != real["inherits"]:
        say(f"{where}: inherits {inherits} is {real['inherits']}")
    if shape.inheritance is not None and shape.inheritance != real["inheritance"]:
        say(f"{where}: inheritance {shape.inheritance} is {real['inheritance']}")
    identity = shape.polymorphic_identity
    if isinstance(identity, ValueTerm) and identity.value != real["polymorphic_identity"]:
        say(f"{where}: polymorphic_identity {identity.value} is {real['polymorphic_identity']}")
    ours = shapes.properties(shape)
    whole = not shape.open and not any(each is None or each.open for each in shapes.parents(shape))
    for name, prop in real["properties"].items():
        verdict.counts["properties"] += 1
        mine = ours.get(name)
        if mine is None:
            if whole and not name.startswith("_"):
                say(f"{where}: property {name} ({prop['kind']}) is missing")
            else:
                verdict.missing.append(f"{where}.{name}: {shape.open}")
            continue
        verdict.counts["properties known"] += 1
        kind = kind_of(mine)
        if kind not in (prop["kind"], "unknown"):
            say(f"{where}.{name}: {kind} is {prop['kind']}")
        elif isinstance(mine, ColumnProperty) and mine.column != prop.get("column", mine.column):
            say(f"{where}.{name}: column {mine.column} is {prop['column']}")
    for name, mine in ours.items():
        if name not in real["properties"] and mine.certain and kind_of(mine) != "unknown":
            say(f"{where}: property {name} ({kind_of(mine)}) does not exist")


def kind_of(prop: object) -> str:
    if isinstance(prop, ColumnProperty):
        return "column"
    if isinstance(prop, RelationshipShape):
        return "relationship"
    assert isinstance(prop, OtherProperty)
    return prop.kind
