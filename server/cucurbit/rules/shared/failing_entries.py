"""Entry points that end in an exception: whether they certainly do, and how bad that is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import guards
from cucurbit.analysis.finding import Severity
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.import_failures import IMPORT_ERRORS, PARTIAL, RELATIVE
from cucurbit.simulate.core.timeline import Event, EventKind, Failure, Link, Place, Timeline
from cucurbit.source.facts import WHOLE_FILE, If
from cucurbit.source.scan import inside
from cucurbit.workspace.model import EntryKind, EntryPoint, Location
from cucurbit.workspace.starts.applications import is_main_guard

_SIDE_FOLDERS = frozenset(
    {"bin", "contrib", "dev", "hack", "maintenance", "misc", "script", "scripts", "tools", "util", "utils"}
)
"""Folders of scripts that somebody runs now and then."""

_GENERATED = re.compile(r"_?_?version(_?_?|_info)|.*_pb2(_grpc)?|.*_generated|_?build_info")
"""Names of modules that a build writes, so that a fresh clone has none."""


@dataclass(frozen=True)
class FailedEntry:
    """An entry point that ends in an exception."""

    timeline: Timeline
    event: Event
    failure: Failure
    severity: Severity

    @property
    def origin(self) -> Link | None:
        """The last link of the chain to the code that raises."""
        return self.event.link if is_syntax_error(self.event) else self.event.origin


def ending_of(context: Context, timeline: Timeline) -> FailedEntry | None:
    """How the entry point of a timeline fails, where it does and that is worth a finding."""
    if timeline in context.isolated:
        return None
    event = failure_of(context, timeline)
    if event is None or event.failure is None:
        return None
    severity = failure_severity(context, timeline.entry, event, event.failure)
    return None if severity is None else FailedEntry(timeline, event, event.failure, severity)


def raising_place(context: Context, ending: FailedEntry) -> Place:
    """Where the exception is raised; the last place of the workspace where that is outside."""
    if is_syntax_error(ending.event):
        return ending.failure.place
    places = [ending.failure.place, *(link.place for link in reversed(tuple(ending.origin or ())))]
    known = (each for each in places if context.facts(each.path) is not None and each.at != WHOLE_FILE)
    return next(known, ending.event.place)


def failure_of(context: Context, timeline: Timeline) -> Event | None:
    """The event that ends an entry point: it fails, or certainly meets a file with a syntax error."""
    broken = (each for each in timeline.of(EventKind.MODULE_FAILED) if is_syntax_error(each) and not each.process)
    unread = next((each for each in broken if each.certain and not _is_guarded(context, each)), None)
    if unread is not None:
        return unread
    return next((each for each in timeline.of(EventKind.ENTRY_FAILED) if not each.process), None)


def is_syntax_error(event: Event) -> bool:
    """Whether it is the failure of a file that Python cannot parse; what can be read of it is followed all the same."""
    return event.failure is not None and event.failure.error == "SyntaxError" and event.failure.place.at == WHOLE_FILE


def _is_guarded(context: Context, event: Event) -> bool:
    """Whether something on the way to the file may catch the failure."""
    for link in event.link or ():
        facts = context.facts(link.place.path)
        if facts is None or guards(facts, link.place.at):
            return True
    return False


def failure_location(context: Context, place: Place) -> Location:
    """Where a failure is raised: for a file that cannot be parsed, the place of the syntax error."""
    facts = context.facts(place.path)
    if place.at == WHOLE_FILE and facts is not None and facts.problem is not None:
        return Location(place.path, facts.problem.span)
    return context.location(place)


def fails_certainly(context: Context, entry: EntryPoint, event: Event, failure: Failure) -> bool:
    """Whether the entry point ends in ``failure`` each time it is run, and not only where an import root is missing."""
    if failure.error not in IMPORT_ERRORS or PARTIAL in failure.message:
        return event.certain
    return event.certain and failure_severity(context, entry, event, failure) is Severity.ERROR


def failure_severity(context: Context, entry: EntryPoint, event: Event, failure: Failure) -> Severity | None:
    """How bad it is that an entry point ends so: an error where it is certain to, on whatever machine it runs.

    None where the failure shows nothing but that the program is run in another way than was assumed.
    """
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
        is_trial = trial_of(context, entry, event) is not None
        doubtful = aside or failure.error in IMPORT_ERRORS or is_syntax_error(event) or is_trial
        return Severity.WARNING if doubtful else severity
    return severity


_TRIAL_STATEMENTS = 3
"""How many statements a block that tries a module out has at least; one that starts a program calls a function."""


def trial_of(context: Context, entry: EntryPoint, event: Event) -> Place | None:
    """Where a module of a package fails in the statements that try it out, below ``if __name__ == "__main__"``.

    The program imports such a module, and nothing in the workspace runs it as a script. None for any other failure.
    """
    folder = entry.path.rpartition("/")[0]
    facts = context.facts(entry.path)
    if entry.kind is not EntryKind.SCRIPT or entry.named_by is not None or entry.startup or facts is None:
        return None
    if not folder or not context.workspace.is_file(f"{folder}/__init__.py"):
        return None
    places = [step.place for step in event.origin or ()]
    if event.failure is not None:
        places.append(event.failure.place)
    first = next((each for each in places if each.path == entry.path and each.at != WHOLE_FILE), None)
    if first is None:
        return None
    inside_trial = any(
        isinstance(step, If)
        and is_main_guard(step.test)
        and len(step.body) >= _TRIAL_STATEMENTS
        and any(getattr(node, "at", None) == first.at for node in inside(step))
        for step in facts.body
    )
    return first if inside_trial else None


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
