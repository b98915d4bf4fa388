"""The standard library: combines the hooks in this folder."""

from __future__ import annotations

import sys

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import Constant, Value
from cucurbit.simulate.packages.stdlib import (
    builtin_calls,
    logging_configuration,
    method_calls,
    namespace_packages,
    parsed_arguments,
    path_calls,
    process_calls,
    regular_expressions,
    system_calls,
)

_PLATFORM_TEXTS = {
    "sys.platform": sys.platform,
    "os.name": "nt" if sys.platform == "win32" else "posix",
    "os.sep": "/",
    "os.path.sep": "/",
    "os.pathsep": ":",
    "os.curdir": ".",
    "os.pardir": "..",
}


def _constant(machine: Machine, dotted: str) -> Value | None:
    if dotted == "sys.version_info":
        numbers = tuple(Constant(part) for part in (*sys.version_info[:3], "final", 0))
        return machine.sequence("tuple", numbers)
    if dotted in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"):
        return Constant(False)
    text = _PLATFORM_TEXTS.get(dotted)
    return None if text is None else Constant(text)


PACKAGE = Package(
    name="the standard library",
    leaves_arguments=("typing.", "logging."),
    calls={
        **builtin_calls.HANDLERS,
        **logging_configuration.HANDLERS,
        **method_calls.HANDLERS,
        **path_calls.HANDLERS,
        **system_calls.HANDLERS,
        **namespace_packages.HANDLERS,
        **parsed_arguments.HANDLERS,
        **process_calls.HANDLERS,
        **regular_expressions.HANDLERS,
    },
    methods=system_calls.METHODS,
    constant=_constant,
    attribute=builtin_calls.attribute,
    decorators={
        "builtins.staticmethod": "static",
        "builtins.classmethod": "class",
        "builtins.property": "property",
        "functools.cached_property": "property",
        "types.DynamicClassAttribute": "property",
        "enum.property": "property",
        "contextlib.contextmanager": "contextmanager",
        "contextlib.asynccontextmanager": "contextmanager",
    },
    may_not_run=("functools.singledispatch",),
    keeps_no_results=("functools.", "contextlib.", "abc.", "typing.", "typing_extensions."),
)
