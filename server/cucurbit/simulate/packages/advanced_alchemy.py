"""Advanced Alchemy: the command that runs its env.py loads the application first, or the module of ``--config``.

Facts from advanced_alchemy/cli.py, extensions/litestar/cli.py and alembic/templates/*/env.py: the database commands of
an application (``litestar database upgrade``) make an ``AlembicCommandConfig`` from its configuration, and env.py asks
that for the MetaData (``metadata_registry.get(config.bind_key)``). The ``Config`` of Alembic's own command lacks it.
"""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.source.facts import ImportFrom, ModuleFacts


def _loads_application(facts: ModuleFacts) -> bool:
    """Whether it is made from Advanced Alchemy's templates."""
    imports = (step for step in facts.body if isinstance(step, ImportFrom))
    taken = (step.names for step in imports if step.module == "advanced_alchemy.base")
    return any(alias.name == "metadata_registry" for names in taken for alias in names)


PACKAGE = Package(name="Advanced Alchemy", loads_application=_loads_application)
