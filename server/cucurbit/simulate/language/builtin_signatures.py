"""Whether a call of a built-in function or method has arguments that Python accepts."""

from __future__ import annotations

import builtins

from cucurbit.simulate.core.values import CallSite, Constant
from cucurbit.simulate.language.attributes import TYPES

_WITHOUT_ARGUMENTS = frozenset({"keys", "values", "items", "clear", "copy", "popitem"})
"""Methods of dicts whose signatures Python did not always tell."""


def fits_builtin(dotted: str, call: CallSite) -> bool:
    """Whether the number and the names of the arguments are those that the signature has.

    True for what is not built in, and for a function whose signature Python does not tell. ``delattr`` may always fail,
    and :mod:`pkgutil` takes no string as a path.
    """
    owner, _, name = dotted.rpartition(".")
    if dotted == "builtins.delattr":
        return False
    if dotted in ("pkgutil.walk_packages", "pkgutil.iter_modules"):
        return not call.args or not isinstance(call.args[0], Constant) or call.args[0].value is None
    if dotted == "builtins.type":
        # With three arguments it makes a class, which checks its name, its bases and what it holds.
        return len(call.args) == 1 and not call.kwargs
    found = getattr(builtins if owner == "builtins" else TYPES.get(owner), name, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return not call.kwargs and (not issubclass(found, SyntaxError) or len(call.args) < 2)
    if found is None or isinstance(found, type):
        return found is not reversed or (len(call.args) == 1 and not call.kwargs)
    text = getattr(found, "__text_signature__", None)
    if text is None:
        return name not in _WITHOUT_ARGUMENTS or not (call.args or call.kwargs)
    return _fits(text, call)


def _fits(text: str, call: CallSite) -> bool:
    """Whether the arguments fit a signature that is written as ``($self, key, default=None, /)``."""
    positional: list[str] = []
    by_name: set[str] = set()
    needed: set[str] = set()
    any_number = any_name = after_star = False
    for part in text.strip("()").split(","):
        name, has_default, _ = part.strip().partition("=")
        if name == "/":
            by_name.clear()
        elif name.startswith("**"):
            any_name = True
        elif name.startswith("*"):
            after_star = True
            any_number = any_number or name != "*"
        elif not name.startswith("$"):
            by_name.add(name)
            if not after_star:
                positional.append(name)
            if not has_default:
                needed.add(name)
    given = positional[: len(call.args)]
    return (
        (any_number or len(call.args) <= len(positional))
        and (any_name or by_name.issuperset(call.kwargs))
        and needed <= {*given, *(by_name & call.kwargs.keys())}
    )
