"""One exception to explain: its traceback matched to files of the workspace, and what timelines show of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.frames import WorkspaceFrame, lines_of
from cucurbit.explain.syntax import ClassAttribute
from cucurbit.explain.tracebacks import RaisedError
from cucurbit.rules.catalogue import RULES
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.simulate.core.timeline import Event, EventKind, Failure, Timeline
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryPoint, Location


@dataclass(frozen=True)
class ErrorCase:
    """An exception to explain in a workspace. ``groups`` are the parts matched in its message, such as a table name.

    ``frames`` are the frames of its traceback in the workspace, outermost first. ``started`` is the entry point that
    was simulated because the traceback starts there and no entry point was found there; its timeline is the first.
    """

    context: Context
    error: RaisedError
    groups: tuple[str, ...]
    frames: tuple[WorkspaceFrame, ...] = ()
    started: EntryPoint | None = None

    @property
    def deepest(self) -> WorkspaceFrame | None:
        """The innermost frame in the workspace."""
        return self.frames[-1] if self.frames else None

    @property
    def where(self) -> str:
        """``path:line`` of the innermost frame in the workspace, as the subject of a sentence."""
        return self.deepest.at if self.deepest is not None else "The code"

    @property
    def at_frame(self) -> str:
        """`` at path:line`` of the innermost frame in the workspace; empty if there is none."""
        return f" at {self.deepest.at}" if self.deepest is not None else ""

    def explain(
        self,
        cause: str,
        raised_here: bool | None,
        summary: str,
        related: tuple[Related, ...] = (),
        *advice: str,
    ) -> Explanation:
        """An explanation of this exception, with the frames of its traceback that the evidence lacks.

        If the code here is not that of the traceback, the advice says so.
        """
        evidence = extended(related, self.chain())
        further = (*(each for each in advice if each), *self._differences()[:1])
        return Explanation(self.error.error, self.error.message, cause, raised_here, summary, evidence, further)

    def chain(self) -> tuple[Related, ...]:
        """The frames in the workspace as evidence, outermost first."""
        found: dict[tuple[str, int], Related] = {}
        for number, frame in enumerate(self.frames):
            last = number == len(self.frames) - 1
            if frame.differs and frame.line > len(lines_of(self.context, frame.path)):
                continue
            where = "when the module is executed" if frame.in_module else f"in {frame.name}()"
            what = f"the traceback ends here, {where}" if last else f"the traceback: {where}"
            place = (frame.path, frame.line)
            found.pop(place, None)
            found[place] = Related(line_of(self.context, *place), what)
        return tuple(found.values())

    def findings(self, rule: str, accept: Callable[[Finding], bool] = lambda _: True) -> list[Finding]:
        """The findings of a rule, whatever the settings; those whose places are in the traceback come first."""
        found = [finding for finding in RULES.by_name[rule].check(self.context) if accept(finding)]
        return sorted(found, key=self._agreement, reverse=True)

    def _agreement(self, finding: Finding) -> int:
        places = {(each.location.path, each.location.span.line) for each in finding.related}
        places.add((finding.location.path, finding.location.span.line))
        return sum((frame.path, frame.line) in places for frame in self.frames)

    def from_finding(self, cause: str, finding: Finding, what: str = "raised here") -> Explanation:
        """The explanation that a finding gives. ``what`` says of its place what happens there."""
        place = (finding.location.path, finding.location.span.line)
        elsewhere = bool(self.frames) and place not in {(frame.path, frame.line) for frame in self.frames}
        here = Related(finding.location, "the cause is here" if elsewhere else what)
        summary = finding.message
        if self.deepest is not None:
            paths = {finding.location.path, *(each.location.path for each in finding.related)}
            if self.deepest.path not in paths and self.deepest.path not in finding.message:
                summary += f" The traceback, however, ends at {self.deepest.at}."
        return self.explain(cause, True, summary, (here, *finding.related))

    def unpredicted(self) -> str:
        """What differs between the prediction and the traceback, as a sentence."""
        start = f"; yours starts at {self.frames[0].at}" if self.frames else ""
        if self.started is not None:
            return (
                f"No entry point found here raises it{start}, and what could be simulated from there does not either."
            )
        return f"No entry point found here raises it{start}."

    def _differences(self) -> list[str]:
        """Sentences about frames whose source line differs from the code here, the innermost frame first."""
        found = []
        for frame in reversed(self.frames):
            if frame.differs:
                lines = lines_of(self.context, frame.path)
                here = lines[frame.line - 1].strip() if 0 < frame.line <= len(lines) else ""
                reads = f"`{here}`" if here else "empty" if frame.line <= len(lines) else "missing"
                found.append(
                    f"The traceback shows `{frame.source}` at {frame.at}, but here that line is {reads}:"
                    " it comes from another version of this code."
                )
        return found


def extended(related: Iterable[Related], more: Iterable[Related]) -> tuple[Related, ...]:
    """Evidence, and the pieces of ``more`` on lines that it does not have."""
    known = tuple(related)
    seen = {(each.location.path, each.location.span.line) for each in known}
    return (*known, *(each for each in more if (each.location.path, each.location.span.line) not in seen))


def line_of(context: Context, path: str, line: int) -> Location:
    """The location of a line of a file, from its first character that is no blank."""
    lines = lines_of(context, path)
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    column = len(text) - len(text.lstrip())
    return Location(path, Span(max(line, 1), column, max(line, 1), len(text.rstrip()) or column))


def at_line(context: Context, attribute: ClassAttribute) -> Location:
    """The line of an attribute."""
    return line_of(context, attribute.path, attribute.line)


# ------------------------------------------------------------------ the timelines


def predicted(case: ErrorCase, accept: Callable[[Failure], bool]) -> tuple[Timeline, Event, Failure] | None:
    """The first failure that ``accept`` accepts, on the timelines of the entry points."""
    for timeline in case.context.timelines:
        for event in timeline.events:
            if event.failure is not None and accept(event.failure):
                return timeline, event, event.failure
    return None


def raised(case: ErrorCase, cause: str, accept: Callable[[Failure], bool]) -> Explanation | None:
    """The explanation if a timeline shows the failure, with the chain of imports and calls that leads to it."""
    found = predicted(case, accept)
    if found is None:
        return None
    timeline, event, failure = found
    here = Related(case.context.location(failure.place), "raised here")
    maybe = "" if event.certain else " on some paths"
    summary = f"{entry_name(timeline.entry)} raises it{maybe} at {case.context.at(failure.place)}."
    deepest = case.deepest
    if deepest is not None and deepest.path != failure.place.path:
        summary += f" The traceback, however, ends at {deepest.at}."
    return case.explain(cause, True, summary, (*case.context.chain(event.link), here))


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


def known_entry(case: ErrorCase) -> str:
    """The name of the entry point at which the traceback starts; empty if none was found there."""
    if not case.frames or case.started is not None:
        return ""
    for timeline in case.context.timelines:
        if timeline.entry.path == case.frames[0].path:
            return entry_name(timeline.entry)
    return ""
