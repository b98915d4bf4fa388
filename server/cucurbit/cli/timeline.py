"""``cucurbit timeline``."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.cli.looking import Defects
from cucurbit.cli.target import Target, open_target, read_overrides, shown_from
from cucurbit.cli.terminal import Progress, is_coloured
from cucurbit.report.as_json import timeline_document
from cucurbit.report.documents import to_json
from cucurbit.report.report import printable
from cucurbit.report.styled import Line, signs_for, write
from cucurbit.report.timeline_text import timeline_lines
from cucurbit.rules.context import Context
from cucurbit.rules.engine import surviving
from cucurbit.simulate.run import simulate
from cucurbit.simulate.timeline import Timeline
from cucurbit.workspace.model import EntryKind, EntryPoint
from cucurbit.workspace.targets import NoSuchEntry


def run(options: Namespace) -> int:
    """Show timelines. Returns the exit code.

    Raises:
        Refused: no such entry point, or something that cannot be read.
    """
    target = open_target(["."], read_overrides(options.config))
    entries = entry_points(target, options.entry)
    defects = Defects()
    with Progress() as progress:
        timelines = tuple(_simulated(target, entries, progress, defects))
    context = Context(target.workspace, timelines, ())
    if options.output_format == "json":
        sys.stdout.write(to_json(timeline_document(context, timelines)))
    else:
        write(_lines(context, target), coloured=is_coloured(sys.stdout, refused=options.no_color))
    return defects.code(CLEAN)


def _simulated(
    target: Target, entries: Sequence[EntryPoint], progress: Progress, defects: Defects
) -> Iterator[Timeline]:
    run = surviving(simulate, defects.of_simulation)
    for entry in entries:
        progress.simulating(entry)
        yield run(target.workspace, entry)


def _lines(context: Context, target: Target) -> Iterator[Line]:
    signs = signs_for(sys.stdout.encoding)
    shown = shown_from(target.root, Path.cwd())
    for number, timeline in enumerate(context.timelines):
        if number:
            yield []
        yield from timeline_lines(context, timeline, signs, shown)
    if not context.timelines:
        yield [("No entry point was found here. Name one: cucurbit timeline MODULE, PATH.py or alembic.", "")]


def entry_points(target: Target, text: str | None) -> list[EntryPoint]:
    """The entry points that a person means: all that were found where nothing is named.

    Raises:
        Refused: there is no such entry point, or nothing tells which of several is meant.
    """
    if text is None:
        return list(target.workspace.entry_points)
    found = target.workspace.resolve_entry(_from_root(target, text))
    if not isinstance(found, NoSuchEntry):
        return [found]
    if text == "alembic" and found.candidates:
        return [entry for entry in found.candidates if entry.kind is EntryKind.ALEMBIC]
    raise Refused(printable(found.message))


def _from_root(target: Target, text: str) -> str:
    """A path as it is written from where the person stands, as one from the root."""
    if os.path.isfile(text):
        path = Path(os.path.abspath(text))
        if path.is_relative_to(target.root):
            return path.relative_to(target.root).as_posix()
    return text
