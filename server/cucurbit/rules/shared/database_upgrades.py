"""Which start commands and which code upgrade an environment's database, and to which revision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Related
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.workspace.model import EntryKind, MigrationEnvironment


@dataclass(frozen=True)
class DatabaseUpgrade:
    """``shown`` names it in a message, ``evidence`` is where it is written. ``certain``: it is always done."""

    revision: str
    shown: str
    certain: bool
    evidence: tuple[Related, ...]


def upgrades(context: Context, environment: MigrationEnvironment) -> Iterator[DatabaseUpgrade]:
    """The upgrades of an environment by start commands, then those by the code of entry points."""
    for command in context.workspace.upgrade_commands:
        if _is_meant(environment, command.configs, command.section):
            where = command.location
            shown = f"`{command.command}` ({where.path}:{where.span.line})"
            here = Related(where, f"runs `{command.command}`")
            yield DatabaseUpgrade(command.revision, shown, True, (here,))
    for timeline in context.timelines:
        if timeline.entry.kind is EntryKind.ALEMBIC:
            continue
        for event in timeline.events:
            if event.runs_revisions and event.revision and event.environment == environment.config:
                location = context.location(event.place)
                shown = f"{entry_name(timeline.entry)} ({location.path}:{location.span.line})"
                here = Related(location, f"upgrades to '{event.revision}'")
                yield DatabaseUpgrade(event.revision, shown, event.certain, (*context.chain(event.link), here))


def _is_meant(environment: MigrationEnvironment, configs: tuple[str, ...], section: str) -> bool:
    if environment.section != section:
        return False
    return environment.config in configs or (
        not environment.is_configured
        and any(each.rpartition("/")[0] == environment.script_location for each in configs)
    )
