"""Code actions: computed from the document and the range asked about, never from the diagnostics sent along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from cucurbit.analysis.finding import Finding
from cucurbit.fixes.apply import merge
from cucurbit.fixes.catalogue import fixes_for, refactorings
from cucurbit.fixes.edits import DeletedFile, Edit, Fix, FixKind, TextEdit
from cucurbit.lsp.features.diagnostics import diagnostic
from cucurbit.lsp.features.place import Place
from cucurbit.lsp.features.workspace_edits import is_expressible, is_sound, workspace_edit
from cucurbit.lsp.wire.positions import to_span
from cucurbit.session.analysis import Analysis
from cucurbit.source.span import Span

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

_T = TypeVar("_T")

FIX_ALL = "source.fixAll.cucurbit"
APPLY_FIX = "cucurbit.applyFix"


@dataclass(frozen=True)
class Offer:
    """One action: a fix, the protocol's kind of it, and the findings that it mends."""

    fix: Fix
    kind: str
    findings: tuple[Finding, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """What makes an action again: goes to the client and comes back, as ``data`` or a command's argument.

    ``start`` and ``end`` are the range asked about (line and character of the protocol); ``version`` is None for a
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
    ls: CucurbitServer, params: types.CodeActionParams
) -> Sequence[types.CodeAction | types.Command] | None:
    """``textDocument/codeAction``"""
    uri, only = params.text_document.uri, params.context.only
    wanted = None if only is None else tuple(str(getattr(kind, "value", kind)) for kind in only)
    document = ls.documents.get(uri)
    if await _is_too_early(ls, uri, params.range):
        return []

    def find(analysis: Analysis, place: Place) -> list[types.CodeAction | types.Command]:
        area = params.range
        found: list[types.CodeAction | types.Command] = []
        for offer in offers(ls, analysis, place, area, wanted):
            asked = Asked(
                uri,
                None if document is None else document.version,
                (area.start.line, area.start.character),
                (area.end.line, area.end.character),
                offer.fix.title,
                offer.kind,
                offer.fix.rule,
            )
            action = _action(ls, analysis, place, offer, asked)
            found += [] if action is None else [action]
        return found

    return await ls.answer(uri, find)


async def _is_too_early(ls: CucurbitServer, uri: str, area: types.Range) -> bool:
    """Whether the first analysis is under way, and no finding is shown whose fixes are worth waiting for."""
    await ls.ready.wait()
    place = ls.locate(uri)
    if place is None or not place.session.is_beginning:
        return False
    known, document = place.session.known, ls.documents.get(uri)
    if known is None or document is None or known.number != place.session.number:
        return True
    span = to_span(document.source, area, ls.client.unit)
    return not any(_touches(each.location.span, span) for each in known.by_path.get(place.path, ()))


def offers(
    ls: CucurbitServer, analysis: Analysis, place: Place, area: types.Range, wanted: tuple[str, ...] | None
) -> Iterator[Offer]:
    """The actions for a range of a file, those of ``wanted`` kinds (None: all but ``source``), each once."""
    source = analysis.source(place.path)
    if source is None:
        return
    span = to_span(source, area, ls.client.unit)
    # A finding's fix and a refactoring may come to the same: it is offered once, as the fix.
    found: dict[tuple[str, tuple[Edit, ...]], Offer] = {}
    if _is_wanted(FixKind.QUICKFIX.value, wanted):
        for finding in analysis.by_path.get(place.path, ()):
            if _touches(analysis.span(place.path, finding.location.span), span):
                for fix in fixes_of(analysis, finding):
                    offer = found.get((fix.title, fix.edits), Offer(fix, fix.kind.value))
                    found[fix.title, fix.edits] = replace(offer, findings=(*offer.findings, finding))
    if _is_wanted(FixKind.REFACTOR.value, wanted):
        for fix in refactorings(analysis.context, place.path, span):
            if is_sound(analysis, fix):
                found.setdefault((fix.title, fix.edits), Offer(fix, fix.kind.value))
    for offer in found.values():
        if _is_wanted(offer.kind, wanted):
            yield offer
    if wanted is not None and _is_wanted(FIX_ALL, wanted):
        yield from _fix_all(analysis, place.path)


def fixes_of(analysis: Analysis, finding: Finding) -> tuple[Fix, ...]:
    """The fixes of a finding whose places hold."""
    known = analysis.fixes.get(finding)
    if known is None:
        known = tuple(fix for fix in fixes_for(analysis.context, finding) if is_sound(analysis, fix))
        analysis.fixes[finding] = known
    return known


def _fix_all(analysis: Analysis, path: str) -> Iterator[Offer]:
    """The safe quick fixes of a file that change this file alone, as far as they do not get in each other's way."""
    found = analysis.by_path.get(path, ())
    fixes = []
    for finding in found:
        known = fixes_of(analysis, finding)
        safe = [fix for fix in known if fix.safe and not fix.silences and fix.kind is FixKind.QUICKFIX]
        own = [fix for fix in safe if all(isinstance(each, TextEdit) and each.path == path for each in fix.edits)]
        fixes += own[:1]
    source = analysis.source(path)
    if source is None or not fixes:
        return
    taken = merge({path: source.text}, dict.fromkeys(fixes)).applied
    edits = tuple(dict.fromkeys(edit for fix in taken for edit in fix.edits))
    yield Offer(Fix("Fix all that Cucurbit can fix safely", True, FixKind.QUICKFIX, edits), FIX_ALL, found)


def _is_wanted(kind: str, wanted: Iterable[str] | None) -> bool:
    return wanted is None or any(not each or kind == each or kind.startswith(each + ".") for each in wanted)


def _touches(span: Span, area: Span) -> bool:
    """Whether two spans share a line: a pointer anywhere on the line of a finding means that finding."""
    return span.line <= area.end_line and area.line <= span.end_line


def _action(
    ls: CucurbitServer, analysis: Analysis, place: Place, offer: Offer, asked: Asked
) -> types.CodeAction | types.Command | None:
    client, root = ls.client, place.session.root
    fix = offer.fix
    data: object = msgspec.to_builtins(asked)
    expressible = is_expressible(fix, client)
    command = types.Command(fix.title, APPLY_FIX, arguments=[data])
    if not client.action_literals:
        return command if asked.kind != FIX_ALL else None
    if not expressible and client.applies_edits and not can_write(fix):
        return None

    def uri_of(path: str) -> str:
        return ls.uri(root, path)

    action = types.CodeAction(
        fix.title,
        kind=offer.kind,
        diagnostics=[diagnostic(analysis, each, client, uri_of) for each in offer.findings] or None,
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
    """Whether the server can do beside the client what that cannot: it creates files and deletes none."""
    return not any(isinstance(edit, DeletedFile) for edit in fix.edits)


async def resolve(ls: CucurbitServer, action: types.CodeAction) -> types.CodeAction:
    """``codeAction/resolve``: adds the edit.

    Raises:
        JsonRpcContentModified: the action is not offered any more.
    """
    try:
        asked = msgspec.convert(action.data, Asked)
    except msgspec.ValidationError:
        return action

    def make(analysis: Analysis, place: Place, fix: Fix) -> types.WorkspaceEdit:
        return workspace_edit(analysis, fix, ls.client, lambda path: ls.uri(place.session.root, path))

    action.edit = await again(ls, asked, make)
    return action


async def again(ls: CucurbitServer, asked: Asked, job: Callable[[Analysis, Place, Fix], _T]) -> _T:
    """Find the fix of an action that was offered before, and do something with it.

    Raises:
        JsonRpcContentModified: it is not offered any more.
    """
    document = ls.documents.get(asked.uri)
    if (None if document is None else document.version) != asked.version:
        raise JsonRpcContentModified("the document was edited")

    def find(analysis: Analysis, place: Place) -> _T | None:
        for offer in offers(ls, analysis, place, asked.range, (asked.kind,)):
            if (offer.fix.title, offer.kind, offer.fix.rule) == (asked.title, asked.kind, asked.rule):
                return job(analysis, place, offer.fix)
        return None

    found = await ls.answer(asked.uri, find)
    if found is None:
        raise JsonRpcContentModified("this is not offered any more")
    return found
