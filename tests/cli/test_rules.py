"""``cucurbit rules`` and ``cucurbit rule``."""

from __future__ import annotations

import json

from cucurbit.rules.catalogue import RULES
from tests.cli.conftest import Cucurbit


def test_every_rule_is_listed(cucurbit: Cucurbit) -> None:
    ran = cucurbit("rules")
    assert [line.split()[0] for line in ran.out.splitlines()] == [rule.name for rule in RULES]
    document = json.loads(cucurbit("rules", "--output-format", "json").out)
    assert [(each["name"], each["default"]) for each in document["rules"]] == [(r.name, r.default) for r in RULES]


def test_every_rule_has_a_page(cucurbit: Cucurbit) -> None:
    for rule in RULES:
        ran = cucurbit("rule", rule.name)
        assert ran.code == 0
        assert ran.out.startswith(f"# {rule.name}\n")
        assert len(ran.out.splitlines()) > 10, rule.name


def test_no_such_rule(cucurbit: Cucurbit) -> None:
    ran = cucurbit("rule", "duplicate-tabel")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `duplicate-table`?" in ran.err


def test_all_rules_on_one_page(cucurbit: Cucurbit) -> None:
    ran = cucurbit("rule", "--all")
    assert [line[2:] for line in ran.out.splitlines() if line.startswith("# ") and line[2:] in RULES.by_name] == [
        rule.name for rule in RULES
    ]
    document = json.loads(cucurbit("rule", "--all", "--output-format", "json").out)
    assert [each["name"] for each in document["rules"]] == [rule.name for rule in RULES]
    (one,) = json.loads(cucurbit("rule", "duplicate-table", "--output-format", "json").out)["rules"]
    assert one["page"] == cucurbit("rule", "duplicate-table").out


def test_a_name_or_all(cucurbit: Cucurbit) -> None:
    for arguments in ([], ["duplicate-table", "--all"]):
        ran = cucurbit("rule", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "give the name of a rule, or --all" in ran.err
