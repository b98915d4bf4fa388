"""Completion in revisions: the tables, columns, indexes and constraints of the database as that revision finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.ide.models.cursor import Cursor, OpenBracket
from cucurbit.ide.models.names import NameKind
from cucurbit.ide.models.offered import OfferedName
from cucurbit.rules.shared.history import histories
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.shapes import ColumnShape, TableShape, ValueTerm
from cucurbit.simulate.shapes.type_text import type_text
from cucurbit.source.text import SourceText

_TABLE, _COLUMN, _COLUMNS, _REMOTE, _INDEX, _CONSTRAINT = "table", "column", "columns", "remote", "index", "constraint"

_ARGUMENTS = {
    "add_column": (_TABLE,),
    "alter_column": (_TABLE, _COLUMN),
    "batch_alter_table": (_TABLE,),
    "create_check_constraint": ("", _TABLE),
    "create_exclude_constraint": ("", _TABLE),
    "create_foreign_key": ("", _TABLE, _TABLE, _COLUMNS, _REMOTE),
    "create_index": ("", _TABLE, _COLUMNS),
    "create_primary_key": ("", _TABLE, _COLUMNS),
    "create_table_comment": (_TABLE,),
    "create_unique_constraint": ("", _TABLE, _COLUMNS),
    "drop_column": (_TABLE, _COLUMN),
    "drop_constraint": (_CONSTRAINT, _TABLE),
    "drop_index": (_INDEX, _TABLE),
    "drop_table": (_TABLE,),
    "drop_table_comment": (_TABLE,),
    "rename_table": (_TABLE,),
}
"""What each argument of an operation names. In a batch, the operations lack the first table."""

_KEYWORDS = {
    "table_name": _TABLE,
    "source_table": _TABLE,
    "referent_table": _TABLE,
    "column_name": _COLUMN,
    "columns": _COLUMNS,
    "local_cols": _COLUMNS,
    "remote_cols": _REMOTE,
    "index_name": _INDEX,
    "constraint_name": _CONSTRAINT,
}
_BATCH = re.compile(r"""batch_alter_table\(\s*["']([^"'\n]*)["']""")
_FUNCTION = re.compile(r"def[ \t]+(\w+)")
_MOST_LINES = 200


def revision_names(
    context: Context, path: str, source: SourceText, line: int, cursor: Cursor
) -> tuple[OfferedName, ...] | None:
    """The names of the database that an operation at the cursor may mean; None in other files and other calls."""
    if not cursor.in_string:
        return None
    found = [
        (each.before[script.id], each.after[script.id])
        for each in histories(context)
        if (script := each.graph.by_path.get(path)) is not None and script.id in each.before
    ]
    if not found:
        return None
    states = found[0][::-1] if _enclosing(source, line) == "downgrade" else found[0]
    offers = _RevisionNames(states, cursor, source, line)
    offered = offers.found()
    return None if offered is None else tuple({each.text: each for each in offered}.values())


@dataclass(frozen=True)
class _RevisionNames:
    """``states``: the schema before the function runs, and the one after it, which it may have reached in part."""

    states: tuple[SchemaState, ...]
    cursor: Cursor
    source: SourceText
    line: int

    def found(self) -> Iterator[OfferedName] | None:
        frame = self.cursor.frames[0]
        if frame.opener == "(" and frame.function == "ForeignKey":
            return self._targets() if frame.index == 0 else None
        call = frame
        if frame.opener == "[":
            if len(self.cursor.frames) < 2:
                return None
            call = self.cursor.frames[1]
        kinds = _ARGUMENTS.get(call.function)
        if kinds is None or call.opener != "(" or "." not in call.callee:
            return None
        table = _batch_table(self.source, self.line) if not _is_op(call) else None
        if table is not None:
            kinds = tuple(each for number, each in enumerate(kinds) if number != kinds.index(_TABLE))
        kind = _KEYWORDS.get(call.keyword, "") if call.keyword else kinds[call.index] if call.index < len(kinds) else ""
        if (kind in (_COLUMNS, _REMOTE)) != (frame.opener == "["):
            return None
        return self._of(kind, call, table)

    def _of(self, kind: str, call: OpenBracket, table: str | None) -> Iterator[OfferedName] | None:
        if kind == _TABLE:
            return self._tables()
        if kind == _REMOTE:
            return self._columns(_argument(call, 2 if table is None else 1))
        if kind in (_COLUMN, _COLUMNS):
            return self._columns(table or _argument(call, _ARGUMENTS[call.function].index(_TABLE)))
        if kind in (_INDEX, _CONSTRAINT):
            return self._parts(kind, table)
        return None

    def _shapes(self) -> Iterator[TableShape]:
        seen: set[str] = set()
        for state in self.states:
            for key, each in state.tables.items():
                if key not in seen:
                    seen.add(key)
                    yield each.shape

    def _offer(self, text: str, kind: NameKind, detail: str) -> OfferedName:
        return OfferedName(text, kind, self.cursor.span, detail)

    def _tables(self) -> Iterator[OfferedName]:
        for shape in self._shapes():
            yield self._offer(shape.name, NameKind.TABLE, f"table, {len(shape.columns)} columns")

    def _targets(self) -> Iterator[OfferedName]:
        written = self.cursor.before.rpartition(".")[0]
        for shape in self._shapes():
            for column in shape.columns:
                if shape.key == written or shape.in_primary_key(column):
                    yield self._offer(f"{shape.key}.{column.name}", NameKind.COLUMN, _detail(column))

    def _columns(self, table: str) -> Iterator[OfferedName]:
        for shape in self._shapes():
            if shape.name == table:
                yield from (self._offer(each.name, NameKind.COLUMN, _detail(each)) for each in shape.columns)

    def _parts(self, kind: str, table: str | None) -> Iterator[OfferedName]:
        """The named indexes or constraints, of one table or of all."""
        for shape in self._shapes():
            if table not in (None, shape.name):
                continue
            keys = (shape.primary_key,) if shape.primary_key is not None else ()
            parts = shape.indexes if kind == _INDEX else (*keys, *shape.unique, *shape.foreign_keys, *shape.checks)
            for part in parts:
                if isinstance(part.name, ValueTerm) and part.name.text:
                    yield self._offer(part.name.text, NameKind.CONSTRAINT, f"{kind} of {shape.name}")


def _is_op(call: OpenBracket) -> bool:
    """Whether an operation is one of ``op``, and not of a batch."""
    return call.callee.rpartition(".")[0].rpartition(".")[2] == "op"


def _argument(call: OpenBracket, index: int) -> str:
    """The text of a positional argument that is a string."""
    written = call.inside[1:].split(",")
    return written[index].strip().strip("\"'") if index < len(written) else ""


def _detail(column: ColumnShape) -> str:
    return f"{type_text(column.type_)}{', nullable' if column.nullable else ''}"


def _batch_table(source: SourceText, line: int) -> str | None:
    """The table of the batch that is opened last above a line."""
    for number in range(line, max(line - _MOST_LINES, 0), -1):
        found = _BATCH.search(source.line_text(number))
        if found is not None:
            return found[1]
    return None


def _enclosing(source: SourceText, line: int) -> str:
    """The name of the function whose ``def`` stands last above a line."""
    for number in range(line, 0, -1):
        found = _FUNCTION.match(source.line_text(number))
        if found is not None:
            return found[1]
    return ""
