"""``cucurbit timeline``."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cucurbit import __version__
from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import findings, sharing, surviving
from cucurbit.cli.analysis import Defects, analyse_workspace, save_facts
from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.cli.files import put
from cucurbit.cli.target import WorkspaceTarget, open_target, read_overrides, shown_from
from cucurbit.cli.terminal import Progress, is_coloured
from cucurbit.report.as_json import timeline_document
from cucurbit.report.documents import to_json
from cucurbit.report.report import printable
from cucurbit.report.styled import UNICODE, Line, Signs, plain, signs_for, write
from cucurbit.report.timeline_diagram import DiagramView, timeline_diagram
from cucurbit.report.timeline_filter import TimelineFilter
from cucurbit.report.timeline_page import timeline_page, title_of
from cucurbit.report.timeline_text import timeline_lines
from cucurbit.rules.catalogue import RULES
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryKind, EntryPoint
from cucurbit.workspace.starts.targets import NoSuchEntry

_SCHEME = re.compile(r"(?!javascript:|data:)[A-Za-z][A-Za-z0-9+.-]*:", re.IGNORECASE)


def run(options: Namespace) -> int:
    """Show timelines. Returns the exit code.

    Raises:
        Refused: there is no such entry point, or a file cannot be read.
    """
    target = open_target(["."], read_overrides(options.config), cached=not options.no_cache)
    entries = entry_points(target, options.entry)
    defects = Defects()
    chosen = TimelineFilter(options.depth, options.tables, options.module)
    if options.output_format == "html" and not chosen.shows_all:
        raise Refused("--depth, --tables and --module are for text and json: the page itself folds and searches")
    if options.output_format == "html":
        put(options.output, _page(target, entries, defects, options.editor_url), target.root)
        return defects.code(CLEAN)
    with Progress() as progress:
        timelines = tuple(_simulated(target, entries, progress, defects))
    save_facts(target.workspace)
    context = Context(target.workspace, timelines, ())
    if options.output_format == "json":
        kept = tuple(replace(timeline, events=chosen.shown(timeline)) for timeline in timelines)
        put(options.output, to_json(timeline_document(context, kept)), target.root)
    elif options.output is not None:
        text = "".join(f"{plain(line)}\n" for line in _lines(context, target, UNICODE, chosen))
        put(options.output, text, target.root)
    else:
        lines = _lines(context, target, signs_for(sys.stdout.encoding), chosen)
        write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))
    return defects.code(CLEAN)


def _page(target: WorkspaceTarget, entries: Sequence[EntryPoint], defects: Defects, editor: str) -> str:
    """The timelines as an HTML page, with the findings about them.

    Raises:
        Refused: ``editor`` is not a usable URL template.
    """
    check_editor_url(editor)
    context = with_timelines(analyse_workspace(target.workspace, defects), entries, defects)
    chosen = [timeline for timeline in context.timelines if timeline.entry in set(entries)]
    view = DiagramView(shown_from(target.root, Path.cwd()), lambda path: (target.root / path).as_uri(), editor=editor)
    drawn = timeline_diagram(context, chosen, findings(context, RULES, defects), view, __version__)
    return timeline_page(drawn, title_of(drawn))


def with_timelines(context: Context, entries: Sequence[EntryPoint], defects: Defects) -> Context:
    """The context with the timelines of these entry points: those that it lacks are simulated."""
    known = {timeline.entry for timeline in context.timelines}
    run = surviving(simulate, defects.of_simulation)
    added = tuple(run(context.workspace, entry) for entry in entries if entry not in known)
    return Context(context.workspace, (*context.timelines, *added), context.isolated) if added else context


def check_editor_url(editor: str) -> None:
    """
    Raises:
        Refused: ``editor`` is not a usable URL template.
    """
    if editor and ("{path}" not in editor or not _SCHEME.match(editor)):
        raise Refused("--editor-url: give a URL that contains {path}, such as vscode://file/{path}:{line}:{column}")


def _simulated(
    target: WorkspaceTarget, entries: Sequence[EntryPoint], progress: Progress, defects: Defects
) -> Iterator[Timeline]:
    run = surviving(sharing(Shared()), defects.of_simulation)
    for entry in entries:
        progress.simulating(entry)
        yield run(target.workspace, entry)


def _lines(context: Context, target: WorkspaceTarget, signs: Signs, chosen: TimelineFilter) -> Iterator[Line]:
    shown = shown_from(target.root, Path.cwd())
    for number, timeline in enumerate(context.timelines):
        if number:
            yield []
        yield from timeline_lines(context, timeline, signs, shown, chosen)
    if not context.timelines:
        yield [("No entry point was found here. Name one: cucurbit timeline MODULE, PATH.py or alembic.", "")]


def entry_points(target: WorkspaceTarget, text: str | None) -> list[EntryPoint]:
    """The entry points that ``text`` names; if it is None, all that were found.

    Raises:
        Refused: there is no such entry point, or the name is ambiguous.
    """
    if text is None:
        return list(target.workspace.entry_points)
    found = target.workspace.resolve_entry(_from_root(target, text))
    if not isinstance(found, NoSuchEntry):
        return [found]
    if text == "alembic" and found.candidates:
        return [entry for entry in found.candidates if entry.kind is EntryKind.ALEMBIC]
    raise Refused(printable(found.message))


def _from_root(target: WorkspaceTarget, text: str) -> str:
    """A path relative to the current folder as a path relative to the root."""
    if os.path.isfile(text):
        path = Path(os.path.abspath(text))
        if path.is_relative_to(target.root):
            return path.relative_to(target.root).as_posix()
    return text
