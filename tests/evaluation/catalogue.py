"""Measures the catalogue: each case under each SQLAlchemy, each rule page, each fix."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cucurbit.rules.catalogue import RULES
from tests.oracle.case import all_cases, facts, series
from tests.oracle.harness import RecordingProcess, sqlalchemy_folders
from tests.oracle.judgement import Judged, judge_case
from tests.oracle.repairs import trials
from tests.rules import literate

Progress = Callable[[str], None]


def measure_cases(progress: Progress) -> dict[str, object]:
    """How many workspaces agree, by SQLAlchemy; what the rules say of them; how many tracebacks are explained."""
    cases = all_cases()
    by_version: dict[str, dict[str, int]] = {}
    rules: Counter[tuple[str, str]] = Counter()
    events: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    promises: Counter[str] = Counter()
    for folder in sqlalchemy_folders("1.4"):
        with RecordingProcess.start(folder) as recorder:
            counts: Counter[str] = Counter()
            for number, case in enumerate(each for each in cases if each.runs_on(recorder.version)):
                if number % 50 == 0:
                    progress(f"SQLAlchemy {recorder.version}: {number} workspaces")
                with tempfile.TemporaryDirectory() as temporary:
                    judged = judge_case(case, recorder, Path(temporary).resolve())
                    counts["run"] += 1
                    counts["agree"] += judged.agrees
                    events["predicted"] += len(judged.predicted)
                    events["uncertain"] += sum(each.cut or not each.certain for each in judged.predicted)
                    count_findings(rules, judged)
                    broken = [] if case.missing else list(judged.broken())
                    promises["errors"] += sum(f.severity.value == "error" for f in judged.found)
                    promises["false"] += sum(words.startswith("false error") for words in broken)
                    promises["unexplained refusals"] += sum(words.startswith("unexplained") for words in broken)
                    explained["tracebacks"] += len(judged.explanations)
                    explained["wrong"] += 0 if case.missing else len(list(judged.unexplained()))
            by_version[series(recorder.version)] = dict(counts)
    literal = count_pages()
    return {
        "cases": len(cases),
        "facts": {name: sum(name in case.proves for case in cases) for named in facts().values() for name in named},
        "versions": dict(sorted(by_version.items())),
        "events": dict(events),
        "promises": dict(promises),
        "explained": dict(explained),
        "rules": {
            rule.name: {kind: rules[rule.name, kind] + literal[rule.name, kind] for kind in ("true", "false", "missed")}
            for rule in RULES
        },
    }


def count_findings(rules: Counter[tuple[str, str]], judged: Judged) -> None:
    """By rule: findings that the page of the case states, those that it does not, and what is stated and not found."""
    stated = Counter((judged.case.findings(judged.recorder.version) or "").splitlines())
    found = Counter(judged.findings.splitlines())
    for kind, lines in (("true", stated & found), ("false", found - stated), ("missed", stated - found)):
        for line, number in lines.items():
            rules[line.split()[1], kind] += number


def count_pages() -> Counter[tuple[str, str]]:
    """The same over the literate pages of the rules."""
    rules: Counter[tuple[str, str]] = Counter()
    for case in literate.all_cases():
        found = case.found()
        for expected in case.expected():
            fitting = next((each for each in found if expected.fits(each)), None)
            rules[expected.rule, "missed" if fitting is None else "true"] += 1
            if fitting is not None:
                found.remove(fitting)
        for finding in found:
            rules[finding.rule, "false"] += 1
    return rules


def measure_fixes(progress: Progress) -> dict[str, object]:
    """Every fix that the cases offer, applied to a copy which is run: how many held, by rule."""
    tried: Counter[str] = Counter()
    held: Counter[str] = Counter()
    runs = silences = 0
    wrong: list[str] = []
    with RecordingProcess.start() as recorder:
        for number, case in enumerate(all_cases()):
            if number % 50 == 0:
                progress(f"fixes of {number} workspaces")
            with tempfile.TemporaryDirectory() as temporary:
                for trial in trials(case, recorder, Path(temporary).resolve()):
                    if trial.repair.fix.silences:
                        silences += 1
                    else:
                        rule = trial.repair.finding.rule if trial.repair.finding is not None else "refactoring"
                        tried[rule] += 1
                        held[rule] += not trial.wrong
                    runs += trial.runs
                    wrong += [f"{case.id}: {trial.repair.name}: {words.splitlines()[0]}" for words in trial.wrong]
    return {
        "by rule": {rule: {"tried": tried[rule], "held": held[rule]} for rule in sorted(tried)},
        "runs": runs,
        "silences": silences,
        "wrong": wrong,
    }
