"""Explains exceptions about the definition of tables: tables that are already defined, reserved attribute names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Iterable
from itertools import pairwise

from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.explain.case import ErrorCase, cuts, entries_running, known_entry
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.frames import WorkspaceFrame
from cucurbit.explain.known import known
from cucurbit.explain.swallowed_failure import retried
from cucurbit.explain.syntax import functions_around
from cucurbit.rules.module_loaded_twice.finding import LoadedTwice
from cucurbit.rules.shared.evidence import entries_named, subject_of
from cucurbit.rules.shared.inventory import Dead, DeadDefinition, dead_definitions
from cucurbit.rules.shared.rejections import Cause, rejections
from cucurbit.simulate.core.timeline import EventKind, Place, TableDefinition
from cucurbit.workspace.model import Location

_TIMES = {1: "once", 2: "twice"}
_NOT_RUN = ", which no entry point executes"


def already_defined(case: ErrorCase) -> Explanation:
    """``Table 'x' is already defined for this MetaData instance``."""
    key = case.groups[0]
    same = [each for each in _definitions(case) if each.key == key]
    places = {case.context.location(each.place) for each in same}
    latent: list[Finding] = []
    for cause in _causes(case, key):
        for finding in case.findings(cause.value, lambda found: _is_about(found, places, key)):
            if finding.severity in {Severity.ERROR, Severity.WARNING}:
                return case.from_finding(cause.value, finding)
            latent.append(finding)
    if latent:
        return case.explain(
            latent[0].rule,
            None,
            f"There are two definitions of '{key}'. No entry point found executes both, but the program that raised"
            f" this does. {latent[0].message}",
            (Related(latent[0].location, "the definition that SQLAlchemy would reject"), *latent[0].related),
        )
    if not same:
        return _no_definition(case, key)
    return _one_definition(case, key, same)


def _definitions(case: ErrorCase) -> list[TableDefinition]:
    """Every executed definition, once for each place and table: a function may define several tables in one place."""
    found: dict[tuple[Place, str], TableDefinition] = {}
    for definition in case.context.executed_definitions():
        found.setdefault((definition.place, definition.key), definition)
    return list(found.values())


def _causes(case: ErrorCase, key: str) -> list[Cause]:
    """Why timelines reject the table, in their order; last, the cause that no timeline shows."""
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


def _no_definition(case: ErrorCase, key: str) -> Explanation:
    names = {each.key for each in _definitions(case)}
    close = difflib.get_close_matches(key, names, 1)
    hint = f"Did you mean the table '{close[0]}'?" if close else ""
    return case.explain(
        "no-such-table",
        None,
        f"No code that could be followed here defines a table '{key}'. Its name may be computed, its module may be"
        " loaded in a way that was not seen, or the program that raised this has other code.",
        tuple(_dead_places(_dead(case, key))),
        hint,
        cuts(case.context),
    )


def _one_definition(case: ErrorCase, key: str, same: list[TableDefinition]) -> Explanation:
    """Every definition is executed at most once, as far as was seen."""
    context = case.context
    definition = same[0]
    running = entries_running(context, definition.place.path)
    related = [Related(context.location(each.place), f"{subject_of(each)} defines '{key}'") for each in same]
    for timeline in running[:1]:
        event = next((each for each in timeline.of(EventKind.TABLE_REGISTERED) if each.definition == definition), None)
        if event is not None:
            related += context.chain(event.link)
    if len(same) == 1 and definition.in_function:
        return _in_function(case, key, definition, related)
    executed = _executes_anew(case, definition.place.path)
    if executed is not None:
        return case.explain(
            "models-redefined",
            True,
            f"{executed.at} executes {definition.place.path} anew (`{executed.source}`), although this program has"
            f" executed it before, here or by an import: the table '{key}' is defined again on the same MetaData.",
            tuple(related),
            "Import the module instead, or keep the module of the first execution.",
        )
    again = retried(context, definition.place.path)
    evidence = (*related, *again, *_dead_places(_dead(case, key)))
    cause = "one-definition" if len(same) == 1 else "definitions-apart"
    seen = f"{case.unpredicted()} {_what_was_seen(case, key, same)}"
    if again:
        first, caught, later = (f"{each.location.path}:{each.location.span.line}" for each in again)
        return case.explain(
            "import-failure-hidden",
            None,
            f"Likely {definition.module} was executed twice: its first import failed (see {first}), the exception was"
            f" caught at {caught}, and the import at {later} executed the module again. What the first import had"
            f" registered, such as '{key}', was still there.",
            evidence,
            f"Repair the first failure, and let the handler at {caught} log the exception.",
            cuts(context),
        )
    conclusion = (
        f"The program that raised this executed {definition.place.path} more than once: under two module names, after a"
        " first import that failed, or by a reload; or it has a further definition that was not seen here."
    )
    names = "Look in the traceback for two spellings of the same import (`from app.models` and `from models`)."
    return case.explain(cause, None, f"{seen} {conclusion}", evidence, names, cuts(context))


_ANEW = re.compile(r"\b(?:exec_module|run_path|run_module|reload|exec|SourceFileLoader)\b")
"""Functions that execute a file although it was executed before."""


def _executes_anew(case: ErrorCase, path: str) -> WorkspaceFrame | None:
    """The frame that executes a file by a function which does not ask ``sys.modules``."""
    for caller, frame in pairwise(case.frames):
        if frame.path == path and frame.in_module and caller.path != path and _ANEW.search(caller.source):
            return caller
    return None


def _what_was_seen(case: ErrorCase, key: str, same: list[TableDefinition]) -> str:
    """Which definitions there are, under which module names and how often they are executed."""
    context, path = case.context, same[0].place.path
    modules = sorted(
        {
            event.module
            for timeline in context.timelines
            for event in timeline.of(EventKind.MODULE_STARTED)
            if event.path == path
        }
    )
    running = entries_running(context, path)
    what = "one definition" if len(same) == 1 else f"{len(same)} definitions that are never on the same MetaData"
    name = f", in one module, {modules[0]}" if len(modules) == 1 else f", under the names {', '.join(modules)}"
    times = _most_runs(case, path)
    once = f", executed {_TIMES.get(times, 'several times')} by {entries_named(running)}" if running else _NOT_RUN
    return f"As far as it could be followed, '{key}' has {what}{name if modules else ''}{once}."


def _in_function(case: ErrorCase, key: str, definition: TableDefinition, related: list[Related]) -> Explanation:
    """The table is defined in a function, so a second call defines it again."""
    context = case.context
    place = context.span(definition.place)
    around = functions_around(context, definition.place.path, place.line)
    name = f"{around[-1].name}()" if around else "a function"
    reached = any(frame.path == definition.place.path and frame.line == place.line for frame in case.frames)
    start = known_entry(case) or (case.frames[0].at if case.frames else "")
    began = f" Your traceback, which starts at {start}, ends in such a call." if reached and start else ""
    return case.explain(
        "models-redefined",
        True if reached else None,
        f"{subject_of(definition)} is defined inside {name}, so every call of it defines the table '{key}' again on the"
        f" same MetaData: the first call works, the second in the same process raises this.{began}",
        tuple(related),
        "Define the class once, at the top level of a module, and let the function import it. In tests, this also"
        " happens where each test calls the application factory.",
    )


def _most_runs(case: ErrorCase, path: str) -> int:
    """The largest number of times that any entry point executes a file."""
    return max(
        (
            sum(event.path == path and not event.process for event in timeline.of(EventKind.MODULE_STARTED))
            for timeline in case.context.timelines
        ),
        default=0,
    )


def _dead(case: ErrorCase, key: str) -> list[DeadDefinition]:
    return [each for each in dead_definitions(case.context) if key in {each.table, each.table.rpartition(".")[2]}]


def _dead_places(dead: Iterable[DeadDefinition]) -> list[Related]:
    reasons = {
        Dead.COMMENT: "a definition that is commented out",
        Dead.SHADOWED: "a definition that never runs: Python imports another file of this name",
        Dead.UNREACHABLE: "a definition in a file that no entry point executes",
        Dead.FAILED: "a definition whose module fails before it is registered",
    }
    return [Related(each.location, reasons[each.reason]) for each in dead]


# ----------------------------------------------------------------------- others


def reserved_attribute(case: ErrorCase) -> Explanation:
    """``Attribute name 'metadata' is reserved``."""
    name = case.groups[0]
    found = case.findings("reserved-attribute", lambda finding: f"'{name}'" in finding.message)
    if not found:
        return case.explain(
            "reserved-attribute",
            None,
            f"A mapped class has an attribute called '{name}', which SQLAlchemy keeps for itself, but none of the"
            " mapped classes that were found here has one.",
            (),
            f'Rename the attribute; the column can keep its name: `{name}_ = mapped_column("{name}")`.',
            cuts(case.context),
        )
    if found[0].severity is Severity.INFORMATION:
        return case.explain(
            "reserved-attribute",
            None,
            f"The version of SQLAlchemy that was found for this workspace only warns about it, so the program that"
            f" raised this has another one. {found[0].message}",
            (Related(found[0].location, "the attribute"), *found[0].related),
        )
    return case.from_finding("reserved-attribute", found[0])


KNOWN = (
    known(
        r"Table '([^']+)' is already defined for this MetaData instance",
        already_defined,
        "Table 'users' is already defined for this MetaData instance",
        "the two definitions, or why one is executed twice: two module names, a failed import that was caught, a"
        " reload, a class in a function",
    ),
    known(
        r"Attribute name '([^']+)' is reserved",
        reserved_attribute,
        "Attribute name 'metadata' is reserved",
        "the attribute",
    ),
)
