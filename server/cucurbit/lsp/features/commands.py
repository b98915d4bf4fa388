"""The server's commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from cucurbit.analysis.context import Context
from cucurbit.fixes.aggregator import create, creation, existing
from cucurbit.fixes.catalogue import create_and_route, refactorings, route_file
from cucurbit.fixes.edits import Fix, NewFile, TextEdit
from cucurbit.fixes.models import Models, all_models, models_of
from cucurbit.fixes.page import page
from cucurbit.lsp.features import registration_view
from cucurbit.lsp.features.actions import APPLY_FIX, Asked, again, can_write
from cucurbit.lsp.features.navigation import SHOW_TIMELINE
from cucurbit.lsp.features.place import Place
from cucurbit.lsp.features.timeline_page import TIMELINE_PAGE, show_page
from cucurbit.lsp.features.workspace_edits import changes_on_disk, is_expressible, is_sound, workspace_edit
from cucurbit.report.as_json import timeline_document
from cucurbit.report.report import listed
from cucurbit.report.styled import UNICODE, plain
from cucurbit.report.timeline_text import timeline_lines
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session, Unavailable
from cucurbit.simulate.core.timeline import Timeline
from cucurbit.simulate.run import simulate
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.settings.schema import AggregatorSettings, AggregatorStyle
from cucurbit.workspace.tree.writing import Change, Unwritable, write_files

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

CREATE_AGGREGATOR = "cucurbit.createAggregator"
PROPOSE_AGGREGATOR = "cucurbit.proposeAggregator"
ROUTE_IMPORTS = "cucurbit.routeImports"
RESTART_ANALYSIS = "cucurbit.restartAnalysis"
ENTRY_POINTS = "cucurbit.entryPoints"


class Target(msgspec.Struct, frozen=True):
    """What a command is about: a file, or a folder, or the only folder there is; for timelines an entry point too.

    For a new aggregator ``module`` and ``style`` are stronger than the settings; ``confirm``: the editor shows the
    changes before it makes them, if it can.
    """

    uri: str | None = None
    root: str | None = None
    entry: str | None = None
    format: str = "text"
    module: str | None = None
    style: AggregatorStyle | None = None
    confirm: bool = False


async def execute(ls: CucurbitServer, command: str, arguments: Sequence[object]) -> object:
    """Run a command; what it cannot do is told to the user in one message.

    Raises:
        JsonRpcInvalidParams: there is no such command, or it has other arguments.
    """
    run = _COMMANDS.get(command)
    if run is None:
        raise JsonRpcInvalidParams(f"there is no command {command}")
    await ls.ready.wait()
    return await run(ls, arguments)


def _target(arguments: Sequence[object]) -> Target:
    """The target from an object, or from plain arguments: a URI, or an entry point and a format."""
    first = arguments[0] if arguments else {}
    if isinstance(first, str):
        if first.startswith("file:"):
            return Target(uri=first)
        second = arguments[1] if len(arguments) > 1 else "text"
        return Target(entry=first, format=str(second))
    try:
        return msgspec.convert(first, Target)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None


def _place(ls: CucurbitServer, target: Target) -> Place:
    if target.uri is not None:
        place = ls.locate(target.uri)
        if place is None:
            raise JsonRpcInvalidParams(f"{target.uri} is in no workspace folder")
        return place
    sessions = [session for session in ls.folders if target.root in (None, session.root)]
    if not sessions:
        raise JsonRpcInvalidParams("there is no such workspace folder")
    return Place(sessions[0], "")


async def _analysis(session: Session) -> Analysis:
    try:
        return await session.fresh()
    except Unavailable:
        raise JsonRpcInvalidParams(f"{session.root} is not analysed") from None


# -------------------------------------------------------------------- timelines


async def _show_timeline(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """The timeline of an entry point, or of all: text, or the documented JSON."""
    target = _target(arguments)
    place = _place(ls, target)

    def show(analysis: Analysis) -> object:
        timelines = tuple(_timelines(analysis, target.entry, place.path))
        if target.format == "json":
            return msgspec.to_builtins(timeline_document(analysis.context, timelines))
        lines = [
            plain(line)
            for timeline in timelines
            for line in (*timeline_lines(analysis.context, timeline, UNICODE, lambda path: path), [])
        ]
        return "\n".join(lines)

    return await place.session.query(await _analysis(place.session), show)


def _timelines(analysis: Analysis, entry: str | None, path: str) -> Iterator[Timeline]:
    if entry is None:
        own = [each for each in analysis.context.timelines if each.entry.path == path]
        yield from own or (() if path else analysis.context.timelines)
        return
    known = [each for each in analysis.context.timelines if each.entry.target == entry]
    if known:
        yield from known
        return
    resolved = analysis.workspace.resolve_entry(entry)
    if not isinstance(resolved, EntryPoint):
        raise JsonRpcInvalidParams(f"{entry} is no entry point of this workspace")
    yield simulate(analysis.workspace, resolved)


async def _entry_points(ls: CucurbitServer, _: Sequence[object]) -> object:
    """Every entry point, for an editor to choose from."""
    found = []
    for session in ls.folders:
        analysis = await _analysis(session)
        found += [
            {"root": session.root, "entry": each.entry.target, "kind": each.entry.kind.value, "path": each.entry.path}
            for each in analysis.context.timelines
        ]
    return found


# ------------------------------------------------------------------------ fixes


async def _create_aggregator(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """Create the aggregator and route env.py through it."""
    target = _target(arguments)
    place = _place(ls, target)

    def find(analysis: Analysis) -> tuple[str, Fix | None]:
        context, wanted = analysis.context, _wanted(analysis, target)
        models = _models(analysis, place.path)
        obstacle = _obstacle(context, models, wanted)
        if models is None or obstacle:
            return obstacle, None
        fixes = (*create_and_route(context, models, wanted=wanted), *create(context, models, wanted=wanted))
        best = next(iter(fixes), None)
        # What is not safe is confirmed.
        shown = replace(best, safe=False) if best is not None and target.confirm else best
        return "no aggregator can be made here without an import cycle", shown

    return await _do(ls, place, find)


async def _propose_aggregator(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """Where a new aggregator would stand and how it would be written: ``{path, style, modules, obstacle}``."""
    target = _target(arguments)
    place = _place(ls, target)

    def propose(analysis: Analysis) -> object:
        context, wanted = analysis.context, _wanted(analysis, target)
        models = _models(analysis, place.path)
        obstacle = _obstacle(context, models, wanted)
        created = None if models is None or obstacle else creation(context, models, wanted)
        return {
            "path": "" if created is None else created[0].path,
            "style": wanted.style,
            "modules": 0 if models is None else len(models.modules),
            "obstacle": obstacle,
        }

    return await place.session.query(await _analysis(place.session), propose)


def _wanted(analysis: Analysis, target: Target) -> AggregatorSettings:
    settings = analysis.workspace.settings.aggregator
    return msgspec.structs.replace(
        settings, module=target.module or settings.module, style=target.style or settings.style
    )


def _obstacle(context: Context, models: Models | None, wanted: AggregatorSettings) -> str:
    """Why no aggregator is to be created; empty where nothing stands in the way."""
    if models is None:
        return "there are no models here"
    aggregator = existing(context, models)
    if aggregator is not None:
        return f"there is an aggregator already: {aggregator.path}"
    if creation(context, models, wanted) is None:
        return f"there is no place for {wanted.module or 'it'}: such a file exists, or it is no module's name"
    return ""


def _models(analysis: Analysis, path: str) -> Models | None:
    models = models_of(analysis.context, path) if path else None
    return models if models is not None else next(iter(all_models(analysis.context)), None)


async def _route_imports(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """Route the model imports of a file (env.py, without one) through the aggregator."""
    place = _place(ls, _target(arguments))

    def find(analysis: Analysis) -> tuple[str, Fix | None]:
        models = _models(analysis, place.path)
        aggregator = existing(analysis.context, models) if models is not None else None
        if models is None or aggregator is None:
            return "there is no aggregator: create one first", None
        path = place.path or models.env_path
        fixes = (*route_file(analysis.context, aggregator, path), *_reroutings(analysis, path, aggregator.path))
        best = max(fixes, key=lambda fix: len(fix.edits), default=None)
        return f"{path} has no import to be routed through {aggregator.module}", best

    return await _do(ls, place, find)


def _reroutings(analysis: Analysis, path: str, aggregator: str) -> Iterator[Fix]:
    """The fixes at the file's imports that change it, and beside it nothing but the aggregator."""
    source = page(analysis.context, path)
    if source is None:
        return
    for placed in source.imports:
        for fix in refactorings(analysis.context, path, source.span(placed.node)):
            if all(isinstance(edit, TextEdit) and edit.path in (path, aggregator) for edit in fix.edits):
                yield fix


async def _do(ls: CucurbitServer, place: Place, find: Callable[[Analysis], tuple[str, Fix | None]]) -> object:
    """Apply the fix found, or say why there is none."""
    session = place.session
    while True:
        analysis = await _analysis(session)
        reason, fix = await session.query(analysis, find)
        if fix is not None and not is_sound(analysis, fix):
            reason, fix = "a file to be changed has a syntax error", None
        if analysis.number == session.number:
            break
    if fix is None:
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, f"Cucurbit: {reason}."))
        return {"applied": False, "reason": reason}
    return await _apply(ls, session, analysis, fix)


async def _apply_fix(ls: CucurbitServer, arguments: Sequence[object]) -> object:
    """Do what a code action offered, for a client that cannot do it by itself."""
    try:
        asked = msgspec.convert(arguments[0] if arguments else None, Asked)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None
    place, analysis, fix = await again(ls, asked, lambda analysis, place, fix: (place, analysis, fix))
    return await _apply(ls, place.session, analysis, fix)


async def _apply(ls: CucurbitServer, session: Session, analysis: Analysis, fix: Fix) -> object:
    """Have the client apply a fix; to create files, or all of it, is done here for one that cannot."""
    if not ls.client.applies_edits:
        return await _write(ls, session, analysis, fix)
    if not is_expressible(fix, ls.client):
        if not can_write(fix):
            return {"applied": False, "reason": "the editor cannot delete files"}
        return await _apply_with_files(ls, session, analysis, fix)
    return await _send(ls, session, analysis, fix)


async def _send(ls: CucurbitServer, session: Session, analysis: Analysis, fix: Fix) -> dict[str, object]:
    edit = await session.query(
        analysis, lambda each: workspace_edit(each, fix, ls.client, lambda path: ls.uri(session.root, path))
    )
    try:
        result = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, fix.title))
    except JsonRpcException as error:
        return {"applied": False, "reason": f"the editor did not apply it: {error}", "title": fix.title}
    return {"applied": result.applied, "reason": result.failure_reason or "", "title": fix.title}


async def _apply_with_files(ls: CucurbitServer, session: Session, analysis: Analysis, fix: Fix) -> object:
    new = {edit.path: edit.text.encode() for edit in fix.edits if isinstance(edit, NewFile)}
    rest = replace(fix, edits=tuple(edit for edit in fix.edits if not isinstance(edit, NewFile)))
    try:
        await asyncio.to_thread(write_files, session.root, {path: Change(None, text) for path, text in new.items()})
    except Unwritable as error:
        return _refused(ls, fix, str(error))
    session.touch(list(new))
    result = await _send(ls, session, analysis, rest) if rest.edits else _applied(fix)
    if result["applied"] is not True:
        # What the user refused is not left behind by half.
        with suppress(Unwritable):
            back = {path: Change(text, None) for path, text in new.items()}
            await asyncio.to_thread(write_files, session.root, back)
        session.touch(list(new))
    return result


def _applied(fix: Fix) -> dict[str, object]:
    return {"applied": True, "reason": "", "title": fix.title}


def _refused(ls: CucurbitServer, fix: Fix, reason: str) -> dict[str, object]:
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"Cucurbit: {reason}."))
    return {"applied": False, "reason": reason, "title": fix.title}


async def _write(ls: CucurbitServer, session: Session, analysis: Analysis, fix: Fix) -> object:
    """Write a fix to disk, or tell the user why not."""
    try:
        changes = await session.query(analysis, lambda each: changes_on_disk(each, session.root, fix))
        await asyncio.to_thread(write_files, session.root, changes)
    except Unwritable as error:
        return _refused(ls, fix, str(error))
    session.touch(list(changes))
    names = listed(changes)
    text = f"Cucurbit wrote {names}: what is open of that has to be read again from disk."
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
    return _applied(fix)


async def _restart(ls: CucurbitServer, _: Sequence[object]) -> object:
    """Read and simulate everything anew."""
    for session in ls.folders:
        session.restart()
    return None


Command = Callable[["CucurbitServer", Sequence[object]], Awaitable[object]]

_COMMANDS: Mapping[str, Command] = {
    SHOW_TIMELINE: _show_timeline,
    TIMELINE_PAGE: show_page,
    ENTRY_POINTS: _entry_points,
    CREATE_AGGREGATOR: _create_aggregator,
    PROPOSE_AGGREGATOR: _propose_aggregator,
    ROUTE_IMPORTS: _route_imports,
    APPLY_FIX: _apply_fix,
    RESTART_ANALYSIS: _restart,
    registration_view.CHILDREN: registration_view.children,
    registration_view.PATH: registration_view.path,
}

NAMES = tuple(_COMMANDS)
