"""One exception to explain: its traceback matched to files of the workspace, and what timelines show of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.tracebacks import RaisedError, TracebackFrame
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.shared.evidence import brief, entry_name
from cucurbit.simulate.core.timeline import Event, EventKind, Failure, Timeline
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location

OTHER_CODE = "The traceback comes from a different version of this code."


@dataclass(frozen=True)
class ErrorCase:
    """An exception to explain in a workspace. ``groups`` are the parts matched in its message, such as a table name."""

    context: Context
    error: RaisedError
    groups: tuple[str, ...]

    def explain(
        self,
        cause: str,
        raised_here: bool | None,
        summary: str,
        related: tuple[Related, ...] = (),
        *advice: str,
    ) -> Explanation:
        """An explanation of this exception. If the traceback differs from the code here, the advice says so."""
        further = tuple(advice) + tuple(differences(self)[:1] if raised_here is not True else ())
        return Explanation(self.error.error, self.error.message, cause, raised_here, summary, related, further)

    def findings(self, rule: str, accept: Callable[[Finding], bool] = lambda _: True) -> list[Finding]:
        """The findings of a rule, whatever the settings; those whose places are in the traceback come first."""
        found = [finding for finding in RULES.by_name[rule].check(self.context) if accept(finding)]
        return sorted(found, key=self._agreement, reverse=True)

    def _agreement(self, finding: Finding) -> int:
        places = {(each.location.path, each.location.span.line) for each in finding.related}
        places.add((finding.location.path, finding.location.span.line))
        return sum((path_of(self.context, frame), frame.line) in places for frame in self.error.frames)

    def from_finding(self, cause: str, finding: Finding) -> Explanation:
        """The explanation that a finding gives."""
        here = Related(finding.location, "raised here")
        return self.explain(cause, True, finding.message, (here, *finding.related))


# ------------------------------------------------------------------ the traceback


def path_of(context: Context, frame: TracebackFrame) -> str:
    """The file of this workspace that matches a frame of the traceback; empty if no single file does.

    The paths may differ, as the program may have run elsewhere: the file whose path has the longest common end matches.
    """
    parts = frame.path.replace("\\", "/").strip("/").split("/")
    if "site-packages" in parts or "dist-packages" in parts or parts[-1].startswith("<"):
        return ""
    best: list[str] = []
    most = 0
    for path in context.workspace.python_files():
        common = _common_end(parts, path.split("/"))
        if common and common >= most:
            best = [path] if common > most else [*best, path]
            most = common
    if len(best) != 1:
        return ""
    # A file name alone is not enough, except for a file in the root.
    return best[0] if most > 1 or "/" not in best[0] else ""


def _common_end(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def differences(case: ErrorCase) -> list[str]:
    """Sentences about frames whose source line differs from the code here, the innermost frame first."""
    found = []
    for frame in reversed(case.error.frames):
        path = path_of(case.context, frame)
        text = case.context.workspace.text(path) if path and frame.source else None
        if text is None:
            continue
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        here = lines[frame.line - 1].strip() if frame.line <= len(lines) else ""
        if here != frame.source:
            reads = f"`{here}`" if here else "empty" if frame.line <= len(lines) else "missing"
            found.append(f"The traceback shows `{frame.source}` at {path}:{frame.line}, but here that line is {reads}.")
    return found


# ------------------------------------------------------------------ the timelines


def failures(context: Context, accept: Callable[[Failure], bool]) -> Iterator[tuple[Timeline, Event]]:
    """The first event of each timeline with a failure that ``accept`` accepts."""
    for timeline in (*context.timelines, *context.isolated):
        for event in timeline.events:
            if event.failure is not None and accept(event.failure):
                yield timeline, event
                break


def raised(case: ErrorCase, cause: str, accept: Callable[[Failure], bool]) -> Explanation | None:
    """The explanation if a timeline shows the failure, with the chain of imports and calls that leads to it."""
    for timeline, event in failures(case.context, accept):
        failure = event.failure
        if failure is None or timeline in case.context.isolated:
            continue
        here = Related(case.context.location(failure.place), "raised here")
        maybe = "" if event.certain else " on some paths"
        place = case.context.at(failure.place)
        summary = f"{entry_name(timeline.entry)} raises it{maybe} at {place}: {brief(failure)}."
        return case.explain(cause, True, summary, (*case.context.chain(event.link), here))
    return None


def whole_file(path: str) -> Location:
    """The location of a file as a whole: its first character."""
    return Location(path, Span(1, 0, 1, 0))


def cuts(context: Context) -> str:
    """A sentence about the first place where a timeline is incomplete; empty if all are complete."""
    for timeline in context.timelines:
        for event in timeline.of(EventKind.CUT):
            return (
                f"The timeline of {entry_name(timeline.entry)} is incomplete: it is cut at {context.at(event.place)},"
                f" {event.detail}."
            )
    return ""


def entries_running(context: Context, path: str) -> list[Timeline]:
    """The entry points that execute a file."""
    return [timeline for timeline in context.timelines if path in timeline.visited]


def entries_without(context: Context, path: str) -> list[Timeline]:
    """The entry points that do not execute a file."""
    return [timeline for timeline in context.timelines if path not in timeline.visited]
