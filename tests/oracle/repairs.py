"""Applies fixes to copies of workspaces, and runs the copies for real: is the failure gone, and nothing else?"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Finding
from cucurbit.cli.explain import explain
from cucurbit.explain.tracebacks import parse_tracebacks
from cucurbit.fixes.apply import merge
from cucurbit.fixes.catalogue import fixes_for, refactorings
from cucurbit.fixes.edits import Fix, TextEdit
from cucurbit.source.span import Span
from tests.oracle.analysis import context_of, opened, recordable
from tests.oracle.case import Case, Event
from tests.oracle.harness import RecordingProcess
from tests.oracle.prediction import agrees, as_recorded, difference

FAILURES = {"table-rejected", "module-failed", "migrations-failed", "entry-failed"}
REGISTERS_MORE = {"model-not-in-migrations", "aggregator-incomplete", "bypasses-aggregator", ""}
"""Rules whose fixes have more model modules executed, and the refactorings, which belong to no rule."""
RAISES_AGAIN = "migration-failure-swallowed"
"""Its fix lets a failure out, so the program that went on ends."""


@dataclass(frozen=True)
class Repair:
    """One fix offered: of a finding, or where there is none of a place."""

    fix: Fix
    finding: Finding | None

    @property
    def name(self) -> str:
        return f"{self.finding.rule if self.finding else 'refactoring'}: {self.fix.title}"


@dataclass
class Trial:
    """What became of a fix. ``wrong`` says in words what did not hold; ``runs`` counts the recorded runs."""

    repair: Repair
    wrong: list[str] = field(default_factory=list)
    runs: int = 0


@dataclass(frozen=True)
class Run:
    """What one entry point of a workspace did."""

    events: tuple[Event, ...]
    said: str

    @property
    def failures(self) -> Counter[tuple[object, ...]]:
        return Counter(
            (event["event"], event.get("table", event.get("module", "")), event.get("error", ""))
            for event in self.events
            if event["event"] in FAILURES
        )

    @property
    def tables(self) -> frozenset[object]:
        return frozenset(event["table"] for event in self.events if event["event"] == "table-registered")


def offered(context: Context) -> list[Repair]:
    """Every fix of every finding, and every refactoring at the start of a file."""
    found = [Repair(fix, finding) for finding in findings(context) for fix in fixes_for(context, finding)]
    if all(repair.fix.silences for repair in found) and not context.workspace.environments:
        return found  # Refactorings are for those who have migrations.
    paths = {path for timeline in context.timelines for path in timeline.visited}
    known = {repair.fix.edits for repair in found}
    for path in sorted(paths):
        for fix in refactorings(context, path, Span(1, 0, 1, 0)):
            if fix.edits not in known:
                known.add(fix.edits)
                found.append(Repair(fix, None))
    return found


def texts_of(context: Context, fix: Fix) -> dict[str, str]:
    edited = {edit.path for edit in fix.edits if isinstance(edit, TextEdit)}
    return {path: context.workspace.text(path) or "" for path in edited}


def write(root: Path, texts: Mapping[str, str | None]) -> None:
    for name, text in texts.items():
        path = root / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def trials(case: Case, recorder: RecordingProcess, folder: Path) -> Iterator[Trial]:
    """Try every fix that is offered for a case, each on a copy of its own under ``folder``."""
    root = case.write(folder / "before")
    context = context_of(case, opened(root, recorder.version))
    repairs = offered(context)
    if not repairs:
        return
    entries = [case, *(each for each in map(recordable, (t.entry for t in context.timelines[1:])) if each is not None)]
    before = [run(recorder, entry, root, folder / f"before-{i}") for i, entry in enumerate(entries)]
    for number, repair in enumerate(repairs):
        copy = case.write(folder / f"after-{number}")
        yield _tried(Tried(case, context, repair, entries, before, recorder, copy))


def run(recorder: RecordingProcess, entry: Case, root: Path, out: Path) -> Run:
    said = out.with_suffix(".said")
    events = recorder.record(entry, root, out.with_suffix(".jsonl"), said)
    return Run(tuple(events), said.read_text(encoding="utf-8", errors="replace") if said.exists() else "")


@dataclass(frozen=True)
class Tried:
    """A fix, and what there was before it."""

    case: Case
    context: Context
    repair: Repair
    entries: list[Case]
    before: list[Run]
    recorder: RecordingProcess
    copy: Path


def _tried(tried: Tried) -> Trial:
    trial = Trial(tried.repair)
    texts = texts_of(tried.context, tried.repair.fix)
    done = merge(texts, [tried.repair.fix])
    if done.left_out:
        trial.wrong.append("it cannot be applied")
        return trial
    write(tried.copy, done.texts)
    trial.wrong += unparsable(done.texts)
    if tried.repair.fix.silences:
        trial.wrong += [] if same_programs(texts, done.texts) else ["silencing changes the program"]
    else:
        trial.wrong += _run_again(tried, trial)
    trial.wrong += _looked_again(tried)
    return trial


def unparsable(texts: Mapping[str, str | None]) -> Iterator[str]:
    for path, text in texts.items():
        if text is not None and path.endswith(".py"):
            try:
                ast.parse(text)
            except SyntaxError as error:
                yield f"{path} does not parse: {error}"


def same_programs(before: Mapping[str, str], after: Mapping[str, str | None]) -> bool:
    """Whether only comments differ."""
    return all(
        text is not None and path in before and (not path.endswith(".py") or dump(before[path]) == dump(text))
        for path, text in after.items()
    )


def dump(text: str) -> str:
    return ast.dump(ast.parse(text))


def _run_again(tried: Tried, trial: Trial) -> Iterator[str]:
    """Run every entry point of the copy: no new failure, the same tables, and what was promised is gone."""
    finding = tried.repair.finding
    rule = finding.rule if finding is not None else ""
    gone = False
    renamed = any(isinstance(edit, TextEdit) for edit in tried.repair.fix.edits) and "Rename" in tried.repair.fix.title
    after = []
    for number, (entry, before) in enumerate(zip(tried.entries, tried.before, strict=True)):
        now = run(tried.recorder, entry, tried.copy, tried.copy.parent / f"{tried.copy.name}-{number}")
        after.append(now)
        trial.runs += 1
        new = now.failures - before.failures
        gone = gone or bool(before.failures - now.failures)
        if new and rule != RAISES_AGAIN and not before.failures:
            yield f"{entry.id} fails as it did not: {dict(new)}\n{now.said[-800:]}"
        lost, more = before.tables - now.tables, now.tables - before.tables
        if lost and not renamed and rule != RAISES_AGAIN:
            yield f"{entry.id} no longer registers {sorted(map(str, lost))}"
        if more and not before.failures and not renamed and rule not in REGISTERS_MORE:
            yield f"{entry.id} now registers {sorted(map(str, more))} as well"
    fails = any(before.failures for before in tried.before)
    if finding is not None and finding.severity.value == "error" and rule != RAISES_AGAIN and fails and not gone:
        yield "every failure is still there"
    yield from _denied(tried, after, rule)


def _denied(tried: Tried, after: Iterable[Run], rule: str) -> Iterator[str]:
    """The old traceback, in the tree that was repaired: it cannot be raised there any more."""
    if rule != "duplicate-table":
        return
    context = context_of(tried.case, opened(tried.copy, tried.recorder.version))
    still = {error.message for now in after for error in parse_tracebacks(now.said)}
    for before in tried.before:
        errors = [
            e for e in parse_tracebacks(before.said) if "is already defined" in e.message and e.message not in still
        ]
        for explanation in explain(context, tuple(errors)) if errors else ():
            if explanation.raised_here is True:
                yield f"the repaired tree is said to raise it still: {explanation.summary}"


def _looked_again(tried: Tried) -> Iterator[str]:
    """The finding is gone, the prediction holds for the copy, and nothing is left to apply."""
    workspace = opened(tried.copy, tried.recorder.version)
    later = context_of(tried.case, workspace)
    finding = tried.repair.finding
    found = findings(later)
    if finding is not None:
        count = _count(findings(tried.context), finding)
        if _count(found, finding) >= count:
            yield f"the finding stays: {finding.rule} {finding.location.path}: {finding.message}"
    if not tried.repair.fix.silences:
        events = tried.recorder.record(tried.case, tried.copy, tried.copy.parent / f"{tried.copy.name}-again.jsonl")
        timeline = later.timelines[0]
        predicted = [each for event in timeline.events for each in as_recorded(event, timeline, workspace)]
        if not tried.case.missing and not agrees(predicted, events):
            yield f"the copy is predicted wrongly:\n{difference(predicted, events)}"
    again = [fix for each in found if finding and each.rule == finding.rule for fix in fixes_for(later, each)]
    if any(fix.edits == tried.repair.fix.edits for fix in again):
        yield "it is offered again"


def _count(found: Iterable[Finding], finding: Finding) -> int:
    """The findings of the rule in the file, about the same thing: their messages without places."""
    return sum((each.rule, each.location.path) == (finding.rule, finding.location.path) for each in found)
