"""docs/performance.md, made of what was measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.goals import verdicts
from tests.bench.real.listed import projects
from tests.bench.real.measuring import COMMANDS, FORMATS
from tests.bench.results import Figures, Key, Results, shown, table
from tests.bench.tools import IMPORT, OURS, ROOT
from tests.bench.workspaces import NAMES

TEMPLATE = Path(__file__).with_name("performance.md")
REAL_TEMPLATE = Path(__file__).parent / "real" / "performance.md"
PAGE = ROOT / "docs" / "performance.md"

_SLOT = re.compile(r"^<!-- (\w+) -->$", re.MULTILINE)

_ORDER = (OURS, "python -c pass", IMPORT, "sqlalchemy-lsp", "ty", "ruff", "pyright", "jedi-language-server")


def page(results: Results) -> str:
    """The page. Each section that the template names is filled in."""
    generated = _of(results, lambda name: name not in projects())
    filled = _filled(TEMPLATE, generated, {"goals": _goals(results), "real": _real(results)})
    # Of what was not measured no trace is left.
    return re.sub(r"\n{3,}", "\n\n", filled)


def _of(results: Results, wanted: Callable[[str], bool]) -> Results:
    """What was measured in some of the workspaces."""
    return replace(results, quantities={key: each for key, each in results.quantities.items() if wanted(key.workspace)})


def _real(results: Results) -> str:
    """The section on real projects; empty where none was measured."""
    real = _of(results, lambda name: name in projects())
    sections = {"projects": _projects(real), "edit": _real_edits(real)}
    return _filled(REAL_TEMPLATE, real, sections) if real.quantities else ""


def _projects(results: Results) -> str:
    measured = {key.workspace for key in results.quantities}
    rows = [["project", "version", "Python files", "imported"]]
    rows += [
        [each.name, each.version, f"{each.files:,}", f"`{each.entry}`" if each.entry else ""]
        for each in projects().values()
        if each.name in measured
    ]
    return table(rows)


def _filled(template: Path, results: Results, sections: Mapping[str, str]) -> str:
    def fill(slot: re.Match[str]) -> str:
        return (sections[slot[1]] if slot[1] in sections else _SECTIONS[slot[1]](results)).rstrip()

    return _SLOT.sub(fill, template.read_text(encoding="utf-8"))


def _machine(results: Results) -> str:
    machine = results.machine
    tools = ", ".join(f"{name} {version}" for name, version in results.tools.items())
    return (
        f"Measured on {machine.get('system', '?')} with {machine.get('processors', '?')} processors and Python "
        f"{machine.get('python', '?')}: {tools}.\n"
    )


def _goals(results: Results) -> str:
    rows = [["goal", "limit", "ratio", "measured", ""]]
    for each in verdicts(results):
        plain = each.goal.base is None
        ratio = "" if each.ratio is None or plain else f"{each.ratio:.2f}"
        rows.append([each.goal.text, f"{each.goal.limit:g}", ratio, each.measured, each.word])
    return table(rows)


def _place(name: str) -> int:
    names = (*NAMES, *projects())
    return names.index(name) if name in names else len(names)


def _rank(key: Key) -> tuple[int, str, int]:
    return _place(key.workspace), key.scenario, _ORDER.index(key.tool) if key.tool in _ORDER else len(_ORDER)


Cell = tuple[str, str]
"""A quantity and a statistic."""


def _section(scenarios: Sequence[str], columns: Mapping[str, Cell]) -> Callable[[Results], str]:
    """A table with a row for each workspace, scenario and tool, and a column for each quantity."""

    def fill(results: Results) -> str:
        rows = [["workspace", "", "tool", *columns, "n"]]
        keys = [key for key in results.quantities if key.scenario in scenarios]
        for key in sorted(keys, key=_rank):
            found = results.quantities[key]
            cells = [_cell(found.get(quantity), statistic) for quantity, statistic in columns.values()]
            if any(cells):
                count = max(each.count for each in found.values())
                rows.append([key.workspace, key.scenario, key.tool, *cells, str(count)])
        return table(rows) if len(rows) > 1 else "Not measured.\n"

    return fill


def _cell(figures: Figures | None, statistic: str) -> str:
    return "" if figures is None else shown(float(getattr(figures, statistic)), figures.unit)


_RUN: Mapping[str, Cell] = {
    "wall": ("wall", "median"),
    "worst": ("wall", "most"),
    "processor": ("cpu", "median"),
    "peak": ("peak", "most"),
}

_LATENCY: Mapping[str, Cell] = {"median": ("latency", "median"), "p95": ("latency", "p95"), "max": ("latency", "most")}


def _edits(results: Results, columns: Mapping[str, Cell] = _LATENCY) -> str:
    scenarios = sorted({key.scenario for key in results.quantities if key.scenario.startswith("edit-")})
    return _section(scenarios, columns)(results)


def _real_edits(results: Results) -> str:
    return _edits(results, {"first": ("first", "median"), **_LATENCY})


def _notes(results: Results) -> str:
    return "".join(f"- {note}\n" for note in results.notes) or "Nothing.\n"


_SECTIONS: Mapping[str, Callable[[Results], str]] = {
    "machine": _machine,
    "goals": _goals,
    "check": _section(
        ("check-cold", "check-warm", "check-changed"),
        _RUN,
    ),
    "start": _section(
        ("start-version", "start-empty"),
        {"wall": ("wall", "median"), "processor": ("cpu", "median"), "peak": ("peak", "most")},
    ),
    "server": _section(
        ("server-start", "server-start-warm"),
        {"first file": ("first", "median"), "all files": ("complete", "median")},
    ),
    "asked": _section(
        ("server-asked",),
        {
            "hover": ("hover", "median"),
            "slowest": ("hover", "most"),
            "code action": ("code-action", "median"),
            "slowest action": ("code-action", "most"),
        },
    ),
    "formats": _section(
        (*(f"check-{each}" for each in FORMATS), *COMMANDS),
        _RUN,
    ),
    "edit": _edits,
    "rest": _section(
        ("server-rest", "server-growth"),
        {
            "memory": ("memory", "median"),
            "peak": ("peak", "median"),
            "processor": ("cpu", "median"),
            "edits": ("edits", "most"),
        },
    ),
    "grow": _section(
        ("grow-edits", "grow-files", "grow-folders", "grow-clients"),
        {
            "times": ("times", "most"),
            "memory": ("before", "median"),
            "more memory": ("memory", "median"),
            "more handles": ("handles", "median"),
        },
    ),
    "notes": _notes,
}
