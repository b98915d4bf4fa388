"""File URIs and paths.

Paths here are absolute, with ``/``; bytes of a name that are not UTF-8 are surrogate escapes, as in
:func:`os.fsdecode`. A drive letter is a lower-case one, however the editor spells it.
"""

from __future__ import annotations

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
    path = unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape").replace("\\", "/")
    if "\0" in path:
        return None
    if parts.netloc and parts.netloc != "localhost":
        return f"//{parts.netloc}{path}".rstrip("/")
    return normal(path)


def normal(path: str) -> str:
    """A path in the one spelling used here."""
    path = path.replace("\\", "/") if _DRIVE.match(path) else path
    drive = _DRIVE.match(path)
    if drive is not None:
        path = f"{drive[1].lower()}:{path[drive.end() :]}"
    return path.rstrip("/") or "/"


def to_uri(path: str) -> str:
    """The URI of an absolute path."""
    if path.startswith("//"):
        host, _, rest = path[2:].partition("/")
        return f"file://{host}/{quote(rest, errors='surrogateescape')}"
    drive = _DRIVE.match(path)
    if drive is not None:
        return f"file:///{drive[1].lower()}%3A{quote(path[drive.end() :], errors='surrogateescape')}"
    return f"file://{quote(path, errors='surrogateescape')}"
