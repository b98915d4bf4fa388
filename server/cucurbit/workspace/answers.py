"""Results computed from facts, each once while the facts are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from cucurbit.source.facts import ModuleFacts

T = TypeVar("T")

Ask = Callable[[ModuleFacts], object]


class Answers:
    """For each path and question, the answer for the newest facts. All snapshots of a workspace share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Ask], tuple[ModuleFacts, object]] = {}

    def ask(self, path: str, facts: ModuleFacts, ask: Callable[[ModuleFacts], T]) -> T:
        """The result of ``ask`` for the facts of ``path``; ``ask`` must depend on nothing else."""
        known = self._known.get((path, ask))
        if known is None or known[0] is not facts:
            known = (facts, ask(facts))
            self._known[path, ask] = known
        return cast(T, known[1])

    def forget(self, gone: Callable[[str], bool]) -> None:
        """Drop the answers about files that are gone."""
        self._known = {key: each for key, each in self._known.items() if not gone(key[0])}
