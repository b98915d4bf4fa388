"""``migrations-not-awaited``: env.py starts its migrations as a task or coroutine and does not wait for it."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import last_name
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_by, inside, walk

NAME = "migrations-not-awaited"

_STARTS = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe"})
_WAITS = frozenset({"run_until_complete", "gather", "wait", "wait_for", "result", "shield"})


def _check(context: Context) -> Iterator[Finding]:
    for path in dict.fromkeys(each.env_path for each in context.workspace.environments):
        for at in context.about(path, _forgotten) or ():
            yield Finding(
                rule=NAME,
                severity=Severity.WARNING,
                certain=True,
                location=context.location(Place(path, at)),
                message="env.py does not wait for this task: the command ends before the migrations have run and "
                "reports none of their failures. If the event loop ends first, they never run. Start the command in a "
                "thread (`asyncio.to_thread`), and use `asyncio.run()` here.",
            )

        for at, name in context.about(path, _never_run) or ():
            yield Finding(
                rule=NAME,
                severity=Severity.WARNING,
                certain=True,
                location=context.location(Place(path, at)),
                message=f"`{name}` is a coroutine function: this call of it does nothing, as nothing awaits it, so the"
                f" command runs no migration and reports success. Write `asyncio.run({name}())`.",
            )


def _never_run(facts: f.ModuleFacts) -> tuple[tuple[f.At, str], ...]:
    """The statements that only call a coroutine function of the file, which then does not run."""
    steps = tuple(walk(facts.body))
    plain = {
        step.name
        for step in steps
        if isinstance(step, f.FunctionDef) and step.is_async and not step.is_generator and not step.decorators
    }
    bound = [name for step in steps for name in bound_by(step)]
    named = {name for name in plain if bound.count(name) == 1}
    found = []
    for step in (step for body in facts.bodies for step in walk(body)):
        call = step.value if isinstance(step, f.Do) else None
        if isinstance(call, f.Call) and isinstance(call.func, f.Name) and call.func.id in named:
            found.append((call.at, call.func.id))
    return tuple(found)


def _forgotten(facts: f.ModuleFacts) -> tuple[f.At, ...]:
    """The tasks that are started and that nothing in the same function waits for."""
    return tuple(at for body in facts.bodies for at in _in_body(body))


def _in_body(body: tuple[f.Step, ...]) -> Iterator[f.At]:
    steps = tuple(walk(body))
    for step in steps:
        if isinstance(step, f.Do):
            value, name = step.value, ""
        elif isinstance(step, f.Assign) and isinstance(step.targets[0], f.Name):
            value, name = step.value, step.targets[0].id
        else:
            continue
        waits = bool(name) and any(_waits_for(each, name) for each in steps)
        if isinstance(value, f.Call) and last_name(value.func) in _STARTS and not waits:
            yield value.at


def _waits_for(step: f.Step, name: str) -> bool:
    """Whether a statement awaits the value of a name, returns it, or passes it to a function that waits for it."""
    for node in inside(step):
        waits = isinstance(node, f.Await | f.Return) or (isinstance(node, f.Call) and last_name(node.func) in _WAITS)
        if waits and any(isinstance(each, f.Name) and each.id == name for each in inside(node)):
            return True
    return False


RULE = Rule(
    name=NAME,
    summary="env.py starts its migrations as a task or coroutine and does not wait for it.",
    severity=Severity.WARNING,
    check=_check,
)
