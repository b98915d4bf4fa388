"""``alembic-config-missing``: migrations are started where Alembic does not find its configuration, or its folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import call_at, strings_in
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.simulate.core.timeline import Event, EventKind, Place, Timeline
from cucurbit.workspace.model import MigrationEnvironment, UpgradeCommand

NAME = "alembic-config-missing"

FAILURE = "No 'script_location' key found"
"""How the message of the failure begins."""


def _check(context: Context) -> Iterator[Finding]:
    yield from _of_programs(context)
    for command in context.workspace.upgrade_commands:
        finding = _of_command(context, command) if command.folders else None
        if finding is not None:
            yield finding


# ---------------------------------------------------------------------- programs


def _of_programs(context: Context) -> Iterator[Finding]:
    seen: set[Place] = set()
    for timeline in context.timelines:
        for event in timeline.of(EventKind.MIGRATIONS_FAILED):
            failure = event.failure
            if failure is None or event.environment or not failure.message.startswith(FAILURE):
                continue
            if event.place not in seen and not is_test(event.place.path):
                seen.add(event.place)
                yield _finding(context, timeline, event)


def _finding(context: Context, timeline: Timeline, event: Event) -> Finding:
    configs = sorted(context.workspace.environments, key=lambda each: each.config)
    known = next((each.config for each in configs if each.config.endswith(".ini")), None)
    call = call_at(context, event.place)
    given = (
        next((text for text in strings_in(call) if text.endswith((".ini", ".toml"))), "") if call is not None else ""
    )
    which = f"`{given}`, which does not exist" if given else "which does not exist"
    start = f"from {timeline.entry.directory}" if timeline.entry.directory else "from the root of the workspace"
    there = f" The configuration of this workspace is {known}." if known is not None else ""
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=event.certain,
        location=context.location(event.place),
        message=f"The migrations that {entry_name(timeline.entry)} runs fail with CommandError: {FAILURE} in "
        f"configuration. Their Config names a file, {which} where the program is run {start}.{there}",
        related=context.chain(event.link),
    )


# ---------------------------------------------------------------------- commands


def _of_command(context: Context, command: UpgradeCommand) -> Finding | None:
    """An ``alembic`` command in a start file, which looks in the folder where it runs."""
    paths = [posixpath.normpath(posixpath.join(folder, command.written)) for folder in command.folders]
    environments = [each for each in context.workspace.environments if each.section == command.section]
    read = [each for each in environments if each.config in paths or _is_beside(each, command)]
    if read:
        return _lost_folder(context, command, read)
    name = posixpath.basename(command.written)
    others = [each for each in environments if posixpath.basename(each.config) == name]
    if not others or any(context.workspace.is_file(path) for path in paths) or _may_come(context, command, name):
        return None
    if context.memo(_is_set_by_environment):
        return None
    known = min(others, key=lambda each: (each.config.count("/"), each.config))
    where = _folder(command.folders[0])
    start = posixpath.relpath(known.directory or ".", command.folders[0] or ".")
    return _command_finding(
        command,
        f"`{command.command}` runs in {where}, where there is no {command.written}: it fails with CommandError:"
        f" {FAILURE} in configuration. Run it in {_folder(known.directory)} (`cd {start}`).",
        Related(known.location, "the configuration"),
    )


def _is_beside(environment: MigrationEnvironment, command: UpgradeCommand) -> bool:
    """Whether the command reads a pyproject.toml, which Alembic does in the folder where it runs."""
    folder, _, name = environment.config.rpartition("/")
    return name == "pyproject.toml" and folder in command.folders


def _lost_folder(context: Context, command: UpgradeCommand, read: list[MigrationEnvironment]) -> Finding | None:
    """The configuration is found, and names its folder from another one than that in which the command runs."""
    environment = read[0]
    location = environment.relative_location
    found = [posixpath.normpath(posixpath.join(folder, location)) for folder in command.folders]
    if not location or any(context.workspace.is_dir(each) for each in found):
        return None
    return _command_finding(
        command,
        f"`{command.command}` runs in {_folder(command.folders[0])}, and `script_location` of {environment.config} is"
        f" '{location}' from there: it fails with CommandError: Path doesn't exist. Run it in"
        f" {_folder(environment.directory)}, or write `%(here)s/{location}`.",
        Related(environment.location, "`script_location`"),
    )


def _may_come(context: Context, command: UpgradeCommand, name: str) -> bool:
    """Whether the configuration may be made or copied there: by the same file, or of a template that lies there."""
    text = context.workspace.text(command.location.path) or ""
    stem, extension = posixpath.splitext(name)
    beside = (each for folder in command.folders for each in context.workspace.listdir(folder))
    return text.count(name) > command.command.count(name) or any(
        each.startswith(stem) and extension in each for each in beside
    )


def _is_set_by_environment(context: Context) -> bool:
    """Whether some file of the root, or of the container in which people work, sets the variable that Alembic reads."""
    workspace = context.workspace
    files = (f"{folder}{name}" for folder in ("", ".devcontainer/") for name in workspace.listdir(folder.rstrip("/")))
    return any("ALEMBIC_CONFIG" in (workspace.text(path) or "") for path in files if workspace.is_file(path))


def _folder(path: str) -> str:
    return f"{path}/" if path else "the root of the workspace"


def _command_finding(command: UpgradeCommand, message: str, *related: Related) -> Finding:
    return Finding(NAME, Severity.WARNING, certain=False, location=command.location, message=message, related=related)


RULE = Rule(
    name=NAME,
    summary="Migrations are started where their configuration, or its folder, is not found.",
    severity=Severity.WARNING,
    check=_check,
)
