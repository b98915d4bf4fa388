"""What the tests of the source layer share."""

from __future__ import annotations

import sysconfig
import unicodedata
from collections.abc import Iterator
from itertools import chain
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


def check_places(text: str) -> ModuleFacts:
    """Every place lies in the text, and the text at a name is that name."""
    module = read(text)
    source = SourceText(text)
    problem = () if module.problem is None else (module.problem.span,)
    for span in (*chain(*module.spans), *[comment.span for comment in module.comments], *problem):
        assert (1, 0) <= (span.line, span.column) <= (span.end_line, span.end_column)
        assert span.end_line <= source.line_count
        assert span.column <= len(source.line_text(span.line))
        assert span.end_column <= len(source.line_text(span.end_line))
    for node in nodes(module):
        if isinstance(node, facts.Name):
            assert unicodedata.normalize("NFKC", source.slice(module.span(node.at))) == node.id
        elif isinstance(node, (facts.ClassDef, facts.FunctionDef)):
            assert unicodedata.normalize("NFKC", source.slice(module.span(node.name_at))) == node.name
            end = module.span(node.at)
            assert source.text[source.offset(end.end_line, end.end_column)] == ":"
    return module
