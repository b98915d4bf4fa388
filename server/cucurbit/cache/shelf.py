"""Caches the facts of files under the digest of their content.

Each workspace has a folder of segment files. A segment is written once, by one process, and never changed, so any
number of processes may read and write at the same time. When there are many segments, they are merged into one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from cucurbit.cache import store
from cucurbit.cache.folder import cache_folder, is_switched_off
from cucurbit.cache.key import user_key
from cucurbit.cache.program_digest import program_digest
from cucurbit.source.facts import ModuleFacts
from cucurbit.source.fingerprint import dump, load
from cucurbit.workspace.parsed import Look, Parsed

_MAGIC: Final = b"cucurbit facts 2\n"
_DIGEST_SIZE: Final = 16
_LENGTH_SIZE: Final = 8
_HEAD: Final = len(_MAGIC) + _DIGEST_SIZE + _LENGTH_SIZE
_MOST_SEGMENTS: Final = 8
_LARGEST: Final = store.LIMIT // 2
"""The size in bytes above which merging keeps only the facts that the last run used."""


class _SegmentEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The entry for one file content; ``length`` is 0 if its facts are not cached."""

    look: Look
    start: int
    length: int


_INDEX = msgspec.msgpack.Decoder(dict[bytes, _SegmentEntry])
_ENCODER = msgspec.msgpack.Encoder()


class _Segment:
    """One segment file, with its index."""

    def __init__(self, path: str, base: int, entries: dict[bytes, _SegmentEntry], user: bytes) -> None:
        self.path = path
        self._user = user
        self.base = base
        self.entries = entries

    def facts(self, key: bytes, entry: _SegmentEntry) -> bytes:
        """The stored bytes of the facts; empty if they are damaged or not the user's own."""
        try:
            # Opened each time, as Windows does not let other processes replace a file that is open.
            with store.open_regular(self.path) as file:
                file.seek(self.base + entry.start)
                data = file.read(entry.length)
        except (OSError, ValueError, MemoryError):
            return b""
        blob = data[_DIGEST_SIZE:]
        return blob if data[:_DIGEST_SIZE] == store.signature(self._user, key, blob) else b""


class DiskShelf:
    """The cached facts of one workspace. Safe for any number of threads."""

    def __init__(self, cache: str, root: str) -> None:
        self._cache = cache
        key = store.digest(root.encode("utf-8", "surrogatepass"), program_digest())
        self._folder = os.path.join(cache, store.FACTS, key.hex())
        self._user = user_key()
        self._segments = list(_segments(self._folder, self._user)) if self._user is not None else []

    def look(self, key: bytes) -> Look | None:
        for segment in self._segments:
            entry = segment.entries.get(key)
            if entry is not None:
                return entry.look
        return None

    def facts(self, key: bytes) -> ModuleFacts | None:
        for segment in self._segments:
            entry = segment.entries.get(key)
            if entry is not None and entry.length:
                facts = load(segment.facts(key, entry))
                if facts is not None:
                    return facts
        return None

    def has_facts(self, key: bytes) -> bool:
        """Whether facts are stored for this key; they may still turn out to be unreadable."""
        return any(entry.length for segment in self._segments if (entry := segment.entries.get(key)) is not None)

    def save(self, parsed: Iterable[Parsed]) -> bool:
        """Save the new entries of ``parsed``, which is all that the last run used. Returns whether all are saved."""
        used = [(each.key, each) for each in parsed if each.key is not None]
        fresh = [(key, each) for key, each in used if each.is_fresh]
        if not fresh:
            return True
        if self._user is None:
            return False
        writer = _Writer(self._user)
        for key, each in fresh:
            writer.add(key, each.look, _dumped(each))
        old = [segment.path for segment in self._segments]
        if len(old) >= _MOST_SEGMENTS:
            self._take_over(writer, {key for key, _ in used})
        path = os.path.join(self._folder, f"{time.time_ns():020}-{os.getpid()}-{os.urandom(4).hex()}")
        if not store.write_parts(self._cache, store.with_suffix(path), writer.parts()):
            return False
        if len(old) >= _MOST_SEGMENTS:
            for each_path in old:
                store.remove(each_path)
        store.evict(self._cache)
        for _, each in fresh:
            each.is_fresh = False
        return True

    def _take_over(self, writer: _Writer, used: set[bytes]) -> None:
        """Add the entries of the existing segments: used ones first, then others up to the size limit."""
        for wanted in (True, False):
            for segment in self._segments:
                for key, entry in segment.entries.items():
                    if (key in used) is wanted and (wanted or writer.size < _LARGEST):
                        writer.add(key, entry.look, segment.facts(key, entry) if entry.length else b"")


class _Writer:
    """Collects the entries of a new segment; if a key occurs twice, the first one counts."""

    def __init__(self, user: bytes) -> None:
        self._user = user
        self._entries: dict[bytes, _SegmentEntry] = {}
        self._blobs: list[bytes] = []
        self.size = 0

    def add(self, key: bytes, look: Look, blob: bytes) -> None:
        known = self._entries.get(key)
        if known is not None and (known.length or not blob):
            return
        if blob:
            blob = store.signature(self._user, key, blob) + blob
        self._entries[key] = _SegmentEntry(look if known is None else known.look, self.size, len(blob))
        self._blobs.append(blob)
        self.size += len(blob)

    def parts(self) -> Iterator[bytes]:
        index = _ENCODER.encode(self._entries)
        yield _MAGIC
        yield store.signature(self._user, index)
        yield len(index).to_bytes(_LENGTH_SIZE, "little")
        yield index
        yield from self._blobs


def _dumped(parsed: Parsed) -> bytes:
    facts = parsed.known_facts
    try:
        return dump(facts) if facts is not None else b""
    except (RecursionError, ValueError, MemoryError):
        return b""


def _segments(folder: str, user: bytes) -> Iterator[_Segment]:
    """The complete segments of a folder, the newest first."""
    try:
        names = sorted(os.listdir(folder), reverse=True)
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        segment = _read_index(path, user) if store.is_finished(name) else None
        if segment is not None:
            store.touch(path)
            yield segment


def _read_index(path: str, user: bytes) -> _Segment | None:
    try:
        with store.open_regular(path) as file:
            head = file.read(_HEAD)
            length = int.from_bytes(head[-_LENGTH_SIZE:], "little")
            if len(head) != _HEAD or not head.startswith(_MAGIC) or length > os.fstat(file.fileno()).st_size:
                return None
            index = file.read(length)
        if store.signature(user, index) != head[len(_MAGIC) : len(_MAGIC) + _DIGEST_SIZE]:
            return None
        return _Segment(path, _HEAD + length, _INDEX.decode(index), user)
    except (OSError, ValueError, MemoryError, RecursionError, msgspec.MsgspecError):
        return None


def open_shelf(root: str, setting: str | None) -> DiskShelf | None:
    """The cached facts of a workspace; ``setting`` is its ``cache-dir``. None if there is no cache."""
    cache = None if is_switched_off() else cache_folder(setting, root)
    return DiskShelf(cache, root) if cache is not None else None
