"""What a completion offers."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.ide.models.names import NameKind
from cucurbit.source.span import Span


@dataclass(frozen=True)
class OfferedName:
    """A name to write over ``span``. ``detail`` is one line, ``documentation`` Markdown."""

    text: str
    kind: NameKind
    span: Span
    detail: str
    documentation: str = ""
    is_keyword: bool = False
