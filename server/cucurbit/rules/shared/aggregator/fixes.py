"""Fixes and refactorings around the aggregator: create it, complete it, route imports through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Edit, Fix, FixKind
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import FixGate
from cucurbit.analysis.wording import listed
from cucurbit.fixes.gate import rule_of
from cucurbit.fixes.preview import texts_after
from cucurbit.fixes.python_source import PlacedStatement
from cucurbit.fixes.resolve import ImportTarget, module_name
from cucurbit.rules.shared.aggregator.models import Models, models_of
from cucurbit.rules.shared.aggregator.routing import Rerouted, reroute, route
from cucurbit.rules.shared.aggregator.writing import AggregatorFile, completion, creation, imported_by_env, reexport
from cucurbit.rules.shared.environments import is_migration_file
from cucurbit.workspace.settings.schema import AggregatorSettings

_TITLES = {"one": "Route this import through {module}", "file": "Route the model imports of {path} through {module}"}


# ---------------------------------------------------------- creation and completion


def create(
    gate: FixGate, models: Models, finding: Finding | None = None, wanted: AggregatorSettings | None = None
) -> tuple[Fix, ...]:
    """Create the aggregator (as ``wanted``, else as the settings say) and nothing else."""
    created = creation(gate.context, models, wanted)
    if created is None:
        return ()
    new, aggregator = created
    fix = Fix(
        title=f"Create {new.path} importing {_modules_counted(len(aggregator.covers))}",
        safe=True,
        kind=FixKind.REFACTOR,
        edits=(new,),
        rule=rule_of(finding),
        note="Nothing imports it yet: route env.py and the application through it.",
    )
    return gate.offered(fix, finding)


def create_and_route(
    gate: FixGate, models: Models, finding: Finding | None = None, wanted: AggregatorSettings | None = None
) -> tuple[Fix, ...]:
    """Create the aggregator (as ``wanted``, else as the settings say) and import it in env.py, in one fix."""
    created = creation(gate.context, models, wanted)
    if created is None or not models.env_path:
        return ()
    new, aggregator = created
    later = gate.context.with_workspace(gate.context.workspace.overlaid({new.path: new.text}))
    edits = route(later, aggregator, models.env_path)
    if not edits:
        return ()
    count = _modules_counted(len(aggregator.covers))
    fix = Fix(
        title=f"Create {new.path} importing {count} and route {models.env_path} through it",
        safe=False,
        kind=FixKind.QUICKFIX if finding is not None else FixKind.REFACTOR,
        edits=(new, *edits),
        rule=rule_of(finding),
        note=f"{models.env_path} then executes every model module. Check what else importing them does.",
    )
    return gate.offered(fix, finding)


def _modules_counted(number: int) -> str:
    return "1 model module" if number == 1 else f"{number} model modules"


def complete(gate: FixGate, models: Models, paths: Sequence[str], finding: Finding | None = None) -> tuple[Fix, ...]:
    """Add model modules to the aggregator: all of them, or as few as the first one where all cannot be added."""
    found = _complete(gate, models, paths, finding)
    for path in paths if len(paths) > 1 else ():
        found = found or _complete(gate, models, [path], finding)
    return found


def _complete(gate: FixGate, models: Models, paths: Sequence[str], finding: Finding | None) -> tuple[Fix, ...]:
    completed = completion(gate.context, models, paths)
    if completed is None:
        return ()
    fix = Fix(
        title=completed.title,
        safe=completed.is_safe,
        kind=FixKind.QUICKFIX,
        edits=completed.edits,
        rule=rule_of(finding),
        note=completed.note,
    )
    return gate.offered(fix, finding)


def import_in_env(gate: FixGate, models: Models, paths: Sequence[str], finding: Finding) -> tuple[Fix, ...]:
    """Import model modules in env.py itself, where there is no aggregator."""
    if not models.env_path or not paths:
        return ()
    modules, edits = imported_by_env(gate.context, models, paths)
    fix = Fix(
        title=f"Import {listed(modules)} in {models.env_path}",
        safe=False,
        kind=FixKind.QUICKFIX,
        edits=edits,
        rule=finding.rule,
        note=f"{models.env_path} then executes {'it' if len(modules) == 1 else 'them'}. Check what else that does.",
    )
    return gate.offered(fix, finding)


def complete_and_route(gate: FixGate, models: Models, path: str, finding: Finding) -> tuple[Fix, ...]:
    """Add to the aggregator a module that ``path`` imports directly, and route ``path`` through it, in one fix."""
    for missing in model_files(gate.context, finding):
        completed = completion(gate.context, models, [missing])
        texts = texts_after(gate.context, completed.edits) if completed is not None else None
        if completed is None or texts is None:
            continue
        later = gate.context.with_workspace(gate.context.workspace.overlaid(texts))
        edits = route(later, completed.aggregator, path, bare_only=path != models.env_path)
        fix = Fix(
            title=f"{completed.title} and route {path} through it",
            safe=completed.is_safe,
            kind=FixKind.QUICKFIX,
            edits=(*completed.edits, *edits),
            rule=finding.rule,
            note=completed.note,
        )
        found = gate.offered(fix, finding) if edits else ()
        if found:
            return found
    return ()


def model_files(context: Context, finding: Finding) -> Iterator[str]:
    """The model modules among the places of a finding."""
    for location in (finding.location, *(each.location for each in finding.related)):
        if location.path in context.model_modules:
            yield location.path


# ----------------------------------------------------------------------- routing


def route_file(gate: FixGate, aggregator: AggregatorFile, path: str, finding: Finding | None = None) -> tuple[Fix, ...]:
    """Route env.py or an entry point through the aggregator that exists."""
    models = models_of(gate.context, path)
    is_env = models is not None and path == models.env_path
    edits = route(gate.context, aggregator, path, bare_only=not is_env)
    fix = Fix(
        title=f"Route {path} through {aggregator.module}",
        safe=True,
        kind=FixKind.QUICKFIX if finding is not None else FixKind.REFACTOR,
        edits=edits,
        rule=rule_of(finding),
    )
    return gate.offered(fix, finding) if edits else ()


def route_imports(
    gate: FixGate, aggregator: AggregatorFile, path: str, placed: PlacedStatement, finding: Finding | None = None
) -> tuple[Fix, ...]:
    """Route one import of model names, all in its file, all in the workspace; each has to repair ``finding``."""
    one = reroute(gate.context, aggregator, path, placed)
    if one is None:
        return ()
    found = _routed(gate, aggregator, _TITLES["one"].format(module=aggregator.module), [one], finding)
    whole = reroute(gate.context, aggregator, path)
    if whole is not None and whole.statements > 1:
        title = _TITLES["file"].format(path=path, module=aggregator.module)
        found += _routed(gate, aggregator, title, [whole], finding)
    everywhere = _everywhere(gate.context, aggregator)
    if len(everywhere) > 1:
        statements = sum(each.statements for each in everywhere)
        title = f"Route {statements} imports in {len(everywhere)} files through {aggregator.module}"
        found += _routed(gate, aggregator, title, everywhere, finding)
    return found


def _everywhere(context: Context, aggregator: AggregatorFile) -> list[Rerouted]:
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
    gate: FixGate, aggregator: AggregatorFile, title: str, parts: list[Rerouted], finding: Finding | None
) -> tuple[Fix, ...]:
    names: dict[str, ImportTarget] = {}
    for part in parts:
        if any(names.get(name, target) != target for name, target in part.names.items()):
            return ()
        names.update(part.names)
    edits: tuple[Edit, ...] = tuple(edit for part in parts for edit in part.edits)
    handed_on = reexport(gate.context, aggregator, names)
    if names and not handed_on:
        return ()
    fix = Fix(
        title=title,
        safe=False,
        kind=FixKind.REFACTOR,
        edits=(*edits, *handed_on),
        note=f"Importing {aggregator.module} executes every model module.",
    )
    return gate.offered(fix, finding)
