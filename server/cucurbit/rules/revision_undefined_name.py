"""``revision-undefined-name``: a revision that uses a name which nothing in its file binds."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind
from cucurbit.analysis.facts_queries import GuardsByPlace, children, is_suppress, type_names
from cucurbit.analysis.finding import Finding, Severity, Subject
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import bound_names
from cucurbit.workspace.model import MigrationEnvironment

NAME = "revision-undefined-name"

_PRESENT = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__spec__", "__loader__", "__package__"}
_CATCHES = frozenset({"NameError", "Exception", "BaseException"})
_MIGRATE = ("upgrade", "downgrade")


@dataclass(frozen=True)
class NameSubject(Subject):
    """For the fix: the statement that imports the name; empty if it is not known."""

    name: str
    statement: str


def _check(context: Context) -> Iterator[Finding]:
    seen: set[str] = set()
    for environment in context.workspace.environments:
        for path in context.workspace.revision_files(environment):
            if path not in seen:
                seen.add(path)
                yield from _in_file(context, environment, path)


def _in_file(context: Context, environment: MigrationEnvironment, path: str) -> Iterator[Finding]:
    for function, name, certain in context.about(path, _undefined) or ():
        statement = _statement(context, path, name)
        template = ""
        if statement and not _in_template(context, environment, name):
            template = f" Autogenerate writes only the imports of script.py.mako: add `{statement}` there too."
        yield Finding(
            rule=NAME,
            severity=Severity.ERROR if certain else Severity.WARNING,
            certain=certain,
            location=context.location(Place(path, name_at(context, path, function, name))),
            message=f"The name `{name}` is not defined in this revision: {function}() raises NameError. Import it at "
            f"the top of the file.{template}",
            subject=NameSubject(name, statement),
        )


# --------------------------------------------------------------------- the import

_USUAL = {
    "sa": "import sqlalchemy as sa",
    "op": "from alembic import op",
    **{
        each: f"from sqlalchemy.dialects import {each}" for each in ("postgresql", "mysql", "sqlite", "oracle", "mssql")
    },
    **{each: f"import {each}" for each in ("sqlalchemy", "sqlmodel", "geoalchemy2", "sqlalchemy_utils")},
}
_TYPE = re.compile(r"(?P<module>[a-z_]\w*(?:\.[a-z_]\w*)*)\.[A-Z]\w*")
"""A type as autogenerate writes it: the module that defines it, and its name."""


def _statement(context: Context, path: str, name: str) -> str:
    """The statement that imports a name; empty if it is not known."""
    if name in _USUAL:
        return _USUAL[name]
    source = python_source(context, path)
    modules = {match["module"] for match in map(_TYPE.match, _written(source, name)) if match is not None}
    return f"import {modules.pop()}" if len(modules) == 1 and _is_module(context, path, name) else ""


def _written(source: PythonSource | None, name: str) -> Iterator[str]:
    """The dotted names of a file that begin with a name."""
    for node in ast.walk(source.tree) if source is not None else ():
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            if text.startswith(f"{name}."):
                yield text


def _is_module(context: Context, path: str, name: str) -> bool:
    workspace = context.workspace
    if workspace.is_installed(name, path) or workspace.depends_on(name, path):
        return True
    roots = (*workspace.roots_of(path), *(root for each in workspace.environments for root in each.prepend_sys_path))
    return workspace.find_spec(name, roots) is not None


def _in_template(context: Context, environment: MigrationEnvironment, name: str) -> bool:
    folder = f"{environment.script_location}/" if environment.script_location else ""
    text = context.workspace.text(f"{folder}script.py.mako") or ""
    return re.search(rf"^(?:import|from)\b.*\b{re.escape(name)}\b", text, re.MULTILINE) is not None


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Add the import behind those that the file has."""
    subject, path = finding.subject, finding.location.path
    source = python_source(gate.context, path)
    if source is None or not isinstance(subject, NameSubject) or not subject.statement:
        return ()
    above = [each.node for each in source.imports if each.at_top]
    if not above or not all(source.owns_its_lines(each) for each in above[-1:]):
        return ()
    line = (above[-1].end_lineno or above[-1].lineno) + 1
    edit = source.insert_lines(line, subject.statement)
    title = f"Add `{subject.statement}`"
    return gate.offered(Fix(title, safe=False, kind=FixKind.QUICKFIX, edits=(edit,), rule=NAME), finding)


# ---------------------------------------------------------------------- the names


def undefined_in(context: Context, path: str) -> frozenset[str]:
    """The names that a revision uses and that nothing in its file binds."""
    return frozenset(name for _, name, _ in context.about(path, _undefined) or ())


def name_at(context: Context, path: str, function: str, name: str) -> f.At:
    """Where a name is used first in a function of a file."""
    facts = context.facts(path)
    assert facts is not None
    body = next(step for step in facts.body if isinstance(step, f.FunctionDef) and step.name == function)
    used = (node.at for node, _ in _names(facts.bodies[body.number]) if node.id == name)
    return next(used)


def _undefined(facts: f.ModuleFacts) -> tuple[tuple[str, str, bool], ...]:
    """Each function that Alembic calls, with each name that it uses and nothing binds, and whether it surely does."""
    bound = _bound(facts)
    if "*" in bound or facts.problem is not None:
        return ()
    guards = GuardsByPlace(facts)
    found: dict[tuple[str, str], bool] = {}
    for step in facts.body:
        if not (isinstance(step, f.FunctionDef) and step.name in _MIGRATE):
            continue
        for node, sure in _names(facts.bodies[step.number]):
            if node.id not in bound and node.id not in _PRESENT and not _is_caught(guards, node.at):
                found.setdefault((step.name, node.id), sure)
    return tuple((function, name, sure) for (function, name), sure in found.items())


def _bound(facts: f.ModuleFacts) -> frozenset[str]:
    """Every name that is bound anywhere in a file, in whatever scope."""
    names: set[str] = set()
    for body in facts.bodies:
        names |= bound_names(body)
        for step in body:
            names |= _bound_inside(step)
    return frozenset(names)


def _bound_inside(node: object) -> set[str]:
    names: set[str] = set()
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, f.FunctionDef | f.Lambda):
            names |= _parameters(each.params)
        if isinstance(each, f.FunctionDef | f.ClassDef):
            names.add(each.name)
        if isinstance(each, f.ClassDef):
            names |= bound_names(each.body)
        if isinstance(each, f.Walrus):
            names.add(each.name)
        if isinstance(each, f.Generator):
            names |= {inner.id for inner in _all_names(each.target)}
        if isinstance(each, f.Node):
            pending.extend(children(each))
    return names


def _parameters(params: f.Params) -> set[str]:
    named = {each.name for each in (*params.positional, *params.keyword_only)}
    return named | {each for each in (params.vararg, params.kwarg) if each is not None}


def _all_names(node: f.Node) -> Iterator[f.Name]:
    if isinstance(node, f.Name):
        yield node
    for child in children(node):
        if isinstance(child, f.Node):
            yield from _all_names(child)


_BLOCKS = (f.If, f.For, f.While, f.Try, f.Match)


def _names(body: Sequence[f.Step]) -> Iterator[tuple[f.Name, bool]]:
    """The names that are used in a body, each with whether it is evaluated whenever the body runs."""
    ends = False
    for step in body:
        sure = not ends and not isinstance(step, _BLOCKS)
        yield from _in(step, sure)
        ends = ends or isinstance(step, (*_BLOCKS, f.Return, f.Raise))


def _in(node: f.Node, sure: bool) -> Iterator[tuple[f.Name, bool]]:
    if isinstance(node, f.Name):
        yield node, sure
        return
    if isinstance(node, f.FunctionDef | f.Lambda):
        return
    lazy = isinstance(node, f.Boolean | f.Conditional | f.Comprehension | f.Annotated)
    for child in children(node):
        if isinstance(node, f.Annotated) and child is node.annotation:
            continue
        if isinstance(child, f.Node):
            yield from _in(child, sure and not lazy)


def _is_caught(guards: GuardsByPlace, at: f.At) -> bool:
    for guard in guards.around(at):
        if isinstance(guard.step, f.Try):
            if any(not _CATCHES.isdisjoint(type_names(handler.types)) for handler in guard.step.handlers):
                return True
        elif any(is_suppress(item.context) for item in guard.step.items):
            return True
    return False


RULE = Rule(
    name=NAME,
    summary="A revision uses a name that its file does not define.",
    severity=Severity.ERROR,
    check=_check,
    fixes=_fixes,
)
