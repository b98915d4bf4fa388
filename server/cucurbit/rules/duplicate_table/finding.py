"""``duplicate-table``: one metadata key, two definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject, strongest
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.wording import listed
from cucurbit.rules.duplicate_table.fixes import keep_one_definition
from cucurbit.rules.shared.evidence import entry_name, labelled, subject_of, swallowed_at, while_migrating
from cucurbit.rules.shared.inherited_name import inherited_name
from cucurbit.rules.shared.rejections import Cause, Rejection, rejections
from cucurbit.simulate.core.timeline import EventKind, MetaDataId, Place, TableDefinition, Timeline
from cucurbit.workspace.model import EntryKind

NAME = "duplicate-table"


@dataclass(frozen=True)
class Duplicate(Subject):
    """``definition`` is at the place of the finding; ``other`` is the one registered before, or elsewhere."""

    definition: TableDefinition
    other: TableDefinition


def check(context: Context) -> Iterator[Finding]:
    pairs: dict[frozenset[Place], list[Rejection]] = {}
    for timeline in (*context.timelines, *context.isolated):
        for rejection in rejections(timeline, Cause.DUPLICATE):
            other = rejection.other.place if rejection.other is not None else rejection.definition.place
            pairs.setdefault(frozenset((rejection.definition.place, other)), []).append(rejection)
    for found in pairs.values():
        yield _rejected(context, found)
    yield from _latent(context, set(pairs))


# ---------------------------------------------------------------------- rejected


def _severity(context: Context, rejection: Rejection) -> Severity:
    """An isolated file is imported by nobody: what it would raise is no promise."""
    if rejection.timeline in context.isolated:
        same_file = rejection.other is not None and rejection.other.place.path == rejection.definition.place.path
        return Severity.WARNING if same_file else Severity.INFORMATION
    return Severity.ERROR if rejection.event.certain else Severity.WARNING


def _rejected(context: Context, found: list[Rejection]) -> Finding:
    severity = strongest(_severity(context, rejection) for rejection in found)
    shown = next(rejection for rejection in found if _severity(context, rejection) is severity)
    isolated = shown.timeline in context.isolated
    same = [
        each
        for each in found
        if each.definition.place == shown.definition.place and (each.timeline in context.isolated) is isolated
    ]
    related: tuple[Related, ...] = ()
    if shown.other is not None:
        related += (Related(context.location(shown.other.place), f"{subject_of(shown.other)} is defined first here"),)
        related += labelled(
            context, shown.earlier.link if shown.earlier is not None else None, "to the first definition"
        )
    inherited = inherited_name(context, shown.definition)
    if inherited is not None:
        related += (Related(context.location(inherited.place), f"{inherited.cls} gives the table its name here"),)
    related += labelled(context, shown.event.link, "to this definition")
    if shown.event.failure is not None:
        handler = swallowed_at(shown.timeline, shown.event.failure, shown.index)
        if handler is not None:
            related += (Related(context.location(handler), "the failure is hidden here"),)
    subject = Duplicate(shown.definition, shown.other or shown.definition)
    location = context.location(shown.definition.place)
    cause = _cause(shown) if isolated else None
    return Finding(
        NAME, severity, shown.event.certain, location, _message(context, shown, same), related, subject, cause
    )


def _cause(shown: Rejection) -> CommonCause | None:
    """What the definitions of a file that nobody imports have in common: other files have them too."""
    if shown.other is None:
        return None
    path, other, entry = shown.definition.place.path, shown.other.place.path, shown.timeline.entry
    return CommonCause(
        ("isolated", path, entry.path),
        f"{{number}} tables ({{items}}) of {path} are already defined elsewhere when {entry.module} is imported, so"
        " SQLAlchemy raises InvalidRequestError. No entry point imports it today. Keep one definition of each.",
        (f"'{shown.definition.key}'",),
        f"defines '{shown.definition.key}', as {other} does",
    )


def _message(context: Context, shown: Rejection, same: list[Rejection]) -> str:
    key, this = shown.definition.key, subject_of(shown.definition)
    if shown.other is None:
        return (
            f"Table '{key}' may already be in the MetaData: it was reflected before {this} runs here"
            f" ({entry_name(shown.timeline.entry)}). Pass extend_existing=True, or reflect after the models are"
            " defined."
        )
    other = context.at(shown.other.place)
    if shown.timeline in context.isolated:
        return (
            f"Table '{key}' is already defined at {other} when {shown.timeline.entry.module} is imported, so {this}"
            " here makes SQLAlchemy raise InvalidRequestError. No entry point imports it today. Keep one definition."
        )
    where = listed(_way(rejection) for rejection in same)
    certain = shown.event.certain
    defined = f"is already defined at {other}, so" if certain else f"may already be defined at {other}: then"
    return (
        f"Table '{key}' {defined} {this} here makes SQLAlchemy raise InvalidRequestError ({where})."
        f" {_advice(context, shown)}"
    )


def _advice(context: Context, shown: Rejection) -> str:
    inherited = inherited_name(context, shown.definition)
    if inherited is None:
        return "Keep one definition and import it wherever the table is used."
    return (
        f"The name is that of {inherited.cls}.__tablename__ ({context.at(inherited.place)}), which each class that "
        "derives from it has: give each class its own, or make it a declared_attr that depends on the class."
    )


def _way(rejection: Rejection) -> str:
    entry = rejection.timeline.entry
    migrating = while_migrating(rejection.event.link) and entry.kind is not EntryKind.ALEMBIC
    return f"{entry_name(entry)}{' while migrations run' if migrating else ''}"


# ------------------------------------------------------------------------ latent


def _latent(context: Context, known: set[frozenset[Place]]) -> Iterator[Finding]:
    """Definitions of one key on one MetaData that no entry point executes together."""
    together = [_executed(timeline) for timeline in (*context.timelines, *context.isolated)]
    live = frozenset().union(*[_executed(timeline) for timeline in context.timelines])
    programs = {timeline.entry.path for timeline in context.timelines}
    for same in _by_key(context.definitions.values()):
        # The one that runs is the one to keep: the others are measured against it.
        ordered = sorted(same, key=lambda d: (d.place not in live, d.place.path, d.place.at))
        first = ordered[0]
        for definition in ordered[1:]:
            pair = frozenset((first.place, definition.place))
            if pair in known or any(pair <= executed for executed in together):
                continue
            if first.place not in live and first.metadata.place is None:
                # Tutorials and scripts on the MetaData of a package: nothing says that they are one program.
                continue
            if first.metadata.place is None and not _share_a_root(context, first, definition):
                # Two services of one repository, each a process of its own.
                continue
            if first.lets_pass or definition.lets_pass or {first.place.path, definition.place.path} <= programs:
                continue
            yield Finding(
                NAME,
                Severity.INFORMATION,
                True,
                context.location(definition.place),
                f"Table '{definition.key}' has a second definition, {subject_of(first)} in {context.at(first.place)},"
                " on the same MetaData. No entry point that was found executes both; a program that does fails. Keep"
                " one definition.",
                (Related(context.location(first.place), f"{subject_of(first)} defines '{first.key}' too"),),
                Duplicate(definition, first),
                CommonCause(
                    ("latent", definition.place.path, first.place.path),
                    f"{{number}} tables ({{items}}) of {definition.place.path} have a second definition in"
                    f" {first.place.path}, on the same MetaData. No entry point that was found executes both; a program"
                    " that does fails. Keep one definition of each.",
                    (f"'{definition.key}'",),
                    f"defines '{definition.key}'",
                ),
            )


def _share_a_root(context: Context, one: TableDefinition, other: TableDefinition) -> bool:
    return not set(context.workspace.roots_of(one.place.path)).isdisjoint(context.workspace.roots_of(other.place.path))


def _executed(timeline: Timeline) -> frozenset[Place]:
    events = timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED)
    return frozenset(event.definition.place for event in events if event.definition is not None)


def _by_key(definitions: Iterable[TableDefinition]) -> Iterator[list[TableDefinition]]:
    """Groups of definitions of one key on one MetaData, at different places.

    One module may be loaded under several names by several entry points: the place where its MetaData is made tells.
    """
    groups: dict[tuple[MetaDataId | Place, str], list[TableDefinition]] = {}
    for definition in definitions:
        groups.setdefault((definition.metadata.place or definition.metadata, definition.key), []).append(definition)
    return (group for group in groups.values() if len(group) > 1)


RULE = Rule(
    NAME,
    "One metadata key is registered by two definitions of a table.",
    Severity.ERROR,
    check,
    fixes=keep_one_definition,
)
