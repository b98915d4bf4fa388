"""``unused-ignore``: a ``# cucurbit: ignore`` comment that suppresses nothing."""

from __future__ import annotations

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.analysis.suppression import UnusedIgnore
from cucurbit.fixes.preview import valid_python
from cucurbit.fixes.python_source import PythonSource, python_source
from cucurbit.source.facts import Comment
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.model import Location

NAME = "unused-ignore"


def _check(_: Context) -> tuple[Finding, ...]:
    """Nothing: which comments are unused is known only when every other rule has run."""
    return ()


def _judge(context: Context, unused: UnusedIgnore) -> Finding:
    comment, code = unused.comment, unused.code
    span = _code_span(context, unused.path, comment, code) if len(comment.codes) > 1 else comment.span
    if not code:
        message = "This comment suppresses nothing: remove it."
    elif not unused.is_known:
        message = f"There is no rule {code}: this comment suppresses nothing."
    else:
        message = f"{code} finds nothing here: remove it from this comment."
    return Finding(NAME, Severity.HINT, True, Location(unused.path, span), message, (), unused)


def _code_span(context: Context, path: str, comment: Comment, code: str) -> Span:
    """Where ``code`` is written in the comment; the span of the whole directive where it is not found."""
    text = context.workspace.text(path)
    if text is None:
        return comment.span
    span = comment.span
    directive = SourceText(text).slice(span)
    start = _find_word(directive, code)
    return span if start < 0 else Span(span.line, span.column + start, span.line, span.column + start + len(code))


def _find_word(text: str, word: str) -> int:
    """The index of ``word`` as a whole entry of the list between brackets; -1 where it is not there."""
    start = text.find("[")
    while (start := text.find(word, start + 1)) >= 0:
        if text[start - 1] in "[, \t" and text[start + len(word)] in "], \t":
            return start
    return -1


# ----------------------------------------------------------------------------- fix


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Remove the comment, or the unused rule name in it."""
    source = python_source(gate.context, finding.location.path)
    if source is None:
        return ()
    edit = _without_ignore(source, finding.location.span)
    fix = Fix(
        title="Remove the part that suppresses nothing",
        safe=True,
        kind=FixKind.QUICKFIX,
        edits=(edit,) if edit is not None else (),
        rule=finding.rule,
    )
    return valid_python(gate.context, fix)


def _without_ignore(source: PythonSource, span: Span) -> TextEdit | None:
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


RULE = Rule(
    NAME,
    "A `# cucurbit: ignore` comment suppresses nothing.",
    Severity.HINT,
    _check,
    fixes=_fixes,
    judge_unused=_judge,
)
