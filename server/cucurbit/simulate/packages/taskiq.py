"""taskiq: the command that starts workers and schedulers.

Facts from taskiq/cli/utils.py: ``worker`` and ``scheduler`` import ``module:attribute`` with the working directory in
front of ``sys.path``, then the modules of tasks that follow; a module of tasks that cannot be imported is only logged.
"""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.workspace.starts.programs import TARGET, CommandContext, Start, StartKind, arguments_of

_FLAGS = frozenset(
    {"--fs-discover", "-fsd", "--no-configure-logging", "--no-parse", "--reload", "-r", "--no-gitignore"}
)


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    command, *rest = argv or [""]
    arguments = arguments_of(rest, _FLAGS)
    target = next((each for each in arguments.positional if ":" in each and TARGET.match(each)), "")
    if command not in {"worker", "scheduler"} or not target:
        return None
    return context.start(StartKind.IMPORTED, target, arguments.get("--app-dir", "-d") or ".")


PACKAGE = Package(name="taskiq", command_lines={"taskiq": _command_line})
