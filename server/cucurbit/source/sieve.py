"""Which files can matter at all, told from their raw bytes before anything is parsed.

Each question is answered by substring search alone: True may be wrong, False may not.
"""

from __future__ import annotations

import codecs

_DECLARING: tuple[bytes, ...] = (
    b"__tablename__",
    b"__table__",
    b"__abstract__",
    b"Table(",
    b"Table (",
    b"table=True",
    b"table = True",
    b"MetaData",
    b"declarative",
    b"Declarative",
    b"MappedAsDataclass",
    b".Model",
    b"SQLModel",
    b"SQLAlchemy(",
    b".mapped",
    b"generate_base",
    b"map_imperatively",
    b"mapper(",
    b"automap",
    b"reflect(",
    b"mapped_column",
    b"Column(",
    b"Base)",
    b"Base,",
)
_TABLE_MARKERS: tuple[bytes, ...] = (*_DECLARING, b"sqlalchemy")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
"""The mark of little-endian UTF-32 starts as that of UTF-16 does."""


def may_define_tables(data: bytes) -> bool:
    """Whether a file may define a table, a MetaData or a declarative base."""
    return _holds_any(data, _TABLE_MARKERS)


def may_declare_tables(data: bytes) -> bool:
    """Whether a file may define a table or a declarative base, not only use what others define."""
    return _holds_any(data, _DECLARING)


def _holds_any(data: bytes, markers: tuple[bytes, ...]) -> bool:
    narrow = _narrow(data)
    return any(marker in narrow for marker in markers)


def _narrow(data: bytes) -> bytes:
    """The bytes in an encoding in which ASCII text stands as it is."""
    if not data.startswith(_WIDE_MARKS):
        return data
    # Every marker is ASCII: without the NUL bytes its characters stand side by side in each of these encodings.
    return data.replace(b"\0", b"")
