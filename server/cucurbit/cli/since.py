"""``check --since REV``: only the findings that the changes since a commit cause, or that are about them.

A finding is reported if

- it is on a line that was added or changed since the commit,
- or its evidence has such a line,
- or it does not exist at the commit, as the same check of the files of the commit says.

The changes are those between the commit and the files on disk, with new files that git does not ignore. A renamed file
is a new one. A finding that only moved with its lines is not new; one whose severity increased is. Of a group of
findings, only the members to which this applies are reported.

The rules about the risk of a migration judge the revisions that the commit does not have: its heads count as reviewed,
unless the project names others (``migrations.reviewed``).
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cucurbit.analysis.baseline import compare, read_baseline, write_baseline
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.grouping import narrowed, singles
from cucurbit.cli.analysis import CheckResult, Defects, check_workspace
from cucurbit.cli.git import Git
from cucurbit.cli.removed_files import Without
from cucurbit.cli.target import WorkspaceTarget
from cucurbit.rules.shared.revisions import graph_of
from cucurbit.source.text import SourceText
from cucurbit.workspace.model import Location
from cucurbit.workspace.settings.reader import merge
from cucurbit.workspace.tree.disk import load
from cucurbit.workspace.tree.files import SIZE_LIMIT, Overlay


@dataclass(frozen=True)
class Changes:
    """What changed since a commit.

    ``before`` are the texts at the commit of the files that have changed or were deleted; ``added`` are the files that
    the commit does not hold; ``lines`` are the lines (1-based) of each file that were added or changed.
    """

    before: Mapping[str, str]
    added: frozenset[str]
    lines: Mapping[str, frozenset[int]]

    def touch(self, finding: Finding) -> bool:
        """Whether a finding, or its evidence, is on a line that was added or changed."""
        return self._touch(finding.location) or any(self._touch(each.location) for each in finding.related)

    def _touch(self, location: Location) -> bool:
        changed = self.lines.get(location.path)
        span = location.span
        return changed is not None and any(line in changed for line in range(span.line, span.end_line + 1))


def changes_since(target: WorkspaceTarget, revision: str) -> Changes:
    """What changed in a workspace since a commit.

    Raises:
        Refused: git is not installed, or there is no repository or no such commit.
    """
    git = Git(target.root)
    then = git.files(git.commit(revision))
    tree = target.workspace.tree
    differing = [path for path, name in then.items() if _differs(target, path, name)]
    added = frozenset(path for path in git.files_now().difference(then) if tree.is_file(path))
    contents = git.contents(then[path] for path in differing)
    # A content that is not there was too large, or was never fetched.
    known = [(path, contents[then[path]]) for path in differing if then[path] in contents]
    before = {path: _text(path, content) for path, content in known if len(content) <= SIZE_LIMIT}
    now = {path: content for path in (*before, *added) if isinstance(content := tree.read(path), bytes)}
    lines = {path: _lines(before[path], _text(path, now[path])) for path in before if path in now}
    lines |= {path: _lines("", _text(path, now[path])) for path in added if path in now}
    return Changes(before, added, {path: found for path, found in lines.items() if found})


def with_reviewed(target: WorkspaceTarget, changes: Changes) -> WorkspaceTarget:
    """The target in which the heads at the commit count as reviewed; the same one if the project names others."""
    if target.workspace.settings.migrations.reviewed:
        return target
    earlier = target.over(Without(Overlay(target.workspace.tree, changes.before), changes.added))
    heads = [each.id for env in earlier.environments for each in graph_of(earlier, env).heads if each.id]
    if not heads:
        return target
    changed = replace(target, settings=merge(target.settings, {"migrations": {"reviewed": heads}}))
    return replace(changed, workspace=changed.over(target.workspace.tree))


def only_since(target: WorkspaceTarget, result: CheckResult, changes: Changes, defects: Defects) -> CheckResult:
    """The part of a result that ``--since`` reports."""
    if not changes.before and not changes.added:
        return replace(result, findings=())
    tree = Without(Overlay(target.workspace.tree, changes.before), changes.added)
    earlier = check_workspace(target, target.over(tree), defects)
    known = read_baseline(write_baseline(earlier.findings, earlier.line).encode("ascii"))
    new = frozenset(singles(compare(result.findings, result.line, known).new))
    return replace(result, findings=narrowed(result.findings, lambda each: each in new or changes.touch(each)))


def _differs(target: WorkspaceTarget, path: str, name: str) -> bool:
    """Whether a file was changed or deleted. One that cannot be read counts as unchanged."""
    content = load(str(target.root / path))
    return content is None or (isinstance(content, bytes) and _name(content, name) != name)


def _name(content: bytes, like: str) -> str:
    """The name that git gives to a content, with the hash function of the name ``like``."""
    algorithm = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return algorithm(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _text(path: str, content: bytes) -> str:
    return SourceText.decode(content).text if path.endswith(".py") else content.decode("utf-8", "replace")


def _lines(before: str, after: str) -> frozenset[int]:
    """The lines of ``after`` that are not in ``before``; white space at their ends does not count."""
    old, new = ([line.rstrip() for line in text.split("\n")] for text in (before, after))
    return frozenset(_inserted(old, new))


def _inserted(old: list[str], new: list[str]) -> Iterator[int]:
    for kind, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind in {"replace", "insert"}:
            yield from range(start + 1, end + 1)
