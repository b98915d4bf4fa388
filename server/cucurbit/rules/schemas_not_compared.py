"""``schemas-not-compared``: tables in schemas, and an env.py that does not set ``include_schemas``."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.wording import listed
from cucurbit.rules.shared.environments import Managed, managed, sets_schemas_otherwise
from cucurbit.rules.shared.evidence import counted, table_names

NAME = "schemas-not-compared"


def _check(context: Context) -> Iterator[Finding]:
    for env in context.memo(managed):
        finding = _of(context, env)
        if finding is not None:
            yield finding


def _of(context: Context, env: Managed) -> Finding | None:
    if env.target.includes_schemas is not False or env.assumed or env.failure is not None:
        return None
    tables = [each for each in env.target.registered if env.holds(each.metadata) and "." in each.key]
    if not tables or sets_schemas_otherwise(context, env):
        return None
    schemas = sorted({each.key.rpartition(".")[0] for each in tables})
    noun = "schema" if len(schemas) == 1 else "schemas"
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=True,
        location=context.location(env.target.place),
        message=f"{env.target.env_path} does not set include_schemas: autogenerate reads no table of the {noun} "
        f"{listed(schemas)} from the database, and creates {counted(len(tables), 'table')} ({table_names(tables)}) "
        "again in each new revision. Pass `include_schemas=True` to context.configure().",
        related=tuple(Related(context.location(each.place), f"defines '{each.key}'") for each in tables[:3]),
    )


RULE = Rule(
    name=NAME,
    summary="Tables in schemas that autogenerate does not read, as env.py lacks include_schemas.",
    severity=Severity.WARNING,
    check=_check,
)
