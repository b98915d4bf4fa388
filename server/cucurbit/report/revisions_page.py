"""The graph of revisions as a Mermaid diagram, and as one HTML page without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from cucurbit.analysis.context import Context
from cucurbit.report.report import counted, printable
from cucurbit.report.revision_layout import RevisionRow, rows
from cucurbit.rules.shared.revisions import message
from cucurbit.workspace.alembic.graph import RevisionGraph

_ROW = 26
_LANE = 18
_STYLE = """\
:root {
  --back: #fff; --text: #1f2328; --edge: #818b98; --good: #1a7f37; --link: #0969da; --bad: #cf222e;
  color-scheme: light dark;
}
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: var(--text); background: var(--back); }
h1 { font-size: 1.6em; overflow-wrap: anywhere; }
/* A row is as high as a step of the graph beside it, so what has no room on it is cut off; its title has all of it. */
.graph { display: flex; }
svg { flex: none; vertical-align: top; }
.rows { min-width: 0; }
.rows div { display: flex; gap: .5em; height: var(--row); line-height: var(--row); white-space: nowrap; }
.rows div > * { flex: none; }
.id { font-family: ui-monospace, monospace; font-weight: 600; }
.mark { color: var(--good); font-weight: 600; }
.rows .words, .rows .path { flex: 0 1 auto; overflow: hidden; text-overflow: ellipsis; }
.rows .path { flex: 1 1 0; min-width: 12ch; direction: rtl; text-align: left; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: -1px; }
.fault, .ghost .id { color: var(--bad); }
path { stroke: var(--edge); stroke-width: 2; fill: none; }
path.needs { stroke-dasharray: 3 3; }
circle { fill: var(--link); }
circle.head { fill: var(--good); }
circle.ghost { fill: var(--back); stroke: var(--bad); stroke-width: 2; stroke-dasharray: 3 2; }
@media (max-width: 560px) { body { margin: 1em; } .rows .path { display: none; } }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --edge: #6e7681; --good: #3fb950; --link: #58a6ff; --bad: #ff7b72; }
}
@media (prefers-contrast: more) {
  :root { --text: #000; --edge: #000; --good: #005c12; --link: #0033b3; --bad: #8c0000; }
}
@media (prefers-contrast: more) and (prefers-color-scheme: dark) {
  :root { --back: #000; --text: #fff; --edge: #fff; --good: #6dff8d; --link: #7db9ff; --bad: #ffaca7; }
}
@media (forced-colors: active) {
  :root {
    --back: Canvas; --text: CanvasText; --edge: CanvasText; --good: CanvasText; --link: LinkText; --bad: CanvasText;
  }
}
"""


def revisions_mermaid(context: Context, graphs: Sequence[RevisionGraph]) -> str:
    """A flowchart from the first revision upwards; a dotted arrow is a dependency, a dashed box a missing revision."""
    lines = ["flowchart BT"]
    for number, graph in enumerate(graphs):
        lines += [
            f'  subgraph g{number}["{_quoted(graph.environment.config)}"]',
            *_flow(context, graph, number),
            "  end",
        ]
    return "\n".join([*lines, "  classDef missing stroke:#cf222e,stroke-dasharray:4", ""])


def _flow(context: Context, graph: RevisionGraph, environment: int) -> Iterator[str]:
    nodes: dict[str, str] = {}
    for script in graph.order:
        nodes[script.id] = f"g{environment}r{len(nodes)}"
        told = message(context, script)
        yield f'    {nodes[script.id]}["{_quoted(script.id)}{f"<br/>{_quoted(told)}" if told else ""}"]'
    for script in graph.order:
        for name in (*script.parents, *script.dependencies):
            if name not in nodes and graph.dependency(name) is None:
                nodes[name] = f"g{environment}r{len(nodes)}"
                yield f'    {nodes[name]}["{_quoted(name)}"]:::missing'
        for name in script.parents:
            if name in nodes:
                yield f"    {nodes[name]} --> {nodes[script.id]}"
        for name in script.dependencies:
            needed = graph.dependency(name)
            yield f"    {nodes[needed.id if needed is not None else name]} -.-> {nodes[script.id]}"


def _quoted(text: str) -> str:
    return escape(printable(text)).replace("&quot;", "#quot;").replace("&#x27;", "#39;")


def revisions_page(context: Context, graphs: Sequence[RevisionGraph], uri: Callable[[str], str]) -> str:
    """One page: each environment with its branches, heads, missing parents, and links to the files.

    ``uri`` gives the URI of a path.
    """
    body = "".join(part for graph in graphs for part in _section(context, graph, uri))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Revisions</title>'
        f"<style>:root {{ --row: {_ROW}px; }}\n{_STYLE}</style></head><body>\n{body}</body></html>\n"
    )


def _section(context: Context, graph: RevisionGraph, uri: Callable[[str], str]) -> Iterator[str]:
    found = list(rows(graph))
    yield f"<h1>{escape(graph.environment.config)}</h1>\n"
    yield f"<p>{counted(len(graph.scripts), 'revision')}, {counted(len(graph.heads), 'head')}</p>\n"
    for fault in graph.faults:
        yield f'<p class="fault">{escape(fault.words)}</p>\n'
    for doubt in graph.doubts:
        yield f"<p>Not complete: {escape(doubt)}</p>\n"
    width = _LANE * (max((max(len(each.before), len(each.after), each.lane + 1) for each in found), default=0) + 1)
    yield f'<div class="graph"><svg width="{width}" height="{_ROW * len(found)}" role="img" aria-label="graph">'
    yield from _edges(graph, found)
    yield "</svg>\n" + '<div class="rows">\n'
    for row in found:
        yield _text(context, graph, row, uri)
    yield "</div></div>\n"


def _edges(graph: RevisionGraph, found: list[RevisionRow]) -> Iterator[str]:
    places = {row.name: (row.lane, number) for number, row in enumerate(found) if row.name}
    for number, row in enumerate(found):
        if row.script is None:
            continue
        for name in row.script.parents:
            if name in places:
                yield _curve((row.lane, number), places[name], "")
        for name in row.script.dependencies:
            needed = graph.dependency(name)
            if needed is not None and needed.id in places:
                yield _curve((row.lane, number), places[needed.id], ' class="needs"')
    for number, row in enumerate(found):
        kind = "ghost" if row.script is None else "head" if row.script in graph.heads else "node"
        yield f'<circle class="{kind}" cx="{_x(row.lane)}" cy="{_y(number)}" r="5"/>'


def _curve(start: tuple[int, int], end: tuple[int, int], kind: str) -> str:
    (x, y), (to_x, to_y) = (_x(start[0]), _y(start[1])), (_x(end[0]), _y(end[1]))
    return f'<path{kind} d="M{x} {y} C{x} {y + _ROW} {to_x} {to_y - _ROW} {to_x} {to_y}"/>'


def _x(lane: int) -> int:
    return _LANE * lane + _LANE // 2


def _y(number: int) -> int:
    return _ROW * number + _ROW // 2


def _text(context: Context, graph: RevisionGraph, row: RevisionRow, uri: Callable[[str], str]) -> str:
    script = row.script
    if script is None:
        missing = '<span class="words">no file has this identifier</span>'
        return f'<div class="ghost"><span class="id">{escape(row.name)}</span>{missing}</div>\n'
    marks = [*sorted(script.labels), *(["head"] if script in graph.heads else [])]
    marked = f'<span class="mark">{escape(", ".join(marks))}</span>' if marks else ""
    words, path, href = escape(message(context, script)), escape(script.path), escape(uri(script.path))
    # From right to left, the end of a path stays: the marks around it keep its own direction.
    return (
        f'<div><a class="id" href="{href}" title="{path}">{escape(script.id)}</a>{marked}'
        f'<span class="words" title="{words}">{words}</span>'
        f'<a class="path" href="{href}" title="{path}" tabindex="-1"><bdi>{path}</bdi></a></div>\n'
    )
