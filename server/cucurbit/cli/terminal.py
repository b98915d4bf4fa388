"""Standard output and error: encodings, colours, progress."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

    from cucurbit.workspace.model import EntryPoint

_WIDEST = 70
_WITHOUT_TERMINAL = 100
_LINKING_PROGRAMS = frozenset({"ghostty", "Hyper", "iTerm.app", "rio", "Tabby", "vscode", "WezTerm", "zed"})
_LINKING_TERMS = frozenset({"alacritty", "contour", "foot", "ghostty", "kitty"})
_LINKING_VTE = 5000
"""The first version of the library below GNOME Terminal and others that shows links, 0.50."""


def prepare_streams() -> None:
    """Make sure that writing file names and source text never causes encoding errors."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_coloured(stream: TextIO, *, refused: bool = False) -> bool:
    """Whether to write colours to ``stream``: on a terminal, unless ``NO_COLOR`` or ``--no-color`` is given.

    ``FORCE_COLOR`` requests colours also elsewhere.
    """
    if refused or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal(stream)


def supports_links(stream: TextIO, *, refused: bool = False) -> bool:
    """Whether ``stream`` is a terminal that is known to show links (the escape sequence OSC 8); never in CI."""
    if not is_coloured(stream, refused=refused) or not _is_terminal(stream) or os.environ.get("CI"):
        return False
    return (
        os.environ.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or os.environ.get("TERM", "").removeprefix("xterm-") in _LINKING_TERMS
        or any(os.environ.get(name) for name in ("DOMTERM", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION"))
        or _number(os.environ.get("VTE_VERSION", "")) >= _LINKING_VTE
    )


def _number(text: str) -> int:
    return int(text[:9]) if text.isascii() and text.isdigit() else 0


def width_of(stream: TextIO) -> int:
    """The columns of the terminal that ``stream`` writes to; without one, what ``COLUMNS`` says, or 100."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns[:5]) > 0:
        return int(columns[:5])
    try:
        return os.get_terminal_size(stream.fileno()).columns or _WITHOUT_TERMINAL
    except (OSError, ValueError):
        return _WITHOUT_TERMINAL


def clear_screen() -> None:
    """Clear the terminal that standard output is; nothing happens to a file or a pipe."""
    if _is_terminal(sys.stdout):
        sys.stdout.write("\x1b[2J\x1b[3J\x1b[H")


def say_time(began: float) -> None:
    """Write on a terminal how many seconds have passed since ``began``, a value of ``time.perf_counter``.

    A file and a pipe get the same bytes for the same findings each time.
    """
    import time

    if sys.stdout.isatty():
        sys.stdout.write(f"Checked in {time.perf_counter() - began:.1f} s.\n")


def _is_terminal(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal that can move its cursor and show colours."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """A line on standard error that shows the running step, if standard error is a terminal."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._live = _is_terminal(self._stream)
        self._done = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live and self._done:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def simulating(self, entry: EntryPoint) -> None:
        """Show that the simulation of ``entry`` starts."""
        self._done += 1
        if self._live:
            text = f"simulating {entry.target}"
            shown = "".join(c if c.isprintable() else "?" for c in text)[:_WIDEST]
            self._stream.write(f"\r\x1b[K{self._done} {shown}")
            self._stream.flush()
