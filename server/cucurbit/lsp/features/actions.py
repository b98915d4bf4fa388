"""Code actions, computed from the document and the range, never from the diagnostics in the request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from cucurbit.analysis.edits import DeletedFile, Edit, Fix, FixKind, TextEdit
from cucurbit.analysis.finding import Finding
from cucurbit.fixes.apply import merge
from cucurbit.ide.refactorings import refactorings
from cucurbit.lsp.features.command_names import APPLY_FIX
from cucurbit.lsp.features.diagnostics import diagnostic
from cucurbit.lsp.features.editor import Editor
from cucurbit.lsp.features.session_file import SessionFile
from cucurbit.lsp.features.workspace_edits import is_expressible, workspace_edit
from cucurbit.lsp.wire.positions import to_span
from cucurbit.session.analysis import Analysis
from cucurbit.source.span import Span
from cucurbit.workspace.tree.writing import stays

_T = TypeVar("_T")

FIX_ALL = "source.fixAll.cucurbit"


@dataclass(frozen=True)
class Offer:
    """One action: a fix, its kind in the protocol, and the findings that it fixes."""

    fix: Fix
    kind: str
    findings: tuple[Finding, ...] = ()


class ActionKey(msgspec.Struct, frozen=True):
    """Identifies an offered action. The client sends it back as ``data`` or as the argument of a command.

    ``start`` and ``end`` are the requested range (line and character of the protocol); ``version`` is None for a
    document that is not open.
    """

    uri: str
    version: int | None
    start: tuple[int, int]
    end: tuple[int, int]
    title: str
    kind: str
    rule: str

    @property
    def range(self) -> types.Range:
        return types.Range(types.Position(*self.start), types.Position(*self.end))


async def code_action(
    editor: Editor, params: types.CodeActionParams
) -> Sequence[types.CodeAction | types.Command] | None:
    """``textDocument/codeAction``"""
    uri, only = params.text_document.uri, params.context.only
    wanted = None if only is None else tuple(str(getattr(kind, "value", kind)) for kind in only)
    document = editor.documents.get(uri)
    if await _is_too_early(editor, uri, params.range):
        return []

    def find(analysis: Analysis, place: SessionFile) -> list[types.CodeAction | types.Command]:
        area = params.range
        found: list[types.CodeAction | types.Command] = []
        for offer in offers(editor, analysis, place, area, wanted):
            asked = ActionKey(
                uri,
                None if document is None else document.version,
                (area.start.line, area.start.character),
                (area.end.line, area.end.character),
                offer.fix.title,
                offer.kind,
                offer.fix.rule,
            )
            action = _action(editor, analysis, place, offer, asked)
            found += [] if action is None else [action]
        return found

    return await editor.answer(uri, find)


async def _is_too_early(editor: Editor, uri: str, area: types.Range) -> bool:
    """Whether the first analysis is running and no finding is shown whose fixes are worth waiting for."""
    await editor.ready.wait()
    place = editor.locate(uri)
    if place is None or not place.session.is_beginning:
        return False
    known, document = place.session.findings, editor.documents.get(uri)
    if known is None or document is None or known.number != place.session.number:
        return True
    span = to_span(document.source, area, editor.client.unit)
    return not any(_touches(each.location.span, span) for each in known.by_path.get(place.path, ()))


def offers(
    editor: Editor, analysis: Analysis, place: SessionFile, area: types.Range, wanted: tuple[str, ...] | None
) -> Iterator[Offer]:
    """The actions for a range of a file, each once. ``wanted`` are the kinds (None: all except ``source``)."""
    source = analysis.source(place.path)
    if source is None:
        return
    span = to_span(source, area, editor.client.unit)
    # A fix and a refactoring may make the same edits: they are offered once, as the fix.
    found: dict[tuple[str, tuple[Edit, ...]], Offer] = {}
    if _is_wanted(FixKind.QUICKFIX.value, wanted):
        for finding in analysis.findings:
            if _has_place(analysis, finding, place.path, span):
                for fix in analysis.fixes_of(finding):
                    offer = found.get((fix.title, fix.edits), Offer(fix, fix.kind.value))
                    found[fix.title, fix.edits] = replace(offer, findings=(*offer.findings, finding))
    if _is_wanted(FixKind.REFACTOR.value, wanted):
        for fix in refactorings(analysis.gate, place.path, span):
            if analysis.is_applicable(fix):
                found.setdefault((fix.title, fix.edits), Offer(fix, fix.kind.value))
    # What mends something comes first, refactorings follow, and comments that only hide a finding are last.
    for offer in sorted(found.values(), key=lambda each: (each.fix.silences, each.kind != FixKind.QUICKFIX.value)):
        if _is_wanted(offer.kind, wanted):
            yield offer
    if wanted is not None and _is_wanted(FIX_ALL, wanted):
        yield from _fix_all(analysis, place.path)


def _fix_all(analysis: Analysis, path: str) -> Iterator[Offer]:
    """The safe quick fixes that change only this file, without those that conflict with another."""
    found = analysis.by_path.get(path, ())
    fixes = []
    for finding in found:
        known = analysis.fixes_of(finding)
        safe = [fix for fix in known if fix.safe and not fix.silences and fix.kind is FixKind.QUICKFIX]
        own = [fix for fix in safe if all(isinstance(each, TextEdit) and each.path == path for each in fix.edits)]
        fixes += own[:1]
    source = analysis.source(path)
    if source is None or not fixes:
        return
    taken = merge({path: source.text}, dict.fromkeys(fixes)).applied
    edits = tuple(dict.fromkeys(edit for fix in taken for edit in fix.edits))
    yield Offer(Fix("Apply all safe fixes of Cucurbit", True, FixKind.QUICKFIX, edits), FIX_ALL, found)


def _is_wanted(kind: str, wanted: Iterable[str] | None) -> bool:
    return wanted is None or any(not each or kind == each or kind.startswith(each + ".") for each in wanted)


def _has_place(analysis: Analysis, finding: Finding, path: str, area: Span) -> bool:
    """Whether a finding has a place there; a group has many, and its diagnostic stands at the first alone."""
    places = (each.location for each in finding.singles)
    return any(place.path == path and _touches(analysis.span(path, place.span), area) for place in places)


def _touches(span: Span, area: Span) -> bool:
    """Whether two spans share a line: the cursor may be anywhere on the line of a finding."""
    return span.line <= area.end_line and area.line <= span.end_line


def _action(
    editor: Editor, analysis: Analysis, place: SessionFile, offer: Offer, asked: ActionKey
) -> types.CodeAction | types.Command | None:
    client, root = editor.client, place.session.root
    fix = offer.fix
    if not all(stays(root, edit.path) for edit in fix.edits):
        return None
    data: object = msgspec.to_builtins(asked)
    expressible = is_expressible(fix, client)
    command = types.Command(fix.title, APPLY_FIX, arguments=[data])
    if not client.action_literals:
        return command if asked.kind != FIX_ALL else None
    if not expressible and client.applies_edits and not can_write(fix):
        return None

    def uri_of(path: str) -> str:
        return editor.uri(root, path)

    action = types.CodeAction(
        fix.title,
        kind=offer.kind,
        diagnostics=[
            diagnostic(analysis, each, client, uri_of) for each in offer.findings if each.location.path == place.path
        ]
        or None,
        is_preferred=True if fix.safe and not fix.silences and offer.kind == FixKind.QUICKFIX.value else None,
    )
    if not expressible:
        action.command = command
    elif client.action_resolve:
        action.data = data
    else:
        action.edit = workspace_edit(analysis, fix, client, uri_of)
    return action


def can_write(fix: Fix) -> bool:
    """Whether the server can do the parts of a fix that the client cannot: it can create files, but not delete them."""
    return not any(isinstance(edit, DeletedFile) for edit in fix.edits)


async def resolve(editor: Editor, action: types.CodeAction) -> types.CodeAction:
    """``codeAction/resolve``: adds the edit.

    Raises:
        JsonRpcContentModified: the action is no longer offered.
    """
    try:
        asked = msgspec.convert(action.data, ActionKey)
    except msgspec.ValidationError:
        return action

    def make(analysis: Analysis, place: SessionFile, fix: Fix) -> types.WorkspaceEdit:
        return workspace_edit(analysis, fix, editor.client, lambda path: editor.uri(place.session.root, path))

    action.edit = await find_offered(editor, asked, make)
    return action


async def find_offered(editor: Editor, asked: ActionKey, job: Callable[[Analysis, SessionFile, Fix], _T]) -> _T:
    """Find the fix of an action that was offered before, and pass it to ``job``.

    Raises:
        JsonRpcContentModified: the action is no longer offered.
    """
    document = editor.documents.get(asked.uri)
    if (None if document is None else document.version) != asked.version:
        raise JsonRpcContentModified("the document was edited")

    def find(analysis: Analysis, place: SessionFile) -> _T | None:
        for offer in offers(editor, analysis, place, asked.range, (asked.kind,)):
            if (offer.fix.title, offer.kind, offer.fix.rule) == (asked.title, asked.kind, asked.rule):
                return job(analysis, place, offer.fix)
        return None

    found = await editor.answer(asked.uri, find)
    if found is None:
        raise JsonRpcContentModified("this is no longer offered")
    return found
