"""Attributes of a class body for which SQLAlchemy refuses to map the class.

Facts from sqlalchemy/orm/decl_base.py (``_scan_attributes``, ``_produce_column_copies``, ``_collect_annotation``) and
sqlalchemy/orm/util.py (``_extract_mapped_subtype``).
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.shapes import Refusal
from cucurbit.simulate.core.values import ClassValue, Constant, External, ExternalObject, FunctionValue, Value
from cucurbit.simulate.packages.sqlalchemy.columns import Member, made_by_mapping
from cucurbit.simulate.packages.sqlalchemy.lineage import Lineage, mapped
from cucurbit.simulate.packages.sqlalchemy.shapes.annotations import Annotations, TypeHint, parsed_text
from cucurbit.simulate.packages.sqlalchemy.shapes.terms import is_column
from cucurbit.source import facts as f

_PROPERTIES = frozenset(
    {"relationship", "relation", "dynamic_loader", "column_property", "deferred", "synonym", "composite"}
)
"""Functions that make a ``MapperProperty``."""

_PLAIN_MODULES = ("builtins.", "datetime.", "decimal.", "uuid.", "enum.")
_PLAIN_TYPES = frozenset(
    {"Any", "Optional", "Union", "List", "Dict", "Set", "Tuple", "Sequence", "Literal", "Callable", "Iterable", "Type"}
)
"""Names of ``typing`` that are no container for a mapped type."""


@dataclass(frozen=True)
class Refusals:
    """Finds them in the attributes of one class."""

    machine: Machine
    lineage: Lineage

    def of(self, member: Member, hint: TypeHint | None) -> Refusal | None:
        """Why an attribute is certainly refused; ``hint`` is the type in ``Mapped[...]``."""
        if member.at is None or isinstance(member.raw, FunctionValue) or self._is_other_kind:
            return None
        if self._in_mixin(member):
            return Refusal("in-mixin", member.name, member.place, member.owner.name)
        if not self._is_modern:
            return None
        if member.annotation is None:
            return Refusal("no-target", member.name, member.place) if self._leads_nowhere(member.value) else None
        if not self._is_seen(member):
            return None
        if hint is not None:
            name = self._unresolved(member, hint)
            return Refusal("unresolved", member.name, member.place, name) if name else None
        return self._unmapped(member, member.annotation)

    @property
    def _is_other_kind(self) -> bool:
        """Whether it may be a dataclass or mapped later, or a library reads the annotations in its own way."""
        decorated = any(each.facts is not None and each.facts.decorators for each in self.lineage.known)
        dataclass_ = any(
            isinstance(each, External) and each.dotted.endswith(".MappedAsDataclass") for each in self.lineage.classes
        )
        late = self.lineage.has("concrete") or self.lineage.has("automap")
        return decorated or dataclass_ or late or self.lineage.unknown or self.lineage.has("fields")

    @property
    def _is_modern(self) -> bool:
        """Whether the class is certainly mapped by SQLAlchemy 2."""
        version = self.machine.workspace.version("sqlalchemy", self._head.place.path)
        return self.lineage.has("base") if version is None else version >= (2,)

    @property
    def _head(self) -> ClassValue:
        return self.lineage.known[0]

    def _is_property(self, value: Value | None) -> bool:
        return (
            isinstance(value, ExternalObject)
            and made_by_mapping(self.machine, value)
            and value.made_by.rpartition(".")[2] in _PROPERTIES
        )

    def _in_mixin(self, member: Member) -> bool:
        mapping = member.owner.mapping
        known = mapping is None or mapping.kind in ("mixin", "abstract", "base")
        return member.owner is not self._head and known and self._is_property(member.raw)

    def _leads_nowhere(self, value: Value | None) -> bool:
        if not isinstance(value, ExternalObject) or not value.made_by.endswith(".relationship"):
            return False
        return (
            self._is_property(value)
            and value.call.complete
            and value.call.argument(0, "argument")
            in (
                None,
                Constant(None),
            )
        )

    def _is_seen(self, member: Member) -> bool:
        """Whether the annotation certainly stands in the class body."""
        body = member.owner.facts.body if member.owner.facts is not None else ()
        return any(isinstance(step, f.Annotated) and step.at == member.at for step in body)

    # ---------------------------------------------------------------- without Mapped[...]

    def _unmapped(self, member: Member, annotation: f.Expr) -> Refusal | None:
        value = member.value
        column = value is not None and is_column(self.machine, value)
        if member.owner is self._head:
            made = isinstance(value, ExternalObject) and value.made_by.rpartition(".")[2] != "Column"
            counts = value in (None, Constant(None)) or self._is_property(value) or (column and made)
            counts = counts and self.lineage.attribute("__allow_unmapped__") is None
        else:
            counts = column
        reader = Annotations(self.machine, member.owner)
        if not counts:
            return None
        if _is_bare(reader, annotation):
            return Refusal("bare", member.name, member.place)
        return Refusal("unmapped", member.name, member.place) if self._is_plain(reader, annotation) else None

    def _is_plain(self, reader: Annotations, expr: f.Expr) -> bool:
        """Whether an annotation is certainly no container for a mapped type."""
        if isinstance(expr, f.Const):
            parsed = parsed_text(expr.value) if isinstance(expr.value, str) else None
            return parsed is not None and self._is_plain(reader, parsed)
        if isinstance(expr, f.Binary):
            return expr.op == "|" and self._is_plain(reader, expr.left)
        subscript = isinstance(expr, f.Subscript)
        value = reader.lookup(expr.value if isinstance(expr, f.Subscript) else expr)
        if isinstance(value, External):
            module, _, name = value.dotted.rpartition(".")
            typed = module in ("typing", "typing_extensions") and name in _PLAIN_TYPES
            return typed or value.dotted.startswith(_PLAIN_MODULES)
        if isinstance(value, ClassValue) and not subscript:
            bases = [each for each in self.machine.mro(value) if not isinstance(each, ClassValue)]
            plain = all(isinstance(each, External) and each.dotted.startswith(_PLAIN_MODULES) for each in bases)
            return plain or mapped(value)
        return isinstance(expr, f.Name) and reader.is_missing(expr.id)

    # ------------------------------------------------------------------ names that are missing

    def _unresolved(self, member: Member, hint: TypeHint) -> str:
        """A name in the annotation of a column that is certainly not defined; empty if there is none."""
        value = member.value
        made = isinstance(value, ExternalObject) and value.made_by.rpartition(".")[2] in (
            "mapped_column",
            "MappedColumn",
        )
        if "__table__" in self._head.names or not (value is None or (made and is_column(self.machine, value))):
            return ""
        # Python evaluates other annotations itself.
        late = member.owner.module.names.get("annotations") == External("__future__.annotations")
        in_text = late or isinstance(member.annotation, f.Const)
        found = (name for name in _missing(hint, in_text=in_text) if name not in self._head.names)
        return next((name for name in found if name != self._head.name), "")


def _is_bare(reader: Annotations, expr: f.Expr) -> bool:
    value = reader.lookup(expr) if isinstance(expr, (f.Name, f.Attr)) else None
    return isinstance(value, External) and value.dotted in ("sqlalchemy.orm.Mapped", "sqlalchemy.orm.base.Mapped")


def _missing(hint: TypeHint, *, in_text: bool) -> Iterator[str]:
    """The names of a type that are certainly not defined, where a string or a late annotation has them."""
    in_text = in_text or hint.text is not None
    if in_text and hint.forward and not hasattr(builtins, hint.forward):
        yield hint.forward
    for each in (*hint.args, *hint.union):
        yield from _missing(each, in_text=in_text)
