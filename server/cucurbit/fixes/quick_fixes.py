"""The fixes of a finding: those of its rule, and the comment that suppresses it."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.statement_at import lines_of_statement
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.preview import valid_python
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.fixes.statements import with_ignore


def fixes_for(gate: Gate, finding: Finding) -> tuple[Fix, ...]:
    """The fixes of a finding that ``gate`` lets through, the best first and the one that suppresses it last."""
    rule = gate.rules.by_name[finding.rule]
    found = rule.fixes(gate, finding) if rule.fixes is not None else ()
    # A finding about an ignore comment is not suppressed by another one.
    return found if rule.judge_unused is not None else (*found, *_suppression(gate.context, finding))


def _suppression(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Suppress a finding by a comment on its line, or on another line of its statement; a group on all its lines."""
    found = (_comment(context, each) for each in finding.singles)
    edits = tuple(dict.fromkeys(edit for edit in found if edit is not None))
    fix = Fix(
        title=f"Ignore {finding.rule} on {'this line' if len(edits) == 1 else f'these {len(edits)} lines'}",
        safe=True,
        kind=FixKind.QUICKFIX,
        edits=edits,
        rule=finding.rule,
        silences=True,
    )
    return valid_python(context, fix)


def _comment(context: Context, finding: Finding) -> TextEdit | None:
    source = python_source(context, finding.location.path)
    facts = context.facts(finding.location.path)
    if source is None or facts is None or context.workspace.is_stale(source.path):
        return None
    lines = sorted(lines_of_statement(facts, finding.location.span))
    return next(_ignoring(source, lines, finding), None)


def _ignoring(source: PythonSource, lines: list[int], finding: Finding) -> Iterator[TextEdit]:
    here = finding.location.span.line
    for line in (here, *(each for each in lines if each != here)):
        edit = with_ignore(source, line, finding.rule)
        if edit is not None:
            yield edit
