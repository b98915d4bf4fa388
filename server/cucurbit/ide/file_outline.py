"""The tables that a file declares, read from its text alone, before any simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cucurbit.ide.markdown import code
from cucurbit.ide.table_status import covers, listed, times
from cucurbit.source.facts import (
    Annotated,
    Assign,
    Attr,
    Call,
    ClassDef,
    Const,
    Dict,
    Do,
    Expr,
    ModuleFacts,
    Name,
    Step,
    Subscript,
)
from cucurbit.source.facts import Sequence as Display
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText

_COLUMNS = frozenset({"Column", "mapped_column", "MappedColumn", "Field"})
_NOT_COLUMNS = frozenset({"relationship", "dynamic_loader", "association_proxy", "synonym", "Relationship"})


@dataclass(frozen=True)
class DeclaredTable:
    """A table declared in a file: a class with ``__tablename__``, or a ``Table(...)`` call.

    ``class_name`` is empty for a call. ``metadata`` is the source text of the MetaData, or of the bases of the class.
    ``columns`` are those of the class itself, not of its bases. ``span`` is the class header or the call, ``name_span``
    the statement that names the table, and ``whole`` extends to the end of the class.
    """

    table: str
    class_name: str
    metadata: str
    columns: tuple[str, ...]
    span: Span
    name_span: Span
    whole: Span


def declared_tables(facts: ModuleFacts, source: SourceText | None = None) -> tuple[DeclaredTable, ...]:
    """The tables that a file declares, in order; without abstract classes and tables whose name is not a literal.

    Without ``source`` their ``metadata`` is empty.
    """
    found = [each for body in facts.bodies for each in _in_steps(body, facts, source)]
    return tuple(sorted(found, key=lambda each: each.span))


def _in_steps(steps: Sequence[Step], facts: ModuleFacts, source: SourceText | None) -> Iterator[DeclaredTable]:
    for step in steps:
        if isinstance(step, ClassDef):
            table = _class(step, facts, source)
            if table is not None:
                yield table
        elif isinstance(step, Assign | Annotated | Do):
            table = _call(step, facts, source)
            if table is not None:
                yield table
        for inner in ("body", "orelse", "final"):
            yield from _in_steps(getattr(step, inner, ()), facts, source)
        for branch in (*getattr(step, "handlers", ()), *getattr(step, "cases", ())):
            yield from _in_steps(branch.body, facts, source)


# ------------------------------------------------------------------------ classes


def _class(step: ClassDef, facts: ModuleFacts, source: SourceText | None) -> DeclaredTable | None:
    named, schema = None, ""
    columns = []
    for each in step.body:
        name, value = _assigned(each)
        if name == "__tablename__" and isinstance(value, Const) and isinstance(value.value, str):
            named = (value.value, facts.span(each.at)) if isinstance(each, Assign | Annotated) else None
        elif name == "__abstract__" and isinstance(value, Const) and value.value is True:
            return None
        elif name == "__table_args__" and value is not None:
            schema = _schema_of(value)
        elif name and not name.startswith("__") and _is_column(each, value):
            columns.append(name)
    if named is None:
        return None
    bases = ", ".join(text for base in step.bases if (text := _text(base, facts, source)))
    key = f"{schema}.{named[0]}" if schema else named[0]
    return DeclaredTable(
        key, step.name, bases, tuple(columns), facts.span(step.at), named[1], facts.span(step.whole_at)
    )


def _assigned(step: Step) -> tuple[str, Expr | None]:
    """The name and the value of an assignment to one name; an empty name for any other statement."""
    if isinstance(step, Assign) and len(step.targets) == 1 and isinstance(step.targets[0], Name):
        return step.targets[0].id, step.value
    if isinstance(step, Annotated) and isinstance(step.target, Name):
        return step.target.id, step.value
    return "", None


def _is_column(step: Step, value: Expr | None) -> bool:
    made_by = _called(value)
    if made_by:
        return made_by in _COLUMNS or (made_by not in _NOT_COLUMNS and _is_mapped(step))
    return value is None and _is_mapped(step)


def _is_mapped(step: Step) -> bool:
    """Whether a statement is annotated with ``Mapped[...]``."""
    if not isinstance(step, Annotated) or not isinstance(step.annotation, Subscript):
        return False
    kind = step.annotation.value
    return (kind.id if isinstance(kind, Name) else kind.name if isinstance(kind, Attr) else "") == "Mapped"


def _called(value: Expr | None) -> str:
    """The last part of the name of the called function; empty if the expression is not such a call."""
    function = value.func if isinstance(value, Call) else None
    return function.id if isinstance(function, Name) else function.name if isinstance(function, Attr) else ""


def _schema_of(arguments: Expr) -> str:
    """The schema in ``__table_args__``, if it is a literal."""
    options = arguments.items[-1] if isinstance(arguments, Display) and arguments.items else arguments
    if isinstance(options, Dict):
        for key, value in zip(options.keys, options.values, strict=True):
            if isinstance(key, Const) and key.value == "schema":
                return _literal(value)
    return ""


# ------------------------------------------------------------------------- tables


def _call(step: Assign | Annotated | Do, facts: ModuleFacts, source: SourceText | None) -> DeclaredTable | None:
    call = step.value
    if not isinstance(call, Call) or _called(call) != "Table" or not call.args or not _literal(call.args[0]):
        return None
    schema = next((_literal(each.value) for each in call.keywords if each.name == "schema"), "")
    name = _literal(call.args[0])
    # Flask-SQLAlchemy's ``db.Table`` has a MetaData already: its columns follow the name.
    given = [each for each in call.args[1:2] if _called(each) not in _COLUMNS]
    metadata = _text(given[0], facts, source) if given else ""
    columns = [
        _literal(each.args[0])
        for each in call.args[1:]
        if isinstance(each, Call) and _called(each) == "Column" and each.args
    ]
    span = facts.span(call.at)
    key = f"{schema}.{name}" if schema else name
    return DeclaredTable(key, "", metadata, tuple(filter(None, columns)), span, span, span)


def _literal(value: Expr) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def _text(value: Expr, facts: ModuleFacts, source: SourceText | None) -> str:
    """The source text of a name, attribute, call or subscript; empty for anything else."""
    if source is None or not isinstance(value, Name | Attr | Call | Subscript):
        return ""
    return source.slice(facts.span(value.at))


# ------------------------------------------------------------------------ answers


def table_at(tables: Sequence[DeclaredTable], line: int, column: int) -> DeclaredTable | None:
    """The table whose header, call or name is at a position."""
    return next(
        (each for each in tables if covers(each.span, line, column) or covers(each.name_span, line, column)), None
    )


def columns_markdown(table: DeclaredTable) -> Iterator[str]:
    """Lines of Markdown about the columns that are declared with the table."""
    if table.columns:
        yield f"{times(len(table.columns), 'column')} here: {listed([code(each) for each in table.columns])}"
        yield ""
