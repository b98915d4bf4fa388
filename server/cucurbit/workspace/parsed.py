"""The results for one file's content, each computed on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Protocol, TypeAlias

import msgspec

from cucurbit.source import reader, rereading, sieve
from cucurbit.source.facts import ModuleFacts
from cucurbit.source.rereading import Reading
from cucurbit.source.text import SourceText
from cucurbit.workspace.modules.roots import Imports, scan_imports
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.tree.disk import digest
from cucurbit.workspace.tree.files import Content


class Look(msgspec.Struct, array_like=True, gc=False):
    """What the bytes of a file show without being parsed; None for what was not needed yet."""

    may_define_tables: bool | None = None
    may_start: bool | None = None
    imports: dict[str, int] | None = None


class Shelf(Protocol):
    """Caches results for bytes. The key is their :func:`cucurbit.workspace.tree.disk.digest`."""

    def look(self, key: bytes) -> Look | None: ...

    def facts(self, key: bytes) -> ModuleFacts | None: ...

    def has_facts(self, key: bytes) -> bool: ...

    def save(self, parsed: Iterable[Parsed]) -> bool: ...


OpenShelf: TypeAlias = Callable[[str, str | None], Shelf | None]
"""From the root of a workspace and its setting ``cache-dir`` to its shelf, if it has one."""


class Parsed:
    """The results for one content; shared by every snapshot in which the file has it.

    ``is_fresh``: it has results that ``shelf`` does not have. Texts of an editor are not put on the shelf. ``ahead``
    gives the results of another process that has already read the file. ``reading`` is that of an editor's text or of
    an earlier text of the file, which helps to read the next one.
    """

    def __init__(self, content: Content, shelf: Shelf | None = None, before: Reading | None = None) -> None:
        self.content = content
        self.reading = before
        self._shelf = shelf if isinstance(content, bytes) else None
        self.is_fresh = False
        self.ahead: Callable[[], ModuleFacts | None] | None = None

    @cached_property
    def key(self) -> bytes | None:
        return digest(self.data) if self._shelf is not None else None

    @cached_property
    def look(self) -> Look:
        found = self._shelf.look(self.key) if self._shelf is not None and self.key is not None else None
        return Look() if found is None else found

    @cached_property
    def source(self) -> SourceText | None:
        return self._decoded()

    def _decoded(self) -> SourceText | None:
        if isinstance(self.content, bytes):
            return SourceText.decode(self.content)
        return SourceText(self.content) if isinstance(self.content, str) else None

    @cached_property
    def facts(self) -> ModuleFacts | None:
        found = self._shelf.facts(self.key) if self._shelf is not None and self.key is not None else None
        if found is not None:
            return found
        # Not kept: the text of most files is not needed.
        source = self.__dict__.get("source") or self._decoded()
        if source is None or source.problem is not None:
            return None
        self.is_fresh = True
        if isinstance(self.content, str):
            return reader.read(source.text) if self.is_broken or self.reading is None else self.reading.facts
        found = self.ahead() if self.ahead is not None else None
        return reader.read(source.text) if found is None else found

    @cached_property
    def is_broken(self) -> bool:
        """Whether a text of an editor has a syntax error; this is faster than computing its facts."""
        if not isinstance(self.content, str):
            return False
        reading = rereading.unbroken(self.content, self.reading)
        # After a text with a syntax error, the next one is read with the help of the last text without one.
        self.reading = self.reading if reading is None else reading
        return reading is None

    @property
    def is_unread(self) -> bool:
        """Whether requesting the facts would parse the file."""
        if "facts" in self.__dict__ or not isinstance(self.content, bytes):
            return False
        return self._shelf is None or self.key is None or not self._shelf.has_facts(self.key)

    @property
    def known_facts(self) -> ModuleFacts | None:
        """The facts, if they were computed already."""
        found = self.__dict__.get("facts")
        return found if isinstance(found, ModuleFacts) else None

    @property
    def imports(self) -> Imports:
        look = self.look
        if look.imports is None:
            look.imports = dict(scan_imports(self.content))
            self.is_fresh = True
        return look.imports

    @cached_property
    def data(self) -> bytes:
        if isinstance(self.content, str):
            return self.content.encode("utf-8", "surrogatepass")
        return self.content if isinstance(self.content, bytes) else b""

    @property
    def may_define_tables(self) -> bool:
        look = self.look
        if look.may_define_tables is None:
            look.may_define_tables = sieve.may_define_tables(self.data)
            self.is_fresh = True
        return look.may_define_tables

    def may_start(self, launchers: Launchers) -> bool:
        look = self.look
        if look.may_start is None:
            look.may_start = launchers.may_start(self.data)
            self.is_fresh = True
        return look.may_start
