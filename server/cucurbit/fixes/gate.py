"""No fix makes it worse, and each does what it says: what a workspace would be is looked at before one is offered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import said
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.fixes.aftermath import Aftermath, Pair, aftermath, texts_after, written_lines
from cucurbit.fixes.edits import DeletedFile, Edit, Fix
from cucurbit.rules.catalogue import BY_NAME, RULES
from cucurbit.simulate.core.timeline import EventKind, Timeline

_FAILURES = (
    EventKind.MODULE_FAILED,
    EventKind.TABLE_REJECTED,
    EventKind.MIGRATIONS_FAILED,
    EventKind.ENTRY_FAILED,
)
OF_IMPORTS = frozenset({"ImportError", "ModuleNotFoundError", "NameError", "AttributeError", "UnboundLocalError"})
"""What a fix may cause that changes what is imported and which names there are."""
OF_NOTHING: frozenset[str] = frozenset()
"""The same of a fix that renames something: what fails after it is behind it, and is told by the rules."""
_KEPT = 4
"""Of how many edits all that they lead to is kept: findings beside each other have fixes in common."""
_NUMBERS = re.compile(r":\d+|\d+ ")
"""Lines and counts in a message, which edits move."""


class _Trouble(NamedTuple):
    """One thing that goes wrong, by what does not change when code moves."""

    error: str
    path: str
    message: str


class _Troubles(NamedTuple):
    """What surely goes wrong, and what does or may."""

    certain: frozenset[_Trouble]
    possible: frozenset[_Trouble]


class About(NamedTuple):
    """What a finding is about: it stays the same where lines move."""

    rule: str
    path: str
    message: str


def about(finding: Finding) -> About:
    return About(finding.rule, finding.location.path, _NUMBERS.sub("", finding.message))


def rule_of(finding: Finding | None) -> str:
    """The rule of a finding; empty for what is offered without one."""
    return finding.rule if finding is not None else ""


@dataclass(frozen=True)
class Verdict:
    """What edits would do besides what they are for.

    ``troubles``: failures that are new; ``breaks``: an entry point would fail that does not, or a module would not be
    found any more; ``loses_tables``: an entry point would register a table no more. ``errors``: there are new ones that
    rest on what was written; ``uncovered``: there are some that do not, and that stood behind what the edits mend.
    """

    fits: bool = True
    troubles: frozenset[_Trouble] = frozenset()
    breaks: bool = False
    loses_tables: bool = False
    errors: bool = False
    uncovered: bool = False

    def worse(self, causes: frozenset[str] | None, *, mends_failure: bool) -> bool:
        """Whether the edits must not be offered. For ``causes`` see :func:`offered`."""
        troubles = any(causes is None or trouble.error in causes for trouble in self.troubles)
        errors = self.errors or (self.uncovered and not mends_failure)
        return not self.fits or self.breaks or errors or troubles


def offered(
    context: Context, fix: Fix | None, finding: Finding | None = None, causes: frozenset[str] | None = None
) -> tuple[Fix, ...]:
    """The fix, unless it changes nothing, makes it worse, or leaves its finding.

    ``causes``: of the failures that are new, only these kinds of exceptions count, else all of them. It is for a fix
    that takes away what stopped a module, as most of what follows there is not its doing.
    """
    if fix is None or not fix.edits or any(isinstance(edit, DeletedFile) for edit in fix.edits):
        return ()
    mends_failure = finding is not None and finding.severity is Severity.ERROR
    if verdict(context, fix.edits).worse(causes, mends_failure=mends_failure):
        return ()
    return () if finding is not None and stays(context, fix.edits, finding) else (fix,)


def parses(context: Context, fix: Fix | None) -> tuple[Fix, ...]:
    """The fix, unless it changes nothing or its result is not valid Python: for edits that touch no import."""
    if fix is None or not fix.edits:
        return ()
    return (fix,) if texts_after(context, fix.edits) is not None else ()


def verdict(context: Context, edits: tuple[Edit, ...]) -> Verdict:
    """What edits would do, worked out once."""
    return context.once_for(_verdict, edits)


def stays(context: Context, edits: tuple[Edit, ...], finding: Finding) -> bool:
    """Whether the rule would still say what it says, no less often."""
    return about(finding) in context.once_for(_staying, (edits, finding.rule))


def _staying(context: Context, asked: tuple[tuple[Edit, ...], str]) -> frozenset[About]:
    edits, rule = asked
    outcome = _outcome(context, edits)
    if outcome is None:
        return frozenset()
    before, after = (
        Counter(about(finding) for finding in said(each, BY_NAME[rule])) for each in (outcome.earlier, outcome.later)
    )
    return frozenset(each for each, count in before.items() if after[each] >= count)


def _verdict(context: Context, edits: tuple[Edit, ...]) -> Verdict:
    outcome = _outcome(context, edits)
    if outcome is None:
        return Verdict(fits=False)
    troubles = frozenset(_new_troubles(context, outcome.pairs))
    loses = any(before is not None and _registered(before) - _registered(after) for after, before in outcome.pairs)
    if any(_breaks(context, pair, outcome) for pair in outcome.pairs):
        return Verdict(troubles=troubles, breaks=True, loses_tables=loses)
    new = tuple(_new_errors(outcome))
    written = written_lines(edits, outcome.texts) if new else frozenset()
    caused = [error for error in new if not _places(error).isdisjoint(written)]
    if any(_catches_more(pair) for pair in outcome.pairs):
        caused = list(new)  # Nothing stood behind a failure that was caught: the program went on.
    return Verdict(True, troubles, False, loses, bool(caused), len(caused) < len(new))


def _outcome(context: Context, edits: tuple[Edit, ...]) -> Aftermath | None:
    known = context.once(_outcomes)
    if edits not in known:
        found = aftermath(context, edits)
        while len(known) >= _KEPT:
            del known[next(iter(known))]
        known[edits] = found
    return known[edits]


def _outcomes(_context: Context) -> dict[tuple[Edit, ...], Aftermath | None]:
    return {}


# ----------------------------------------------------------------------- timelines


def _new_troubles(context: Context, pairs: Iterable[Pair]) -> Iterator[_Trouble]:
    everywhere = context.once(_troubles_now)
    for after, before in pairs:
        # What fails already may fail for another reason that is known; what does not fail must not begin to.
        own = _troubles(before) if before is not None else everywhere
        known = everywhere if own.certain else own
        found = _troubles(after)
        yield from found.certain - known.certain
        yield from found.possible - known.possible


def _troubles_now(context: Context) -> _Troubles:
    found = [_troubles(timeline) for timeline in (*context.timelines, *context.isolated)]
    return _Troubles(
        frozenset().union(*(each.certain for each in found)), frozenset().union(*(each.possible for each in found))
    )


def _troubles(timeline: Timeline) -> _Troubles:
    certain = set()
    possible = set()
    for event in timeline.of(*_FAILURES):
        if event.failure is not None:
            trouble = _Trouble(event.failure.error, event.failure.place.path, event.failure.message)
            possible.add(trouble)
            if event.certain:
                certain.add(trouble)
    return _Troubles(frozenset(certain), frozenset(possible))


def _breaks(context: Context, pair: Pair, outcome: Aftermath) -> bool:
    after, before = pair
    if before is None:
        return False
    if _catches_more(pair) and _executes_what_fails(after, before):
        return True
    return (_fails(after) and not _fails(before)) or _loses_module(context, after, before, outcome)


def _executes_what_fails(after: Timeline, before: Timeline) -> bool:
    """Whether a file is executed that surely fails by itself, and that was not: that it is known to is no excuse."""
    failures = (event.failure for event in after.of(EventKind.MODULE_FAILED) if event.certain)
    return any(failure is not None and failure.place.path not in before.visited for failure in failures)


def _fails(timeline: Timeline) -> bool:
    """Whether a start may end in a failure that nothing catches."""
    return any(True for _ in timeline.of(EventKind.ENTRY_FAILED))


def _catches_more(pair: Pair) -> bool:
    """Whether a start that comes to its end would have more failures on the way than it has."""
    if pair.before is None or _fails(pair.before):
        return False
    now, then = (sum(event.certain for event in each.of(*_FAILURES)) for each in (pair.after, pair.before))
    return now > then


def _loses_module(context: Context, after: Timeline, before: Timeline, outcome: Aftermath) -> bool:
    """Whether a changed file asks for a module of this workspace where that is not found.

    No timeline shows a failure there: what is not found counts as installed.
    """
    lost = after.missed - before.missed
    for record in after.imports:
        if record.module in lost and not record.path and record.importer_path in outcome.texts:
            spec = context.workspace.find_spec(record.module, context.workspace.roots_of(record.importer_path))
            if spec is not None and spec.path is not None:
                return True
    return False


def _registered(timeline: Timeline) -> set[str]:
    return {event.definition.key for event in timeline.of(EventKind.TABLE_REGISTERED) if event.definition is not None}


# ----------------------------------------------------------------------- the rules


def _new_errors(outcome: Aftermath) -> Iterator[Finding]:
    """The errors that only the workspace as it would be has: each rests on something that surely fails there."""
    if not any(event.certain for pair in outcome.pairs for event in pair.after.of(*_FAILURES)):
        return
    known = {(each.rule, each.location.path) for each in _errors(outcome.earlier)}
    for error in _errors(outcome.later):
        if (error.rule, error.location.path) not in known:
            yield error


def _errors(context: Context) -> Iterator[Finding]:
    for rule in RULES:
        if rule.severity is Severity.ERROR:
            for finding in said(context, rule):
                if finding.severity is Severity.ERROR and finding.certain:
                    yield finding


def _places(finding: Finding) -> set[tuple[str, int]]:
    locations = (finding.location, *(each.location for each in finding.related))
    return {(location.path, location.span.line) for location in locations}
