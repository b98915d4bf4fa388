"""The fixes of the rules about tables and mapped classes: the name that was meant, and the reverse side."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cucurbit.analysis.edits import Fix, FixKind
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import FixGate
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.fixes.statements import bound_name
from cucurbit.rules.shared.orm.findings import RefusedModel
from cucurbit.rules.shared.orm.verdicts import ReverseSide, Spelling
from cucurbit.simulate.core.timeline import Place

_QUOTES = ('"', "'")


def orm_fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """The fixes of one finding."""
    if not isinstance(finding.subject, RefusedModel):
        return ()
    verdict = finding.subject.verdict
    found = [_respelled(gate, finding, verdict.spelling)] if verdict.spelling is not None else []
    if verdict.reverse is not None:
        found.append(_reverse(gate, finding, verdict.reverse))
    found += [_with_keyword(gate, finding, verdict.place, each) for each in verdict.keywords]
    return tuple(fix for each in found for fix in gate.offered(each, finding))


def _respelled(gate: FixGate, finding: Finding, spelling: Spelling) -> Fix | None:
    """Write the name that was meant into a string, which must be a plain literal."""
    source = python_source(gate.context, spelling.place.path)
    span = gate.context.span(spelling.place)
    text = source.source.slice(span) if source is not None else ""
    if source is None or not text.startswith(_QUOTES) or text[1:-1] != spelling.written or text[0] in spelling.meant:
        return None
    edit = source.replace(span, f"{text[0]}{spelling.meant}{text[0]}")
    return Fix(f"Write {spelling.meant}", safe=False, kind=FixKind.QUICKFIX, edits=(edit,), rule=finding.rule)


def _with_keyword(gate: FixGate, finding: Finding, place: Place, keyword: str) -> Fix | None:
    """Add an argument to the call at ``place``, after its last one."""
    source = python_source(gate.context, place.path)
    if source is None:
        return None
    span = gate.context.span(place)
    calls = (node for each in source.statements for node in ast.walk(each.node) if isinstance(node, ast.Call))
    call = next((each for each in calls if source.span(each) == span), None)
    if call is None:
        return None
    ends = [source.span(each) for each in (*call.args, *(each.value for each in call.keywords))]
    last = max(ends, key=lambda each: (each.end_line, each.end_column), default=None)
    if last is None:
        edit = source.insert(span.end_line, span.end_column - 1, keyword)
    else:
        edit = source.insert(last.end_line, last.end_column, f", {keyword}")
    return Fix(f"Add {keyword}", safe=False, kind=FixKind.QUICKFIX, edits=(edit,), rule=finding.rule)


def _reverse(gate: FixGate, finding: Finding, side: ReverseSide) -> Fix | None:
    """Write the other side of a relationship at the end of its class."""
    source = python_source(gate.context, side.owner.path)
    if source is None:
        return None
    line, names = gate.context.span(side.owner).line, _names(source)
    cls = next((each for each in _classes(source) if each.lineno == line), None)
    if cls is None or "relationship" not in names:
        return None
    if side.collection is not None and "Mapped" in names:
        inner = f'list["{side.target}"]' if side.collection else f'"{side.target}"'
        written = f'{side.name}: Mapped[{inner}] = relationship(back_populates="{side.back_populates}")'
    else:
        written = f'{side.name} = relationship("{side.target}", back_populates="{side.back_populates}")'
    last = cls.body[-1]
    if not source.owns_its_lines(last):
        return None
    end = source.span(last)
    text = f"{source.newline}{source.indentation(last)}{written}"
    edit = source.insert(end.end_line, len(source.source.line_text(end.end_line)), text)
    title = f"Write the reverse side {cls.name}.{side.name}"
    return Fix(title, safe=False, kind=FixKind.QUICKFIX, edits=(edit,), rule=finding.rule)


def _classes(source: PythonSource) -> Iterator[ast.ClassDef]:
    return (each.node for each in source.statements if isinstance(each.node, ast.ClassDef))


def _names(source: PythonSource) -> set[str]:
    """The names that imports at the top of a file bind."""
    return {
        bound_name(alias, each.node)
        for each in source.imports
        if each.at_top and isinstance(each.node, ast.ImportFrom)
        for alias in each.node.names
    }
