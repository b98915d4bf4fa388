"""``subprocess`` and ``os.system``: another process, with its own state."""

from __future__ import annotations

import shlex

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.values import CallSite, Constant, External, Unknown, Value, text_of

_WRAPPERS = frozenset(
    {"poetry", "uv", "pipenv", "pdm", "hatch", "rye", "run", "exec", "env", "python", "python3", "-m"}
)


def _spawn(machine: Machine, call: CallSite) -> Value:
    words = _words(machine, call)
    rest = list(words)
    while rest and (rest[0] in _WRAPPERS or rest[0].startswith("@python")):
        rest.pop(0)
    script = machine.packages.console_script(rest[0].rpartition("/")[2]) if rest else None
    if script is not None:
        script(machine, rest[1:], call)
    return Unknown("a finished process")


def _words(machine: Machine, call: CallSite) -> list[str]:
    """The words of the command; an unknown one is empty, ``sys.executable`` is ``@python``."""
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
