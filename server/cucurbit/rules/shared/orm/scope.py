"""Looks up what stands in a program: classes by the strings that name them, properties, the tables of a mapper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from cucurbit.simulate.core.shapes import (
    CallTerm,
    ClassTerm,
    ColumnProperty,
    ColumnShape,
    MapperShape,
    OtherProperty,
    Property,
    RegistryId,
    RelationshipShape,
    TableShape,
    Term,
    ValueTerm,
)
from cucurbit.simulate.core.timeline import MetaDataId
from cucurbit.simulate.shapes.snapshot import CHOOSE_COLUMNS, Shapes, StandingMapper


@dataclass(frozen=True)
class NotKnown:
    """It is not known."""


@dataclass(frozen=True)
class NoSuch:
    """There is certainly no such thing. ``plain``: there is an attribute of that name that is not mapped."""

    plain: bool = False


@dataclass(frozen=True)
class Several:
    """A name that stands for several classes."""

    found: tuple[StandingMapper, ...]


UNKNOWN = NotKnown()
Found = StandingMapper | Several | NoSuch | NotKnown


@dataclass(frozen=True)
class TableColumn:
    """A mapped column that no attribute was written for: the class is mapped to a ``Table(...)``."""

    table: TableShape
    column: ColumnShape


@dataclass(frozen=True)
class ModelScope:
    """The tables and mappers of one moment, with look-ups that are computed once."""

    shapes: Shapes

    @cached_property
    def _by_class(self) -> dict[ClassTerm, StandingMapper]:
        return {each.shape.cls: each for each in self.shapes.mappers}

    @cached_property
    def _by_name(self) -> dict[tuple[RegistryId, str], list[StandingMapper]]:
        found: dict[tuple[RegistryId, str], list[StandingMapper]] = {}
        for each in self._by_class.values():
            found.setdefault((each.shape.registry, each.shape.name), []).append(each)
        return found

    @cached_property
    def standing(self) -> tuple[StandingMapper, ...]:
        """The mapped classes, each once."""
        return tuple(self._by_class.values())

    # ---------------------------------------------------------------------- names

    def class_named(self, registry: RegistryId, path: str) -> Found:
        """The class that a string names: ``User``, or ``app.models.User``."""
        prefix, _, name = path.rpartition(".")
        found = self._by_name.get((registry, name), [])
        if prefix:
            found = [each for each in found if f".{each.shape.cls.module}".endswith(f".{prefix}")]
        if not found:
            return UNKNOWN if self.shapes.open else NoSuch()
        if len(found) > 1:
            return Several(tuple(found)) if all(each.certain for each in found) else UNKNOWN
        return found[0] if found[0].certain else UNKNOWN

    def class_of(self, term: ClassTerm) -> Found:
        found = self._by_class.get(term)
        return found if found is not None and found.certain else UNKNOWN

    def target(self, mapper: MapperShape, relationship: RelationshipShape) -> Found:
        """The class that a relationship leads to."""
        term = target_term(relationship)
        if isinstance(term, ClassTerm):
            return self.class_of(term)
        name = target_name(relationship)
        return UNKNOWN if name is None else self.class_named(mapper.registry, name)

    def class_names(self, registry: RegistryId) -> Iterator[str]:
        """The names of the classes of a registry."""
        return (name for each, name in self._by_name if each == registry)

    # -------------------------------------------------------------------- lineage

    def lineage(self, mapper: MapperShape) -> tuple[MapperShape, ...] | None:
        """The mapper and those that it inherits from; None if one is not known."""
        return self._lineages[mapper.cls] if mapper.cls in self._lineages else self._lineage(mapper)

    @cached_property
    def _lineages(self) -> Mapping[ClassTerm, tuple[MapperShape, ...] | None]:
        return MappingProxyType({each.shape.cls: self._lineage(each.shape) for each in self.standing})

    @cached_property
    def _heirs(self) -> Mapping[ClassTerm, tuple[MapperShape, ...]]:
        found: dict[ClassTerm, tuple[MapperShape, ...]] = {}
        for each in self.standing:
            for parent in (self.lineage(each.shape) or ())[1:] if each.certain else ():
                found[parent.cls] = (*found.get(parent.cls, ()), each.shape)
        return MappingProxyType(found)

    def heirs(self, mapper: MapperShape) -> tuple[MapperShape, ...]:
        """The mappers that certainly inherit from this one."""
        return self._heirs.get(mapper.cls, ())

    def _lineage(self, mapper: MapperShape) -> tuple[MapperShape, ...] | None:
        found = [mapper]
        for each in self.shapes.parents(mapper):
            if each is None:
                return None
            found.append(each)
        return tuple(found)

    def base(self, mapper: MapperShape) -> ClassTerm | None:
        """The class at the root of the inheritance; None if it is not known."""
        lineage = self.lineage(mapper)
        return lineage[-1].cls if lineage is not None else None

    def table(self, mapper: MapperShape) -> TableShape | None:
        """The table that a class is mapped to, None if it is not known for certain what that holds."""
        found = self.shapes.table_of(mapper)
        return found.shape if found is not None and found.certain and not found.shape.open else None

    def tables(self, mapper: MapperShape) -> tuple[TableShape, ...] | None:
        """The tables that a class is mapped to: its own, and those that joined inheritance adds."""
        lineage = self.lineage(mapper)
        if lineage is None:
            return None
        found: list[TableShape] = []
        for each in lineage:
            table = self.table(each)
            if table is None or each.inheritance is None:
                return None
            if table not in found:
                found.append(table)
            if each.inheritance == "concrete":
                break
        return tuple(found)

    # ----------------------------------------------------------------- properties

    def property(self, mapper: MapperShape, name: str) -> Property | TableColumn | NoSuch | NotKnown:
        """What a mapped class has under a name."""
        lineage = self.lineage(mapper)
        if lineage is None:
            return UNKNOWN
        for each in lineage:
            found = each.own(name)
            if found is not None:
                return found if found.certain else UNKNOWN
        tables = self.tables(mapper)
        if tables is None or any(each.open for each in lineage) or self._from_backref(name):
            return UNKNOWN
        if any(argument in CHOOSE_COLUMNS for each in lineage for argument, _ in each.arguments):
            # Columns that no attribute was written for have other names, or are not mapped.
            alone = mapper.whole_table and len(lineage) == 1
            return NoSuch(name in mapper.plain) if alone else UNKNOWN
        for table in tables:
            column = table.column(name)
            if column is not None and not any(
                isinstance(one, ColumnProperty) and one.column == name for each in lineage for one in each.properties
            ):
                return TableColumn(table, column)
        return NoSuch(any(name in each.plain for each in lineage))

    def _from_backref(self, name: str) -> bool:
        """Whether a backref of some relationship may have made the property."""
        return any(backref in (None, name) for backref in self._backrefs)

    @cached_property
    def _backrefs(self) -> frozenset[str | None]:
        """The names of all backrefs; None among them if one is not known."""
        return frozenset(
            backref_name(one)
            for each in self.standing
            for one in each.shape.relationships()
            if one.argument("backref") is not None or not one.complete
        )

    def columns(self, mapper: MapperShape) -> Iterator[str]:
        """The attributes of a class that are columns."""
        for each in self.lineage(mapper) or ():
            for one in each.properties:
                if isinstance(one, (ColumnProperty, OtherProperty)):
                    yield one.name

    def relationships(self, mapper: MapperShape) -> Iterator[RelationshipShape]:
        for each in self.lineage(mapper) or ():
            yield from each.relationships()


def metadata_of(mapper: MapperShape) -> MetaDataId | None:
    """The MetaData of the table of a class, in which strings of the class name tables; None if it is not known."""
    return mapper.table.metadata if mapper.table is not None else None


def target_term(relationship: RelationshipShape) -> Term | None:
    """What names the class that a relationship leads to: its argument, else its annotation."""
    given = relationship.target
    return relationship.annotation if given is None or given == ValueTerm(None) else given


def target_name(relationship: RelationshipShape) -> str | None:
    """The string by which a relationship names its class; None if it is no string, or more than a path."""
    term = target_term(relationship)
    text = term.text if isinstance(term, ValueTerm) else None
    return text if text is not None and all(part.isidentifier() for part in text.split(".")) else None


def backref_name(relationship: RelationshipShape) -> str | None:
    """The name of the property that a relationship makes on its target; None if it is not known."""
    given = relationship.argument("backref")
    if isinstance(given, CallTerm) and given.args:
        given = given.args[0]
    return given.text if isinstance(given, ValueTerm) else None
