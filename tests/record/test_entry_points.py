"""Each way to start a program, run by itself and by a command, happens as it is predicted."""

from __future__ import annotations

import sys

import pytest

from tests.record.conftest import MIGRATIONS, MODELS, MakeWorkspace, Record

LIFESPAN = {
    "app/models.py": MODELS,
    "app/late.py": "",
    "app/shut.py": "",
    "app/main.py": """\
        from contextlib import asynccontextmanager

        from fastapi import FastAPI

        from app import models


        @asynccontextmanager
        async def lifespan(app):
            from app import late
            yield


        app = FastAPI(lifespan=lifespan)
        """,
}
IN_ORDER = [
    "module-started app",
    "module-finished app",
    "module-started app.main",
    "module-started app.models",
    "table-registered users",
    "module-finished app.models",
    "module-finished app.main",
    "module-started app.late",
    "module-finished app.late",
]

FLASK = {
    "app/models.py": MODELS,
    "app/main.py": """\
        from flask import Flask


        def create_app():
            from app import models
            return Flask(__name__)
        """,
}

SCRIPT = {
    "app/models.py": MODELS,
    "start.py": """\
        import sys

        import app.models


        def main():
            print("started with", sys.argv[1:])
            return 3


        if __name__ == "__main__":
            sys.exit(main())
        """,
}
OF_SCRIPT = [
    "module-started __main__",
    "module-started app",
    "module-finished app",
    "module-started app.models",
    "table-registered users",
    "module-finished app.models",
    "module-failed __main__ SystemExit",
    "entry-failed SystemExit",
]


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("uvicorn", "app.main:app", "--port", "0"),
        (sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0"),
    ],
    ids=["alone", "uvicorn", "python -m uvicorn"],
)
def test_an_asgi_application_starts_up(command: tuple[str, ...], workspace: MakeWorkspace, record: Record) -> None:
    workspace(LIFESPAN)
    ran = record("app.main:app", *(("--", *command) if command else ()))

    assert ran.code == 0, ran.err
    assert ran.events == IN_ORDER
    assert ran.document["outcome"] == ("served" if command else "ended")
    assert ran.document["command"] == list(command)
    assert ran.document["complete"] is True


@pytest.mark.parametrize(
    "command",
    [(), ("flask", "--app", "app.main:create_app", "run", "--port", "0")],
    ids=["alone", "flask run"],
)
def test_a_flask_application(command: tuple[str, ...], workspace: MakeWorkspace, record: Record) -> None:
    workspace(FLASK)
    ran = record("app.main:create_app()", *(("--", *command) if command else ()))

    assert ran.code == 0, ran.err
    assert "table-registered users" in ran.events
    assert ran.document["outcome"] == ("served" if command else "ended")


@pytest.mark.parametrize(
    "command",
    [(), (sys.executable, "start.py", "one"), ("sh", "-c", "python start.py one two")],
    ids=["alone", "python", "sh"],
)
def test_a_script(command: tuple[str, ...], workspace: MakeWorkspace, record: Record) -> None:
    workspace(SCRIPT)
    ran = record("start.py", *(("--", *command) if command else ()))

    assert ran.code == 0, ran.err
    assert ran.events == OF_SCRIPT
    assert ran.document["status"] == 3
    given = ["one", "two"][: len(command) - 2] if command[:1] != ("sh",) else ["one", "two"]
    assert f"started with {given if command else []}" in ran.err
    assert "started with" not in ran.out


@pytest.mark.parametrize("command", [(), (sys.executable, "-m", "app")], ids=["alone", "python -m"])
def test_a_module_run_as_main(command: tuple[str, ...], workspace: MakeWorkspace, record: Record) -> None:
    workspace({"app/models.py": MODELS, "app/__main__.py": "from app import models\nraise ValueError(models.User)\n"})
    ran = record("-m app", *(("--", *command) if command else ()))

    assert ran.code == 0, ran.err
    assert ran.events[-2:] == ["module-failed __main__ ValueError", "entry-failed ValueError"]
    assert ran.document["status"] == 1


@pytest.mark.parametrize(
    "command", [(), ("alembic", "upgrade", "head"), ("alembic", "downgrade", "base"), ("alembic", "stamp", "head")]
)
def test_the_alembic_command(command: tuple[str, ...], workspace: MakeWorkspace, record: Record) -> None:
    workspace({"app/models.py": MODELS, **MIGRATIONS})
    ran = record("alembic", *(("--", *command) if command else ()))

    assert ran.code == 0, ran.err
    assert ran.events == [
        "module-started env_py",
        "module-started app",
        "module-finished app",
        "module-started app.models",
        "table-registered users",
        "module-finished app.models",
        "module-started one_py",
        "module-finished one_py",
        "module-finished env_py",
    ]


def test_migrations_at_start_up(workspace: MakeWorkspace, record: Record) -> None:
    main = """\
        from alembic import command
        from alembic.config import Config

        config = Config("alembic.ini")
        command.upgrade(config, "head")
        command.downgrade(config, "base")
        """
    workspace({"app/models.py": MODELS, "app/main.py": main, **MIGRATIONS})
    ran = record("app.main")

    assert ran.code == 0, ran.err
    assert ran.events.count("migrations-started") == 2
    assert ran.events.count("migrations-finished") == 2
    versions = ran.document["versions"]
    assert isinstance(versions, dict)
    assert all(versions[name] for name in ("cucurbit", "python", "sqlalchemy", "alembic"))


def test_two_steps_of_one_command(workspace: MakeWorkspace, record: Record) -> None:
    workspace({**LIFESPAN, **MIGRATIONS})
    command = ("--", "sh", "-c", "alembic upgrade head && uvicorn app.main:app --port 0")

    for entry, first in (("alembic", "module-started env_py"), ("app.main:app", "module-started app")):
        ran = record(entry, *command)
        assert ran.code == 0, ran.err
        assert ran.events[0] == first
        assert len(ran.processes) == 2


def test_a_server_called_by_a_script_is_stopped_and_the_script_goes_on(
    workspace: MakeWorkspace, record: Record
) -> None:
    run = "import uvicorn\n\nfrom app.main import app\n\nuvicorn.run(app, port=0)\nimport app.shut\n"
    workspace({**LIFESPAN, "serve.py": run})
    ran = record("serve.py")

    assert ran.code == 0, ran.err
    assert ran.events[-3:] == ["module-started app.shut", "module-finished app.shut", "module-finished __main__"]
    assert ran.document["outcome"] == "served"
