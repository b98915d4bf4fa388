"""The parts of docs/evaluation.md about code that nobody here wrote: programs, packages and applications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.language.program import KNOWN
from tests.real.lists import differences

Data = Mapping[str, Any]

ORIGINS = {
    "stored": "written here (`tests/language/programs/`)",
    "docs": "examples in the docstrings of the standard library",
    "tests": "tests of the standard library",
}


def summary(data: Data) -> Iterator[tuple[str, object]]:
    """The rows of the first table."""
    if "language" in data:
        counts = total(data["language"].values())
        yield "programs that run to their end, of which said to fail", f"{counts['programs']}, {counts['wrong']}"
    if "packages" in data:
        counts = total(data["packages"].values())
        yield "imports of modules of packages from PyPI, of which equal", f"{sum(counts.values())}, {counts['equal']}"
    if "applications" in data:
        found = data["applications"].values()
        real, lost = sum(each["real"] for each in found), sum(len(each["lost"]) for each in found)
        invented = sum(len(each["invented"]) for each in found)
        yield "tables that env.py of applications registers, of which predicted", f"{real}, {real - lost}"
        yield "tables that are predicted for certain there, and not registered", invented


def total(counts: Any) -> Counter[str]:
    added: Counter[str] = Counter()
    for each in counts:
        added.update(each)
    return added


def language(data: Data) -> Iterator[tuple[str, ...]]:
    """A row for each source: programs, followed to their end, not followed to it, said to fail, of which listed."""
    for origin, words in ORIGINS.items():
        if origin in data:
            count: Counter[str] = Counter(data[origin])
            open_ = count["programs"] - count["followed"] - count["wrong"]
            listed = str(len(KNOWN)) if origin == "stored" else ""
            yield words, str(count["programs"]), str(count["followed"]), str(open_), str(count["wrong"]), listed


def packages(data: Data) -> Iterator[tuple[str, int]]:
    """How many packages there are of each kind."""
    kinds = Counter(_kind(Counter(each)) for each in data.values())
    yield "packages", len(data)
    for kind, words in KINDS.items():
        yield words, kinds[kind]


KINDS = {
    "equal": "of which equal in all imports",
    "lacks": "of which equal but where the package needs another one that is not installed",
    "unsure": "of which some imports are predicted with doubt",
    "wrong": "of which some imports are predicted wrongly",
}


def _kind(counts: Counter[str]) -> str:
    return next((kind for kind in ("wrong", "unsure", "lacks") if counts[kind]), "equal")


def reasons() -> Iterator[tuple[str, str, str]]:
    """What is listed to differ, of which package or module, and why."""
    for verdict, listed in differences().items():
        for name, why in sorted(listed.items()):
            yield name, {"wrong": "wrong", "unsure": "in doubt"}[verdict], why


def applications(data: Data) -> Iterator[tuple[object, ...]]:
    """A row for each application."""
    for name, each in sorted(data.items()):
        predicted = each["real"] - len(each["lost"])
        doubt = f" ({each['unsure']} with doubt)" if each["unsure"] else ""
        events = f"{each['agreeing']} of {each['events']}" if each["difference"] else f"all {each['events']}"
        yield (
            f"{name} {each['version']}",
            each["real"],
            f"{predicted}{doubt}",
            len(each["invented"]),
            events,
            each["why"],
        )
