"""``unescaped-percent``: a text in which a ``%`` may stand is given to ``Config.set_main_option``.

Fact from configparser.py (``BasicInterpolation.before_set``): every ``%`` has to be written twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import body_at, last_name
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity
from cucurbit.analysis.imports import imports_of
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.environments import is_test
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.source import facts as f
from cucurbit.source.scan import inside, walk_with_classes

NAME = "unescaped-percent"

FAILURE = "invalid interpolation syntax"
"""How the message of the failure begins."""

_SETTERS = ("set_main_option", "set_section_option")
_QUOTES = frozenset({"quote", "quote_plus", "urlencode", "render_as_string"})
_DEPTH = 4
"""How many names are followed to what they are bound to."""


def _check(context: Context) -> Iterator[Finding]:
    failing = context.memo(_failing)
    for path in context.workspace.python_files():
        if is_test(path) or not context.workspace.mentions(path, *_SETTERS):
            continue
        facts = context.facts(path)
        for call in _setters(facts) if facts is not None else ():
            place = Place(path, call.at)
            if place in failing:
                yield _finding(context, place, None, failing[place])
                continue
            quoted = _quoted(context, place, call.args[-1], _DEPTH)
            if quoted is not None:
                yield _finding(context, place, quoted, None)


def _failing(context: Context) -> Mapping[Place, bool]:
    """The calls that surely fail on some timeline, each with whether the timeline surely gets there."""
    found: dict[Place, bool] = {}
    for timeline in (*context.timelines, *context.isolated):
        for event in timeline.of(EventKind.MODULE_FAILED, EventKind.MIGRATIONS_FAILED, EventKind.FAILURE_SWALLOWED):
            failure = event.failure
            if failure is not None and failure.message.startswith(FAILURE):
                found[failure.place] = found.get(failure.place, False) or event.certain
    return MappingProxyType(found)


def _setters(facts: f.ModuleFacts) -> Iterator[f.Call]:
    for body in facts.bodies:
        for step in body:
            for node in inside(step):
                if isinstance(node, f.Call) and last_name(node.func) in _SETTERS and len(node.args) in (2, 3):
                    yield node


def _quoted(context: Context, place: Place, expr: f.Expr, depth: int) -> Place | None:
    """Where a value is quoted for a URL that reaches an expression; None where it is not seen to be."""
    if _doubles(expr):
        return None
    for node in inside(expr):
        if isinstance(node, f.Call) and _quotes(node.func):
            return Place(place.path, node.at)
    if not depth:
        return None
    for name in {last_name(node) for node in inside(expr) if isinstance(node, f.Name | f.Attr)} - {"", "str"}:
        for path, value in _bound_to(context, place, name):
            found = _quoted(context, path, value, depth - 1)
            if found is not None:
                return found
    return None


def _quotes(function: f.Expr) -> bool:
    """``quote_plus``, and what pydantic builds of the parts of a URL (``PostgresDsn.build``)."""
    name = last_name(function)
    if name == "build" and isinstance(function, f.Attr):
        return last_name(function.value).endswith("Dsn")
    return name in _QUOTES


def _doubles(expr: f.Expr) -> bool:
    """``value.replace("%", "%%")`` anywhere in an expression."""
    return any(
        isinstance(node, f.Call)
        and last_name(node.func) == "replace"
        and [each.value for each in node.args[:2] if isinstance(each, f.Const)] == ["%", "%%"]
        for node in inside(expr)
    )


def _bound_to(context: Context, place: Place, name: str) -> Iterator[tuple[Place, f.Expr]]:
    """What a name is bound to here, in the rest of the file, or in the modules that it imports."""
    facts = context.facts(place.path)
    if facts is None:
        return
    for value in _values(facts, body_at(facts, place.at), name):
        yield place, value
    paths = [place.path, *dict.fromkeys(each.path for each in imports_of(context, place.path) if each.path)]
    for path in paths:
        theirs = context.facts(path)
        if theirs is None:
            continue
        for value in _values(theirs, theirs.body, name):
            yield Place(path, f.WHOLE_FILE), value


def _values(facts: f.ModuleFacts, body: tuple[f.Step, ...], name: str) -> Iterator[f.Expr]:
    """What is assigned to a name, and what a function or property of that name returns."""
    for step in walk_with_classes(body):
        if isinstance(step, f.FunctionDef):
            if step.name == name:
                yield from _returned(facts.bodies[step.number])
        elif isinstance(step, f.Assign | f.Annotated) and step.value is not None:
            targets = step.targets if isinstance(step, f.Assign) else (step.target,)
            if any(last_name(target) == name for target in targets):
                yield step.value


def _returned(body: tuple[f.Step, ...]) -> Iterator[f.Expr]:
    """What a function returns, with what it assigns on the way."""
    for step in walk_with_classes(body):
        if isinstance(step, f.Return | f.Assign) and step.value is not None:
            yield step.value


def _finding(context: Context, place: Place, quoted: Place | None, surely: bool | None) -> Finding:
    what = "raises" if surely else "can raise"
    why = "" if quoted is None else ", and quoting for a URL puts one before each special character of a password"
    related = () if quoted is None else (Related(context.location(quoted), "quoted for a URL here"),)
    return Finding(
        rule=NAME,
        severity=Severity.ERROR if surely else Severity.WARNING,
        certain=bool(surely),
        location=context.location(place),
        message=f"A `%` in this value {what} ValueError: {FAILURE}. configparser takes it for the "
        f'start of an interpolation{why}. Double it: `.replace("%", "%%")`.',
        related=related,
        cause=None if quoted is None else _cause(place, quoted, what, why),
    )


def _cause(place: Place, quoted: Place, what: str, why: str) -> CommonCause:
    """Several env.py may take the URL that is quoted in one place."""
    return CommonCause(
        (quoted.path,),
        f"A `%` in the value of {{places}} options {what} ValueError: {FAILURE}, in {{items}}."
        f' configparser takes it for the start of an interpolation{why}. Double it: `.replace("%", "%%")`.',
        (place.path,),
        "the option is set here",
    )


RULE = Rule(
    name=NAME,
    summary="A value in which a % may stand is set as an option of Alembic's configuration.",
    severity=Severity.ERROR,
    check=_check,
)
