"""What leaves findings out or changes their severity: settings, per-file ignores, ``# cucurbit: ignore`` comments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity, Subject
from cucurbit.analysis.statement_at import lines_of_statement
from cucurbit.source.facts import Comment, ModuleFacts
from cucurbit.source.span import Span
from cucurbit.workspace.settings.schema import Settings
from cucurbit.workspace.tree.ignore_patterns import compile_patterns


@dataclass(frozen=True)
class UnusedIgnore(Subject):
    """An ignore comment that suppressed nothing.

    ``code`` is the rule name in it that is not used; empty where the comment names no rule and is unused as a whole.
    ``is_known``: there is a rule of that name.
    """

    path: str
    comment: Comment
    code: str
    is_known: bool = True


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
    """The ``# cucurbit: ignore`` comments of a snapshot, and which of them suppressed a finding."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._by_path: dict[str, tuple[Comment, ...]] = {}
        self._used: set[tuple[str, Span, str]] = set()

    def paths(self) -> Iterable[str]:
        """The files whose comments were read."""
        return tuple(self._by_path)

    def of(self, path: str) -> tuple[Comment, ...]:
        if path not in self._by_path:
            self._by_path[path] = self._context.about(path, _ignores) or ()
        return self._by_path[path]

    def cover(self, finding: Finding) -> bool:
        """Whether a comment suppresses ``finding``; the comment then counts as used."""
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

    def unused(self, paths: Iterable[str], active: Collection[str], known: Collection[str]) -> Iterator[UnusedIgnore]:
        """The comments in ``paths`` that suppressed nothing, one item for each rule name in them.

        A comment that names a rule which did not run (not ``active``) is not reported; an unknown name is.
        """
        for path in paths:
            for comment in self.of(path):
                yield from self._unused(path, comment, active, known)

    def _unused(
        self, path: str, comment: Comment, active: Collection[str], known: Collection[str]
    ) -> Iterator[UnusedIgnore]:
        if not comment.codes:
            if (path, comment.span, "") not in self._used:
                yield UnusedIgnore(path, comment, "")
            return
        for code in comment.codes:
            if code not in known:
                yield UnusedIgnore(path, comment, code, is_known=False)
            elif code in active and (path, comment.span, code) not in self._used:
                yield UnusedIgnore(path, comment, code)


def commented_paths(context: Context, found_in: Iterable[str]) -> list[str]:
    """The files whose ignore comments are checked: the executed ones that have any, and those with a finding."""
    return sorted({*context.memo(_executed_with_ignores), *found_in})


def _executed_with_ignores(context: Context) -> tuple[str, ...]:
    timelines = (*context.timelines, *context.isolated)
    executed = {path for timeline in timelines for path in timeline.visited}
    return tuple(path for path in executed if context.about(path, _has_ignores))


def _has_ignores(facts: ModuleFacts) -> bool:
    return bool(_ignores(facts))


def _ignores(facts: ModuleFacts) -> tuple[Comment, ...]:
    return tuple(comment for comment in facts.comments if comment.kind == "ignore")
