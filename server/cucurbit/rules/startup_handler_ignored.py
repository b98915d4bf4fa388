"""``startup-handler-ignored``: a start-up handler of an application that has a ``lifespan``, which takes its place.

Fact from starlette/routing.py (``Router.__init__``): the handlers are called by the lifespan by default alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import last_name
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.written_names import dotted, imported_names
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import walk

NAME = "startup-handler-ignored"

_APPLICATIONS = ("fastapi.", "starlette.")
_CLASSES = frozenset({"FastAPI", "Starlette", "APIRouter", "Router"})


def _check(context: Context) -> Iterator[Finding]:
    visited = dict.fromkeys(path for timeline in context.timelines for path in sorted(timeline.visited))
    for path in visited:
        for at, app_at, name in context.about(path, _ignored) or ():
            yield Finding(
                rule=NAME,
                severity=Severity.WARNING,
                certain=True,
                location=context.location(Place(path, at)),
                message=f"This start-up handler is never called: `{name}` has a `lifespan`, and with one, no "
                "start-up handler is called. Move this code into the lifespan.",
                related=(Related(context.location(Place(path, app_at)), f"`{name}` is given its lifespan here"),),
            )


def _ignored(facts: f.ModuleFacts) -> tuple[tuple[f.At, f.At, str], ...]:
    """The places of handlers that are never called, each with the application's and its name."""
    names = imported_names(facts)
    found: list[tuple[f.At, f.At, str]] = []
    for body in facts.bodies:
        apps = dict(_applications(body, names))
        for name, call in apps.items():
            keyword = next((each for each in call.keywords if each.name == "on_startup"), None)
            if keyword is not None and _holds_something(keyword.value):
                found.append((call.at, call.at, name))
        for step in walk(body):
            for at, name in _handlers(step):
                if name in apps:
                    found.append((at, apps[name].at, name))
    return tuple(found)


def _holds_something(value: f.Expr) -> bool:
    return not (value == f.Const(None) or (isinstance(value, f.Sequence) and not value.items))


def _applications(body: tuple[f.Step, ...], names: Mapping[str, str]) -> Iterator[tuple[str, f.Call]]:
    for step in walk(body):
        value = step.value if isinstance(step, f.Assign | f.Annotated) else None
        target = (
            step.targets[0] if isinstance(step, f.Assign) else step.target if isinstance(step, f.Annotated) else None
        )
        if isinstance(value, f.Call) and isinstance(target, f.Name) and _is_application(value, names):
            given = next((each.value for each in value.keywords if each.name == "lifespan"), f.Const(None))
            if given != f.Const(None):
                yield target.id, value


def _is_application(call: f.Call, names: Mapping[str, str]) -> bool:
    return last_name(call.func) in _CLASSES and dotted(names, call.func).startswith(_APPLICATIONS)


def _handlers(step: f.Step) -> Iterator[tuple[f.At, str]]:
    """``@app.on_event("startup")`` and ``app.add_event_handler("startup", f)``, with the name of the application."""
    asked = step.decorators if isinstance(step, f.FunctionDef) else (step.value,) if isinstance(step, f.Do) else ()
    for call in asked:
        if not isinstance(call, f.Call) or not isinstance(call.func, f.Attr) or not isinstance(call.func.value, f.Name):
            continue
        first = call.args[0] if call.args else None
        is_startup = isinstance(first, f.Const) and first.value == "startup"
        if call.func.name in ("on_event", "add_event_handler") and is_startup:
            yield call.at, call.func.value.id


RULE = Rule(
    name=NAME,
    summary="A start-up handler that is never called, as the application has a lifespan.",
    severity=Severity.WARNING,
    check=_check,
)
