"""Notifications about each analysis, for editors that show a status line and ask for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from cucurbit.lsp.features.editor import Editor
from cucurbit.rules.shared.coverage import coverage
from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session

ANALYSED = "cucurbit/analysed"
ANALYSING = "cucurbit/analysing"


class Analysing(msgspec.Struct, frozen=True, rename="camel"):
    """The first analysis of a folder is running: ``done`` of ``total`` entry points are simulated."""

    root: str
    done: int
    total: int
    entry: str


class Analysed(msgspec.Struct, frozen=True, rename="camel"):
    """An analysis is done, or failed (``failure``). ``findings`` counts the findings by severity.

    Of the ``declared`` mapped classes and tables in the files, entry points register ``registered``, and ``unnamed``
    have a name that is not known. ``notes`` say which entry points end early, and which environments register nothing.
    """

    root: str
    entry_points: int = 0
    tables: int = 0
    findings: Mapping[str, int] = {}
    failure: str = ""
    declared: int = 0
    registered: int = 0
    unnamed: int = 0
    notes: tuple[str, ...] = ()


def analysing(editor: Editor, session: Session, done: int, total: int, entry: str) -> None:
    if editor.client.shows_status:
        _notify(editor, ANALYSING, Analysing(session.root, done, total, entry))


def analysed(editor: Editor, session: Session, analysis: Analysis) -> None:
    if not editor.client.shows_status:
        return
    context = analysis.context
    tables = {(each.metadata, each.key) for each in context.definitions.values()}
    counts = Counter(analysis.severity(finding).value for finding in analysis.findings)
    seen = context.memo(coverage)
    _notify(
        editor,
        ANALYSED,
        Analysed(
            session.root,
            len(context.timelines),
            len(tables),
            dict(counts),
            declared=seen.tables,
            registered=seen.registered,
            unnamed=seen.unnamed,
            notes=seen.notes,
        ),
    )


def failed(editor: Editor, session: Session, failure: str) -> None:
    if editor.client.shows_status:
        _notify(editor, ANALYSED, Analysed(session.root, failure=failure))


def _notify(editor: Editor, method: str, params: msgspec.Struct) -> None:
    editor.notify(method, msgspec.to_builtins(params))
