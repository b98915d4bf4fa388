"""The graph of revisions as text, as git draws a history."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cucurbit.analysis.context import Context
from cucurbit.report.report import counted
from cucurbit.report.revision_layout import RevisionRow, rows
from cucurbit.report.styled import Line, Signs
from cucurbit.rules.shared.revisions import message
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript


def revisions_lines(
    context: Context, graph: RevisionGraph, signs: Signs, shown: Callable[[str], str], *, folded: bool
) -> Iterator[Line]:
    """One environment: its size, the graph from the newest revision down, what Alembic refuses, what is not known."""
    config = graph.environment.config
    section = f" [{graph.environment.section}]" if graph.environment.section != "alembic" else ""
    count = f"{counted(len(graph.scripts), 'revision')}, {counted(len(graph.heads), 'head')}"
    yield [(f"{shown(config)}{section}", "bold cyan"), (f"  {count}", "bold")]
    for row in rows(graph, folded=folded):
        yield from _row(context, graph, row, signs, shown)
    for each in graph.scripts:
        if not each.id:
            yield [("? ", "yellow"), (shown(each.path), ""), ("  its identifier is not known", "yellow")]
    for fault in graph.faults:
        places = ", ".join(shown(each.path) for each in fault.scripts[:3])
        yield [(f"{signs.cross} ", "bold red"), (fault.words, "red"), (f"  {places}", "")]
    for doubt in graph.doubts:
        yield [("? ", "yellow"), (f"not complete: {doubt}", "")]


def _row(
    context: Context, graph: RevisionGraph, row: RevisionRow, signs: Signs, shown: Callable[[str], str]
) -> Iterator[Line]:
    width = max(len(row.before), len(row.after), row.lane + 1)
    script = row.script
    node = "x" if script is None else "*"
    if row.joined:
        yield [(_branching(row, row.joined, row.before, signs), "")]
    if row.run:
        first, last = row.run[-1], row.run[0]
        told = f"{len(row.run)} revisions, {first.id} to {last.id}"
        yield [(_cells(row, width, signs.more[-1], signs), ""), (told, "")]
        return
    yield [
        (_cells(row, width, node, signs), "red" if script is None else ""),
        *(_told(context, graph, script, shown) if script is not None else _missing(row.name)),
    ]
    if row.opened:
        yield [(_branching(row, row.opened, row.after, signs), "")]


def _missing(name: str) -> Line:
    return [(name, "bold red"), ("  no file has this identifier", "red")]


def _told(context: Context, graph: RevisionGraph, script: RevisionScript, shown: Callable[[str], str]) -> Line:
    marks = [*sorted(script.labels)]
    marks += ["head"] if script in graph.heads else []
    marks += ["base"] if script in graph.bases else []
    line: Line = [(script.id, "bold yellow")]
    if marks:
        line.append((f" ({', '.join(marks)})", "bold green"))
    if script.dependencies:
        line.append((f" depends on {', '.join(script.dependencies)}", ""))
    said = message(context, script)
    return [*line, (f"  {said}" if said else "", ""), (f"  {shown(script.path)}", "cyan")]


def _cells(row: RevisionRow, width: int, node: str, signs: Signs) -> str:
    """The lanes beside a revision."""
    cells = []
    for number in range(width):
        passing = number < len(row.before) and row.before[number] is not None and number not in row.joined
        cells.append(node if number == row.lane else signs.bar if passing else " ")
    return " ".join(cells).rstrip() + " "


def _branching(row: RevisionRow, turning: tuple[int, ...], lanes: tuple[str | None, ...], signs: Signs) -> str:
    """The line above a revision at which other lanes end, or below one at which they begin."""
    tee, line, cross = "├─┼" if signs.bar == "│" else "|--"
    ends = turning == row.joined
    between, corner = ("┴╯" if ends else "┬╮") if signs.bar == "│" else ("''" if ends else "..")
    first, last = min(*turning, row.lane), max(*turning, row.lane)
    found = ""
    for number in range(max(len(lanes), last + 1)):
        passing = number < len(lanes) and lanes[number] is not None
        if number == row.lane:
            cell = tee
        elif number in turning:
            cell = corner if number in {first, last} else between
        elif first < number < last:
            cell = cross if passing else line
        else:
            cell = signs.bar if passing else " "
        found += cell + (line if first <= number < last else " ")
    return found.rstrip()
