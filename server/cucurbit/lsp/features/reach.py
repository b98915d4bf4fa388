"""The chain of imports and calls to a table or to migrations, which a link in a hover shows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cucurbit.ide.reach import ReachChain
from cucurbit.ide.reach import reach as find
from cucurbit.lsp.features.command_arguments import converted, fresh_analysis, place_of
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.wire.positions import to_range
from cucurbit.session.analysis import Analysis
from cucurbit.simulate.core.timeline import EventKind


class ReachRequest(msgspec.Struct, frozen=True):
    """Requests the chain to an event of ``kind`` at a line (0-based) of a file, on the timeline of ``entry``."""

    uri: str
    line: int
    entry: str
    kind: EventKind


class ShownStep(msgspec.Struct, frozen=True):
    """A step of a chain; ``start`` and ``end`` are positions of the protocol."""

    text: str
    uri: str
    start: tuple[int, int]
    end: tuple[int, int]


class ShownReach(msgspec.Struct, frozen=True):
    """A chain as it is sent to the client; without steps if there is none any more."""

    title: str = ""
    steps: tuple[ShownStep, ...] = ()


async def reach(editor: Editor, arguments: Sequence[object]) -> object:
    """The steps from the entry point to an event, in order: ``{title, steps}``.

    Raises:
        JsonRpcInvalidParams: the arguments are not those of :class:`ReachRequest`, or there is no analysis.
    """
    asked = converted(arguments[0] if arguments else None, ReachRequest)
    place = place_of(editor, asked.uri, None)

    def tell(analysis: Analysis) -> ShownReach:
        line = analysis.line(place.path, asked.line + 1)
        found = None if line is None else find(analysis.statuses, place.path, line, asked.entry, asked.kind)
        return ShownReach() if found is None else _shown(editor, analysis, place.session.root, found)

    return msgspec.to_builtins(await place.session.query(await fresh_analysis(place.session), tell))


def _shown(editor: Editor, analysis: Analysis, root: str, found: ReachChain) -> ShownReach:
    steps = []
    for each in found.steps:
        path = each.location.path
        area = to_range(analysis.source(path), analysis.span(path, each.location.span), editor.client.unit)
        start, end = (area.start.line, area.start.character), (area.end.line, area.end.character)
        steps.append(ShownStep(each.message, editor.uri(root, path), start, end))
    return ShownReach(found.title, tuple(steps))
