"""Applies a fix: through the editor, or on disk for an editor that cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from cucurbit.analysis.edits import Fix, NewFile
from cucurbit.lsp.features.actions import ActionKey, can_write, find_offered
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.workspace_edits import changes_on_disk, is_expressible, workspace_edit
from cucurbit.report.report import listed
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session
from cucurbit.workspace.tree.writing import LEADS_OUT, Change, Unwritable, stays, write_files


async def apply_offered_fix(editor: Editor, arguments: Sequence[object]) -> object:
    """Apply the fix of an offered code action, for a client that cannot apply it itself."""
    try:
        asked = msgspec.convert(arguments[0] if arguments else None, ActionKey)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(str(error)) from None
    place, analysis, fix = await find_offered(editor, asked, lambda analysis, place, fix: (place, analysis, fix))
    return await apply_fix(editor, place.session, analysis, fix)


async def apply_fix(editor: Editor, session: Session, analysis: Analysis, fix: Fix) -> object:
    """Let the client apply a fix. What the client cannot do (create files, or apply edits at all) is done here."""
    outside = next((edit.path for edit in fix.edits if not stays(session.root, edit.path)), None)
    if outside is not None:
        return _refused(editor, fix, f"{outside} cannot be written: {LEADS_OUT}")
    if not editor.client.applies_edits:
        return await _write(editor, session, analysis, fix)
    if not is_expressible(fix, editor.client):
        if not can_write(fix):
            return {"applied": False, "reason": "the editor cannot delete files"}
        return await _apply_with_files(editor, session, analysis, fix)
    return await _send(editor, session, analysis, fix)


async def _send(editor: Editor, session: Session, analysis: Analysis, fix: Fix) -> dict[str, object]:
    edit = await session.query(
        analysis, lambda each: workspace_edit(each, fix, editor.client, lambda path: editor.uri(session.root, path))
    )
    try:
        result = await editor.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, fix.title))
    except JsonRpcException as error:
        return {"applied": False, "reason": f"the editor did not apply it: {error}", "title": fix.title}
    return {"applied": result.applied, "reason": result.failure_reason or "", "title": fix.title}


async def _apply_with_files(editor: Editor, session: Session, analysis: Analysis, fix: Fix) -> object:
    new = {edit.path: edit.text.encode() for edit in fix.edits if isinstance(edit, NewFile)}
    rest = replace(fix, edits=tuple(edit for edit in fix.edits if not isinstance(edit, NewFile)))
    try:
        await asyncio.to_thread(write_files, session.root, {path: Change(None, text) for path, text in new.items()})
    except Unwritable as error:
        return _refused(editor, fix, str(error))
    session.touch(list(new))
    result = await _send(editor, session, analysis, rest) if rest.edits else _applied(fix)
    if result["applied"] is not True:
        # The user refused: the new files are removed again.
        with suppress(Unwritable):
            back = {path: Change(text, None) for path, text in new.items()}
            await asyncio.to_thread(write_files, session.root, back)
        session.touch(list(new))
    return result


def _applied(fix: Fix) -> dict[str, object]:
    return {"applied": True, "reason": "", "title": fix.title}


def _refused(editor: Editor, fix: Fix, reason: str) -> dict[str, object]:
    editor.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"Cucurbit: {reason}."))
    return {"applied": False, "reason": reason, "title": fix.title}


async def _write(editor: Editor, session: Session, analysis: Analysis, fix: Fix) -> object:
    """Write a fix to disk, or show the user why that failed."""
    try:
        changes = await session.query(analysis, lambda each: changes_on_disk(each, session.root, fix))
        await asyncio.to_thread(write_files, session.root, changes)
    except Unwritable as error:
        return _refused(editor, fix, str(error))
    session.touch(list(changes))
    names = listed(changes)
    text = f"Cucurbit wrote {names}. Reload the files you have open."
    editor.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
    return _applied(fix)
