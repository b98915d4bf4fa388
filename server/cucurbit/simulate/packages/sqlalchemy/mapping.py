"""What SQLAlchemy's declarative system does with one class: ``sqlalchemy.orm.decl_base``, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import TableAddition
from cucurbit.simulate.core.timeline import CutKind, EventKind, Place, TableDefinition
from cucurbit.simulate.core.values import (
    ClassMapping,
    ClassValue,
    Constant,
    DictValue,
    External,
    MetaDataValue,
    RegistryValue,
    TableValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.sqlalchemy.columns import Columns, columns_of
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, has_own_metaclass, is_true, mapped, told
from cucurbit.simulate.packages.sqlalchemy.metadata import NONE
from cucurbit.simulate.packages.sqlalchemy.names import Names, TableArgs, is_declared
from cucurbit.simulate.packages.sqlalchemy.reserved import Reserved, reserved_attributes, stands_in_the_way
from cucurbit.simulate.packages.sqlalchemy.shapes.mappers import (
    Collected,
    Collector,
    maker_of,
    mapper_shape,
    registry_of,
    table_columns,
)
from cucurbit.simulate.packages.sqlalchemy.shapes.tables import TableParts
from cucurbit.simulate.packages.sqlalchemy.tables import (
    MOST_OPTIONS,
    TableRequest,
    inside,
    passes,
    perhaps,
    register,
    schema_of,
)

TableClass: TypeAlias = Callable[[Columns, Lineage, TableRequest, TableArgs], bool | None]


@dataclass(frozen=True)
class Job:
    """One class being mapped. ``columns`` are those known so far; ``doubtful``: the mapping may have failed already.

    ``inherits`` is the mapped class that it inherits from; ``table_class`` decides whether it gets a table of its own
    (``__table_cls__``; None where that is not known).
    """

    machine: Machine
    names: Names
    columns: Columns
    library: str = "sqlalchemy"
    doubtful: bool = False
    inherits: ClassValue | None = None
    table_class: TableClass | None = None
    collected: Collected = field(default_factory=Collected)
    """The columns and properties of the class."""
    given: bool = False
    """The class has a ``__table__``."""

    @property
    def cls(self) -> ClassValue:
        return self.names.head

    @property
    def lineage(self) -> Lineage:
        return self.names.lineage

    def done(self, kind: str, metadata: MetaDataValue | None, table: TableDefinition | None = None) -> None:
        self.cls.mapping = ClassMapping(kind, metadata, table, self.library)  # type: ignore[arg-type]


def map_declaratively(
    machine: Machine,
    lineage: Lineage,
    registry: RegistryValue | None = None,
    *,
    library: str = "sqlalchemy",
    columns: Columns | None = None,
    collected: Collected | None = None,
    table_class: TableClass | None = None,
) -> None:
    """Map the first class of ``lineage``; ``registry`` is set if a decorator maps it.

    ``columns`` and ``collected`` are those of a library that makes columns of other attributes.

    Raises:
        Raised: InvalidRequestError, ArgumentError or AttributeError, if SQLAlchemy certainly raises it.
    """
    names = Names(machine, lineage)
    cls = names.head
    abstract = is_true(cls.names.get("__abstract__"))
    if abstract is not False:
        metadata = names.metadata(registry)
        kind = "abstract" if abstract else "unknown"
        known = metadata if isinstance(metadata, MetaDataValue) else None
        Job(machine, names, Columns(None, None), library).done(kind, known)
        return
    found = columns or columns_of(machine, lineage)
    inherits = _inherited(machine, cls)
    doubtful = reserved_attributes(machine, lineage) is Reserved.PERHAPS
    if collected is None:
        collected = Collector(machine, lineage, maker_of(machine, lineage)).collect(found.members)
    job = Job(machine, names, found, library, doubtful, inherits, table_class, collected, _has_table(lineage))
    _give_table(job, registry)
    _tell(job, registry)


def _give_table(job: Job, registry: RegistryValue | None) -> None:
    names = job.names
    if job.given:
        _given_table(job)
        return
    name = names.tablename()
    if name is None:
        _without_table(job, names.metadata(registry))
        return
    metadata = names.metadata(registry)
    if not isinstance(metadata, MetaDataValue):
        own_table_class = job.table_class is not None
        metadata = stands_in_the_way(job.machine, names, metadata, registry, table_class=own_table_class)
    _with_table(job, name, metadata)


def _tell(job: Job, registry: RegistryValue | None) -> None:
    """Write what the mapper of the class holds into the timeline."""
    mapping, machine = job.cls.mapping, job.machine
    if mapping is None or mapping.kind not in ("table", "single", "unknown"):
        return
    identity = registry_of(job.lineage, registry)
    if identity is None:
        return
    shape = mapper_shape(machine, job.lineage, job.collected, inherits=job.inherits, registry=identity)
    if job.given:
        shape = replace(shape, whole_table=True)
    sure = mapping.kind != "unknown"
    machine.emit(EventKind.CLASS_MAPPED, job.cls.place, metadata=identity.metadata, shape=shape, certain=sure)
    if mapping.kind == "single" and mapping.table is not None:
        for column in job.collected.columns:
            addition = TableAddition(mapping.table, column)
            machine.emit(EventKind.SHAPE_CHANGED, column.place, metadata=mapping.table.metadata, shape=addition)


def _inherited(machine: Machine, cls: ClassValue) -> ClassValue | None:
    """The mapped class that ``cls`` inherits from: ``_setup_inheriting_mapper``."""
    found: list[ClassValue] = []
    for base in cls.bases:
        resolved = _resolve(machine, base)
        if isinstance(resolved, ClassValue) and mapped(resolved) and resolved not in found:
            found.append(resolved)
    if len(found) > 1:
        bases = ", ".join(shown(each) for each in found)
        message = f"Class {shown(cls)} has multiple mapped bases: [{bases}]"
        machine.fail("InvalidRequestError", message, cls.place)
    return found[0] if found else None


def _resolve(machine: Machine, base: Value) -> Value | None:
    """``_resolve_for_abstract_or_classical``: the first base of an abstract class that is any class at all decides."""
    if not isinstance(base, ClassValue):
        return None if base == External("builtins.object") else base
    if is_true(base.names.get("__abstract__")):
        return next((each for each in (_resolve(machine, inner) for inner in base.bases) if each is not None), None)
    return next((each for each in machine.mro(base) if mapped(each)), base)


def _has_table(lineage: Lineage) -> bool:
    """Whether there is a ``__table__ = Table(...)``, or a ``declared_attr`` of that name in a mixin."""
    for each in lineage.known:
        raw = each.names.get("__table__")
        if raw is not None and (each is lineage.known[0] or (not mapped(each) and is_declared(raw))):
            return True
    return False


def _given_table(job: Job) -> None:
    value = job.names.read("__table__")
    if isinstance(value, TableValue):
        job.done("table", value.metadata, value.definition)
    elif isinstance(value, Constant) and value.value is None:
        _without_table(job, job.names.metadata())
    else:
        job.done("unknown", None)


def _without_table(job: Job, metadata: Value) -> None:
    known = metadata if isinstance(metadata, MetaDataValue) else None
    args = job.names.table_args()
    if job.inherits is not None:
        _share_table(job, known, args, given=args.own)
    elif job.lineage.has("concrete") or job.lineage.attribute("__no_table__") is not None:
        job.done("abstract", known)
    elif _unsure(job):
        job.machine.cut(job.cls.place, f"the table of {told(job.cls)}", CutKind.TABLE)
        job.done("unknown", known)
    else:
        job.machine.fail(
            "InvalidRequestError",
            f"Class {shown(job.cls)} does not have a __table__ or __tablename__ specified and does not inherit from "
            "an existing table-mapped class.",
            job.cls.place,
        )


def _share_table(job: Job, metadata: MetaDataValue | None, args: TableArgs, *, given: bool) -> None:
    """Single-table inheritance; ``given``: there are table arguments."""
    if given and not args.open_ and not args.doubtful and not _unsure(job):
        message = "Can't place __table_args__ on an inherited class with no table."
        job.machine.fail("ArgumentError", message, job.cls.place)
    parent = job.inherits.mapping if job.inherits is not None else None
    job.done("single", metadata, parent.table if parent is not None else None)


def _unsure(job: Job) -> bool:
    """Whether something unknown may have given the class a table's name."""
    unknown_parent = any(each.mapping is not None and each.mapping.kind == "unknown" for each in job.lineage.parents)
    return job.lineage.unknown or unknown_parent or has_own_metaclass(job.machine, job.lineage) or job.doubtful


def _with_table(job: Job, name: Value, metadata: Value) -> None:
    names = [text_of(option) for option in options_of(name)]
    known = metadata if isinstance(metadata, MetaDataValue) else None
    if known is None or None in names or len(names) > MOST_OPTIONS:
        what = "the MetaData" if known is None else "the name"
        job.machine.cut(job.cls.place, f"{what} of the table of {told(job.cls)}", CutKind.TABLE)
        job.done("unknown", known)
        return
    args = job.names.table_args()
    schema = schema_of(args.keywords.get("schema"), known)
    if schema is None or not schema.certain:
        job.machine.cut(job.cls.place, f"the schema of the table of {told(job.cls)}", CutKind.TABLE)
    if schema is None:
        job.done("unknown", known)
        return
    options = [_request(job, option, known, schema.text, args) for option in options_of(name)]
    own = job.table_class(job.columns, job.lineage, options[0], args) if job.table_class is not None else True
    if own is False:
        job.machine.state.write(job.cls.names, "__tablename__", None)
        _share_table(job, known, args, given=args.given)
        return

    def run(request: TableRequest) -> Value:
        return _register(job, request, args)

    if len(options) > 1:
        job.machine.undecided(*[lambda each=each: run(each) for each in options])
        job.done("table", known, options[0].definition(job.machine.in_function))
    elif own is None or not schema.certain or job.doubtful or args.doubtful or args.open_ or _own_table_class(job):
        # The unknown part may be a schema, or a different class.
        perhaps(job.machine, lambda: run(options[0]))
        if job.cls.mapping is None:
            job.done("unknown", known)
    else:
        run(options[0])


def _own_table_class(job: Job) -> bool:
    return job.lineage.attribute("__table_cls__") is not None


def _request(job: Job, name: Value, metadata: MetaDataValue, schema: str | None, args: TableArgs) -> TableRequest:
    items = args.items if job.columns.any is False else job.columns.any
    return TableRequest(
        metadata=metadata,
        name=text_of(name) or "",
        schema=schema,
        place=job.cls.place,
        module=job.cls.module.name,
        class_name=job.cls.name,
        name_place=_name_place(job, name),
        lets_pass=passes(args.keywords, open_=args.open_),
        has_items=True if args.items else items,
        parts=_parts(job, name, metadata, args),
        elsewhere=args.open_ and "schema" not in args.keywords,
    )


def _parts(job: Job, name: Value, metadata: MetaDataValue, args: TableArgs) -> TableParts:
    """What the table of the class holds."""
    literal = name.literal if isinstance(name, Constant) else None
    parts = TableParts(job.machine, keywords=args.keywords, metadata=metadata, name_place=literal)
    table_columns(job.collected, parts)
    parts.add_items(args.values, maker_of(job.machine, job.lineage))
    if args.open_ or args.doubtful or args.perhaps:
        parts.doubt("the arguments of the table")
    if job.doubtful or _own_table_class(job):
        parts.doubt("the class, of which not all is known")
    return parts


def _name_place(job: Job, name: Value) -> Place | None:
    if job.cls.facts is None or not isinstance(name, Constant):
        return None
    return inside(job.machine, name.place, Place(job.cls.place.path, job.cls.facts.whole_at))


def _register(job: Job, request: TableRequest, args: TableArgs) -> Value:
    standing = request.metadata.tables.get(request.key)
    definition = register(job.machine, request)
    job.done("table", request.metadata, definition)
    if (standing is None or not standing.has_columns) and _lacks_primary_key(job, args):
        mapper = mapper_name(job.machine, job.cls, request.name)
        job.machine.fail(
            "ArgumentError",
            f"Mapper {mapper} could not assemble any primary key columns for mapped table '{request.name}'",
            job.cls.place,
        )
    return NONE


def _lacks_primary_key(job: Job, args: TableArgs) -> bool:
    deferred = job.lineage.has("concrete") or job.lineage.has("automap") or _defers(job.lineage)
    known = job.columns.primary_key is False and args.primary_key is False and not _unsure(job) and not args.open_
    reflects = any("autoload" in name for name in args.keywords) or job.lineage.attribute("__autoload__") is not None
    return known and not (deferred or reflects or _may_choose_key(job.lineage) or job.inherits is not None)


def _may_choose_key(lineage: Lineage) -> bool:
    """Whether ``__mapper_args__`` may name the columns of the primary key."""
    found = lineage.attribute("__mapper_args__")
    if found is None:
        return False
    given = found[0]
    return not isinstance(given, DictValue) or given.open or "primary_key" in given.cells


def _defers(lineage: Lineage) -> bool:
    """Whether ``DeferredReflection`` is among the bases: the table is created now, the mapper later."""
    return any(isinstance(each, External) and each.dotted.endswith(".DeferredReflection") for each in lineage.classes)


def mapper_name(machine: Machine, cls: ClassValue, table: str) -> str:
    """How SQLAlchemy shows a mapper."""
    version = machine.workspace.version("sqlalchemy", cls.place.path)
    old = version is not None and version < (2,)
    return f"mapped class {cls.name}->{table}" if old else f"Mapper[{cls.name}({table})]"


def shown(cls: ClassValue) -> str:
    """``repr(cls)``."""
    return f"<class '{cls.module.name}.{cls.name}'>"


# ---------------------------------------------------- bases of which nothing is known


def map_unknown(machine: Machine, lineage: Lineage) -> None:
    """A class with a base that may be declarative: a table with a known name is registered, as uncertain.

    Raises:
        Raised: never as certain; exceptions of a ``declared_attr`` pass through.
    """
    names = Names(machine, lineage)
    cls = names.head
    columns = columns_of(machine, lineage)
    job = Job(machine, names, columns, doubtful=True)
    own = any(each.names.get(name) is not None for each in lineage.known for name in ("__tablename__", "__table__"))
    if not own or is_true(cls.names.get("__abstract__")) is not False:
        if columns.any and not own:
            machine.cut(cls.place, f"the table of {told(cls)}", CutKind.TABLE)
        job.done("unknown", None)
        return
    if _has_table(lineage):
        _given_table(job)
        return
    name = names.tablename()
    if name is None:
        job.done("unknown", None)
        return
    metadata = names.metadata()
    if not isinstance(metadata, MetaDataValue):
        metadata = _of_unknown_base(machine, lineage)
    _with_table(job, name, metadata)
    if cls.mapping is not None:
        machine.state.mark(cls.names, cls.mapping, "kind")
        cls.mapping.kind = "unknown"


def _of_unknown_base(machine: Machine, lineage: Lineage) -> Value:
    """The MetaData of a base from a package that cannot be read."""
    bases = [each for each, kind in lineage.with_kinds() if isinstance(each, External) and kind == "unknown"]
    if not bases:
        return Unknown("the MetaData of an unknown base")
    likely = [each for each in bases if each.dotted.endswith(("Base", "Model"))]
    dotted = (likely or bases[-1:])[0].dotted
    known = machine.packages.constant(machine, f"{dotted}.metadata")
    if isinstance(known, MetaDataValue):
        return known
    module, _, name = dotted.rpartition(".")
    return machine.shared_metadata(module, f"{name}.metadata")
