"""Advanced Alchemy: the command that runs its env.py loads the application first, or the module of ``--config``.

Facts from advanced_alchemy/cli.py, extensions/litestar/cli.py and alembic/templates/*/env.py: the database commands of
an application (``litestar database upgrade``) make an ``AlembicCommandConfig`` from its configuration, and env.py asks
that for the MetaData (``metadata_registry.get(config.bind_key)``). The ``Config`` of Alembic's own command lacks it.
All base classes of advanced_alchemy/base.py have the MetaData of ``orm_registry``; extensions/*/base.py and Litestar
export them again.
"""

from __future__ import annotations

import re

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import Value
from cucurbit.source.facts import Annotated, Const, ImportFrom, ModuleFacts, Name

_METADATA = re.compile(
    r"(?:advanced_alchemy(?:\.extensions\.\w+)?|litestar\.(?:contrib|plugins)\.sqlalchemy)\.base\."
    r"(?:orm_registry|\w*Base)\.metadata"
)


def _constant(machine: Machine, dotted: str) -> Value | None:
    if _METADATA.fullmatch(dotted):
        return machine.shared_metadata("advanced_alchemy.base", "orm_registry.metadata")
    return None


def _loads_application(facts: ModuleFacts) -> bool:
    """Whether it is made from Advanced Alchemy's templates: ``config: "AlembicCommandConfig" = context.config``."""
    imports = (step for step in facts.body if isinstance(step, ImportFrom))
    taken = (step.names for step in imports if step.module == "advanced_alchemy.base")
    if any(alias.name == "metadata_registry" for names in taken for alias in names):
        return True
    hints = [step.annotation for step in facts.body if isinstance(step, Annotated)]
    names = [each.id if isinstance(each, Name) else each.value for each in hints if isinstance(each, Name | Const)]
    return "AlembicCommandConfig" in names


PACKAGE = Package(name="Advanced Alchemy", constant=_constant, loads_application=_loads_application)
