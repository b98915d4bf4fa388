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
"""The file that Python adds to the name of a module from which a name cannot be imported."""


def explain(context: Context, errors: tuple[RaisedError, ...]) -> list[Explanation]:
    """The known exceptions explained, in their order: the first comes first. The last one, where none is known."""
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
    """An exception without a known cause, which a timeline may show all the same."""
    error = case.error
    shown = raised(case, "", lambda failure: failure.error == error.name and _says(case, failure))
    return shown or case.explain("", None, "This is not an error of registration or migration that Cucurbit knows.")


def _says(case: ErrorCase, failure: Failure) -> bool:
    """Whether Python printed a failure's message, with the file of a module after its name; a key is a literal there.

    A message that is not known may be any, if the traceback leads to where the failure is.
    """
    printed, place = case.error.message, failure.place
    if not failure.message:
        line = case.context.span(place).line
        here = any((path_of(case.context, frame), frame.line) == (place.path, line) for frame in case.error.frames)
        return here or not printed or place.at == WHOLE_FILE
    message = repr(failure.message) if failure.error == "KeyError" else failure.message
    return message in (printed, _FILE.sub("", printed)) or printed.startswith(f"{message} (")
