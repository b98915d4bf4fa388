"""Web addresses of the project."""

from __future__ import annotations

from typing import Final

PROJECT: Final = "https://github.com/cucurbit-lsp/cucurbit"
ISSUES: Final = f"{PROJECT}/issues"
RULE_PAGES: Final = f"{PROJECT}/blob/main/docs/rules/"


def rule_url(name: str) -> str:
    """The page of a rule."""
    return f"{RULE_PAGES}{name}.md"
