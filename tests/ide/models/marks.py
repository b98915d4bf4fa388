"""What several tests of this folder use."""

from __future__ import annotations

from collections.abc import Mapping

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.source.span import Span
from cucurbit.workspace.tree.files import MemoryTree


def analysed(files: Mapping[str, str]) -> Context:
    return analyse(folder_workspace(MemoryTree(files)))


def between(text: str, span: Span) -> str:
    """The line of a span, which is between two bars."""
    line = text.split("\n")[span.line - 1]
    return f"{line[: span.column]}|{line[span.column : span.end_column]}|{line[span.end_column :]}"
