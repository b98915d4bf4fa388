"""``column-ignored``: what looks like a column of a class and is none: ``column()`` in small letters, a trailing comma.

Fact from sqlalchemy/orm/decl_base.py (``_produce_column_copies``, ``_extract_mappable_attributes``), which warns and
goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import last_name
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.rules.shared.environments import is_migration_file
from cucurbit.rules.shared.written_names import dotted, imported_names
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import walk

NAME = "column-ignored"

_COLUMNS = frozenset({"Column", "mapped_column", "relationship", "deferred", "column_property", "synonym"})
_LOWER = "column"


def _check(context: Context) -> Iterator[Finding]:
    for path in context.workspace.candidates():
        if is_migration_file(context, path):
            continue
        for at, name, kind in context.about(path, _ignored) or ():
            yield Finding(
                rule=NAME,
                severity=Severity.WARNING,
                certain=True,
                location=context.location(Place(path, at)),
                message=_message(name, kind),
            )


def _message(name: str, kind: str) -> str:
    if kind == "lower":
        return (
            f"`{name}` is not a column of the table: `column()` in small letters only names a column in a query. "
            "Write `Column(...)`."
        )
    return f"`{name}` is a tuple and not a {kind}, as a comma follows it: SQLAlchemy ignores it. Remove the comma."


def _ignored(facts: f.ModuleFacts) -> tuple[tuple[f.At, str, str], ...]:
    """The statements in classes that make no column: their places, the attribute's name, and why."""
    names = imported_names(facts)
    return tuple(
        found
        for body in facts.bodies
        for step in walk(body)
        if isinstance(step, f.ClassDef)
        for cls in _with_inner(step)
        if _has_columns(cls)
        for found in _in_class(cls, names)
    )


def _with_inner(cls: f.ClassDef) -> Iterator[f.ClassDef]:
    yield cls
    for step in walk(cls.body):
        if isinstance(step, f.ClassDef):
            yield from _with_inner(step)


def _values(cls: f.ClassDef) -> Iterator[tuple[f.At, str, f.Expr]]:
    for step in walk(cls.body):
        if isinstance(step, f.Assign) and isinstance(step.targets[0], f.Name):
            yield step.at, step.targets[0].id, step.value
        elif isinstance(step, f.Annotated) and isinstance(step.target, f.Name) and step.value is not None:
            yield step.at, step.target.id, step.value


def _has_columns(cls: f.ClassDef) -> bool:
    """Whether a class has columns or the name of a table: it is mapped, or a mix-in of such classes."""
    return any(
        name == "__tablename__" or (isinstance(value, f.Call) and last_name(value.func) in _COLUMNS)
        for _, name, value in _values(cls)
    )


def _in_class(cls: f.ClassDef, names: Mapping[str, str]) -> Iterator[tuple[f.At, str, str]]:
    calls = [value.func for _, _, value in _values(cls) if isinstance(value, f.Call)]
    heads = {_head(func) for func in calls if last_name(func) in _COLUMNS}
    for at, name, value in _values(cls):
        if isinstance(value, f.Call) and last_name(value.func) == _LOWER and _is_sqlalchemy(value.func, names, heads):
            yield at, name, "lower"
        elif isinstance(value, f.Sequence) and value.kind == "tuple" and len(value.items) == 1:
            inner = value.items[0]
            if isinstance(inner, f.Call) and last_name(inner.func) in _COLUMNS and not name.startswith("__"):
                noun = "relationship" if last_name(inner.func) == "relationship" else "column"
                yield at, name, noun


def _head(func: f.Expr) -> str:
    """``db`` of ``db.Column``."""
    return func.value.id if isinstance(func, f.Attr) and isinstance(func.value, f.Name) else ""


def _is_sqlalchemy(func: f.Expr, names: Mapping[str, str], heads: set[str]) -> bool:
    if dotted(names, func).startswith("sqlalchemy."):
        return True
    head = _head(func)
    return bool(head) and head in heads


RULE = Rule(
    name=NAME,
    summary="An attribute looks like a column and is none: column() in small letters, or a trailing comma.",
    severity=Severity.WARNING,
    check=_check,
)
