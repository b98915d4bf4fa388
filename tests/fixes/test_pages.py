"""Every case of the pages, with each of the three line endings."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, TextEdit
from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.fixes.apply import merge
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.ide.refactorings import refactorings
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.source.span import Span
from cucurbit.workspace.tree.files import MemoryTree
from tests.fixes.literate import Asked, Case, cases

CASES = list(cases())
ENDINGS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}


def opened(files: Mapping[str, str]) -> Context:
    return analyse(folder_workspace(MemoryTree(files), NAMES))


def with_ending(path: str, text: str, newline: str) -> str:
    return text.replace("\n", newline) if path.endswith(".py") else text


def offered(context: Context, asked: Asked) -> list[tuple[Finding | None, Fix]]:
    """The fixes of that title, each with its finding."""
    gate = Gate(context, RULES)
    if asked.rule:
        return [
            (finding, fix)
            for finding in findings(context, RULES)
            if finding.rule == asked.rule and asked.path in ("", finding.location.path)
            for fix in fixes_for(gate, finding)
            if fix.title == asked.title
        ]
    text = context.workspace.text(asked.path) or ""
    line = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[asked.line - 1]
    column = len(line) - len(line.lstrip())
    place = Span(asked.line, column, asked.line, column)
    return [(None, fix) for fix in refactorings(gate, asked.path, place) if fix.title == asked.title]


def titles(context: Context, asked: Asked) -> list[str]:
    gate = Gate(context, RULES)
    if not asked.rule:
        return [fix.title for fix in refactorings(gate, asked.path, Span(asked.line, 0, asked.line, 0))]
    return [f"{f.rule}: {fix.title}" for f in findings(context, RULES) for fix in fixes_for(gate, f)]


def errors(context: Context) -> set[tuple[str, str]]:
    """The certain errors, by rule and file."""
    return {
        (finding.rule, finding.location.path)
        for finding in findings(context, RULES)
        if finding.severity is Severity.ERROR and finding.certain
    }


def touched(fix: Fix, path: str) -> set[int]:
    """The lines of a file in which its edits begin, end, or lie between."""
    lines = set()
    for edit in fix.edits:
        if isinstance(edit, TextEdit) and edit.path == path:
            lines |= set(range(edit.span.line, edit.span.end_line + 1))
    return lines


def keeps_the_rest(before: str, after: str, lines: set[int]) -> bool:
    """Whether the lines of ``before`` that are not touched stand in ``after``, in their order."""
    rest = iter(after.splitlines())
    kept = [line for number, line in enumerate(before.splitlines(), 1) if number not in lines]
    return all(line in rest for line in kept)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("case", [case for case in CASES if case.asked is not None], ids=lambda case: case.id)
def test_a_fix(case: Case, ending: str) -> None:
    newline = ENDINGS[ending]
    before = {path: with_ending(path, text, newline) for path, text in case.before.items()}
    context = opened(before)
    assert case.asked is not None
    found = offered(context, case.asked)
    assert found, titles(context, case.asked)
    finding, fix = found[0]

    done = merge(before, [fix])
    assert done.applied == (fix,)
    # A file that the fix creates ends its lines as the models do.
    assert done.texts == {path: with_ending(path, text, newline) for path, text in case.after.items()}

    for path, text in done.texts.items():
        assert text is not None
        if path.endswith(".py"):
            ast.parse(text)
        if path in before:
            assert keeps_the_rest(before[path], text, touched(fix, path))

    later = opened({**before, **{path: text for path, text in done.texts.items() if text is not None}})
    assert errors(later) <= errors(context)
    if finding is not None:
        left = {(each.rule, each.location.path, each.message) for each in findings(later, RULES)}
        same = [each for each in left if each[:2] == (finding.rule, finding.location.path)]
        count = sum(
            1 for f in findings(context, RULES) if (f.rule, f.location.path) == (finding.rule, finding.location.path)
        )
        assert (len(same) >= count) is case.stays, same
    if not case.stays:
        again = [each for _, each in offered(later, case.asked) if each == fix]
        assert again == []


@pytest.mark.parametrize(
    ("case", "refused"),
    [(case, refused) for case in CASES for refused in case.refused],
    ids=lambda value: value.id if isinstance(value, Case) else value.title,
)
def test_a_fix_that_is_not_offered(case: Case, refused: Asked) -> None:
    context = opened(case.before)
    if refused.rule:
        assert any(finding.rule == refused.rule for finding in findings(context, RULES)), "there is nothing to refuse"
    assert offered(context, refused) == []
