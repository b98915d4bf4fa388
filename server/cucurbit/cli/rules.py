"""``cucurbit rules`` and ``cucurbit rule``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator

from cucurbit.analysis.finding import Severity
from cucurbit.analysis.rule import Rule
from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.cli.target import unknown_rule
from cucurbit.cli.terminal import is_coloured
from cucurbit.report.documents import VERSION, RuleItem, RulePageItem, RulePagesDocument, RulesDocument, to_json
from cucurbit.report.links import rule_url
from cucurbit.report.rule_pages import rule_page
from cucurbit.report.styled import SEVERITY_STYLES, Line, write
from cucurbit.rules.catalogue import RULES


def run(options: Namespace) -> int:
    """List the rules, or show the documentation of one or all.

    Raises:
        Refused: there is no such rule.
    """
    if options.command == "rule":
        rules = _asked(options)
        if options.output_format == "json":
            pages = tuple(RulePageItem(*_fields(rule), _page(rule)) for rule in rules)
            sys.stdout.write(to_json(RulePagesDocument(VERSION, pages)))
        else:
            sys.stdout.write("\n".join(map(_page, rules)))
    elif options.output_format == "json":
        items = tuple(RuleItem(*_fields(rule)) for rule in RULES)
        sys.stdout.write(to_json(RulesDocument(VERSION, items)))
    else:
        write(_lines(), coloured=is_coloured(sys.stdout, refused=options.no_color))
    return CLEAN


def _asked(options: Namespace) -> tuple[Rule, ...]:
    """The rules of which the documentation is asked for.

    Raises:
        Refused: there is no such rule, or not exactly one of a name and ``--all`` is given.
    """
    if options.all is (options.name is not None):
        raise Refused("give the name of a rule, or --all")
    if options.all:
        return tuple(RULES)
    rule = RULES.by_name.get(options.name)
    if rule is None:
        raise Refused(unknown_rule(options.name))
    return (rule,)


def _fields(rule: Rule) -> tuple[str, str, Severity, bool, str]:
    return (rule.name, rule.summary, rule.severity, rule.default, rule_url(rule.name))


def _page(rule: Rule) -> str:
    return rule_page(rule.name) or f"# {rule.name}\n\n{rule.summary}\n\n{rule_url(rule.name)}\n"


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
