"""``module-loaded-twice``: one file executed under two module names, and the silent twin, two copies of a MetaData."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, Subject, stronger, strongest
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import import_statement
from cucurbit.analysis.wording import listed
from cucurbit.rules.module_loaded_twice.fixes import import_right_name
from cucurbit.rules.shared.evidence import entries_named, labelled
from cucurbit.rules.shared.rejections import runs_by_path
from cucurbit.rules.shared.tests_as_programs import test_timelines
from cucurbit.simulate.core.timeline import Event, EventKind, Link, MetaDataId, Place, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import Location

NAME = "module-loaded-twice"

_MAIN = "__main__"


@dataclass(frozen=True)
class LoadedTwice(Subject):
    """The file, its right name, its wrong one, and the import (its alias) that spells it wrongly, where it is one.

    ``tables`` are what comes of it: those that are refused, merged or split.
    """

    path: str
    right: str
    wrong: str
    place: Place | None
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Load:
    """One execution of a file."""

    index: int
    event: Event


@dataclass(frozen=True)
class _Twin:
    """A file that was executed twice on a timeline: under its right name, or under one wrong name before another.

    ``proper`` is the right name, under which the file need not have been executed to its end.
    """

    timeline: Timeline
    path: str
    right: _Load
    wrong: _Load
    proper: str

    @property
    def second(self) -> _Load:
        return max(self.right, self.wrong, key=lambda load: load.index)

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.right.event.module, self.wrong.event.module))


@dataclass(frozen=True)
class _Effect:
    """What comes of a double load: ``tables`` are refused, merged, or spread over two copies of a MetaData."""

    severity: Severity
    text: str
    tables: tuple[str, ...]
    refused: bool = False


def check(context: Context) -> Iterator[Finding]:
    found: dict[tuple[Location, str], list[tuple[_Twin, _Effect]]] = {}
    for timeline in (*context.timelines, *test_timelines(context)):
        twins = list(_twins(context, timeline))
        for twin in twins:
            effect = _effect(timeline, twin)
            if effect is None:
                continue
            # A file that is loaded twice because the one importing it was: the outer import is the one to mend.
            cause = _outermost(twins, twin)
            found.setdefault((_location(context, cause), cause.path), []).append((cause, effect))
    for (location, _), same in found.items():
        yield _finding(context, location, same)


# ------------------------------------------------------------------ double loads


def _twins(context: Context, timeline: Timeline) -> Iterator[_Twin]:
    loads: dict[tuple[int, str], dict[str, _Load]] = {}
    imported = frozenset(record.place for record in timeline.imports)
    for index, event in enumerate(timeline.events):
        if event.kind is EventKind.MODULE_STARTED and not runs_by_path(timeline, event, imported):
            loads.setdefault((event.process, event.path), {}).setdefault(event.module, _Load(index, event))
    for (_, path), by_name in loads.items():
        if len(by_name) > 1:
            right = _right_name(context, timeline, path, list(by_name))
            wrong = [load for name, load in by_name.items() if name != right]
            for load in wrong:
                yield _Twin(timeline, path, by_name[right], load, right)
            for first, second in combinations(wrong, 2):
                # Where the entry point is one of them, it is the other that is imported.
                pair = (second, first) if first.event.module == _MAIN else (first, second)
                yield _Twin(timeline, path, *pair, right)


def _right_name(context: Context, timeline: Timeline, path: str, names: list[str]) -> str:
    """The name that the imports of the workspace agree on."""
    candidates = [name for name in names if name != _MAIN]
    expected = context.workspace.module_name(path)
    if expected in candidates:
        return expected
    asked = [record.module for record in timeline.imports]
    return max(candidates, key=asked.count) if candidates else names[0]


def _outermost(twins: list[_Twin], twin: _Twin) -> _Twin:
    wrong = {each.wrong.event.module: each for each in reversed(twins) if _MAIN not in each.names}
    if _MAIN in twin.names:
        return twin
    for link in twin.wrong.event.link or ():
        if link.target in wrong and _roots(wrong[link.target]) == _roots(twin):
            return wrong[link.target]
    return twin


def _roots(twin: _Twin) -> tuple[str, str]:
    """The parts of both names before their common end. A copy imports its neighbours by its own root."""
    right, wrong = twin.right.event.module.split("."), twin.wrong.event.module.split(".")
    while right and wrong and right[-1] == wrong[-1]:
        right, wrong = right[:-1], wrong[:-1]
    return ".".join(right), ".".join(wrong)


def _is_start(load: _Load) -> bool:
    """Whether the load is the start of the entry point, and no import."""
    return load.event.link is None or load.event.link.place.at == WHOLE_FILE


def _blamed(twin: _Twin) -> Link | None:
    """The import that loads the file under its wrong name; for an entry point the one that loads it again."""
    return twin.second.event.link if _is_start(twin.wrong) else twin.wrong.event.link


def _location(context: Context, twin: _Twin) -> Location:
    named_by = twin.timeline.entry.named_by
    if named_by is not None and _is_start(twin.wrong) and _MAIN not in twin.names:
        return named_by
    link = _blamed(twin)
    if link is not None and link.place.at != WHOLE_FILE:
        return context.location(import_statement(context, link.place))
    return Location(twin.path, context.span(Place(twin.path, WHOLE_FILE)))


# ----------------------------------------------------------------------- effects


def _effect(timeline: Timeline, twin: _Twin) -> _Effect | None:
    refused: list[Event] = []
    merged: list[Event] = []
    for event in timeline.of(EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED):
        definition, other = event.definition, event.other
        if definition is None or other is None or definition.place != other.place:
            continue
        if definition.place.path == twin.path and {definition.module, other.module} == twin.names:
            (refused if event.kind is EventKind.TABLE_REJECTED else merged).append(event)
    if refused:
        certain = any(event.certain for event in refused)
        known = (event.definition.key for event in refused if event.definition is not None)
        return _refusal(Severity.ERROR if certain else Severity.WARNING, known)
    if merged:
        keys = tuple(event.definition.key for event in merged if event.definition is not None)
        return _Effect(Severity.WARNING, f"two classes are mapped to one table ({listed(keys)})", keys)
    return _after_clear(timeline, twin) or _silent(timeline, twin)


def _after_clear(timeline: Timeline, twin: _Twin) -> _Effect | None:
    """Tables that ``MetaData.clear()`` took away in between, so that the second load is not refused."""
    registered: dict[str, dict[str, None]] = {name: {} for name in twin.names}
    cleared = False
    for event in timeline.events:
        if event.process != twin.wrong.event.process:
            continue
        cleared = cleared or event.kind is EventKind.METADATA_CLEARED
        definition = event.definition
        if event.kind is EventKind.TABLE_REGISTERED and definition is not None and definition.place.path == twin.path:
            registered.get(definition.module, {})[definition.key] = None
    first, second = registered.values()
    keys = tuple(key for key in first if key in second)
    if not cleared or not keys:
        return None
    text = f"MetaData.clear() hides it, and two classes are mapped to one table ({listed(keys)})"
    return _Effect(Severity.WARNING, text, keys)


def _refusal(severity: Severity, keys: Iterable[str]) -> _Effect:
    tables = tuple(dict.fromkeys(keys))
    names = listed(f"'{key}'" for key in tables)
    subject = f"table {names} is" if len(tables) == 1 else f"tables {names} are"
    text = f"SQLAlchemy {'raises' if severity is Severity.ERROR else 'may raise'}: {subject} already defined"
    return _Effect(severity, text, tables, refused=True)


def _silent(timeline: Timeline, twin: _Twin) -> _Effect | None:
    """Two copies of a MetaData made in the file, both in use."""
    process = twin.wrong.event.process
    copies: dict[str, dict[MetaDataId, list[str]]] = {}
    for event in timeline.of(EventKind.TABLE_REGISTERED):
        if event.definition is not None and event.process == process:
            metadata = event.definition.metadata
            if _made_in(metadata, twin):
                copies.setdefault(metadata.module, {}).setdefault(metadata, []).append(event.definition.key)
    for target in timeline.targets:
        for metadata in target.metadata or ():
            if _made_in(metadata, twin):
                copies.setdefault(metadata.module, {}).setdefault(metadata, [])
    if set(copies) != twin.names:
        return None
    tables = tuple(dict.fromkeys(key for keys in copies[twin.wrong.event.module].values() for key in keys))
    others = tuple(dict.fromkeys(key for keys in copies[twin.right.event.module].values() for key in keys))
    text = (
        "two copies of its MetaData exist and nothing raises;"
        f" {_are(tables)} on that of {twin.wrong.event.module},"
        f" {_are(others)} on that of {twin.right.event.module}, and Alembic compares only one of them"
    )
    return _Effect(Severity.WARNING, text, tables or others)


def _made_in(metadata: MetaDataId, twin: _Twin) -> bool:
    return metadata.place is not None and metadata.place.path == twin.path and metadata.module in twin.names


def _are(tables: tuple[str, ...]) -> str:
    return f"{listed(tables)} {'is' if len(tables) == 1 else 'are'}" if tables else "no table is"


# ----------------------------------------------------------------------- finding


def _finding(context: Context, location: Location, same: list[tuple[_Twin, _Effect]]) -> Finding:
    severity = strongest(effect.severity for _, effect in same)
    twin, effect = next((twin, effect) for twin, effect in same if effect.severity is severity)
    if effect.refused:
        # Files that are loaded twice because this one is have tables as well.
        alike = (each for _, each in same if each.refused and each.severity is severity)
        effect = _refusal(severity, (key for each in alike for key in each.tables))
    right, wrong = twin.right.event.module, twin.wrong.event.module
    entries = entries_named(each.timeline for each, _ in same)
    if wrong == _MAIN:
        what = f"{twin.path} runs as __main__ and is imported again as {right} here ({entries})"
        advice = f"Move what others import out of {twin.path}, or start the program from a file that nothing imports."
    else:
        what = f"{twin.path} is loaded twice, as {right} and as {wrong} ({entries})"
        advice = f"This import uses the wrong name: import {twin.proper}."
        if _is_start(twin.wrong):
            advice = f"The entry point has the wrong name: start it as {twin.proper}."
    related: list[Related] = []
    related += labelled(context, twin.right.event.link, f"loaded as {right}")
    related += labelled(context, twin.wrong.event.link, f"loaded as {wrong}")
    link = _blamed(twin)
    subject = LoadedTwice(twin.path, twin.proper, wrong, link.place if link is not None else None, effect.tables)
    certain = severity is Severity.ERROR or twin.second.event.certain
    if all(each.timeline not in context.timelines for each, _ in same):
        # Which folders pytest has on sys.path is not known for sure.
        severity, certain = Severity.WARNING if stronger(severity, Severity.WARNING) else severity, False
        advice = f"Only tests raise it. {advice}"
    return Finding(NAME, severity, certain, location, f"{what}: {effect.text}. {advice}", tuple(related), subject)


RULE = Rule(
    NAME,
    "One file is executed under two module names, so that its tables or its MetaData exist twice.",
    Severity.ERROR,
    check,
    fixes=import_right_name,
)
