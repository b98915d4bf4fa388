"""``cucurbit revisions``."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from cucurbit.analysis.context import Context
from cucurbit.cli.environments import chosen_graphs
from cucurbit.cli.errors import CLEAN
from cucurbit.cli.target import open_target, read_overrides, shown_from
from cucurbit.cli.terminal import is_coloured
from cucurbit.report.as_json import revisions_document
from cucurbit.report.documents import to_json
from cucurbit.report.revisions_page import revisions_mermaid, revisions_page
from cucurbit.report.revisions_text import revisions_lines
from cucurbit.report.styled import signs_for, write
from cucurbit.rules.shared.revisions import graphs


def run(options: Namespace) -> int:
    """Show the graph of revisions of each environment. Nothing is simulated. Returns the exit code.

    Raises:
        Refused: there is no such environment, or a file cannot be read.
    """
    target = open_target(["."], read_overrides(options.config), cached=not options.no_cache)
    context = Context(target.workspace, (), ())
    found = chosen_graphs(graphs(context), options.environment)
    if options.output_format == "json":
        sys.stdout.write(to_json(revisions_document(context, found)))
    elif options.output_format == "mermaid":
        sys.stdout.write(revisions_mermaid(context, found))
    elif options.output_format == "html":
        sys.stdout.write(revisions_page(context, found, lambda path: (target.root / path).as_uri()))
    else:
        shown, signs = shown_from(target.root, Path.cwd()), signs_for(sys.stdout.encoding)
        lines = (
            line for graph in found for line in revisions_lines(context, graph, signs, shown, folded=not options.all)
        )
        write(lines, coloured=is_coloured(sys.stdout, refused=options.no_color))
    return CLEAN
