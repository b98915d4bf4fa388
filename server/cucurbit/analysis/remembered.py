"""Memoised results of rules that stay valid across snapshots.

While a result is computed, every question to the workspace is recorded with its answer, and so is every timeline and
every other result that it reads. When a few files change, a result is computed again only if a question about those
files has another answer, if a timeline that it read was simulated anew, or if a result that it read is now different.
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

_FEW = 2_000
"""Results of which there may always be twice as many."""

Key: TypeAlias = tuple[Hashable, ...]
"""A function and its arguments."""


@dataclass
class _Frame:
    """A result that is being computed: the questions it asked and the results it read, in that order."""

    answers: dict[Question, object] = field(default_factory=dict)
    parts: dict[Key, None] = field(default_factory=dict)


@dataclass(frozen=True)
class MemoResult:
    """``made``: the number of changes before it was computed. ``parts``: the results that it read, in that order."""

    value: object
    answered: Answered
    made: int
    parts: Mapping[Key, None]


class Results:
    """The results that are valid at one moment, for readers in any thread, then or later.

    Results that were invalidated since then are missing, and so are those that were computed again.
    """

    def __init__(self, results: Mapping[Key, MemoResult], changes: int, doubtful: frozenset[Key]) -> None:
        self._results = results
        self._changes = changes
        self._doubtful = doubtful

    def get(self, key: Key) -> MemoResult | None:
        """The result of that key; None where it is not known to be valid."""
        found = self._results.get(key)
        return None if found is None or found.made > self._changes or key in self._doubtful else found


class Remembered:
    """Results by key (a function and its arguments), with what they depend on. For one thread."""

    def __init__(self) -> None:
        self._results: dict[Key, MemoResult] = {}
        self._changes = 0
        self._before: dict[Key, object] = {}
        """The values before the last change of results that were invalidated or computed again since."""
        self._compared: dict[Key, bool] = {}
        """For each result that was computed again since then, whether it is equal to the one before."""
        self._doubtful: dict[Key, set[Key]] = {}
        """The results that read a result which may have changed, with those that may have."""
        self._asking: dict[str, set[Key]] = defaultdict(set)
        self._others: set[Key] = set()
        self._made_of: dict[Key, set[Key]] = defaultdict(set)
        self._frames: list[_Frame] = []
        self._stood = 0
        """The number of results after the rules had run for the first time."""
        self.worked_out = 0
        """The number of results computed since the last change."""
        self.workings: dict[Hashable, dict[str, object]] = {}
        """What rules keep to compute a result faster; see :meth:`cucurbit.analysis.context.Context.workings`."""

    def settle(self) -> None:
        """The rules have run: from now on, what is added counts as growth."""
        self._stood = self._stood or max(len(self._results), _FEW)

    @property
    def is_outgrown(self) -> bool:
        """Whether most results may be of what is gone: files that were deleted, names that were written for a while.

        Nothing else drops these, as nobody asks for them again.
        """
        return bool(self._stood) and len(self._results) > 2 * self._stood

    def note(self, question: Question, answer: object) -> None:
        """Record a question and its answer for the result that is being computed."""
        if self._frames:
            self._frames[-1].answers[question] = answer

    def get(self, key: Key, make: Callable[[Key], object]) -> object:
        """The result of that key. ``make`` computes a key that has no valid result."""
        result = self._results.get(key)
        if result is None or (key in self._doubtful and not self._stands(key, make)):
            result = self._work_out(key, make)
        if self._frames:
            self._frames[-1].parts[key] = None
        return result.value

    def results(self) -> Results:
        """Every result that is known to be valid."""
        return Results(self._results, self._changes, frozenset(self._doubtful))

    def _stands(self, key: Key, make: Callable[[Key], object]) -> bool:
        """Whether everything that a result read is unchanged. Results without a valid value are computed for that.

        They are asked for in the order in which they were read: after one that has changed, the others may not be read.
        """
        doubtful = self._doubtful[key]
        self._frames.append(_Frame())
        try:
            unchanged = all(self._is_unchanged(part, make) for part in self._results[key].parts if part in doubtful)
        finally:
            self._frames.pop()
        # Not earlier: if a part raises, this result must stay doubtful.
        self._doubtful.pop(key, None)
        return unchanged

    def _is_unchanged(self, part: Key, make: Callable[[Key], object]) -> bool:
        # A part that was computed again already is compared with its value before the change, not with itself.
        then = self._before[part] if part in self._before else self._results[part].value
        now = self.get(part, make)
        if now is then:
            return True
        if part not in self._compared:
            self._compared[part] = now == then
        return self._compared[part]

    def _work_out(self, key: Key, make: Callable[[Key], object]) -> MemoResult:
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
        result = MemoResult(value, by_content(frame.answers), self._changes, frame.parts)
        for path in result.answered.by_path:
            self._asking[path].add(key)
        if result.answered.others:
            self._others.add(key)
        for part in frame.parts:
            self._made_of[part].add(key)
        self._results[key] = result
        return result

    def change(self, workspace: Workspace, paths: Iterable[str], inputs: Iterable[Key] = ()) -> None:
        """Invalidate what may not hold in ``workspace``, where the contents of ``paths`` and ``inputs`` may differ."""
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

    def _fall(self, key: Key, result: MemoResult) -> None:
        del self._results[key]
        self._before[key] = result.value
        self._doubtful.pop(key, None)
        spreading = [key]
        while spreading:
            part = spreading.pop()
            for made in self._made_of.get(part, ()):
                known = self._results.get(made)
                if known is None or part not in known.parts:
                    # Not requested since it was invalidated, so no valid result depends on it; or computed again
                    # without this part.
                    continue
                if made not in self._doubtful:
                    self._doubtful[made] = set()
                    spreading.append(made)
                self._doubtful[made].add(part)


def _hold(workspace: Workspace, answers: Iterable[tuple[Question, object]]) -> bool:
    return all(_same(question.ask(workspace), answer) for question, answer in answers)


def _same(now: object, then: object) -> bool:
    if now is then:
        return True
    if isinstance(now, ModuleFacts) and isinstance(then, ModuleFacts):
        return same_facts(now, then)
    return now == then
