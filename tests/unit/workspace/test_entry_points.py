"""Entry points, from each file that names one and from code."""

from __future__ import annotations

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryKind, EntryPoint
from cucurbit.workspace.starts.targets import NoSuchEntry
from cucurbit.workspace.tree.files import MemoryTree

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
GUARD = "import app.models\nif __name__ == '__main__':\n    run()\n"


def workspace(**files: str) -> FolderWorkspace:
    return folder_workspace(MemoryTree({name.replace("__", "/"): text for name, text in files.items()}))


def open_files(files: dict[str, str]) -> FolderWorkspace:
    return folder_workspace(MemoryTree(files))


def entries(files: dict[str, str]) -> list[EntryPoint]:
    return list(open_files(files).entry_points)


def one(files: dict[str, str]) -> EntryPoint:
    (entry,) = entries(files)
    return entry


def named(files: dict[str, str]) -> list[tuple[str, str, str, int]]:
    """Entries that a file names: target, directory, the file and line."""
    return [
        (entry.target, entry.directory, entry.named_by.path, entry.named_by.span.line)
        for entry in entries(files)
        if entry.named_by is not None
    ]


# ------------------------------------------------------------------- from code


@pytest.mark.parametrize(
    ("text", "target", "startup"),
    [
        (FASTAPI, "app.main:app", "app"),
        ("import fastapi\napi: fastapi.FastAPI = fastapi.FastAPI()\n", "app.main:api", "api"),
        ("from flask import Flask\nif True:\n    web = Flask(__name__)\n", "app.main:web", "web"),
        ("import starlette\ntry:\n    app = Starlette()\nexcept E: pass", "app.main:app", "app"),
        ("def create_app(a=None, *, b=1):\n    return Flask('x')\n", "app.main:create_app()", "create_app()"),
        ("app = create_app()\ndef create_app(): pass\n", "app.main:app", "app"),
        ("from celery import Celery\nqueue = Celery()\n", "app.main:queue", ""),
    ],
)  # fmt: skip
def test_applications(text: str, target: str, startup: str) -> None:
    entry = one({"requirements.txt": "", "app/__init__.py": "", "app/main.py": text})
    assert (entry.kind, entry.target, entry.module, entry.startup) == (EntryKind.MODULE, target, "app.main", startup)
    assert (entry.path, entry.sys_path, entry.directory, entry.named_by) == ("app/main.py", ("",), "", None)


@pytest.mark.parametrize(
    "text",
    [
        "def create_app(config): # Flask(\n    return Flask(__name__)\n",
        "def f():\n    app = FastAPI()\n",
        "router = APIRouter() # FastAPI(\n",
        "if __name__ == '__main__':\n    app = FastAPI()\n",
    ],
)
def test_what_is_no_application(text: str) -> None:
    assert [entry for entry in entries({"app/main.py": text}) if entry.kind is EntryKind.MODULE] == []


def test_a_script_has_its_own_folder_first() -> None:
    guard = GUARD.replace("import app.models\n", "")
    entry = one({"requirements.txt": "", "app/models.py": "", "scripts/seed.py": guard})
    assert (entry.kind, entry.target, entry.module) == (EntryKind.SCRIPT, "scripts/seed.py", "")
    assert (entry.sys_path, entry.fallback_path) == (("scripts",), ("",))


def test_a_main_module_is_run_with_m() -> None:
    entry = one({"requirements.txt": "", "app/__init__.py": "", "app/__main__.py": "from app import x", "app/x.py": ""})
    assert (entry.kind, entry.target, entry.module, entry.path) == (
        EntryKind.SCRIPT, "-m app", "app", "app/__main__.py",
    )  # fmt: skip
    assert entry.sys_path == ("",)


@pytest.mark.parametrize(
    "path",
    ["tests/run.py", "app/test_x.py", "app/x_test.py", "conftest.py", "docs/demo.py", "examples/a/b.py", ".venv/x.py"],
)
def test_what_is_not_started(path: str) -> None:
    assert entries({path: GUARD + FASTAPI}) == []


def test_env_and_revisions_are_reached_through_alembic_only() -> None:
    (entry,) = entries(
        {
            "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
            "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
            "alembic/env.py": GUARD,
            "alembic/versions/1.py": GUARD,
            "src/app/models.py": "",
        }
    )
    assert (entry.kind, entry.target, entry.path) == (EntryKind.ALEMBIC, "alembic.ini", "alembic/env.py")
    assert (entry.sys_path, entry.fallback_path) == (("",), ("src",))


# ------------------------------------------------------------------ from files

APP = {"requirements.txt": "", "app/__init__.py": "", "app/main.py": FASTAPI, "app/models.py": ""}


def test_procfile() -> None:
    files = {**APP, "Procfile": "# c\nweb: uvicorn app.main:app --port $PORT\nrelease: alembic upgrade head\n"}
    assert named(files) == [("app.main:app", "", "Procfile", 2)]
    (command,) = open_files(files).start_commands
    assert (command.module, command.attribute, command.directory) == ("app.main", "app", "")
    span = command.location.span
    assert (span.line, span.column, span.end_column) == (2, 13, 25)


SUPERVISOR = """\
; what the image starts
[supervisord]
command=uvicorn app.other:app

[program:web]
directory=/srv/shop/backend
command=/usr/local/bin/uvicorn main:app --port 8000 ; the server
environment=MODE="production",WORKERS=2

[program:worker]
command=celery -A app.main worker
"""


def test_programs_of_supervisord() -> None:
    files = {**APP, "backend/main.py": FASTAPI, "deploy/web.conf": SUPERVISOR}
    assert named(files) == [("main:app", "backend", "deploy/web.conf", 7), ("app.main", "", "deploy/web.conf", 11)]


def test_options_of_supervisord_that_go_on_below() -> None:
    """As :mod:`configparser` reads them: supervisor passes the joined lines on."""
    text = (
        "[program:web]\ndirectory=/srv/shop/backend\ncommand=\n    uvicorn\n    main:app\nenvironment=\n"
        '    MODE="x",\n    PYTHONPATH="/srv/shop/lib"\nautostart=true\n'
    )
    files = {"backend/main.py": FASTAPI, "lib/x.py": "", "deploy/web.conf": text}
    (entry,) = open_files(files).entry_points
    assert (entry.target, entry.directory) == ("main:app", "backend")
    assert entry.named_by is not None
    assert entry.named_by.span.line == 3


def test_what_is_served_comes_before_scripts() -> None:
    files = {
        "aaa.py": GUARD,
        "bin/seed.py": GUARD,
        "app/models.py": "",
        "app/main.py": FASTAPI,
        "app/q.py": "queue = Celery()\n",
    }
    found = [entry.target for entry in entries({**files, "run.sh": "python bin/seed.py\n"})]
    assert found == ["app.main:app", "app.q:queue", "bin/seed.py", "aaa.py"]


PASTE = """\
[DEFAULT]
port = 8000

[app:main]
sqlalchemy.url = sqlite:///%(here)s/shop.db
use = egg:shop

[server:main]
use = egg:waitress#main
"""
PASTE_APP = {
    "shop/__init__.py": "def main(global_config, **settings):\n    import shop.models\n",
    "shop/models.py": "",
    "development.ini": PASTE,
}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("setup.py", 'setup(name="shop", entry_points={"paste.app_factory": ["main = shop:main"]})'),
        ("setup.py", 'setup(entry_points="""\\\n[paste.app_factory]\nmain = shop:main\n""")'),
        ("setup.cfg", "[options.entry_points]\npaste.app_factory =\n    main = shop:main\n"),
        ("pyproject.toml", '[project.entry-points."paste.app_factory"]\nmain = "shop:main"\n'),
        ("pyproject.toml", '[tool.poetry.plugins."paste.app_factory"]\nmain = "shop:main"\n'),
    ],
)
def test_the_application_of_a_paste_configuration(path: str, text: str) -> None:
    (entry,) = entries({**PASTE_APP, path: text})
    assert (entry.target, entry.startup, entry.directory) == ("shop:main()", "main(...)", "")
    assert entry.named_by is not None
    assert (entry.named_by.path, entry.named_by.span.line) == ("development.ini", 6)


def test_the_function_of_a_paste_configuration() -> None:
    text = "[app:main]\npaste.app_factory = shop:main\n"
    assert named({**PASTE_APP, "development.ini": text, "production.ini": "[app:x]\nuse = call:shop:main\n"}) == [
        ("shop:main()", "", "development.ini", 2)
    ]


def test_a_paste_configuration_without_an_application_of_the_project() -> None:
    assert named(PASTE_APP) == []
    assert named({**PASTE_APP, "development.ini": "[app:main]\nuse = egg:other\n[composite:x]\nuse = egg:y\n"}) == []


MAKEFILE = """\
APP := app.main:app
PORT ?= 8000
.PHONY: run

run: build
\t@cd . && uvicorn $(APP) --port ${PORT}
migrate:
\t-alembic \\
\t  upgrade head
count:
\tfor i in 1 2; do echo $$i; done; $(UNKNOWN) x
build: ; uvicorn app.main:other
"""


def test_recipes_of_a_makefile() -> None:
    files = {**APP, "Makefile": MAKEFILE}
    assert named(files) == [("app.main:app", "", "Makefile", 6)]


def test_workers_of_taskiq() -> None:
    files = {
        **APP,
        "app/broker.py": "broker = 1\n",
        "Procfile": "w: taskiq worker --workers 2 app.broker:broker app.t\n",
    }
    assert named(files) == [("app.broker:broker", "", "Procfile", 1)]


def test_a_configuration_of_something_else_starts_nothing() -> None:
    assert (
        named(
            {**APP, "deploy/nginx.conf": "server { listen 80; }\n", "x.conf": "[web]\ncommand=uvicorn app.main:app\n"}
        )
        == []
    )


def test_a_module_that_does_not_exist_is_a_command_and_no_entry() -> None:
    found = open_files({**APP, "app/db.py": "", "Procfile": "web: python -m app.db.migrate && uvicorn app.gone:app\n"})
    assert [(each.module, each.attribute) for each in found.start_commands] == [
        ("app.db.migrate", ""),
        ("app.gone", "app"),
    ]
    assert [entry.target for entry in found.entry_points] == ["app.main:app"]
    assert [entry.named_by for entry in found.entry_points] == [None]


def test_modules_of_packages_are_no_commands() -> None:
    files = {
        **APP,
        "requirements.txt": "superset\n",
        "Procfile": "a: python -m http.server\nb: python -m pip install x\nc: gunicorn superset.app:app\n",
    }
    assert list(open_files(files).start_commands) == []


@pytest.mark.parametrize(
    ("dockerfile", "directory"),
    [
        ('FROM python\nWORKDIR /srv\nCOPY . .\nCMD ["uvicorn", \\\n  "app.main:app"]\n', "back"),
        ("FROM python\nCOPY . /srv\nWORKDIR /srv\nCMD exec uvicorn app.main:app\n", "back"),
        ("FROM python\nCOPY app /srv/app\nWORKDIR /srv\nENTRYPOINT uvicorn app.main:app\n", "back"),
        ('FROM python\nWORKDIR /srv\nCOPY ["app", "./app"]\nENTRYPOINT ["uvicorn"]\nCMD ["app.main:app"]\n', "back"),
        ("FROM x AS b\nWORKDIR /srv\nCOPY . .\nFROM b\nCMD alembic upgrade head && uvicorn app.main:app\n", "back"),
        ("FROM python\nWORKDIR /nowhere\nCMD uvicorn app.main:app\n", "back"),
        ("FROM python\nWORKDIR /srv\nCOPY . .\nENV MODULE=app.main:app\nCMD uvicorn ${MODULE}\n", "back"),
        ("FROM python\nCOPY . /srv\nWORKDIR /srv/app\nCMD uvicorn main:app\n", "back/app"),
    ],
)  # fmt: skip
def test_dockerfile(dockerfile: str, directory: str) -> None:
    files = {f"back/{path}": text for path, text in APP.items()}
    found = named({**files, "back/Dockerfile": dockerfile})
    assert [(directory, path) for _, directory, path, _ in found] == [(directory, "back/Dockerfile")]


@pytest.mark.parametrize("name", ["DOCKERFILE_NOTES.md", "Procfile.md", "docs/Procfile", "tests/docker-compose.yml"])
def test_files_that_only_look_as_if(name: str) -> None:
    text = "web: uvicorn app.main:app\n" if "rocfile" in name else "FROM x\nCMD uvicorn app.main:app\n"
    text = "services:\n  web:\n    command: uvicorn app.main:app\n" if "compose" in name else text
    assert named({**APP, name: text}) == []


def test_what_a_build_makes_is_not_missed() -> None:
    files = {**APP, "Dockerfile": "FROM x\nWORKDIR /app\nRUN echo > made.py\nCOPY y y\nCMD uvicorn made:app\n"}
    assert list(open_files(files).start_commands) == []
    files["Dockerfile"] = "FROM x\nWORKDIR /app\nRUN echo > made.py\nCMD uvicorn made:app\n"
    assert list(open_files(files).start_commands) == []
    files["Procfile"] = "web: uvicorn made:app\n"
    assert [each.location.path for each in open_files(files).start_commands] == ["Procfile"]


def test_compose() -> None:
    files = {f"back/{path}": text for path, text in APP.items()}
    files["back/Dockerfile"] = "FROM python\nWORKDIR /srv\nCOPY . .\nENTRYPOINT ['x']\n"
    files["back/app/worker.py"] = "queue = 1"
    files["docker-compose.yml"] = (
        "services:\n  web:\n    build: ./back\n    command: uvicorn app.main:app\n"
        "  worker:\n    build:\n      context: back\n"
        '    working_dir: /srv/app\n    command: ["celery", "-A", "worker:queue", "worker"]\n'
        "  db:\n    image: postgres\n    command: postgres -c x=1\n"
        "  tool:\n    image: python\n    volumes:\n      - ./back:/code\n    working_dir: /code\n"
        "    command: python -m app.main\n"
    )
    assert named(files) == [
        ("app.main:app", "back", "docker-compose.yml", 4),
        ("worker:queue", "back/app", "docker-compose.yml", 9),
        ("-m app.main", "back", "docker-compose.yml", 18),
    ]


def test_scripts_of_the_shell() -> None:
    files = {f"back/{path}": text for path, text in APP.items()}
    files["back/scripts/seed.py"] = GUARD
    files["back/scripts/start.sh"] = (
        '#!/bin/sh\nset -e\ncd "$(dirname "$0")/.."\npython scripts/seed.py\nexec uvicorn app.main:app\n'
    )
    files["run.sh"] = "cd back && uvicorn app.main:app\n"
    assert named(files) == [
        ("app.main:app", "back", "back/scripts/start.sh", 5),
        ("back/scripts/seed.py", "back", "back/scripts/start.sh", 4),
    ]


def test_console_scripts_have_nothing_but_what_is_installed() -> None:
    files = {
        "pyproject.toml": '[project.scripts]\nserve = "shop.cli:main"\n[tool.poetry.scripts]\nx = "shop.gone:main"\n',
        "src/shop/__init__.py": "",
        "src/shop/cli.py": "def main(): pass",
    }
    found = open_files(files)
    (entry,) = found.entry_points
    assert (entry.target, entry.startup, entry.sys_path) == ("shop.cli:main", "main()", ())
    assert "src" in entry.fallback_path
    assert [(each.module, each.location.span.line) for each in found.start_commands] == [
        ("shop.cli", 2),
        ("shop.gone", 4),
    ]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("nixpacks.toml", '[phases.x]\ncmds = []\n[start]\ncmd = "uvicorn app.main:app"\n', 4),
        ("railway.toml", '[deploy]\nstartCommand = "uvicorn app.main:app"\n', 2),
        ("fly.toml", '[processes]\nweb = "uvicorn app.main:app"\n', 2),
        ("render.yaml", "services:\n  - type: web\n    startCommand: uvicorn app.main:app\n", 3),
        ("pyproject.toml", '[tool.fastapi]\nentrypoint = "app.main:app"\n', 2),
        ("pyproject.toml", '[tool.poe.tasks]\nserve = "uvicorn app.main:app"\n', 2),
        ("pyproject.toml", '[tool.poe.tasks.serve]\ncmd = "uvicorn app.main:app"\n', 1),
    ],
)
def test_other_files(path: str, text: str, line: int) -> None:
    assert named({**APP, path: text}) == [("app.main:app", "", path, line)]


def test_flask_finds_the_application_itself() -> None:
    files = {
        "requirements.txt": "",
        ".flaskenv": "FLASK_APP=web\n",
        "web/__init__.py": "from flask import Flask\ndef create_app(config=None):\n    return Flask(__name__)\n",
        "Procfile": "release: flask db upgrade\n",
    }
    assert named(files) == [("web:create_app()", "", ".flaskenv", 1)]


def test_flask_by_path_and_fastapi_without_one() -> None:
    flask = {"Procfile": "w: flask --app pkg/web.py run", "pkg/__init__.py": "", "pkg/web.py": "app = Flask('x')"}
    assert named(flask) == [("pkg.web:app", "", "Procfile", 1)]
    assert named({**APP, "Procfile": "web: fastapi run"}) == [("app.main:app", "", "Procfile", 1)]


def test_celery_packages() -> None:
    files = {"proj/__init__.py": "", "proj/celery.py": "app = Celery()", "Procfile": "w: celery -A proj worker"}
    assert [(entry.module, entry.path) for entry in entries(files)] == [("proj.celery", "proj/celery.py")]


def test_the_alembic_command_names_its_environment() -> None:
    files = {
        "back/alembic.ini": "[alembic]\nscript_location = alembic\n", "back/alembic/env.py": "",
        "start.sh": "cd back\nalembic upgrade head\n",
    }  # fmt: skip
    (entry,) = entries(files)
    assert entry.named_by is not None
    assert (entry.named_by.path, entry.named_by.span.line) == ("start.sh", 2)


def test_pythonpath_and_app_dir() -> None:
    files = {
        "requirements.txt": "",
        "src/main.py": FASTAPI,
        "lib/x.py": "",
        "Procfile": "w: PYTHONPATH=lib uvicorn --app-dir src main:app",
    }
    entry = one(files)
    assert (entry.target, entry.directory, entry.sys_path) == ("main:app", "", ("src", "lib"))


def test_broken_files_name_nothing() -> None:
    files = {
        "Procfile": "::\n\0", "Dockerfile": "FROM\nCMD [\"\nCOPY\n", "docker-compose.yml": "services: [\n{",
        "run.sh": "uvicorn '\n$(((", "nixpacks.toml": "[", "pyproject.toml": "[[", ".env": "FLASK_APP=",
    }  # fmt: skip
    assert entries(files) == []


# ------------------------------------------------------------- what people ask


def test_the_settings_replace_or_add() -> None:
    files = {**APP, "scripts/seed.py": GUARD, "other/run.py": "x = 1"}
    replaced = open_files({**files, "cucurbit.toml": 'entry-points = ["app.main", "other/run.py", "gone"]'})
    assert [(entry.kind.value, entry.target) for entry in replaced.entry_points] == [
        ("module", "app.main"),
        ("script", "other/run.py"),
    ]
    (problem,) = replaced.problems
    assert (problem.location.path, problem.location.span.line) == ("cucurbit.toml", 1)
    assert "`gone`" in problem.message
    added = open_files({**files, "cucurbit.toml": 'extra-entry-points = ["other/run.py"]'})
    assert [entry.target for entry in added.entry_points] == ["app.main:app", "scripts/seed.py", "other/run.py"]


@pytest.mark.parametrize(
    ("text", "target", "path"),
    [
        ("app.main", "app.main", "app/main.py"),
        ("app.main:app", "app.main:app", "app/main.py"),
        ("app.models", "app.models", "app/models.py"),
        ("app", "app", "app/__init__.py"),
        ("scripts/seed.py", "scripts/seed.py", "scripts/seed.py"),
        ("./scripts/seed.py", "scripts/seed.py", "scripts/seed.py"),
        ("/workspace/scripts/seed.py", "scripts/seed.py", "scripts/seed.py"),
        ("app/models.py", "app/models.py", "app/models.py"),
        ("-m app.main", "-m app.main", "app/main.py"),
        ("alembic", "alembic.ini", "alembic/env.py"),
        ("alembic.ini", "alembic.ini", "alembic/env.py"),
        ("alembic/env.py", "alembic.ini", "alembic/env.py"),
    ],
)
def test_resolve_entry(text: str, target: str, path: str) -> None:
    files = {
        **APP,
        "scripts/seed.py": GUARD,
        "alembic.ini": "[alembic]\nscript_location=alembic\n",
        "alembic/env.py": "",
    }
    entry = open_files(files).resolve_entry(text)
    assert isinstance(entry, EntryPoint)
    assert (entry.target, entry.path) == (target, path)


def test_what_resolves_to_nothing() -> None:
    found = open_files(APP).resolve_entry("app.mian:app")
    assert isinstance(found, NoSuchEntry)
    assert "did you mean app.main:app?" in found.message
    for text in ("", "alembic", "../x.py", "no such", "app.nothing", "requirements.txt"):
        assert isinstance(open_files(APP).resolve_entry(text), NoSuchEntry)


def test_one_name_in_two_projects_is_asked_back() -> None:
    files = {f"{project}/{path}": text for project in ("one", "two") for path, text in APP.items()}
    found = open_files(files).resolve_entry("app.main:app")
    assert isinstance(found, NoSuchEntry)
    assert [entry.path for entry in found.candidates] == ["one/app/main.py", "two/app/main.py"]


def test_a_script_is_run_from_where_its_imports_are_found() -> None:
    entry = one({"requirements.txt": "", "app/models.py": "", "scripts/seed.py": GUARD})
    assert (entry.sys_path, entry.fallback_path) == (("",), ())


def test_flask_migrate_loads_the_application_first() -> None:
    files = {
        "app/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
        "migrations/alembic.ini": "[alembic]\n",
        "migrations/env.py": "from flask import current_app\n",
        "migrations/script.py.mako": "",
    }
    entry = next(each for each in open_files(files).entry_points if each.kind is EntryKind.ALEMBIC)
    assert (entry.module, entry.startup) == ("app", "create_app()")


def test_flask_migrate_loads_the_application_that_flask_is_told() -> None:
    files = {
        "pyproject.toml": '[project.scripts]\nfarm = "tools:cli"\n',
        "tools.py": "import click\n\n\n@click.group()\ndef cli():\n    pass\n",
        "wsgi.py": "from flask import Flask\n\napp = Flask(__name__)\n",
        "web.py": "from flask import Flask\n\nweb = Flask(__name__)\n",
        "migrations/alembic.ini": "[alembic]\n",
        "migrations/env.py": "from flask import current_app\n",
        "migrations/script.py.mako": "",
    }

    def loaded(more: dict[str, str]) -> tuple[str, str]:
        entries = open_files({**files, **more}).entry_points
        entry = next(each for each in entries if each.kind is EntryKind.ALEMBIC)
        return entry.module, entry.startup

    assert loaded({"Procfile": "web: gunicorn wsgi:app\n"}) == ("wsgi", "app")
    assert loaded({"Procfile": "web: gunicorn wsgi:app\n", ".flaskenv": "FLASK_APP=web:web\n"}) == ("web", "web")


PLAIN = "import app.models\n\nprint(app.models)\n"


def test_a_script_without_a_guard_starts_where_nothing_else_does() -> None:
    files = {"app/__init__.py": "", "app/models.py": "", "main.py": PLAIN, "setup.py": "import setuptools\nsetup()\n"}
    assert one(files).target == "main.py"
    assert entries({**files, "serve.py": "import main\n"}) == []
    assert one({**files, "run.py": GUARD}).target == "run.py"
    assert one({**files, "app/web.py": FASTAPI}).target == "app.web:app"
    assert entries({**files, "main.py": "import app.models\nx = app.models\n"}) == []


def test_an_edit_makes_and_ends_a_script_without_a_guard() -> None:
    before = open_files({"app/__init__.py": "", "app/models.py": "", "main.py": "import app.models\n"})
    assert list(before.entry_points) == []
    between = before.overlaid({"main.py": PLAIN})
    assert [each.target for each in between.entry_points] == ["main.py"]
    assert list(between.overlaid({"main.py": PLAIN, "run.py": "import main\n"}).entry_points) == []
    assert [each.target for each in between.overlaid({"main.py": PLAIN, "run.py": GUARD}).entry_points] == ["run.py"]
    assert list(between.overlaid({"main.py": "import app.models\n"}).entry_points) == []
