"""Whether a call of a built-in function or method has arguments that Python accepts."""

from __future__ import annotations

import builtins
import inspect

from cucurbit.simulate.core.values import CallSite
from cucurbit.simulate.language.attributes import TYPES

_UNCHECKED = object()


def fits_builtin(dotted: str, call: CallSite) -> bool:
    """Whether the number and the names of the arguments are those that the signature has.

    True for what is not built in, and for a function whose signature Python does not tell.
    """
    owner, _, name = dotted.rpartition(".")
    if dotted == "builtins.type":
        # With three arguments it makes a class, which checks its name, its bases and what it holds.
        return len(call.args) == 1 and not call.kwargs
    found = getattr(builtins if owner == "builtins" else TYPES.get(owner), name, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return not call.kwargs and (not issubclass(found, SyntaxError) or len(call.args) < 2)
    if found is None or isinstance(found, type):
        return found is not reversed or (len(call.args) == 1 and not call.kwargs)
    try:
        signature = inspect.signature(found)
        signature.bind(*([_UNCHECKED] * (len(call.args) + (owner in TYPES))), **dict.fromkeys(call.kwargs, _UNCHECKED))
    except TypeError:
        return False
    except ValueError:
        return True
    return True
