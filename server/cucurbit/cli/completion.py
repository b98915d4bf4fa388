"""``cucurbit completion``: prints a script that completes commands in a shell. The scripts are written by shtab."""

from __future__ import annotations

import sys
from argparse import Action, Namespace
from collections.abc import Iterator

from cucurbit.cli.errors import CLEAN
from cucurbit.cli.parser import CommandParser, build_parser

_FILES = frozenset({"FILE", "PATH", "ENTRY", "TRACEBACK"})
"""The arguments that may name a file."""

_RULES = frozenset({"NAME", "RULE,..."})


def run(options: Namespace) -> int:
    """Print the script for a shell. Returns the exit code."""
    import shtab

    sys.stdout.write(f"{shtab.complete(completing_parser(), options.shell)}\n")
    return CLEAN


def completing_parser() -> CommandParser:
    """The parser, of which the arguments say what completes them."""
    import shtab

    from cucurbit.rules.catalogue import NAMES

    parser = build_parser()
    for action in _actions(parser):
        if action.metavar in _FILES:
            # shtab reads this attribute.
            vars(action)["complete"] = shtab.FILE
        elif action.metavar in _RULES:
            action.choices = sorted(NAMES)
    return parser


def _actions(parser: CommandParser) -> Iterator[Action]:
    for command in parser.commands.values():
        yield from command._actions
