"""The commands that create an aggregator module and route model imports through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import msgspec
from lsprotocol import types

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, TextEdit
from cucurbit.fixes.python_source import python_source
from cucurbit.ide.refactorings import refactorings
from cucurbit.lsp.features.apply_fix import apply_fix
from cucurbit.lsp.features.command_arguments import CommandArgument, argument_of, fresh_analysis, place_of
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.rules.shared.aggregator.fixes import create, create_and_route, route_file
from cucurbit.rules.shared.aggregator.models import Models, all_models, models_of
from cucurbit.rules.shared.aggregator.writing import creation, existing
from cucurbit.session.analysis import Analysis
from cucurbit.workspace.settings.schema import AggregatorSettings


async def create_aggregator(editor: Editor, arguments: Sequence[object]) -> object:
    """Create the aggregator module and route the imports of env.py through it."""
    argument = argument_of(arguments)
    place = place_of(editor, argument.uri, argument.root)

    def find(analysis: Analysis) -> tuple[str, Fix | None]:
        context, wanted = analysis.context, _wanted(analysis, argument)
        models = _models(analysis, place.path)
        obstacle = _obstacle(context, models, wanted)
        if models is None or obstacle:
            return obstacle, None
        gate = analysis.gate
        fixes = (*create_and_route(gate, models, wanted=wanted), *create(gate, models, wanted=wanted))
        best = next(iter(fixes), None)
        # The editor asks for confirmation of an unsafe fix.
        shown = replace(best, safe=False) if best is not None and argument.confirm else best
        return "no aggregator can be created here without an import cycle", shown

    return await _do(editor, place, find)


async def propose_aggregator(editor: Editor, arguments: Sequence[object]) -> object:
    """Where a new aggregator would be created, and in which style: ``{path, style, modules, obstacle}``."""
    argument = argument_of(arguments)
    place = place_of(editor, argument.uri, argument.root)

    def propose(analysis: Analysis) -> object:
        context, wanted = analysis.context, _wanted(analysis, argument)
        models = _models(analysis, place.path)
        obstacle = _obstacle(context, models, wanted)
        created = None if models is None or obstacle else creation(context, models, wanted)
        return {
            "path": "" if created is None else created[0].path,
            "style": wanted.style,
            "modules": 0 if models is None else len(models.modules),
            "obstacle": obstacle,
        }

    return await place.session.query(await fresh_analysis(place.session), propose)


def _wanted(analysis: Analysis, argument: CommandArgument) -> AggregatorSettings:
    settings = analysis.workspace.settings.aggregator
    return msgspec.structs.replace(
        settings, module=argument.module or settings.module, style=argument.style or settings.style
    )


def _obstacle(context: Context, models: Models | None, wanted: AggregatorSettings) -> str:
    """Why no aggregator can be created; empty if one can."""
    if models is None:
        return "there are no models here"
    aggregator = existing(context, models)
    if aggregator is not None:
        return f"there is an aggregator already: {aggregator.path}"
    if creation(context, models, wanted) is None:
        name = wanted.module or "the aggregator"
        return f"{name} cannot be created: the file exists, or the name is not a valid module name"
    return ""


def _models(analysis: Analysis, path: str) -> Models | None:
    models = models_of(analysis.context, path) if path else None
    return models if models is not None else next(iter(all_models(analysis.context)), None)


async def route_imports(editor: Editor, arguments: Sequence[object]) -> object:
    """Route the model imports of a file (by default env.py) through the aggregator."""
    argument = argument_of(arguments)
    place = place_of(editor, argument.uri, argument.root)

    def find(analysis: Analysis) -> tuple[str, Fix | None]:
        models = _models(analysis, place.path)
        aggregator = existing(analysis.context, models) if models is not None else None
        if models is None or aggregator is None:
            return "there is no aggregator: create one first", None
        path = place.path or models.env_path
        fixes = (*route_file(analysis.gate, aggregator, path), *_reroutings(analysis, path, aggregator.path))
        best = max(fixes, key=lambda fix: len(fix.edits), default=None)
        return f"{path} has no import that can be routed through {aggregator.module}", best

    return await _do(editor, place, find)


def _reroutings(analysis: Analysis, path: str, aggregator: str) -> Iterator[Fix]:
    """The fixes at the imports of a file that change only this file and the aggregator."""
    source = python_source(analysis.context, path)
    if source is None:
        return
    for placed in source.imports:
        for fix in refactorings(analysis.gate, path, source.span(placed.node)):
            if all(isinstance(edit, TextEdit) and edit.path in (path, aggregator) for edit in fix.edits):
                yield fix


async def _do(editor: Editor, place: SessionFile, find: Callable[[Analysis], tuple[str, Fix | None]]) -> object:
    """Apply the fix that ``find`` returns, or show the user why there is none."""
    session = place.session
    while True:
        analysis = await fresh_analysis(session)
        reason, fix = await session.query(analysis, find)
        if fix is not None and not analysis.is_applicable(fix):
            reason, fix = "a file to be changed has a syntax error", None
        if analysis.number == session.number:
            break
    if fix is None:
        editor.window_show_message(types.ShowMessageParams(types.MessageType.Info, f"Cucurbit: {reason}."))
        return {"applied": False, "reason": reason}
    return await apply_fix(editor, session, analysis, fix)
