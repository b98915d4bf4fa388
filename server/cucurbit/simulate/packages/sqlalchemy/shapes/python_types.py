"""The column types that Python types in ``Mapped[...]`` stand for: ``registry.type_annotation_map``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import UNKNOWN_TYPE, TypeTerm
from cucurbit.simulate.core.values import ClassValue, Constant, External, ExternalObject, RegistryValue, Value
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage
from cucurbit.simulate.packages.sqlalchemy.shapes.annotations import Annotations, TypeHint
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import class_term
from cucurbit.simulate.packages.sqlalchemy.shapes.types import member_names, type_term
from cucurbit.source import facts as f
from cucurbit.source.scan import assigned_values, bound_by

DEFAULTS: Mapping[str, str] = {
    "builtins.int": "Integer",
    "builtins.str": "String",
    "builtins.bool": "Boolean",
    "builtins.bytes": "LargeBinary",
    "decimal.Decimal": "Numeric",
    "datetime.date": "Date",
    "datetime.datetime": "DateTime",
    "datetime.time": "Time",
    "datetime.timedelta": "Interval",
    "uuid.UUID": "Uuid",
}
"""``_type_map`` of sqlalchemy/sql/sqltypes.py."""

_NO_COLUMNS = frozenset(f"builtins.{name}" for name in ("dict", "list", "set", "tuple", "object", "complex", "type"))
_TYPING_COLLECTIONS = frozenset({"typing.List", "typing.Dict", "typing.Set", "typing.Tuple"})
_PLAIN = frozenset({"builtins.object", "builtins.dict", "builtins.list", "builtins.str", "builtins.int"})
"""Bases of which a class is known to be no more than its body says."""

_ENUMS = frozenset({"Enum", "StrEnum", "IntEnum", "Flag", "IntFlag"})


@dataclass(frozen=True)
class TypeMap:
    """``own`` are the entries of ``type_annotation_map``, the last one first; not ``certain``: there may be others."""

    machine: Machine
    own: tuple[tuple[TypeHint, Value], ...] = ()
    certain: bool = True
    version: tuple[int, ...] | None = None
    """That of SQLAlchemy, None if it is not known."""
    exact: bool = False
    """Certainly all entries are known."""

    def of(self, hint: TypeHint) -> TypeTerm:
        """The type that SQLAlchemy gives a column with this annotation."""
        if not hint.certain or not self.certain:
            return UNKNOWN_TYPE
        for key, value in self.own:
            if _same(key, hint):
                return self._adapted(type_term(self.machine, value), hint)
        if hint.extras and any(key.extras for key, _ in self.own):
            # Whether two Annotated types are equal depends on their arguments.
            return UNKNOWN_TYPE
        bare = TypeHint(hint.value, hint.args)
        for key, value in self.own:
            if _same(key, bare):
                return self._adapted(type_term(self.machine, value), hint)
        return self._default(hint)

    def _default(self, hint: TypeHint) -> TypeTerm:
        if hint.union:
            return replace(UNKNOWN_TYPE, refused=self._refused_union(hint))
        if hint.name == "Literal" and hint.args:
            values = [each.value for each in hint.args]
            texts = tuple(each.value for each in values if isinstance(each, Constant) and isinstance(each.value, str))
            return TypeTerm("Enum", values=texts) if len(texts) == len(values) else UNKNOWN_TYPE
        if isinstance(hint.value, External) and not hint.args:
            if hint.value.dotted == "builtins.float":
                return self._float()
            name = DEFAULTS.get(hint.value.dotted)
            return TypeTerm(name) if name is not None else replace(UNKNOWN_TYPE, refused=self._refused(hint))
        if isinstance(hint.value, ClassValue) and self.is_enum(hint.value):
            if any(key.name in _ENUMS for key, _ in self.own):
                return TypeTerm("Enum", values=None, custom=class_term(hint.value))
            return TypeTerm("Enum", values=member_names(hint.value), custom=class_term(hint.value))
        if isinstance(hint.value, ExternalObject) and hint.value.made_by.endswith(".NewType"):
            return self._new_type(hint.value)
        return replace(UNKNOWN_TYPE, refused=self._refused(hint))

    def _refused(self, hint: TypeHint) -> str:
        """The name of a type that certainly stands for no type of a column; empty for others."""
        if not self.exact or hint.extras or hint.union:
            return ""
        if hint.args:
            # Whether ``list[str]`` equals a key such as ``List[str]`` is not decided here.
            return "" if any(key.args for key, _ in self.own) else _generic_text(hint)
        if isinstance(hint.value, ClassValue) and hint.text is None:
            bases = [each for each in self.machine.mro(hint.value) if not isinstance(each, ClassValue)]
            is_mapped = hint.value.mapping is not None and hint.value.mapping.kind in ("table", "single")
            if is_mapped or all(isinstance(each, External) and each.dotted in _PLAIN for each in bases):
                return f"<class '{hint.value.module.name}.{hint.value.name}'>"
        if isinstance(hint.value, External) and hint.value.dotted == "typing.Any":
            return "typing.Any"
        if isinstance(hint.value, External) and hint.value.dotted in _NO_COLUMNS:
            return f"<class '{hint.value.dotted.rpartition('.')[2]}'>"
        return ""

    def _refused_union(self, hint: TypeHint) -> str:
        """The text of a union of several plain types, which stands for no type of a column."""
        parts = [_item_text(replace(each, optional=False)) for each in hint.union]
        if not self.exact or not all(parts) or len(set(parts)) == 1 or any(key.union for key, _ in self.own):
            return ""
        return " | ".join(parts)

    def _float(self) -> TypeTerm:
        """``Double`` from SQLAlchemy 2.1 on."""
        name = "Double" if self.version is None or self.version >= (2, 1) else "Float"
        return TypeTerm(name, known=self.version is not None)

    def _new_type(self, value: ExternalObject) -> TypeTerm:
        under = value.call.args[1] if len(value.call.args) > 1 else None
        return self.of(TypeHint(under)) if isinstance(under, (External, ClassValue)) else UNKNOWN_TYPE

    def is_enum(self, cls: ClassValue) -> bool:
        return any(
            isinstance(each, External) and each.dotted.rpartition(".")[2] in _ENUMS for each in self.machine.mro(cls)
        )

    def _adapted(self, found: TypeTerm, hint: TypeHint) -> TypeTerm:
        if found.name == "Enum" and isinstance(hint.value, ClassValue):
            return TypeTerm("Enum", values=member_names(hint.value), custom=class_term(hint.value), known=found.known)
        return found


def _generic_text(hint: TypeHint) -> str:
    """``list[str]``, as Python shows it, if it is a collection of plain types; else empty."""
    dotted = hint.value.dotted if isinstance(hint.value, External) else ""
    if dotted not in _NO_COLUMNS and dotted not in _TYPING_COLLECTIONS:
        return ""
    parts = [_item_text(each) for each in hint.args]
    return f"{dotted.removeprefix('builtins.')}[{', '.join(parts)}]" if all(parts) else ""


def _item_text(hint: TypeHint) -> str:
    if hint.optional or hint.extras or hint.union or hint.text is not None:
        return ""
    if hint.args:
        return _generic_text(hint)
    if isinstance(hint.value, ClassValue):
        return f"{hint.value.module.name}.{hint.value.name}"
    dotted = hint.value.dotted if isinstance(hint.value, External) else ""
    if dotted.startswith("builtins."):
        return dotted.removeprefix("builtins.")
    return dotted if dotted == "typing.Any" else ""


def _same(key: TypeHint, hint: TypeHint) -> bool:
    if len(key.args) != len(hint.args) or len(key.extras) != len(hint.extras) or key.union or hint.union:
        return False
    if not all(one is other or one == other for one, other in zip(key.extras, hint.extras, strict=True)):
        return False
    same = key.value is hint.value or (isinstance(key.value, (External, Constant)) and key.value == hint.value)
    return same and all(_same(one, other) for one, other in zip(key.args, hint.args, strict=True))


def type_map(machine: Machine, lineage: Lineage) -> TypeMap:
    """The ``type_annotation_map`` of the base of a class."""
    version = machine.workspace.version("sqlalchemy", lineage.known[0].place.path)
    for cls in lineage.known:
        if "type_annotation_map" in cls.names:
            own = _written(machine, cls)
            exact = own is not None and cls.facts is not None and not _has_registry(cls.facts.body)
            return TypeMap(machine, own or (), own is not None, version, exact)
        registry = cls.names.get("_sa_registry")
        if isinstance(registry, RegistryValue):
            # A registry that was given another map: its keys are not kept.
            exact = not registry.typed and cls.facts is not None
            return TypeMap(machine, (), not registry.typed, version, exact)
    return TypeMap(machine, version=version)


def _has_registry(body: tuple[f.Step, ...]) -> bool:
    """Whether a class body may give the base a registry of its own, whose types are not known."""
    return any("registry" in bound_by(step) for step in body)


def _written(machine: Machine, cls: ClassValue) -> tuple[tuple[TypeHint, Value], ...] | None:
    """The entries of a dict that is written in the class body; None if it is not written there."""
    for step in cls.facts.body if cls.facts is not None else ():
        value = dict(assigned_values(step)).get("type_annotation_map")
        if value is not None:
            return entries(Annotations(machine, cls), value) if isinstance(value, f.Dict) else None
    return None


def entries(reader: Annotations, written: f.Dict) -> tuple[tuple[TypeHint, Value], ...] | None:
    """The entries of a display of a ``type_annotation_map``, the last one first; None if they are not all known."""
    found: list[tuple[TypeHint, Value]] = []
    for key, value in zip(written.keys, written.values, strict=True):
        hint = reader.hint(key) if key is not None else None
        if hint is None or not hint.certain:
            return None
        made = reader.evaluate(value)
        found.append((hint, made))
    return tuple(reversed(found))
