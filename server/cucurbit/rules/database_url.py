"""``database-url``: the URL of the database makes an entry point fail, or there is none.

``simulate/packages/sqlalchemy/engines.py`` and ``simulate/packages/alembic/options.py`` have the facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, TextEdit
from cucurbit.analysis.finding import Finding, Related, Severity, stronger
from cucurbit.analysis.rule import FixGate, Rule
from cucurbit.rules.shared.evidence import entries_named
from cucurbit.rules.shared.failing_entries import FailedEntry, ending_of, fails_certainly, raising_place
from cucurbit.simulate.core.timeline import Failure, Timeline
from cucurbit.source.span import Span
from cucurbit.workspace.model import Location

NAME = "database-url"

_NO_PLUGIN = "Can't load plugin: sqlalchemy.dialects:"
_NOT_ASYNC = "The asyncio extension requires an async driver"
_NO_GREENLET = "greenlet_spawn has not been called"
_MESSAGES = {
    "NoSuchModuleError": (_NO_PLUGIN,),
    "InvalidRequestError": (_NOT_ASYNC,),
    "MissingGreenlet": (_NO_GREENLET,),
    "ArgumentError": ("Could not parse SQLAlchemy URL", "Expected string or URL object", "Invalid SQLite URL"),
    "InterpolationMissingOptionError": ("Bad value substitution",),
    "InterpolationSyntaxError": ("'%' must be followed by",),
}
"""How the messages begin, by the class of the exception."""

_MEANT = {
    "postgres": "postgresql",
    "postgre": "postgresql",
    "postgressql": "postgresql",
    "pgsql": "postgresql",
    "psql": "postgresql",
    "sqlite3": "sqlite",
    "sqllite": "sqlite",
    "postgresql.psycopg3": "postgresql+psycopg",
}
"""The dialects that are meant by names that are none."""

_OPTION = re.compile(r"sqlalchemy\.url\s*[=:]", re.IGNORECASE)
_ASYNC_DRIVERS = r"\w+\+(?:asyncpg|aiosqlite|aiomysql|asyncmy|aioodbc|psycopg_async)"


def is_about(failure: Failure) -> bool:
    """Whether this rule reports a failure."""
    if failure.error == "KeyError":
        return failure.named == "sqlalchemy.url"
    return failure.message.startswith(_MESSAGES.get(failure.error, ("\0",)))


def _check(context: Context) -> Iterator[Finding]:
    found: dict[Failure, list[FailedEntry]] = {}
    for ending in context.per_timeline(_ending):
        if ending is not None:
            found.setdefault(ending.failure, []).append(ending)
    for same in found.values():
        yield _finding(context, same)


def _ending(context: Context, timeline: Timeline) -> FailedEntry | None:
    ending = ending_of(context, timeline)
    return ending if ending is not None and is_about(ending.failure) else None


def _finding(context: Context, same: Sequence[FailedEntry]) -> Finding:
    shown = same[0]
    for each in same:
        shown = each if stronger(each.severity, shown.severity) else shown
    failure = shown.failure
    raised = context.location(raising_place(context, shown))
    written = _written(context, shown)
    certain = fails_certainly(context, shown.timeline.entry, shown.event, failure)
    fails = "fails" if len(same) == 1 else "fail"
    who = f"{entries_named(each.timeline for each in same)} {'' if certain else 'probably '}{fails}"
    related = (*context.chain(shown.origin), Related(raised, f"raises {failure.error}"))
    message = f"{_reason(failure, who)} {_advice(failure)}"
    return Finding(NAME, shown.severity, certain, written or raised, message, related)


# ----------------------------------------------------------------------- words


def _reason(failure: Failure, who: str) -> str:
    error, message = failure.error, failure.message
    if error == "KeyError":
        return f"{who} with KeyError: 'url', as nothing sets `sqlalchemy.url` before the engine is made."
    if error == "NoSuchModuleError":
        name = _dialect(failure)
        if name == "driver":
            return f"{who} with {error}, as this URL is still the placeholder that `alembic init` writes."
        since = " since SQLAlchemy 1.4" if name == "postgres" else ""
        return f"{who} with {error}, as `{name.replace('.', '+')}` is no name of a dialect{since}."
    if error == "InvalidRequestError":
        driver = re.search(r"'(\w+)'", message)
        return f"{who} with {error}, as an asynchronous engine cannot use the driver `{driver[1] if driver else ''}`."
    if error == "MissingGreenlet":
        return f"{who} with {error}, as a synchronous engine connects with an asynchronous driver."
    if "got None" in message:
        return f"{who} with {error}, as the URL of the database is None."
    if message.startswith("Could not parse"):
        return f"{who} with {error}, as SQLAlchemy cannot read this URL."
    if message.startswith("Invalid SQLite URL"):
        return f"{who} with {error}, as this URL names a host, and SQLite has none."
    return f"{who} with {error}: {message}."


def _advice(failure: Failure) -> str:
    set_it = 'call `config.set_main_option("sqlalchemy.url", url)` in env.py'
    if failure.error == "KeyError" or "got None" in failure.message:
        return f"Write `sqlalchemy.url = ...` into the configuration, or {set_it}."
    if failure.error == "NoSuchModuleError":
        meant = _MEANT.get(_dialect(failure))
        return f"Write `{meant}://`." if meant else f"Write that of the database, or {set_it}."
    if failure.error == "InvalidRequestError":
        return "Write one that is, such as `postgresql+asyncpg://`, `sqlite+aiosqlite://` or `mysql+aiomysql://`."
    if failure.error == "MissingGreenlet":
        return (
            "Use `async_engine_from_config` and `connection.run_sync`, as `alembic init -t async` writes env.py, or a"
            " URL with a synchronous driver."
        )
    if failure.message.startswith("Could not parse"):
        return "It has the form `dialect+driver://user:password@host/database`; a dialect has no hyphen."
    if failure.message.startswith("Invalid SQLite URL"):
        return "A path follows three slashes: `sqlite:///app.db`, or four if it is absolute."
    if failure.error == "InterpolationSyntaxError":
        return "Write each `%` twice: configparser takes one for the start of an interpolation."
    return f"configparser does not read environment variables: {set_it}."


def _dialect(failure: Failure) -> str:
    return failure.message.removeprefix(_NO_PLUGIN)


# ---------------------------------------------------------------------- places


def _written(context: Context, ending: FailedEntry) -> Location | None:
    """The one place where the URL is written; None where it is not found, or several may be it."""
    pattern = _pattern(ending.failure)
    if pattern is None:
        return None
    environment = ending.timeline.entry.environment
    files = {ending.failure.place.path, *((environment.config,) if environment is not None else ())}
    return _only_match(context, pattern, sorted(files)) or _only_match(
        context, pattern, sorted(ending.timeline.visited - files)
    )


def _only_match(context: Context, pattern: re.Pattern[str], paths: Sequence[str]) -> Location | None:
    found = []
    for path in paths:
        for number, line in enumerate((context.workspace.text(path) or "").splitlines(), 1):
            match = pattern.search(line)
            if match is not None and not line.lstrip().startswith(("#", ";")):
                found.append(Location(path, Span(number, match.start("url"), number, match.end("url"))))
    return found[0] if len(found) == 1 else None


def _pattern(failure: Failure) -> re.Pattern[str] | None:
    """What the URL, or its beginning, looks like where it is written."""
    if failure.error == "NoSuchModuleError":
        return re.compile(rf"(?P<url>\b{re.escape(_dialect(failure).replace('.', '+'))}(?:\+\w+)?://)")
    if failure.error == "MissingGreenlet":
        return re.compile(rf"(?P<url>\b{_ASYNC_DRIVERS}://)")
    if failure.error == "InvalidRequestError":
        return re.compile(r"(?P<url>\b(?:sqlite|postgresql|mysql|mariadb|mssql)(?:\+\w+)?://)")
    if failure.message.startswith("Invalid SQLite URL"):
        return re.compile(r"(?P<url>\bsqlite(?:\+\w+)?://)[^/]")
    if failure.message.startswith(("Could not parse", "Bad value", "'%' must")):
        return re.compile(rf"^\s*{_OPTION.pattern}\s*(?P<url>\S.*?)\s*$", re.IGNORECASE)
    return None


# ----------------------------------------------------------------------- fixes


def _fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """Write the dialect that is meant."""
    place = finding.location
    lines = (gate.context.workspace.text(place.path) or "").splitlines()
    line = lines[place.span.line - 1] if place.span.line <= len(lines) else ""
    name, _, driver = line[place.span.column : place.span.end_column].removesuffix("://").partition("+")
    whole = _MEANT.get(f"{name}.{driver}")
    if whole is None and name not in _MEANT:
        return ()
    meant = whole or "+".join(filter(None, (_MEANT[name], driver)))
    edit = TextEdit(place.path, place.span, f"{meant}://")
    fix = Fix(f"Write `{meant}://`", safe=True, kind=FixKind.QUICKFIX, edits=(edit,), rule=NAME)
    return gate.offered(fix, finding)


RULE = Rule(
    name=NAME,
    summary="The URL of the database makes the program fail, or there is none.",
    severity=Severity.ERROR,
    check=_check,
    fixes=_fixes,
)
