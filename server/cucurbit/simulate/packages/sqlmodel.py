"""SQLModel: declarative mapping whose columns are the annotated fields of a class.

Facts from sqlmodel/main.py (``SQLModelMetaclass``, ``__tablename__``, ``default_registry``).
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.shapes import Answer
from cucurbit.simulate.core.timeline import CutKind
from cucurbit.simulate.core.values import (
    BaseKind,
    Choice,
    ClassMapping,
    ClassValue,
    Constant,
    DictValue,
    External,
    ExternalObject,
    MetaDataValue,
    RegistryValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.sqlalchemy.columns import (
    SIMPLE_TYPES,
    Columns,
    annotated_names,
    either,
    keyed,
    last_name,
)
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, is_true, kind_of, lineage_of
from cucurbit.simulate.packages.sqlalchemy.mapping import map_declaratively
from cucurbit.simulate.packages.sqlalchemy.metadata import make_metadata
from cucurbit.simulate.packages.sqlalchemy.names import Names
from cucurbit.simulate.packages.sqlalchemy.queries import sent_by
from cucurbit.simulate.packages.sqlalchemy.tables import make_table
from cucurbit.simulate.packages.sqlmodel_fields import fields_of
from cucurbit.source import facts as f

_MODULES = ("sqlmodel", "sqlmodel.main")

_METADATA = frozenset(f"{module}.{owner}.metadata" for module in _MODULES for owner in ("SQLModel", "default_registry"))


def _default_metadata(machine: Machine) -> MetaDataValue:
    """``sqlmodel.SQLModel.metadata``."""
    return machine.shared_metadata("sqlmodel", "SQLModel.metadata")


def _base_kind(dotted: str) -> BaseKind | None:
    root, _, rest = dotted.partition(".")
    if root != "sqlmodel":
        return None
    return "fields" if rest.rpartition(".")[2] == "SQLModel" else "plain"


def _on_class(machine: Machine, cls: ClassValue) -> bool:
    if any(isinstance(base, Choice) for base in cls.bases):
        return False
    if not any(isinstance(each, External) and _base_kind(each.dotted) == "fields" for each in machine.mro(cls)):
        return False
    if any(kind_of(machine, base) == "base" for base in cls.bases if not isinstance(base, ClassValue)):
        return False
    _map_model(machine, lineage_of(machine, cls))
    return True


def _map_model(machine: Machine, lineage: Lineage) -> None:
    """A subclass of ``SQLModel``: mapped if it is a table model, else a plain data model.

    Raises:
        Raised: what SQLAlchemy certainly raises.
    """
    cls = lineage.known[0]
    registry = cls.keywords.get("registry")
    if registry is not None:
        metadata: Value = registry.metadata if isinstance(registry, RegistryValue) else Unknown("a MetaData")
        machine.state.write(cls.names, "_sa_registry", registry)
        machine.state.write(cls.names, "metadata", metadata)
        machine.state.write(cls.names, "__abstract__", Constant(True))
        known = metadata if isinstance(metadata, MetaDataValue) else None
        cls.mapping = ClassMapping("base", known, library="sqlmodel")
        return
    if lineage.attribute("_sa_registry") is None:
        machine.state.write(cls.names, "_sa_registry", RegistryValue(_default_metadata(machine)))
    metadata = _metadata(machine, lineage)
    known = metadata if isinstance(metadata, MetaDataValue) else None
    is_table = _is_table(cls)
    if is_table is False or _has_table_base(lineage):
        # SQLModel maps no class under a table model: it is a data model, even with table=True.
        cls.mapping = ClassMapping("abstract", known, library="sqlmodel")
    elif is_table is None:
        machine.cut(cls.place, f"whether the class {cls.name} is a table model", CutKind.TABLE)
        cls.mapping = ClassMapping("unknown", known, library="sqlmodel")
    else:
        map_declaratively(
            machine, lineage, library="sqlmodel", columns=_field_columns(lineage), collected=fields_of(machine, lineage)
        )


def _metadata(machine: Machine, lineage: Lineage) -> Value:
    return Names(machine, lineage).metadata()


def _is_table(cls: ClassValue) -> bool | None:
    given = cls.keywords.get("table")
    config = cls.names.get("model_config")
    if isinstance(config, DictValue) and config.cells.get("table") is not None:
        given = config.cells.get("table")
    elif isinstance(config, ExternalObject) and "table" in config.call.kwargs:
        given = config.call.kwargs["table"]
    return is_true(given)


def _has_table_base(lineage: Lineage) -> bool:
    return any(
        each.mapping is not None and each.mapping.library == "sqlmodel" and each.mapping.kind == "table"
        for each in lineage.known[1:]
    )


def _field_columns(lineage: Lineage) -> Columns:
    """The columns of a SQLModel table: its annotated fields, those of its bases included."""
    any_: Answer = False
    key: Answer = False
    for cls, kind in lineage.with_kinds():
        if not isinstance(cls, ClassValue):
            if kind == "unknown":
                any_, key = either(any_, None), either(key, None)
            continue
        for name, step in annotated_names(cls):
            if name.startswith("__") or name == "model_config":
                continue
            if isinstance(step.annotation, f.Subscript) and last_name(step.annotation.value) == "ClassVar":
                continue
            found = _field(cls.names.get(name), step.annotation)
            any_, key = either(any_, found.any), either(key, found.primary_key)
    return Columns(any_, key)


def _field(value: Value | None, annotation: f.Expr) -> Columns:
    if isinstance(value, ExternalObject) and value.made_by.startswith("sqlmodel."):
        if value.made_by.endswith("Relationship"):
            return Columns(False, False)
        column = value.call.kwargs.get("sa_column")
        if column is None:
            return Columns(True, keyed(value.call))
        return Columns(True, keyed(column.call) if isinstance(column, ExternalObject) else None)
    if value is None or isinstance(value, Constant):
        simple = isinstance(annotation, f.Name) and annotation.id in SIMPLE_TYPES
        return Columns(True, False if simple else None)
    return Columns(None, None)


def _constant(machine: Machine, dotted: str) -> Value | None:
    return _default_metadata(machine) if dotted in _METADATA else None


def _member(machine: Machine, receiver: Value, name: str) -> Value | None:
    """``Model.__tablename__``."""
    if name != "__tablename__" or not isinstance(receiver, ClassValue):
        return None
    mapping = receiver.mapping
    if mapping is None or mapping.kind == "mixin" or mapping.library != "sqlmodel":
        return None
    return Constant(receiver.name.lower()) if machine.class_attribute(receiver, name) is None else None


PACKAGE = Package(
    name="SQLModel",
    leaves_arguments=("sqlmodel.",),
    calls={
        **{f"{module}.MetaData": make_metadata for module in _MODULES},
        **{f"{module}.Table": make_table for module in _MODULES},
    },
    methods=sent_by("sqlmodel.Session()", "sqlmodel.create_engine()"),
    constant=_constant,
    member=_member,
    on_class=_on_class,
    base_kind=_base_kind,
    column_makers=("sqlmodel.",),
    keeps_no_results=("sqlmodel.",),
    assumed=frozenset({"sqlmodel"}),
)
