"""Flask-SQLAlchemy: an extension object with a declarative base, and a MetaData for each bind key.

Facts from flask_sqlalchemy/extension.py and model.py (``BindMetaMixin``, ``NameMetaMixin``).
"""

from __future__ import annotations

import re
from dataclasses import replace

from cucurbit.simulate.core.cells import Cells
from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.simulate.core.values import (
    BaseKind,
    Bound,
    CallSite,
    Choice,
    ClassMapping,
    ClassValue,
    Constant,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    MetaDataValue,
    Unknown,
    Value,
    text_of,
)
from cucurbit.simulate.language.operators import key_of
from cucurbit.simulate.packages.sqlalchemy.bases import declarative_base, declare_base, new_base
from cucurbit.simulate.packages.sqlalchemy.columns import Columns
from cucurbit.simulate.packages.sqlalchemy.declarative import is_rewritten, through_metaclass
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, is_true, kind_of, lineage_of, mapped
from cucurbit.simulate.packages.sqlalchemy.mapping import map_declaratively
from cucurbit.simulate.packages.sqlalchemy.metadata import (
    METADATA_METHODS,
    NONE,
    identity,
    make_metadata,
    resolve_metadata,
)
from cucurbit.simulate.packages.sqlalchemy.names import Names, TableArgs, is_declared
from cucurbit.simulate.packages.sqlalchemy.queries import sent_by
from cucurbit.simulate.packages.sqlalchemy.tables import TableRequest, make_table
from cucurbit.source import facts as f
from cucurbit.source.scan import inside

_EXTENSION = "flask_sqlalchemy.SQLAlchemy"
_MODEL = "flask_sqlalchemy.model.Model"
_EXTENSIONS = frozenset({_EXTENSION, "flask_sqlalchemy.extension.SQLAlchemy"})
_METADATAS = "__fsa_metadatas__"
"""Where the object of an extension holds the MetaData of each bind key, beside ``metadatas``.

Code that is given the object may replace its attributes, but not these.
"""

_CHOOSES_METADATA = frozenset({"metadata", "model_class"})

_DEFAULT = key_of(Constant(None)) or ""
"""The bind key of the MetaData by default, as a dict keeps it."""

_MODERN = (3,)
"""The first Flask-SQLAlchemy that keeps a MetaData for each bind key, and has no ``make_declarative_base``."""


def _attributes_of(db: Value | None) -> Cells[Value] | None:
    """Where the extension object stores its attributes."""
    return db.attributes if isinstance(db, (ExternalObject, InstanceValue)) else None


def _make_extension(machine: Machine, call: CallSite) -> Value:
    """``flask_sqlalchemy.SQLAlchemy(app, metadata=..., model_class=...)``."""
    db = ExternalObject(_EXTENSION, call, machine.state.cells())
    _fill_extension(machine, call, db)
    return db


def _fill_extension(machine: Machine, call: CallSite, db: ExternalObject | InstanceValue) -> None:
    """Set what the constructor sets: ``Model``, ``metadata``, ``metadatas`` and ``Table``."""
    given = call.kwargs.get("metadata")
    model_class = call.kwargs.get("model_class")
    model = _model(machine, call, model_class, given)
    metadata = Names(machine, lineage_of(machine, model)).metadata()
    machine.state.write(model.names, "__fsa__", db)
    if is_true(call.kwargs.get("disable_autonaming")):
        machine.state.write(model.names, "__fsa_unnamed__", Constant(True))
    metadatas = DictValue(machine.state.cells())
    metadatas.cells.data[_DEFAULT] = metadata
    for name, value in (
        ("Model", model),
        ("metadata", metadata),
        ("metadatas", metadatas),
        (_METADATAS, metadatas),
        ("Table", Bound(External(f"{_EXTENSION}().Table"), db)),
    ):
        machine.state.write(db.attributes, name, value)


def _model(machine: Machine, call: CallSite, given: Value | None, metadata: Value | None) -> ClassValue:
    keywords = {} if metadata is None or metadata == NONE else {"metadata": metadata}
    if isinstance(given, ClassValue):
        lineage = lineage_of(machine, given)
        if any(kind_of(machine, base) == "base" for base in given.bases if not isinstance(base, ClassValue)):
            model = _copy_of_base(machine, call, given)
        elif lineage.attribute("_sa_registry") is not None:
            model = given
            if keywords:
                machine.state.write(model.names, "metadata", keywords["metadata"])
        else:
            model = new_base(
                machine, call, _fresh_registry(machine, call, keywords), bases=(given,), name="Model", metaclass=None
            )
    elif isinstance(given, External) and kind_of(machine, given) == "base":
        model = _copy_of_base(machine, call, None)
    else:
        model = new_base(
            machine, call, _fresh_registry(machine, call, keywords), bases=(), name="Model", metaclass=None
        )
    model.mapping = ClassMapping("base", model.mapping.metadata if model.mapping else None, library="flask_sqlalchemy")
    return model


def _fresh_registry(machine: Machine, call: CallSite, keywords: dict[str, Value]) -> Value:
    base = declarative_base(machine, CallSite(call.place, call.name, None, (), keywords, call.complete))
    found = base.names.get("registry") if isinstance(base, ClassValue) else None
    return found or Unknown("a registry")


def _copy_of_base(machine: Machine, call: CallSite, given: ClassValue | None) -> ClassValue:
    """Flask-SQLAlchemy creates a new base from the body and the bases of the given ``DeclarativeBase`` subclass."""
    model = ClassValue(
        name="FlaskSQLAlchemyBase",
        bases=given.bases if given is not None else (External("sqlalchemy.orm.DeclarativeBase"),),
        keywords={},
        names=machine.state.cells(),
        module=machine.module,
        place=call.place,
        statement=None,
    )
    if given is not None:
        model.names.data.update({name: given.names[name] for name in given.names})
    declare_base(machine, lineage_of(machine, model))
    return model


def _prepare(machine: Machine, lineage: Lineage) -> None:
    """What ``BindMetaMixin`` and ``NameMetaMixin`` set on a class before SQLAlchemy maps it."""
    cls = lineage.known[0]
    _bind(machine, lineage)
    if lineage.attribute("__fsa_unnamed__") is None and _should_be_named(lineage):
        machine.state.write(cls.names, "__tablename__", Constant(snake_case(cls.name)))


def _bind(machine: Machine, lineage: Lineage) -> None:
    cls = lineage.known[0]
    if "metadata" in cls.names or "__table__" in cls.names:
        return
    key = lineage.attribute("__bind_key__")
    extension = lineage.attribute("__fsa__")
    modern = lineage.has("base")
    if extension is None or (key is None and modern):
        return
    inherited = lineage.attribute("metadata")
    metadata = _for_bind(machine, extension[0], NONE if key is None else key[0], cls)
    if inherited is None or metadata is not inherited[0]:
        machine.state.write(cls.names, "metadata", metadata)


def _for_bind(machine: Machine, db: Value, key: Value, cls: ClassValue) -> Value:
    """``db._make_metadata(key)``."""
    attributes = _attributes_of(db)
    metadatas = attributes.get(_METADATAS) if attributes is not None else None
    if not isinstance(metadatas, DictValue) or not isinstance(key, Constant):
        return Unknown("the MetaData of a bind key")
    version = machine.workspace.version("flask-sqlalchemy", cls.place.path)
    name = _DEFAULT if version is not None and version < _MODERN else key_of(key) or ""
    found = metadatas.cells.get(name)
    if found is None:
        default = metadatas.cells.get(_DEFAULT)
        module = default.id.module if isinstance(default, MetaDataValue) else cls.module.name
        found = machine.new_metadata(module, f"db.metadatas[{key.value!r}]", cls.place, None)
        machine.state.write(metadatas.cells, name, found)
    return found


def _should_be_named(lineage: Lineage) -> bool:
    """``flask_sqlalchemy.model.should_set_tablename``."""
    cls = lineage.known[0]
    if is_true(cls.names.get("__abstract__")) is not False:
        return False
    for each in lineage.known:
        raw = each.names.get("__tablename__")
        if raw is None:
            continue
        if is_declared(raw):
            return False
        mixin = each.mapping is None or each.mapping.kind == "mixin"
        return not (each is cls or is_true(each.names.get("__abstract__")) is not False or mixin)
    return True


def _makes_table(columns: Columns, lineage: Lineage, request: TableRequest, args: TableArgs) -> bool | None:
    """``NameMetaMixin.__table_cls__``: a class without its own primary key shares its parent's table."""
    if request.key in request.metadata.tables:
        return True
    if not any(mapped(each) for each in lineage.known[1:]) or columns.primary_key or args.primary_key:
        return True
    return False if columns.primary_key is False and args.primary_key is False else None


def snake_case(name: str) -> str:
    """The name that Flask-SQLAlchemy gives the table of a class."""
    return re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name).lower().lstrip("_")


# ------------------------------------------------------- methods of the extension


def _table(machine: Machine, call: CallSite) -> Value:
    """``db.Table(name, *columns, bind_key=...)``: the MetaData need not be given.

    Raises:
        Raised: what SQLAlchemy certainly raises.
    """
    given = call.args[1] if len(call.args) > 1 else None
    if not call.args or (given is not None and resolve_metadata(machine, given) is not None):
        return make_table(machine, call)
    key = call.kwargs.get("bind_key") or call.kwargs.get("info") or NONE
    if isinstance(key, DictValue):
        key = key.cells.get("bind_key") or NONE
    holder = ClassValue("Table", (), {}, machine.state.cells(), machine.module, call.place, None)
    metadata = _for_bind(machine, call.receiver or NONE, key, holder)
    kwargs = {name: value for name, value in call.kwargs.items() if name != "bind_key"}
    args = (call.args[0], metadata, *call.args[1:])
    return make_table(machine, CallSite(call.place, call.name, call.receiver, args, kwargs, call.complete))


def _for_binds(machine: Machine, call: CallSite) -> Value:
    """``db.create_all()`` and ``db.reflect()``: for the MetaData of every bind key, or of those named."""
    attributes = _attributes_of(call.receiver)
    metadatas = attributes.get(_METADATAS) if attributes is not None else None
    name = call.name.rpartition(".")[2]
    if not isinstance(metadatas, DictValue):
        if name == "create_all":
            machine.emit(EventKind.CREATE_ALL, call.place, metadata=identity(None))
        return NONE
    named = text_of(call.argument(0, "bind_key") or call.kwargs.get("bind"))
    for key in metadatas.cells:
        if named in (None, "__all__", key):
            metadata = metadatas.cells.get(key)
            METADATA_METHODS[name](machine, CallSite(call.place, call.name, metadata, (), {}))
    return NONE


# --------------------------------------------------------------- class statements


def _base_kind(dotted: str) -> BaseKind | None:
    if not dotted.startswith("flask_sqlalchemy."):
        return None
    if dotted in _EXTENSIONS:
        return "extension"
    plain = dotted == "flask_sqlalchemy.Model" or dotted.startswith(("flask_sqlalchemy.model.", f"{_EXTENSION}()."))
    return "plain" if plain else "unknown"


def _on_class(machine: Machine, cls: ClassValue) -> bool:
    """A subclass of ``db.Model``.

    Raises:
        Raised: what SQLAlchemy certainly raises.
    """
    if any(isinstance(base, Choice) for base in cls.bases):
        return False
    parents = (each.mapping for each in machine.mro(cls)[1:] if isinstance(each, ClassValue))
    if not any(mapping is not None and mapping.library == "flask_sqlalchemy" for mapping in parents):
        return False
    if any(kind_of(machine, base) == "base" for base in cls.bases if not isinstance(base, ClassValue)):
        return False
    lineage = lineage_of(machine, cls)
    if lineage.has("fields") or lineage.attribute("_sa_registry") is None or is_rewritten(machine, lineage):
        return False
    through_metaclass(machine, lineage, lambda: _map(machine, lineage))
    return True


def _map(machine: Machine, lineage: Lineage) -> None:
    _prepare(machine, lineage)
    named = lineage.attribute("__fsa_unnamed__") is None
    map_declaratively(machine, lineage, library="flask_sqlalchemy", table_class=_makes_table if named else None)


def _instantiate(machine: Machine, cls: ClassValue) -> Handler | None:
    """A call of a subclass of the extension."""
    if not any(isinstance(each, External) and each.dotted in _EXTENSIONS for each in lineage_of(machine, cls).classes):
        return None

    def extension(machine: Machine, call: CallSite) -> Value:
        db = InstanceValue(cls, machine.state.cells())
        constructor = _own_method(machine, cls, "__init__")
        _fill_extension(machine, call if constructor is None else _passed_on(machine, constructor, call), db)
        method = _own_method(machine, cls, "make_declarative_base")
        version = machine.workspace.version("flask-sqlalchemy", cls.place.path)
        if method is not None and version is not None and version < _MODERN:
            _use_base(machine, db, method, call)
        if constructor is not None:
            machine.call(Bound(constructor, db), call)
        return db

    return extension


def _own_method(machine: Machine, cls: ClassValue, name: str) -> FunctionValue | None:
    """A method that the workspace writes in place of the extension's."""
    found = machine.class_attribute(cls, name)
    return found[0] if found is not None and isinstance(found[0], FunctionValue) else None


def _passed_on(machine: Machine, constructor: FunctionValue, call: CallSite) -> CallSite:
    """The arguments that a constructor of the workspace gives to that of the extension, as far as they are known."""
    body = machine.body(constructor)
    names = {node.name for node in inside(body) if isinstance(node, f.Keyword)}
    names |= {str(node.value) for node in inside(body) if isinstance(node, f.Const)}
    if not names & _CHOOSES_METADATA:
        return call
    unknown = CallSite(call.place, call.name, None, (), {}, complete=False)
    return replace(call, kwargs={**call.kwargs, "metadata": make_metadata(machine, unknown)})


def _use_base(machine: Machine, db: InstanceValue, method: FunctionValue, call: CallSite) -> None:
    """``make_declarative_base``, which the workspace writes: it returns ``db.Model``, if that is known to be a base."""
    model, metadata = db.attributes.get("Model"), db.attributes.get("metadata")
    if not isinstance(model, ClassValue) or metadata is None:
        return
    given = {"metadata": metadata} if any(each.name == "metadata" for each in method.params.positional) else {}
    made = machine.call(Bound(method, db), CallSite(call.place, "", None, (External(_MODEL),), given, complete=False))
    if isinstance(made, ClassValue) and made is not model and lineage_of(machine, made).attribute("_sa_registry"):
        machine.state.write(made.names, "__fsa__", db)
        made.mapping = ClassMapping("base", made.mapping.metadata if made.mapping else None, library="flask_sqlalchemy")
        machine.state.write(db.attributes, "Model", made)


PACKAGE = Package(
    name="Flask-SQLAlchemy",
    calls={
        **dict.fromkeys(_EXTENSIONS, _make_extension),
        f"{_EXTENSION}().Table": _table,
        f"{_EXTENSION}().MetaData": make_metadata,
        **{f"{_EXTENSION}().{name}": _for_binds for name in ("create_all", "reflect", "drop_all")},
    },
    methods=sent_by(f"{_EXTENSION}().session"),
    instantiate=_instantiate,
    on_class=_on_class,
    base_kind=_base_kind,
    column_makers=("flask_sqlalchemy.",),
    assumed=frozenset({"flask_sqlalchemy"}),
)
