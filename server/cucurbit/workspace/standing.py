"""Checks whether earlier answers of a workspace are still the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from cucurbit.source.facts import ModuleFacts, Step
from cucurbit.source.fingerprint import imports_alike, steps_alike
from cucurbit.workspace.model import Workspace
from cucurbit.workspace.questions import Answered, Question


class Standing:
    """Asks a workspace again, each question once. Facts are the same if they execute alike, at whatever positions.

    ``changed``: the files whose contents are the only possible difference; None if there may be more.
    """

    def __init__(self, workspace: Workspace, changed: Iterable[str] | None) -> None:
        self._workspace = workspace
        self.changed = None if changed is None else frozenset(changed)
        self._now: dict[Question, object] = {}
        self._alike: dict[tuple[int, int], bool] = {}

    def holds(self, answered: Answered) -> bool:
        """Whether all these answers are still the same."""
        return all(self._stands(question, answer) for question, answer in self._in_doubt(answered))

    def hold(self, pairs: Iterable[tuple[Question, object]]) -> bool:
        """Whether these questions have these answers."""
        return all(self._stands(question, answer) for question, answer in pairs)

    def now(self, question: Question) -> object:
        """The answer of a question now."""
        if question not in self._now:
            self._now[question] = question.ask(self._workspace)
        return self._now[question]

    def _in_doubt(self, answered: Answered) -> Iterable[tuple[Question, object]]:
        if self.changed is None:
            return answered.all.items()
        by_path = answered.by_path
        return [*answered.others, *(pair for path in self.changed for pair in by_path.get(path, ()))]

    def _stands(self, question: Question, answer: object) -> bool:
        now = self.now(question)
        if now is answer:
            return True
        if question.name not in ("facts", "body"):
            return now == answer
        key = (id(now), id(answer))
        if key not in self._alike:
            self._alike[key] = _execute_alike(now, answer)
        return self._alike[key]


def _execute_alike(one: object, other: object) -> bool:
    """Whether two answers about facts, or the steps of a body, are equivalent."""
    if isinstance(one, ModuleFacts) and isinstance(other, ModuleFacts):
        return imports_alike(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return steps_alike(cast("tuple[Step, ...]", one), cast("tuple[Step, ...]", other))
    return one == other
