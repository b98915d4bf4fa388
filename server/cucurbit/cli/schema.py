"""``cucurbit schema``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.cli.analysis import Defects, analyse_workspace, warn_unread
from cucurbit.cli.errors import CLEAN, FINDINGS, Refused
from cucurbit.cli.files import put, reason_of
from cucurbit.cli.target import WorkspaceTarget, open_target, read_overrides, shown_from
from cucurbit.cli.terminal import is_coloured
from cucurbit.cli.timeline import check_editor_url, entry_points, with_timelines
from cucurbit.report.documents import to_json
from cucurbit.report.report import printable
from cucurbit.report.schema.build import default_timeline, schema_of
from cucurbit.report.schema.dbml import dbml
from cucurbit.report.schema.dot import dot
from cucurbit.report.schema.inject import BEGIN, END, NoMarkers, injected
from cucurbit.report.schema.mermaid import mermaid
from cucurbit.report.schema.model import SchemaDocument, SchemaTable
from cucurbit.report.schema.page import LibraryMissing, SchemaView, schema_page
from cucurbit.report.schema.plantuml import plantuml
from cucurbit.report.schema.sql import sql
from cucurbit.report.schema.text import schema_lines
from cucurbit.report.styled import UNICODE, plain, signs_for, write
from cucurbit.simulate.core.timeline import Timeline

_WRITERS: Mapping[str, Callable[[SchemaDocument], str]] = {
    "mermaid": mermaid,
    "dbml": dbml,
    "dot": dot,
    "plantuml": plantuml,
    "sql": sql,
    "json": to_json,
}


def run(options: Namespace) -> int:
    """Draw the schema of an entry point. Returns the exit code.

    Raises:
        Refused: there is no such entry point, a file cannot be read or written, or the options do not fit together.
    """
    _check_options(options)
    target = open_target(["."], read_overrides(options.config), cached=not options.no_cache)
    defects = Defects()
    context = analyse_workspace(target.workspace, defects)
    warn_unread(context)
    context, timeline = _timeline(context, target, options.entry, defects)
    schema = schema_of(context, timeline)
    if options.tables is not None:
        schema = schema.chosen(lambda table: _matches(table, options.tables))
    if options.inject is not None:
        return defects.code(_inject(options.inject, schema, target.root, check=options.check))
    if options.output is None and options.output_format == "text":
        lines = schema_lines(schema, signs_for(sys.stdout.encoding), shown_from(target.root, Path.cwd()))
        write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))
        return defects.code(CLEAN)
    text = _text(options, schema, target)
    if options.check:
        return defects.code(_compare(options.output, _read(options.output, missing=""), text))
    put(options.output, text, target.root)
    return defects.code(CLEAN)


def _check_options(options: Namespace) -> None:
    if options.check and options.inject is None and options.output is None:
        raise Refused("--check: name the file with --inject or --output")
    if options.inject is not None and options.output is not None:
        raise Refused("--inject and --output exclude each other")
    if options.inject is not None and options.output_format not in ("text", "mermaid"):
        raise Refused("--inject: only a Mermaid diagram is written into Markdown")
    check_editor_url(options.editor_url)


def _timeline(
    context: Context, target: WorkspaceTarget, entry: str | None, defects: Defects
) -> tuple[Context, Timeline | None]:
    """The requested timeline, and a context that contains it."""
    if entry is None:
        return context, default_timeline(context)
    wanted = entry_points(target, entry)[0]
    context = with_timelines(context, [wanted], defects)
    return context, next(each for each in context.timelines if each.entry == wanted)


def _matches(table: SchemaTable, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (table.name, table.key))


def _text(options: Namespace, schema: SchemaDocument, target: WorkspaceTarget) -> str:
    if options.output_format == "text":
        shown = shown_from(target.root, Path.cwd())
        return "".join(f"{plain(line)}\n" for line in schema_lines(schema, UNICODE, shown))
    if options.output_format == "html":
        view = SchemaView(lambda path: (target.root / path).as_uri(), options.editor_url)
        try:
            return schema_page(schema, view)
        except LibraryMissing as error:
            raise Refused(str(error)) from None
    return _WRITERS[options.output_format](schema)


def _inject(path: str, schema: SchemaDocument, root: Path, *, check: bool) -> int:
    before = _read(path)
    try:
        after = injected(before, mermaid(schema))
    except NoMarkers:
        raise Refused(
            f"{printable(path)} has no lines `{BEGIN}` and `{END}`: add them where the diagram goes"
        ) from None
    if check:
        return _compare(path, before, after)
    if before != after:
        put(path, after, root)
    return CLEAN


def _compare(path: str, before: str, after: str) -> int:
    if before == after:
        sys.stdout.write(f"{printable(path)} is up to date\n")
        return CLEAN
    sys.stdout.write(f"{printable(path)} is out of date: run the command without --check\n")
    return FINDINGS


def _read(path: str, missing: str | None = None) -> str:
    """The text of a file; ``missing`` if there is none.

    Raises:
        Refused: it cannot be read.
    """
    try:
        return Path(path).read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        if missing is not None and isinstance(error, FileNotFoundError):
            return missing
        raise Refused(f"{printable(path)} cannot be read: {reason_of(error)}") from None
