"""The columns and relationships that the fields of a SQLModel table model make.

Facts from sqlmodel/main.py (``get_column_from_field``, ``get_sqlalchemy_type``, ``SQLModelMetaclass.__init__``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import (
    UNKNOWN_TYPE,
    Answer,
    ColumnProperty,
    ColumnShape,
    RelationshipShape,
    Term,
    TypeTerm,
    UnknownTerm,
)
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import CallSite, ClassValue, Constant, DictValue, External, ExternalObject, Value
from cucurbit.simulate.packages.sqlalchemy.columns import annotated_names, last_name
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage
from cucurbit.simulate.packages.sqlalchemy.shapes.annotations import Annotations, TypeHint
from cucurbit.simulate.packages.sqlalchemy.shapes.columns import ColumnMaker, items_of
from cucurbit.simulate.packages.sqlalchemy.shapes.mappers import Collected, of_bases, target_of
from cucurbit.simulate.packages.sqlalchemy.shapes.python_types import TypeMap
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import class_term, is_column, term
from cucurbit.simulate.packages.sqlalchemy.shapes.types import type_term
from cucurbit.source import facts as f

_TEXT = TypeTerm("AutoString", impl=TypeTerm("String"))
_TYPES: Mapping[str, TypeTerm] = {
    "builtins.float": TypeTerm("Float"),
    "builtins.bool": TypeTerm("Boolean"),
    "builtins.int": TypeTerm("Integer"),
    "builtins.bytes": TypeTerm("LargeBinary"),
    "datetime.date": TypeTerm("Date"),
    "datetime.timedelta": TypeTerm("Interval"),
    "datetime.time": TypeTerm("Time"),
    "uuid.UUID": TypeTerm("Uuid"),
    # Later versions have a type of their own for it.
    "datetime.datetime": TypeTerm("DateTime", known=False),
    **{f"ipaddress.IPv{version}{what}": _TEXT for version in (4, 6) for what in ("Address", "Network")},
    "pathlib.Path": _TEXT,
    "pydantic.EmailStr": _TEXT,
}
_COLUMN_KEYWORDS = ("primary_key", "index", "unique")


@dataclass(frozen=True)
class _Field:
    """A field as the last class that annotates it has it."""

    name: str
    annotation: f.Expr
    owner: ClassValue
    place: Place

    @property
    def value(self) -> Value | None:
        return self.owner.names.get(self.name)


def fields_of(machine: Machine, lineage: Lineage) -> Collected:
    """The columns and relationships of a table model, those of its bases first."""
    found = of_bases(lineage)
    fields: dict[str, _Field] = {}
    for cls in reversed(lineage.known):
        annotated = dict(annotated_names(cls))
        for name, step in annotated.items():
            if not (name.startswith("_") or name == "model_config" or _is_class_variable(step.annotation)):
                fields[name] = _Field(name, step.annotation, cls, Place(cls.place.path, step.at))
        found.plain.update(name for name in cls.names if name not in fields)
        found.open += [
            f"the attribute {name}, which has no annotation"
            for name in cls.names
            if name not in annotated and is_column(machine, cls.names[name])
        ]
    for each in fields.values():
        _add(machine, each, found)
    return found


def _is_class_variable(expr: f.Expr) -> bool:
    inner = expr.value if isinstance(expr, f.Subscript) else expr
    return last_name(inner) == "ClassVar" or (
        isinstance(expr, f.Const) and isinstance(expr.value, str) and "ClassVar" in expr.value
    )


def _add(machine: Machine, field: _Field, found: Collected) -> None:
    value = field.value
    hint = Annotations(machine, field.owner).hint(field.annotation)
    if isinstance(value, ExternalObject) and value.made_by.endswith("Relationship"):
        found.properties.append(_relationship(machine, field, value, hint))
        return
    if isinstance(value, ExternalObject) and value.made_by.startswith("sqlmodel."):
        column = _column(machine, field, value.call, hint, has_default=False)
    else:
        has_default = value is not None and value != Constant(None)
        column = _column(machine, field, None, hint, has_default=has_default)
        if isinstance(value, ExternalObject):
            column = replace(column, open=True, primary_key=None, nullable=None, unique=None, index=None)
    found.columns.append(column)
    found.properties.append(ColumnProperty(field.name, column.key, field.place))


def _column(
    machine: Machine, field: _Field, call: CallSite | None, hint: TypeHint, *, has_default: bool
) -> ColumnShape:
    given = dict(call.kwargs) if call is not None else {}
    maker = ColumnMaker(machine, TypeMap(machine))
    own = given.get("sa_column")
    if own is not None and is_column(machine, own):
        made = maker.shape(own, attribute=field.name, place=field.place, owner=class_term(field.owner))
        if made is not None:
            return made
    keywords = {name: given[name] for name in _COLUMN_KEYWORDS if name in given}
    items: list[Value] = []
    key = given.get("foreign_key")
    if call is not None and key is not None and key != Constant(None):
        options = {"ondelete": given["ondelete"]} if "ondelete" in given else {}
        site = replace(call, args=(key,), kwargs=options)
        items.append(ExternalObject("sqlmodel.ForeignKey", site, machine.state.cells()))
    more, extra = given.get("sa_column_kwargs"), given.get("sa_column_args")
    complete = call is None or call.complete
    if isinstance(more, DictValue) and not more.open:
        keywords.update({key: more.cells[key] for key in more.cells})
    elif more is not None:
        complete = False
    if extra is not None:
        items += items_of(extra) or ()
        complete = complete and items_of(extra) is not None
    if has_default or _has_default(call):
        keywords.setdefault("default", Constant(True))
    site = CallSite(call.place if call is not None else field.place, "", None, tuple(items), keywords, complete)
    made = maker.shape(
        ExternalObject("sqlmodel.Column", site, machine.state.cells()),
        attribute=field.name,
        owner=class_term(field.owner),
    )
    assert made is not None, "a column with an attribute has a name"
    return replace(
        made,
        type_=type_term(machine, given["sa_type"]) if "sa_type" in given else _type_of(machine, hint, call),
        nullable=_nullable(given, keywords, hint, made.primary_key) if complete else None,
        open=not complete or (own is not None and own != Constant(None)),
    )


def _has_default(call: CallSite | None) -> bool:
    if call is None:
        return False
    default = call.argument(0, "default")
    undefined = default is None or default in (Constant(None), External("builtins.Ellipsis"))
    return not undefined or "default_factory" in call.kwargs


def _nullable(given: Mapping[str, Value], keywords: Mapping[str, Value], hint: TypeHint, primary_key: Answer) -> Answer:
    explicit = given.get("nullable") or keywords.get("nullable")
    if explicit is not None:
        return bool(explicit.value) if isinstance(explicit, Constant) else None
    if primary_key is None:
        return None
    return not primary_key and hint.optional if hint.certain else None


def _type_of(machine: Machine, hint: TypeHint, call: CallSite | None) -> TypeTerm:
    length = call.kwargs.get("max_length") if call is not None else None
    if not hint.certain or hint.args or hint.union or hint.extras:
        return UNKNOWN_TYPE
    if isinstance(hint.value, ClassValue):
        types = TypeMap(machine)
        return types.of(hint) if types.is_enum(hint.value) else UNKNOWN_TYPE
    dotted = hint.value.dotted if isinstance(hint.value, External) else ""
    if dotted == "decimal.Decimal":
        return _numeric(machine, call)
    if dotted in ("builtins.str", "pydantic.EmailStr"):
        if length is None or length == Constant(None):
            return _TEXT
        return replace(_TEXT, impl=TypeTerm("String", arguments=(("length", term(machine, length)),)))
    return _TYPES.get(dotted, UNKNOWN_TYPE)


def _numeric(machine: Machine, call: CallSite | None) -> TypeTerm:
    names = (("precision", "max_digits"), ("scale", "decimal_places"))
    given = call.kwargs if call is not None else {}
    return TypeTerm(
        "Numeric", arguments=tuple((name, term(machine, given[field])) for name, field in names if field in given)
    )


def _relationship(machine: Machine, field: _Field, value: ExternalObject, hint: TypeHint) -> RelationshipShape:
    call = value.call
    inner = hint.args[0] if hint.name == "Mapped" and hint.args else hint
    annotation, collection = target_of(machine, inner)
    arguments = dict(_arguments(machine, call))
    own = call.kwargs.get("sa_relationship")
    return RelationshipShape(
        name=field.name,
        target=None,
        annotation=annotation,
        collection=collection,
        arguments=tuple(arguments.items()),
        place=call.place,
        owner=class_term(field.owner),
        complete=call.complete and own is None and "sa_relationship_args" not in call.kwargs,
        made_by="Relationship",
        optional=inner.optional,
    )


def _arguments(machine: Machine, call: CallSite) -> Iterator[tuple[str, Term]]:
    for name, value in call.kwargs.items():
        if name == "sa_relationship_kwargs":
            if isinstance(value, DictValue):
                yield from ((key, term(machine, value.cells[key])) for key in value.cells)
            else:
                yield name, UnknownTerm("the arguments of a relationship")
        elif name == "link_model":
            yield "secondary", term(machine, value)
        elif name == "cascade_delete":
            if value == Constant(True):
                yield "cascade", term(machine, Constant("all, delete-orphan"))
        elif not name.startswith("sa_relationship"):
            yield name, term(machine, value)
