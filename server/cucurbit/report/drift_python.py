"""Drift as Python: the operations that autogenerate would write."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.fixes.revision_body import revision_body
from cucurbit.rules.shared.drift import Drift
from cucurbit.rules.shared.environments import managed_by


def drift_python(context: Context, drift: Drift) -> Iterator[str]:
    """The functions ``upgrade`` and ``downgrade`` with the certain differences of one environment."""
    env = managed_by(context, drift.environment)
    batch = env is not None and env.target.options.as_batch is True
    body = revision_body([each for each in drift.comparison.differences if each.certain], batch=batch)
    yield f"# {drift.environment.config}"
    yield from ("from alembic import op", "import sqlalchemy as sa", *body.imports)
    for name, lines in (("upgrade", body.upgrade), ("downgrade", body.downgrade)):
        yield from ("", "", f"def {name}() -> None:")
        yield from (f"    {line}" for line in lines or ("pass",))
    unsure = [each.message for each in drift.comparison.differences if not each.certain]
    for message in unsure:
        yield f"# not certain: {message}"
    for message in body.left_out:
        yield f"# left out, as a value is not known: {message}"
