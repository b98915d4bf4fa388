"""File URIs and paths.

Paths are absolute, with ``/``; bytes that are not UTF-8 are surrogate escapes, as in :func:`os.fsdecode`. Drive letters
are lower case, however the editor spells them.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

_DRIVE = re.compile(r"/?([A-Za-z]):(?=/|$)")


def to_path(uri: str) -> str | None:
    """The path of a ``file:`` URI; None for any other."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or "\0" in parts.path:
        return None
    try:
        path = unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape").replace("\\", "/")
    except UnicodeEncodeError:  # half of a character
        return None
    if "\0" in path:
        return None
    if parts.netloc and parts.netloc != "localhost":
        return f"//{parts.netloc}{_without_dots(path)}".rstrip("/")
    return normal(path)


def normal(path: str) -> str:
    """A path in the normal form of this program."""
    path = path.replace("\\", "/") if _DRIVE.match(path) else path
    drive = _DRIVE.match(path)
    if drive is not None:
        return f"{drive[1].lower()}:{_without_dots(path[drive.end() :])}".rstrip("/")
    return _without_dots(path).rstrip("/") or "/"


def _without_dots(path: str) -> str:
    """A path in which ``..`` leads nowhere: whether it stands inside a folder shows in its beginning."""
    return posixpath.normpath(path).replace("//", "/") if "/." in path or "//" in path else path


def to_uri(path: str) -> str:
    """The URI of an absolute path."""
    if path.startswith("//"):
        host, _, rest = path[2:].partition("/")
        return f"file://{host}/{quote(rest, errors='surrogateescape')}"
    drive = _DRIVE.match(path)
    if drive is not None:
        return f"file:///{drive[1].lower()}%3A{quote(path[drive.end() :], errors='surrogateescape')}"
    return f"file://{quote(path, errors='surrogateescape')}"
