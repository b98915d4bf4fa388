"""What the fixes of a program leave behind: each alone, then all safe ones together."""

from __future__ import annotations

import ast
import re
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix
from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.fixes.apply import merge
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.opening import folder_workspace
from cucurbit.record.comparison import predicted_events
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.workspace.tree.files import MemoryTree
from tests.oracle.analysis import context_of
from tests.oracle.case import Case, Event
from tests.oracle.harness import RecordingProcess
from tests.oracle.prediction import agrees
from tests.oracle.programs.judge import lacks_installed
from tests.oracle.programs.model import Program
from tests.oracle.repairs import same_programs

MOST_ROUNDS = 6
"""Rounds of applying every safe fix after which nothing may be left to apply."""

TOGETHER = "all safe fixes"
"""Stands for a rule where all fixes that ``--fix`` applies were applied."""

SWALLOWED = "migration-failure-swallowed"

FAILURES = ("module-failed", "table-rejected", "migrations-failed")


@dataclass(frozen=True)
class Tried:
    """A workspace, analysed; :attr:`recorded` runs it for real."""

    case: Case
    recorder: RecordingProcess
    context: Context

    @classmethod
    def of(cls, case: Case, recorder: RecordingProcess) -> Tried:
        files = {"requirements.txt": f"sqlalchemy=={recorder.version}\n", **case.files}
        return cls(case, recorder, context_of(case, folder_workspace(MemoryTree(files), NAMES)))

    @cached_property
    def found(self) -> tuple[Finding, ...]:
        return findings(self.context, RULES)

    @cached_property
    def gate(self) -> Gate:
        return Gate(self.context, RULES)

    @cached_property
    def recorded(self) -> list[Event]:
        with tempfile.TemporaryDirectory() as folder:
            root = self.case.write(Path(folder).resolve() / "workspace")
            return self.recorder.record(self.case, root, Path(folder) / "events.jsonl")

    @property
    def raised(self) -> tuple[bool, int]:
        """Whether the entry point fails, and if it does not, how much fails before it comes to its end."""
        return self.raised_beside(())

    def raised_beside(self, new: Collection[str]) -> tuple[bool, int]:
        """The same, but for the ``new`` files through which the failure of another one goes."""
        before = [None, *self.recorded]
        kinds = Counter(
            str(event["event"])
            for inner, event in zip(before, self.recorded, strict=False)
            if not (event.get("path") in new and _goes_on(inner, event))
        )
        fails = kinds["entry-failed"] > 0
        return fails, 0 if fails else sum(kinds[kind] for kind in FAILURES)

    @property
    def lacks_installed(self) -> bool:
        """Whether it goes otherwise than predicted as Python does not find what is taken to be installed."""
        timeline, workspace = self.context.timelines[0], self.context.workspace
        predicted = predicted_events(timeline, workspace)
        return not agrees(predicted, self.recorded) and lacks_installed(timeline, workspace, predicted, self.recorded)

    @property
    def certain_errors(self) -> list[Finding]:
        return [each for each in self.found if each.severity is Severity.ERROR and each.certain]

    @property
    def errors(self) -> set[tuple[str, str]]:
        return {(finding.rule, finding.location.path) for finding in self.certain_errors}


def _goes_on(inner: Event | None, event: Event) -> bool:
    """Whether a module fails as the one that it imports does."""
    if inner is None or not inner["event"] == event["event"] == "module-failed":
        return False
    return inner["error"] == event["error"]


def key(finding: Finding) -> tuple[str, str, str]:
    """A finding without its lines, which edits move."""
    return finding.rule, finding.location.path, re.sub(r":\d+|\d+ ", "", finding.message)


@dataclass(frozen=True)
class Mended:
    """What became of a fix. ``wrong`` says in words what it does not leave behind as it should.

    ``rule`` is that of its finding, or :data:`TOGETHER`; ``silences``: it only hides the finding; ``uncovers``: the
    program fails at something else now, which it could not come to before.
    """

    rule: str
    title: str
    silences: bool
    wrong: tuple[str, ...]
    uncovers: bool = False

    @property
    def words(self) -> list[str]:
        return [f"`{self.title}` for {self.rule}: {words}" for words in self.wrong]

    @property
    def kinds(self) -> set[tuple[str, str]]:
        """What is wrong, roughly: a program made smaller must still show it."""
        return {(self.rule, words.partition(":")[0]) for words in self.wrong}


def mended(program: Program, recorder: RecordingProcess, rules: Collection[str] = ()) -> Iterator[Mended]:
    """Every fix of a program, tried; of ``rules`` alone where some are given."""
    before = Tried.of(program.case(), recorder)
    seen: set[tuple[object, ...]] = set()
    for finding in before.found:
        if rules and finding.rule not in rules:
            continue
        for fix in fixes_for(before.gate, finding):
            if fix.edits not in seen:
                seen.add(fix.edits)
                yield tried_alone(before, finding, fix)
    if not rules or TOGETHER in rules:
        done: list[str] = []
        wrong = tuple(wrong_together(before, done))
        if done:
            yield Mended(TOGETHER, ", ".join(done), silences=False, wrong=wrong)


def tried_alone(before: Tried, finding: Finding, fix: Fix) -> Mended:
    changed = applied(before.case.files, [fix])
    if changed is None:
        return Mended(finding.rule, fix.title, fix.silences, ("its edits do not fit",))
    try:
        after = after_change(before, changed)
    except SyntaxError as error:
        return Mended(finding.rule, fix.title, fix.silences, (f"its result does not parse: {error}",))
    behind = uncovered(before, after) if finding.severity is Severity.ERROR else set()
    # To fail where it went on is what that rule's fix is for.
    runs = not fix.silences and finding.rule != SWALLOWED
    wrong = (*wrong_alone(before, after, finding, fix), *worse(before, after, behind, runs=runs))
    return Mended(finding.rule, fix.title, fix.silences, wrong, bool(behind))


def wrong_alone(before: Tried, after: Tried, finding: Finding, fix: Fix) -> Iterator[str]:
    left = [each for each in after.found if key(each) == key(finding)]
    if finding.rule == SWALLOWED:
        # Raised again, the failure may come to a handler around: another place, with a fix of its own.
        left = [each for each in left if old_line(before, after, each) in (None, finding.location.span.line)]
    if len(left) >= sum(key(each) == key(finding) for each in before.found):
        yield "the finding stays"
    if fix.silences and not same_programs(before.case.files, after.case.files):
        yield "silencing changes the program"
    for again in (fix_ for each in after.found if key(each) == key(finding) for fix_ in fixes_for(after.gate, each)):
        if again == fix:
            yield "it is offered again"


def uncovered(before: Tried, after: Tried) -> set[tuple[str, str]]:
    """The errors that stood behind one that was mended: the program ended there, and no line written since is in them.

    The program has had them all along; nobody could see them before the first was mended.
    """
    mended = before.errors - after.errors
    executed = before.context.timelines[0].visited
    # What the recorded entry point does not execute, another one ends at.
    if not mended or (not before.raised[0] and all(path in executed for _, path in mended)):
        return set()
    written = {
        (path, number) for path, text in after.case.files.items() for number in changed_lines(before, path, text)
    }
    return {
        (error.rule, error.location.path)
        for error in after.certain_errors
        if written.isdisjoint(
            (each.path, each.span.line) for each in (error.location, *(piece.location for piece in error.related))
        )
    } - before.errors


def changed_lines(before: Tried, path: str, text: str) -> Iterator[int]:
    """The lines of a text, from 1, that its file did not have."""
    for kind, _, _, first, last in matched(before, path, text).get_opcodes():
        if kind != "equal":
            yield from range(first + 1, last + 1)


def old_line(before: Tried, after: Tried, finding: Finding) -> int | None:
    """The line at which the line of a finding stood before; None where the file did not have it."""
    path, line = finding.location.path, finding.location.span.line
    for old, new, size in matched(before, path, after.case.files.get(path, "")).get_matching_blocks():
        if new < line <= new + size:
            return line - new + old
    return None


def matched(before: Tried, path: str, text: str) -> SequenceMatcher[str]:
    return SequenceMatcher(None, before.case.files.get(path, "").splitlines(), text.splitlines(), autojunk=False)


def wrong_together(before: Tried, done: list[str]) -> Iterator[str]:
    """Apply every safe fix until none is left. ``done`` gets the titles of those applied."""
    now = before
    safe: list[Fix] = []
    for _ in range(MOST_ROUNDS):
        safe = [fix for each in now.found for fix in fixes_for(now.gate, each)[:1] if fix.safe and not fix.silences]
        if not safe:
            break
        done += [fix.title for fix in safe]
        changed = applied(now.case.files, safe)
        if changed is None or changed == now.case.files:
            yield "they change nothing"
            return
        try:
            now = after_change(now, changed)
        except SyntaxError as error:
            yield f"their result does not parse: {error}"
            return
    else:
        yield f"they do not come to an end: {[fix.title for fix in safe]}"
    if now is not before:
        yield from worse(before, now, uncovered(before, now))


def applied(files: Mapping[str, str], fixes: Iterable[Fix]) -> dict[str, str] | None:
    """The files after fixes; None where no edit fits."""
    done = merge(files, fixes)
    if not done.applied:
        return None
    kept = {path: text for path, text in files.items() if path not in done.texts}
    return {**kept, **{path: text for path, text in done.texts.items() if text is not None}}


def after_change(before: Tried, files: Mapping[str, str]) -> Tried:
    """The workspace with these files.

    Raises:
        SyntaxError: one of them is no Python.
    """
    for path, text in files.items():
        if path.endswith(".py"):
            ast.parse(text, path)
    return Tried.of(replace(before.case, files=files), before.recorder)


def worse(before: Tried, after: Tried, behind: Collection[tuple[str, str]], *, runs: bool = True) -> Iterator[str]:
    """What went wrong; the errors ``behind`` were there before."""
    new = (after.errors - before.errors).difference(behind)
    # A drawn foreign key may point to a table that exists nowhere, and few revisions create what the models have:
    # errors as soon as env.py compares the table.
    new = {(rule, path) for rule, path in new if rule not in ("foreign-key-target", "models-not-migrated")}
    if new:
        yield f"there are errors that were not there: {sorted(new)}"
    # What a fix has executed besides may import what is not installed here, as far as anyone can know.
    raised = after.raised_beside(after.case.files.keys() - before.case.files.keys())
    if runs and raised > before.raised and not after.lacks_installed:
        yield f"more fails for real: {raised} after {before.raised}"
