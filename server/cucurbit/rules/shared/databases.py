"""The databases that an environment migrates: their dialects, and the naming convention that its operations use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cucurbit.analysis.context import Context
from cucurbit.analysis.drift.types import DIALECTS, Dialect, possible_dialects
from cucurbit.rules.shared.environments import Managed, managed_by
from cucurbit.rules.shared.history import history_of
from cucurbit.simulate.core.schema import SchemaState
from cucurbit.simulate.core.shapes import TableShape
from cucurbit.workspace.model import MigrationEnvironment

_DRIVERS: dict[str, Dialect] = {
    **dict.fromkeys(("psycopg2", "psycopg2_binary", "psycopg", "psycopg_binary", "asyncpg", "pg8000"), "postgresql"),
    **dict.fromkeys(("pymysql", "mysqlclient", "mysql_connector_python", "aiomysql", "asyncmy"), "mysql"),
    "aiosqlite": "sqlite",
}
_URL = re.compile(r"^[ \t]*sqlalchemy\.url\s*=\s*[\"']?(sqlite|postgresql|postgres|mysql|mariadb)\b", re.MULTILINE)
_ANY_URL = re.compile(r"[\"'](sqlite|postgresql|postgres|mysql|mariadb)(?:\+\w+)?://")
_NAMES: dict[str, Dialect] = {"postgres": "postgresql", "mariadb": "mysql"}


@dataclass(frozen=True)
class Databases:
    """``dialects``: those that the databases of an environment may have. ``named``: something names each of these.

    ``fixed``: the URL is written in the configuration or env.py, and env.py takes none from elsewhere.

    ``convention`` is that of ``target_metadata``; None if it is not known.
    """

    dialects: tuple[Dialect, ...]
    named: bool
    fixed: bool
    convention: tuple[tuple[str, str], ...] | None

    def only(self, dialect: Dialect) -> bool:
        """Whether the project names this dialect and no other."""
        return self.named and self.dialects == (dialect,)

    def surely(self, dialect: Dialect) -> bool:
        """Whether every database has this dialect: SQLite needs no driver, so that its URL may be that of a test."""
        return self.only(dialect) and (self.fixed or dialect != "sqlite")

    def names(self, dialect: Dialect) -> bool:
        """Whether it is likely to be this dialect: the project names it, or its types are of no other."""
        return dialect in self.dialects and (self.named or len(self.dialects) == 1)


def databases_of(context: Context, environment: MigrationEnvironment) -> Databases:
    """What is known of the databases that the revisions of an environment are applied to."""
    return context.memo_for(_databases, environment)


def _databases(context: Context, environment: MigrationEnvironment) -> Databases:
    history = history_of(context, environment)
    env = managed_by(context, environment)
    possible = dialects_of(context, environment, history.head)
    if env is None:
        return Databases(possible, False, False, None)
    named = context.memo_for(_named, environment)
    dialects = likely_dialects(context, env, possible)
    return Databases(dialects, bool(named.intersection(dialects)), _is_fixed(context, env), _convention(context, env))


def dialects_of(context: Context, environment: MigrationEnvironment, schema: SchemaState) -> tuple[Dialect, ...]:
    """The dialects in which all tables of a schema can be created."""
    known: dict[str, _Possible] = context.workings((dialects_of, environment))
    found = DIALECTS
    for key, table in schema.tables.items():
        last = known.get(key)
        if last is None or last.shape is not table.shape:
            types = (column.type_ for column in table.shape.columns)
            last = known[key] = _Possible(table.shape, possible_dialects(types, DIALECTS))
        found = tuple(each for each in found if each in last.dialects)
    return found


@dataclass(frozen=True, eq=False)
class _Possible:
    """A table, and the dialects in which it can be created."""

    shape: TableShape
    dialects: tuple[Dialect, ...]


def likely_dialects(context: Context, env: Managed, possible: tuple[Dialect, ...]) -> tuple[Dialect, ...]:
    """The dialects that the database may have: of those that are possible, the ones with a driver or a URL."""
    if len(possible) < 2:
        return possible
    named = context.memo_for(_named, env.environment)
    return tuple(each for each in possible if each in named) or possible


_ELSEWHERE = (
    *("environ", "getenv", "set_main_option", "settings", "Settings", "get_url", "dotenv", "decouple", "x_argument"),
    *("current_app", "create_app", "engine_from_env", "DATABASE_URL"),
)
"""What an env.py names that takes the URL from elsewhere."""


def _is_fixed(context: Context, env: Managed) -> bool:
    if context.workspace.mentions(env.target.env_path, *_ELSEWHERE):
        return False
    text = context.workspace.text(env.environment.config) or ""
    return _URL.search(text) is not None or bool(context.memo_for(_of_urls, env.target.env_path))


def _convention(context: Context, env: Managed) -> tuple[tuple[str, str], ...] | None:
    if env.target.metadata == ():
        return ()
    if env.assumed:
        return None
    tables = context.shapes(env.timeline.entry).tables
    found = {each.shape.convention for (metadata, _), each in tables.items() if env.holds(metadata)}
    return found.pop() if len(found) == 1 else None


def _named(context: Context, environment: MigrationEnvironment) -> frozenset[Dialect]:
    """The dialects of the URL in alembic.ini, of the drivers that the project depends on, and of URLs in its files."""
    env = managed_by(context, environment)
    if env is None:
        return frozenset()
    near = env.target.env_path
    found: set[Dialect] = {
        dialect for module, dialect in _DRIVERS.items() if context.workspace.depends_on(module, near)
    }
    names = {*_URL.findall(context.workspace.text(env.environment.config) or "")}
    names.update(*(context.memo_for(_of_urls, path) for path in sorted(env.timeline.visited)))
    meant = {_NAMES.get(name, name) for name in names}
    found.update(each for each in DIALECTS if each in meant)
    return frozenset(found)


def _of_urls(context: Context, path: str) -> frozenset[str]:
    """The dialects, as they are written, in the URLs of databases in a file."""
    return frozenset(_ANY_URL.findall(context.workspace.text(path) or ""))
