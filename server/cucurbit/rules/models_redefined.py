"""``models-redefined``: a mapped class or ``Table`` in code that runs twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import last_name
from cucurbit.analysis.finding import Finding, Related, Severity, strongest
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import entries_named, labelled, subject_of
from cucurbit.rules.shared.rejections import Cause, Rejection, rejections
from cucurbit.simulate.core.timeline import Event, EventKind, Link, LinkKind, Place, TableDefinition
from cucurbit.source.facts import WHOLE_FILE, At, Call, ClassDef, Const, Expr, FunctionDef, ModuleFacts
from cucurbit.source.scan import inside

NAME = "models-redefined"


def check(context: Context) -> Iterator[Finding]:
    found: dict[Place, list[Rejection]] = {}
    for timeline in context.timelines:
        for rejection in rejections(timeline, Cause.RUN_AGAIN):
            found.setdefault(rejection.definition.place, []).append(rejection)
    for same in found.values():
        yield _finding(context, same)
    yield from _again(context, found)


# ------------------------------------------------- functions that tests call again


def _again(context: Context, known: Collection[Place]) -> Iterator[Finding]:
    """Definitions in functions that one program calls once, and that tests call for each application that they make."""
    seen = set(known)
    for timeline in context.timelines:
        for event in timeline.of(EventKind.TABLE_REGISTERED):
            definition = event.definition
            if definition is None or definition.place in seen or not _stands_in_function(context, definition):
                continue
            called = [step.target for step in _since_import(event) if step.kind in (LinkKind.CALL, LinkKind.STARTUP)]
            tests = [place for name in called for place in _test_calls(context, name)]
            if tests:
                seen.add(definition.place)
                yield _called_by_tests(context, definition, event, tests)


def _since_import(event: Event) -> list[Link]:
    """The steps of the chain after its last import: what that executes, a second call does not execute again."""
    steps: list[Link] = []
    for step in event.link or ():
        steps = [] if step.kind is LinkKind.IMPORT else [*steps, step]
    return steps


def _stands_in_function(context: Context, definition: TableDefinition) -> bool:
    """Whether each run of a function defines the table, on a MetaData that is there before."""
    made = definition.metadata.place
    facts = None if made is None else context.facts(made.path)
    shared = made is None or facts is None or facts.body_of(made.at) == 0
    guarded = context.workspace.mentions(definition.place.path, ".tables")
    return definition.in_function and shared and not definition.lets_pass and not guarded


def _test_calls(context: Context, name: str) -> list[Place]:
    """Where tests call a function of that name: for each test, not once for all of them."""
    found: list[Place] = []
    for path in context.workspace.python_files():
        if is_test(path) and context.workspace.mentions(path, f"{name}("):
            facts = context.facts(path)
            found += [Place(path, at) for at in (_calls_of(facts, name) if facts is not None else ())]
    return found


def _calls_of(facts: ModuleFacts, name: str) -> Iterator[At]:
    functions = [step for step in facts.body if isinstance(step, FunctionDef)]
    functions += [
        inner
        for step in facts.body
        if isinstance(step, ClassDef)
        for inner in step.body
        if isinstance(inner, FunctionDef)
    ]
    for function in functions:
        if any(_is_once(decorator) for decorator in function.decorators):
            continue
        for step in facts.bodies[function.number]:
            for node in inside(step):
                if isinstance(node, Call) and last_name(node.func) == name:
                    yield node.at


def _is_once(decorator: Expr) -> bool:
    """``@pytest.fixture(scope="session")``, and functions whose results are kept."""
    if isinstance(decorator, Call):
        scopes = [each.value for each in decorator.keywords if each.name == "scope"]
        if any(isinstance(each, Const) and each.value in ("session", "package", "module") for each in scopes):
            return True
        decorator = decorator.func
    return last_name(decorator) in ("cache", "lru_cache")


def _called_by_tests(context: Context, definition: TableDefinition, event: Event, tests: list[Place]) -> Finding:
    what = subject_of(definition)
    return Finding(
        NAME,
        Severity.WARNING,
        False,
        context.location(definition.place),
        f"Table '{definition.key}' may be defined twice by the same code: {what} stands in a function, which tests "
        "call again for each application that they make, and the second time SQLAlchemy raises InvalidRequestError. "
        "Only tests raise it. Define it at module level, or give each call a MetaData of its own.",
        (
            *labelled(context, event.link, "the first time"),
            *(Related(context.location(place), "called for each test") for place in tests[:3]),
        ),
    )


def _finding(context: Context, same: list[Rejection]) -> Finding:
    severity = strongest(Severity.ERROR if each.event.certain else Severity.WARNING for each in same)
    shown = next(each for each in same if each.event.certain is (severity is Severity.ERROR))
    definition = shown.definition
    why, advice = _reason(context, shown)
    related: list[Related] = []
    related += labelled(context, shown.earlier.link if shown.earlier is not None else None, "the first time")
    related += labelled(context, shown.event.link, "the second time")
    verb = "is" if shown.event.certain else "may be"
    message = (
        f"Table '{definition.key}' {verb} defined twice by the same code: {why}"
        f" ({entries_named(each.timeline for each in same)}), and the second time SQLAlchemy raises"
        f" InvalidRequestError. {advice}"
    )
    return Finding(NAME, severity, shown.event.certain, context.location(definition.place), message, tuple(related))


def _reason(context: Context, shown: Rejection) -> tuple[str, str]:
    """Why the code runs twice, and what to do about it."""
    definition = shown.definition
    what = subject_of(definition)
    if definition.in_function:
        return (
            f"{what} is in a function that is called again",
            "Define it at module level, or create a new MetaData for each call.",
        )
    starts = [
        event
        for event in shown.timeline.events[: shown.index]
        if event.kind is EventKind.MODULE_STARTED
        and event.path == definition.place.path
        and event.process == shown.event.process
    ]
    if len(starts) > 1:
        again = starts[-1].link
        by = f" at {context.at(again.place)}" if again is not None and again.place.at != WHOLE_FILE else ""
        return (
            f"{definition.place.path} is executed again{by}",
            "Import it once and use the module in sys.modules.",
        )
    return (
        f"{what} is in a loop that uses the same name again",
        "Move it out of the loop, or make the names differ.",
    )


RULE = Rule(
    NAME,
    "A mapped class or Table is defined in code that runs twice: a loop, a function, a reload, runpy or exec.",
    Severity.ERROR,
    check,
)
