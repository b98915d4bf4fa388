"""What the registration view shows, as two trees: timelines nested by import, and tables by MetaData."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from cucurbit.analysis.context import Context
from cucurbit.ide.standing import entry_name, times
from cucurbit.rules.shared.evidence import brief
from cucurbit.simulate.core.timeline import Event, EventKind, LinkKind, Place, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.source.span import START
from cucurbit.workspace.model import EntryKind, Location


class NodeKind(str, Enum):
    """What a node stands for; an editor chooses the icon."""

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
    CLASS = "class"
    REGISTRATION = "registration"
    ENVIRONMENT = "environment"


class Alarm(str, Enum):
    """How much a node, or what it holds, should stand out."""

    NONE = ""
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Node:
    """One line of a tree.

    ``name`` tells it from its siblings, and is the same in the next analysis as long as the node is. ``location`` is
    where a click leads, None where it leads nowhere; ``path`` is the file that a module executes. ``search`` is what a
    filter looks at.
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
    children: tuple[Node, ...] = ()


_STARTS = frozenset({EventKind.MODULE_STARTED, EventKind.MIGRATIONS_STARTED})
_ENDS = frozenset(
    {EventKind.MODULE_FINISHED, EventKind.MODULE_FAILED, EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED}
)
_FAILURES = frozenset({EventKind.MODULE_FAILED, EventKind.MIGRATIONS_FAILED})


class Trees:
    """The trees of one analysis, each built when it is first asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._built: dict[str, Node] = {}

    def entries(self, text: str = "") -> tuple[Node, ...]:
        """The entry points, without what happens in them; with a filter, those in which something matches."""
        wanted = text.strip().lower()
        return tuple(
            _entry(timeline)
            for timeline in self._context.timelines
            if not wanted or any(wanted in _searched(event) for event in timeline.events)
        )

    def entry(self, target: str) -> Node | None:
        """An entry point with everything that happens, nested as the imports are; None where there is none such."""
        if target not in self._built:
            timeline = next((each for each in self._context.timelines if each.entry.target == target), None)
            if timeline is None:
                return None
            self._built[target] = _Builder(self._context, timeline).tree()
        return self._built[target]


def _entry(timeline: Timeline) -> Node:
    entry = timeline.entry
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
    return Node(
        name=entry.target,
        kind=NodeKind.ENTRY,
        label=entry_name(entry),
        description=", ".join(parts),
        tooltip=f"{how}: {entry.path}{named}.",
        location=Location(entry.path, START),
        path=entry.path,
        alarm=Alarm.ERROR if rejected or failed else Alarm.NONE,
    )


def _searched(event: Event) -> str:
    """What a filter looks at: tables, classes and modules."""
    definition = event.definition
    if definition is not None:
        return f"{definition.key} {definition.class_name}".lower()
    return f"{event.module} {event.path}".lower() if event.kind is EventKind.MODULE_STARTED else ""


@dataclass
class _Open:
    """A node whose children are still coming."""

    node: Node
    process: int
    children: list[Node]
    names: dict[str, int]

    def add(self, node: Node) -> None:
        """Add a child; of several that are called the same, each after the first gets a number."""
        count = self.names[node.name] = self.names.get(node.name, 0) + 1
        self.children.append(node if count == 1 else replace(node, name=f"{node.name}#{count}"))

    def close(self, failure: Event | None) -> Node:
        """The node with its children, and in a few words what they hold."""
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


def _count(node: Node, kind: NodeKind) -> int:
    """How many nodes of a kind stand at and below a node, without recursion: imports nest deep."""
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

    def tree(self) -> Node:
        root = _entry(self._timeline)
        stack = [_Open(replace(root, description="", alarm=Alarm.NONE), 0, [], {})]
        for event in self._timeline.events:
            if event.kind in _STARTS:
                stack.append(_Open(self._started(event, stack[-1].process), event.process, [], {}))
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

    def _started(self, event: Event, outer: int) -> Node:
        in_migrations = event.link is not None and event.link.kind is LinkKind.MIGRATION
        apart = f"process {event.process}" if event.process != outer else ""
        if event.kind is EventKind.MIGRATIONS_STARTED:
            return Node(
                name="migrations",
                kind=NodeKind.MIGRATIONS,
                label="Migrations start",
                description=apart,
                tooltip=self._maybe(event, f"{event.detail or 'upgrade'}: Alembic runs env.py and the revision files"),
                location=self._where(event.place),
                certain=event.certain,
            )
        return Node(
            name=f"module {event.module}",
            kind=NodeKind.MODULE,
            # What Alembic loads by path has a name that nobody wrote.
            label=event.path if in_migrations else event.module or event.path,
            description=apart,
            tooltip=self._maybe(event, f"Executes {event.path}"),
            location=self._imported(event) or Location(event.path, START),
            path=event.path,
            certain=event.certain,
            search=_searched(event),
        )

    def _node(self, event: Event) -> Node | None:
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
        return Node(
            name=f"{event.kind.value} {event.place.path}:{event.place.at}",
            kind=kind,
            label=label,
            description=detail,
            tooltip=self._maybe(event, f"{label}: {detail}" if detail else label),
            location=where,
            certain=event.certain,
            alarm=alarm,
        )

    def _table(self, event: Event) -> Node | None:
        definition = event.definition
        found = _TABLES.get(event.kind)
        if definition is None or found is None:
            return None
        kind, alarm, word = found
        parts = [part for part in (definition.class_name, word) if part]
        tooltip = f"{definition.key}: {definition.class_name or 'Table(...)'} in {definition.module}"
        if event.other is not None:
            tooltip += f"\n{word[:1].upper()}{word[1:]}: it stands already, from {self._context.at(event.other.place)}"
        return Node(
            name=f"table {definition.key}",
            kind=kind,
            label=definition.key,
            description=" ".join(parts),
            tooltip=self._maybe(event, tooltip),
            location=self._where(definition.place),
            certain=event.certain,
            alarm=alarm,
            search=_searched(event),
        )

    def _imported(self, event: Event) -> Location | None:
        """The import that has a module executed."""
        return None if event.link is None else self._where(event.link.place)

    def _where(self, place: Place) -> Location | None:
        return None if place.at == WHOLE_FILE or not place.path else self._context.location(place)

    @staticmethod
    def _maybe(event: Event, text: str) -> str:
        return text if event.certain else f"{text}\nNot certain: it depends on something that is not known."


_TABLES = {
    EventKind.TABLE_REGISTERED: (NodeKind.TABLE, Alarm.NONE, ""),
    EventKind.TABLE_REJECTED: (NodeKind.REJECTED, Alarm.ERROR, "rejected"),
    EventKind.TABLE_REUSED: (NodeKind.REDEFINED, Alarm.WARNING, "redefined"),
}

_LABELS = {
    EventKind.CREATE_ALL: ("create_all", NodeKind.CREATE_ALL, Alarm.NONE),
    EventKind.QUERY: ("Query", NodeKind.QUERY, Alarm.NONE),
    EventKind.METADATA_CLEARED: ("MetaData cleared", NodeKind.OTHER, Alarm.WARNING),
    EventKind.FAILURE_SWALLOWED: ("Failure caught, the program goes on", NodeKind.OTHER, Alarm.WARNING),
    EventKind.LOGGING_CONFIGURED: ("Logging configured", NodeKind.OTHER, Alarm.NONE),
    EventKind.RESERVED_ATTRIBUTE: ("Reserved attribute", NodeKind.FAILED, Alarm.WARNING),
    EventKind.ENTRY_FAILED: ("The entry point fails", NodeKind.FAILED, Alarm.ERROR),
    EventKind.CUT: ("Something unknown may hide events", NodeKind.CUT, Alarm.NONE),
}


# ------------------------------------------------------------------------ walks


def shown(nodes: Iterable[Node], names: Sequence[str], text: str = "") -> tuple[Node, ...]:
    """What is shown below a path of names: with a filter, what matches it and what leads there; below a match, all."""
    wanted = text.strip().lower()
    for name in names:
        node = next((node for node in nodes if node.name == name), None)
        if node is None:
            return ()
        if wanted and wanted in node.search:
            wanted = ""
        nodes = node.children
    return tuple(node for node in nodes if not wanted or any(wanted in each.search for each in _below(node)))


def leads_on(node: Node, text: str) -> bool:
    """Whether a node is shown for what it holds, and not for itself."""
    wanted = text.strip().lower()
    return bool(wanted) and wanted not in node.search and bool(node.children)


def _below(node: Node) -> Iterator[Node]:
    left = [node]
    while left:
        each = left.pop()
        yield each
        left += each.children


def path_to(root: Node, path: str, line: int) -> tuple[Node, ...]:
    """The nodes from ``root`` down to what stands at a line (1-based) of a file; empty where nothing does.

    That is the innermost that points to the line itself, else the last before it in the file, else the file's module.
    """
    best: tuple[int, tuple[Node, ...]] = (0, ())
    left: list[tuple[Node, tuple[Node, ...]]] = [(root, (root,))]
    while left:
        node, way = left.pop()
        score = _score(node, path, line)
        if score > best[0] or (score == best[0] > 0 and any(each is best[1][-1] for each in way)):
            best = (score, way)
        left += [(child, (*way, child)) for child in reversed(node.children)]
    return best[1]


def _score(node: Node, path: str, line: int) -> int:
    """How well a node fits a line; 0: not at all."""
    at = node.location
    if at is not None and at.path == path and node.kind is not NodeKind.ENTRY:
        if at.span.line <= line <= at.span.end_line:
            return 1 << 30
        if at.span.line <= line:
            return 2 + at.span.line
    return 1 if node.path == path else 0
