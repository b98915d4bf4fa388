"""Whether answers that a workspace gave earlier still stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from cucurbit.source.facts import ModuleFacts, Step
from cucurbit.source.fingerprint import imports_alike, steps_alike
from cucurbit.workspace.model import Workspace
from cucurbit.workspace.questions import Answered, Question


class Standing:
    """Asks a workspace again, each question once; facts count as the same when they execute alike, wherever they stand.

    ``changed``: the files whose content may be all that differs; None where more may.
    """

    def __init__(self, workspace: Workspace, changed: Iterable[str] | None) -> None:
        self._workspace = workspace
        self._changed = None if changed is None else frozenset(changed)
        self._now: dict[Question, object] = {}
        self._alike: dict[tuple[int, int], bool] = {}

    def holds(self, answered: Answered) -> bool:
        """Whether all these answers still stand."""
        return all(self._stands(question, answer) for question, answer in self._in_doubt(answered))

    def _in_doubt(self, answered: Answered) -> Iterable[tuple[Question, object]]:
        if self._changed is None:
            return answered.all.items()
        by_path = answered.by_path
        return [*answered.others, *(pair for path in self._changed for pair in by_path.get(path, ()))]

    def _stands(self, question: Question, answer: object) -> bool:
        if question in self._now:
            now = self._now[question]
        else:
            now = question.ask(self._workspace)
            self._now[question] = now
        if now is answer:
            return True
        if isinstance(now, ModuleFacts) and isinstance(answer, ModuleFacts):
            return self._import_alike(now, answer)
        if question.name == "body":
            return steps_alike(cast("tuple[Step, ...]", now), cast("tuple[Step, ...]", answer))
        return now == answer

    def _import_alike(self, now: ModuleFacts, then: ModuleFacts) -> bool:
        key = (id(now), id(then))
        if key not in self._alike:
            self._alike[key] = imports_alike(now, then)
        return self._alike[key]
