"""The findings of the rules about tables and mapped classes, from what SQLAlchemy refuses in each program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import find_class, last_name
from cucurbit.analysis.finding import Finding, Related, Severity, Subject, stronger
from cucurbit.rules.shared.environments import is_migration_file
from cucurbit.rules.shared.evidence import entry_name, labelled
from cucurbit.rules.shared.orm.judgement import judge
from cucurbit.rules.shared.orm.later import may_import_later
from cucurbit.rules.shared.orm.mappings import MAPPING_INCOMPLETE
from cucurbit.rules.shared.orm.verdicts import SILENT, WARNING, Absent, Verdict
from cucurbit.simulate.core.timeline import Event, EventKind, MetaDataId, Place, Timeline
from cucurbit.simulate.shapes.snapshot import shapes_at
from cucurbit.source import facts as f
from cucurbit.source.scan import walk
from cucurbit.workspace.model import EntryKind, Location

_CONFIGURES = frozenset({EventKind.QUERY, EventKind.MAPPERS_CONFIGURED})
_SHAPES = frozenset({EventKind.TABLE_REGISTERED, EventKind.CLASS_MAPPED})
_FAILS = frozenset({EventKind.MODULE_FAILED, EventKind.ENTRY_FAILED, EventKind.MIGRATIONS_FAILED})
_MAKES_TABLES = frozenset({EventKind.CREATE_ALL})


@dataclass(frozen=True)
class RefusedModel(Subject):
    """What a finding is about."""

    verdict: Verdict


@dataclass(frozen=True)
class Judged:
    """The verdicts about one program. ``stages``: what it certainly does, besides importing its modules.

    ``classes`` and ``tables`` are the names of those that stand.
    """

    verdicts: tuple[Verdict, ...] = ()
    stages: frozenset[str] = frozenset({"import"})
    classes: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    created: frozenset[MetaDataId] = frozenset()
    """The MetaData whose tables it creates, or compares with a database."""
    failed: bool = False
    """The import fails, so names may be missing that its rest would have given."""
    served: frozenset[str] = frozenset()
    """The files that it has executed, if it is an application or a worker: it goes on with requests or jobs."""


_NOTHING = Judged()


def judged(context: Context, timeline: Timeline) -> Judged:
    """What SQLAlchemy refuses at the end of a program, when all its modules are imported."""
    if not any(event.kind in _SHAPES for event in timeline.events):
        return _NOTHING
    standing = _standing(context, timeline)
    return Judged(
        standing.verdicts,
        _stages(timeline),
        standing.classes,
        standing.tables,
        _created(timeline),
        any(event.kind in _FAILS for event in timeline.events),
        timeline.visited if timeline.entry.startup else frozenset(),
    )


@dataclass(frozen=True)
class _JudgedShapes:
    """The verdicts about what stands at the end of a program. ``events`` are those that say what does."""

    events: tuple[Event, ...]
    verdicts: tuple[Verdict, ...]
    classes: frozenset[str]
    tables: frozenset[str]

    def as_of(self, events: tuple[Event, ...]) -> _JudgedShapes:
        """The same for a program with equal events, which other imports lead to."""
        here = {id(one): other for one, other in zip(self.events, events, strict=True)}
        verdicts = tuple(replace(each, event=here[id(each.event)]) for each in self.verdicts)
        return replace(self, events=events, verdicts=verdicts)


def _standing(context: Context, timeline: Timeline) -> _JudgedShapes:
    """Many programs import the same models, in the same order: what stands in them is judged once."""
    said = [event for event in timeline.events if event.process == 0 and _says_what_stands(event)]
    events = tuple(event for event in said if event.kind is not EventKind.CUT)
    # A repeated module has the same shapes. The events that are kept keep them alive.
    key = (judged, len(events) < len(said), *[(e.kind, id(e.shape), e.certain, e.metadata, e.place) for e in events])
    known = context.alike.get(key)
    if isinstance(known, _JudgedShapes):
        return known.as_of(events)
    shapes = shapes_at(timeline)
    classes = frozenset(each.shape.name for each in shapes.mappers)
    made = _JudgedShapes(events, judge(shapes), classes, frozenset(key for _, key in shapes.tables))
    context.alike[key] = made
    return made


def _says_what_stands(event: Event) -> bool:
    """Whether :func:`shapes_at` looks at an event."""
    return event.shape is not None or event.kind in (EventKind.CUT, EventKind.METADATA_CLEARED)


def _stages(timeline: Timeline) -> frozenset[str]:
    found = {"import"}
    for event in timeline.events:
        if event.certain and event.process == 0:
            if event.kind in _CONFIGURES:
                found.add("configure")
            elif event.kind in _MAKES_TABLES:
                found.add("ddl")
    if timeline.entry.kind is EntryKind.ALEMBIC and any(target.metadata for target in timeline.targets):
        found.add("ddl")
    return frozenset(found)


def _created(timeline: Timeline) -> frozenset[MetaDataId]:
    found = {each for target in timeline.targets for each in target.metadata or ()}
    for event in timeline.of(EventKind.CREATE_ALL):
        if event.certain and event.metadata is not None:
            found.add(event.metadata)
    return frozenset(found)


def rule_check(rule: str) -> Callable[[Context], Iterator[Finding]]:
    """The check of a rule that reports the verdicts of its name."""

    def check(context: Context) -> Iterator[Finding]:
        yield from context.memo(_all).get(rule, ())

    return check


def _all(context: Context) -> Mapping[str, tuple[Finding, ...]]:
    """The findings of all these rules, one for each place: the strongest."""
    programs = list(zip(context.entries, context.per_timeline(judged), strict=True))
    alone = {timeline.entry for timeline in context.isolated}
    known = _Known(context, tuple(each for _, each in programs))
    found: dict[tuple[str, Place], Finding] = {}
    for entry, program in programs:
        for verdict in program.verdicts:
            migrates = entry.kind is EntryKind.ALEMBIC
            severity = known.severity(verdict, program, alone=entry in alone, migrates=migrates)
            if severity is None:
                continue
            finding = _finding(context, verdict, severity, None if entry in alone else entry_name(entry))
            if severity is Severity.WARNING and program.served and known.is_elsewhere(verdict):
                finding = _told_of_program(context, finding, verdict, entry_name(entry))
            before = found.get((verdict.rule, verdict.place))
            if before is None or stronger(finding.severity, before.severity):
                found[verdict.rule, verdict.place] = finding
    by_rule: dict[str, list[Finding]] = {}
    for finding in (*found.values(), *_refused_alone(context)):
        by_rule.setdefault(finding.rule, []).append(finding)
    return MappingProxyType({rule: tuple(each) for rule, each in by_rule.items()})


def _finding(context: Context, verdict: Verdict, severity: Severity, program: str | None) -> Finding:
    where = context.location(verdict.place)
    places = [Related(context.location(place), text) for place, text in verdict.related]
    chain = labelled(context, verdict.event.link, f"executed by {program}") if program is not None else ()
    related = (_raised(where, verdict.error, verdict.said), *places, *chain)
    return Finding(
        verdict.rule,
        severity,
        verdict.event.certain,
        where,
        verdict.message,
        related,
        RefusedModel(verdict),
        cause=verdict.cause,
    )


def _told_of_program(context: Context, finding: Finding, verdict: Verdict, program: str) -> Finding:
    """The finding of models that are right, in a program that does not import all of them."""
    missing = verdict.absent[0]
    what = f"class {missing.name}" if missing.kind == "class" else f"table '{missing.name}'"
    last = missing.name.rpartition(".")[2]
    defining = [each for each in context.definitions.values() if last in (each.class_name, each.key)]
    where = f", which {defining[0].place.path} defines" if defining else ""
    message = (
        f"{program} never imports {what}{where}: the first query, or the first object of a mapped class, fails there."
        " Import that file where the program starts."
    )
    places = tuple(Related(context.location(each.place), what) for each in defining[:1])
    return replace(finding, certain=False, message=message, related=(*places, *finding.related))


def _raised(where: Location, error: str, said: str) -> Related:
    if error == SILENT:
        return Related(where, said)
    return Related(where, f"SQLAlchemy {'warns' if error == WARNING else 'raises'} {error}: {said}")


_REFUSALS = (
    "could not assemble any primary key columns",
    "does not have a __table__ or __tablename__ specified",
    "has multiple mapped bases",
    "Can't place __table_args__ on an inherited class with no table",
)
"""Parts of the messages with which SQLAlchemy refuses a class; the simulation ends there, as the program does."""


def _refused_alone(context: Context) -> Iterator[Finding]:
    """Classes that cannot be mapped, in files that no entry point reaches; ``entry-point-fails`` reports the others."""
    seen = set()
    for timeline in context.isolated:
        for event in timeline.of(EventKind.MODULE_FAILED):
            failure = event.failure
            if failure is None or not event.certain or failure.place in seen:
                continue
            if failure.place.path == timeline.entry.path and any(each in failure.message for each in _REFUSALS):
                seen.add(failure.place)
                where = context.location(failure.place)
                message = f"{_class_at(context, failure.place)} cannot be mapped: {_why(failure.message)}"
                raised = _raised(where, failure.error, failure.message)
                yield Finding(MAPPING_INCOMPLETE, Severity.ERROR, True, where, message, (raised,))


def _class_at(context: Context, place: Place) -> str:
    facts = context.facts(place.path)
    cls = find_class(facts, place.at) if facts is not None else None
    return f"Class {cls.name}" if cls is not None else "This class"


def _why(said: str) -> str:
    """Why a class cannot be mapped and what to do, from what SQLAlchemy says."""
    if "primary key" in said:
        return "its table has no primary key. Give a column `primary_key=True`."
    if "__tablename__" in said:
        return "it has no table. Give it a `__tablename__`, or `__abstract__ = True`."
    if "multiple mapped bases" in said:
        return "two of its bases are mapped. Inherit from one of them."
    return "it has no table of its own. Move `__table_args__` to the parent class."


def _creates(program: Judged, verdict: Verdict) -> bool:
    """Whether a program creates the tables that a verdict is about; true of verdicts about anything else."""
    definition = verdict.event.definition
    return verdict.stage != "ddl" or (definition is not None and definition.metadata in program.created)


def _reaches(program: Judged, verdict: Verdict) -> bool:
    """Whether a program certainly comes to where SQLAlchemy refuses."""
    return verdict.stage in program.stages and _creates(program, verdict)


@dataclass(frozen=True)
class _Known:
    """What all programs of the workspace know together."""

    context: Context
    programs: tuple[Judged, ...]

    def severity(self, verdict: Verdict, program: Judged, *, alone: bool, migrates: bool) -> Severity | None:
        """How bad a verdict is for a program; None if it is not true of the program, or not known to be.

        ``alone``: no entry point reaches the file. Its package is then judged as if all of it were imported.
        ``migrates``: the program is env.py. ``model-not-in-migrations`` reports that it does not import a table.
        """
        version = self.context.workspace.version("sqlalchemy", verdict.place.path)
        if version is not None and version < verdict.since:
            return None
        unregistered = any(each.kind in ("class", "table") for each in verdict.absent)
        if program.failed and verdict.stage != "import" and unregistered:
            return None
        if any(self._added_later(each) for each in verdict.absent):
            return None
        if verdict.stage == "ddl" and is_migration_file(self.context, verdict.place.path):
            # A table of a revision, which only serves its statements.
            return None
        if self.is_elsewhere(verdict):
            # The models are right; this program lacks an import.
            if alone or (migrates and verdict.stage == "ddl"):
                return None
            if _reaches(program, verdict):
                return verdict.severity
            return Severity.WARNING if self._will_reach(verdict, program) else None
        if not any(_creates(each, verdict) for each in self.programs):
            return Severity.WARNING
        if verdict.severity is Severity.ERROR and migrates and verdict.stage == "configure":
            # Alembic does not configure mappers. A program that uses the models does.
            return Severity.ERROR if _reaches(program, verdict) else Severity.WARNING
        return verdict.severity

    def is_elsewhere(self, verdict: Verdict) -> bool:
        """Whether another program, or a file that none executes, has a name that is missing."""
        return any(self._elsewhere(each) for each in verdict.absent)

    def _will_reach(self, verdict: Verdict, program: Judged) -> bool:
        """Whether requests or jobs of a program come to where SQLAlchemy refuses, as they use its models."""
        if not program.served or verdict.stage != "configure":
            return False
        return not may_import_later(self.context, program.served)

    def _elsewhere(self, absent: Absent) -> bool:
        """Whether another program, or a file that none executes, has what is missing."""
        if absent.kind == "table":
            bare = absent.name.rpartition(".")[2]
            return any(absent.name in each.tables for each in self.programs) or bare in self.context.memo(_tables)
        if absent.kind == "class":
            return any(absent.name in each.classes for each in self.programs) or absent.name in self.context.memo(
                _classes
            )
        return False

    def _added_later(self, absent: Absent) -> bool:
        if absent.kind not in ("attribute", "column"):
            return False
        later = self.context.memo(set_later)
        return absent.name in later or (absent.kind == "column" and "append_column" in later)


def _classes(context: Context) -> frozenset[str]:
    """The names of the classes that some file defines at its top level or in a function."""
    return frozenset().union(*(context.about(path, _classes_of) or () for path in context.workspace.candidates()))


def _classes_of(facts: f.ModuleFacts) -> frozenset[str]:
    return frozenset(step.name for body in facts.bodies for step in walk(body) if isinstance(step, f.ClassDef))


@dataclass(frozen=True)
class _TableNames:
    """The names of tables that a file writes: in calls of ``Table``, and as ``__tablename__``."""

    calls: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()


def _tables(context: Context) -> frozenset[str]:
    """The names of tables that some file gives: in calls of ``Table``, and to classes if no program executes it.

    The simulation knows the classes of the files that a program executes.
    """
    executed = frozenset().union(*(each.visited for each in (*context.timelines, *context.isolated)))
    found: set[str] = set()
    for path in context.workspace.candidates():
        names = context.about(path, _tables_of) or _TableNames()
        found |= names.calls if path in executed else names.calls | names.classes
    return frozenset(found)


def _tables_of(facts: f.ModuleFacts) -> _TableNames:
    calls, classes = set(), set()
    for body in facts.bodies:
        for step in walk(body):
            for inner in walk(step.body) if isinstance(step, f.ClassDef) else (step,):
                value = inner.value if isinstance(inner, (f.Assign, f.Do, f.Return)) else None
                target = inner.targets[0] if isinstance(inner, f.Assign) else None
                if isinstance(target, f.Name) and target.id == "__tablename__" and isinstance(value, f.Const):
                    classes.add(str(value.value))
                elif isinstance(value, f.Call) and last_name(value.func) == "Table" and value.args:
                    first = value.args[0]
                    calls |= {str(first.value)} if isinstance(first, f.Const) else set()
    return _TableNames(frozenset(calls), frozenset(classes))


def set_later(context: Context) -> frozenset[str]:
    """The attributes that statements outside of classes set on names: ``User.posts = relationship(...)``."""
    return frozenset().union(*(context.about(path, _attributes_set) or () for path in context.workspace.candidates()))


def _attributes_set(facts: f.ModuleFacts) -> frozenset[str]:
    found = set()
    for body in facts.bodies:
        for step in walk(body):
            if isinstance(step, f.Assign):
                found |= {each.name for each in step.targets if isinstance(each, f.Attr) and not _is_self(each)}
            elif isinstance(step, f.Do) and isinstance(step.value, f.Call) and isinstance(step.value.func, f.Attr):
                found |= {step.value.func.name} & {"append_column"}
    return frozenset(found)


def _is_self(target: f.Attr) -> bool:
    return isinstance(target.value, f.Name) and target.value.id in ("self", "cls")
