"""What a rule is, and a set of rules as the callers of the engine pass it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Edit, Fix
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.suppression import UnusedIgnore
from cucurbit.workspace.settings.schema import ALL, Settings


class FixGate(Protocol):
    """What decides whether a fix is offered. ``fixes/gate.py`` implements it, by a preview of the fixed workspace."""

    @property
    def context(self) -> Context:
        """The snapshot that the fixes are for."""
        ...

    def offered(
        self, fix: Fix | None, finding: Finding | None = None, causes: frozenset[str] | None = None
    ) -> tuple[Fix, ...]:
        """The fix, or nothing where it has no edits, makes the project worse, or leaves ``finding`` in place.

        ``causes``: only new failures with these exception classes count against the fix; None: all count.
        """
        ...

    def loses_tables(self, edits: tuple[Edit, ...]) -> bool:
        """Whether some entry point registers a table now, and would not after these edits."""
        ...


Fixer: TypeAlias = Callable[[FixGate, Finding], tuple[Fix, ...]]
"""From a finding of a rule to the fixes that the gate lets through, the best first."""


@dataclass(frozen=True)
class Rule:
    """One rule: its name, what it finds in one sentence, its highest severity, its check and its fixes.

    A check yields findings with the severity that the evidence supports; settings may change it later.
    ``default`` False: the rule is off unless ``extend-select`` names it.
    ``judge_unused`` makes a finding of an ignore comment that suppressed nothing; it is called after all checks.
    """

    name: str
    summary: str
    severity: Severity
    check: Callable[[Context], Iterable[Finding]]
    default: bool = True
    fixes: Fixer | None = None
    judge_unused: Callable[[Context, UnusedIgnore], Finding] | None = None


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules that an analysis applies, in their order. Compared by identity, so that it is cheap as a key."""

    rules: tuple[Rule, ...] = field(repr=False)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    @cached_property
    def by_name(self) -> Mapping[str, Rule]:
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that settings and comments may use."""
        return frozenset(self.by_name)

    def selected(self, settings: Settings) -> tuple[Rule, ...]:
        """The rules that the settings ask for, in their order."""
        return tuple(rule for rule in self.rules if _is_selected(settings, rule))


def _is_selected(settings: Settings, rule: Rule) -> bool:
    if rule.name in settings.ignore or settings.severity.get(rule.name) == "off":
        return False
    if rule.name in settings.select or rule.name in settings.extend_select:
        return True
    everything = ALL in settings.select and ALL not in settings.ignore
    return (everything and rule.default) or ALL in settings.extend_select
