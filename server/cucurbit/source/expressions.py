"""Expressions, as facts hold them: part of the vocabulary of :mod:`cucurbit.source.facts`, which gives them out."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

At: TypeAlias = int
"""A place of a module: the number of a body or class above, an index into its spans below (:func:`in_body`)."""

_INDEX_BITS = 23
"""More places than a file of the largest size that is read has characters."""

_INDEX_MASK = (1 << _INDEX_BITS) - 1


def in_body(number: int, index: int) -> At:
    """The place with an index into the spans of a body or class."""
    return number << _INDEX_BITS | index


def parts_of(at: At) -> tuple[int, int]:
    """The number of the body or class, and the index of a place."""
    return at >> _INDEX_BITS, at & _INDEX_MASK


WHOLE_FILE: At = -1
"""The place of what concerns a whole file."""

Scalar: TypeAlias = bool | int | float | str | None


class Node(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Base of everything that stands in a module."""


class Const(Node, frozen=True):
    """A literal. Bytes, complex numbers and ``...`` are :class:`Opaque`.

    ``at`` is the place of a string; other literals have none.
    """

    value: Scalar
    at: At = WHOLE_FILE


class Name(Node, frozen=True):
    id: str
    at: At


class Attr(Node, frozen=True):
    """``value.name``; ``at`` is the whole expression."""

    value: Expr
    name: str
    at: At


class Keyword(Node, frozen=True):
    """``name=value`` in a call or class header; ``name`` is None for ``**value``."""

    name: str | None
    value: Expr


class Call(Node, frozen=True):
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    at: At


class Star(Node, frozen=True):
    """``*value`` in a call, a display or a target."""

    value: Expr


class Subscript(Node, frozen=True):
    value: Expr
    index: Expr
    at: At


class Slice(Node, frozen=True):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


class Sequence(Node, frozen=True):
    """A list, tuple or set display, or such a target."""

    kind: Literal["list", "tuple", "set"]
    items: tuple[Expr, ...]


class Dict(Node, frozen=True):
    """A dict display; a key of None is ``**value``."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


class Binary(Node, frozen=True):
    """``left op right``; ``op`` is the operator's text (``+``, ``/``, ``%``...)."""

    op: str
    left: Expr
    right: Expr


class Unary(Node, frozen=True):
    """``op`` is ``not``, ``-``, ``+`` or ``~``."""

    op: str
    operand: Expr


class Boolean(Node, frozen=True):
    """``a and b and c`` or ``a or b or c``."""

    op: Literal["and", "or"]
    values: tuple[Expr, ...]


class Compare(Node, frozen=True):
    """A chain of comparisons; ``ops`` are the operators' texts (``==``, ``not in``, ``is``...)."""

    left: Expr
    ops: tuple[str, ...]
    rights: tuple[Expr, ...]


class Formatted(Node, frozen=True):
    """An f-string: literal parts are :class:`Const`. A part with a format spec or conversion is :class:`Opaque`."""

    parts: tuple[Expr, ...]


class Conditional(Node, frozen=True):
    test: Expr
    then: Expr
    orelse: Expr


class Lambda(Node, frozen=True):
    params: Params
    body: Expr
    at: At


class Generator(Node, frozen=True):
    """One ``for target in iter if conditions`` of a comprehension."""

    target: Expr
    iter: Expr
    conditions: tuple[Expr, ...]


class Comprehension(Node, frozen=True):
    """``element`` is the value for a dict comprehension, whose ``key`` is then set."""

    kind: Literal["list", "set", "dict", "generator"]
    key: Expr | None
    element: Expr
    generators: tuple[Generator, ...]
    at: At


class Await(Node, frozen=True):
    value: Expr


class Yield(Node, frozen=True):
    """``yield value`` or, with ``delegate``, ``yield from value``."""

    value: Expr | None
    delegate: bool


class Walrus(Node, frozen=True):
    name: str
    value: Expr


class Opaque(Node, frozen=True):
    """An expression whose value is never known; ``parts`` are evaluated for what they do."""

    parts: tuple[Expr, ...]


Expr: TypeAlias = (
    Const
    | Name
    | Attr
    | Call
    | Star
    | Subscript
    | Slice
    | Sequence
    | Dict
    | Binary
    | Unary
    | Boolean
    | Compare
    | Formatted
    | Conditional
    | Lambda
    | Comprehension
    | Await
    | Yield
    | Walrus
    | Opaque
)


class Param(Node, frozen=True):
    name: str
    default: Expr | None


class Params(Node, frozen=True):
    """Parameters of a function; ``positional`` includes the ``positional_only`` first ones, before the ``/``."""

    positional: tuple[Param, ...]
    vararg: str | None
    keyword_only: tuple[Param, ...]
    kwarg: str | None
    positional_only: int = 0
