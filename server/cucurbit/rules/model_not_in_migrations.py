"""``model-not-in-migrations``: a mapped table that env.py never registers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject
from cucurbit.analysis.imports import executions, imports_of
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.analysis.unused_names import is_used
from cucurbit.rules.shared.aggregator.detection import (
    Aggregator,
    aggregator_for,
    belongs,
    end_of_imports,
    environments_of,
)
from cucurbit.rules.shared.aggregator.fixes import complete, create_and_route, import_in_env, route_file
from cucurbit.rules.shared.aggregator.models import models_of
from cucurbit.rules.shared.aggregator.writing import creation, existing
from cucurbit.rules.shared.environments import (
    Managed,
    history,
    is_application,
    is_view,
    loads,
    responsible,
)
from cucurbit.rules.shared.evidence import brief, entry_name, labelled
from cucurbit.simulate.core.timeline import CutKind, Event, EventKind, Place, TableDefinition, Timeline

NAME = "model-not-in-migrations"

_KNOWN_PACKAGES = frozenset({"alembic", "sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_migrate", "flask"})


@dataclass(frozen=True)
class MissedTable(Subject):
    """For the fixes: the table, and the environment that does not register it."""

    definition: TableDefinition
    environment: str
    env_path: str


def _check(context: Context) -> Iterator[Finding]:
    for definition in context.definitions.values():
        finding = missed(context, definition)
        if finding is not None:
            yield finding


def missed(context: Context, definition: TableDefinition) -> Finding | None:
    """The finding about a table that the env.py responsible for it never registers; None where there is none."""
    environments = responsible(context, definition)
    if not environments or any(each.registers(definition) for each in environments):
        return None
    return _missed(context, environments[0], definition)


def _missed(context: Context, env: Managed, definition: TableDefinition) -> Finding | None:
    path = definition.place.path
    if not is_application(context, env.environment, path) or definition.key.endswith("alembic_version"):
        return None
    live = context.memo(_first_registrations).get(definition.place)
    if definition.in_function and live is None:
        return None
    twin = next((e for e in env.target.registered if e.key == definition.key and env.holds(e.metadata)), None)
    if twin is not None and (live is None or not twin.has_items or _reuses(env, definition)):
        # Two definitions that are never executed together, or that share one table: the duplicate rules report them.
        return None
    if env.program is None or _may_be_loaded(env, path):
        # `analysis-incomplete` names the program, or the import that is not followed.
        return None
    past = history(context, env.environment)
    created = past.created.get(definition.key)
    if created is None and (env.target.filtered or is_view(context, definition)):
        return None
    hidden = _caveat(context, env)
    aggregator = _aggregator(context, env, definition)
    severity = Severity.WARNING
    if twin is not None or env.may_import_more or (env.assumed and env.failure is None):
        severity = Severity.INFORMATION
    return Finding(
        rule=NAME,
        severity=severity,
        certain=not hidden and not env.assumed,
        location=context.location(definition.place),
        message=_message(
            context, env, definition, twin, created if definition.key not in past.dropped else None, aggregator
        )
        + hidden,
        related=_evidence(context, env, definition, twin, created, live, aggregator),
        subject=MissedTable(definition, env.environment.config, env.target.env_path),
        cause=_cause(env, definition, twin, hidden, aggregator),
    )


def _may_be_loaded(env: Managed, path: str) -> bool:
    """Whether env.py's process executes a package around ``path`` that imports by a name that is not known.

    That is how a package loads its plugins, and ``path`` is probably one of them.
    """
    loaders = (event.place.path for event in env.doubts if event.cut is CutKind.IMPORT)
    return any(loads(loader, path) for loader in loaders)


def _aggregator(context: Context, env: Managed, definition: TableDefinition) -> Aggregator | None:
    """The aggregator that env.py imports and that should import the file, if there is one."""
    path = definition.place.path
    if path in env.reached:
        return None
    found = aggregator_for(context, path, {definition.metadata})
    if found is None or found.walker or path in found.covers or not belongs(context, found, path):
        return None
    is_of_env = any(each.environment == env.environment for each in environments_of(context, found))
    return found if is_of_env else None


def _reuses(env: Managed, definition: TableDefinition) -> bool:
    """Whether ``extend_existing`` or ``keep_existing`` lays the definition over the other one in env.py's process."""
    reused = (event.definition for event in env.run.of(EventKind.TABLE_REUSED))
    return any(each is not None and each.place == definition.place for each in reused)


def _message(
    context: Context,
    env: Managed,
    definition: TableDefinition,
    twin: TableDefinition | None,
    created: Place | None,
    aggregator: Aggregator | None,
) -> str:
    env_path = env.target.env_path
    name = f"Table '{definition.key}'" + (f" ({definition.class_name})" if definition.class_name else "")
    if twin is not None:
        return (
            f"{name} has another definition, at {context.at(twin.place)}, which is the one that {env_path} registers: "
            "autogenerate compares the database with that."
        )
    why = f"{env_path} does not import {definition.place.path}"
    advice = " Import that file there, or in something that it imports."
    if definition.place.path in env.reached:
        why, advice = f"{env_path} executes {definition.place.path}, but never registers the table", ""
    elif aggregator is not None:
        why = f"the aggregator {aggregator.path} does not import {definition.place.path}"
        advice = " Import that file there."
    name = name[0].lower() + name[1:]
    if created is not None:
        return f"Autogenerate drops {name}, which {context.at(created)} creates: {why}.{advice}"
    return f"Autogenerate does not create {name}: {why}.{advice}"


def _cause(
    env: Managed, definition: TableDefinition, twin: TableDefinition | None, hidden: str, aggregator: Aggregator | None
) -> CommonCause:
    """What the table has in common with others that the same env.py misses."""
    env_path, path = env.target.env_path, definition.place.path
    items, here = (f"'{definition.key}'",), f"defines '{definition.key}'"
    if twin is not None:
        message = (
            f"{{number}} tables of {path} ({{items}}) have other definitions in {twin.place.path}. {env_path} registers"
            " those, so autogenerate compares the database with them and not with these."
        )
        return CommonCause((env.environment.config, "twin", path, twin.place.path), message + hidden, items, here)
    if path in env.reached:
        message = (
            f"Autogenerate misses {{number}} tables ({{items}}) of {path}: {env_path} executes the file, but never"
            " registers them. It creates none of them, and drops those that revisions created."
        )
        return CommonCause((env.environment.config, "reached", path), message + hidden, items, here)
    lacking = env_path if aggregator is None else f"the aggregator {aggregator.path}"
    advice = "Import the files there" + (", or in something that it imports." if aggregator is None else ".")
    message = (
        f"Autogenerate misses {{number}} tables ({{items}}): {lacking} does not import {{files}}. It creates none"
        f" of them, and drops those that revisions created. {advice}"
    )
    return CommonCause((env.environment.config, "missed", lacking), message + hidden, items, here)


def _caveat(context: Context, env: Managed) -> str:
    """What may register the table unseen."""
    reasons = [f"{event.detail} ({context.at(event.place)})" for event in env.doubts if event.cut.hides_imports]
    reasons += [
        f"{each.module} ({context.at(each.place)}), which is not part of the workspace, may import more models"
        for each in imports_of(context, env.target.env_path)
        if not each.path and _may_register(context, each.module, each.bound, env.target.env_path)
    ]
    if env.target.metadata is None and env.failure is None:
        reasons.append("target_metadata is not known")
    return f" Not certain: {reasons[0]}." if reasons else ""


def _may_register(context: Context, module: str, bound: str, env_path: str) -> bool:
    top = module.partition(".")[0]
    if top in _KNOWN_PACKAGES or top in sys.stdlib_module_names or context.workspace.installed(top) is not None:
        return False
    return "model" in module.lower() or (bound != "*" and "." not in bound and not is_used(context, env_path, bound))


# -------------------------------------------------------------------- evidence


def _evidence(
    context: Context,
    env: Managed,
    definition: TableDefinition,
    twin: TableDefinition | None,
    created: Place | None,
    live: tuple[Timeline, Event] | None,
    aggregator: Aggregator | None,
) -> tuple[Related, ...]:
    found: list[Related] = []
    if env.failure is not None and env.failure.failure is not None:
        failure = env.failure.failure
        found.append(Related(context.location(failure.place), f"{env.target.env_path} fails here: {brief(failure)}"))
    elif env.target.metadata is not None:
        found.append(Related(context.location(env.target.place), "target_metadata is given to Alembic here"))
    nearest = _last_model_import(context, env)
    if aggregator is not None:
        found.append(Related(context.location(end_of_imports(context, aggregator)), "it belongs below this import"))
    elif nearest is not None:
        found.append(Related(context.location(nearest), "the last import of models in env.py"))
    if twin is not None:
        found.append(Related(context.location(twin.place), f"'{twin.key}' as env.py registers it"))
    if created is not None:
        found.append(Related(context.location(created), f"this revision creates '{definition.key}'"))
    if live is not None:
        timeline, event = live
        found.extend(labelled(context, event.link, f"{entry_name(timeline.entry)} registers it"))
    return tuple(found)


def _first_registrations(context: Context) -> Mapping[Place, tuple[Timeline, Event]]:
    """Where an entry point registers each definition first, served applications before scripts, by its place."""
    found: dict[Place, tuple[Timeline, Event]] = {}
    for timeline in context.timelines:
        own: dict[Place, Event] = {}
        for event in timeline.of(EventKind.TABLE_REGISTERED, EventKind.TABLE_REJECTED, EventKind.TABLE_REUSED):
            if event.definition is not None:
                own.setdefault(event.definition.place, event)
        for place, event in own.items():
            if place not in found or _weight(timeline, event) < _weight(*found[place]):
                found[place] = timeline, event
    return MappingProxyType(found)


def _weight(timeline: Timeline, event: Event) -> tuple[bool, bool]:
    return not timeline.entry.startup, not event.certain


def _last_model_import(context: Context, env: Managed) -> Place | None:
    graph = context.memo(executions)
    models = frozenset(context.model_modules)
    for each in reversed(imports_of(context, env.target.env_path)):
        if each.path and not models.isdisjoint(graph.closure(each.path)):
            return each.place
    return None


# ---------------------------------------------------------------------------- fixes


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    context = gate.context
    path = finding.location.path
    models = models_of(context, path)
    if models is None:
        return ()
    paths = list(dict.fromkeys(each.location.path for each in finding.singles))
    aggregator = existing(context, models)
    if aggregator is None:
        created = creation(context, models)
        # What a call elsewhere registers, importing the module of the function does not.
        covered = created is not None and not created[1].covers.isdisjoint(paths)
        if not covered:
            return ()
        # An aggregator of one module would only be a longer way to it.
        several = create_and_route(gate, models, finding) if len(models.modules) > 1 else ()
        return (*several, *import_in_env(gate, models, [each for each in paths if each in models.modules], finding))
    missing = [each for each in paths if each not in aggregator.covers]
    if missing:
        # It is for the models of its own project: another program's do not belong into it.
        belonging = [each for each in missing if _belongs(context, finding, each)]
        return complete(gate, models, belonging, finding) if belonging else ()
    return route_file(gate, aggregator, models.env_path, finding) if models.env_path else ()


def _belongs(context: Context, finding: Finding, path: str) -> bool:
    """Whether a file is one that the aggregator should import which serves the table of a finding."""
    subject = finding.subject
    if not isinstance(subject, MissedTable):
        return False
    found = aggregator_for(context, path, {subject.definition.metadata})
    return found is not None and belongs(context, found, path)


RULE = Rule(
    name=NAME,
    summary="env.py never registers a mapped table: autogenerate misses it, or drops it.",
    severity=Severity.WARNING,
    check=_check,
    fixes=_fixes,
)
