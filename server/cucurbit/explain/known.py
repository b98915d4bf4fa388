"""What it takes to know an exception: the pattern of its message, and the function that explains it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cucurbit.explain.case import ErrorCase
from cucurbit.explain.explanation import Explanation


@dataclass(frozen=True)
class Known:
    """A kind of exception that can be explained.

    ``pattern`` is searched for in the message; its groups are handed over, a group that did not match as an empty text.
    ``shown`` is the message for the documentation, ``told`` what the explanation says. ``explain`` returns None if the
    exception is another one with the same message.
    """

    pattern: re.Pattern[str]
    explain: Callable[[ErrorCase], Explanation | None]
    shown: str
    told: str


def known(pattern: str, explain: Callable[[ErrorCase], Explanation | None], shown: str, told: str) -> Known:
    """A kind of exception, from the source of its pattern."""
    return Known(re.compile(pattern), explain, shown, told)
