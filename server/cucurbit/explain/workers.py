"""Start commands with several workers, each of which runs the migrations of its start-up."""

from __future__ import annotations

import re

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Related
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.simulate.core.timeline import EventKind

_WORKERS = re.compile(r"(?:^|[\s\"',\[])(?:-w|--workers|--processes|--web-concurrency)[\"',\s=]+(\d+)")


def migrating_workers(context: Context) -> tuple[tuple[Related, ...], str]:
    """Evidence that several processes may run the migrations at one time, and a sentence; empty if none was seen."""
    for timeline in context.timelines:
        event = next(timeline.of(EventKind.MIGRATIONS_STARTED), None)
        if event is None or not timeline.entry.startup:
            continue
        runs = Related(context.location(event.place), "each worker runs the migrations here")
        for command in context.workspace.start_commands:
            if command.module != timeline.entry.module:
                continue
            count = _WORKERS.search(command.command)
            if count is not None and int(count[1]) > 1:
                starts = Related(command.location, f"starts {count[1]} workers")
                each = f"{count[1]} workers of {entry_name(timeline.entry)}"
                return (starts, runs), f" {command.location.path} starts {each}, and each runs the migrations."
        name = entry_name(timeline.entry)
        return (runs,), f" {name} runs the migrations itself, so each worker or replica of it does."
    return (), ""
