"""The registration view: two trees, handed to the editor level by level, and the way to what stands at its cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec
from pygls.exceptions import JsonRpcInvalidParams

from cucurbit.ide.registration import Alarm, Node, NodeKind, Trees, leads_on, path_to, shown
from cucurbit.ide.registration_tables import tables
from cucurbit.lsp.wire.positions import to_range
from cucurbit.lsp.wire.uris import to_path
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session, Unavailable
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

CHILDREN = "cucurbit.registrationChildren"
PATH = "cucurbit.registrationPath"

TreeName = Literal["timelines", "tables"]

_T = TypeVar("_T")


class AskedChildren(msgspec.Struct, frozen=True):
    """Which nodes are asked for: those below ``parent`` (an ``id``; empty for the top), as far as ``filter`` shows."""

    tree: TreeName
    parent: tuple[str, ...] = ()
    filter: str = ""


class AskedPath(msgspec.Struct, frozen=True):
    """The place of a cursor; ``line`` counts from 0, as the protocol's do. ``entry``: the timeline to look in first."""

    tree: TreeName
    uri: str
    line: int
    entry: str = ""


class Shown(msgspec.Struct, frozen=True, rename="camel"):
    """A node as the client gets it.

    ``id`` leads to it, from the folder's root on. ``start`` and ``end`` are positions of the protocol, where ``uri`` is
    not empty. ``expanded``: it is shown for what it holds.
    """

    id: tuple[str, ...]
    kind: str
    label: str
    description: str
    tooltip: str
    certain: bool
    alarm: str
    has_children: bool
    expanded: bool
    uri: str = ""
    start: tuple[int, int] = (0, 0)
    end: tuple[int, int] = (0, 0)


async def children(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """One level of a tree: ``{"nodes": [...]}``.

    Raises:
        JsonRpcInvalidParams: the arguments are not those of :class:`AskedChildren`.
    """
    asked = _asked(arguments, AskedChildren)
    sessions = list(ls.folders)
    if not asked.parent and len(sessions) > 1:
        return {"nodes": [msgspec.to_builtins(_folder(session)) for session in sessions]}
    root = asked.parent[0] if asked.parent else sessions[0].root if sessions else ""
    session = next((each for each in sessions if each.root == root), None)
    if session is None:
        return {"nodes": []}
    names = asked.parent[1:]
    found = await _query(
        session,
        lambda analysis: [
            _shown(ls, analysis, session, node, (root, *names), asked.filter)
            for node in _level(analysis, asked.tree, names, asked.filter)
        ],
    )
    return {"nodes": msgspec.to_builtins(found or [])}


async def path(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """The nodes from the top down to what stands at a cursor: ``{"nodes": [...]}``, none where nothing does.

    Raises:
        JsonRpcInvalidParams: the arguments are not those of :class:`AskedPath`.
    """
    asked = _asked(arguments, AskedPath)
    full = to_path(asked.uri)
    owner = None if full is None else ls.folders.owner(full)
    if owner is None:
        return {"nodes": []}
    session, file = owner
    found = await _query(session, lambda analysis: _way(ls, analysis, session, file, asked))
    nodes = list(found or [])
    if nodes and len(ls.folders) > 1:
        nodes.insert(0, _folder(session))
    return {"nodes": msgspec.to_builtins(nodes)}


def _asked(arguments: Sequence[object], kind: type[_T]) -> _T:
    try:
        return msgspec.convert(arguments[0] if arguments else None, kind)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None


async def _query(session: Session, job: Callable[[Analysis], _T]) -> _T | None:
    try:
        analysis = await session.fresh()
    except Unavailable:
        return None
    return await session.query(analysis, job)


def _level(analysis: Analysis, tree: TreeName, names: Sequence[str], text: str) -> tuple[Node, ...]:
    context = analysis.context
    if tree == "tables":
        return shown(tables(context), names, text)
    trees = context.once(Trees)
    if not names:
        return trees.entries(text)
    entry = trees.entry(names[0])
    return () if entry is None else shown((entry,), names, text)


def _way(ls: CucurbitServer, analysis: Analysis, session: Session, file: str, asked: AskedPath) -> list[Shown]:
    line = analysis.line(file, asked.line + 1)
    ways = _ways(analysis, asked, file, asked.line + 1 if line is None else line)
    above: tuple[str, ...] = (session.root,)
    found = []
    for node in ways:
        found.append(_shown(ls, analysis, session, node, above, ""))
        above = (*above, node.name)
    return found


def _ways(analysis: Analysis, asked: AskedPath, file: str, line: int) -> tuple[Node, ...]:
    context = analysis.context
    if asked.tree == "tables":
        return next((way for root in tables(context) if (way := path_to(root, file, line))), ())
    trees = context.once(Trees)
    # The timeline that is looked at, then the program's, then the alembic command's.
    timelines = [each for each in context.timelines if file in each.visited]
    timelines.sort(key=lambda each: (each.entry.target != asked.entry, each.entry.kind is EntryKind.ALEMBIC))
    for timeline in timelines:
        root = trees.entry(timeline.entry.target)
        way = () if root is None else path_to(root, file, line)
        if way:
            return way
    return ()


def _folder(session: Session) -> Shown:
    name = session.root.rpartition("/")[2]
    return Shown((session.root,), "folder", name, "", session.root, True, Alarm.NONE.value, True, True)


def _shown(
    ls: CucurbitServer, analysis: Analysis, session: Session, node: Node, above: tuple[str, ...], text: str
) -> Shown:
    start, end, uri = (0, 0), (0, 0), ""
    if node.location is not None:
        file: str = node.location.path
        span: Span = analysis.span(file, node.location.span)
        area = to_range(analysis.source(file), span, ls.client.unit)
        start, end = (area.start.line, area.start.character), (area.end.line, area.end.character)
        uri = ls.uri(session.root, file)
    is_entry = node.kind is NodeKind.ENTRY
    return Shown(
        id=(*above, node.name),
        kind=node.kind.value,
        label=node.label,
        description=node.description,
        tooltip=node.tooltip,
        certain=node.certain,
        alarm=node.alarm.value,
        has_children=is_entry or bool(node.children),
        expanded=leads_on(node, text) or (is_entry and bool(text.strip())),
        uri=uri,
        start=start,
        end=end,
    )
