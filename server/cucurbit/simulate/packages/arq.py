"""arq: workers whose settings are a class."""

from __future__ import annotations

import re

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    target = next((each for each in argv if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)+", each)), "")
    module, _, attribute = target.rpartition(".")
    return context.start(StartKind.IMPORTED, module, ".", attribute=attribute) if module else None


PACKAGE = Package(name="arq", command_lines={"arq": _command_line})
