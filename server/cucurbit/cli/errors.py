"""The exit codes, and the exception of a command that cannot do its work."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

CLEAN: Final = 0
FINDINGS: Final = 1
REFUSED: Final = 2
DEFECT: Final = 3
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141

EXIT_CODES: Final = {
    CLEAN: "no errors and no warnings (information and hints do not count)",
    FINDINGS: "errors or warnings; for `record`, a difference; for `schema --check`, a file that is out of date",
    REFUSED: "wrong usage, a configuration that cannot be read, a path that cannot be read or written, a command that "
    "was stopped by its limit on time; for `record`, a program that could not be recorded to its end",
    DEFECT: "a bug in Cucurbit",
    INTERRUPTED: "interrupted from the keyboard",
}


class Refused(Exception):
    """The command cannot do what the user asked for; the message explains why."""
