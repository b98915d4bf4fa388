"""``entry-point-fails``: an application, a start command or an env.py that ends in an exception each time it is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity, stronger
from cucurbit.analysis.rule import Rule
from cucurbit.rules import alembic_config_missing, duplicate_target_metadata, unescaped_percent
from cucurbit.rules.circular_import import failures_of_cycles
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import brief, entries_named
from cucurbit.rules.shared.import_failures import IMPORT_ERRORS, PARTIAL, RELATIVE
from cucurbit.simulate.core.timeline import Event, EventKind, Failure, Place, Timeline
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import EntryKind, EntryPoint

NAME = "entry-point-fails"

_SIDE_FOLDERS = frozenset(
    {"bin", "contrib", "dev", "hack", "maintenance", "misc", "script", "scripts", "tools", "util", "utils"}
)
"""Folders of scripts that somebody runs now and then."""

_GENERATED = re.compile(r"_?_?version(_?_?|_info)|.*_pb2(_grpc)?|.*_generated|_?build_info")
"""Names of modules that a build writes, so that a fresh clone has none."""

_ADVICE = {
    "asyncio.run() cannot be called from a running event loop": (
        "An event loop runs here already: start what calls it in a thread, as with `await asyncio.to_thread(...)`."
    ),
}


@dataclass(frozen=True)
class _Ending:
    """An entry point that ends in an exception."""

    timeline: Timeline
    event: Event
    failure: Failure
    severity: Severity


def check(context: Context) -> Iterator[Finding]:
    found: dict[Failure, list[_Ending]] = {}
    for ending in context.per_timeline(_ending):
        if ending is not None:
            found.setdefault(ending.failure, []).append(ending)
    for same in found.values():
        yield _finding(context, same)


def _ending(context: Context, timeline: Timeline) -> _Ending | None:
    """How the entry point of a timeline fails, where it does and no other rule reports why."""
    if timeline in context.isolated:
        return None
    event = next((each for each in timeline.of(EventKind.ENTRY_FAILED) if not each.process), None)
    if event is None or event.failure is None or event.failure in _reported_elsewhere(context, timeline):
        return None
    if event.failure.message.startswith(_REPORTED_MESSAGES):
        return None
    severity = _severity(context, timeline.entry, event, event.failure)
    return None if severity is None else _Ending(timeline, event, event.failure, severity)


_REPORTED_MESSAGES = (
    unescaped_percent.FAILURE,
    duplicate_target_metadata.FAILURE,
    alembic_config_missing.FAILURE,
)
"""How failures begin that rules of their own report, each in a file that names its failure."""


def _reported_elsewhere(context: Context, timeline: Timeline) -> frozenset[Failure]:
    """The failures that other rules report, each at the place where it is raised or could be avoided."""
    of_tables = (each.failure for each in timeline.of(EventKind.TABLE_REJECTED, EventKind.RESERVED_ATTRIBUTE))
    return frozenset(each for each in of_tables if each is not None) | failures_of_cycles(context, timeline)


# ---------------------------------------------------------------------- severity


def _severity(context: Context, entry: EntryPoint, event: Event, failure: Failure) -> Severity | None:
    """None where the failure shows nothing but that the program is run in another way than was assumed."""
    is_script = entry.kind is EntryKind.SCRIPT
    if event.is_end or (is_script and failure.error == "SystemExit"):
        return None
    if entry.named_by is None and is_test(entry.path):
        return None
    if entry.environment is not None and not entry.environment.is_configured and not entry.startup:
        # Only programs run it, each in its own way.
        return None
    severity: Severity | None = Severity.ERROR if event.certain else Severity.WARNING
    if failure.error in IMPORT_ERRORS and PARTIAL not in failure.message:
        severity = _of_import(context, entry, failure)
    if severity is Severity.ERROR and is_script and entry.named_by is None:
        aside = not _SIDE_FOLDERS.isdisjoint(entry.path.split("/")[:-1])
        return Severity.WARNING if aside or failure.error in IMPORT_ERRORS else severity
    return severity


def _of_import(context: Context, entry: EntryPoint, failure: Failure) -> Severity | None:
    """An import fails for certain only where no other folder on ``sys.path`` could make it succeed."""
    if RELATIVE in failure.message:
        started_so = entry.named_by is not None and entry.kind is EntryKind.SCRIPT
        return Severity.ERROR if started_so else None
    missing = failure.error == "ModuleNotFoundError"
    package, _, name = failure.named.rpartition(".")
    if not failure.named or (missing and (not package or _GENERATED.fullmatch(name))):
        return Severity.WARNING if not missing else None
    if missing and _is_elsewhere(context, failure.named):
        return None
    if not missing and len(_files_called(context, failure.named)) > 1:
        return None
    top = failure.named.partition(".")[0]
    spec = context.workspace.find_spec(top, (*entry.sys_path, *entry.fallback_path))
    is_own = spec is not None and spec.path is not None and not context.workspace.depends_on(top, entry.path)
    return Severity.ERROR if is_own else Severity.WARNING


def _is_elsewhere(context: Context, module: str) -> bool:
    """Whether a module, or a file in a package of its name, is below any folder of the workspace."""
    package = f"/{module.replace('.', '/')}/"
    return bool(_files_called(context, module)) or any(
        package in f"/{path}" for path in context.workspace.python_files()
    )


def _files_called(context: Context, module: str) -> tuple[str, ...]:
    """The files that have the path of a module, below any folder of the workspace."""
    tail = "/" + module.replace(".", "/")
    ends = (f"{tail}.py", f"{tail}/__init__.py")
    return tuple(path for path in context.workspace.python_files() if f"/{path}".endswith(ends))


# ----------------------------------------------------------------------- finding


def _finding(context: Context, same: Sequence[_Ending]) -> Finding:
    shown = same[0]
    for each in same:
        shown = each if stronger(each.severity, shown.severity) else shown
    failure, origin = shown.failure, shown.event.origin
    place = _place(context, shown)
    related = list(context.chain(origin))
    if place != failure.place:
        related.append(Related(context.location(place), f"raises {failure.error}"))
    fails = "fails" if len(same) == 1 else "fail"
    certain = shown.event.certain and (shown.severity is Severity.ERROR or failure.error not in IMPORT_ERRORS)
    verb = f"{fails} here" if certain else f"probably {fails} here"
    message = f"{entries_named(each.timeline for each in same)} {verb} with {brief(failure)}. {_advice(shown)}"
    return Finding(NAME, shown.severity, certain, context.location(place), message, tuple(related))


def _place(context: Context, ending: _Ending) -> Place:
    """Where the exception is raised; the last place of the workspace where that is outside."""
    places = [ending.failure.place, *(link.place for link in reversed(tuple(ending.event.origin or ())))]
    known = (each for each in places if context.facts(each.path) is not None and each.at != WHOLE_FILE)
    return next(known, ending.event.place)


def _advice(ending: _Ending) -> str:
    known = _ADVICE.get(ending.failure.message)
    if known is not None:
        return known
    if ending.failure.error in IMPORT_ERRORS:
        return "Correct the import, or the way in which the program is started: nothing after it is executed."
    return "Nothing after this line is executed."


RULE = Rule(NAME, "An application, a start command or an env.py ends in an exception.", Severity.ERROR, check)
