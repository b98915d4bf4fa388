"""Fixes of a line or two: a failure raised again, loggers kept alive, comments that protect or silence."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.statement_at import lines_of_statement
from cucurbit.fixes.edits import Fix, FixKind, TextEdit
from cucurbit.fixes.gate import parses
from cucurbit.fixes.page import Page, page
from cucurbit.fixes.statements import with_ignore, with_noqa
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location

_LEAVES = (ast.Return, ast.Continue, ast.Break, ast.Pass)
"""Last statements of a handler behind which nothing would be executed, or which do nothing."""


# -------------------------------------------------------------------- re-raise


def reraise(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Have the ``except`` that swallows a failed migration raise it again."""
    source = page(context, finding.location.path)
    handler = _handler(source, finding.location.span) if source is not None else None
    if source is None or handler is None or isinstance(handler.body[-1], ast.Raise):
        return ()
    last = handler.body[-1]
    fix = Fix(
        title="Raise the failure of the migrations again",
        safe=False,
        kind=FixKind.QUICKFIX,
        edits=(_raising(source, last),),
        rule=finding.rule,
        note="The program then stops where the migrations fail, instead of starting on an old schema.",
    )
    return parses(context, fix)


def _handler(source: Page, span: Span) -> ast.ExceptHandler | None:
    """The innermost handler around a place."""
    found = None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            whole = source.span(node)
            inside = (whole.line, whole.column) <= (span.line, span.column) < (whole.end_line, whole.end_column)
            if inside and (found is None or source.span(found) <= whole):
                found = node
    return found


def _raising(source: Page, last: ast.stmt) -> TextEdit:
    span = source.whole(last)
    if isinstance(last, _LEAVES):
        return source.replace(span, "raise")
    if source.owns_its_lines(last):
        return source.insert_lines(span.end_line + 1, f"{source.indentation(last)}raise")
    return source.insert(span.end_line, span.end_column, "; raise")


# --------------------------------------------------------------------- logging


def keep_loggers(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Have ``fileConfig`` leave the existing loggers alone."""
    for location in (finding.location, *(each.location for each in finding.related)):
        source = page(context, location.path)
        call = _config_call(source, location) if source is not None else None
        edit = _keeping(source, call) if source is not None and call is not None else None
        if edit is not None:
            fix = Fix(
                title="Pass disable_existing_loggers=False",
                safe=True,
                kind=FixKind.QUICKFIX,
                edits=(edit,),
                rule=finding.rule,
            )
            return parses(context, fix)
    return ()


def _config_call(source: Page, location: Location) -> ast.Call | None:
    """The call of ``fileConfig`` or ``dictConfig`` on the lines of a place."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            span = source.span(node)
            if name in ("fileConfig", "dictConfig") and span.line <= location.span.line <= span.end_line:
                return node
    return None


def _keeping(source: Page, call: ast.Call) -> TextEdit | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "dictConfig":
        return _keeping_in_dict(source, call)
    given = next((each.value for each in call.keywords if each.arg == "disable_existing_loggers"), None)
    if given is None and len(call.args) > 2:
        given = call.args[2]
    if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
        return None
    if given is not None:
        return source.replace(source.span(given), "False")
    inside = [*call.args, *call.keywords]
    if not inside:
        return None
    last = max(source.span(each) for each in inside)
    return source.insert(last.end_line, last.end_column, ", disable_existing_loggers=False")


def _keeping_in_dict(source: Page, call: ast.Call) -> TextEdit | None:
    """``dictConfig({...})``: only what is written in the call can be changed here."""
    if not call.args or not isinstance(call.args[0], ast.Dict):
        return None
    given = call.args[0]
    for key, value in zip(given.keys, given.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "disable_existing_loggers":
            return source.replace(source.span(value), "False")
    if not given.values or any(key is None for key in given.keys):
        return None
    last = source.span(given.values[-1])
    return source.insert(last.end_line, last.end_column, ', "disable_existing_loggers": False')


# -------------------------------------------------------------------- comments


def protect_import(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Protect an import that only registers models against unused-import removal."""
    source = page(context, finding.location.path)
    span = finding.location.span
    placed = source.statement_at(span.line, span.column) if source is not None else None
    if source is None or placed is None or not isinstance(placed.node, (ast.Import, ast.ImportFrom)):
        return ()
    whole = source.span(placed.node)
    edit = with_noqa(source, whole.line, "F401") or with_noqa(source, whole.end_line, "F401")
    fix = Fix(
        title="Protect the import with # noqa: F401",
        safe=True,
        kind=FixKind.QUICKFIX,
        edits=(edit,) if edit is not None else (),
        rule=finding.rule,
    )
    return parses(context, fix)


def silence(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Silence one finding with a comment on its line, or on another line of its statement."""
    source = page(context, finding.location.path)
    facts = context.facts(finding.location.path)
    if source is None or facts is None or context.workspace.is_stale(source.path):
        return ()
    for edit in _ignoring(source, sorted(lines_of_statement(facts, finding.location.span)), finding):
        fix = Fix(
            title=f"Ignore {finding.rule} on this line",
            safe=True,
            kind=FixKind.QUICKFIX,
            edits=(edit,),
            rule=finding.rule,
            silences=True,
        )
        return parses(context, fix)
    return ()


def _ignoring(source: Page, lines: list[int], finding: Finding) -> Iterator[TextEdit]:
    here = finding.location.span.line
    for line in (here, *(each for each in lines if each != here)):
        edit = with_ignore(source, line, finding.rule)
        if edit is not None:
            yield edit


def drop_ignore(context: Context, finding: Finding) -> tuple[Fix, ...]:
    """Remove an ignore comment, or the rule in it, that silences nothing."""
    source = page(context, finding.location.path)
    if source is None:
        return ()
    edit = _without_ignore(source, finding.location.span)
    fix = Fix(
        title="Remove what silences nothing",
        safe=True,
        kind=FixKind.QUICKFIX,
        edits=(edit,) if edit is not None else (),
        rule=finding.rule,
    )
    return parses(context, fix)


def _without_ignore(source: Page, span: Span) -> TextEdit | None:
    text = source.source.line_text(span.line)
    if text[span.column :].startswith("cucurbit:"):
        sign = text.rfind("#", 0, span.column)
        if sign < 0 or text[sign + 1 : span.column].strip():
            return None
        behind = text[span.end_column :].strip()
        if behind:
            return source.replace(
                Span(span.line, sign, span.line, len(text)), behind if behind[0] == "#" else f"# {behind}"
            )
        return source.replace(Span(span.line, len(text[:sign].rstrip()), span.line, len(text)), "")
    start, end = span.column, span.end_column
    if text[end:].lstrip().startswith(","):
        end = len(text) - len(text[end:].lstrip()[1:].lstrip())
    else:
        start = len(text[:start].rstrip().removesuffix(","))
    return source.replace(Span(span.line, start, span.line, end), "")
