"""``subprocess`` and ``os.system``: another process, with nothing of this one's state."""

from __future__ import annotations

import shlex

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.values import CallSite, Constant, External, Unknown, Value, text_of

_WRAPPERS = frozenset(
    {"poetry", "uv", "pipenv", "pdm", "hatch", "rye", "run", "exec", "env", "python", "python3", "-m"}
)

_COMMANDS = frozenset({"upgrade", "downgrade", "stamp", "check", "current", "revision"})


def _spawn(machine: Machine, call: CallSite) -> Value:
    words = _words(machine, call)
    rest = list(words)
    while rest and (rest[0] in _WRAPPERS or rest[0].startswith("@python")):
        rest.pop(0)
    if rest and rest[0].rpartition("/")[2] == "alembic" and (command := _first_command(rest[1:])) is not None:
        machine.run_alembic_process(_config_of(rest), call, command)
    return Unknown("a finished process")


def _first_command(words: list[str]) -> str | None:
    return next((word for word in words if word in _COMMANDS), None)


def _config_of(words: list[str]) -> str | None:
    for index, word in enumerate(words):
        if word in ("-c", "--config") and index + 1 < len(words):
            return words[index + 1]
    return None


def _words(machine: Machine, call: CallSite) -> list[str]:
    """The words of the command; one that is not known is empty, ``sys.executable`` is ``@python``."""
    first = call.argument(0, "args")
    if first is None:
        return []
    line = text_of(first)
    if line is not None:
        try:
            return shlex.split(line)
        except ValueError:
            return []
    items = call.args if call.name.endswith(("execl", "execlp", "create_subprocess_exec")) else machine.iterate(first)
    return ["@python" if item == External("sys.executable") else text_of(item) or "" for item in items or ()]


def _system(machine: Machine, call: CallSite) -> Value:
    _spawn(machine, call)
    return Constant(0)


HANDLERS: dict[str, Handler] = {
    **{f"subprocess.{name}": _spawn for name in ("run", "call", "check_call", "check_output", "Popen")},
    "asyncio.create_subprocess_exec": _spawn,
    "asyncio.create_subprocess_shell": _spawn,
    "os.system": _system,
    "os.popen": _spawn,
}
