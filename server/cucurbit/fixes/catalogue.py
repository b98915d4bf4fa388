"""Which fixes there are: for a finding, and for a place in a file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding
from cucurbit.fixes.aftermath import texts_after
from cucurbit.fixes.aggregator import (
    Aggregator,
    complete,
    completion,
    create,
    creation,
    existing,
    modules_counted,
    reexport,
)
from cucurbit.fixes.definitions import two_definitions
from cucurbit.fixes.edits import Edit, Fix, FixKind
from cucurbit.fixes.gate import offered, rule_of
from cucurbit.fixes.models import Models, models_of
from cucurbit.fixes.ordering import move_below_migrations, right_name
from cucurbit.fixes.page import Placed, page
from cucurbit.fixes.repairs import drop_ignore, keep_loggers, protect_import, reraise, silence
from cucurbit.fixes.reserved import rename_attribute
from cucurbit.fixes.resolve import Target, module_name
from cucurbit.fixes.routing import Rerouted, reroute, route
from cucurbit.rules.shared.environments import is_migration_file
from cucurbit.source.span import Span
from cucurbit.workspace.settings.schema import AggregatorSettings

_TITLES = {"one": "Route this import through {module}", "file": "Route the model imports of {path} through {module}"}


def fixes_for(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """The fixes of a finding, the best first; silencing it comes last. None of them makes the project worse."""
    make = _FIXES.get(finding.rule)
    found = make(context, finding) if make is not None else ()
    return found if finding.rule == "unused-ignore" else (*found, *silence(context, finding))


def refactorings(context: Context, path: str, span: Span) -> tuple[Fix, ...]:
    """What can be done at a place without any finding: create the aggregator, route imports through it."""
    models = models_of(context, path)
    source = page(context, path)
    if models is None or source is None:
        return ()
    aggregator = existing(context, models)
    programs = {timeline.entry.path for timeline in context.timelines}
    if aggregator is None:
        found: tuple[Fix, ...] = ()
        if path in models.modules or path in programs or path == models.env_path:
            found = (*create_and_route(context, models), *create(context, models))
        return found
    if path == models.env_path:
        return route_file(context, aggregator, path)
    found = route_file(context, aggregator, path) if path in programs else ()
    placed = source.statement_at(span.line, span.column)
    if placed is None or not isinstance(placed.node, ast.ImportFrom):
        return found
    return (*found, *route_imports(context, aggregator, path, placed))


# -------------------------------------------------------------------- routing


def create_and_route(
    context: Context, models: Models, finding: Finding | None = None, wanted: AggregatorSettings | None = None
) -> tuple[Fix, ...]:
    """Create the aggregator (as ``wanted``, else as the settings say) and have env.py import it, in one go."""
    created = creation(context, models, wanted)
    if created is None or not models.env_path:
        return ()
    new, aggregator = created
    later = context.over(context.workspace.overlaid({new.path: new.text}))
    edits = route(later, aggregator, models.env_path)
    if not edits:
        return ()
    count = modules_counted(len(aggregator.covers))
    fix = Fix(
        title=f"Create {new.path} importing {count} and route {models.env_path} through it",
        safe=False,
        kind=FixKind.QUICKFIX if finding is not None else FixKind.REFACTOR,
        edits=(new, *edits),
        rule=rule_of(finding),
        note=f"{models.env_path} then executes every model module. Check what importing them does besides.",
    )
    return offered(context, fix, finding)


def complete_and_route(context: Context, models: Models, path: str, finding: Finding) -> tuple[Fix, ...]:
    """Add a model module to the aggregator that a file imports it beside, and route the file through it, in one go."""
    for missing in _model_files(context, finding):
        completed = completion(context, models, missing)
        texts = texts_after(context, completed.edits) if completed is not None else None
        if completed is None or texts is None:
            continue
        later = context.over(context.workspace.overlaid(texts))
        edits = route(later, completed.aggregator, path, bare_only=path != models.env_path)
        fix = Fix(
            title=f"{completed.title} and route {path} through it",
            safe=completed.executed,
            kind=FixKind.QUICKFIX,
            edits=(*completed.edits, *edits),
            rule=finding.rule,
            note=completed.note,
        )
        found = offered(context, fix, finding) if edits else ()
        if found:
            return found
    return ()


def route_file(context: Context, aggregator: Aggregator, path: str, finding: Finding | None = None) -> tuple[Fix, ...]:
    """Route env.py or an entry point through the aggregator that exists."""
    models = models_of(context, path)
    is_env = models is not None and path == models.env_path
    edits = route(context, aggregator, path, bare_only=not is_env)
    fix = Fix(
        title=f"Route {path} through {aggregator.module}",
        safe=True,
        kind=FixKind.QUICKFIX if finding is not None else FixKind.REFACTOR,
        edits=edits,
        rule=rule_of(finding),
    )
    return offered(context, fix, finding) if edits else ()


def route_imports(
    context: Context, aggregator: Aggregator, path: str, placed: Placed, finding: Finding | None = None
) -> tuple[Fix, ...]:
    """Route one import of model names, all in its file, all in the workspace; each has to mend ``finding``."""
    one = reroute(context, aggregator, path, placed)
    if one is None:
        return ()
    found = _routed(context, aggregator, _TITLES["one"].format(module=aggregator.module), [one], finding)
    whole = reroute(context, aggregator, path)
    if whole is not None and whole.statements > 1:
        title = _TITLES["file"].format(path=path, module=aggregator.module)
        found += _routed(context, aggregator, title, [whole], finding)
    everywhere = _everywhere(context, aggregator)
    if len(everywhere) > 1:
        statements = sum(each.statements for each in everywhere)
        title = f"Route {statements} imports in {len(everywhere)} files through {aggregator.module}"
        found += _routed(context, aggregator, title, everywhere, finding)
    return found


def _everywhere(context: Context, aggregator: Aggregator) -> list[Rerouted]:
    """The model imports of every file that may hold one."""
    tails = {module_name(context, path).rpartition(".")[2] for path in aggregator.covers}
    found = []
    for path in context.workspace.python_files():
        text = context.workspace.text(path)
        if text is None or is_migration_file(context, path) or not any(tail in text for tail in tails):
            continue
        each = reroute(context, aggregator, path)
        if each is not None:
            found.append(each)
    return found


def _routed(
    context: Context, aggregator: Aggregator, title: str, parts: list[Rerouted], finding: Finding | None
) -> tuple[Fix, ...]:
    names: dict[str, Target] = {}
    for part in parts:
        if any(names.get(name, target) != target for name, target in part.names.items()):
            return ()
        names.update(part.names)
    edits: tuple[Edit, ...] = tuple(edit for part in parts for edit in part.edits)
    handed_on = reexport(context, aggregator, names)
    if names and not handed_on:
        return ()
    fix = Fix(
        title=title,
        safe=False,
        kind=FixKind.REFACTOR,
        edits=(*edits, *handed_on),
        note=f"Importing {aggregator.module} executes every model module.",
    )
    return offered(context, fix, finding)


# ---------------------------------------------------------------------- by rule


def _not_in_migrations(context: Context, finding: Finding) -> tuple[Fix, ...]:
    path = finding.location.path
    models = models_of(context, path)
    if models is None:
        return ()
    aggregator = existing(context, models)
    if aggregator is None:
        created = creation(context, models)
        # What a call elsewhere registers, importing the module of the function does not.
        covered = created is not None and path in created[1].covers
        return create_and_route(context, models, finding) if covered else ()
    if path not in aggregator.covers:
        return complete(context, models, path, finding)
    return route_file(context, aggregator, models.env_path, finding) if models.env_path else ()


def _bypasses(context: Context, finding: Finding) -> tuple[Fix, ...]:
    path = finding.location.path
    models = models_of(context, path)
    aggregator = existing(context, models) if models is not None else None
    source = page(context, path)
    if models is None or aggregator is None or source is None:
        return ()
    found = route_file(context, aggregator, path, finding) or complete_and_route(context, models, path, finding)
    placed = source.statement_at(finding.location.span.line, finding.location.span.column)
    return (*found, *route_imports(context, aggregator, path, placed, finding)) if placed is not None else found


def _incomplete(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Add the module that the finding misses."""
    models = models_of(context, finding.location.path)
    if models is None:
        return ()
    for path in _model_files(context, finding):
        found = complete(context, models, path, finding)
        if found:
            return found
    return ()


def _model_files(context: Context, finding: Finding) -> Iterator[str]:
    """The model modules among the places of a finding."""
    for location in (finding.location, *(each.location for each in finding.related)):
        if location.path in context.model_modules:
            yield location.path


_FIXES: Mapping[str, Callable[[Context, Finding], tuple[Fix, ...]]] = {
    "duplicate-table": two_definitions,
    "module-loaded-twice": right_name,
    "models-before-migrations": move_below_migrations,
    "model-not-in-migrations": _not_in_migrations,
    "bypasses-aggregator": _bypasses,
    "aggregator-incomplete": _incomplete,
    "reserved-attribute": rename_attribute,
    "migration-failure-swallowed": reraise,
    "migrations-silence-logging": keep_loggers,
    "unprotected-registration-import": protect_import,
    "unused-ignore": drop_ignore,
}

WITH_FIXES = frozenset(_FIXES)
"""The rules that have fixes besides being silenced."""
