"""Werkzeug: its cached properties, and objects by name.

Facts from werkzeug/utils.py: ``import_string`` tries the whole name as a module, then as an attribute after the
last dot or colon. If that is an ImportError and not ``silent``, it imports each beginning of the name again, to say
which one is missing, and raises ImportStringError.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine, Raised
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import Failure, Place
from cucurbit.simulate.core.values import CallSite, Constant, Value
from cucurbit.simulate.packages.objects_by_name import IMPORT_ERRORS, finder, of_module_or_last_dot

_ERROR = "ImportStringError"
_CAUGHT = frozenset({*IMPORT_ERRORS, "AttributeError"})
"""What ``import_string`` catches: it turns an AttributeError into an ImportError."""


def object_named(machine: Machine, name: str, place: Place) -> Value:
    """A module, or an attribute of one after a dot or a colon.

    Raises:
        Raised: ImportStringError, or what a module raises.
    """
    found = _try(machine, name, place)
    if not isinstance(found, Failure):
        return found
    parts = name.replace(":", ".").split(".")
    for count in range(1, len(parts) + 1):
        if isinstance(_try(machine, ".".join(parts[:count]), place), Failure):
            break
    why = f"import_string() failed for {name!r}: {found.error}: {found.message}"
    machine.fail(_ERROR, why, place, found.named)


def _try(machine: Machine, name: str, place: Place) -> Value | Failure:
    try:
        return of_module_or_last_dot(machine, name.replace(":", "."), place)
    except Raised as raised:
        if raised.failure.error not in _CAUGHT:
            raise
        return raised.failure


def _silently(machine: Machine, name: str, place: Place) -> Value:
    found = _try(machine, name, place)
    return Constant(None) if isinstance(found, Failure) else found


_FIND = finder(object_named, "import_name", "silent")
_FIND_SILENTLY = finder(_silently, "import_name", "silent")


def _import_string(machine: Machine, call: CallSite) -> Value:
    silent = call.argument(1, "silent")
    return (_FIND if silent is None or machine.truth(silent) is False else _FIND_SILENTLY)(machine, call)


PACKAGE = Package(
    name="Werkzeug",
    calls={"werkzeug.utils.import_string": _import_string},
    decorators={"werkzeug.utils.cached_property": "property"},
    exceptions={_ERROR: "ImportError"},
)
