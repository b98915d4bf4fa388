"""``revision-graph``: revisions whose graph Alembic refuses, and several heads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.wording import listed
from cucurbit.rules.revision_graph.fixes import fixes
from cucurbit.rules.revision_graph.subject import RevisionSubject
from cucurbit.rules.revision_graph.unknown_targets import unknown_targets, unread_revisions
from cucurbit.rules.shared.database_upgrades import DatabaseUpgrade, upgrades
from cucurbit.rules.shared.revisions import graphs, meant_by, parent_place, place_of, revision_place
from cucurbit.workspace.alembic.graph import Fault, GraphFault, RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import Location

NAME = "revision-graph"

_FAILS = "every command of Alembic fails with"
_MISSING = {Fault.MISSING_PARENT, Fault.MISSING_DEPENDENCY}
_ORIGIN = {
    Fault.MISSING_PARENT: "down_revision",
    Fault.LABEL_AS_PARENT: "down_revision",
    Fault.MISSING_DEPENDENCY: "depends_on",
    Fault.SELF_PARENT: "down_revision",
    Fault.SELF_DEPENDENCY: "depends_on",
    Fault.DUPLICATE: "revision",
    Fault.ILLEGAL_CHARACTER: "revision",
    Fault.DUPLICATE_LABEL: "branch_labels",
}


def _check(context: Context) -> Iterator[Finding]:
    for graph in graphs(context):
        for fault in graph.faults:
            if fault.fault not in _MISSING or _is_missing(context, graph):
                yield from _of_fault(context, graph, fault)
        yield from _of_heads(context, graph)
        if _is_missing(context, graph):
            yield from unknown_targets(context, graph, NAME)
            yield from unread_revisions(context, graph, NAME)


def _is_missing(context: Context, graph: RevisionGraph) -> bool:
    """Whether a name that no revision here has is missing: all are known, and no code adds folders of revisions."""
    return graph.knows_identifiers and not any(
        context.workspace.mentions(path, "version_locations") for path in context.workspace.python_files()
    )


# --------------------------------------------------------------- what Alembic refuses


@dataclass(frozen=True)
class _Told:
    """What is said of a fault: its message, and a hint for the place of each file."""

    message: str
    here: str
    related: tuple[Related, ...] = ()


def _of_fault(context: Context, graph: RevisionGraph, fault: GraphFault) -> Iterator[Finding]:
    told = _told(context, graph, fault)
    for script in fault.scripts:
        yield Finding(
            rule=NAME,
            severity=Severity.ERROR,
            certain=True,
            location=_location(context, fault, script),
            message=told.message,
            related=told.related,
            subject=RevisionSubject(graph.environment.config, graph.environment.section, script.path, fault),
            cause=CommonCause(
                (graph.environment.config, graph.environment.section, fault.fault.value, fault.name, fault.words),
                told.message,
                (script.path,),
                told.here,
            ),
        )


def _location(context: Context, fault: GraphFault, script: RevisionScript) -> Location:
    name = _ORIGIN.get(fault.fault)
    if name is not None:
        return place_of(context, script, name, fault.name)
    if fault.fault is Fault.DEPENDENCY_CYCLE and script.dependencies:
        return place_of(context, script, "depends_on", script.dependencies[0])
    if fault.fault in {Fault.CYCLE, Fault.DEPENDENCY_CYCLE}:
        return parent_place(context, script)
    return revision_place(context, script)


def _told(context: Context, graph: RevisionGraph, fault: GraphFault) -> _Told:
    name, first = fault.name, fault.scripts[0]
    if fault.fault in _MISSING:
        return _missing(context, graph, fault)
    if fault.fault is Fault.LABEL_AS_PARENT:
        holder = graph.by_label[name]
        return _Told(
            f"'{name}' is a branch label, and down_revision needs an identifier: {_FAILS} \"{fault.words}\". The label"
            f" is that of revision {holder.shown}.",
            f"follows the label '{name}'",
            (Related(place_of(context, holder, "branch_labels", name), "the label"),),
        )
    if fault.fault is Fault.DUPLICATE:
        return _Told(
            f"{len(fault.scripts)} revision files have the identifier {name}: {listed(e.path for e in fault.scripts)}."
            f' Alembic warns "{fault.words}" and never runs {_hidden(fault)}, and `alembic upgrade head` fails with'
            ' "Multiple head revisions are present".',
            f"'{name}' here",
        )
    if fault.fault is Fault.DUPLICATE_LABEL:
        owner = " and is the identifier of one" if name in graph.by_id else ""
        return _Told(
            f"The branch label '{name}' is given by {listed(each.shown for each in fault.scripts)}{owner}: {_FAILS}"
            f' "{fault.words}".',
            f"'{name}' here",
        )
    return _alone(fault, first)


def _hidden(fault: GraphFault) -> str:
    return listed(each.path for each in fault.scripts[:-1])


def _alone(fault: GraphFault, script: RevisionScript) -> _Told:
    """What is said of a fault of one file, or of a circle."""
    if fault.fault is Fault.NO_IDENTIFIER:
        return _Told(
            f'This file is in a folder of revisions and assigns no `revision`: {_FAILS} "{fault.words}". Move it out'
            " of the folder if it is no revision.",
            "no `revision` here",
        )
    if fault.fault is Fault.NO_PARENT:
        return _Told(
            f'Revision {script.id} assigns no `down_revision`: {_FAILS} "AttributeError: {fault.words}". It is None'
            " for the first revision.",
            "no `down_revision` here",
        )
    if fault.fault is Fault.ILLEGAL_CHARACTER:
        return _Told(f'The identifier {script.id} is refused: {_FAILS} "{fault.words}".', "the identifier")
    if fault.fault in {Fault.SELF_PARENT, Fault.SELF_DEPENDENCY}:
        verb = "follows" if fault.fault is Fault.SELF_PARENT else "depends on"
        return _Told(f'Revision {script.id} {verb} itself: {_FAILS} "{fault.words}".', f"{verb} itself")
    names = listed((each.id for each in fault.scripts), 6)
    how = "follow each other" if fault.fault is Fault.CYCLE else "depend on each other"
    one = len(fault.scripts) == 1
    return _Told(
        f'Revision {names} depends on itself, by its label: {_FAILS} "{fault.words}".'
        if one
        else f'The revisions {names} {how} in a circle: {_FAILS} "{fault.words}".',
        "part of the circle",
    )


def _missing(context: Context, graph: RevisionGraph, fault: GraphFault) -> _Told:
    user = fault.scripts[0]
    meant = meant_by(graph, fault.name, user)
    what = "identifier" if fault.fault is Fault.MISSING_PARENT else "identifier or branch label"
    text = f"No revision has the {what} '{fault.name}': {_FAILS} \"{fault.words}\"."
    related: tuple[Related, ...] = ()
    if meant is not None:
        text += f" {meant.script.path} has the identifier {meant.script.id}."
        related = (Related(revision_place(context, meant.script), f"the identifier of this one is {meant.script.id}"),)
    else:
        other = next((each for each in graphs(context) if each is not graph and fault.name in each.by_id), None)
        if other is not None:
            script = other.by_id[fault.name]
            text += f" {script.path} has it, which belongs to {other.environment.config}."
            related = (Related(revision_place(context, script), f"a revision of {other.environment.config}"),)
    verb = "follows" if fault.fault is Fault.MISSING_PARENT else "depends on"
    return _Told(text, f"{verb} '{fault.name}' too", related)


# --------------------------------------------------------------------------- heads


def _of_heads(context: Context, graph: RevisionGraph) -> Iterator[Finding]:
    """Several heads: an error where something upgrades to ``head``, a warning if they are not wanted."""
    heads = graph.distinct_heads
    hides = any(fault.fault is not Fault.DUPLICATE for fault in graph.faults)
    if len(heads) < 2 or hides or not graph.is_complete or not all(each.has_known_parents for each in heads):
        return
    done = tuple(upgrades(context, graph.environment))
    to_head = sorted((each for each in done if each.revision == "head"), key=lambda each: not each.certain)
    if not to_head and (_are_wanted(graph, heads) or any("heads" in each.revision for each in done)):
        return
    fails = bool(to_head) and to_head[0].certain
    message = _heads_message(heads, to_head)
    for head in heads:
        location = parent_place(context, head)
        yield Finding(
            rule=NAME,
            severity=Severity.ERROR if fails else Severity.WARNING,
            certain=fails or not to_head,
            location=location,
            message=message,
            related=to_head[0].evidence if to_head else (),
            subject=RevisionSubject(graph.environment.config, graph.environment.section, head.path, None),
            cause=CommonCause(
                (graph.environment.config, graph.environment.section, "heads"), message, (head.id,), f"head {head.id}"
            ),
        )


def _heads_message(heads: tuple[RevisionScript, ...], to_head: list[DatabaseUpgrade]) -> str:
    parents = {each.parents for each in heads}
    follow = ""
    if len(heads) == 2 and len(parents) == 1:
        follow = f", which both follow {listed(heads[0].parents)}" if heads[0].parents else ", which follow nothing"
    said = "\"Multiple head revisions are present for given argument 'head'\""
    what = f"The revisions have {len(heads)} heads, {listed((each.id for each in heads), 6)}{follow}"
    if to_head:
        return (
            f"{what}: {to_head[0].shown} upgrades to `head`, which fails with {said}. Merge them, or let one follow the"
            " other."
        )
    return (
        f"{what}: `alembic upgrade head` fails with {said}, and `alembic revision` refuses. Merge them, or let one"
        " follow the other; if they are wanted, give each branch a label (`branch_labels`)."
    )


def _are_wanted(graph: RevisionGraph, heads: tuple[RevisionScript, ...]) -> bool:
    """Whether each head is on a branch with a label of its own, but for at most one: the main line."""
    labels = [graph.branches[each.id] for each in heads]
    unnamed = 0
    for number, own in enumerate(labels):
        others = frozenset().union(*(each for index, each in enumerate(labels) if index != number))
        unnamed += not own - others
    return unnamed <= 1


RULE = Rule(
    name=NAME,
    summary="Alembic cannot load the revisions, or they have several heads.",
    severity=Severity.ERROR,
    check=_check,
    fixes=fixes,
)
