"""Explains the exceptions of a traceback: which messages are known, and what explains each."""

from __future__ import annotations

import re
from collections.abc import Callable

from cucurbit.analysis.context import Context
from cucurbit.explain import import_errors, table_errors
from cucurbit.explain.case import ErrorCase, path_of, raised
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.tracebacks import RaisedError
from cucurbit.simulate.core.timeline import Failure
from cucurbit.source.facts import WHOLE_FILE

_KNOWN: tuple[tuple[re.Pattern[str], Callable[[ErrorCase], Explanation]], ...] = (
    (re.compile(r"Table '([^']+)' is already defined for this MetaData instance"), table_errors.already_defined),
    (re.compile(r"Attribute name '([^']+)' is reserved"), table_errors.reserved_attribute),
    (re.compile(r"Multiple classes found for path \"([^\"]+)\""), table_errors.multiple_classes),
    (re.compile(r"expression ['\"](.+?)['\"] failed to locate a name"), table_errors.failed_to_locate),
    (
        re.compile(r"[Ff]oreign key associated with column '([^']+)' could not find table '([^']+)'"),
        table_errors.no_referenced_table,
    ),
    (
        re.compile(r"cannot import name '([^']+)' from partially initialized module '([^']+)'"),
        import_errors.partially_initialized,
    ),
    (
        re.compile(r"cannot access submodule '(?P<name>[^']+)' of module '(?P<module>[^']+)'"),
        import_errors.half_executed,
    ),
    (
        re.compile(r"partially initialized module '(?P<module>[^']+)' has no attribute '(?P<name>[^']+)'"),
        import_errors.half_executed,
    ),
    (re.compile(r"No module named '?([\w.]+)'?"), import_errors.no_module),
)

_FILE = re.compile(r"(?<=[')]) \((?:unknown location|[^()]*\.py|[^()]*\.so|[^()]*\.pyd)\)")
"""The file name that Python appends to the message of a failed ``from module import name``."""


def explain(context: Context, errors: tuple[RaisedError, ...]) -> list[Explanation]:
    """Explain the exceptions whose messages are known, in their order; if none is known, the last exception."""
    found: dict[tuple[str, str], Explanation] = {}
    for error in errors:
        explanation = _known(context, error)
        if explanation is not None:
            found.setdefault((error.name, error.message), explanation)
    return list(found.values()) or [_unknown(ErrorCase(context, errors[-1], ()))]


def _known(context: Context, error: RaisedError) -> Explanation | None:
    for pattern, explained in _KNOWN:
        match = pattern.search(error.message)
        if match is not None:
            named = match.groupdict()
            return explained(ErrorCase(context, error, (named["name"], named["module"]) if named else match.groups()))
    return None


def _unknown(case: ErrorCase) -> Explanation:
    """Explain an exception whose message is not known: a timeline may still show it."""
    error = case.error
    shown = raised(case, "", lambda failure: failure.error == error.name and _says(case, failure))
    return shown or case.explain("", None, "Cucurbit does not know the cause of this exception.")


def _says(case: ErrorCase, failure: Failure) -> bool:
    """Whether the printed message is that of a failure on a timeline.

    Python appends the file of a module to its name, and prints the key of a KeyError as a literal. If the failure has
    no message, the traceback has to lead to its place.
    """
    printed, place = case.error.message, failure.place
    if not failure.message:
        line = case.context.span(place).line
        here = any((path_of(case.context, frame), frame.line) == (place.path, line) for frame in case.error.frames)
        return here or not printed or place.at == WHOLE_FILE
    message = repr(failure.message) if failure.error == "KeyError" else failure.message
    return message in (printed, _FILE.sub("", printed)) or printed.startswith(f"{message} (")
