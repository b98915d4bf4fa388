"""How SQLAlchemy shows its objects in messages, and which name was meant by one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from cucurbit.simulate.core.shapes import ClassTerm, MapperShape, TableShape


def mapper_text(mapper: MapperShape, table: TableShape | None) -> str:
    """``str(mapper)``."""
    name = table.name if table is not None else "?"
    return f"Mapper[{mapper.name}({name})]" if mapper.modern else f"mapped class {mapper.name}->{name}"


def class_text(cls: ClassTerm) -> str:
    """``repr(cls)``."""
    return f"<class '{cls.module}.{cls.name}'>"


def write(better: str | None, otherwise: str) -> str:
    """The advice about a name that does not exist: what was meant, if that is known."""
    return f"Write `{better}`." if better is not None else otherwise


def meant(written: str, names: Iterable[str]) -> str | None:
    """The name that was meant: it differs in capitals, in the plural, or in a letter or two. None if none is near."""
    known = sorted(set(names))
    folded = written.casefold()
    for name in known:
        if name.casefold() == folded:
            return name
    for name in known:
        other = name.casefold()
        if other in (f"{folded}s", f"{folded}es") or folded in (f"{other}s", f"{other}es"):
            return name
    close = get_close_matches(written, known, n=1, cutoff=0.75)
    return close[0] if close else None
