"""The tree of the registration view that shows timelines, nested by import.

The other tree, of tables by MetaData, is in :mod:`cucurbit.ide.registration_tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from cucurbit.analysis.context import Context
from cucurbit.ide.table_status import times
from cucurbit.rules.shared.coverage import coverage
from cucurbit.rules.shared.evidence import brief, entry_name
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.source.span import START
from cucurbit.workspace.model import EntryKind, EntryPoint, Location


class NodeKind(str, Enum):
    """The kind of a node; the editor chooses the icon."""

    ENTRY = "entry"
    MODULE = "module"
    TABLE = "table"
    REJECTED = "rejected"
    REDEFINED = "redefined"
    MIGRATIONS = "migrations"
    FAILED = "failed"
    CREATE_ALL = "create-all"
    QUERY = "query"
    OTHER = "other"
    CUT = "cut"
    METADATA = "metadata"
    REVISIONS = "revisions"
    DEAD = "dead"
    CLASS = "class"
    COLUMN = "column"
    KEY = "key"
    REGISTRATION = "registration"
    ENVIRONMENT = "environment"


class Alarm(str, Enum):
    """The severity of the problems at and below a node."""

    NONE = ""
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class TreeNode:
    """One node of a tree.

    ``name`` is unique among its siblings and stable from one analysis to the next. ``location`` is where a click leads,
    None if nowhere; ``path`` is the file that a module executes. ``search`` is the text that filters match. ``table``
    and ``entry`` are the key of the table and the target of the entry point that the node is about; empty if none.
    """

    name: str
    kind: NodeKind
    label: str
    description: str = ""
    tooltip: str = ""
    location: Location | None = None
    path: str = ""
    certain: bool = True
    alarm: Alarm = Alarm.NONE
    search: str = ""
    table: str = ""
    entry: str = ""
    children: tuple[TreeNode, ...] = ()


_STARTS = frozenset({EventKind.MODULE_STARTED, EventKind.MIGRATIONS_STARTED})
_ENDS = frozenset(
    {EventKind.MODULE_FINISHED, EventKind.MODULE_FAILED, EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED}
)
_FAILURES = frozenset({EventKind.MODULE_FAILED, EventKind.MIGRATIONS_FAILED})


class RegistrationTrees:
    """The trees of one analysis, each built when it is first requested."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._built: dict[str, TreeNode] = {}

    def entries(self, text: str = "") -> tuple[TreeNode, ...]:
        """The entry points without their events; with a filter, those with an event that matches.

        The applications come first, then scripts, then the alembic command.
        """
        wanted = text.strip().lower()
        found = (
            _entry(self._context, timeline)
            for timeline in sorted(self._context.timelines, key=lambda each: _ORDER[each.entry.kind])
            if not wanted or any(wanted in _searched(event) for event in timeline.events)
        )
        return tuple(found)

    def entry(self, target: str) -> TreeNode | None:
        """An entry point with all its events, nested by import; None if there is no such entry point."""
        if target not in self._built:
            timeline = next((each for each in self._context.timelines if each.entry.target == target), None)
            if timeline is None:
                return None
            self._built[target] = _Builder(self._context, timeline).tree()
        return self._built[target]


def short_name(entry: EntryPoint) -> str:
    """An entry point in a tree, where there is little room: what tells it apart comes first."""
    return f"alembic: {entry.target}" if entry.kind is EntryKind.ALEMBIC else entry_name(entry)


_ORDER = {EntryKind.MODULE: 0, EntryKind.SCRIPT: 1, EntryKind.ALEMBIC: 2}


def _entry(context: Context, timeline: Timeline) -> TreeNode:
    entry = timeline.entry
    ending = next((each for each in context.memo(coverage).endings if each.entry == entry), None)
    tables = sum(event.kind is EventKind.TABLE_REGISTERED for event in timeline.events)
    rejected = sum(event.kind is EventKind.TABLE_REJECTED for event in timeline.events)
    failed = timeline.fails or any(event.kind is EventKind.MIGRATIONS_FAILED for event in timeline.events)
    parts = [times(tables, "table")]
    if rejected:
        parts.append(f"{rejected} rejected")
    if timeline.fails:
        parts.append("fails")
    how = {
        EntryKind.ALEMBIC: "What the alembic command runs",
        EntryKind.SCRIPT: "Run as a script",
        EntryKind.MODULE: "Imported, then started" if entry.startup else "Imported",
    }[entry.kind]
    named = f"; named by {entry.named_by.path}:{entry.named_by.span.line}" if entry.named_by is not None else ""
    ends = f"\nEnds at {ending.location.path}:{ending.location.span.line}: {ending.message}" if ending else ""
    return TreeNode(
        name=entry.target,
        kind=NodeKind.ENTRY,
        label=short_name(entry),
        description=", ".join(parts),
        tooltip=f"{how}: {entry.path}{named}.{ends}",
        location=Location(entry.path, START),
        path=entry.path,
        alarm=Alarm.ERROR if rejected or failed else Alarm.NONE,
        entry=entry.target,
    )


def _searched(event: Event) -> str:
    """The text that filters match: names of tables, classes and modules."""
    definition = event.definition
    if definition is not None:
        return f"{definition.key} {definition.class_name}".lower()
    return f"{event.module} {event.path}".lower() if event.kind is EventKind.MODULE_STARTED else ""


@dataclass
class _OpenNode:
    """A node whose children are still being added."""

    node: TreeNode
    process: int
    children: list[TreeNode]
    names: dict[str, int]

    def add(self, node: TreeNode) -> None:
        """Add a child. If several have the same name, all after the first get a number."""
        count = self.names[node.name] = self.names.get(node.name, 0) + 1
        self.children.append(node if count == 1 else replace(node, name=f"{node.name}#{count}"))

    def close(self, failure: Event | None) -> TreeNode:
        """The finished node with its children and a summary of them."""
        tables = sum(_count(each, NodeKind.TABLE) for each in self.children)
        rejected = sum(_count(each, NodeKind.REJECTED) for each in self.children)
        parts = [self.node.description] if self.node.description else []
        parts += [times(tables, "table")] if tables else []
        parts += [f"{rejected} rejected"] if rejected else []
        alarm = max((self.node.alarm, *(each.alarm for each in self.children)), key=_RANK.__getitem__)
        node, tooltip = self.node, self.node.tooltip
        if failure is not None and failure.is_end:
            parts.insert(0, "ends")
        elif failure is not None:
            parts.insert(0, "fails")
            alarm = Alarm.ERROR
            if failure.failure is not None:
                tooltip = f"{tooltip}\nFails: {brief(failure.failure)}"
        return replace(node, description=", ".join(parts), tooltip=tooltip, alarm=alarm, children=tuple(self.children))


_RANK = {Alarm.NONE: 0, Alarm.WARNING: 1, Alarm.ERROR: 2}


def _count(node: TreeNode, kind: NodeKind) -> int:
    """The number of nodes of a kind at and below a node. Not recursive, as imports may nest deeply."""
    found, left = 0, [node]
    while left:
        each = left.pop()
        found += each.kind is kind
        left += each.children
    return found


class _Builder:
    def __init__(self, context: Context, timeline: Timeline) -> None:
        self._context = context
        self._timeline = timeline

    def tree(self) -> TreeNode:
        root = _entry(self._context, self._timeline)
        stack = [_OpenNode(replace(root, description="", alarm=Alarm.NONE), 0, [], {})]
        for event in self._timeline.events:
            if event.kind in _STARTS:
                stack.append(_OpenNode(self._started(event, stack[-1].process), event.process, [], {}))
            elif event.kind in _ENDS:
                if len(stack) > 1:
                    done = stack.pop()
                    stack[-1].add(done.close(event if event.kind in _FAILURES else None))
            else:
                node = self._node(event)
                if node is not None:
                    stack[-1].add(node)
        while len(stack) > 1:
            done = stack.pop()
            stack[-1].add(done.close(None))
        return replace(root, children=tuple(stack[0].children))

    def _started(self, event: Event, outer: int) -> TreeNode:
        in_migrations = event.link is not None and event.link.kind is LinkKind.MIGRATION
        apart = f"process {event.process}" if event.process != outer else ""
        if event.kind is EventKind.MIGRATIONS_STARTED:
            return TreeNode(
                name="migrations",
                kind=NodeKind.MIGRATIONS,
                label="Migrations start",
                description=apart,
                tooltip=self._maybe(event, f"{event.detail or 'upgrade'}: Alembic runs env.py and the revision files"),
                location=self._where(event.place),
                certain=event.certain,
            )
        return TreeNode(
            name=f"module {event.module}",
            kind=NodeKind.MODULE,
            # Alembic invents the module names of the files that it loads by path.
            label=event.path if in_migrations else event.module or event.path,
            description=apart,
            tooltip=self._maybe(event, f"Executes {event.path}"),
            location=self._imported(event) or Location(event.path, START),
            path=event.path,
            certain=event.certain,
            search=_searched(event),
        )

    def _node(self, event: Event) -> TreeNode | None:
        if event.definition is not None:
            return self._table(event)
        where = self._where(event.place)
        label, kind, alarm = _LABELS.get(event.kind, ("", NodeKind.OTHER, Alarm.NONE))
        if event.kind is EventKind.ENTRY_FAILED and event.is_end:
            label, kind, alarm = "The entry point ends", NodeKind.OTHER, Alarm.NONE
        if event.kind is EventKind.LOGGING_CONFIGURED and not event.detail:
            return None
        if not label:
            return None
        detail = event.detail
        if event.failure is not None:
            detail = event.failure.error if event.kind is EventKind.FAILURE_SWALLOWED else brief(event.failure)
        return TreeNode(
            name=f"{event.kind.value} {event.place.path}:{event.place.at}",
            kind=kind,
            label=label,
            description=detail,
            tooltip=self._maybe(event, f"{label}: {detail}" if detail else label),
            location=where,
            certain=event.certain,
            alarm=alarm,
        )

    def _table(self, event: Event) -> TreeNode | None:
        definition = event.definition
        found = _TABLES.get(event.kind)
        if definition is None or found is None:
            return None
        kind, alarm, word = found
        parts = [part for part in (definition.class_name, word) if part]
        tooltip = f"{definition.key}: {definition.class_name or 'Table(...)'} in {definition.module}"
        if event.other is not None:
            tooltip += f"\n{word[:1].upper()}{word[1:]}: it is already defined at {self._context.at(event.other.place)}"
        return TreeNode(
            name=f"table {definition.key}",
            kind=kind,
            label=definition.key,
            description=" ".join(parts),
            tooltip=self._maybe(event, tooltip),
            location=self._where(definition.place),
            certain=event.certain,
            alarm=alarm,
            search=_searched(event),
            table=definition.key,
            entry=self._timeline.entry.target,
        )

    def _imported(self, event: Event) -> Location | None:
        """The import that executes a module."""
        return None if event.link is None else self._where(event.link.place)

    def _where(self, place: Place) -> Location | None:
        return None if place.at == WHOLE_FILE or not place.path else self._context.location(place)

    @staticmethod
    def _maybe(event: Event, text: str) -> str:
        return text if event.certain else f"{text}\nUncertain: depends on a value that cannot be determined."


_TABLES = {
    EventKind.TABLE_REGISTERED: (NodeKind.TABLE, Alarm.NONE, ""),
    EventKind.TABLE_REJECTED: (NodeKind.REJECTED, Alarm.ERROR, "rejected"),
    EventKind.TABLE_REUSED: (NodeKind.REDEFINED, Alarm.WARNING, "redefined"),
}

_LABELS = {
    EventKind.CREATE_ALL: ("create_all", NodeKind.CREATE_ALL, Alarm.NONE),
    EventKind.QUERY: ("Query", NodeKind.QUERY, Alarm.NONE),
    EventKind.METADATA_CLEARED: ("MetaData cleared", NodeKind.OTHER, Alarm.WARNING),
    EventKind.FAILURE_SWALLOWED: ("Exception caught, the program continues", NodeKind.OTHER, Alarm.WARNING),
    EventKind.LOGGING_CONFIGURED: ("Logging configured", NodeKind.OTHER, Alarm.NONE),
    EventKind.RESERVED_ATTRIBUTE: ("Reserved attribute", NodeKind.FAILED, Alarm.WARNING),
    EventKind.ENTRY_FAILED: ("The entry point fails", NodeKind.FAILED, Alarm.ERROR),
    EventKind.CUT: ("Unknown code: events may be missing here", NodeKind.CUT, Alarm.NONE),
}


# ------------------------------------------------------------------------ walks


def shown(nodes: Iterable[TreeNode], names: Sequence[str], text: str = "") -> tuple[TreeNode, ...]:
    """The children to show below a path of names.

    With a filter: the nodes that match it, the nodes above them, and everything below a match.
    """
    wanted = text.strip().lower()
    for name in names:
        node = next((node for node in nodes if node.name == name), None)
        if node is None:
            return ()
        if wanted and wanted in node.search:
            wanted = ""
        nodes = node.children
    return tuple(node for node in nodes if not wanted or any(wanted in each.search for each in _below(node)))


def matches_below(node: TreeNode, text: str) -> bool:
    """Whether a node is shown only because a node below it matches the filter."""
    wanted = text.strip().lower()
    return bool(wanted) and wanted not in node.search and bool(node.children)


def _below(node: TreeNode) -> Iterator[TreeNode]:
    left = [node]
    while left:
        each = left.pop()
        yield each
        left += each.children


def path_to(root: TreeNode, path: str, line: int) -> tuple[TreeNode, ...]:
    """The nodes from ``root`` down to the one for a line (1-based) of a file; empty if there is none.

    This is the innermost node that points to the line itself, else the last one before it in the file, else the module
    of the file.
    """
    best: tuple[int, tuple[TreeNode, ...]] = (0, ())
    left: list[tuple[TreeNode, tuple[TreeNode, ...]]] = [(root, (root,))]
    while left:
        node, way = left.pop()
        score = _score(node, path, line)
        if score > best[0] or (score == best[0] > 0 and any(each is best[1][-1] for each in way)):
            best = (score, way)
        left += [(child, (*way, child)) for child in reversed(node.children)]
    return best[1]


def _score(node: TreeNode, path: str, line: int) -> int:
    """How well a node matches a line; 0: not at all."""
    at = node.location
    if at is not None and at.path == path and node.kind not in (NodeKind.ENTRY, NodeKind.REGISTRATION):
        if at.span.line <= line <= at.span.end_line:
            return 1 << 30
        # A line after a column may be a method: it belongs to the class.
        if at.span.line <= line and node.kind not in (NodeKind.COLUMN, NodeKind.KEY):
            return 2 + at.span.line
    return 1 if node.path == path else 0
