"""What people do not want to hear: settings, per-file ignores and ``# cucurbit: ignore`` comments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity, Subject
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import lines_of_statement
from cucurbit.source.facts import Comment, ModuleFacts
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.model import Location
from cucurbit.workspace.settings.schema import ALL, Settings
from cucurbit.workspace.tree.walk import compile_patterns

UNUSED = "unused-ignore"
"""The rule that speaks of comments which suppress nothing; it runs after all others."""


@dataclass(frozen=True)
class UnusedIgnore(Subject):
    """The comment, and the code in it that is not used; empty where the whole directive is not."""

    path: str
    comment: Comment
    code: str


def selected(settings: Settings, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that the settings ask for, in their order."""
    return [rule for rule in rules if _is_selected(settings, rule)]


def _is_selected(settings: Settings, rule: Rule) -> bool:
    if rule.name in settings.ignore or settings.severity.get(rule.name) == "off":
        return False
    if rule.name in settings.select or rule.name in settings.extend_select:
        return True
    everything = ALL in settings.select and ALL not in settings.ignore
    return (everything and rule.default) or ALL in settings.extend_select


def graded(settings: Settings, finding: Finding) -> Finding:
    """The finding with the severity that the settings give its rule."""
    name = settings.severity.get(finding.rule)
    return finding if name is None or name == "off" else replace(finding, severity=Severity(name))


class FileIgnores:
    """``per-file-ignores``: globs in the syntax of ``.gitignore``."""

    def __init__(self, settings: Settings) -> None:
        self._patterns = [(compile_patterns([glob]), rules) for glob, rules in settings.per_file_ignores.items()]

    def covers(self, finding: Finding) -> bool:
        return any(finding.rule in rules and spec.match_file(finding.location.path) for spec, rules in self._patterns)


class Comments:
    """The ``# cucurbit: ignore`` comments of a snapshot, and which of them are of use."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._by_path: dict[str, tuple[Comment, ...]] = {}
        self._used: set[tuple[str, Span, str]] = set()

    def paths(self) -> Iterable[str]:
        """The files that were asked about."""
        return tuple(self._by_path)

    def of(self, path: str) -> tuple[Comment, ...]:
        if path not in self._by_path:
            self._by_path[path] = self._context.about(path, _ignores) or ()
        return self._by_path[path]

    def cover(self, finding: Finding) -> bool:
        """Whether a comment suppresses ``finding``; the comment is then in use."""
        path = finding.location.path
        comments = self.of(path)
        facts = self._context.facts(path) if comments else None
        if facts is None:
            return False
        lines = lines_of_statement(facts, finding.location.span)
        covered = False
        for comment in comments:
            if comment.span.line in lines and (not comment.codes or finding.rule in comment.codes):
                self._used.add((path, comment.span, finding.rule if comment.codes else ""))
                covered = True
        return covered

    def unused(self, paths: Iterable[str], active: Collection[str], known: Collection[str]) -> Iterator[Finding]:
        """What is not in use in ``paths``. A rule that is switched off says nothing of its comments."""
        for path in paths:
            for comment in self.of(path):
                yield from self._unused(path, comment, active, known)

    def _unused(
        self, path: str, comment: Comment, active: Collection[str], known: Collection[str]
    ) -> Iterator[Finding]:
        if not comment.codes:
            if (path, comment.span, "") not in self._used:
                yield self._finding(path, comment, "", "This comment suppresses nothing: remove it.")
            return
        for code in comment.codes:
            if code not in known:
                yield self._finding(path, comment, code, f"There is no rule {code}: this comment suppresses nothing.")
            elif code in active and code != UNUSED and (path, comment.span, code) not in self._used:
                yield self._finding(path, comment, code, f"{code} finds nothing here: remove it from this comment.")

    def _finding(self, path: str, comment: Comment, code: str, message: str) -> Finding:
        span = self._code_span(path, comment, code) if len(comment.codes) > 1 else comment.span
        subject = UnusedIgnore(path, comment, code)
        return Finding(UNUSED, Severity.HINT, True, Location(path, span), message, (), subject)

    def _code_span(self, path: str, comment: Comment, code: str) -> Span:
        """Where ``code`` is written in the directive; the whole directive where the text does not tell."""
        text = self._context.workspace.text(path)
        if text is None:
            return comment.span
        span = comment.span
        directive = SourceText(text).slice(span)
        start = _find_word(directive, code)
        return span if start < 0 else Span(span.line, span.column + start, span.line, span.column + start + len(code))


def _find_word(text: str, word: str) -> int:
    """Where ``word`` stands in ``text`` as a whole entry of the list between brackets; -1 where it does not."""
    start = text.find("[")
    while (start := text.find(word, start + 1)) >= 0:
        if text[start - 1] in "[, \t" and text[start + len(word)] in "], \t":
            return start
    return -1


def commented_paths(context: Context, found_in: Iterable[str]) -> list[str]:
    """The files with comments that are looked at: of all that were executed, and all that a finding stood in."""
    return sorted({*context.once(_executed_with_ignores), *found_in})


def _executed_with_ignores(context: Context) -> tuple[str, ...]:
    timelines = (*context.timelines, *context.isolated)
    executed = {path for timeline in timelines for path in timeline.visited}
    return tuple(path for path in executed if context.about(path, _has_ignores))


def _has_ignores(facts: ModuleFacts) -> bool:
    return bool(_ignores(facts))


def _ignores(facts: ModuleFacts) -> tuple[Comment, ...]:
    return tuple(comment for comment in facts.comments if comment.kind == "ignore")


def _checked_last(_: Context) -> tuple[Finding, ...]:
    """Nothing: :class:`Comments` knows, once every other rule has run."""
    return ()


RULE = Rule(
    UNUSED,
    "A `# cucurbit: ignore` comment suppresses nothing.",
    Severity.HINT,
    _checked_last,
)
