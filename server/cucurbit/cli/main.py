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
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"cucurbit {__version__}\n")
        return 0
    try:
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
    except SystemExit as exit_:
        # argparse has already written its message.
        return exit_.code if isinstance(exit_.code, int) else REFUSED
    except Exception as error:  # noqa: BLE001 - users get a message instead of a traceback
        return _defect(error)
    return code


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
    from cucurbit.cli.parser import build_parser, split_program

    parser = build_parser()
    own, program = split_program(arguments)
    options = parser.parse(own)
    if program:
        options.program = program
    if options.command is None:
        parser.print_help(sys.stderr)
        return REFUSED
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
    elif command == "explain":
        from cucurbit.cli.explain import run
    elif command == "completion":
        from cucurbit.cli.completion import run
    elif command == "record":
        from cucurbit.cli.record import run
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
