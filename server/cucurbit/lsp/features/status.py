"""What an editor that asks for it is told of each analysis: enough for a line of status."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from cucurbit.session.analysis import Analysis
from cucurbit.session.session import Session

if TYPE_CHECKING:
    from cucurbit.lsp.language_server import CucurbitServer

ANALYSED = "cucurbit/analysed"
ANALYSING = "cucurbit/analysing"


class Analysing(msgspec.Struct, frozen=True, rename="camel"):
    """The first analysis of a folder is under way: of ``total`` entry points ``done`` are simulated."""

    root: str
    done: int
    total: int
    entry: str


class Analysed(msgspec.Struct, frozen=True, rename="camel"):
    """An analysis is there, or (``failure``) has failed. ``findings`` counts them by severity."""

    root: str
    entry_points: int = 0
    tables: int = 0
    findings: dict[str, int] = {}
    failure: str = ""


def analysing(ls: CucurbitServer, session: Session, done: int, total: int, entry: str) -> None:
    if ls.client.shows_status:
        _notify(ls, ANALYSING, Analysing(session.root, done, total, entry))


def analysed(ls: CucurbitServer, session: Session, analysis: Analysis) -> None:
    if not ls.client.shows_status:
        return
    context = analysis.context
    tables = {(each.metadata, each.key) for each in context.definitions.values()}
    counts = Counter(analysis.severity(finding).value for finding in analysis.findings)
    _notify(ls, ANALYSED, Analysed(session.root, len(context.timelines), len(tables), dict(counts)))


def failed(ls: CucurbitServer, session: Session, failure: str) -> None:
    if ls.client.shows_status:
        _notify(ls, ANALYSED, Analysed(session.root, failure=failure))


def _notify(ls: CucurbitServer, method: str, params: msgspec.Struct) -> None:
    ls.protocol.notify(method, msgspec.to_builtins(params))
