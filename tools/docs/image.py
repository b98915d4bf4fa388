"""The picture in the README: what the command really says of the example."""

from __future__ import annotations

import io
import re
from pathlib import Path

from cucurbit.analysis.engine import analyse, findings
from cucurbit.fixes.gate import Gate
from cucurbit.opening import open_workspace
from cucurbit.report.check_summary import summary_lines
from cucurbit.report.check_text import Form, finding_lines
from cucurbit.report.report import Report, Reported
from cucurbit.report.styled import UNICODE
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.rules.shared.coverage import coverage

_RULE = "duplicate-table"
_COMMAND = f"$ cucurbit check --show-fixes --select {_RULE}"
_WIDTH = 110
_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def check_image(example: Path) -> str:
    """An SVG of what ``cucurbit check`` prints for a project, with the one rule that it is about."""
    from rich.console import Console
    from rich.text import Text

    from cucurbit.cli.apply_fixes import applicable, count_fixes

    workspace = open_workspace(example, known_rules=NAMES, editor={"select": [_RULE]})
    context = analyse(workspace)
    gate = Gate(context, RULES)
    reported = tuple(Reported(finding, applicable(gate, finding)) for finding in findings(context, RULES))
    report = Report(reported, workspace.source, lambda path: path)
    console = Console(
        file=io.StringIO(),
        record=True,
        width=_WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        legacy_windows=False,
    )
    console.print(Text(_COMMAND))
    form = Form(UNICODE, _WIDTH, with_fixes=True)
    for line in [
        *finding_lines(report, form),
        *summary_lines(report, len(workspace.entry_points), coverage(context), form, count_fixes(reported)),
    ]:
        console.print(Text.assemble(*line))
    image = console.export_svg(title="cucurbit", unique_id="cucurbit")
    # The fonts would be loaded from a server: the reader's own do as well.
    return "\n".join(line.rstrip() for line in _FONTS.sub("", image).splitlines()) + "\n"
