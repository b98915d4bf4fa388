"""Looks up models by the strings that name them, certain or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cucurbit.simulate.core.shapes import (
    ClassTerm,
    MapperShape,
    Property,
    RegistryId,
    TableShape,
    Term,
    ValueTerm,
)
from cucurbit.simulate.shapes.snapshot import Shapes


@dataclass(frozen=True)
class ModelSet:
    """The models that stand at a moment. A name that means several classes finds none."""

    shapes: Shapes

    @cached_property
    def _classes(self) -> dict[ClassTerm, MapperShape]:
        return {each.shape.cls: each.shape for each in self.shapes.mappers}

    @cached_property
    def _by_name(self) -> dict[tuple[RegistryId, str], list[MapperShape]]:
        found: dict[tuple[RegistryId, str], list[MapperShape]] = {}
        for each in self._classes.values():
            found.setdefault((each.registry, each.name), []).append(each)
        return found

    def named(self, mapper: MapperShape, path: str) -> MapperShape | None:
        """The class that ``path`` (``User``, ``app.models.User``) names in the registry of a class."""
        prefix, _, name = path.rpartition(".")
        found = self._by_name.get((mapper.registry, name), [])
        if prefix:
            found = [each for each in found if f".{each.cls.module}".endswith(f".{prefix}")]
        return found[0] if len(found) == 1 else None

    def target(self, mapper: MapperShape, term: Term | None) -> MapperShape | None:
        """The class that the target of a relationship of ``mapper`` names."""
        if isinstance(term, ClassTerm):
            return self._classes.get(term)
        return self.named(mapper, term.text) if isinstance(term, ValueTerm) and term.text is not None else None

    def table_named(self, mapper: MapperShape, key: str) -> TableShape | None:
        """The table of this key in the MetaData of a class."""
        if mapper.table is None:
            return None
        found = self.shapes.table(mapper.table.metadata, key)
        return found.shape if found is not None else None

    def property(self, mapper: MapperShape, name: str) -> Property | None:
        """The attribute of this name, of the class or of a parent."""
        return self.shapes.property(mapper, name)
