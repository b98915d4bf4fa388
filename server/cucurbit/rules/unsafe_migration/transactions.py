"""Whether the operations of a revision run in one transaction.

Facts from alembic/runtime/migration.py (``begin_transaction``, ``autocommit_block``).
"""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.rules.shared.environments import managed_by
from cucurbit.rules.shared.history import History
from cucurbit.workspace.alembic.script import RevisionScript

_ENDS = ("autocommit", "AUTOCOMMIT", "COMMIT", "commit(", "isolation_level")
"""What a revision names that leaves the transaction."""
_WITHOUT = ("AUTOCOMMIT", "autocommit", "transactional_ddl")
"""What env.py, or a file that it imports, names if there is no transaction."""


def leaves_transaction(context: Context, script: RevisionScript) -> bool:
    """Whether a revision may leave the transaction that it runs in."""
    return context.workspace.mentions(script.path, *_ENDS)


def has_no_transaction(context: Context, history: History) -> bool:
    """Whether env.py may run revisions without a transaction."""
    return any(context.workspace.mentions(each, *_WITHOUT) for each in files_of_env(context, history))


def files_of_env(context: Context, history: History) -> frozenset[str]:
    """env.py, and the files that it imports."""
    environment = history.graph.environment
    env = managed_by(context, environment)
    if env is None:
        return frozenset({environment.env_path})
    return env.timeline.visited.difference(context.workspace.revision_files(env.environment))
