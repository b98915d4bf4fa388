"""Everything about one case under one SQLAlchemy: what happened, what was predicted, what is found, what is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.grouping import singles
from cucurbit.explain.explain import explain
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.tracebacks import RaisedError, parse_tracebacks
from cucurbit.rules.catalogue import RULES
from cucurbit.simulate.core.timeline import EventKind
from tests.oracle.analysis import context_of, finding_line, opened, recordable
from tests.oracle.case import Case, Event, render
from tests.oracle.harness import RecordingProcess
from tests.oracle.prediction import Predicted, agrees, as_recorded, difference
from tests.truth.promises import CHECKED, OF_REJECTIONS, Said, broken

OF_MESSAGE = {
    "is already defined for this MetaData instance": OF_REJECTIONS,
    "is reserved": {"reserved-attribute"},
    "from partially initialized module": {"circular-import"},
}
STANDING = {True: "raised here", False: "cannot be raised here", None: "may be raised here"}
"""The rules that can be behind an exception, by a part of its message."""


@dataclass(frozen=True)
class Judged:
    """One run of a case and what Cucurbit says of it. ``said`` is what the program wrote to standard error."""

    case: Case
    root: Path
    recorder: RecordingProcess
    recorded: list[Event]
    said: str
    context: Context

    @cached_property
    def predicted(self) -> list[Predicted]:
        timeline, workspace = self.context.timelines[0], self.context.workspace
        return [each for event in timeline.events for each in as_recorded(event, timeline, workspace)]

    @cached_property
    def found(self) -> tuple[Finding, ...]:
        """The findings, each place of a group for itself."""
        return singles(findings(self.context, RULES))

    @property
    def findings(self) -> str:
        """``error duplicate-table app/models.py:12``, a line a finding."""
        return "".join(f"{finding_line(finding)}\n" for finding in self.found)

    @property
    def agrees(self) -> bool:
        return agrees(self.predicted, self.recorded)

    @property
    def certain(self) -> bool:
        return all(event.certain and not event.cut for event in self.predicted)

    # ------------------------------------------------------------------ wrong

    def wrong(self) -> Iterator[str]:
        """Everything that is not as it has to be, in words."""
        version = self.recorder.version
        if render(self.recorded) != self.case.expected(version):
            yield f"what happened is not what the page says:\n{render(self.recorded)}"
        if self.agrees is bool(self.case.missing):
            yield difference(self.predicted, self.recorded)
        elif self.certain is bool(self.case.uncertain):
            unsure = [str(event) for event in self.predicted if event.cut or not event.certain]
            yield "\n  ".join(["right, but not certain:", *unsure])
        if self.findings != self.case.findings(version):
            yield f"the findings are not what the page says:\n{self.findings or 'none'}"
        if self.explained != self.case.explained(version):
            yield f"the explanations are not what the page says:\n{self.explained or 'none'}"
        if not self.case.missing:
            yield from self.broken()
            yield from self.unexplained()

    def broken(self) -> Iterator[str]:
        """Every ``error`` that is not kept by any entry point, and every refused table that nothing explains."""
        timeline = self.context.timelines[0]
        certain = all(event.certain and event.kind is not EventKind.CUT for event in timeline.events)
        elsewhere: list[list[Event]] | None = None
        for words in broken(Said(self.found, certain), self.recorded):
            if words.startswith("false error") and elsewhere is None:
                elsewhere = list(self._elsewhere())
            kept = words.startswith("false error") and any(
                words not in broken(Said(self.found, certain=False), recorded) for recorded in elsewhere or ()
            )
            if not kept:
                yield words

    def _elsewhere(self) -> Iterator[list[Event]]:
        """What the other entry points of the workspace do."""
        for number, timeline in enumerate(self.context.timelines[1:]):
            case = recordable(timeline.entry)
            if case is not None:
                yield self.recorder.record(case, self.root, self.root.parent / f"elsewhere-{number}.jsonl")

    # -------------------------------------------------------------- explained

    @cached_property
    def raised(self) -> tuple[RaisedError, ...]:
        """The exceptions whose tracebacks Python printed."""
        return parse_tracebacks(self.said)

    @cached_property
    def explanations(self) -> list[Explanation]:
        return explain(self.context, self.raised) if self.raised else []

    @property
    def explained(self) -> str:
        """``InvalidRequestError: duplicate-table, raised here``, a line an exception."""
        return "".join(
            f"{each.error.rpartition('.')[2]}: {each.cause or 'not known'}, {STANDING[each.raised_here]}\n"
            for each in self.explanations
        )

    def unexplained(self, *, of_all: bool = False) -> Iterator[str]:
        """Every traceback that Python printed and whose explanation does not name what the rule names.

        ``of_all``: also where no rule names anything, and the explanation does not say that it is raised here.
        """
        for explanation in self.explanations:
            rules = next((rules for part, rules in OF_MESSAGE.items() if part in explanation.message), None)
            if rules is not None and self.certain:
                yield from self._differs(explanation, rules)
            elif of_all and self.certain and explanation.raised_here is not True:
                yield f"it is raised here, and the explanation does not say so:\n  {_told(explanation)}"

    def _differs(self, explanation: Explanation, rules: set[str]) -> Iterator[str]:
        found = [finding for finding in self.found if finding.rule in rules and finding.severity is not Severity.HINT]
        if explanation.cause == "circular-import":
            # Others are about cycles through which nothing fails, or another name.
            said = explanation.message.partition(" (most likely")[0]
            found = [finding for finding in found if said in finding.message]
        told = _told(explanation)
        if explanation.raised_here is not True or not explanation.related:
            yield f"it is raised here, and the explanation does not say so and where:\n  {told}"
        if not found and explanation.cause == "circular-import":
            return  # The rule tells of cycles through model modules only.
        if explanation.cause not in {finding.rule for finding in found}:
            yield f"explained otherwise than found:\n  {told}"
            return
        evidence = {each.location for each in explanation.related}
        if not any(
            {finding.location, *(each.location for each in finding.related)} <= evidence
            for finding in found
            if finding.rule == explanation.cause
        ):
            yield f"the explanation lacks evidence of the finding:\n  {told}"


def _told(explanation: Explanation) -> str:
    return f"{explanation.error}: {explanation.message}\n  [{explanation.cause}] {explanation.summary}"


def judge_case(case: Case, recorder: RecordingProcess, folder: Path) -> Judged:
    """Run a case for real under ``folder``, and analyse it."""
    root = case.write(folder / "workspace")
    written = folder / "said.txt"
    recorded = recorder.record(case, root, folder / "events.jsonl", written)
    context = context_of(case, opened(root, recorder.version))
    said = written.read_text(encoding="utf-8", errors="replace") if written.exists() else ""
    return Judged(case, root, recorder, recorded, said, context)


def tally(judged: Judged) -> Counter[tuple[str, str]]:
    """By rule: ``true`` promises that the runs keep, ``false`` ones, ``missed`` refusals."""
    counts: Counter[tuple[str, str]] = Counter()
    wrong = list(judged.broken())
    for finding in judged.found:
        if finding.severity is Severity.ERROR and finding.rule in CHECKED:
            place = f"{finding.rule} at {finding.location.path}:{finding.location.span.line}"
            counts[finding.rule, "false" if any(place in words for words in wrong) else "true"] += 1
    counts["", "missed"] += sum(words.startswith("unexplained") for words in wrong)
    return counts
