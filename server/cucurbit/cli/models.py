"""``cucurbit models``."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from cucurbit.cli.analysis import Defects, analyse_workspace, warn_unread
from cucurbit.cli.errors import CLEAN
from cucurbit.cli.target import open_target, read_overrides, shown_from
from cucurbit.cli.terminal import is_coloured
from cucurbit.report.as_json import models_document
from cucurbit.report.documents import to_json
from cucurbit.report.models_filter import EVERY_MODEL, ModelFilter
from cucurbit.report.models_text import models_lines
from cucurbit.report.styled import signs_for, write


def run(options: Namespace) -> int:
    """List the tables of the workspace. Returns the exit code.

    Raises:
        Refused: a file cannot be read, or a path does not exist.
    """
    target = open_target(options.paths or ["."], read_overrides(options.config), cached=not options.no_cache)
    defects = Defects()
    narrowed = bool(target.limits or options.table or options.unseen)
    chosen = ModelFilter(target.covers, options.table, options.unseen) if narrowed else EVERY_MODEL
    context = analyse_workspace(target.workspace, defects)
    warn_unread(context)
    if options.output_format == "json":
        sys.stdout.write(to_json(models_document(context, chosen)))
    else:
        lines = models_lines(context, signs_for(sys.stdout.encoding), shown_from(target.root, Path.cwd()), chosen)
        write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))
    return defects.code(CLEAN)
