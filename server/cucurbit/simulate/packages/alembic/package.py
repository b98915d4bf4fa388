"""Alembic: combines the hooks in this folder."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.alembic import context, inspector, migrations, operations, signatures
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, Upgrade, arguments_of

_WITHOUT_ENVIRONMENT = ("init", "list_templates")


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    arguments = arguments_of(argv)
    if not arguments.positional or arguments.positional[0] in _WITHOUT_ENVIRONMENT:
        return None
    config = arguments.get("-c", "--config") or context.variables.get("ALEMBIC_CONFIG") or "alembic.ini"
    return Start(
        StartKind.ALEMBIC,
        context.command,
        token="alembic",
        cwd=context.cwd,
        path=config,
        section=arguments.get("-n", "--name") or "alembic",
        upgrades=_upgrade(arguments.positional, config),
    )


def _upgrade(words: list[str], config: str) -> Upgrade | None:
    return Upgrade(words[1], config) if words[0] == "upgrade" and len(words) > 1 else None


PACKAGE = Package(
    name="Alembic",
    leaves_arguments=("alembic.",),
    never_awaited=tuple(
        f"alembic.command.{name}" for name in ("upgrade", "downgrade", "stamp", "current", "check", "history", "heads")
    ),
    calls={**migrations.HANDLERS, **inspector.HANDLERS},
    on_call=operations.on_call,
    on_not_followed=operations.on_not_followed,
    constant=context.config,
    lacks=lambda machine, dotted: context.is_gone(machine, dotted) or signatures.is_no_operation(machine, dotted),
    attribute=migrations.attribute,
    exceptions={"CommandError": "Exception"},
    assumed=frozenset({"alembic"}),
    of_command=frozenset({"alembic", "sqlalchemy", "mako"}),
    command_lines={"alembic": _command_line},
    console_scripts={"alembic": migrations.console_script},
)
