"""What the fixes of a program leave behind: each alone, then all safe ones together."""

from __future__ import annotations

import ast
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from cucurbit.fixes.apply import merge
from cucurbit.fixes.catalogue import fixes_for
from cucurbit.fixes.edits import Fix
from cucurbit.rules.catalogue import NAMES
from cucurbit.rules.context import Context
from cucurbit.rules.engine import findings
from cucurbit.rules.finding import Finding, Severity
from cucurbit.workspace.files import MemoryTree
from cucurbit.workspace.index import FolderWorkspace
from tests.oracle.analysis import context_of
from tests.oracle.case import Case, Event
from tests.oracle.harness import RecordingProcess
from tests.oracle.programs.model import Program

MOST_ROUNDS = 6
"""Rounds of applying every safe fix after which nothing may be left to apply."""

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
        return cls(case, recorder, context_of(case, FolderWorkspace(MemoryTree(files), NAMES)))

    @cached_property
    def found(self) -> tuple[Finding, ...]:
        return findings(self.context)

    @cached_property
    def recorded(self) -> list[Event]:
        with tempfile.TemporaryDirectory() as folder:
            root = self.case.write(Path(folder).resolve() / "workspace")
            return self.recorder.record(self.case, root, Path(folder) / "events.jsonl")

    @property
    def raised(self) -> tuple[bool, int]:
        """Whether the entry point fails, and if it does not, how much fails before it comes to its end."""
        kinds = Counter(str(event["event"]) for event in self.recorded)
        fails = kinds["entry-failed"] > 0
        return fails, 0 if fails else sum(kinds[kind] for kind in FAILURES)

    def errors(self) -> set[tuple[str, str]]:
        certain = [each for each in self.found if each.severity is Severity.ERROR and each.certain]
        return {(finding.rule, finding.location.path) for finding in certain}


def key(finding: Finding) -> tuple[str, str, str]:
    """A finding without its lines, which edits move."""
    return finding.rule, finding.location.path, re.sub(r":\d+|\d+ ", "", finding.message)


def broken_fixes(program: Program, recorder: RecordingProcess) -> Iterator[str]:
    """Every fix that does not leave behind what it should, in words."""
    before = Tried.of(program.case(), recorder)
    seen: set[tuple[object, ...]] = set()
    for finding in before.found:
        for fix in fixes_for(before.context, finding):
            if fix.edits not in seen:
                seen.add(fix.edits)
                yield from (f"`{fix.title}` for {finding.rule}: {words}" for words in wrong_alone(before, finding, fix))
    yield from (f"all safe fixes: {words}" for words in wrong_together(before))


def wrong_alone(before: Tried, finding: Finding, fix: Fix) -> Iterator[str]:
    changed = applied(before.case.files, [fix])
    if changed is None:
        yield "its edits do not fit"
        return
    try:
        after = after_change(before, changed)
    except SyntaxError as error:
        yield f"its result does not parse: {error}"
        return
    if before.found and sum(key(each) == key(finding) for each in after.found) >= sum(
        key(each) == key(finding) for each in before.found
    ):
        yield "the finding stays"
    # To fail where it went on is what that rule's fix is for.
    yield from worse(before, after, runs=finding.rule != "migration-failure-swallowed")
    for again in (fix_ for each in after.found if key(each) == key(finding) for fix_ in fixes_for(after.context, each)):
        if again == fix:
            yield "it is offered again"


def wrong_together(before: Tried) -> Iterator[str]:
    now = before
    safe: list[Fix] = []
    for _ in range(MOST_ROUNDS):
        safe = [fix for each in now.found for fix in fixes_for(now.context, each)[:1] if fix.safe and not fix.silences]
        if not safe:
            break
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
        yield from worse(before, now)


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


def worse(before: Tried, after: Tried, *, runs: bool = True) -> Iterator[str]:
    new = after.errors() - before.errors()
    if new:
        yield f"there are errors that were not there: {sorted(new)}"
    if runs and after.raised > before.raised:
        yield f"more fails for real: {after.raised} after {before.raised}"
