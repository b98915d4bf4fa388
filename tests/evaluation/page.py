"""Writes docs/evaluation.md from what was measured; the prose about projects is in ``projects.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.evaluation import drift, elsewhere, owners
from tests.evaluation.projects import Fact, Project, projects
from tests.oracle.case import facts

HERE = Path(__file__).parent
MEASURED = HERE / "measured.json"
HISTORY = HERE / "history.md"
JUDGED = HERE / "judged.md"
PAGE = HERE.parents[1] / "docs" / "evaluation.md"

Data = Mapping[str, Any]

HEAD = """\
# Evaluation

How often Cucurbit is right. `make evaluation` writes this page: every figure is measured, by running small workspaces
in a real Python, by generating random programs, and by checking public projects. CI checks that the page
matches the stored measurements.
"""


def page(data: Data) -> str:
    parts = [HEAD, *_summary(data)]
    if "catalogue" in data:
        parts += [*_catalogue(data["catalogue"]), *_rules(data["catalogue"])]
    if "fixes" in data:
        parts += _fixes(data["fixes"])
    if "random" in data:
        parts += _random(data["random"])
    if "random fixes" in data:
        parts += _random_fixes(data["random fixes"])
    parts += _elsewhere(data)
    parts += ["## Found by this evaluation\n", HISTORY.read_text(encoding="utf-8")]
    parts += ["## Public projects judged by reading\n", JUDGED.read_text(encoding="utf-8")]
    parts += owners.section(data.get("owners", {}), table)
    parts += drift.section(data.get("drift", {}), table)
    parts += _projects(data.get("projects", {}))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "none"


# --------------------------------------------------------------------- figures


def _summary(data: Data) -> Iterator[str]:
    rows: list[tuple[str, object]] = []
    if "catalogue" in data:
        catalogue = data["catalogue"]
        run = sum(each["run"] for each in catalogue["versions"].values())
        agree = sum(each["agree"] for each in catalogue["versions"].values())
        rows.append(("workspaces in the catalogue", catalogue["cases"]))
        rows.append(("their runs, on all versions of SQLAlchemy", run))
        rows.append(("of which agree with the prediction, event by event", agree))
        rows.append(
            ("findings of severity `error` in them, of which false", _of(catalogue["promises"], "errors", "false"))
        )
        rows.append(("tracebacks explained, of which wrongly", _of(catalogue["explained"], "tracebacks", "wrong")))
    if "fixes" in data:
        tried = sum(each["tried"] for each in data["fixes"]["by rule"].values())
        held = sum(each["held"] for each in data["fixes"]["by rule"].values())
        rows.append(("fixes applied and run, of which held", f"{tried}, {held}"))
    if "random" in data:
        drawn = data["random"]
        rows.append(("random programs, of which predicted wrongly", f"{drawn['programs']}, {drawn['disagreements']}"))
        rows.append(("events in them that are uncertain", share(drawn["uncertain events"], drawn["events"])))
    if "random fixes" in data:
        of_rules = data["random fixes"]["by rule"].values()
        counts = f"{sum(each['tried'] for each in of_rules)}, {sum(each['held'] for each in of_rules)}"
        rows.append(("fixes of random programs, of which held", counts))
    rows += elsewhere.summary(data)
    rows.append(owners.summary())
    all_facts = [fact for project in projects() for fact in project.facts]
    same = sum(not fact.difference for fact in all_facts)
    rows.append(("facts about public projects, of which hold", f"{len(all_facts)}, {same}"))
    yield table(("", ""), rows)


def _of(counts: Mapping[str, int], whole: str, part: str) -> str:
    return f"{counts[whole]}, {counts[part]}"


def _catalogue(catalogue: Data) -> Iterator[str]:
    yield "## The catalogue\n"
    yield (
        "Small workspaces in `tests/oracle/cases/`, each run for real with the versions of SQLAlchemy on which it"
        " works. Predicted and recorded events must be equal, in order, wherever the prediction is certain.\n"
    )
    rows = [(f"SQLAlchemy {name}", each["run"], each["agree"]) for name, each in catalogue["versions"].items()]
    yield table(("", "run", "agree"), rows)
    events = catalogue["events"]
    yield f"{events['uncertain']} of {events['predicted']} events are uncertain, mostly in cases about uncertainty.\n"
    yield (
        "One case differs on purpose: Cucurbit cannot know that a dependency is missing where the case is run, and"
        " takes it as installed.\n"
    )
    yield "What the cases prove, and the number of cases for each fact:\n"
    shown = catalogue["facts"]
    for heading, named in facts().items():
        yield table((heading, "cases"), [(words, shown.get(name, 0)) for name, words in named.items()])


def _rules(catalogue: Data) -> Iterator[str]:
    yield "## The rules\n"
    yield (
        "In the catalogue and on the pages of the rules. *True*: expected and found; *false*: found, not expected;"
        " *missed*: expected, not found. For an `error` in the catalogue, the run must also raise.\n"
    )
    rows = [(f"`{name}`", each["true"], each["false"], each["missed"]) for name, each in catalogue["rules"].items()]
    yield table(("rule", "true", "false", "missed"), rows)


def _fixes(fixes: Data) -> Iterator[str]:
    yield "## The fixes\n"
    yield (
        "Every fix that is offered in the catalogue is applied to a copy, and every entry point of the copy is run. The"
        " fix *held* if the finding and its failure are gone, nothing new fails, the same tables are registered (or"
        " those that the fix is meant to add), the copy is predicted correctly, and nothing is left to apply.\n"
    )
    rows = [(f"`{rule}`", each["tried"], each["held"]) for rule, each in fixes["by rule"].items()]
    yield table(("fixes of", "tried", "held"), rows)
    yield (
        f"{fixes['runs']} runs. {fixes['silences']} fixes that add a comment to silence a finding were tried as well;"
        " they do not change the program.\n"
    )
    yield from (f"- {words}" for words in fixes["wrong"])


def _random(drawn: Data) -> Iterator[str]:
    yield "## Random programs\n"
    yield "Randomly generated programs, run and predicted (`python -m tests.oracle.many`).\n"
    rows = [
        ("programs", drawn["programs"]),
        ("events", drawn["events"]),
        ("disagreements", drawn["disagreements"]),
        ("false errors", drawn["false errors"]),
        ("rejected tables without a finding", drawn["missed"]),
        ("exceptions whose traceback was explained", drawn["exceptions explained"]),
        ("of which the explanation contradicts the finding", drawn["explained otherwise than found"]),
        ("uncertain events", f"{drawn['uncertain events']} ({share(drawn['uncertain events'], drawn['events'])})"),
    ]
    yield table(("", ""), rows)


def _random_fixes(tried: Data) -> Iterator[str]:
    yield "## Fixes of random programs\n"
    together = tried["together"]
    yield (
        f"Every fix that is offered in {tried['workspaces']} random programs, applied and run for real (`python -m"
        " tests.oracle.many --fixes`). The fix *held* if the workspace parses, the finding is gone, no `error` is new,"
        " the program raises no more than before, and nothing is left to apply. *Uncovering*: the program ended at the"
        " error that was fixed, and now reaches another one that was hidden by it.\n"
    )
    rows = [(f"`{rule}`", each["tried"], each["held"], each["uncovering"]) for rule, each in tried["by rule"].items()]
    yield table(("fixes of", "tried", "held", "uncovering"), rows)
    yield (
        f"{together['tried']} programs have safe fixes: applied all together, until none was left, they held in"
        f" {together['held']}. {tried['silences']} fixes that add a comment to silence a finding were tried as well.\n"
    )


# -------------------------------------------------------------------- projects


def _elsewhere(data: Data) -> Iterator[str]:
    if "language" in data:
        yield "## Programs that run to their end\n"
        yield (
            "Programs of a few lines, each run by the same Python and then simulated (`python -m tests.language`). None"
            " may be predicted to fail for certain. *Left open*: something in it is not followed, and said to be so."
            " *Listed*: in `tests/language/known.txt`, as known to be wrong.\n"
        )
        head = ("source", "programs", "followed to the end", "left open", "said to fail", "listed")
        yield table(head, elsewhere.language(data["language"]))
    if "packages" in data:
        yield "## Packages\n"
        yield (
            "Packages from PyPI, in `tests/real/packages.txt`. Each and five modules of it, drawn at random, are"
            " imported for real; modules and failures have to be equal, in order (`make real`).\n"
        )
        yield table(("", ""), elsewhere.packages(data["packages"]))
        yield "What differs, and why (`tests/real/differences.toml`):\n"
        yield table(("package or module", "", "why"), elsewhere.reasons())
    if "applications" in data:
        yield "## Applications\n"
        yield (
            "Applications with Alembic from PyPI, in `tests/real/applications.toml`. env.py of each is run for real by"
            " the `alembic` command and recorded; tables are compared by key, events in order (`make applications`)."
            " *Invented* is what is predicted for certain and did not happen.\n"
        )
        head = ("application", "tables", "predicted", "invented", "events", "why it differs")
        yield table(head, elsewhere.applications(data["applications"]))


def _projects(measured: Data) -> Iterator[str]:
    known = projects()
    yield "## Public projects\n"
    yield (
        "The expectations for each project were written beforehand by reading its code. None of that code is here, and"
        " no test depends on it. To repeat the measurement, check out the projects at these commits and run `make"
        " evaluation CORPUS=folder`. It measures the projects in that folder and keeps the measurements of the"
        " others.\n"
    )
    yield (
        "Line numbers are those of the commit. If an import statement spans several lines, Cucurbit gives the line"
        ' of the name, the expectation sometimes that of the keyword: this counts as the same place. "Silent" means'
        " that no finding names it. *Measured* facts are compared by `make evaluation`, the others were read in the"
        " timeline.\n"
    )
    yield table(
        ("project", "facts", "the same", "measured", "measured wrong", "`error` findings"),
        [_row(project, measured.get(project.key)) for project in known],
    )
    different = [(project, fact) for project in known for fact in project.facts if fact.difference]
    yield "The facts that do not match:\n"
    yield table(
        ("project", "expected", "why it does not match"),
        [(project.number, fact.expected, fact.difference) for project, fact in different],
    )
    for project in known:
        yield from _project(project, measured.get(project.key))


def _row(project: Project, measured: Data | None) -> tuple[object, ...]:
    holds = measured["wrong"] if measured is not None else {}
    return (
        f"{project.number}. {project.key}",
        len(project.facts),
        sum(not fact.difference for fact in project.facts),
        len(holds) if measured is not None else "not at hand",
        sum(bool(words) for words in holds.values()),
        len(measured["errors"]) if measured is not None else "",
    )


def _project(project: Project, measured: Data | None) -> Iterator[str]:
    folders = ", ".join("root" if folder == "." else f"`{folder}/`" for folder in project.folders)
    yield f"### {project.number}. {project.key}, {folders}\n"
    holds = measured["wrong"] if measured is not None else {}
    rows = [(fact.expected, fact.says, _verdict(fact, holds.get(str(n)))) for n, fact in enumerate(project.facts)]
    yield table(("expected", "Cucurbit", ""), rows)
    if project.note:
        yield project.note.strip() + "\n"
    if measured is not None and measured["errors"]:
        errors = ", ".join(f"`{each}`" for each in measured["errors"])
        yield f"Findings of severity `error`, each confirmed by reading the code: {errors}.\n"


def _verdict(fact: Fact, wrong: str | None) -> str:
    if fact.difference:
        return f"difference: {fact.difference}" if fact.difference != fact.says else "difference"
    if wrong:
        return f"**measured otherwise**: {wrong}"
    return "same" if wrong is None else "same, measured"
