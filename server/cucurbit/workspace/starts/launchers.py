""":class:`Launchers`: how libraries start programs, passed in by the layer that knows the libraries.

Files in :mod:`cucurbit.simulate.packages` name the classes of applications and read the command lines of programs. The
workspace names no library; it receives this knowledge as :class:`Launchers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.starts.applications import FACTORIES, Starts, starts_of
from cucurbit.workspace.starts.programs import CommandContext, CommandLine, Start, is_python, python_start


class Launchers:
    """The known applications and programs. Compared by identity.

    ``applications`` are the names of classes: True where a server serves their objects, False where to import the
    module is all that is done; a dotted name counts only where the module imports it. ``command_lines`` reads the words
    after a program's name. ``loads_application`` says of an env.py whether its command loads the application first.
    """

    def __init__(
        self,
        applications: Mapping[str, bool],
        command_lines: Mapping[str, CommandLine],
        loads_application: Sequence[Callable[[ModuleFacts], bool]],
    ) -> None:
        self.applications = dict(applications)
        self._command_lines = dict(command_lines)
        self._loads_application = tuple(loads_application)
        names = {name.rpartition(".")[2].encode() for name in (*applications, *FACTORIES)}
        self._stems = tuple(
            sorted(name for name in names if not any(name != other and other in name for other in names))
        )
        self._called = re.compile(rb"\b(?:" + b"|".join(sorted(names)) + rb")\s*\(")

    def may_start(self, data: bytes) -> bool:
        """Whether :meth:`starts_of` may find something, by the file's bytes. If not, the file need not be parsed."""
        # Searching for one text after the other is many times faster than one search for all.
        return b"__main__" in data or (
            any(stem in data for stem in self._stems) and self._called.search(data) is not None
        )

    def starts_of(self, facts: ModuleFacts) -> Starts:
        """How the module with these facts can be started."""
        return starts_of(facts, self.applications)

    def loads_application(self, facts: ModuleFacts | None) -> bool:
        """Whether the command that runs this env.py loads the application first."""
        return facts is not None and any(loads(facts) for loads in self._loads_application)

    def is_program(self, name: str) -> bool:
        """Whether a program with this name starts Python code in a known way."""
        return is_python(name) or name in self._command_lines

    def start_of(self, name: str, argv: Sequence[str], context: CommandContext) -> Start | None:
        """What a program known to :meth:`is_program` starts; None if its arguments do not tell."""
        if is_python(name):
            return python_start(list(argv), context, self._command_lines)
        return self._command_lines[name](list(argv), context)
