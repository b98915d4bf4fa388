"""What is worked out of one file's content, each thing when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from cucurbit.source import reader, sieve
from cucurbit.source.facts import ModuleFacts
from cucurbit.source.text import SourceText
from cucurbit.workspace.apps import may_start
from cucurbit.workspace.files import Content
from cucurbit.workspace.roots import Imports, scan_imports


class Parsed:
    """What was worked out of one content; shared by every snapshot in which the file holds it."""

    def __init__(self, content: Content) -> None:
        self.content = content

    @cached_property
    def source(self) -> SourceText | None:
        if isinstance(self.content, bytes):
            return SourceText.decode(self.content)
        return SourceText(self.content) if isinstance(self.content, str) else None

    @cached_property
    def facts(self) -> ModuleFacts | None:
        source = self.source
        return reader.read(source.text) if source is not None and source.problem is None else None

    @cached_property
    def imports(self) -> Imports:
        return scan_imports(self.content)

    @cached_property
    def data(self) -> bytes:
        if isinstance(self.content, str):
            return self.content.encode("utf-8", "surrogatepass")
        return self.content if isinstance(self.content, bytes) else b""

    @cached_property
    def may_define_tables(self) -> bool:
        return sieve.may_define_tables(self.data)

    @cached_property
    def may_start(self) -> bool:
        return may_start(self.data)
