"""Revisions in the editor: lenses, links, definitions, references and completion of identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.wording import listed
from cucurbit.fixes.python_source import python_source
from cucurbit.ide.lenses import Lens
from cucurbit.rules.shared.revisions import (
    WrittenName,
    graphs,
    message,
    place_of,
    revision_place,
    written_names,
)
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript
from cucurbit.workspace.model import Location

_LEADING = ("down_revision", "depends_on")
_STARTS = re.compile(r"(?P<name>down_revision|depends_on)\b[^=]*=(?!=)")
_GOES_ON = re.compile(r"""[\s()\[\]{},"'\w.:@+-]*(?:\#.*)?\Z""")
_MOST_LINES = 30
"""Lines of one assignment that are looked through."""


def scripts_of(context: Context, path: str) -> Iterator[tuple[RevisionGraph, RevisionScript]]:
    """The revision of a file, in each environment that reads it."""
    for graph in graphs(context):
        script = graph.by_path.get(path)
        if script is not None:
            yield graph, script


def revision_lenses(context: Context, path: str) -> tuple[Lens, ...]:
    """``12 of 98, after 2f9c; head``, above ``revision``; a lens for each environment."""
    return tuple(
        Lens(revision_place(context, script).span, _title(graph, script))
        for graph, script in scripts_of(context, path)
        if script.id
    )


def _title(graph: RevisionGraph, script: RevisionScript) -> str:
    after = f", after {listed(script.parents)}" if script.parents else ", the first" if script in graph.bases else ""
    merge = ", a merge" if len(script.parents) > 1 else ""
    following = graph.children.get(script.id, ())
    before = f"; before {listed(each.id for each in following)}" if following else ""
    hidden = graph.by_id[script.id] is not script
    end = "; hidden by another file" if hidden else "; head" if script in graph.heads else before
    config = f" ({graph.environment.config})" if graph.environment.config != "alembic.ini" else ""
    return f"{graph.position(script)} of {len(graph.by_id)}{after}{merge}{end}{config}"


# ------------------------------------------------------------------ links and places


@dataclass(frozen=True)
class RevisionLink:
    """An identifier that a file writes, and the file of that revision."""

    span: Span
    target: str
    tooltip: str


def revision_links(context: Context, path: str) -> tuple[RevisionLink, ...]:
    """The links of ``down_revision`` and ``depends_on`` to the files that they name."""
    found: dict[Span, RevisionLink] = {}
    for graph, _ in scripts_of(context, path):
        for span, target in _named(context, graph, path):
            said = message(context, target)
            tooltip = f"{target.id}: {said}" if said else target.id
            found.setdefault(span, RevisionLink(span, target.path, tooltip))
    return tuple(found.values())


def revision_definition(context: Context, path: str, line: int, column: int) -> tuple[Location, ...]:
    """From an identifier or label in ``down_revision`` or ``depends_on`` to the revision."""
    found = [
        revision_place(context, target)
        for graph, _ in scripts_of(context, path)
        for span, target in _named(context, graph, path)
        if _holds(span, line, column)
    ]
    return tuple(dict.fromkeys(found))


def revision_references(
    context: Context, path: str, line: int, column: int, *, declaration: bool
) -> tuple[Location, ...]:
    """The places that name the revision at a position, and the revision itself if ``declaration`` is set."""
    found: list[Location] = []
    for graph, script in scripts_of(context, path):
        target = _at(context, graph, script, line, column)
        if target is None:
            continue
        if declaration:
            found.append(revision_place(context, target))
        following = graph.children.get(target.id, ())
        found += [place_of(context, each, "down_revision", target.id) for each in following]
        for each in graph.dependents.get(target.id, ()):
            named = next((name for name in each.dependencies if graph.dependency(name) is target), target.id)
            found.append(place_of(context, each, "depends_on", named))
    return tuple(dict.fromkeys(found))


def _at(
    context: Context, graph: RevisionGraph, script: RevisionScript, line: int, column: int
) -> RevisionScript | None:
    """The revision that is named at a position of a revision file."""
    if any(_holds(written.span, line, column) for written in _written(context, script.path, "revision")):
        return script
    return next((each for span, each in _named(context, graph, script.path) if _holds(span, line, column)), None)


def _named(context: Context, graph: RevisionGraph, path: str) -> Iterator[tuple[Span, RevisionScript]]:
    """The identifiers and labels that a file writes in ``down_revision`` and ``depends_on``, with their revisions."""
    for name in _LEADING:
        for written in _written(context, path, name):
            target = graph.by_id.get(written.text) if name == "down_revision" else graph.dependency(written.text)
            if target is not None:
                yield written.span, target


def _written(context: Context, path: str, name: str) -> tuple[WrittenName, ...]:
    source = python_source(context, path)
    return written_names(source, name) if source is not None else ()


def _holds(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


# ----------------------------------------------------------------------- completion


@dataclass(frozen=True)
class OfferedRevision:
    """An identifier or a branch label to write. ``rank`` sorts them: the newest revision first."""

    text: str
    detail: str
    documentation: str
    rank: int
    is_label: bool


@dataclass(frozen=True)
class RevisionCompletion:
    """What may be written over ``span``, with quotes around it if ``quoted``."""

    span: Span
    quoted: bool
    offered: tuple[OfferedRevision, ...]


def revision_completion(
    context: Context, path: str, source: SourceText, line: int, column: int
) -> RevisionCompletion | None:
    """The identifiers (in ``depends_on`` also the labels) that a revision may name at a position of its text.

    ``source`` is the current text, which may have a syntax error. What comes after the revision is not offered.
    """
    name = _assigned_at(source, line, column)
    if name is None:
        return None
    span, quoted = _word(source.line_text(line), line, column)
    found: dict[str, OfferedRevision] = {}
    for graph, script in scripts_of(context, path):
        for each in _offered(context, graph, script, labels=name == "depends_on"):
            found.setdefault(each.text, each)
    return RevisionCompletion(span, quoted, tuple(found.values()))


def _assigned_at(source: SourceText, line: int, column: int) -> str | None:
    """The name into whose value a position falls, by the text alone."""
    for number in range(line, max(line - _MOST_LINES, 0), -1):
        text = source.line_text(number)[: column if number == line else None]
        found = _STARTS.match(text)
        if found is not None:
            return found["name"]
        if _GOES_ON.match(text) is None:
            return None
    return None


def _word(text: str, line: int, column: int) -> tuple[Span, bool]:
    """The content of the string at a column, and False; else the word there, and True as it needs quotes."""
    before, behind = text[:column], text[column:]
    opened = re.search(r"""["']([^"']*)\Z""", before)
    inside = opened is not None and len(re.findall(r"""["']""", before)) % 2 == 1
    end = re.match(r"[\w.-]*", behind)
    length = len(end[0]) if end is not None else 0
    first = opened.start(1) if inside and opened is not None else _start_of_word(before)
    return Span(line, first, line, column + length), not inside


def _start_of_word(before: str) -> int:
    start = len(before)
    while start and (before[start - 1].isalnum() or before[start - 1] in "_.-"):
        start -= 1
    return start


def _offered(
    context: Context, graph: RevisionGraph, script: RevisionScript, *, labels: bool
) -> Iterator[OfferedRevision]:
    later = _descendants(graph, script)
    for rank, each in enumerate(reversed(graph.order)):
        if each is script or each.id in later:
            continue
        head = "head, " if each in graph.heads else ""
        yield OfferedRevision(each.id, f"{head}{each.path}", message(context, each), rank, is_label=False)
        for label in each.labels if labels else ():
            said = f"The branch of {each.id}: {message(context, each)}"
            yield OfferedRevision(label, f"branch label, {each.path}", said, rank, is_label=True)


def _descendants(graph: RevisionGraph, script: RevisionScript) -> set[str]:
    found: set[str] = set()
    waiting = [script.id] if graph.by_id.get(script.id) is script else []
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each.id for each in (*graph.children.get(name, ()), *graph.dependents.get(name, ()))]
    return found
