"""Answers of bounded size: a page of a list, and where the next one begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

_Item = TypeVar("_Item")

USUAL = 50
MOST = 200
"""How many items a page has if nothing is said, and at most."""

MOST_CHARACTERS = 40_000
"""The size of the items of a page as JSON; the first item is always in it."""


class Page(msgspec.Struct, frozen=True):
    """Which part of a list an answer holds."""

    offset: Annotated[int, Meta(ge=0, description="The number of items before this page.")]
    count: Annotated[int, Meta(ge=0, description="The number of items in this page.")]
    total: Annotated[int, Meta(ge=0, description="The number of items in all pages.")]
    next: Annotated[int | None, Meta(description="The `offset` of the next page; null if this is the last.")]


class PageRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments that every tool has."""

    root: Annotated[str, Meta(description="The folder of the project. Not given: the one that the client opened.")] = ""
    offset: Annotated[int, Meta(ge=0, description="The number of items to leave out, for the next page.")] = 0
    limit: Annotated[int, Meta(ge=1, le=MOST, description="The number of items in a page, at most.")] = USUAL


class Paged(Generic[_Item]):
    """The items of the page that ``asked`` is about, of a list."""

    def __init__(self, found: Sequence[_Item], asked: PageRequest) -> None:
        self.items = tuple(self._fitting(found[asked.offset : asked.offset + asked.limit]))
        end = asked.offset + len(self.items)
        self.page = Page(asked.offset, len(self.items), len(found), end if end < len(found) else None)

    @staticmethod
    def _fitting(items: Sequence[_Item]) -> list[_Item]:
        kept: list[_Item] = []
        size = 0
        for item in items:
            size += len(msgspec.json.encode(item))
            if kept and size > MOST_CHARACTERS:
                break
            kept.append(item)
        return kept
