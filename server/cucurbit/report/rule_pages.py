"""Reads the documentation of the rules, from the installed package or from the source tree."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cucurbit.analysis.rule import Rule

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "rules" / "pages", _PACKAGE.parents[1] / "docs" / "rules")


def rule_page(name: str) -> str:
    """The page of a rule, in Markdown; empty if it cannot be read."""
    for folder in _PLACES:
        try:
            return (folder / f"{name}.md").read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
    return ""


def rule_pages(rules: Iterable[Rule]) -> dict[str, str]:
    """The pages of rules, by name."""
    return {rule.name: rule_page(rule.name) for rule in rules}
