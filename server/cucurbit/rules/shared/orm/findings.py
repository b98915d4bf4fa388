"""The findings of the rules about tables and mapped classes, from what SQLAlchemy refuses in each program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, Subject, stronger
from cucurbit.rules.shared.evidence import entry_name, labelled
from cucurbit.rules.shared.orm.judgement import judge
from cucurbit.rules.shared.orm.verdicts import Absent, Verdict
from cucurbit.simulate.core.timeline import EventKind, Place, Timeline
from cucurbit.simulate.shapes.snapshot import shapes_at
from cucurbit.source import facts as f
from cucurbit.source.scan import walk
from cucurbit.workspace.model import EntryKind

_CONFIGURES = frozenset({EventKind.QUERY, EventKind.MAPPERS_CONFIGURED})
_MAKES_TABLES = frozenset({EventKind.CREATE_ALL})


@dataclass(frozen=True)
class Refused(Subject):
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


_NOTHING = Judged()


def judged(_: Context, timeline: Timeline) -> Judged:
    """What SQLAlchemy refuses at the end of a program, when all its modules are imported."""
    if not any(event.kind is EventKind.TABLE_REGISTERED for event in timeline.events):
        return _NOTHING
    shapes = shapes_at(timeline)
    return Judged(
        judge(shapes),
        _stages(timeline),
        frozenset(each.shape.name for each in shapes.mappers),
        frozenset(key for _, key in shapes.tables),
    )


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


def rule_check(rule: str) -> Callable[[Context], Iterator[Finding]]:
    """The check of a rule that reports the verdicts of its name."""

    def check(context: Context) -> Iterator[Finding]:
        yield from context.memo(_all).get(rule, ())

    return check


def _all(context: Context) -> Mapping[str, tuple[Finding, ...]]:
    """The findings of all these rules, one for each place: the strongest."""
    programs = list(zip(context.entries, context.per_timeline(judged), strict=True))
    if not any(each.verdicts for _, each in programs):
        return MappingProxyType({})
    alone = {timeline.entry for timeline in context.isolated}
    known = _Known(context, tuple(each for _, each in programs))
    found: dict[tuple[str, Place], Finding] = {}
    for entry, program in programs:
        for verdict in program.verdicts:
            severity = known.severity(verdict, program, alone=entry in alone)
            if severity is None:
                continue
            finding = _finding(context, verdict, severity, None if entry in alone else entry_name(entry))
            before = found.get((verdict.rule, verdict.place))
            if before is None or stronger(finding.severity, before.severity):
                found[verdict.rule, verdict.place] = finding
    by_rule: dict[str, list[Finding]] = {}
    for (rule, _), finding in found.items():
        by_rule.setdefault(rule, []).append(finding)
    return MappingProxyType({rule: tuple(each) for rule, each in by_rule.items()})


def _finding(context: Context, verdict: Verdict, severity: Severity, program: str | None) -> Finding:
    where = context.location(verdict.place)
    related = [Related(context.location(place), text) for place, text in verdict.related]
    if verdict.error:
        related.insert(0, Related(where, f"SQLAlchemy raises {verdict.error}: {verdict.said}"))
    chain = labelled(context, verdict.event.link, f"executed by {program}") if program is not None else ()
    return Finding(
        verdict.rule, severity, verdict.event.certain, where, verdict.message, (*related, *chain), Refused(verdict)
    )


@dataclass(frozen=True)
class _Known:
    """What all programs of the workspace know together."""

    context: Context
    programs: tuple[Judged, ...]

    def severity(self, verdict: Verdict, program: Judged, *, alone: bool) -> Severity | None:
        """How bad a verdict is for a program; None if it is not true of the program, or not known to be.

        ``alone``: no entry point reaches the file. Its package is then judged as if all of it were imported.
        """
        elsewhere = any(self._elsewhere(each) for each in verdict.absent)
        if any(self._added_later(each) for each in verdict.absent):
            return None
        if elsewhere:
            # The models are right; this program lacks an import.
            does = verdict.stage in program.stages and not alone
            return verdict.severity if does else None
        if verdict.stage == "ddl" and not alone and not any("ddl" in each.stages for each in self.programs):
            return Severity.WARNING
        return verdict.severity

    def _elsewhere(self, absent: Absent) -> bool:
        """Whether another program, or a file that none executes, has what is missing."""
        if absent.kind == "table":
            return any(absent.name in each.tables for each in self.programs) or self._written(absent.name)
        if absent.kind == "class":
            return any(absent.name in each.classes for each in self.programs) or self._defined(absent.name)
        return False

    def _defined(self, name: str) -> bool:
        return any(name in each for each in self.context.memo(_class_names).values())

    def _written(self, name: str) -> bool:
        return any(name.rpartition(".")[2] in each for each in self.context.memo(_table_names).values())

    def _added_later(self, absent: Absent) -> bool:
        if absent.kind not in ("attribute", "column"):
            return False
        later = self.context.memo(_set_later)
        return absent.name in later or (absent.kind == "column" and "append_column" in later)


def _class_names(context: Context) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({path: context.about(path, _classes_of) or frozenset() for path in _files(context)})


def _files(context: Context) -> Iterator[str]:
    return iter(context.workspace.candidates())


def _classes_of(facts: f.ModuleFacts) -> frozenset[str]:
    return frozenset(step.name for body in facts.bodies for step in walk(body) if isinstance(step, f.ClassDef))


def _table_names(context: Context) -> Mapping[str, frozenset[str]]:
    """The strings that a file gives as the name of a table."""
    return MappingProxyType({path: context.about(path, _tables_of) or frozenset() for path in _files(context)})


def _tables_of(facts: f.ModuleFacts) -> frozenset[str]:
    found = set()
    for body in facts.bodies:
        for step in walk(body):
            for inner in walk(step.body) if isinstance(step, f.ClassDef) else (step,):
                value = inner.value if isinstance(inner, f.Assign) else None
                target = inner.targets[0] if isinstance(inner, f.Assign) else None
                if isinstance(target, f.Name) and target.id == "__tablename__":
                    found |= {value.value} if isinstance(value, f.Const) and isinstance(value.value, str) else set()
                elif isinstance(value, f.Call) and value.args and isinstance(value.args[0], f.Const):
                    first = value.args[0].value
                    found |= {first} if isinstance(first, str) else set()
    return frozenset(found)


def _set_later(context: Context) -> frozenset[str]:
    """The attributes that statements outside of classes set on names: ``User.posts = relationship(...)``."""
    return frozenset().union(*(context.about(path, _attributes_set) or () for path in _files(context)))


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
