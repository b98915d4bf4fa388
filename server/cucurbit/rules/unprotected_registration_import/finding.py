"""``unprotected-registration-import``: an import for registration that an unused-import fix would delete.

What counts as unused is what Ruff's F401 removes: names that stand nowhere else in the file; of several
``import package.module`` that bind one name, the last, and the one before it once that is gone. Star imports, those in
``__init__.py`` and those in a ``try`` with ``except ImportError`` are left alone by its safe fixes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.facts_queries import GuardsByPlace, last_name, module_imports
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity, Subject
from cucurbit.analysis.imports import ResolvedImport, executions, imports_of, packages_of
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.analysis.unused_names import is_used
from cucurbit.fixes.preview import valid_python
from cucurbit.fixes.python_source import python_source
from cucurbit.fixes.statements import with_noqa
from cucurbit.rules.shared.aggregator.detection import aggregators
from cucurbit.rules.shared.environments import is_test
from cucurbit.rules.shared.evidence import table_names
from cucurbit.rules.unprotected_registration_import.linters import CODE, unused_imports
from cucurbit.simulate.core.timeline import Place
from cucurbit.source.facts import At, ModuleFacts, Name, Sequence, Try
from cucurbit.source.span import START, Span
from cucurbit.source.text import split_lines

NAME = "unprotected-registration-import"

_CATCHES = ("ImportError", "ModuleNotFoundError")


@dataclass(frozen=True)
class UnprotectedImport(Subject):
    """For the fixes: the statement, and the names in it that have no protection."""

    statement: Place
    names: tuple[Place, ...]


def _check(context: Context) -> Iterator[Finding]:
    paths = [each.env_path for each in context.workspace.environments]
    paths += [each.path for each in aggregators(context) if not each.is_package]
    for path in dict.fromkeys(paths):
        facts = context.facts(path)
        if facts is not None and facts.problem is None and not is_test(path):
            yield from _in_file(context, path, facts)


def _in_file(context: Context, path: str, facts: ModuleFacts) -> Iterator[Finding]:
    imports = [each for each in imports_of(context, path) if each.path != path]
    removed = _removed(context, path, facts, imports)
    kept = [each for each in imports if each not in removed]
    stays = context.memo(executions).closure(*(file for each in kept for file in _asked(context, each)))
    statements: dict[At, list[ResolvedImport]] = {}
    for each in removed:
        statements.setdefault(each.statement, []).append(each)
    for statement, names in statements.items():
        reached = context.memo(executions).closure(*(file for each in names for file in _asked(context, each)))
        models = [file for file in context.model_modules if file in reached and file not in stays]
        if models:
            yield _finding(context, Place(path, statement), names, models)


def _asked(context: Context, each: ResolvedImport) -> list[str]:
    """The files that an import executes first-hand: the packages around a module, and the module."""
    packages = packages_of(context.workspace, each.module, each.path) if each.executed else []
    return [*packages, each.path] if each.path else packages


def _removed(
    context: Context, path: str, facts: ModuleFacts, imports: Iterable[ResolvedImport]
) -> list[ResolvedImport]:
    """What an unused-import fix deletes, repeated until nothing is left to delete."""
    linter = unused_imports(context, path)
    if not linter.removes:
        return []
    suppressed = _Suppressions(facts, split_lines(context.workspace.text(path) or ""))
    redundant, guards = _redundant(facts), GuardsByPlace(facts)
    found: list[ResolvedImport] = []
    held: set[str] = set()
    for each in reversed(list(imports)):
        name = each.bound
        if name == "*" or name in held or is_used(context, path, name):
            continue
        dotted = each.module if not each.from_import or each.module.endswith("." + name) else f"{each.module}.{name}"
        protected = (
            suppressed.covers(facts.span(each.place.at), facts.span(each.statement))
            or linter.spares(dotted)
            or each.place.at in redundant
            or (each.optional and _tests_for_presence(guards, each.place.at))
        )
        if not protected:
            found.append(each)
        elif not each.from_import:
            # An earlier import of the same top package is hidden behind this one, and never reported.
            held.add(name)
    return found[::-1]


def _redundant(facts: ModuleFacts) -> frozenset[At]:
    """``import x as x`` and ``from x import y as y``: deliberate re-exports."""
    aliases = (found.alias for found in module_imports(facts))
    return frozenset(each.at for each in aliases if each.asname is not None and each.asname == each.name)


def _tests_for_presence(guards: GuardsByPlace, at: At) -> bool:
    """Whether an import is inside a ``try`` with ``except ImportError``: linters take it for a test and keep it."""
    for guard in guards.around(at):
        if isinstance(guard.step, Try):
            for handler in guard.step.handlers:
                types = handler.types.items if isinstance(handler.types, Sequence) else (handler.types,)
                if any(isinstance(each, Name) and last_name(each) in _CATCHES for each in types):
                    return True
    return False


class _Suppressions:
    """The ``# noqa`` comments of a file."""

    def __init__(self, facts: ModuleFacts, lines: list[str]) -> None:
        spans = [each.span for each in facts.comments if each.kind == "noqa" and (not each.codes or CODE in each.codes)]
        self._whole = any((span.line, span.column) == (START.line, START.column) for span in spans)
        self._lines = {span.line for span in spans}
        self._text = lines

    def covers(self, alias: Span, statement: Span) -> bool:
        """Whether a comment on the name's line or on the statement's first, backslashes followed, covers it."""
        return self._whole or any(
            not self._lines.isdisjoint(self._joined(line)) for line in (alias.line, statement.line)
        )

    def _joined(self, line: int) -> range:
        first = last = line
        while first > 1 and self._continues(first - 1):
            first -= 1
        while self._continues(last):
            last += 1
        return range(first, last + 1)

    def _continues(self, line: int) -> bool:
        return line <= len(self._text) and self._text[line - 1].endswith("\\")


def _finding(context: Context, statement: Place, names: list[ResolvedImport], models: list[str]) -> Finding:
    tables = [table for file in models for table in context.model_modules[file]]
    bound = ", ".join(f"`{each.bound}`" for each in names)
    cause = CommonCause(
        (statement.path,),
        f"Nothing in {statement.path} uses what {{places}} imports bind ({{items}}): an unused-import fix ({CODE})"
        " deletes them, and their tables are no longer registered.",
        tuple(f"`{each.bound}`" for each in names),
        f"registers {table_names(tables)}",
    )
    what = "this import" if len(names) == 1 else "these imports"
    return Finding(
        rule=NAME,
        severity=Severity.INFORMATION,
        certain=True,
        location=context.location(statement),
        message=f"Nothing in {statement.path} uses {bound}: an unused-import fix ({CODE}) deletes {what}, and "
        f"{table_names(tables)} {'is' if len(tables) == 1 else 'are'} no longer registered.",
        related=tuple(Related(context.location(table.place), f"defines '{table.key}'") for table in tables),
        subject=UnprotectedImport(statement, tuple(each.place for each in names)),
        cause=cause,
    )


# ----------------------------------------------------------------------------- fix


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Protect imports that only register models against unused-import removal."""
    found = (_protecting(gate.context, each) for each in finding.singles)
    edits = tuple(dict.fromkeys(edit for edit in found if edit is not None))
    what = "the import" if len(edits) == 1 else f"{len(edits)} imports"
    fix = Fix(
        title=f"Protect {what} with # noqa: F401",
        safe=True,
        kind=FixKind.QUICKFIX,
        edits=edits,
        rule=finding.rule,
    )
    return valid_python(gate.context, fix)


def _protecting(context: Context, finding: Finding) -> TextEdit | None:
    source = python_source(context, finding.location.path)
    span = finding.location.span
    placed = source.statement_at(span.line, span.column) if source is not None else None
    if source is None or placed is None or not isinstance(placed.node, (ast.Import, ast.ImportFrom)):
        return None
    whole = source.span(placed.node)
    return with_noqa(source, whole.line, "F401") or with_noqa(source, whole.end_line, "F401")


RULE = Rule(
    name=NAME,
    summary="An import needed only for registration that an unused-import fix would delete.",
    severity=Severity.INFORMATION,
    check=_check,
    fixes=_fixes,
)
