"""What was measured, under names that stay: as JSON, as a table."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, order=True)
class Key:
    """What a number is of: a scenario in a workspace, by a tool."""

    scenario: str
    workspace: str
    tool: str


@dataclass(frozen=True)
class Figures:
    """The samples of one quantity. ``unit`` is ``s``, ``ms``, ``MiB`` or ``%``."""

    unit: str
    count: int
    median: float
    p95: float
    most: float


def figures(unit: str, samples: Sequence[float]) -> Figures:
    """Sum up samples, of which there must be one."""
    ordered = sorted(samples)
    place = max(0, -(-len(ordered) * 95 // 100) - 1)
    return Figures(
        unit, len(ordered), *(round(v, 4) for v in (statistics.median(ordered), ordered[place], ordered[-1]))
    )


@dataclass
class Results:
    """All that one run of the benchmark found. ``notes`` say what was left out, and why."""

    machine: dict[str, str] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    quantities: dict[Key, dict[str, Figures]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list, compare=False)
    """What was found that is not there, or not found that is."""

    def add(self, key: Key, quantity: str, unit: str, samples: Iterable[float]) -> None:
        """Put in a quantity; without samples nothing is put in."""
        found = list(samples)
        if found:
            self.quantities.setdefault(key, {})[quantity] = figures(unit, found)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def get(self, scenario: str, workspace: str, tool: str, quantity: str = "wall") -> Figures | None:
        return self.quantities.get(Key(scenario, workspace, tool), {}).get(quantity)

    def merged(self, newer: Results) -> Results:
        """These results with what ``newer`` measured in the place of what stands here."""
        return Results(
            newer.machine or self.machine,
            {**self.tools, **newer.tools},
            newer.notes,
            {**self.quantities, **newer.quantities},
        )

    def to_json(self) -> str:
        document = {
            "format": 1,
            "machine": self.machine,
            "tools": dict(sorted(self.tools.items())),
            "notes": self.notes,
            "measurements": [
                {**asdict(key), "quantities": {name: asdict(each) for name, each in sorted(found.items())}}
                for key, found in sorted(self.quantities.items())
            ],
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Results:
    """Results that :meth:`Results.to_json` wrote.

    Raises:
        ValueError: it is no such text.
        KeyError: something is missing.
    """
    document = json.loads(text)
    results = Results(document["machine"], document["tools"], document["notes"])
    for each in document["measurements"]:
        key = Key(each["scenario"], each["workspace"], each["tool"])
        results.quantities[key] = {name: Figures(**found) for name, found in each["quantities"].items()}
    return results


def shown(value: float, unit: str) -> str:
    """A number as people read it."""
    if unit == "s" and value < 1:
        return f"{value * 1000:.0f} ms"
    if unit in {"MiB", "%"}:
        return f"{value:.0f} {unit}"
    return f"{value:.2f} {unit}" if value < 100 else f"{value:.0f} {unit}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first is the header."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def overview(results: Results) -> str:
    """Everything as one table: a row for each scenario, workspace and tool."""
    rows = [["scenario", "workspace", "tool", "quantity", "median", "p95", "max", "n", "to cucurbit"]]
    for key, found in sorted(results.quantities.items()):
        for name, each in found.items():
            ours = results.get(key.scenario, key.workspace, "cucurbit", name)
            ratio = (
                f"{each.median / ours.median:.2f}"
                if ours is not None and ours.median and key.tool != "cucurbit"
                else ""
            )
            numbers = [shown(value, each.unit) for value in (each.median, each.p95, each.most)]
            rows.append([key.scenario, key.workspace, key.tool, name, *numbers, str(each.count), ratio])
    return table(rows)
