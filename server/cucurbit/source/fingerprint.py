"""Facts as bytes: a digest of what a timeline depends on, and the form kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from cucurbit.source import facts
from cucurbit.source.facts import ModuleFacts, Step

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
    """16 bytes, equal for modules that execute alike, whichever of their functions are called.

    Spans and comments are left out; what a syntax problem says, and whether it is certain, counts.
    """
    return _hash(_ENCODER.encode((module.bodies, _kind(module))))


def imports_alike(one: ModuleFacts, other: ModuleFacts) -> bool:
    """Whether two modules execute alike as long as none of their functions is called."""
    return _kind(one) == _kind(other) and steps_alike(one.body, other.body)


def same_facts(one: ModuleFacts, other: ModuleFacts) -> bool:
    """Whether two modules have the same steps at the same places, and the same comments."""
    return one is other or _ENCODER.encode(one) == _ENCODER.encode(other)


def steps_alike(one: Sequence[Step], other: Sequence[Step]) -> bool:
    """Whether two blocks execute alike. Not asked by ``==``, for which ``1`` is ``True``."""
    if one is other:
        return True
    if len(one) == len(other):
        # Of an edited text most steps are those of the text before.
        differing = [number for number, step in enumerate(one) if step is not other[number]]
        one, other = [one[number] for number in differing], [other[number] for number in differing]
    return _ENCODER.encode(one) == _ENCODER.encode(other)


def _kind(module: ModuleFacts) -> tuple[str, bool] | None:
    problem = module.problem
    return None if problem is None else (problem.message, problem.certain)


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
