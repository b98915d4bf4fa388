"""What rules worked out of an earlier snapshot and what still holds of it.

While a rule runs, and while something is worked out that several rules ask for, every question asked of the workspace
is written down with its answer, and every look at the timelines. Of a snapshot in which the contents of a few files
differ, only what asked about those files and got another answer is worked out again, and what looked at a timeline
that was simulated anew; what was made of it only where it has become something else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cucurbit.source.facts import ModuleFacts
from cucurbit.source.fingerprint import same_facts
from cucurbit.workspace.model import Workspace
from cucurbit.workspace.questions import Answered, Question, by_content

Key: TypeAlias = tuple[Hashable, ...]
"""A function and its arguments."""


@dataclass
class _Frame:
    """Something that is being worked out: what it asked, and what it was made of, in that order."""

    answers: dict[Question, object] = field(default_factory=dict)
    parts: dict[Key, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """``made``: after how many changes it was worked out."""

    value: object
    answered: Answered
    made: int


class Results:
    """The results that stand at one moment, for whoever asks then or later, in whatever thread.

    What has fallen since is not among them any more, and what was worked out again is not yet.
    """

    def __init__(self, results: Mapping[Key, Result], changes: int, doubtful: frozenset[Key]) -> None:
        self._results = results
        self._changes = changes
        self._doubtful = doubtful

    def get(self, key: Key) -> Result | None:
        """The result of that key; None where it is not known to stand."""
        found = self._results.get(key)
        return None if found is None or found.made > self._changes or key in self._doubtful else found


class Remembered:
    """Results by their keys, a function and its arguments, with what they depend on. For one thread."""

    def __init__(self) -> None:
        self._results: dict[Key, Result] = {}
        self._changes = 0
        self._before: dict[Key, object] = {}
        """What fell, or was worked out again, since the last change: what others were made of then."""
        self._compared: dict[Key, bool] = {}
        """Whether what was worked out again since then is what it was before."""
        self._doubtful: dict[Key, list[Key]] = {}
        """The results of which a part may be something else, with those parts."""
        self._asking: dict[str, set[Key]] = defaultdict(set)
        self._others: set[Key] = set()
        self._made_of: dict[Key, set[Key]] = defaultdict(set)
        self._frames: list[_Frame] = []
        self.worked_out = 0
        """How many results were worked out since the last change."""

    def note(self, question: Question, answer: object) -> None:
        """Take down a question and its answer for what is being worked out."""
        if self._frames:
            self._frames[-1].answers[question] = answer

    def get(self, key: Key, make: Callable[[Key], object]) -> object:
        """The result of that key. ``make`` works out any key that does not stand."""
        result = self._results.get(key)
        if result is None or (key in self._doubtful and not self._stands(key, make)):
            result = self._work_out(key, make)
        if self._frames:
            self._frames[-1].parts[key] = None
        return result.value

    def results(self) -> Results:
        """Every result that is known to stand."""
        return Results(self._results, self._changes, frozenset(self._doubtful))

    def _stands(self, key: Key, make: Callable[[Key], object]) -> bool:
        """Whether all that a result was made of is what it was; what is not known is worked out."""
        self._frames.append(_Frame())
        try:
            unchanged = all(self._is_unchanged(part, make) for part in self._doubtful[key])
        finally:
            self._frames.pop()
        # Only now: where a part raises, the doubt stays.
        self._doubtful.pop(key, None)
        return unchanged

    def _is_unchanged(self, part: Key, make: Callable[[Key], object]) -> bool:
        # What was worked out again already is compared with what it was, not with itself.
        then = self._before[part] if part in self._before else self._results[part].value
        now = self.get(part, make)
        if now is then:
            return True
        if part not in self._compared:
            self._compared[part] = now == then
        return self._compared[part]

    def _work_out(self, key: Key, make: Callable[[Key], object]) -> Result:
        replaced = self._results.pop(key, None)
        if replaced is not None:
            self._before[key] = replaced.value
        frame = _Frame()
        self._frames.append(frame)
        try:
            value = make(key)
        finally:
            self._frames.pop()
        self.worked_out += 1
        result = Result(value, by_content(frame.answers), self._changes)
        for path in result.answered.by_path:
            self._asking[path].add(key)
        if result.answered.others:
            self._others.add(key)
        for part in frame.parts:
            self._made_of[part].add(key)
        self._results[key] = result
        return result

    def change(self, workspace: Workspace, paths: Iterable[str], inputs: Iterable[Key] = ()) -> None:
        """Doubt what may not hold in ``workspace``, where the contents of ``paths`` and ``inputs`` may differ."""
        self.worked_out = 0
        self._changes += 1
        self._before, self._compared = {}, {}
        for key in self._doubtful:
            self._results.pop(key, None)
        self._doubtful = {}
        for key in inputs:
            given = self._results.get(key)
            if given is not None:
                self._fall(key, given)
        for path in paths:
            for key in self._asking.get(path, ()):
                result = self._results.get(key)
                if result is not None and not _hold(workspace, result.answered.by_path.get(path, ())):
                    self._fall(key, result)
        for key in self._others:
            result = self._results.get(key)
            if result is not None and not _hold(workspace, result.answered.others):
                self._fall(key, result)

    def _fall(self, key: Key, result: Result) -> None:
        del self._results[key]
        self._before[key] = result.value
        self._doubtful.pop(key, None)
        spreading = [key]
        while spreading:
            part = spreading.pop()
            for made in self._made_of.get(part, ()):
                if made not in self._results:
                    # Nobody asked for it since it was in doubt, so that nothing that stands is made of it.
                    continue
                if made not in self._doubtful:
                    self._doubtful[made] = []
                    spreading.append(made)
                self._doubtful[made].append(part)


def _hold(workspace: Workspace, answers: Iterable[tuple[Question, object]]) -> bool:
    return all(_same(question.ask(workspace), answer) for question, answer in answers)


def _same(now: object, then: object) -> bool:
    if now is then:
        return True
    if isinstance(now, ModuleFacts) and isinstance(then, ModuleFacts):
        return same_facts(now, then)
    return now == then
