"""The registration view: two trees, sent to the editor level by level, and the path to the node at its cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import msgspec

from cucurbit.ide.registration_tables import tables
from cucurbit.ide.registration_tree import Alarm, NodeKind, RegistrationTrees, TreeNode, matches_below, path_to, shown
from cucurbit.lsp.features.command_arguments import converted
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.wire.positions import to_range
from cucurbit.lsp.wire.uris import to_path
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session, Unavailable
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind

TreeName = Literal["timelines", "tables"]

_T = TypeVar("_T")


class ChildrenRequest(msgspec.Struct, frozen=True):
    """Requests the nodes below ``parent`` (an ``id``; empty for the top) that match ``filter``."""

    tree: TreeName
    parent: tuple[str, ...] = ()
    filter: str = ""


class PathRequest(msgspec.Struct, frozen=True):
    """The position of a cursor; ``line`` is 0-based, as in the protocol. ``entry``: the timeline to search first."""

    tree: TreeName
    uri: str
    line: int
    entry: str = ""


class ShownNode(msgspec.Struct, frozen=True, rename="camel"):
    """A node as it is sent to the client.

    ``id`` is the path to the node, from the root of the folder. ``start`` and ``end`` are positions of the protocol if
    ``uri`` is not empty. ``expanded``: a node below it matches the filter. ``root`` is the folder, ``table`` the key of
    the table and ``entry`` the target of the entry point that the node is about.
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
    root: str = ""
    table: str = ""
    entry: str = ""


async def children(editor: Editor, arguments: Sequence[object]) -> object:
    """One level of a tree: ``{"nodes": [...]}``.

    Raises:
        JsonRpcInvalidParams: the arguments are not those of :class:`ChildrenRequest`.
    """
    asked = _asked(arguments, ChildrenRequest)
    sessions = list(editor.folders)
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
            _shown(editor, analysis, session, node, (root, *names), asked.filter)
            for node in _level(analysis, asked.tree, names, asked.filter)
        ],
    )
    return {"nodes": msgspec.to_builtins(found or [])}


async def path(editor: Editor, arguments: Sequence[object]) -> object:
    """The nodes from the top down to the one at the cursor: ``{"nodes": [...]}``, empty if there is none.

    Raises:
        JsonRpcInvalidParams: the arguments are not those of :class:`PathRequest`.
    """
    asked = _asked(arguments, PathRequest)
    full = to_path(asked.uri)
    owner = None if full is None else editor.folders.owner(full)
    if owner is None:
        return {"nodes": []}
    session, file = owner
    found = await _query(session, lambda analysis: _way(editor, analysis, session, file, asked))
    nodes = list(found or [])
    if nodes and len(editor.folders) > 1:
        nodes.insert(0, _folder(session))
    return {"nodes": msgspec.to_builtins(nodes)}


def _asked(arguments: Sequence[object], kind: type[_T]) -> _T:
    return converted(arguments[0] if arguments else None, kind)


async def _query(session: Session, job: Callable[[Analysis], _T]) -> _T | None:
    try:
        analysis = await session.fresh()
    except Unavailable:
        return None
    return await session.query(analysis, job)


def _level(analysis: Analysis, tree: TreeName, names: Sequence[str], text: str) -> tuple[TreeNode, ...]:
    context = analysis.context
    if tree == "tables":
        return shown(tables(context), names, text)
    trees = context.memo(RegistrationTrees)
    if not names:
        return trees.entries(text)
    entry = trees.entry(names[0])
    return () if entry is None else shown((entry,), names, text)


def _way(editor: Editor, analysis: Analysis, session: Session, file: str, asked: PathRequest) -> list[ShownNode]:
    line = analysis.line(file, asked.line + 1)
    ways = _ways(analysis, asked, file, asked.line + 1 if line is None else line)
    above: tuple[str, ...] = (session.root,)
    found = []
    for node in ways:
        found.append(_shown(editor, analysis, session, node, above, ""))
        above = (*above, node.name)
    return found


def _ways(analysis: Analysis, asked: PathRequest, file: str, line: int) -> tuple[TreeNode, ...]:
    context = analysis.context
    if asked.tree == "tables":
        return next((way for root in tables(context) if (way := path_to(root, file, line))), ())
    trees = context.memo(RegistrationTrees)
    # First the timeline that the user looks at, then those of programs, then those of the alembic command.
    timelines = [each for each in context.timelines if file in each.visited]
    timelines.sort(key=lambda each: (each.entry.target != asked.entry, each.entry.kind is EntryKind.ALEMBIC))
    for timeline in timelines:
        root = trees.entry(timeline.entry.target)
        way = () if root is None else path_to(root, file, line)
        if way:
            return way
    return ()


def _folder(session: Session) -> ShownNode:
    name = session.root.rpartition("/")[2]
    return ShownNode((session.root,), "folder", name, "", session.root, True, Alarm.NONE.value, True, True)


def _shown(
    editor: Editor, analysis: Analysis, session: Session, node: TreeNode, above: tuple[str, ...], text: str
) -> ShownNode:
    start, end, uri = (0, 0), (0, 0), ""
    if node.location is not None:
        file: str = node.location.path
        span: Span = analysis.span(file, node.location.span)
        area = to_range(analysis.source(file), span, editor.client.unit)
        start, end = (area.start.line, area.start.character), (area.end.line, area.end.character)
        uri = editor.uri(session.root, file)
    is_entry = node.kind is NodeKind.ENTRY
    return ShownNode(
        id=(*above, node.name),
        kind=node.kind.value,
        label=node.label,
        description=node.description,
        tooltip=node.tooltip,
        certain=node.certain,
        alarm=node.alarm.value,
        has_children=is_entry or bool(node.children),
        expanded=matches_below(node, text) or (is_entry and bool(text.strip())),
        uri=uri,
        start=start,
        end=end,
        root=session.root,
        table=node.table,
        entry=node.entry,
    )
