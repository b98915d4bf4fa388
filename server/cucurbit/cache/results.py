"""Caches the output of commands with the answers of the disk that it depends on.

An output is reused only if the disk gives the same answers. This module imports almost nothing, as it has to be faster
than the work that it saves.
"""

from __future__ import annotations

import os

from cucurbit.cache import store
from cucurbit.workspace.tree.ledger import SEAL_SIZE, Asked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMAT = b"1"
_LARGEST = 64 * 1024 * 1024
_FIELDS_OF_ASKED = 6


class CommandOutput:
    """The text that a command wrote to standard output and standard error, and its exit code."""

    __slots__ = ("code", "err", "out")

    def __init__(self, out: str, err: str, code: int) -> None:
        self.out = out
        self.err = err
        self.code = code


def load(cache: str, key: bytes) -> CommandOutput | None:
    """The output cached under ``key``, if everything that it depends on is unchanged."""
    path = _path(cache, key)
    data = store.read(path)
    fields = _fields(data) if data is not None else None
    if not fields or fields[0] != _FORMAT or len(fields) < 4:
        return None
    asked = _asked(fields[4:])
    # What rests on no question would always hold.
    if (
        not asked
        or not any(each.folders or each.files for each in asked)
        or not fields[3].isdigit()
        or not all(each.holds() for each in asked)
    ):
        return None
    store.touch(path)
    return CommandOutput(_text(fields[1]), _text(fields[2]), int(fields[3]))


def save(cache: str, key: bytes, result: CommandOutput, asked: Iterable[Asked]) -> bool:
    """Cache an output under ``key``. Returns whether that was possible."""
    fields = [_FORMAT, _bytes(result.out), _bytes(result.err), b"%d" % result.code]
    for each in asked:
        paths = (each.folders, each.files, each.links, each.places)
        fields += [_bytes(each.base), each.seal, *(_bytes("\0".join(part)) if part else b"\0" for part in paths)]
    data = b"".join(b"%d:%b" % (len(field), field) for field in fields)
    return len(data) <= _LARGEST and store.write(cache, _path(cache, key), data)


def _path(cache: str, key: bytes) -> str:
    return os.path.join(cache, store.RESULTS, store.file_name(key))


def _fields(data: bytes) -> list[bytes] | None:
    found = []
    place = 0
    while place < len(data):
        colon = data.find(b":", place, place + 20)
        if colon < 0 or not data[place:colon].isdigit():
            return None
        end = colon + 1 + int(data[place:colon])
        found.append(data[colon + 1 : end])
        place = end
    return found if place == len(data) else None


def _asked(fields: Sequence[bytes]) -> list[Asked] | None:
    found = []
    for start in range(0, len(fields), _FIELDS_OF_ASKED):
        part = fields[start : start + _FIELDS_OF_ASKED]
        if len(part) != _FIELDS_OF_ASKED or len(part[1]) != SEAL_SIZE:
            return None
        base, seal, *paths = part
        folders, files, links, places = (_text(each).split("\0") if each != b"\0" else [] for each in paths)
        found.append(Asked(_text(base), folders, files, links, places, seal))
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
