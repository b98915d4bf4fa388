"""All that SQLAlchemy refuses in one state of a program: a pure function of what stands."""

from __future__ import annotations

from cucurbit.rules.shared.orm.mappings import mapping_verdicts
from cucurbit.rules.shared.orm.nullability import nullability_verdicts
from cucurbit.rules.shared.orm.relationships import relationship_verdicts
from cucurbit.rules.shared.orm.scope import ModelScope
from cucurbit.rules.shared.orm.tables import table_verdicts
from cucurbit.rules.shared.orm.verdicts import Verdict
from cucurbit.simulate.shapes.snapshot import Shapes


def judge(shapes: Shapes) -> tuple[Verdict, ...]:
    """The verdicts about all tables and mapped classes that stand.

    Nothing follows from what is not known: an uncertain table, a class with unknown attributes.
    """
    if not shapes.tables and not shapes.mappers:
        return ()
    scope = ModelScope(shapes)
    return (
        *table_verdicts(scope),
        *mapping_verdicts(scope),
        *relationship_verdicts(scope),
        *nullability_verdicts(scope),
    )
