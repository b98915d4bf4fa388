"""``cucurbit explain``."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.cli.looking import Defects, analysed
from cucurbit.cli.target import open_target, read_overrides, shown_from
from cucurbit.cli.terminal import is_coloured
from cucurbit.explain import imports as causes_imports
from cucurbit.explain import tables as causes_tables
from cucurbit.explain.causes import Case, path_of, raised
from cucurbit.explain.tracebacks import RaisedError, parse_tracebacks
from cucurbit.report.as_json import explain_document
from cucurbit.report.documents import to_json
from cucurbit.report.explanation import Explanation, explanation_lines
from cucurbit.report.report import Report, printable
from cucurbit.report.styled import signs_for, write
from cucurbit.simulate.core.timeline import Failure
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.source.text import SourceText

_KNOWN: tuple[tuple[re.Pattern[str], Callable[[Case], Explanation]], ...] = (
    (re.compile(r"Table '([^']+)' is already defined for this MetaData instance"), causes_tables.already_defined),
    (re.compile(r"Attribute name '([^']+)' is reserved"), causes_tables.reserved_attribute),
    (re.compile(r"Multiple classes found for path \"([^\"]+)\""), causes_tables.multiple_classes),
    (re.compile(r"expression ['\"](.+?)['\"] failed to locate a name"), causes_tables.failed_to_locate),
    (
        re.compile(r"[Ff]oreign key associated with column '([^']+)' could not find table '([^']+)'"),
        causes_tables.no_referenced_table,
    ),
    (
        re.compile(r"cannot import name '([^']+)' from partially initialized module '([^']+)'"),
        causes_imports.partially_initialized,
    ),
    (
        re.compile(r"cannot access submodule '(?P<name>[^']+)' of module '(?P<module>[^']+)'"),
        causes_imports.half_executed,
    ),
    (
        re.compile(r"partially initialized module '(?P<module>[^']+)' has no attribute '(?P<name>[^']+)'"),
        causes_imports.half_executed,
    ),
    (re.compile(r"No module named '?([\w.]+)'?"), causes_imports.no_module),
)

_FILE = re.compile(r"(?<=[')]) \((?:unknown location|[^()]*\.py|[^()]*\.so|[^()]*\.pyd)\)")
"""The file that Python adds to the name of a module from which a name cannot be imported."""


def run(options: Namespace) -> int:
    """Explain a traceback. Returns the exit code.

    Raises:
        Refused: there is no traceback, or something cannot be read.
    """
    errors = parse_tracebacks(read_traceback(options.traceback))
    if not errors:
        raise Refused("there is no traceback in this text, nor the line of an exception: `ExceptionName: message`")
    target = open_target(["."], read_overrides(options.config), cached=not options.no_cache)
    defects = Defects()
    context = analysed(target.workspace, defects)
    explanations = explain(context, errors)
    if options.output_format == "json":
        sys.stdout.write(to_json(explain_document(explanations)))
        return defects.code(CLEAN)
    report = Report((), target.workspace.source, shown_from(target.root, Path.cwd()))
    lines = explanation_lines(explanations, report, signs_for(sys.stdout.encoding))
    write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))
    return defects.code(CLEAN)


def explain(context: Context, errors: tuple[RaisedError, ...]) -> list[Explanation]:
    """The known exceptions explained, in their order: the first comes first. The last one, where none is known."""
    found: dict[tuple[str, str], Explanation] = {}
    for error in errors:
        explanation = _known(context, error)
        if explanation is not None:
            found.setdefault((error.name, error.message), explanation)
    return list(found.values()) or [_unknown(Case(context, errors[-1], ()))]


def _known(context: Context, error: RaisedError) -> Explanation | None:
    for pattern, explained in _KNOWN:
        match = pattern.search(error.message)
        if match is not None:
            named = match.groupdict()
            return explained(Case(context, error, (named["name"], named["module"]) if named else match.groups()))
    return None


def _unknown(case: Case) -> Explanation:
    """An exception without a known cause, which a timeline may show all the same."""
    error = case.error
    shown = raised(case, "", lambda failure: failure.error == error.name and _says(case, failure))
    return shown or case.explain("", None, "This is not an error of registration or migration that Cucurbit knows.")


def _says(case: Case, failure: Failure) -> bool:
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


def read_traceback(text: str) -> str:
    """The text that an argument means: standard input, a file, or itself.

    Raises:
        Refused: it is the path of a file that is not there or cannot be read.
    """
    if text == "-":
        if sys.stdin.isatty():
            end = "Ctrl-Z and Enter" if os.name == "nt" else "Ctrl-D"
            sys.stderr.write(f"Paste the traceback, then end it with {end} on a line of its own.\n")
        return sys.stdin.read()
    if os.path.isfile(text):
        try:
            return SourceText.decode(Path(text).read_bytes()).text
        except OSError as error:
            raise Refused(f"{printable(text)} cannot be read: {(error.strerror or str(error)).lower()}") from None
    if "\n" not in text and ": " not in text:
        raise Refused(
            f"`{printable(text)}` is no file and no traceback; an exception is written `ExceptionName: message`"
        )
    return text
