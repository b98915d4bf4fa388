"""What the causes of exceptions share: the case at hand, its files in this workspace, and what timelines say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related
from cucurbit.explain.tracebacks import Frame, RaisedError
from cucurbit.report.explanation import Explanation
from cucurbit.rules.catalogue import BY_NAME
from cucurbit.rules.shared.evidence import brief, entry_name
from cucurbit.simulate.core.timeline import Event, EventKind, Failure, Timeline
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location

OTHER_CODE = "The code that raised this is older than this tree, or other than it."


@dataclass(frozen=True)
class Case:
    """An exception to explain in a workspace. ``groups`` is what its message told."""

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
        """An explanation of this exception; what the traceback itself shows is added to the advice."""
        further = tuple(advice) + tuple(differences(self)[:1] if raised_here is not True else ())
        return Explanation(self.error.error, self.error.message, cause, raised_here, summary, related, further)

    def findings(self, rule: str, accept: Callable[[Finding], bool] = lambda _: True) -> list[Finding]:
        """What a rule says here, those whose places the traceback shows first. Settings do not count."""
        found = [finding for finding in BY_NAME[rule].check(self.context) if accept(finding)]
        return sorted(found, key=self._agreement, reverse=True)

    def _agreement(self, finding: Finding) -> int:
        places = {(each.location.path, each.location.span.line) for each in finding.related}
        places.add((finding.location.path, finding.location.span.line))
        return sum((path_of(self.context, frame), frame.line) in places for frame in self.error.frames)

    def told(self, cause: str, finding: Finding) -> Explanation:
        """A finding as the explanation."""
        here = Related(finding.location, "it is raised here")
        return self.explain(cause, True, finding.message, (here, *finding.related))


# ------------------------------------------------------------------ the traceback


def path_of(context: Context, frame: Frame) -> str:
    """The file of this workspace that a frame means, wherever its code was installed; empty where none is.

    It is the one with the longest common end; the same end of several files means none.
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
    # One name in common is no proof, but for a file at the root.
    return best[0] if most > 1 or "/" not in best[0] else ""


def _common_end(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def differences(case: Case) -> list[str]:
    """Frames whose source is not what stands there in this tree, in words: the innermost first."""
    found = []
    for frame in reversed(case.error.frames):
        path = path_of(case.context, frame)
        text = case.context.workspace.text(path) if path and frame.source else None
        if text is None:
            continue
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        here = lines[frame.line - 1].strip() if frame.line <= len(lines) else ""
        if here != frame.source:
            reads = f"`{here}`" if here else "empty" if frame.line <= len(lines) else "not there"
            found.append(
                f"The traceback has `{frame.source}` at {path}:{frame.line}; in this tree that line is {reads}."
            )
    return found


# ------------------------------------------------------------------ the timelines


def failures(context: Context, accept: Callable[[Failure], bool]) -> Iterator[tuple[Timeline, Event]]:
    """The first event of each timeline that carries an accepted failure."""
    for timeline in (*context.timelines, *context.isolated):
        for event in timeline.events:
            if event.failure is not None and accept(event.failure):
                yield timeline, event
                break


def raised(case: Case, cause: str, accept: Callable[[Failure], bool]) -> Explanation | None:
    """That a timeline shows the failure, with the chain to it."""
    for timeline, event in failures(case.context, accept):
        failure = event.failure
        if failure is None or timeline in case.context.isolated:
            continue
        here = Related(case.context.location(failure.place), "it is raised here")
        maybe = "" if event.certain else " on some paths"
        place = case.context.at(failure.place)
        summary = f"{entry_name(timeline.entry)} raises it{maybe} at {place}: {brief(failure)}."
        return case.explain(cause, True, summary, (*case.context.chain(event.link), here))
    return None


def whole_file(path: str) -> Location:
    """A file, at its first character."""
    return Location(path, Span(1, 0, 1, 0))


def cuts(context: Context) -> str:
    """Where timelines are cut short, in a sentence; empty where none is."""
    for timeline in context.timelines:
        for event in timeline.of(EventKind.CUT):
            return (
                f"As far as it can be followed: {entry_name(timeline.entry)} is cut short at"
                f" {context.at(event.place)}, {event.detail}."
            )
    return ""


def entries_running(context: Context, path: str) -> list[Timeline]:
    """The entry points that execute a file."""
    return [timeline for timeline in context.timelines if path in timeline.visited]


def entries_without(context: Context, path: str) -> list[Timeline]:
    """The entry points that do not execute a file."""
    return [timeline for timeline in context.timelines if path not in timeline.visited]
