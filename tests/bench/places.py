"""Where a generated workspace is edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Place:
    """A text in a file that edits replace; an empty ``text`` is put in behind ``after``."""

    path: str
    after: str
    text: str = ""

    def start(self, text: str) -> int:
        """Where it is in the text of its file."""
        return text.index(self.text, text.index(self.after) + len(self.after))


@dataclass(frozen=True)
class Places:
    """One place for each kind of edit. What a workspace has no place for is None.

    ``table`` is the name of a table in quotes, and ``other`` the name of another table, in another file where there is
    one. ``imported`` and ``leaf_imported`` are import lines with a slot for a name. ``folder`` is where new files go.
    """

    main: str
    body: Place
    comment: Place
    table: Place
    other: str
    syntax: Place
    in_main: Place
    imported: str
    in_leaf: Place | None
    leaf_imported: str
    folder: str
    package: str

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def from_dict(found: Mapping[str, object]) -> Places:
    """Places that :meth:`Places.to_dict` wrote."""
    return Places(**{name: Place(**each) if isinstance(each, dict) else each for name, each in found.items()})  # type: ignore[arg-type]
