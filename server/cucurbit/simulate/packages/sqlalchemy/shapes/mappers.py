"""What declarative mapping makes of the attributes of a class: columns of its table, and properties of its mapper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import (
    Answer,
    ClassTerm,
    ColumnProperty,
    ColumnShape,
    ColumnTerm,
    Inheritance,
    MapperShape,
    NameTerm,
    OtherProperty,
    Property,
    Refusal,
    RegistryId,
    RelationshipShape,
    Term,
    UnknownTerm,
    ValueTerm,
)
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
    RegistryValue,
    Unknown,
    Value,
)
from cucurbit.simulate.packages.sqlalchemy.columns import Member, declared, last_name
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, mapped
from cucurbit.simulate.packages.sqlalchemy.shapes.annotations import Annotations, TypeHint
from cucurbit.simulate.packages.sqlalchemy.shapes.columns import ColumnMaker
from cucurbit.simulate.packages.sqlalchemy.shapes.python_types import type_map
from cucurbit.simulate.packages.sqlalchemy.shapes.refusals import Refusals
from cucurbit.simulate.packages.sqlalchemy.shapes.tables import TableParts
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import class_term, is_column, term, truth
from cucurbit.source import facts as f

_MAPPED = frozenset({"Mapped", "MappedColumn", "DynamicMapped", "WriteOnlyMapped", "Relationship"})
_COLLECTIONS = frozenset(
    {
        *("list", "List", "set", "Set", "dict", "Dict", "Sequence", "MutableSequence", "Collection", "Iterable"),
        *("MutableSet", "AbstractSet", "MutableMapping", "Mapping", "FrozenSet", "frozenset", "Tuple", "tuple"),
        *("AppenderQuery", "InstrumentedList", "MappedCollection", "KeyFuncDict", "Query", "WriteOnlyCollection"),
    }
)
_DICTS = frozenset({"dict", "Dict", "MutableMapping", "Mapping", "MappedCollection", "KeyFuncDict"})
_RELATIONSHIPS = frozenset({"relationship", "relation", "dynamic_loader"})
_HYBRIDS = ("sqlalchemy.ext.hybrid.hybrid_property", "sqlalchemy.ext.hybrid.hybrid_method")


@dataclass
class Collected:
    """What was found in the attributes of a class and of its mixins."""

    columns: list[ColumnShape] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    """What may add a column or a property."""


def of_bases(lineage: Lineage) -> Collected:
    """What a class has before its attributes are read: a doubt, if one of its base classes is not known."""
    return Collected(open=["a base class that is not known"] if lineage.may_have_more_columns else [])


@dataclass(frozen=True)
class Collector:
    """Reads the attributes of one class that is being mapped."""

    machine: Machine
    lineage: Lineage
    maker: ColumnMaker

    @property
    def head(self) -> ClassValue:
        return self.lineage.known[0]

    def collect(self, members: Sequence[Member]) -> Collected:
        """All attributes, in the order in which SQLAlchemy finds them."""
        found = of_bases(self.lineage)
        refusals = Refusals(self.machine, self.lineage)
        for member in self._ordered(members):
            hint = self._hint(member)
            self._member(member, hint, found)
            refusal = refusals.of(member, hint[1] if hint is not None else None)
            if refusal is not None:
                found.refused.append(refusal)
        return found

    def _ordered(self, members: Sequence[Member]) -> list[Member]:
        """Of each class, what is called to make a column comes last; before SQLAlchemy 2, columns come as made."""
        if not self.maker.modern:
            return sorted(members, key=lambda each: _birth(each.value))
        groups: dict[ClassValue, list[Member]] = {}
        for each in members:
            groups.setdefault(each.owner, []).append(each)
        return [
            each
            for owner, group in groups.items()
            for each in sorted(group, key=lambda one: owner is not self.head and isinstance(one.raw, FunctionValue))
        ]

    def _member(self, member: Member, hint: tuple[str, TypeHint] | None, found: Collected) -> None:
        name, value = member.name, member.value
        owner = class_term(member.owner)
        if isinstance(member.raw, FunctionValue) and member.raw.role != "declared_attr":
            self._function(member.raw, member, found)
        elif value is None:
            self._annotated(member, hint, owner, found)
        elif is_column(self.machine, value):
            self._column(value, member, hint, owner, found)
        elif isinstance(value, ExternalObject):
            self._object(value, member, hint, owner, found)
        elif isinstance(column := term(self.machine, value), ColumnTerm) and column.table is not None:
            found.properties.append(ColumnProperty(name, column.name, member.place))
        elif isinstance(value, (Unknown, Choice)) or (isinstance(value, Bound) and value.receiver is not self.head):
            found.properties.append(OtherProperty(name, "unknown", (), (), member.place, certain=False))
            found.open.append(f"the attribute {name} of the class {self.head.name}, which is not known")
        else:
            found.plain.add(name)

    def _hint(self, member: Member) -> tuple[str, TypeHint] | None:
        """What ``Mapped[...]`` has inside, with the name of that; None if it is another annotation, or none."""
        expr, reader = member.annotation, Annotations(self.machine, member.owner)
        if isinstance(expr, f.Const) and isinstance(expr.value, str):
            hint = reader.hint(expr)
            if hint.name in _MAPPED and hint.args:
                return hint.name, hint.args[0]
            return None
        if not isinstance(expr, f.Subscript):
            return None
        name = reader.hint(expr.value).name or last_name(expr.value)
        return (name, reader.hint(expr.index)) if name in _MAPPED else None

    def _function(self, value: FunctionValue, member: Member, found: Collected) -> None:
        if any(mark.startswith(_HYBRIDS) or ".hybrid." in mark for mark in value.marks):
            found.properties.append(OtherProperty(member.name, "hybrid", (), (), value.place))
        else:
            found.plain.add(member.name)

    def _annotated(self, member: Member, hint: tuple[str, TypeHint] | None, owner: ClassTerm, found: Collected) -> None:
        """An annotation without a value."""
        if hint is None or not self.maker.modern:
            if self.maker.modern and not _harmless(member.annotation):
                found.open.append(f"the annotation of {member.name}, which is not known")
            return
        column = self.maker.shape(None, attribute=member.name, hint=hint[1], place=member.place, owner=owner)
        if column is not None:
            self._add(column, member, found, None)

    def _column(
        self, value: Value, member: Member, hint: tuple[str, TypeHint] | None, owner: ClassTerm, found: Collected
    ) -> None:
        inner = hint[1] if hint is not None else None
        column = self.maker.shape(value, attribute=member.name, hint=inner, place=member.place, owner=owner)
        if column is None:
            found.open.append(f"the name of the column {member.name}, which is not known")
        else:
            self._add(column, member, found, value)

    def _add(self, column: ColumnShape, member: Member, found: Collected, value: Value | None) -> None:
        found.columns.append(column)
        reuses = _reuses(value)
        made = ColumnProperty(member.name, column.key, member.place, made=column.place, reuses=reuses)
        found.properties.append(made)

    def _object(
        self,
        value: ExternalObject,
        member: Member,
        hint: tuple[str, TypeHint] | None,
        owner: ClassTerm,
        found: Collected,
    ) -> None:
        last, name = value.made_by.rpartition(".")[2], member.name
        call = value.call
        args = tuple(term(self.machine, each) for each in call.args)
        keywords = tuple((key, term(self.machine, each)) for key, each in call.kwargs.items())
        ours = self.machine.packages.makes_columns(value.made_by)
        if ours and last in _RELATIONSHIPS:
            found.properties.append(self._relationship(value, member, hint, owner))
        elif ours and last in ("deferred", "column_property") and call.args and is_column(self.machine, call.args[0]):
            inner = hint[1] if hint is not None else None
            column = self.maker.shape(call.args[0], attribute=name, hint=inner, place=member.place, owner=owner)
            if column is None:
                found.open.append(f"the name of the column {name}, which is not known")
            else:
                self._add(column, member, found, call.args[0])
        elif ours and last in ("column_property", "deferred", "query_expression"):
            found.properties.append(OtherProperty(name, "expression", args, keywords, call.place))
        elif ours and last == "synonym":
            found.properties.append(OtherProperty(name, "synonym", args, keywords, call.place))
        elif ours and last == "composite":
            self._composite(value, name, args, keywords, found)
        elif last in ("association_proxy", "AssociationProxy"):
            found.properties.append(OtherProperty(name, "proxy", args, keywords, call.place))
        elif ours and (last.startswith("hybrid") or last in ("validates", "reconstructor")):
            found.properties.append(OtherProperty(name, "hybrid", args, keywords, call.place))
        elif (
            (ours and "()" not in value.made_by and last[:1].isupper())
            or last == "property"
            or value.made_by.startswith(("builtins.", "logging.", "typing."))
        ):
            found.plain.add(name)
        else:
            found.properties.append(OtherProperty(name, "unknown", args, keywords, call.place, certain=False))
            found.open.append(f"the attribute {name} of the class {self.head.name}, which {value.made_by}() made")

    def _composite(
        self,
        value: ExternalObject,
        name: str,
        args: tuple[Term, ...],
        keywords: tuple[tuple[str, Term], ...],
        found: Collected,
    ) -> None:
        found.properties.append(OtherProperty(name, "composite", args, keywords, value.call.place))
        for each in value.call.args:
            column = self.maker.shape(each, place=value.call.place) if is_column(self.machine, each) else None
            if column is not None:
                found.columns.append(column)
                found.properties.append(
                    ColumnProperty(f"_{name}_{column.key}", column.key, column.place, certain=False)
                )
            elif not isinstance(each, (ClassValue, Constant, FunctionValue)):
                found.open.append(f"the columns of the composite {name}")

    def _relationship(
        self, value: ExternalObject, member: Member, hint: tuple[str, TypeHint] | None, owner: ClassTerm
    ) -> RelationshipShape:
        call = value.call
        target = call.argument(0, "argument")
        keywords = {key: each for key, each in call.kwargs.items() if key != "argument"}
        if len(call.args) > 1:
            keywords.setdefault("secondary", call.args[1])
        annotation, collection, optional, quoted = None, None, None, ""
        if hint is not None:
            made_by, inner = hint
            annotation, collection = target_of(self.machine, inner)
            optional = inner.optional
            if (
                inner.text is not None
                and inner.args
                and inner.name in _COLLECTIONS
                and target in (None, Constant(None))
            ):
                quoted = str(inner.text.value)
            if made_by in ("DynamicMapped", "WriteOnlyMapped"):
                collection = True
        return RelationshipShape(
            name=member.name,
            target=None if target is None else term(self.machine, target),
            annotation=annotation,
            collection=collection,
            arguments=tuple((key, term(self.machine, each)) for key, each in keywords.items()),
            place=call.place,
            owner=owner,
            complete=call.complete,
            made_by=value.made_by.rpartition(".")[2],
            optional=optional,
            quoted=quoted,
        )


def _reuses(value: Value | None) -> Answer:
    """Whether ``mapped_column`` takes the column that the table has already."""
    if not isinstance(value, ExternalObject):
        return False
    return truth(value.call.kwargs.get("use_existing_column"), complete=value.call.complete)


def _birth(value: Value | None) -> int:
    """When a column was made; those inside ``deferred(...)`` before it."""
    if isinstance(value, ExternalObject):
        inner = value.call.args[0] if value.call.args else None
        own = value.attributes.birth
        return min(own, _birth(inner)) if isinstance(inner, ExternalObject) else own
    return 0


def target_of(machine: Machine, hint: TypeHint) -> tuple[Term, bool | None]:
    """The class that the annotation of a relationship names, and whether it names a collection."""
    if hint.args and hint.name in _COLLECTIONS:
        inner = hint.args[1] if hint.name in _DICTS and len(hint.args) > 1 else hint.args[0]
        return _class_of(machine, inner), True
    known = hint.certain or hint.text is not None or bool(hint.forward)
    return _class_of(machine, hint), False if known and not hint.args else None


def _class_of(machine: Machine, hint: TypeHint) -> Term:
    if isinstance(hint.value, (ClassValue, External)):
        found = term(machine, hint.value)
        if isinstance(found, (ClassTerm, NameTerm)) and hint.text is None:
            return found
    text = hint.text
    if text is not None and all(part.isidentifier() for part in str(text.value).split(".")):
        return ValueTerm(text.value, text.literal)
    # ``Mapped["B | None"]``: a string that says more than a name.
    if isinstance(hint.value, ClassValue):
        return class_term(hint.value)
    if hint.forward and not hint.args:
        return ValueTerm(hint.forward)
    if text is not None:
        return ValueTerm(text.value, text.literal)
    return UnknownTerm(hint.value.reason if isinstance(hint.value, Unknown) else "an annotation")


def _harmless(expr: f.Expr | None) -> bool:
    """Whether an annotation that is not ``Mapped[...]`` certainly makes no column."""
    return not isinstance(expr, f.Subscript) or last_name(expr.value) in (
        *("ClassVar", "Optional", "Union", "List", "Dict", "list", "dict", "Final", "Set", "set", "Type", "type"),
        *("Literal", "Callable", "Tuple", "tuple", "Sequence", "Iterable", "Any", "InitVar", "AssociationProxy"),
    )


# ------------------------------------------------------------------------ the mapper


def mapper_shape(
    machine: Machine,
    lineage: Lineage,
    found: Collected,
    *,
    inherits: ClassValue | None,
    registry: RegistryId,
) -> MapperShape:
    """The mapper of the first class of ``lineage``."""
    cls = lineage.known[0]
    mapping = cls.mapping
    arguments, open_ = _mapper_args(machine, lineage)
    given = dict(arguments)
    kind: Inheritance | None = "none"
    if inherits is not None and mapping is not None:
        concrete = given.get("concrete")
        kind = "single" if mapping.kind == "single" else "joined"
        if concrete is not None:
            kind = "concrete" if concrete == ValueTerm(True) else None if not isinstance(concrete, ValueTerm) else kind
        if open_:
            kind = None
    return MapperShape(
        cls=class_term(cls),
        registry=registry,
        table=mapping.table if mapping is not None else None,
        inherits=class_term(inherits) if inherits is not None else None,
        inheritance=kind,
        properties=tuple(found.properties),
        plain=frozenset(found.plain),
        polymorphic_on=given.get("polymorphic_on"),
        polymorphic_identity=given.get("polymorphic_identity"),
        arguments=arguments,
        open=(*dict.fromkeys((*found.open, *open_)),),
        bases=tuple(class_term(each) for each in lineage.known[1:]),
        refused=tuple(found.refused),
        modern=is_modern(machine, lineage),
    )


def imperative_shape(machine: Machine, lineage: Lineage, call: CallSite, registry: RegistryValue | None) -> MapperShape:
    """``registry.map_imperatively(cls, table, properties={...})``."""
    cls = lineage.known[0]
    found = Collected()
    given = {name: value for name, value in call.kwargs.items() if name not in ("class_", "local_table", "properties")}
    properties = call.kwargs.get("properties")
    if isinstance(properties, DictValue):
        members = [Member(key, value, value, None, cls) for key, value in _items(properties)]
        found = Collector(machine, lineage, maker_of(machine, lineage)).collect(members)
        found.open += ["the properties of the mapper"] if properties.open else []
    elif properties is not None:
        found.open.append("the properties of the mapper")
    if not call.complete:
        found.open.append("the arguments of the mapper")
    found.plain.update(name for each in lineage.known for name in each.names)
    inherits = given.get("inherits")
    parent = inherits if isinstance(inherits, ClassValue) else None
    identity = RegistryId(registry.place, registry.metadata.id) if registry is not None else RegistryId(None, None)
    shape = mapper_shape(machine, lineage, found, inherits=parent, registry=identity)
    arguments = tuple((name, term(machine, value)) for name, value in given.items())
    terms = dict(arguments)
    return replace(
        shape,
        arguments=arguments,
        polymorphic_on=terms.get("polymorphic_on"),
        polymorphic_identity=terms.get("polymorphic_identity"),
        whole_table=True,
    )


def _items(values: DictValue) -> Iterator[tuple[str, Value]]:
    return ((key, values.cells[key]) for key in values.cells)


def _mapper_args(machine: Machine, lineage: Lineage) -> tuple[tuple[tuple[str, Term], ...], tuple[str, ...]]:
    """``__mapper_args__`` of the class or of a mixin, with the keywords of the class statement; what is not known."""
    for cls in lineage.known:
        raw = cls.names.get("__mapper_args__")
        if raw is None or (cls is not lineage.known[0] and mapped(cls)):
            continue
        value: Value = raw
        if isinstance(raw, FunctionValue):
            if raw.role != "declared_attr":
                break
            value = declared(machine, raw, lineage)
        if isinstance(value, DictValue):
            arguments = tuple((key, term(machine, value.cells[key])) for key in value.cells)
            return arguments, ("the arguments of the mapper",) if value.open else ()
        return (), ("the arguments of the mapper",)
    return (), ()


def registry_of(lineage: Lineage, registry: RegistryValue | None) -> RegistryId | None:
    """The registry in which a class is looked up by name; None if it is not known."""
    if registry is None:
        found = lineage.attribute("_sa_registry")
        registry = found[0] if found is not None and isinstance(found[0], RegistryValue) else None
    return None if registry is None else RegistryId(registry.place, registry.metadata.id)


def table_columns(found: Collected, parts: TableParts) -> None:
    """Put the collected columns into the table, in the order of ``sort_order``."""
    for column in sorted(found.columns, key=lambda each: each.sort_order):
        parts.add_column(column)
    for why in found.open:
        parts.doubt(why)


def maker_of(machine: Machine, lineage: Lineage) -> ColumnMaker:
    """Makes the columns of a class."""
    return ColumnMaker(machine, type_map(machine, lineage), is_modern(machine, lineage))


def is_modern(machine: Machine, lineage: Lineage) -> bool:
    """Whether a class is not mapped by SQLAlchemy 1.4."""
    version = machine.workspace.version("sqlalchemy", lineage.known[0].place.path)
    return version is None or version >= (2,)
