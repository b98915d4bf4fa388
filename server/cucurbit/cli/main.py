"""The ``cucurbit`` command. It imports only what the given subcommand needs, as hooks and editors start it often."""

from __future__ import annotations

import os
import sys

from cucurbit import __version__
from cucurbit.cli.errors import DEFECT, INTERRUPTED, PIPE_CLOSED, REFUSED, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see :data:`cucurbit.cli.errors.EXIT_CODES`). Never raises."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        _open_closed_streams()
    try:
        if arguments in (["--version"], ["-V"]):
            sys.stdout.write(f"cucurbit {__version__}\n")
            code = 0
        else:
            code = _run(arguments)
        if not sys.stdout.closed:
            sys.stdout.flush()
    except Refused as refusal:
        _say(f"error: {refusal}")
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return PIPE_CLOSED
    except OSError as error:
        if not _is_about_output(error):
            return _defect(error)
        _close_stdout()
        _say(f"error: the output cannot be written: {(error.strerror or str(error)).lower()}")
        return REFUSED
    except SystemExit as exit_:
        # argparse has already written its message.
        return exit_.code if isinstance(exit_.code, int) else REFUSED
    except Exception as error:  # noqa: BLE001 - users get a message instead of a traceback
        return _defect(error)
    return code


def _silence_warnings() -> None:
    """Silence Python's own warnings, which are about the sources of the workspace."""
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")


def _open_closed_streams() -> None:
    """A stream that is closed (``>&-``) leads nowhere, so that no file that is opened takes its number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # It stays open as long as the program runs.
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115


def _is_about_output(error: OSError) -> bool:
    """Whether an error is that standard output is full or gone: no other error has no file name."""
    import errno

    return error.filename is None and error.errno in {errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG, errno.EBADF}


def _run(arguments: list[str]) -> int:
    from time import perf_counter

    from cucurbit.cli.terminal import prepare_streams

    prepare_streams()
    request = None
    began = perf_counter()
    if arguments[:1] == ["check"]:
        from cucurbit.cli.cached_check import answer, request_of

        request = request_of(arguments[1:])
        code = answer(request, began) if request is not None else None
        if code is not None:
            return code
    _silence_warnings()
    from cucurbit.cli.parser import build_parser, split_program

    parser = build_parser()
    own, program = split_program(arguments)
    options = parser.parse(own)
    if program:
        options.program = program
    if options.command is None:
        parser.print_help(sys.stderr)
        return REFUSED
    from cucurbit.cli.time_limit import limited

    # --watch limits each of its checks.
    limit = 0.0 if getattr(options, "watch", False) else getattr(options, "time_limit", 0.0)
    with limited(limit):
        if options.command == "check":
            from cucurbit.cli import check

            return check.run(options, request, began)
        return _dispatch(options)


def _dispatch(options: Namespace) -> int:
    command: str = options.command
    if command == "cache":
        from cucurbit.cli.cache import run
    elif command == "timeline":
        from cucurbit.cli.timeline import run
    elif command == "models":
        from cucurbit.cli.models import run
    elif command == "revisions":
        from cucurbit.cli.revisions import run
    elif command == "drift":
        from cucurbit.cli.drift import run
    elif command == "schema":
        from cucurbit.cli.schema import run
    elif command == "explain":
        from cucurbit.cli.explain import run
    elif command == "completion":
        from cucurbit.cli.completion import run
    elif command == "record":
        from cucurbit.cli.record import run
    elif command == "mcp":
        from cucurbit.cli.mcp import run
    elif command in {"rules", "rule"}:
        from cucurbit.cli.rules import run
    else:
        from cucurbit.cli.serve import run
    return run(options)


def _defect(error: Exception) -> int:
    if os.environ.get("CUCURBIT_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    from cucurbit.report.links import ISSUES
    from cucurbit.report.report import printable

    what = printable(f"{type(error).__name__}: {error}")
    _say(f"internal error: {what}. Please report it at {ISSUES}, with the output under CUCURBIT_DEBUG=1.")
    return DEFECT


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"cucurbit: {text}\n")
    except OSError:
        pass


def _close_stdout() -> None:
    """Prevent the interpreter from writing to the closed pipe again when it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass
