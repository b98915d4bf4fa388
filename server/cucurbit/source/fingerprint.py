"""Facts as bytes: a digest of what a timeline depends on, and the form kept on disk."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from cucurbit.source import facts
from cucurbit.source.facts import ModuleFacts

_SIZE = 16
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ModuleFacts)


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SIZE).digest()


def _schema() -> bytes:
    """Changes whenever the shape of facts does, so that facts written in another shape are not read."""
    kinds = [kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    shape = [(kind.__name__, kind.__struct_fields__) for kind in kinds]
    return _hash(repr(sorted(shape)).encode())


_SCHEMA = _schema()


def digest(module: ModuleFacts) -> bytes:
    """16 bytes, equal for modules that execute alike.

    Spans and comments are left out; what a syntax problem says, and whether it is certain, counts.
    """
    problem = module.problem
    kind = None if problem is None else (problem.message, problem.certain)
    return _hash(_ENCODER.encode((module.body, kind)))


def dump(module: ModuleFacts) -> bytes:
    """The facts as bytes for :func:`load`."""
    payload = _ENCODER.encode(module)
    return _SCHEMA + _hash(payload) + payload


def load(data: bytes) -> ModuleFacts | None:
    """The facts that :func:`dump` wrote; None for anything else."""
    payload = data[2 * _SIZE :]
    if data[:_SIZE] != _SCHEMA or data[_SIZE : 2 * _SIZE] != _hash(payload):
        return None
    try:
        return _DECODER.decode(payload)
    except (msgspec.MsgspecError, RecursionError, MemoryError, ValueError):
        return None
