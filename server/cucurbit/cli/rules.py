"""``cucurbit rules`` and ``cucurbit rule``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator

from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.cli.rule_pages import rule_page
from cucurbit.cli.target import unknown_rule
from cucurbit.cli.terminal import is_coloured
from cucurbit.report.documents import VERSION, RuleItem, RulesDocument, to_json
from cucurbit.report.links import rule_url
from cucurbit.report.styled import SEVERITY_STYLES, Line, write
from cucurbit.rules.catalogue import RULES


def run(options: Namespace) -> int:
    """List the rules, or show the documentation of one.

    Raises:
        Refused: there is no such rule.
    """
    if options.command == "rule":
        sys.stdout.write(_page(options.name))
    elif options.output_format == "json":
        items = tuple(
            RuleItem(rule.name, rule.summary, rule.severity, rule.default, rule_url(rule.name)) for rule in RULES
        )
        sys.stdout.write(to_json(RulesDocument(VERSION, items)))
    else:
        write(_lines(), coloured=is_coloured(sys.stdout, refused=options.no_color))
    return CLEAN


def _page(name: str) -> str:
    rule = RULES.by_name.get(name)
    if rule is None:
        raise Refused(unknown_rule(name))
    page = rule_page(name)
    return page or f"# {rule.name}\n\n{rule.summary}\n\n{rule_url(name)}\n"


def _lines() -> Iterator[Line]:
    names = max(len(rule.name) for rule in RULES)
    severities = max(len(rule.severity.value) for rule in RULES)
    for rule in RULES:
        severity = rule.severity.value
        off = "" if rule.default else " (off by default)"
        yield [
            (f"{rule.name:<{names}}  ", "bold"),
            (f"{severity:<{severities}}  ", SEVERITY_STYLES[severity]),
            (f"{rule.summary}{off}", ""),
        ]
