"""The gate: a fix is offered only if it does what it says and makes nothing worse, as a preview of it shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import DeletedFile, Edit, Fix
from cucurbit.analysis.engine import findings_of
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import RuleSet
from cucurbit.fixes.preview import Pair, Preview, Previewer, valid_python, written_lines
from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.core.work import no_check

_FAILURES = (
    EventKind.MODULE_FAILED,
    EventKind.TABLE_REJECTED,
    EventKind.MIGRATIONS_FAILED,
    EventKind.ENTRY_FAILED,
)
IMPORT_FAILURES = frozenset({"ImportError", "ModuleNotFoundError", "NameError", "AttributeError", "UnboundLocalError"})
"""The exceptions that a fix may cause which changes imports and the names that modules have."""
NO_FAILURES: frozenset[str] = frozenset()
"""For a fix that renames something. A failure after it was hidden behind the repaired one, and the rules report it."""
_NUMBERS = re.compile(r":\d+|(?<!\d)\d+ ")
"""Lines and counts in a message, which change when code moves."""


class _Trouble(NamedTuple):
    """One failure, without what changes when code moves."""

    error: str
    path: str
    message: str


class _Troubles(NamedTuple):
    """The failures of a timeline: the certain ones, and all of them."""

    certain: frozenset[_Trouble]
    possible: frozenset[_Trouble]


class FindingIdentity(NamedTuple):
    """What a finding is about, without what changes when code moves."""

    rule: str
    path: str
    message: str


def identity(finding: Finding) -> FindingIdentity:
    return FindingIdentity(finding.rule, finding.location.path, _NUMBERS.sub("", finding.message))


def rule_of(finding: Finding | None) -> str:
    """The rule of a finding; empty for a refactoring, which has none."""
    return finding.rule if finding is not None else ""


@dataclass(frozen=True)
class FixVerdict:
    """The side effects of edits, as their preview shows them.

    ``troubles``: new failures. ``breaks``: an entry point that starts would fail, or a module would no longer be found.
    ``loses_tables``: an entry point would no longer register a table. ``errors``: there are new errors whose evidence
    includes a line that the edits wrote. ``uncovered``: there are new errors without such a line; the failure that the
    edits repair had hidden them.
    """

    fits: bool = True
    troubles: frozenset[_Trouble] = frozenset()
    breaks: bool = False
    loses_tables: bool = False
    errors: bool = False
    uncovered: bool = False

    def worse(self, causes: frozenset[str] | None, *, mends_failure: bool) -> bool:
        """Whether the edits must not be offered. For ``causes`` see :meth:`Gate.offered`."""
        troubles = any(causes is None or trouble.error in causes for trouble in self.troubles)
        errors = self.errors or (self.uncovered and not mends_failure)
        return not self.fits or self.breaks or errors or troubles


class Gate:
    """Decides for one snapshot which fixes are offered. ``rules`` are run on the previews.

    ``previews`` False: without any preview, for a list of fixes, which is not worth a simulation each. Then a fix is
    offered if its result is valid Python, and may still be refused when it is to be applied.

    ``check`` is called regularly during the simulations of previews; an exception that it raises is passed on.
    """

    def __init__(
        self, context: Context, rules: RuleSet, *, previews: bool = True, check: Callable[[], None] = no_check
    ) -> None:
        self._context = context
        self.rules = rules
        self._previews = previews
        self._previewer = Previewer(context, check)
        self._verdicts: dict[tuple[Edit, ...], FixVerdict] = {}
        self._remaining: dict[tuple[tuple[Edit, ...], str], frozenset[FindingIdentity]] = {}

    @property
    def context(self) -> Context:
        return self._context

    def offered(
        self, fix: Fix | None, finding: Finding | None = None, causes: frozenset[str] | None = None
    ) -> tuple[Fix, ...]:
        """The fix, or nothing where it has no edits, makes the project worse, or leaves ``finding`` in place.

        ``causes``: only new failures with these exception classes count against the fix; None: all count. It is for a
        fix that repairs what stopped a module: most failures after that point were there before, hidden.
        """
        if fix is None or not fix.edits or any(isinstance(edit, DeletedFile) for edit in fix.edits):
            return ()
        if not self._previews:
            return valid_python(self._context, fix)
        mends_failure = finding is not None and finding.severity is Severity.ERROR
        if self._verdict(fix.edits).worse(causes, mends_failure=mends_failure):
            return ()
        return () if finding is not None and self._remains(fix.edits, finding) else (fix,)

    def loses_tables(self, edits: tuple[Edit, ...]) -> bool:
        """Whether some entry point registers a table now, and would not after these edits.

        Without previews it is not known, and the answer is no: it decides which edits a fix has, not its title.
        """
        return self._previews and self._verdict(edits).loses_tables

    def _verdict(self, edits: tuple[Edit, ...]) -> FixVerdict:
        if edits not in self._verdicts:
            self._verdicts[edits] = self._judge(edits)
        return self._verdicts[edits]

    def _judge(self, edits: tuple[Edit, ...]) -> FixVerdict:
        preview = self._previewer.preview(edits)
        if preview is None:
            return FixVerdict(fits=False)
        troubles = frozenset(self._new_troubles(preview.pairs))
        loses = any(before is not None and _registered(before) - _registered(after) for after, before in preview.pairs)
        if any(_breaks(self._context, pair, preview) for pair in preview.pairs):
            return FixVerdict(troubles=troubles, breaks=True, loses_tables=loses)
        new = tuple(self._new_errors(preview))
        written = written_lines(edits, preview.texts) if new else frozenset()
        caused = [error for error in new if not _places(error).isdisjoint(written)]
        if any(_catches_more(pair) for pair in preview.pairs):
            caused = list(new)  # A caught failure hid nothing: the program went on.
        return FixVerdict(True, troubles, False, loses, bool(caused), len(caused) < len(new))

    def _remains(self, edits: tuple[Edit, ...], finding: Finding) -> bool:
        """Whether the rule would still report the finding, and as often as now; of a group, all its members."""
        key = (edits, finding.rule)
        if key not in self._remaining:
            self._remaining[key] = self._remaining_of(*key)
        return all(identity(each) in self._remaining[key] for each in finding.singles)

    def _remaining_of(self, edits: tuple[Edit, ...], name: str) -> frozenset[FindingIdentity]:
        preview = self._previewer.preview(edits)
        if preview is None:
            return frozenset()
        rule = self.rules.by_name[name]
        before, after = (
            Counter(identity(finding) for finding in findings_of(each, rule))
            for each in (preview.earlier, preview.later)
        )
        return frozenset(each for each, count in before.items() if after[each] >= count)

    def _new_troubles(self, pairs: Iterable[Pair]) -> Iterator[_Trouble]:
        for after, before in pairs:
            # An entry point that fails may fail for another reason known elsewhere; one that starts must not fail.
            own = _troubles(before) if before is not None else self._troubles_now
            known = self._troubles_now if own.certain else own
            found = _troubles(after)
            yield from found.certain - known.certain
            yield from found.possible - known.possible

    @cached_property
    def _troubles_now(self) -> _Troubles:
        found = [_troubles(timeline) for timeline in (*self._context.timelines, *self._context.isolated)]
        return _Troubles(
            frozenset().union(*(each.certain for each in found)), frozenset().union(*(each.possible for each in found))
        )

    def _new_errors(self, preview: Preview) -> Iterator[Finding]:
        """The errors of the preview that the workspace does not have now. Each needs a certain failure there."""
        if not any(event.certain for pair in preview.pairs for event in pair.after.of(*_FAILURES)):
            return
        known = {(each.rule, each.location.path) for each in self._errors(preview.earlier)}
        for error in self._errors(preview.later):
            if (error.rule, error.location.path) not in known:
                yield error

    def _errors(self, context: Context) -> Iterator[Finding]:
        for rule in self.rules:
            if rule.severity is Severity.ERROR:
                for finding in findings_of(context, rule):
                    if finding.severity is Severity.ERROR and finding.certain:
                        yield finding


# ----------------------------------------------------------------------- timelines


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


def _breaks(context: Context, pair: Pair, preview: Preview) -> bool:
    after, before = pair
    if before is None:
        return False
    if _catches_more(pair) and _executes_what_fails(after, before):
        return True
    return (_fails(after) and not _fails(before)) or _loses_module(context, after, before, preview)


def _executes_what_fails(after: Timeline, before: Timeline) -> bool:
    """Whether a file is executed that certainly fails by itself and that was not executed before the edits.

    It does not excuse the fix that this failure is known from another timeline.
    """
    failures = (event.failure for event in after.of(EventKind.MODULE_FAILED) if event.certain)
    return any(failure is not None and failure.place.path not in before.visited for failure in failures)


def _fails(timeline: Timeline) -> bool:
    """Whether an entry point may end in a failure that nothing catches."""
    return any(True for _ in timeline.of(EventKind.ENTRY_FAILED))


def _catches_more(pair: Pair) -> bool:
    """Whether an entry point that starts now would catch more failures on the way than it does now."""
    if pair.before is None or _fails(pair.before):
        return False
    now, then = (sum(event.certain for event in each.of(*_FAILURES)) for each in (pair.after, pair.before))
    return now > then


def _loses_module(context: Context, after: Timeline, before: Timeline, preview: Preview) -> bool:
    """Whether a changed file imports a module of this workspace in a way that no longer finds it.

    The timeline shows no failure for that: a module that is not found is taken to be an installed one.
    """
    lost = after.missed - before.missed
    for record in after.imports:
        if record.module in lost and not record.path and record.importer_path in preview.texts:
            spec = context.workspace.find_spec(record.module, context.workspace.roots_of(record.importer_path))
            if spec is not None and spec.path is not None:
                return True
    return False


def _registered(timeline: Timeline) -> set[str]:
    return {event.definition.key for event in timeline.of(EventKind.TABLE_REGISTERED) if event.definition is not None}


def _places(finding: Finding) -> set[tuple[str, int]]:
    locations = (finding.location, *(each.location for each in finding.related))
    return {(location.path, location.span.line) for location in locations}
