"""What a completion offers."""

from __future__ import annotations

from dataclasses import dataclass

from cucurbit.ide.models.names import ModelName, NameKind
from cucurbit.source.span import Span


@dataclass(frozen=True)
class OfferedName:
    """A name to write over ``span``. ``detail`` is one line.

    ``about`` is what it names, for :func:`~cucurbit.ide.models.documentation.documentation`; None: there is none.
    """

    text: str
    kind: NameKind
    span: Span
    detail: str
    about: ModelName | None = None
    is_keyword: bool = False
