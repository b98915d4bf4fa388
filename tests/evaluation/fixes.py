"""Tries the fixes of projects on copies: ``python -m tests.evaluation.fixes FOLDER...``, which prints each as a diff.

Each fix of each finding by default is written into a copy of its own, which is checked anew. It *held* if every changed
file parses, the finding is gone and no other is there that was not before. Comments that silence are left out.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind
from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.grouping import singles
from cucurbit.fixes.apply import apply
from cucurbit.fixes.gate import FindingIdentity, Gate, identity
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import NAMES, RULES

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__")


@dataclass(frozen=True)
class Tried:
    """A fix that was written into a copy: the diff, and what is wrong with the copy."""

    rule: str
    title: str
    edits: int
    diff: str
    wrong: tuple[str, ...]


def tried(root: Path) -> Iterator[Tried]:
    """Every fix of the findings of a project, each once."""
    context = analyse(open_workspace(root, known_rules=NAMES))
    found = findings(context, RULES)
    gate = Gate(context, RULES)
    seen: set[object] = set()
    for finding in found:
        for fix in fixes_for(gate, finding):
            key = (fix.title, fix.edits)
            if fix.kind is FixKind.QUICKFIX and not fix.silences and key not in seen:
                seen.add(key)
                with tempfile.TemporaryDirectory() as folder:
                    yield _try(context, found, finding, fix, root, Path(folder) / root.name)


def _try(context: Context, found: Sequence[Finding], finding: Finding, fix: Fix, root: Path, copy: Path) -> Tried:
    shutil.copytree(root, copy, ignore=_LEFT_OUT, symlinks=True)
    paths = {edit.path for edit in fix.edits}
    before = {path: text for path in paths if (text := context.workspace.text(path)) is not None}
    after = apply(before, [fix])
    for path, text in after.items():
        if text is None:
            (copy / path).unlink()
        else:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text, encoding="utf-8", newline="")
    later = findings(analyse(open_workspace(copy, known_rules=NAMES)), RULES)
    wrong = (*_unread(after), *_compared(found, later, finding))
    return Tried(finding.rule, fix.title, len(fix.edits), _diff(before, after), wrong)


def _unread(texts: Mapping[str, str | None]) -> Iterator[str]:
    for path, text in texts.items():
        if text is not None and path.endswith(".py"):
            try:
                ast.parse(text)
            except SyntaxError as error:
                yield f"{path} does not parse: {error}"


def _compared(found: Sequence[Finding], later: Sequence[Finding], finding: Finding) -> Iterator[str]:
    before, after = _counted(found), _counted(later)
    if any(after[identity(each)] >= before[identity(each)] for each in finding.singles):
        yield "the finding is still there"
    for each in singles(later):
        if after[identity(each)] > before[identity(each)]:
            yield f"new: {each.location.path}:{each.location.span.line} {each.rule}: {each.message}"


def _counted(found: Sequence[Finding]) -> Counter[FindingIdentity]:
    return Counter(identity(each) for each in singles(found))


def _diff(before: Mapping[str, str], after: Mapping[str, str | None]) -> str:
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for path in sorted(after)
        for line in difflib.unified_diff(
            before.get(path, "").splitlines(keepends=True), (after[path] or "").splitlines(keepends=True), path, path
        )
    )


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.fixes", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    number = edits = wrong = 0
    for root in parser.parse_args().folders:
        for each in tried(root.resolve()):
            number, edits, wrong = number + 1, edits + each.edits, wrong + bool(each.wrong)
            _write(f"== {root.name} [{each.rule}] {each.title}\n{each.diff}")
            _write("".join(f"WRONG {words}\n" for words in each.wrong))
    _write(f"{number} fixes with {edits} edits, of which held {number - wrong}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    sys.exit(main())
