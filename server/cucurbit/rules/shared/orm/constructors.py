"""Which mapped classes have the constructor that SQLAlchemy gives them, which takes attributes as keywords.

Facts from sqlalchemy/orm/decl_base.py (``_declarative_constructor``).
"""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import find_class
from cucurbit.rules.shared.orm.keyword_uses import has_own_constructor
from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.simulate.core.shapes import ClassTerm, MapperShape
from cucurbit.source.facts import Attr, Name
from cucurbit.source.scan import bound_names

_MAKES = frozenset({"__init__", "__new__"})
_OWN_CONSTRUCTORS = ("sqlmodel",)
"""Packages whose base classes take any keyword."""


def has_usual_constructor(context: Context, scope: ModelScope, mapper: MapperShape) -> bool:
    """Whether nothing may give a class another constructor."""
    place = mapper.registry.place
    lineage = scope.lineage(mapper)
    if lineage is None or any(each.open for each in lineage):
        return False
    classes = dict.fromkeys(cls for each in lineage for cls in (each.cls, *each.bases) if cls.place != place)
    if any(_may_make_its_own(context, cls) for cls in classes) or (
        place is not None and context.about(place.path, has_own_constructor)
    ):
        return False
    library = mapper.registry.metadata.module if mapper.registry.metadata is not None else ""
    return not library.startswith(_OWN_CONSTRUCTORS)


def is_dataclass(context: Context, mapper: MapperShape) -> bool:
    """Whether a class is made a dataclass by a base class: its constructor is that of the dataclass."""
    return any(_has_base(context, cls, "MappedAsDataclass") for cls in (mapper.cls, *mapper.bases))


def _has_base(context: Context, cls: ClassTerm, name: str) -> bool:
    facts = context.facts(cls.place.path)
    found = find_class(facts, cls.place.at) if facts is not None else None
    bases = found.bases if found is not None else ()
    return any(
        name == (each.id if isinstance(each, Name) else each.name if isinstance(each, Attr) else "") for each in bases
    )


def _may_make_its_own(context: Context, cls: ClassTerm) -> bool:
    """Whether a class has a constructor of its own, or is decorated, which may give it one."""
    facts = context.facts(cls.place.path)
    found = find_class(facts, cls.place.at) if facts is not None else None
    return found is None or bool(found.decorators) or not _MAKES.isdisjoint(bound_names(found.body))
