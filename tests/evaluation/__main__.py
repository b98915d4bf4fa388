"""Measures how right Cucurbit is, and writes docs/evaluation.md: ``python -m tests.evaluation``.

``--corpus DIR`` measures the public projects that stand in ``DIR`` as ``owner+name@commit`` or ``owner+name``, and
those of ``owners.toml`` as ``owner+name`` or ``name``; of the others the last measurement is kept.
``--measured DIR`` takes what other programs wrote with ``--json``, as far as it is
there: ``random.json`` and ``random-fixes.json`` of ``tests.oracle.many``, ``language.json`` of ``tests.language``,
``packages.json`` and ``applications.json`` of ``tests.real``.
``--write`` makes the page of what is stored, ``--check`` only looks whether it is what would be made.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.evaluation import drift, owners
from tests.evaluation.catalogue import measure_cases, measure_fixes
from tests.evaluation.page import MEASURED, PAGE, page
from tests.evaluation.projects import checkout, measure, projects


def progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def measured() -> dict[str, object]:
    stored: dict[str, object] = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    return stored


def measured_elsewhere(folder: Path) -> dict[str, object]:
    """What other programs measured and wrote into a folder."""
    found: dict[str, object] = {}
    for name in ("random", "random-fixes", "language", "packages", "applications"):
        file = folder / f"{name}.json"
        if file.exists():
            told = json.loads(file.read_text(encoding="utf-8"))
            found[name.replace("-", " ")] = counted(told) if name == "packages" else told
    return found


def counted(packages: Mapping[str, list[dict[str, str]]]) -> dict[str, dict[str, int]]:
    """How many imports of each package have which verdict."""
    return {name: dict(Counter(each["verdict"] for each in imports)) for name, imports in packages.items()}


def measure_projects(corpus: Path, stored: object) -> dict[str, object]:
    kept = dict(stored) if isinstance(stored, Mapping) else {}
    for project in projects():
        root = checkout(project, corpus)
        progress(f"{project.key}: {'measured' if root is not None else 'not there'}")
        if root is not None:
            kept[project.key] = measure(project, root)
    return kept


def measure_owners(corpus: Path, stored: object) -> dict[str, object]:
    kept = dict(stored) if isinstance(stored, Mapping) else {}
    for project in owners.judged():
        root = owners.checkout(project, corpus)
        progress(f"{project.name}: {'measured' if root is not None else 'not there'}")
        if root is not None:
            kept[project.name] = owners.measure(root)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=None, metavar="DIR")
    parser.add_argument("--measured", type=Path, default=None, metavar="DIR")
    parser.add_argument("--write", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="measure nothing and write nothing")
    given = parser.parse_args()
    data = measured()
    if given.check:
        same = PAGE.read_text(encoding="utf-8") == page(data)
        progress("up to date" if same else "docs/evaluation.md is not what `make evaluation` makes of the figures")
        return 0 if same else 1
    if not given.write:
        data["catalogue"] = measure_cases(progress)
        data["fixes"] = measure_fixes(progress)
    if given.measured is not None:
        data |= measured_elsewhere(given.measured)
    if given.corpus is not None:
        data["projects"] = measure_projects(given.corpus, data.get("projects"))
        data["owners"] = measure_owners(given.corpus, data.get("owners"))
    if not given.write:
        data["drift"] = drift.measured(given.corpus, data.get("drift"), progress)
    MEASURED.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    # Of what is stored, as the check makes it too: there the order is another one.
    PAGE.write_text(page(measured()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    sys.exit(main())
