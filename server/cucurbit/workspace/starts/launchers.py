"""What libraries say of how programs start: handed in by those who know the libraries.

A file in :mod:`cucurbit.simulate.packages` names the classes of its applications and reads the command lines of its
programs. This room knows no library; :class:`Launchers` is what it is given of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.starts.applications import FACTORIES, Starts, starts_of
from cucurbit.workspace.starts.programs import CommandContext, CommandLine, Start, is_python, python_start


class Launchers:
    """The applications and the programs that are known. Equal to itself alone.

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
        """Whether a file's bytes leave it possible that :meth:`starts_of` finds something: parsing it is worth it."""
        # To look for one text after the other is many times faster than to look for all at once.
        return b"__main__" in data or (
            any(stem in data for stem in self._stems) and self._called.search(data) is not None
        )

    def starts_of(self, facts: ModuleFacts) -> Starts:
        """What ``facts`` say of how the module is started."""
        return starts_of(facts, self.applications)

    def loads_application(self, facts: ModuleFacts | None) -> bool:
        """Whether the command that runs this env.py loads the application first."""
        return facts is not None and any(loads(facts) for loads in self._loads_application)

    def is_program(self, name: str) -> bool:
        """Whether a program of this name starts Python code in a way that is known."""
        return is_python(name) or name in self._command_lines

    def start_of(self, name: str, argv: Sequence[str], context: CommandContext) -> Start | None:
        """What a program starts that :meth:`is_program` knows; None where its arguments do not say."""
        if is_python(name):
            return python_start(list(argv), context, self._command_lines)
        return self._command_lines[name](list(argv), context)
