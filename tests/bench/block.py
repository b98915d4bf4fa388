"""A piece of code with slots, and the import lines that many of them need."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A top-level definition. ``template`` has the slots ``fn``, ``cls``, ``a``, ``b``, ``c`` (nouns), ``v`` and ``w``
    (verbs), ``n`` and ``m`` (numbers).
    """

    needs: tuple[str, ...]
    template: str

    @property
    def lines(self) -> int:
        return self.template.count("\n")


LOGGING = "import logging"
TYPES = "from collections.abc import Iterable, Mapping, Sequence"
DATACLASS = "from dataclasses import dataclass, field"
DATETIME = "from datetime import datetime, timedelta, timezone"
DECIMAL = "from decimal import Decimal"
ANY = "from typing import Any"
