"""Messages that were pasted alone, in the words of each driver and tool, and the forms of printed tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.cli.target import open_target, read_overrides
from cucurbit.explain.explain import KNOWN, explain, is_known
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.tracebacks import parse_tracebacks
from tests.explain.conftest import places
from tests.explain.programs import GARDEN, MODELS, revision

FILES = {
    **GARDEN,
    "garden/models.py": MODELS + "    area: Mapped[int]\n    depth: Mapped[int]\n",
    "migrations/versions/b2_area.py": revision("b2", "a1", 'op.add_column("beds", sa.Column("area", sa.Integer()))'),
    "garden/main.py": "import uvicorn\nfrom fastapi import FastAPI\n\nfrom garden.models import Bed\n\n"
    "app = FastAPI()\n",
}

Answered = Callable[[str], list[Explanation]]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """Explains a text in one workspace, which is analysed once."""
    root: Path = tmp_path_factory.mktemp("garden")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        context = analyse(open_target(["."], read_overrides(None), cached=False).workspace)
    return lambda text: explain(context, parse_tracebacks(text, is_known))


@pytest.mark.parametrize(
    "message",
    [
        "no such table: beds",
        "sqlite3.OperationalError: no such table: beds",
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: beds",
        'psycopg2.errors.UndefinedTable: relation "beds" does not exist',
        '(psycopg.errors.UndefinedTable) relation "beds" does not exist',
        'sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation "public.beds" does not exist',
        "ProgrammingError: <class 'asyncpg.exceptions.UndefinedTableError'>: relation \"beds\" does not exist",
        "sqlalchemy.exc.ProgrammingError: (pymysql.err.ProgrammingError) (1146, \"Table 'shop.beds' doesn't exist\")",
        "sqlalchemy.exc.ProgrammingError: (pyodbc.Error) ('42S02', \"Invalid object name 'beds'. (208)\")",
    ],
)
def test_a_table_that_the_migrations_create(answered: Answered, message: str) -> None:
    (found,) = answered(message)
    assert (found.cause, found.raised_here) == ("not-migrated", None)
    assert places(found) == ["migrations/versions/a1_beds.py:9", "garden/models.py:8"]


@pytest.mark.parametrize(
    "message",
    [
        "sqlite3.OperationalError: no such column: beds.{}",
        "sqlite3.OperationalError: table beds has no column named {}",
        "psycopg2.errors.UndefinedColumn: column beds.{} does not exist",
        "psycopg2.errors.UndefinedColumn: column beds_1.{} does not exist",
        'psycopg.errors.UndefinedColumn: column "{}" of relation "beds" does not exist',
        'DatabaseError: (oracledb.exceptions.DatabaseError) ORA-00904: "BEDS"."{}": invalid identifier',
        "OperationalError: (MySQLdb.OperationalError) (1054, \"Unknown column 'beds.{}' in 'field list'\")",
        "OperationalError: (pymysql.err.OperationalError) (1054, \"Unknown column '{}' in 'where clause'\")",
        "ProgrammingError: (pyodbc.ProgrammingError) ('42S22', \"[42S22] Invalid column name '{}'. (207)\")",
    ],
)
def test_a_column_that_a_revision_adds_or_none(answered: Answered, message: str) -> None:
    (found,) = answered(message.format("AREA" if "ORA" in message else "area"))
    assert (found.cause, places(found)[0]) == ("not-migrated", "migrations/versions/b2_area.py:9")
    (found,) = answered(message.format("DEPTH" if "ORA" in message else "depth"))
    assert (found.cause, places(found)[0]) == ("column-without-revision", "garden/models.py:13")
    (found,) = answered(message.format("colour"))
    assert (found.cause, found.raised_here) == ("missing-column", None)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("table beds already exists", "already-exists"),
        ('psycopg2.errors.DuplicateTable: relation "beds" already exists', "already-exists"),
        ("OperationalError: (pymysql.err.OperationalError) (1050, \"Table 'beds' already exists\")", "already-exists"),
        ("sqlite3.OperationalError: duplicate column name: area", "column-exists"),
        ('psycopg2.errors.DuplicateColumn: column "area" of relation "beds" already exists', "column-exists"),
        ('psycopg2.errors.DuplicateObject: type "colour" already exists', "type-exists"),
        ('column "area" of relation "beds" contains null values', "not-null-without-default"),
        ("sqlite3.OperationalError: database is locked", "concurrent-migrations"),
        (
            'UniqueViolation: duplicate key value violates unique constraint "pg_type_typname_nsp_index"',
            "concurrent-migrations",
        ),
        ("OperationalError: connection to server at localhost, port 5432 failed: Connection refused", "no-connection"),
        ("FAILED: Target database is not up to date.", "database-behind"),
        ("Target database is not up to date.", "database-behind"),
        ("ERROR [flask_migrate] Error: Can't locate revision identified by '99aa'", "revision-not-found"),
        ("web-1  | FAILED: Can't locate revision identified by '99aa'", "revision-not-found"),
        ("alembic.util.exc.CommandError: Can't locate revision identified by '99aa'", "revision-not-found"),
        ("FAILED: Multiple head revisions are present for given argument 'head'", "multiple-heads"),
        ("FAILED: Path doesn't exist: migrations.  Please use the 'init' command", "no-script-location"),
        ("FAILED: No 'script_location' key found in configuration.", "no-configuration"),
        ("FAILED: New upgrade operations detected: [('add_table', ...)]", "model-not-in-migrations"),
        ("FAILED: Directory migrations already exists and is not empty", "already-initialised"),
        ("FAILED: Relative revision -1 didn't produce 1 migrations", "relative-revision"),
        ("FAILED: Requested revision b2 overlaps with other requested revisions a1", "version-overlaps"),
        ("FAILED: Version table 'alembic_version' has more than one head present; please use ...", "multiple-heads"),
        ("FAILED: Online migration expected to match one row when updating 'a1' to 'b2'", "concurrent-migrations"),
        ("FAILED: something that nobody knows", ""),
        ("NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:driver", "placeholder-url"),
        ("ArgumentError: Could not parse SQLAlchemy URL from given URL string", "no-database-url"),
        ("KeyError: 'DATABASE_URL'", "missing-setting"),
        ("KeyError: 'formatters'", "no-logging-configuration"),
        ("KeyError: 'colour'", ""),
        ("MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here.", "lazy-load-in-async"),
        ("RuntimeError: Task <Task pending> got Future <Future> attached to a different loop", "other-event-loop"),
        ("RuntimeError: Event loop is closed", "other-event-loop"),
        ("RuntimeError: no running event loop", "no-event-loop"),
        ("RuntimeError: asyncio.run() cannot be called from a running event loop", "running-event-loop"),
        (
            (
                "InvalidRequestError: The asyncio extension requires an async driver to be used."
                " The loaded 'psycopg2' is not async."
            ),
            "async-engine-sync-driver",
        ),
        ("AttributeError: 'coroutine' object has no attribute 'scalars'", "never-awaited"),
        ("TypeError: 'NoneType' object can't be awaited", "awaited-no-coroutine"),
        ('ERROR:    Error loading ASGI app. Could not import module "main".', "start-command-missing"),
        ('Error loading ASGI app. Attribute "api" not found in module "garden.main".', "start-command-missing"),
        ("Error: Could not import 'wsgi'.", "start-command-missing"),
        ("Error: Working outside of application context.", "no-application-context"),
        ("ModuleNotFoundError: No module named 'psycopg2'", "missing-module"),
        ("/usr/bin/python: No module named garden.mian", "missing-module"),
        ("ImportError: cannot import name 'Beds' from 'garden.models' (/app/garden/models.py)", "missing-name"),
        ("ImportError: attempted relative import with no known parent package", "relative-import"),
        ('ArgumentError: Type annotation for "Bed.area" can\'t be correctly interpreted', "annotation-not-mapped"),
    ],
)
def test_a_message_alone(answered: Answered, message: str, cause: str) -> None:
    (found,) = answered(message)
    assert found.cause == cause
    assert found.raised_here is not False
    assert found.summary.endswith((".", "?"))


def test_what_was_meant_is_named(answered: Answered) -> None:
    (found,) = answered('ERROR:    Error loading ASGI app. Attribute "api" not found in module "garden.main".')
    assert "`garden.main:app`" in found.summary
    (found,) = answered("ImportError: cannot import name 'Beds' from 'garden.models' (/app/garden/models.py)")
    assert "Did you mean 'Bed'?" in found.summary


def test_a_driver_and_sqlalchemy_are_one_error(answered: Answered) -> None:
    text = """\
Traceback (most recent call last):
  File "/venv/lib/python3.12/site-packages/sqlalchemy/engine/base.py", line 1967, in _exec_single_context
    self.dialect.do_execute(
psycopg2.errors.UndefinedTable: relation "beds" does not exist
LINE 2: FROM beds
             ^

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/garden/main.py", line 4, in <module>
    from garden.models import Bed
sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation "beds" does not exist
LINE 2: FROM beds
             ^
[SQL: SELECT beds.id FROM beds]
"""
    (found,) = answered(text)
    assert found.error == "sqlalchemy.exc.ProgrammingError"
    assert "garden/main.py:4" in places(found)


@pytest.mark.parametrize("prefix", ["", "2026-01-02T03:04:05.678Z ", "web-1  | ", "[pid 7] ERROR garden: ", "\x1b[31m"])
def test_loguru_below_a_prefix(answered: Answered, prefix: str) -> None:
    text = """\
Traceback (most recent call last):

> File "/app/garden/main.py", line 6, in <module>
    app = FastAPI()
          └ <class 'fastapi.applications.FastAPI'>

  File "/venv/lib/python3.12/site-packages/fastapi/applications.py", line 9, in __init__
    raise ValueError("no")

ValueError: no
"""
    (found,) = answered("".join(f"{prefix}{line}\n" for line in text.splitlines()))
    assert (found.error, found.cause) == ("ValueError", "")
    assert (
        "It was raised at garden/main.py:6, at `app = FastAPI()`, by what garden/main.py calls there." in found.summary
    )


def test_an_exception_group_names_the_exception_in_it(answered: Answered) -> None:
    text = """\
  + Exception Group Traceback (most recent call last):
  |   File "/app/garden/main.py", line 6, in <module>
  |     app = FastAPI()
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/app/garden/main.py", line 4, in <module>
    |     from garden.models import Bed
    | sqlite3.OperationalError: no such table: beds
    +------------------------------------
"""
    (found,) = answered(text)
    assert (found.error, found.cause) == ("sqlite3.OperationalError", "not-migrated")


def test_code_that_moved_is_found_again(answered: Answered) -> None:
    frame = '  File "/app/garden/main.py", line 99, in <module>\n    app = FastAPI()\n'
    text = f"Traceback (most recent call last):\n{frame}ValueError: x\n"
    (found,) = answered(text)
    assert "raised at garden/main.py:6" in found.summary
    assert found.advice == ()
    (found,) = answered(text.replace("FastAPI()", "Flask()"))
    assert "comes from another version of this code" in found.advice[-1]


def test_every_kind_is_told_of_once() -> None:
    shown = [each.shown for kinds in KNOWN.values() for each in kinds]
    assert len(set(shown)) == len(shown)


DROPPED = revision("b2", "a1", 'op.drop_column("beds", "colour")')


def printed(error: str) -> str:
    return (
        "Traceback (most recent call last):\n"
        f'  File "/app/migrations/versions/b2_area.py", line {at(DROPPED, "drop_column")}, in upgrade\n'
        '    op.drop_column("beds", "colour")\n'
        f"{error}\n"
    )


def at(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_an_error_at_the_line_of_a_revision_tells_of_its_own_class_only(tmp_path: Path) -> None:
    """`revision-operation` is certain that the column is missing: that is no cause of what else fails there."""
    files = {**GARDEN, "migrations/versions/b2_area.py": DROPPED}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        context = analyse(open_target(["."], read_overrides(None), cached=False).workspace)
    refused, other = (
        explain(context, parse_tracebacks(printed(error), is_known))[0]
        for error in ("sqlalchemy.exc.InternalError: refused", "BrokenPipeError: [Errno 32] Broken pipe")
    )
    assert (refused.cause, refused.raised_here) == ("revision-operation", True)
    assert (other.cause, other.raised_here) == ("", None)
    assert any("tells of another failure at this line" in each for each in other.advice)
