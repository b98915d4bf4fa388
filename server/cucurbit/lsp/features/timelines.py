"""The commands that show timelines as text or JSON, and that list entry points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from pygls.exceptions import JsonRpcInvalidParams

from cucurbit.lsp.features.command_arguments import argument_of, fresh_analysis, place_of
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.report.as_json import timeline_document
from cucurbit.report.styled import UNICODE, plain
from cucurbit.report.timeline_text import timeline_lines
from cucurbit.session.analysis import Analysis
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.workspace.model import EntryPoint


async def show_timeline(editor: Editor, arguments: Sequence[object]) -> object:
    """The timeline of one entry point or of all, as text or as the documented JSON."""
    argument = argument_of(arguments)
    place = place_of(editor, argument.uri, argument.root)

    def show(analysis: Analysis) -> object:
        timelines = tuple(_timelines(analysis, place, argument.entry))
        if argument.format == "json":
            return msgspec.to_builtins(timeline_document(analysis.context, timelines))
        lines = [
            plain(line)
            for timeline in timelines
            for line in (*timeline_lines(analysis.context, timeline, UNICODE, lambda path: path), [])
        ]
        return "\n".join(lines)

    return await place.session.query(await fresh_analysis(place.session), show)


def _timelines(analysis: Analysis, place: SessionFile, entry: str | None) -> Iterator[Timeline]:
    path = place.path
    if entry is None:
        own = [each for each in analysis.context.timelines if each.entry.path == path]
        yield from own or (() if path else analysis.context.timelines)
        return
    known = [each for each in analysis.context.timelines if each.entry.target == entry]
    if known:
        yield from known
        return
    resolved = analysis.workspace.resolve_entry(entry)
    if not isinstance(resolved, EntryPoint):
        raise JsonRpcInvalidParams(f"{entry} is not an entry point of this workspace")
    yield place.session.timeline(analysis, resolved)


async def entry_points(editor: Editor, _: Sequence[object]) -> object:
    """Every entry point, for a list in the editor. A folder without an analysis is left out if others have one."""
    found: list[dict[str, str]] = []
    missing: list[JsonRpcInvalidParams] = []
    for session in editor.folders:
        try:
            analysis = await fresh_analysis(session)
        except JsonRpcInvalidParams as error:
            missing.append(error)
            continue
        found += [
            {"root": session.root, "entry": each.entry.target, "kind": each.entry.kind.value, "path": each.entry.path}
            for each in analysis.context.timelines
        ]
    if missing and len(missing) == len(editor.folders):
        raise missing[0]
    return found
