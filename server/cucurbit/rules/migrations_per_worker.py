"""``migrations-per-worker``: a server starts several processes, each of which runs the migrations when it starts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import last_name
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.simulate.core.timeline import Event, LinkKind, Place, Timeline
from cucurbit.source import facts as f
from cucurbit.source.scan import inside
from cucurbit.workspace.model import EntryPoint, Location, StartCommand

NAME = "migrations-per-worker"

_LOCKS = re.compile(
    r"advisory|get_lock|\bflock\b|filelock|portalocker|lockf\b|redis.{0,200}lock|lock table", re.IGNORECASE
)
"""Locks by which env.py, or the code that starts the migrations, makes the other processes wait."""

_OPTIONS = {
    "gunicorn": ("-w", "--workers"),
    "uvicorn": ("--workers",),
    "hypercorn": ("-w", "--workers"),
    "granian": ("--workers",),
    "fastapi": ("--workers",),
    "sanic": ("-w", "--workers"),
    "uwsgi": ("-p", "--processes"),
}
_CONFIGURED = re.compile(r"^[ \t]*workers[ \t]*=[ \t]*([^#\s](?:[^#\n]*[^#\s])?)", re.MULTILINE)


def _check(context: Context) -> Iterator[Finding]:
    commands = {command.location: command for command in context.workspace.start_commands}
    seen: set[Place] = set()
    for timeline in context.timelines:
        entry = timeline.entry
        migrating = [event for event in timeline.events if event.runs_revisions]
        if not migrating:
            continue
        command = commands.get(entry.named_by) if entry.named_by is not None else None
        found = _several(context, command) if command is not None else _in_code(context, timeline)
        if found is None or not (entry.startup or command is None):
            continue
        number, where, preloads = found
        for event in migrating:
            if event.place in seen or _is_locked(context, event):
                continue
            if command is not None and preloads and not _at_startup(event):
                continue
            seen.add(event.place)
            yield _finding(context, entry, event, number, where)


def _at_startup(event: Event) -> bool:
    return any(step.kind is LinkKind.STARTUP for step in event.link or ())


def _several(context: Context, command: StartCommand) -> tuple[str, Location, bool] | None:
    """How many processes a command starts, where that is written, and whether the application is loaded before them."""
    try:
        words = shlex.split(command.command)
    except ValueError:
        words = command.command.split()
    program = next((word.rpartition("/")[2] for word in words if word.rpartition("/")[2] in _OPTIONS), "")
    if not program:
        return None
    number = _option(words, _OPTIONS[program]) or _from_environment(context, command, program)
    if number is None and program == "gunicorn":
        number = _from_configuration(context, command, words)
    return (number, command.location, "--preload" in words) if number is not None and _is_many(number) else None


def _option(words: list[str], names: tuple[str, ...]) -> str | None:
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else words[index + 1] if index + 1 < len(words) else None
        short = next((each for each in names if len(each) == 2 and word.startswith(each) and word[2:].isdigit()), None)
        if short is not None:
            return word[2:]
    return None


def _from_environment(context: Context, command: StartCommand, program: str) -> str | None:
    """``WEB_CONCURRENCY``, which gunicorn and uvicorn read, where the file of the command sets it."""
    if program not in ("gunicorn", "uvicorn"):
        return None
    found = re.search(r"WEB_CONCURRENCY[=: ]+[\"']?(\d+)", context.workspace.text(command.location.path) or "")
    return found[1] if found is not None else None


def _from_configuration(context: Context, command: StartCommand, words: list[str]) -> str | None:
    given = (_option(words, ("-c", "--config")) or "gunicorn.conf.py").removeprefix("file:")
    path = f"{command.directory}/{given}" if command.directory else given
    found = _CONFIGURED.search(context.workspace.text(path) or "")
    return found[1] if found is not None else None


def _is_many(number: str) -> bool:
    """Whether the number is not a plain 1 or 0 (``$WORKERS`` and ``cpu_count() * 2 + 1`` are many)."""
    return not number.isdigit() or int(number) > 1


def _in_code(context: Context, timeline: Timeline) -> tuple[str, Location, bool] | None:
    """``uvicorn.run("main:app", workers=4)`` in the script that is run."""
    facts = context.facts(timeline.entry.path)
    for body in facts.bodies if facts is not None else ():
        for step in body:
            for node in inside(step):
                if isinstance(node, f.Call) and last_name(node.func) == "run":
                    given = next((each.value for each in node.keywords if each.name == "workers"), None)
                    text = isinstance(node.args[0], f.Const) if node.args else False
                    if isinstance(given, f.Const) and isinstance(given.value, int) and given.value > 1 and text:
                        return str(given.value), context.location(Place(timeline.entry.path, node.at)), False
    return None


def _is_locked(context: Context, event: Event) -> bool:
    paths = {event.place.path, *(step.place.path for step in event.link or ())}
    environment = next((e for e in context.workspace.environments if e.config == event.environment), None)
    if environment is not None:
        paths.add(environment.env_path)
    return any(_LOCKS.search(context.workspace.text(path) or "") for path in paths)


def _finding(context: Context, entry: EntryPoint, event: Event, number: str, where: Location) -> Finding:
    count = number if number.isdigit() else "several"
    return Finding(
        rule=NAME,
        severity=Severity.WARNING,
        certain=event.certain and number.isdigit(),
        location=context.location(event.place),
        message=f"{entry.target} is started in {count} processes, and each of them runs the migrations here at the "
        "same time: those that come second fail on what the first one creates. Migrate before the server starts, or "
        "take a lock in env.py.",
        related=(Related(where, f"{count} processes are started here"), *context.chain(event.link)),
    )


RULE = Rule(
    name=NAME,
    summary="Several workers of a server each run the migrations when they start.",
    severity=Severity.WARNING,
    check=_check,
)
