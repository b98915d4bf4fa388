"""What the tests of the source layer share."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cucurbit.source import facts
from cucurbit.source.facts import ModuleFacts
from cucurbit.source.fingerprint import digest
from cucurbit.source.reader import read
from cucurbit.source.text import SourceText

STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])


def standard_files(limit: int, largest: int = 60_000) -> list[str]:
    """The texts of ``limit`` files of the standard library, spread over it."""
    texts = []
    paths = sorted(path for path in STANDARD_LIBRARY.glob("*/*.py") if path.stat().st_size < largest)
    for path in paths[:: max(len(paths) // limit, 1)]:
        text = SourceText.decode(path.read_bytes())
        if text.problem is None:
            texts.append(text.text)
    return texts


def nodes(value: object) -> Iterator[facts.Node]:
    """Every node of a piece of facts, in order."""
    if isinstance(value, tuple):
        for item in value:
            yield from nodes(item)
    elif isinstance(value, msgspec.Struct):
        if isinstance(value, facts.Node):
            yield value
        for field in value.__struct_fields__:
            yield from nodes(getattr(value, field))


def same_steps(one: str, other: str) -> bool:
    """Whether two texts execute alike, a syntax problem apart."""
    return _digest(read(one)) == _digest(read(other))


def _digest(module: ModuleFacts) -> bytes:
    return digest(msgspec.structs.replace(module, problem=None))


def at(text: str, module: ModuleFacts, index: facts.At) -> str:
    """The text at a place of facts."""
    return SourceText(text).slice(module.span(index))
