"""``migration-failure-swallowed``: an ``except`` around migrations that neither re-raises nor exits, or ``|| true``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.facts_queries import (
    EnclosingGuard,
    always_ends,
    body_at,
    guards,
    hands_back,
    is_suppress,
    last_name,
    may_end,
    stands_at,
    type_names,
)
from cucurbit.analysis.finding import Finding, Related, Severity, Subject, stronger
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.analysis.statement_at import call_at
from cucurbit.fixes.preview import valid_python
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import brief, entry_name
from cucurbit.rules.shared.results_heeded import is_heeded
from cucurbit.simulate.core.timeline import Event, EventKind, Failure, Place, Timeline
from cucurbit.source.facts import Assign, At, Attr, Await, Call, Const, Do, Handler, ModuleFacts, Name, Try, While
from cucurbit.source.scan import inside, walk
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind

NAME = "migration-failure-swallowed"

_HANDED_BACK = "unless the caller looks at what is handed back"
_UNASKED = "where this call is reached"
_EVERYTHING = frozenset({"Exception", "BaseException"})
_OF_MIGRATIONS = frozenset(
    {
        "CommandError", "SQLAlchemyError", "DBAPIError", "DatabaseError", "OperationalError", "ProgrammingError",
        "IntegrityError", "InternalError", "InterfaceError", "InvalidRequestError", "CalledProcessError",
        "SubprocessError", "RevisionError", "ResolutionError", "RuntimeError", "SystemExit",
    }
)  # fmt: skip
"""What migrations raise, by the classes' last names."""


@dataclass(frozen=True)
class Swallowed(Subject):
    """For the fixes: the handler (or ``with suppress(...)``)."""

    handler: Place


@dataclass(frozen=True)
class _Swallower:
    """A handler that catches failures of a migration; ``partly``: not all of them, or only in some cases."""

    place: Place
    partly: str


def _check(context: Context) -> Iterator[Finding]:
    yield from _by_shell(context)
    yield from _by_handlers(context)


def _by_shell(context: Context) -> Iterator[Finding]:
    """``alembic upgrade head || true`` in a start command: the exit status of what follows ``||`` counts."""
    for command in context.workspace.start_commands:
        if not command.on_failure:
            continue
        message = (
            f"A failure of `{command.command}` is swallowed here by `|| {command.on_failure}`: what runs after it finds"
            " an old schema. Let the command end with the failure."
        )
        yield Finding(NAME, Severity.WARNING, True, command.location, message)


def _by_handlers(context: Context) -> Iterator[Finding]:
    found: dict[Place, Finding] = {}
    for timeline in context.timelines:
        if timeline.entry.kind is EntryKind.ALEMBIC:
            continue
        for index, event in enumerate(timeline.events):
            if not event.runs_revisions:
                continue
            swallower = _swallower(context, event) or _unasked(context, event)
            if swallower is None or is_test(swallower.place.path):
                continue
            finding = _finding(context, timeline, index, event, swallower)
            known = found.get(swallower.place)
            if known is None or stronger(finding.severity, known.severity):
                found[swallower.place] = finding
    yield from found.values()


def _swallower(context: Context, event: Event) -> _Swallower | None:
    """The innermost guard around a migrations call that lets no failure out, on the way from the entry point."""
    partial: _Swallower | None = None
    places = [event.place, *(link.place for link in reversed(tuple(event.link or ())))]
    for index, place in enumerate(places):
        facts = context.facts(place.path)
        for guard in reversed(guards(facts, place.at) if facts is not None else []):
            found = _of_guard(place.path, guard)
            if found is None or (found.partly == _HANDED_BACK and is_heeded(context, places[index + 1 :])):
                continue
            if not found.partly:
                return found
            partial = partial or found
    return partial


_NO_CODE = frozenset({"run", "call", "Popen", "system", "create_subprocess_exec", "create_subprocess_shell"})
"""Functions that start a process, and raise nothing where it fails."""

_ASKS = frozenset({"returncode", "check_returncode"})
_WAITS = frozenset({"wait", "communicate", "poll"})


def _unasked(context: Context, event: Event) -> _Swallower | None:
    """A call that starts the migrations in a process of its own, where nobody asks how that has ended."""
    call = call_at(context, event.place) if event.process else None
    facts = context.facts(event.place.path)
    if call is None or facts is None or last_name(call.func) not in _NO_CODE:
        return None
    if any(each.name is None or (each.name == "check" and each.value != Const(False)) for each in call.keywords):
        return None
    steps = [step for step in walk(body_at(facts, event.place.at)) if isinstance(step, Do | Assign)]
    step = next((each for each in steps if stands_at(each.value, event.place.at)), None)
    if step is None or _is_asked(facts, event.place.at, step):
        return None
    return _Swallower(event.place, "") if event.certain else _Swallower(event.place, _UNASKED)


def _is_asked(facts: ModuleFacts, at: At, step: Do | Assign) -> bool:
    """Whether the exit code is used: by the statement itself, or of what it binds."""
    value = step.value.value if isinstance(step.value, Await) else step.value
    if isinstance(value, Call) and isinstance(value.func, Attr) and value.func.name in _WAITS:
        value = value.func.value
    if not (isinstance(value, Call) and value.at == at):
        return True
    names = {last_name(target) for target in step.targets} if isinstance(step, Assign) else set()
    if not names:
        return False
    nodes = [node for each in body_at(facts, at) for node in inside(each)]
    used = [node for node in nodes if isinstance(node, Attr) and last_name(node.value) in names]
    if any(node.name in _ASKS for node in used):
        return True
    waits = [node for node in used if node.name in _WAITS]
    bare = [each for each in walk(body_at(facts, at)) if isinstance(each, Do) and any(n in waits for n in inside(each))]
    if len(waits) > len(bare):
        return True
    other = [node for node in nodes if isinstance(node, Name) and node.id in names]
    # More than where it is bound and what is only printed: it is handed on, or compared.
    return len(other) > len(used) + 1


def _of_guard(path: str, guard: EnclosingGuard) -> _Swallower | None:
    step = guard.step
    if not isinstance(step, Try):
        names = {
            name
            for item in step.items
            if is_suppress(item.context)
            for arg in getattr(item.context, "args", ())
            for name in type_names(arg)
        }
        return _of_types(Place(path, step.at), names, "")
    if always_ends(step.final):
        return None
    partial: _Swallower | None = None
    for handler in step.handlers:
        names = set(type_names(handler.types))
        if not (always_ends(handler.body) or _tries_again(handler, guard)):
            found = _of_types(Place(path, handler.at), names, _way_out(handler, guard))
            if found is not None and not found.partly:
                return found
            partial = partial or found
        if not names.isdisjoint(_EVERYTHING):
            break
    return partial


def _of_types(place: Place, names: set[str], way_out: str) -> _Swallower | None:
    if not names.isdisjoint(_EVERYTHING):
        return _Swallower(place, way_out)
    caught = sorted(names & _OF_MIGRATIONS)
    return _Swallower(place, way_out or f"only {' and '.join(caught)}") if caught else None


def _way_out(handler: Handler, guard: EnclosingGuard) -> str:
    if may_end(handler.body):
        return "on some paths"
    if hands_back(handler):
        return _HANDED_BACK
    return "on some paths" if may_end(guard.after) and guard.loops else ""


def _tries_again(handler: Handler, guard: EnclosingGuard) -> bool:
    """Whether the handler is part of a loop that tries again, and fails or never ends when no try succeeds."""
    if not guard.loops:
        return False
    loop = guard.loops[-1]
    if isinstance(loop, While) and loop.test == Const(True):
        return True
    return may_end(handler.body) or always_ends(guard.after)


def _finding(context: Context, timeline: Timeline, index: int, event: Event, swallower: _Swallower) -> Finding:
    failure = _certain_failure(timeline, index, swallower.place)
    entry = entry_name(timeline.entry)
    related = [
        *context.chain(event.link),
        Related(context.location(event.place), "the migrations are started here"),
    ]
    if failure is not None:
        message = f"The migrations that {entry} runs fail ({brief(failure)}), and the failure is swallowed here"
        related.append(Related(context.location(failure.place), f"they fail here: {brief(failure)}"))
        severity = Severity.ERROR
    elif event.process and swallower.place == event.place:
        message = f"Nothing asks for the exit code of the migrations that {entry} starts here"
        severity = Severity.WARNING
    elif swallower.partly:
        message = f"A failure of the migrations that {entry} runs is swallowed here, {swallower.partly}"
        severity = Severity.INFORMATION
    else:
        message = f"A failure of the migrations that {entry} runs is swallowed here"
        severity = Severity.WARNING
    return Finding(
        rule=NAME,
        severity=severity,
        certain=failure is not None or (event.certain and not swallower.partly),
        location=context.location(swallower.place),
        message=f"{message}: the program goes on with an old schema. {_advice(event, swallower)}",
        related=tuple(related),
        subject=Swallowed(swallower.place),
    )


def _advice(event: Event, swallower: _Swallower) -> str:
    if event.process and swallower.place == event.place:
        return "Pass `check=True`, or exit where it is not 0."
    return "Raise it again, or exit."


def _certain_failure(timeline: Timeline, started: int, handler: Place) -> Failure | None:
    """The failure by which the migrations started at this event surely end, caught by the handler."""
    depth, failed = 0, None
    for event in timeline.events[started:]:
        if event.kind is EventKind.MIGRATIONS_STARTED:
            depth += 1
        elif event.kind in (EventKind.MIGRATIONS_FINISHED, EventKind.MIGRATIONS_FAILED):
            depth -= 1
            if depth == 0 and failed is None:
                if event.kind is EventKind.MIGRATIONS_FINISHED or not event.certain:
                    return None
                failed = event.failure
        elif event.kind is EventKind.FAILURE_SWALLOWED and failed is not None and event.failure == failed:
            return failed if event.certain and event.place == handler else None
    return None


# ----------------------------------------------------------------------------- fix


_LEAVES = (ast.Return, ast.Continue, ast.Break, ast.Pass)
"""Last statements of a handler that ``raise`` replaces: nothing after them is executed, or they do nothing."""


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Raise the failure again at the end of the ``except``."""
    source = python_source(gate.context, finding.location.path)
    handler = _handler(source, finding.location.span) if source is not None else None
    if source is None or handler is None or isinstance(handler.body[-1], ast.Raise):
        return ()
    last = handler.body[-1]
    fix = Fix(
        title="Raise the failure of the migrations again",
        safe=False,
        kind=FixKind.QUICKFIX,
        edits=(_raising(source, last),),
        rule=finding.rule,
        note="The program then stops where the migrations fail, instead of starting on an old schema.",
    )
    return valid_python(gate.context, fix)


def _handler(source: PythonSource, span: Span) -> ast.ExceptHandler | None:
    """The innermost handler around a place."""
    found = None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            whole = source.span(node)
            inside = (whole.line, whole.column) <= (span.line, span.column) < (whole.end_line, whole.end_column)
            if inside and (found is None or source.span(found) <= whole):
                found = node
    return found


def _raising(source: PythonSource, last: ast.stmt) -> TextEdit:
    span = source.whole(last)
    if isinstance(last, _LEAVES):
        return source.replace(span, "raise")
    if source.owns_its_lines(last):
        return source.insert_lines(span.end_line + 1, f"{source.indentation(last)}raise")
    return source.insert(span.end_line, span.end_column, "; raise")


RULE = Rule(
    name=NAME,
    summary="A handler that catches a failure of the migrations and neither re-raises nor exits.",
    severity=Severity.ERROR,
    check=_check,
    fixes=_fixes,
)
