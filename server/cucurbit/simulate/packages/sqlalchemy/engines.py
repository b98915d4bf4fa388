"""Engines: the URLs of databases that SQLAlchemy refuses, and drivers that do not work in the kind of engine.

Facts from sqlalchemy/engine/url.py (``_parse_url``, ``URL._get_entrypoint``), engine/create.py,
dialects/sqlite/pysqlite.py (``create_connect_args``), ext/asyncio/engine.py (``AsyncEngine.__init__``) and
util/concurrency.py (``await_only``), confirmed by running them:

- ``create_engine`` parses the URL, then loads its dialect. ``postgres`` is no name of a dialect since 1.4.
- ``engine_from_config`` takes the option ``url`` from its keywords or from the configuration, and raises KeyError.
- ``create_async_engine`` refuses a driver that is not asynchronous.
- A synchronous engine accepts an asynchronous driver. It raises MissingGreenlet when it connects.

Whether a driver is installed is not asked: without it ``create_engine`` raises as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.values import (
    CallSite,
    Constant,
    DictValue,
    ExternalObject,
    Unknown,
    Value,
    text_of,
)

_MODULES = ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.create")
_ASYNC_MODULES = ("sqlalchemy.ext.asyncio", "sqlalchemy.ext.asyncio.engine")
_SYNC = frozenset({*(f"{module}.create_engine" for module in _MODULES), "sqlmodel.create_engine"})
_SYNC_FROM_CONFIG = frozenset(f"{module}.engine_from_config" for module in _MODULES)
_ASYNC = frozenset(f"{module}.create_async_engine" for module in _ASYNC_MODULES)
_ASYNC_FROM_CONFIG = frozenset(f"{module}.async_engine_from_config" for module in _ASYNC_MODULES)
_FROM_CONFIG = _SYNC_FROM_CONFIG | _ASYNC_FROM_CONFIG
_CREATED = _SYNC | _ASYNC | _FROM_CONFIG

_CONNECTS = frozenset(f"{name}().{method}" for name in _SYNC | _SYNC_FROM_CONFIG for method in ("connect", "begin"))
_OTHERWISE = frozenset({"creator", "async_creator", "module", "pool", "strategy", "plugins"})
"""Keywords by which an engine is made or connects in another way than its URL says."""

NO_DIALECTS = frozenset(
    {
        # What Alembic's template of a configuration names.
        "driver",
        *("postgres", "postgre", "postgressql", "pgsql", "psql", "sqlite3", "sqllite", "postgresql.psycopg3"),
    }
)
"""Names in URLs that are no dialect. Any other name may be one that a package brings."""

ASYNC_DRIVERS = frozenset({"asyncpg", "aiosqlite", "aiomysql", "asyncmy", "aioodbc", "psycopg_async"})
_SYNC_DRIVERS = frozenset({"psycopg2", "pg8000", "pysqlite", "mysqldb", "pymysql", "mysqlconnector", "pyodbc"})
_DEFAULT_DRIVERS = {"sqlite": "pysqlite", "mysql": "mysqldb", "mariadb": "mysqldb"}

_URL = re.compile(
    r"(?P<name>[\w+]+)://(?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:(?:\[[^/?]+\]|(?P<host>[^/:?]+))?(?::(?P<port>[^/?]*))?)?(?P<rest>.*)",
    re.DOTALL,
)
_BEGINNING = re.compile(r"(?P<name>[\w+]+)://")

_ASYNC_ONLY = "The asyncio extension requires an async driver to be used. The loaded {driver!r} is not async."
_NO_GREENLET = (
    "greenlet_spawn has not been called; can't call await_only() here. Was IO attempted in an unexpected place?"
)
_REGISTERED = "the names of SQLAlchemy's dialects"


@dataclass(frozen=True)
class _Database:
    """The dialect and the driver that a URL names; ``driver`` is empty where the URL names none."""

    dialect: str
    driver: str

    @property
    def entry_point(self) -> str:
        """The name under which SQLAlchemy looks the dialect up."""
        return f"{self.dialect}.{self.driver}" if self.driver else self.dialect


def on_call(machine: Machine, call: CallSite) -> None:
    """Raise what an engine, or its connection, certainly raises.

    Raises:
        Raised: where SQLAlchemy does.
    """
    if call.name in _CREATED:
        _create(machine, call)
    elif call.name in _CONNECTS:
        _connect(machine, call)
    elif call.name == "sqlalchemy.dialects.registry.register":
        machine.state.alter(_REGISTERED)


def _create(machine: Machine, call: CallSite) -> None:
    before_1_4 = (machine.workspace.version("sqlalchemy", call.place.path) or (2,)) < (1, 4)
    if not call.complete or before_1_4 or not _OTHERWISE.isdisjoint(call.kwargs):
        return
    url = _url_of(machine, call, fails=True)
    if url is None or _REGISTERED in machine.state.altered:
        return
    database = _parsed(machine, call, url)
    if database is None:
        return
    if database.entry_point in NO_DIALECTS or database.dialect in NO_DIALECTS:
        machine.fail("NoSuchModuleError", f"Can't load plugin: sqlalchemy.dialects:{database.entry_point}", call.place)
    driver = database.driver or _DEFAULT_DRIVERS.get(database.dialect) or _postgresql_driver(machine, call, database)
    if call.name in _ASYNC | _ASYNC_FROM_CONFIG and driver in _SYNC_DRIVERS:
        machine.fail("InvalidRequestError", _ASYNC_ONLY.format(driver=driver), call.place)


def _postgresql_driver(machine: Machine, call: CallSite, database: _Database) -> str:
    """The default driver for PostgreSQL, which is another one since 2.1."""
    version = machine.workspace.version("sqlalchemy", call.place.path)
    return "psycopg2" if database.dialect == "postgresql" and version is not None and version < (2, 1) else ""


def _connect(machine: Machine, call: CallSite) -> None:
    """Where an event loop runs, ``run_sync`` may have made the greenlet that is missing otherwise."""
    engine = call.receiver
    if not isinstance(engine, ExternalObject) or not _OTHERWISE.isdisjoint(engine.call.kwargs):
        return
    url = _url_of(machine, engine.call, fails=False) if engine.call.complete else None
    found = _BEGINNING.match(_beginning(url)) if url is not None else None
    if found is not None and _database(found["name"]).driver in ASYNC_DRIVERS and not machine.loop_runs:
        machine.fail("MissingGreenlet", _NO_GREENLET, call.place)


def _url_of(machine: Machine, call: CallSite, *, fails: bool) -> Value | None:
    """The URL that a call is given; None if it is not known.

    Raises:
        Raised: KeyError, if ``fails`` and a configuration certainly has none.
    """
    if call.name not in _FROM_CONFIG:
        return call.argument(0, "url")
    given = call.kwargs.get("url")
    if given is not None:
        return given
    configuration, prefix = call.argument(0, "configuration"), call.argument(1, "prefix")
    beginning = "sqlalchemy." if prefix is None else text_of(prefix)
    if not isinstance(configuration, DictValue) or beginning is None:
        return None
    url = configuration.cells.get(f"{beginning}url")
    if url is None and not configuration.open and fails:
        machine.fail("KeyError", "url", call.place, named="sqlalchemy.url")
    return url


def _parsed(machine: Machine, call: CallSite, url: Value) -> _Database | None:
    """What a URL names; None if it is not known.

    Raises:
        Raised: where it is not a URL for SQLAlchemy.
    """
    if url == Constant(None):
        machine.fail("ArgumentError", "Expected string or URL object, got None", call.place)
    text = text_of(url)
    if text is None:
        begun = _BEGINNING.match(_beginning(url))
        return _database(begun["name"]) if begun is not None else None
    found = _URL.match(text)
    if found is None:
        machine.fail("ArgumentError", "Could not parse SQLAlchemy URL from given URL string", call.place)
    port = found["port"]
    if port and not port.strip().isdecimal():
        machine.fail("ValueError", f"invalid literal for int() with base 10: {port!r}", call.place)
    database = _database(found["name"])
    if database.dialect == "sqlite" and database.driver in ("", "pysqlite", "aiosqlite") and found["host"]:
        machine.fail("ArgumentError", f"Invalid SQLite URL: {text}", call.place)
    return database


def _beginning(url: Value) -> str:
    return url.beginning if isinstance(url, Unknown) else text_of(url) or ""


def _database(name: str) -> _Database:
    dialect, _, driver = name.partition("+")
    return _Database(dialect, driver)
