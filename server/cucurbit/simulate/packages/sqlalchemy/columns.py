"""The columns of a mapped class, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeGuard

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import Answer
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    Choice,
    ClassValue,
    Constant,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    MetaDataValue,
    ModuleValue,
    PathValue,
    RegistryValue,
    SequenceValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, mapped
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import COLUMNS, is_column, truth
from cucurbit.source import facts as f
from cucurbit.source.scan import walk

_MAPPED = COLUMNS | {
    "relationship",
    "column_property",
    "composite",
    "deferred",
    "synonym",
    "query_expression",
    "relation",
    "dynamic_loader",
    "Field",
    "Relationship",
}

SIMPLE_TYPES = frozenset(
    {"int", "str", "bool", "float", "bytes", "datetime", "date", "time", "timedelta", "Decimal", "UUID", "dict", "list"}
)
"""Names in annotations that contain no column options."""


@dataclass(frozen=True, eq=False)
class Member:
    """An attribute of a class, or of a mixin, that declarative mapping looks at.

    ``raw`` is what the class body bound, ``value`` what counts: what a ``declared_attr`` returned; None where there is
    only an annotation. ``owner`` is the class in whose body it is.
    """

    name: str
    raw: Value | None
    value: Value | None
    annotation: f.Expr | None
    owner: ClassValue
    at: f.At | None = None
    """Where the class body writes it; None if it does not."""

    @property
    def place(self) -> Place:
        """Where it is written, as closely as it is known."""
        if self.at is not None:
            return Place(self.owner.place.path, self.at)
        return place_of_attribute(self.owner, self.name)


@dataclass(frozen=True)
class Columns:
    """``any``: the table has columns of this class; ``primary_key``: one of them is (part of) the primary key.

    ``members`` are the attributes that were looked at, those of mapped parents left out.
    """

    any: Answer
    primary_key: Answer
    members: tuple[Member, ...] = ()


def made_by_mapping(machine: Machine, value: Value) -> bool:
    """Whether ``value`` came from ``Column(...)``, ``relationship(...)`` and their like."""
    return (
        isinstance(value, ExternalObject)
        and machine.packages.makes_columns(value.made_by)
        and value.made_by.rpartition(".")[2] in _MAPPED
    )


def annotated_names(cls: ClassValue) -> Iterator[tuple[str, f.Annotated]]:
    """The annotated names of a class body, but those that only type checkers see."""
    unseen: set[int] = set()
    for step in walk(cls.facts.body) if cls.facts is not None else ():
        if isinstance(step, f.If) and last_name(step.test) == "TYPE_CHECKING":
            unseen.update(id(each) for each in walk(step.body))
        elif isinstance(step, f.Annotated) and isinstance(step.target, f.Name) and id(step) not in unseen:
            yield step.target.id, step


def mapped_annotation(expr: f.Expr) -> Literal["column", "none", "unknown"]:
    """Whether an annotation without a value makes a column: ``Mapped[...]``."""
    if isinstance(expr, f.Const):
        text = expr.value if isinstance(expr.value, str) else ""
        return "column" if text.startswith(("Mapped[", "orm.Mapped[", "so.Mapped[", "sa.orm.Mapped[")) else "none"
    if not isinstance(expr, f.Subscript):
        return "none"
    name = last_name(expr.value)
    if name in ("Mapped", "MappedColumn"):
        return "column"
    return "none" if name in ("ClassVar", "Optional", "Union", "List", "Dict", "list", "dict", "Final") else "unknown"


def last_name(expr: f.Expr) -> str:
    if isinstance(expr, f.Name):
        return expr.id
    return expr.name if isinstance(expr, f.Attr) else ""


def _carries_options(expr: f.Expr) -> bool:
    """Whether the type inside ``Mapped[...]`` may be an ``Annotated`` one with column options of its own."""
    if isinstance(expr, f.Name):
        return expr.id not in SIMPLE_TYPES
    if isinstance(expr, f.Const):
        return not (expr.value is None or expr.value in SIMPLE_TYPES)
    if isinstance(expr, f.Attr):
        return expr.name not in SIMPLE_TYPES
    if isinstance(expr, f.Subscript):
        return last_name(expr.value) != "Optional" or _carries_options(expr.index)
    if isinstance(expr, f.Binary):
        return _carries_options(expr.left) or _carries_options(expr.right)
    return True


def columns_of(machine: Machine, lineage: Lineage) -> Columns:
    """The columns that declarative mapping collects for the class at the head of ``lineage``."""
    any_: Answer = False
    key: Answer = False
    seen: set[str] = set()
    members: list[Member] = []
    collected: set[ClassValue] = set()
    head = lineage.classes[0]
    for cls, kind in lineage.with_kinds():
        if not isinstance(cls, ClassValue):
            if kind == "unknown":
                any_, key = either(any_, None), either(key, None)
            continue
        if cls is not head and mapped(cls):
            # Its attributes are mapped already, also those that come from mixins further on.
            inherited = [each for each in machine.mro(cls) if isinstance(each, ClassValue) and each not in collected]
            seen.update(name for each in inherited for name in _members(each))
            collected.update(inherited)
            continue
        written = _written_at(cls)
        for name, annotation in _members(cls).items():
            if name in seen or name.startswith("__"):
                continue
            seen.add(name)
            value = cls.names.get(name)
            counts = declared(machine, value, lineage) if _is_declared(value) else value
            members.append(Member(name, value, counts, annotation, cls, written.get(name)))
            found = _column(machine, counts, annotation)
            any_, key = either(any_, found.any), either(key, found.primary_key)
    return Columns(any_, key, tuple(members))


def _is_declared(value: Value | None) -> TypeGuard[FunctionValue]:
    return isinstance(value, FunctionValue) and value.role == "declared_attr"


def _members(cls: ClassValue) -> dict[str, f.Expr | None]:
    """The names of a class body in SQLAlchemy's order, each with its annotation."""
    annotated = {name: step.annotation for name, step in annotated_names(cls)}
    return {name: annotated.get(name) for name in _merged(tuple(cls.names), tuple(annotated))}


def _merged(bound: tuple[str, ...], annotated: tuple[str, ...]) -> list[str]:
    """The names in the order of ``sqlalchemy.util.merge_lists_w_ordering``."""
    if not annotated:
        return list(bound)
    both = set(bound) & set(annotated)
    found: list[str] = []
    current, other = iter(bound), iter(annotated)
    while True:
        for name in current:
            if name in both:
                both.discard(name)
                current, other = other, current
                break
            found.append(name)
        else:
            return [*found, *other]


def either(one: Answer, two: Answer) -> Answer:
    if one is True or two is True:
        return True
    return None if one is None or two is None else False


def _column(machine: Machine, value: Value | None, annotation: f.Expr | None) -> Columns:
    options: Answer = False
    if annotation is not None and isinstance(annotation, f.Subscript):
        options = None if _carries_options(annotation.index) else False
    elif annotation is not None and isinstance(annotation, f.Const):
        options = None
    if value is None:
        made = mapped_annotation(annotation) if annotation is not None else "none"
        return Columns({"column": True, "none": False, "unknown": None}[made], None if made == "unknown" else options)
    if isinstance(value, FunctionValue):
        return Columns(False, False)
    if isinstance(value, ExternalObject):
        if is_column(machine, value):
            return Columns(True, either(_keyed(value), options))
        may_be_column = value.made_by.endswith(("deferred", "column_property", "composite"))
        plain = made_by_mapping(machine, value) and not may_be_column
        return Columns(False, False) if plain else Columns(None, None)
    if isinstance(value, (Unknown, Choice, Bound, External)):
        return Columns(None, None)
    plain_value = isinstance(value, (Constant, SequenceValue, DictValue, PathValue, ModuleValue, ClassValue))
    if plain_value or isinstance(value, (MetaDataValue, RegistryValue)):
        return Columns(False, False)
    return Columns(None, None)


def _keyed(column: ExternalObject) -> Answer:
    """Whether a column is in the primary key: also if a PrimaryKeyConstraint or an assignment made it so."""
    later = column.attributes.get("primary_key")
    return keyed(column.call) if later is None else truth(later)


def keyed(call: CallSite) -> Answer:
    """Whether the column that a call makes is in the primary key."""
    return truth(call.kwargs.get("primary_key"), complete=call.complete)


def declared(machine: Machine, function: FunctionValue, lineage: Lineage) -> Value:
    """What a ``declared_attr`` gives the class at the head of ``lineage``.

    Raises:
        Raised: where it certainly raises.
    """
    head = lineage.classes[0]
    assert isinstance(head, ClassValue)
    return machine.call(Bound(function, head), CallSite(head.place, "", None, (), {}))


def place_of_attribute(cls: ClassValue, name: str) -> Place:
    """Where an attribute of a class body is written, as closely as it is known."""
    at = _written_at(cls).get(name)
    if at is not None:
        return Place(cls.place.path, at)
    value = cls.names.get(name)
    if isinstance(value, ExternalObject):
        return value.call.place
    return value.place if isinstance(value, FunctionValue) else cls.place


def _written_at(cls: ClassValue) -> dict[str, f.At]:
    """Where a class body writes its names first: the annotation of a name counts, else what assigns to it."""
    assigned: dict[str, f.At] = {}
    annotated: dict[str, f.At] = {}
    for step in walk(cls.facts.body) if cls.facts is not None else ():
        if isinstance(step, f.Annotated) and isinstance(step.target, f.Name):
            annotated.setdefault(step.target.id, step.at)
        elif isinstance(step, f.Assign):
            for target in step.targets:
                if isinstance(target, f.Name):
                    assigned.setdefault(target.id, step.at)
    return {**assigned, **annotated}
