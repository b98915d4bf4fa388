"""``cucurbit explain``."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

from cucurbit.cli.analysis import Defects, analyse_workspace
from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.cli.target import link_to, open_target, read_overrides, shown_from
from cucurbit.cli.terminal import is_coloured, supports_links, width_of
from cucurbit.explain.explain import explain, is_known
from cucurbit.explain.tracebacks import parse_tracebacks
from cucurbit.report.as_json import explain_document
from cucurbit.report.check_text import Form
from cucurbit.report.documents import to_json
from cucurbit.report.explain_text import explanation_lines
from cucurbit.report.report import Report, not_linked, printable
from cucurbit.report.styled import signs_for, write
from cucurbit.source.text import SourceText


def run(options: Namespace) -> int:
    """Explain a traceback. Returns the exit code.

    Raises:
        Refused: the text contains no exception, or a file cannot be read.
    """
    errors = parse_tracebacks(read_traceback(options.traceback), is_known)
    if not errors:
        raise Refused("this text contains no traceback and no line of the form `ExceptionName: message`")
    target = open_target(["."], read_overrides(options.config), cached=not options.no_cache)
    defects = Defects()
    context = analyse_workspace(target.workspace, defects)
    explanations = explain(context, errors)
    if options.output_format == "json":
        sys.stdout.write(to_json(explain_document(explanations)))
        return defects.code(CLEAN)
    link = link_to(target.root) if supports_links(sys.stdout, refused=options.no_color) else not_linked
    report = Report((), target.workspace.source, shown_from(target.root, Path.cwd()), link)
    lines = explanation_lines(explanations, report, Form(signs_for(sys.stdout.encoding), width_of(sys.stdout)))
    write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))
    return defects.code(CLEAN)


def read_traceback(text: str) -> str:
    """The text of the traceback: from standard input, from a file, or the argument itself.

    Raises:
        Refused: the argument names a file that does not exist or cannot be read.
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
    if "\n" not in text and ": " not in text and not is_known(text):
        raise Refused(
            f"`{printable(text)}` is neither a file nor a traceback; write an exception as `ExceptionName: message`"
        )
    return text
