"""``circular-import``: a cycle of imports through model modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import body_at, type_names
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject, strongest
from cucurbit.analysis.imports import imports_of
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import aliases_beside, import_statement
from cucurbit.rules.shared.evidence import entries_named
from cucurbit.rules.shared.import_failures import IMPORT_ERRORS, PARTIAL
from cucurbit.simulate.core.timeline import EventKind, Failure, ImportRecord, Link, LinkKind, Place, Timeline
from cucurbit.source.facts import Handler
from cucurbit.source.scan import inside

NAME = "circular-import"

_BREAK = "Break the circle here: import inside the function that needs it, or move what both need into a third module."
_GUESS = " (most likely due to a circular import)"


@dataclass(frozen=True)
class Cycle(Subject):
    """The imports of the cycle, in order; the last one closes it."""

    imports: tuple[Place, ...]


@dataclass(frozen=True)
class _ImportCycle:
    """A cycle on a timeline. ``steps`` lead from the module that is half executed back to it; ``names`` are taken.

    ``expected`` is the ``except ImportError`` that catches the failure: whoever wrote it reckons with it.
    """

    timeline: Timeline
    steps: tuple[Link, ...]
    names: tuple[str, ...]
    severity: Severity
    certain: bool
    failure: Failure | None
    expected: Place | None

    @property
    def files(self) -> frozenset[str]:
        return frozenset(step.place.path for step in self.steps)

    @property
    def closing(self) -> Link:
        return self.steps[-1]


def check(context: Context) -> Iterator[Finding]:
    found: dict[frozenset[str], list[_ImportCycle]] = {}
    # A file that nobody imports first fails for nobody: timelines of files alone are left out.
    for timeline in context.timelines:
        for cycle in _cycles(context, timeline):
            if _concerns_models(context, cycle):
                found.setdefault(cycle.files, []).append(cycle)
    for same in found.values():
        yield _finding(context, same)


def failures_of_cycles(context: Context, timeline: Timeline) -> frozenset[Failure]:
    """The failures of a timeline that this rule reports."""
    cycles = _cycles(context, timeline)
    return frozenset(each.failure for each in cycles if each.failure is not None and _concerns_models(context, each))


def _concerns_models(context: Context, cycle: _ImportCycle) -> bool:
    """A module that fails may not have come to its tables: then its text has to do."""
    if any(path in context.model_modules for path in cycle.files):
        return True
    return cycle.failure is not None and not cycle.files.isdisjoint(context.workspace.candidates())


# ------------------------------------------------------------------------ cycles


def _cycles(context: Context, timeline: Timeline) -> Iterator[_ImportCycle]:
    failures = _failures(context, timeline)
    for record in timeline.imports:
        if not record.partial or not record.names:
            # A plain "import a.b" of a module that is under way works in any order.
            continue
        steps = _steps(record)
        if len(steps) < 2 and record.importer_path == record.path:
            continue
        beside = aliases_beside(context, record.place) if failures else ()
        failed = next((failures[place] for place in beside if place in failures), None)
        if failed is not None:
            severity = Severity.INFORMATION
            if failed.fatal:
                severity = Severity.ERROR if failed.certain and failed.expected is None else Severity.WARNING
            yield _ImportCycle(timeline, steps, record.names, severity, failed.certain, failed.failure, failed.expected)
            continue
        taken = tuple(name for name in record.names if not _is_submodule(timeline, record, name))
        if taken:
            yield _ImportCycle(timeline, steps, taken, Severity.HINT, record.certain, None, None)


@dataclass(frozen=True)
class _PartialImportFailure:
    """``fatal``: a module fails of it; ``expected`` as in :class:`_ImportCycle`."""

    failure: Failure
    fatal: bool
    certain: bool
    expected: Place | None


def _failures(context: Context, timeline: Timeline) -> dict[Place, _PartialImportFailure]:
    """Failures on half executed modules, by their place."""
    found: dict[Place, _PartialImportFailure] = {}
    expected: dict[Failure, Place] = {}
    for event in timeline.of(EventKind.FAILURE_SWALLOWED):
        failure = event.failure
        if failure is not None and PARTIAL in failure.message and _names_import_error(context, event.place):
            expected.setdefault(failure, event.place)
    for event in timeline.events:
        failure = event.failure
        if failure is None or PARTIAL not in failure.message:
            continue
        fatal = event.kind is EventKind.MODULE_FAILED
        known = found.get(failure.place)
        if known is None or (fatal and not known.fatal):
            found[failure.place] = _PartialImportFailure(failure, fatal, event.certain, expected.get(failure))
    return found


def _names_import_error(context: Context, place: Place) -> bool:
    facts = context.facts(place.path)
    handlers = (
        node
        for step in (body_at(facts, place.at) if facts is not None else ())
        for node in inside(step)
        if isinstance(node, Handler) and node.at == place.at
    )
    return any(not IMPORT_ERRORS.isdisjoint(type_names(handler.types)) for handler in handlers)


def _steps(record: ImportRecord) -> tuple[Link, ...]:
    """The imports from the half executed module back to it, the closing one last."""
    chain = list(record.link or ())
    starts = [i for i, step in enumerate(chain) if step.kind is LinkKind.IMPORT and step.target == record.module]
    inner = chain[starts[-1] + 1 :] if starts else chain
    closing = Link(LinkKind.IMPORT, record.place, record.module, record.link)
    return (*inner, closing)


def _is_submodule(timeline: Timeline, record: ImportRecord, name: str) -> bool:
    """``from package import submodule`` while the package is under way is no cycle."""
    full = f"{record.module}.{name}"
    return any(event.kind is EventKind.MODULE_STARTED and event.module == full for event in timeline.events)


# ----------------------------------------------------------------------- finding


def _finding(context: Context, same: Sequence[_ImportCycle]) -> Finding:
    severity = strongest(each.severity for each in same)
    shown = next(each for each in same if each.severity is severity)
    module = shown.closing.target
    importer = shown.closing.place.path
    round_trip = " -> ".join((module, *(step.target for step in shown.steps if step.kind is LinkKind.IMPORT)))
    names = ", ".join(shown.names)
    entries = entries_named(each.timeline for each in same if each.severity is severity)
    origin = _origin(context, shown)
    cut = f"Import {names} from {origin} instead." if origin else _BREAK
    if shown.failure is not None:
        verb = "raises" if shown.certain and shown.severity in (Severity.ERROR, Severity.WARNING) else "can raise"
        caught = f", and {context.at(shown.expected)} catches it" if shown.expected is not None else ""
        raises = f"This import {verb} ImportError: {shown.failure.message.removesuffix(_GUESS)}"
        message = f"{raises} ({entries}){caught}. The circle is {round_trip}. {cut}"
        cause = None
    else:
        message = (
            f"{importer} imports {names} from {module}, which is only partially executed then ({entries}): this works"
            f" only as long as {module} binds {names} before it imports anything of the circle {round_trip}. {cut}"
        )
        cause = _cause(module, importer, names, origin)
    related = tuple(
        Related(context.location(step.place), f"{step.place.path} imports {step.target}")
        for step in shown.steps
        if step.kind is LinkKind.IMPORT
    )
    location = context.location(import_statement(context, shown.closing.place))
    places = tuple(step.place for step in shown.steps if step.kind is LinkKind.IMPORT)
    return Finding(NAME, severity, shown.certain, location, message, related, Cycle(places), cause)


def _cause(module: str, importer: str, names: str, origin: str) -> CommonCause:
    """The module that is half executed while others import from it."""
    return CommonCause(
        (module,),
        f"{{places}} modules import from {module} while it is only partially executed: each works only as long as"
        f" {module} binds the names before it imports what leads to that module ({{items}}). Import the names from the"
        " modules that define them, or move what all need into one that imports none of these.",
        (importer,),
        f"{importer} imports {names}" + (f", which {origin} has" if origin else ""),
    )


def _origin(context: Context, cycle: _ImportCycle) -> str:
    """The module outside of the cycle from which the half executed module takes all the names; empty if none is."""
    path = next((step.place.path for step in cycle.steps), "")
    taken = {each.bound: each for each in imports_of(context, path) if each.from_import}
    modules = {taken[name].module if name in taken else "" for name in cycle.names}
    files = {taken[name].path for name in cycle.names if name in taken}
    return modules.pop() if len(modules) == 1 and files.isdisjoint(cycle.files) else ""


RULE = Rule(
    NAME,
    "A cycle of imports runs through model modules.",
    Severity.ERROR,
    check,
)
