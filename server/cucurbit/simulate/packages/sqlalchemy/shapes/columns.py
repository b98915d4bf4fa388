"""The columns that ``Column(...)``, ``mapped_column(...)`` and annotations make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import (
    NULL_TYPE,
    UNKNOWN_TYPE,
    Answer,
    CallTerm,
    CheckShape,
    ClassTerm,
    ColumnShape,
    ColumnTarget,
    ColumnTerm,
    ForeignKeyShape,
    Named,
    Term,
    TypeTerm,
    UnknownTerm,
)
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import Constant, ExternalObject, SequenceValue, Value, text_of
from cucurbit.simulate.packages.sqlalchemy.shapes.annotations import TypeHint
from cucurbit.simulate.packages.sqlalchemy.shapes.python_types import TypeMap
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import dotted_of, is_column, named, term, truth
from cucurbit.simulate.packages.sqlalchemy.shapes.types import is_type, type_term

_POSITIONAL_KEY = ("column", "_constraint", "use_alter", "name", "onupdate", "ondelete")
_POSITIONAL_CONSTRAINT = ("columns", "refcolumns", "name", "onupdate", "ondelete")


@dataclass(frozen=True)
class ColumnCall:
    """The arguments of one or more calls that make a column, the outer ones counting more.

    ``type_`` is None if none was given. ``items`` are the other positional arguments; ``open``: there may be more.
    """

    name: Value | None = None
    type_: Value | None = None
    items: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    open: bool = False
    doubtful_name: bool = False
    doubtful_type: bool = False

    def over(self, inner: ColumnCall) -> ColumnCall:
        """``Column._merge``: what is not given here is taken from ``inner``; names are not."""
        keywords = {key: value for key, value in inner.keywords.items() if key not in ("name", "key")}
        keywords.update(self.keywords)
        if isinstance(flag := inner.keywords.get("primary_key"), Constant) and flag.value:
            keywords["primary_key"] = flag
        return replace(
            self,
            type_=self.type_ or inner.type_,
            items=(*self.items, *inner.items),
            keywords=keywords,
            open=self.open or inner.open,
            doubtful_type=self.doubtful_type or (self.type_ is None and inner.doubtful_type),
        )


def column_call(machine: Machine, value: Value | None) -> ColumnCall:
    """The arguments of the call that returned a column."""
    if not isinstance(value, ExternalObject):
        return ColumnCall()
    call = value.call
    rest = list(call.args)
    name = call.kwargs.get("name") or call.kwargs.get("__name_pos")
    doubtful_name = False
    if rest and (text_of(rest[0]) is not None or rest[0] == Constant(None)):
        given = rest.pop(0)
        name = given if text_of(given) is not None else name
    elif rest and is_type(machine, rest[0]) is None:
        # It may be the name, or the type.
        doubtful_name = True
    type_ = call.kwargs.get("type_") or call.kwargs.get("__type_pos")
    doubtful_type = doubtful_name
    if rest and is_type(machine, rest[0]) is not False:
        doubtful_type = doubtful_type or is_type(machine, rest[0]) is None
        type_ = rest.pop(0)
    return ColumnCall(name, type_, tuple(rest), call.kwargs, not call.complete, doubtful_name, doubtful_type)


@dataclass(frozen=True)
class ColumnMaker:
    """Makes the shapes of columns; ``types`` are those that annotations stand for."""

    machine: Machine
    types: TypeMap
    modern: bool = True

    def shape(
        self,
        value: Value | None,
        *,
        attribute: str = "",
        hint: TypeHint | None = None,
        place: Place | None = None,
        owner: ClassTerm | None = None,
    ) -> ColumnShape | None:
        """The column that a value is; ``hint`` is its annotation. None if it has no name that is known."""
        call = column_call(self.machine, value)
        if hint is not None and self.modern:
            for extra in hint.extras:
                if is_column(self.machine, extra):
                    call = call.over(column_call(self.machine, extra))
                    break
        name = text_of(call.name) if call.name is not None else attribute
        if not name or (call.doubtful_name and not attribute):
            return None
        at = value.call.place if isinstance(value, ExternalObject) else place
        assert at is not None
        return self._shape(call, name, attribute, hint if self.modern else None, at, owner)

    def _shape(
        self, call: ColumnCall, name: str, attribute: str, hint: TypeHint | None, place: Place, owner: ClassTerm | None
    ) -> ColumnShape:
        given, complete = call.keywords, not call.open
        key = text_of(given.get("key")) or name
        parts = self._parts(call, name)
        primary_key = truth(given.get("primary_key"), complete=complete)
        shape = ColumnShape(
            name=name,
            key=key,
            attribute=attribute,
            type_=self._type(call, hint, bool(parts.keys)),
            nullable=self._nullable(call, hint, primary_key, parts),
            primary_key=primary_key,
            place=place,
            name_place=call.name.literal if isinstance(call.name, Constant) else None,
            unique=truth(given.get("unique"), complete=complete),
            index=truth(given.get("index"), complete=complete),
            default=self._term(given, "insert_default") or self._term(given, "default"),
            onupdate=self._term(given, "onupdate"),
            server_default=self._term(given, "server_default"),
            computed=parts.computed,
            identity=parts.identity,
            comment=self._term(given, "comment"),
            foreign_keys=tuple(parts.keys),
            checks=tuple(parts.checks),
            sort_order=_number(given.get("sort_order")),
            open=call.open or parts.open or call.doubtful_name,
            owner=owner,
            optional=None if hint is None or not (hint.optional or hint.certain) else hint.optional,
        )
        autoincrement = self._term(given, "autoincrement")
        if parts.sequence is not None and shape.default is None:
            shape = replace(shape, default=parts.sequence)
        return shape if autoincrement is None else replace(shape, autoincrement=autoincrement)

    def _term(self, given: Mapping[str, Value], name: str) -> Term | None:
        value = given.get(name)
        return None if value is None or value == Constant(None) else term(self.machine, value)

    def _nullable(self, call: ColumnCall, hint: TypeHint | None, primary_key: Answer, parts: _Parts) -> Answer:
        given = call.keywords.get("nullable")
        if given is not None:
            return truth(given)
        if call.open:
            return None
        if primary_key:
            return False
        if primary_key is None:
            return None
        if hint is not None:
            if hint.optional:
                return True
            return False if hint.certain else None
        return parts.identity is None

    def _type(self, call: ColumnCall, hint: TypeHint | None, has_key: bool) -> TypeTerm:
        if call.type_ is not None:
            found = type_term(self.machine, call.type_)
            return replace(found, known=False) if call.doubtful_type else found
        if call.open:
            return UNKNOWN_TYPE
        if has_key:
            return replace(NULL_TYPE, of_key=True)
        if hint is not None:
            return self.types.of(hint)
        return NULL_TYPE

    def _parts(self, call: ColumnCall, name: str) -> _Parts:
        parts = _Parts()
        local = Named(name)
        for item in call.items:
            kind = kind_of_item(item)
            if kind == "ForeignKey" and isinstance(item, ExternalObject):
                parts.keys.append(self.foreign_key(item, local))
            elif kind == "CheckConstraint" and isinstance(item, ExternalObject):
                parts.checks.append(check(self.machine, item))
            elif kind in ("Computed", "Identity", "Sequence") and isinstance(item, ExternalObject):
                made = term(self.machine, item)
                if isinstance(made, CallTerm):
                    if kind == "Computed":
                        parts.computed = made
                    elif kind == "Identity":
                        parts.identity = made
                    else:
                        parts.sequence = made
            elif not kind:
                parts.open = True
        return parts

    def foreign_key(self, value: ExternalObject, local: Named) -> ForeignKeyShape:
        """``ForeignKey("users.id", ondelete=...)`` of a column."""
        call = value.call
        given = {_POSITIONAL_KEY[i]: each for i, each in enumerate(call.args) if i < len(_POSITIONAL_KEY)}
        given.update(call.kwargs)
        target = given.pop("column", None)
        name = given.pop("name", None)
        return ForeignKeyShape(
            columns=(local,),
            targets=(self.target(target),),
            name=given_name(self.machine, name, call.complete),
            options=_options(self.machine, given),
            place=call.place,
            on_column=True,
        )

    def target(self, value: Value | None) -> ColumnTarget:
        """What a foreign key points to."""
        if value is None:
            return ColumnTarget()
        text = named(value)
        if text is not None:
            return ColumnTarget(text)
        found = term(self.machine, value)
        return ColumnTarget(column=found) if isinstance(found, ColumnTerm) else ColumnTarget()

    def foreign_key_constraint(self, value: ExternalObject) -> ForeignKeyShape:
        """``ForeignKeyConstraint([...], [...])``."""
        call = value.call
        given = {_POSITIONAL_CONSTRAINT[i]: each for i, each in enumerate(call.args) if i < len(_POSITIONAL_CONSTRAINT)}
        given.update(call.kwargs)
        local, remote = given.pop("columns", None), given.pop("refcolumns", None)
        columns, sure = column_names(self.machine, items_of(local))
        targets = items_of(remote)
        name = given.pop("name", None)
        return ForeignKeyShape(
            columns=columns,
            targets=tuple(self.target(each) for each in targets or ()),
            name=given_name(self.machine, name, call.complete),
            options=_options(self.machine, given),
            place=call.place,
            certain=sure and targets is not None and call.complete,
        )


@dataclass
class _Parts:
    keys: list[ForeignKeyShape] = field(default_factory=list)
    checks: list[CheckShape] = field(default_factory=list)
    computed: CallTerm | None = None
    identity: CallTerm | None = None
    sequence: Term | None = None
    open: bool = False


def kind_of_item(value: Value) -> str:
    """The last part of the name of what a call made; empty for what is not known."""
    dotted = value.made_by if isinstance(value, ExternalObject) else dotted_of(value)
    return dotted.rpartition(".")[2]


def check(machine: Machine, value: ExternalObject) -> CheckShape:
    """``CheckConstraint(condition, name=...)``."""
    call = value.call
    condition = call.argument(0, "sqltext")
    return CheckShape(
        UnknownTerm("a condition") if condition is None else term(machine, condition),
        given_name(machine, call.argument(1, "name"), call.complete),
        call.place,
    )


def given_name(machine: Machine, name: Value | None, complete: bool) -> Term | None:
    """The name of a constraint: None if the naming convention decides."""
    if name is None or name == Constant(None):
        return None if complete else UnknownTerm("a name")
    return term(machine, name)


def _options(machine: Machine, given: Mapping[str, Value]) -> tuple[tuple[str, Term], ...]:
    return tuple((key, term(machine, value)) for key, value in given.items())


def items_of(value: Value | None) -> tuple[Value, ...] | None:
    """The items of a list or tuple; None if they are not all known."""
    return value.items if isinstance(value, SequenceValue) and not value.open else None


def column_names(machine: Machine, values: tuple[Value, ...] | None) -> tuple[tuple[Named, ...], bool]:
    """Columns that are given by name, or as objects that have a name; and whether these are all of them."""
    found: list[Named] = []
    sure = values is not None
    for value in values or ():
        text = named(value)
        if text is None:
            made = term(machine, value)
            text = Named(made.name) if isinstance(made, ColumnTerm) and made.name else None
        if text is None:
            sure = False
        else:
            found.append(text)
    return tuple(found), sure


def _number(value: Value | None) -> int:
    return value.value if isinstance(value, Constant) and isinstance(value.value, int) else 0
