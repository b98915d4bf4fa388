"""The commands and their options. ``docs/cli.md`` is generated from this."""

from __future__ import annotations

import math
from argparse import Action, ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

from cucurbit import __version__
from cucurbit.cli.errors import EXIT_CODES, REFUSED
from cucurbit.cli.time_limit import DEFAULT_LIMIT

CHECK_FORMATS = ("text", "concise", "grouped", "json", "sarif", "github", "gitlab", "junit")
FORMATS = ("text", "json")
TIMELINE_FORMATS = ("text", "json", "html")
REVISION_FORMATS = ("text", "json", "mermaid", "html")
DRIFT_FORMATS = ("text", "json", "github", "sarif", "python", "sql")
SCHEMA_FORMATS = ("text", "html", "mermaid", "dbml", "dot", "plantuml", "sql", "json")
SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
_Commands: TypeAlias = "_SubParsersAction[CommandParser]"

_DESCRIPTION = """\
Shows which tables are in SQLAlchemy's MetaData when Alembic reads it: which table is defined twice, which models are
imported before the migrations run, which models Alembic never sees. Only `record` runs your code; all other commands
read it."""


class CommandParser(ArgumentParser):
    """A parser whose messages are short and suggest what was meant."""

    def parse(self, arguments: list[str]) -> Namespace:
        """The options of a call.

        Raises:
            SystemExit: wrong usage; a message was written.
        """
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            command = self.commands.get(options.command, self)
            command.error("; ".join(command.unknown(each) for each in unknown))
        return options

    @property
    def commands(self) -> dict[str, CommandParser]:
        """The parsers of the subcommands, by name."""
        return {
            str(name): parser
            for action in self._actions
            if isinstance(action, _SubParsersAction)
            for name, parser in action.choices.items()
        }

    def unknown(self, argument: str) -> str:
        """A message about an argument that the command does not have."""
        name = argument.partition("=")[0]
        if not name.startswith("-"):
            return f"unexpected argument `{_printable(argument)}`"
        return f"there is no option `{_printable(name)}`{suggestion(name, self._option_string_actions)}"

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"cucurbit: error: {message}\n`{self.prog} --help` shows what can be given.\n")

    def _check_value(self, action: Action, value: object) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if not choices or str(value) in choices:
            return
        shown = _printable(str(value))
        hint = suggestion(str(value), choices) or f"; choose from {', '.join(choices)}"
        if isinstance(action, _SubParsersAction):
            raise ArgumentError(None, f"there is no command `{shown}`{hint}")
        raise ArgumentError(action, f"`{shown}` is not possible{hint}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a message about a name that does not exist: what may have been meant, or nothing."""
    import difflib

    close = difflib.get_close_matches(name, list(known), 1)
    return f", did you mean `{close[0]}`?" if close else ""


def _printable(text: str) -> str:
    from cucurbit.report.report import printable

    return printable(text)


def build_parser() -> CommandParser:
    """The parser of the whole command line."""
    codes = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items())
    parser = CommandParser(
        prog="cucurbit",
        description=_DESCRIPTION,
        epilog=f"exit codes:\n{codes}",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"cucurbit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _check(commands)
    _timeline(commands)
    _models(commands)
    _revisions(commands)
    _drift(commands)
    _schema(commands)
    _explain(commands)
    _record(commands)
    _rules(commands)
    _serve(commands)
    _mcp(commands)
    _cache(commands)
    _completion(commands)
    return parser


def _command(commands: _Commands, name: str, summary: str, description: str = "") -> CommandParser:
    described = description or f"{summary[:1].upper()}{summary[1:]}."
    return commands.add_parser(name, help=summary, description=described, allow_abbrev=False)


def _format(parser: ArgumentParser, formats: tuple[str, ...] = FORMATS) -> None:
    parser.add_argument(
        "--output-format", choices=formats, default="text", help="what to write to standard output (default: text)"
    )
    parser.add_argument(
        "--no-color",
        action="store_true",
        help="no colours, as with NO_COLOR in the environment; FORCE_COLOR requests colours if there is no terminal",
    )


def _output(parser: ArgumentParser) -> None:
    parser.add_argument("--output", metavar="FILE", help="write to this file instead of standard output")


def _editor_url(parser: ArgumentParser, clicked: str) -> None:
    parser.add_argument(
        "--editor-url",
        default="",
        metavar="TEMPLATE",
        help=f"html: the URL that a click on {clicked} opens, such as `vscode://file/{{path}}:{{line}}:{{column}}` "
        "(default: the file itself)",
    )


def _config(parser: ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="a TOML file whose settings override those of the project")
    parser.add_argument(
        "--no-cache", action="store_true", help="neither read nor write the cache, as with CUCURBIT_NO_CACHE=1"
    )


def _time_limit(parser: ArgumentParser, what: str = "the command") -> None:
    parser.add_argument(
        "--time-limit",
        type=_limit,
        default=DEFAULT_LIMIT,
        metavar="SECONDS",
        help=f"end {what} with exit code 2 if it takes longer (default: {DEFAULT_LIMIT:g}; 0: no limit)",
    )


def _check(commands: _Commands) -> None:
    parser = _command(
        commands,
        "check",
        "report findings, and fix them",
        "Simulate every entry point of the workspace that contains the paths, and report problems.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="report findings below these paths (default: everywhere); the workspace is the nearest folder at or above "
        "them with a pyproject.toml, cucurbit.toml, .git or alembic.ini",
    )
    parser.add_argument("--fix", action="store_true", help="apply safe fixes until none is left")
    parser.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: apply unsafe fixes too")
    parser.add_argument(
        "--show-fixes",
        action="store_true",
        help="list the fixes of each finding (text, json, sarif); this takes time, as the program is simulated with "
        "each fix; without it, json lists the fixes unchecked, the other formats list none",
    )
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    _format(parser, CHECK_FORMATS)
    parser.add_argument("-v", "--verbose", action="store_true", help="text: all evidence, with its lines of source")
    parser.add_argument("-q", "--quiet", action="store_true", help="text: nothing but the findings")
    parser.add_argument("--statistics", action="store_true", help="text: only how many findings each rule has")
    parser.add_argument(
        "--severity",
        choices=("error", "warning", "information", "hint"),
        default="hint",
        help="report only findings of this severity and above (default: hint, which is everything)",
    )
    for name, summary in (
        ("select", "check only these rules; `all` means every rule that is not off by default"),
        ("extend-select", "also check these rules, such as those that are off by default"),
        ("ignore", "do not check these rules"),
    ):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="RULE,...", help=summary)
    parser.add_argument(
        "--watch", action="store_true", help="check again after each change, until Ctrl-C; with the last exit code"
    )
    parser.add_argument(
        "--since",
        metavar="REV",
        help="report only findings on lines that changed since this commit of git, findings with such a line in their "
        "evidence, and findings that do not exist at the commit; the risk of the revisions since then is judged",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    parser.add_argument(
        "--write-baseline", metavar="FILE", help="write all findings to this file, for --baseline to leave them out"
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help="report only findings that are not in this file (default: the file in the setting `baseline`)",
    )
    parser.add_argument("--no-baseline", action="store_true", help="also report findings that are in the baseline")
    _config(parser)
    _time_limit(parser, "a check")


def _timeline(commands: _Commands) -> None:
    parser = _command(
        commands,
        "timeline",
        "show in which order modules run, tables register and migrations start",
        "Show the events of an entry point in order. A `?` marks what depends on a value that cannot be determined.",
    )
    parser.add_argument(
        "entry",
        nargs="?",
        metavar="ENTRY",
        help="a dotted module (imported), `module:attribute` (imported, then served), `path.py` or `-m module` "
        "(run as __main__), `alembic` (what the alembic command does) or a configuration file of Alembic; "
        "default: every entry point found",
    )
    parser.add_argument(
        "--depth",
        type=_positive,
        metavar="N",
        help="text and json: only events at most N levels deep; 1 is the entry point itself",
    )
    parser.add_argument("--tables", action="store_true", help="text and json: only tables and migrations")
    parser.add_argument(
        "--module",
        metavar="PATTERN",
        help="text and json: only what happens while a module runs that PATTERN matches, such as `*.models` or "
        "`app.models`, which is also what is in that package",
    )
    _format(parser, TIMELINE_FORMATS)
    _output(parser)
    _editor_url(parser, "a place")
    _config(parser)
    _time_limit(parser)


def _models(commands: _Commands) -> None:
    parser = _command(
        commands,
        "models",
        "list every table: where it is defined, and which entry points register it",
        "List every table with its class, place and MetaData, and whether env.py and each entry point register it.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="only tables defined below these paths")
    parser.add_argument("--table", metavar="PATTERN", help="only tables whose name PATTERN matches, such as `user*`")
    parser.add_argument(
        "--unseen",
        action="store_true",
        help="only tables that an env.py does not see",
    )
    _format(parser)
    _config(parser)
    _time_limit(parser)


def _revisions(commands: _Commands) -> None:
    parser = _command(
        commands,
        "revisions",
        "show the graph of Alembic's revisions",
        "Show the revisions of each Alembic environment as a graph, the newest first: heads, branches, merges, and "
        "what Alembic refuses.",
    )
    parser.add_argument(
        "environment",
        nargs="?",
        metavar="ENVIRONMENT",
        help="a configuration file of Alembic, its section, an env.py or its folder; default: every environment",
    )
    parser.add_argument("--all", action="store_true", help="text: show each revision, also those in a straight line")
    _format(parser, REVISION_FORMATS)
    _config(parser)
    _time_limit(parser)


def _drift(commands: _Commands) -> None:
    parser = _command(
        commands,
        "drift",
        "show what `alembic revision --autogenerate` would write, without a database",
        "Compare the models of each Alembic environment with the schema that its revisions leave, as autogenerate "
        "does. No database is needed and nothing is run. Exits with 1 if something certainly differs.",
    )
    parser.add_argument(
        "environment",
        nargs="?",
        metavar="ENVIRONMENT",
        help="a configuration file of Alembic, its section, an env.py, its folder or that of a project; "
        "default: every environment",
    )
    parser.add_argument(
        "--from",
        dest="revision",
        metavar="REVISION",
        help="compare with the schema after this revision instead of the head",
    )
    parser.add_argument(
        "--write-revision",
        metavar="MESSAGE",
        help="write the differences as a new revision of this message, by the project's script.py.mako",
    )
    _format(parser, DRIFT_FORMATS)
    _config(parser)


def _schema(commands: _Commands) -> None:
    parser = _command(
        commands,
        "schema",
        "draw the tables, their keys and relations",
        "Draw the tables of an entry point with their columns, keys and relations, or keep a diagram in a Markdown "
        "file up to date.",
    )
    parser.add_argument(
        "entry",
        nargs="?",
        metavar="ENTRY",
        help="the entry point, as for `timeline`; default: the tables that Alembic's env.py compares, or those of the "
        "first application found",
    )
    parser.add_argument("--tables", metavar="PATTERN", help="only tables whose name PATTERN matches, such as `user*`")
    _format(parser, SCHEMA_FORMATS)
    _output(parser)
    parser.add_argument(
        "--inject",
        metavar="FILE",
        help="replace what is between the lines `<!-- cucurbit:schema -->` and `<!-- /cucurbit:schema -->` of this "
        "Markdown file by a Mermaid diagram",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="with --inject or --output: change nothing, and exit with 1 if the file is not up to date",
    )
    _editor_url(parser, "a table or column")
    _config(parser)
    _time_limit(parser)


def _explain(commands: _Commands) -> None:
    parser = _command(
        commands,
        "explain",
        "name the cause of a traceback in this workspace",
        "Read a traceback, also one in the middle of a log, and name its cause in this workspace.",
    )
    parser.add_argument(
        "traceback",
        nargs="?",
        default="-",
        metavar="TRACEBACK",
        help="the traceback itself, a file that contains it, or `-` for standard input (the default)",
    )
    _format(parser)
    _config(parser)
    _time_limit(parser)


def _record(commands: _Commands) -> None:
    parser = _command(
        commands,
        "record",
        "run an entry point, and compare what happens with the prediction",
        "Run an entry point, or the command after `--`, and show the recorded events next to the predicted ones. "
        "This is the only command that executes your code.",
    )
    parser.add_argument("entry", metavar="ENTRY", help="the entry point, as for `timeline`")
    parser.add_argument(
        "program",
        nargs="*",
        metavar="-- COMMAND",
        help="your own command to start it, such as `-- uvicorn app:app` (default: run ENTRY as `timeline` assumes)",
    )
    parser.add_argument(
        "--python",
        metavar="PATH",
        help="the interpreter or virtual environment to run it with (default: that of the workspace, else `python`)",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="kill the program after SECONDS (default: 60)",
    )
    _format(parser)
    _config(parser)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _limit(text: str) -> float:
    return 0.0 if float(text) == 0 else _seconds(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError
    return seconds


def split_program(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments of ``record`` before and after ``--``: those after it belong to the command to run."""
    if arguments[:1] != ["record"] or "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _rules(commands: _Commands) -> None:
    _format(_command(commands, "rules", "list the rules"))
    parser = _command(commands, "rule", "show the documentation of a rule")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the name of the rule")
    parser.add_argument("--all", action="store_true", help="all rules, as one page")
    parser.add_argument(
        "--output-format", choices=FORMATS, default="text", help="what to write to standard output (default: text)"
    )


def _completion(commands: _Commands) -> None:
    parser = _command(
        commands,
        "completion",
        "print a script that completes commands in a shell",
        "Print a script for a shell that completes commands, options, choices, rules and files.",
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"{', '.join(SHELLS[:-1])} or {SHELLS[-1]}")


def _serve(commands: _Commands) -> None:
    parser = _command(
        commands,
        "serve",
        "start the language server",
        "Start the language server, by default on standard input and output.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stdio", action="store_true", help="use standard input and output (the default)")
    where.add_argument("--tcp", metavar="[HOST:]PORT", help="listen on a TCP port (default host: 127.0.0.1)")
    where.add_argument("--ws", metavar="[HOST:]PORT", help="listen for WebSockets (default host: 127.0.0.1)")
    parser.add_argument("--log-file", metavar="FILE", help="write the server's log to this file")


def _mcp(commands: _Commands) -> None:
    parser = _command(
        commands,
        "mcp",
        "start the server for coding agents",
        "Start a server of the Model Context Protocol on standard input and output, by which coding agents ask about a "
        "project. It only reads. It needs the extra `mcp`: pip install 'cucurbit[mcp]'.",
    )
    parser.add_argument(
        "folders",
        nargs="*",
        metavar="FOLDER",
        help="a folder that may be read (default: those that the client has opened, or else the current folder)",
    )


def _cache(commands: _Commands) -> None:
    parser = _command(
        commands,
        "cache",
        "show or empty the cache",
        "Show or empty the cache, which contains the facts of files and the output of `check`.",
    )
    parser.add_argument(
        "action",
        choices=("dir", "info", "clear"),
        metavar="ACTION",
        help="`dir` prints the folder of the cache, `info` its size, `clear` empties it",
    )
