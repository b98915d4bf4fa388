"""Exceptions about tables: defined already, reserved attributes, names that relationships and foreign keys miss."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable

from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.explain.causes import OTHER_CODE, Case, cuts, entries_running, entries_without
from cucurbit.explain.retried import retried
from cucurbit.report.explanation import Explanation
from cucurbit.report.report import counted
from cucurbit.rules.module_loaded_twice import LoadedTwice
from cucurbit.rules.shared.evidence import entries_named, subject_of
from cucurbit.rules.shared.inventory import Dead, DeadDefinition, dead_definitions
from cucurbit.rules.shared.rejections import Cause, rejections
from cucurbit.simulate.core.timeline import EventKind, Place, TableDefinition
from cucurbit.workspace.model import Location

_TIMES = {1: "once", 2: "twice"}
_NOT_RUN = ", which no entry point executes"


def already_defined(case: Case) -> Explanation:
    """``Table 'x' is already defined for this MetaData instance``."""
    key = case.groups[0]
    same = [each for each in _definitions(case) if each.key == key]
    places = {case.context.location(each.place) for each in same}
    latent: list[Finding] = []
    for cause in _causes(case, key):
        for finding in case.findings(cause.value, lambda found: _is_about(found, places, key)):
            if finding.severity in {Severity.ERROR, Severity.WARNING}:
                return case.told(cause.value, finding)
            latent.append(finding)
    if latent:
        return case.explain(
            latent[0].rule,
            None,
            f"No entry point that was found executes two definitions of '{key}', but there are two: what raised this"
            f" executes both. {latent[0].message}",
            (Related(latent[0].location, "the definition that would be refused"), *latent[0].related),
        )
    if not same:
        return _no_definition(case, key)
    return _one_definition(case, key, same)


def _definitions(case: Case) -> list[TableDefinition]:
    """Every definition that is executed, by its place and its table: a function may define several in one place."""
    found: dict[tuple[Place, str], TableDefinition] = {}
    for definition in case.context.executed_definitions():
        found.setdefault((definition.place, definition.key), definition)
    return list(found.values())


def _causes(case: Case, key: str) -> list[Cause]:
    """Why timelines reject the table, in the order in which they do; last, what no timeline shows."""
    shown = [
        rejection.cause
        for timeline in case.context.timelines
        for rejection in rejections(timeline, *Cause)
        if rejection.definition.key == key
    ]
    return list(dict.fromkeys([*shown, Cause.DUPLICATE]))


def _is_about(finding: Finding, places: Container[Location], key: str) -> bool:
    """Whether a finding is about one of the definitions, or about how their files are loaded."""
    return finding.location in places or (isinstance(finding.subject, LoadedTwice) and key in finding.subject.tables)


def _no_definition(case: Case, key: str) -> Explanation:
    names = {each.key for each in _definitions(case)}
    close = difflib.get_close_matches(key, names, 1)
    hint = (f"There is a table '{close[0]}'.",) if close else ()
    dead = _dead(case, key)
    return case.explain(
        "no-such-table",
        False,
        f"This tree cannot raise it: nothing here that runs defines a table '{key}'. {OTHER_CODE}",
        tuple(_dead_places(dead)),
        *hint,
    )


def _one_definition(case: Case, key: str, same: list[TableDefinition]) -> Explanation:
    context = case.context
    definition = same[0]
    modules = sorted(
        {
            event.module
            for timeline in context.timelines
            for event in timeline.of(EventKind.MODULE_STARTED)
            if event.path == definition.place.path
        }
    )
    running = entries_running(context, definition.place.path)
    related = [Related(context.location(each.place), f"{subject_of(each)} defines '{key}'") for each in same]
    for timeline in running[:1]:
        event = next((each for each in timeline.of(EventKind.TABLE_REGISTERED) if each.definition == definition), None)
        if event is not None:
            related += context.chain(event.link)
    what = "one definition" if len(same) == 1 else f"{len(same)} definitions that never meet on one MetaData"
    name = f", in one module, {modules[0]}" if len(modules) == 1 else f", under the names {', '.join(modules)}"
    times = _most_runs(case, definition.place.path)
    once = f", executed {_TIMES.get(times, 'several times')} by {entries_named(running)}" if running else _NOT_RUN
    followed = cuts(context)
    again = retried(context, definition.place.path)
    sure = not followed and not again and len(same) == 1 and times <= 1
    start = "This tree cannot raise it" if sure else "Nothing that was followed in this tree raises it"
    conclusion = OTHER_CODE if sure else "Either other code raised this, or something that was not followed."
    if again:
        conclusion = "But if its module failed half-way where this ran, the next import executed it again."
    return case.explain(
        "one-definition" if len(same) == 1 else "definitions-apart",
        False if sure else None,
        f"{start}: '{key}' has {what}{name if modules else ''}{once}. {conclusion}",
        (*related, *again, *_dead_places(_dead(case, key))),
        *((followed,) if followed else ()),
    )


def _most_runs(case: Case, path: str) -> int:
    """How often the entry point that executes a file most often does so."""
    return max(
        (
            sum(event.path == path and not event.process for event in timeline.of(EventKind.MODULE_STARTED))
            for timeline in case.context.timelines
        ),
        default=0,
    )


def _dead(case: Case, key: str) -> list[DeadDefinition]:
    return [each for each in dead_definitions(case.context) if key in {each.table, each.table.rpartition(".")[2]}]


def _dead_places(dead: Iterable[DeadDefinition]) -> list[Related]:
    reasons = {
        Dead.COMMENT: "a definition that is commented out: it does not count",
        Dead.SHADOWED: "a definition that never runs: Python finds another file under this name",
        Dead.UNREACHABLE: "a definition in a file that no entry point executes",
        Dead.FAILED: "a definition whose module fails before it is registered",
    }
    return [Related(each.location, reasons[each.reason]) for each in dead]


# ----------------------------------------------------------------------- others


def reserved_attribute(case: Case) -> Explanation:
    """``Attribute name 'metadata' is reserved``."""
    name = case.groups[0]
    found = case.findings("reserved-attribute", lambda finding: f"'{name}'" in finding.message)
    if not found:
        return case.explain(
            "reserved-attribute",
            False,
            f"This tree cannot raise it: no mapped class here has an attribute called '{name}'. {OTHER_CODE}",
        )
    if found[0].severity is Severity.INFORMATION:
        return case.explain(
            "reserved-attribute",
            False,
            f"With the SQLAlchemy of this workspace it is only a warning: another version raised this."
            f" {found[0].message}",
            (Related(found[0].location, "the attribute"), *found[0].related),
        )
    return case.told("reserved-attribute", found[0])


def multiple_classes(case: Case) -> Explanation:
    """``Multiple classes found for path "X" in the registry of this declarative base``."""
    path = case.groups[0]
    name = path.rpartition(".")[2]
    same = [each for each in case.context.definitions.values() if each.class_name == name]
    related = tuple(
        Related(case.context.location(each.place), f"class {name}, table '{each.key}', module {each.module}")
        for each in same
    )
    if len(same) > 1:
        return case.explain(
            "multiple-classes",
            True,
            f"{counted(len(same), 'class', 'classes')} called {name} {'is' if len(same) == 1 else 'are'} mapped, and a"
            f" relationship names it by '{path}', which does not tell which is meant.",
            related,
            f"Write the whole path in the relationship, such as '{same[0].module}.{name}', or rename one class.",
        )
    if not same:
        return case.explain(
            "multiple-classes", False, f"This tree cannot raise it: no mapped class here is called {name}. {OTHER_CODE}"
        )
    doubled = case.findings(
        "module-loaded-twice",
        lambda found: (
            found.location.path == same[0].place.path
            or any(each.location.path == same[0].place.path for each in found.related)
        ),
    )
    if doubled:
        return case.told("module-loaded-twice", doubled[0])
    return case.explain(
        "multiple-classes",
        False,
        f"This tree cannot raise it: there is one mapped class {name}, in one module. {OTHER_CODE}",
        related,
    )


def failed_to_locate(case: Case) -> Explanation:
    """``expression 'X' failed to locate a name ('X')``."""
    name = case.groups[0].rpartition(".")[2].partition("[")[0]
    classes = [each for each in case.context.definitions.values() if each.class_name == name]
    if not classes:
        names = {each.class_name for each in case.context.definitions.values() if each.class_name}
        close = difflib.get_close_matches(name, names, 1)
        hint = f" Is {close[0]} meant?" if close else ""
        return case.explain(
            "unknown-class", None, f"No mapped class of this workspace is called {name}, so none can be found.{hint}"
        )
    return _not_imported(case, f"class {name}", classes)


def no_referenced_table(case: Case) -> Explanation:
    """``could not find table 'x' with which to generate a foreign key``."""
    column, key = case.groups
    found = [each for each in _definitions(case) if each.key == key]
    if not found:
        names = {each.key for each in case.context.definitions.values()}
        close = difflib.get_close_matches(key, names, 1)
        hint = f" Is '{close[0]}' meant?" if close else ""
        return case.explain(
            "unknown-table", None, f"No table '{key}' is defined in this workspace, and '{column}' refers to it.{hint}"
        )
    owners = [each for each in _definitions(case) if each.key == column.rpartition(".")[0]]
    apart = [each for each in found if owners and all(each.metadata != owner.metadata for owner in owners)]
    if apart and len(apart) == len(found):
        return case.explain(
            "several-metadata",
            True,
            f"'{key}' stands on another MetaData ({apart[0].metadata.module}) than '{owners[0].key}'"
            f" ({owners[0].metadata.module}): a foreign key by name finds nothing there.",
            tuple(
                Related(case.context.location(each.place), f"'{each.key}' is on the MetaData of {each.metadata.module}")
                for each in (*apart, *owners)
            ),
        )
    return _not_imported(case, f"table '{key}'", found)


def _not_imported(case: Case, what: str, definitions: list[TableDefinition]) -> Explanation:
    """The definition exists, and its module is imported or not."""
    context = case.context
    definition = definitions[0]
    path = definition.place.path
    without = entries_without(context, path)
    here = Related(context.location(definition.place), f"{what} is defined here")
    if not without:
        return case.explain(
            "not-imported",
            None,
            f"Every entry point that was found imports {definition.module}, which defines {what}: what raised this is"
            " another program, or runs before that import.",
            (here,),
        )
    running = entries_running(context, path)
    others = f" ({entries_named(running)} {'does' if len(running) == 1 else 'do'})" if running else ""
    return case.explain(
        "not-imported",
        True,
        f"{entries_named(without)} {'does' if len(without) == 1 else 'do'} not import {definition.module}, which"
        f" defines {what}{others}: when mappers are configured there, nothing is known of it.",
        (here,),
        f"Import {definition.module} there, best through the one module that imports every model module.",
    )
