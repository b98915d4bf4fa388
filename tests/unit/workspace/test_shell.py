"""Command lines and the Python programs in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.simulate.packages.registry import launchers
from cucurbit.workspace.starts.programs import StartKind
from cucurbit.workspace.starts.shell import Shell, script_lines


def read(line: str, **variables: str) -> list[str]:
    """Each start in a short form: kind, what it names, cwd, folders on the path."""
    return [
        " ".join(
            filter(
                None,
                [
                    start.kind.value,
                    start.path or f"{start.module}{':' if start.attribute else ''}{start.attribute}",
                    f"in {start.cwd}" if start.cwd else "",
                    f"path {','.join(start.on_path)}" if start.on_path not in {(), (".",)} else "",
                ],
            )
        )
        for start in Shell(launchers(), "", dict(variables)).run(line)
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("uvicorn app.main:app --host 0.0.0.0 --port ${PORT:-80}", ["served app.main:app"]),
        ("uvicorn --reload app.main:app", ["served app.main:app"]),
        ("uvicorn app.main:create_app --factory", ["served app.main:create_app()"]),
        ("uvicorn --app-dir src main:app", ["served main:app path src"]),
        ("uvicorn $UNKNOWN", []),
        ("uvicorn ${APP:-app.main:app}", ["served app.main:app"]),
        ("gunicorn -k uvicorn.workers.UvicornWorker --bind unix:app.sock app.main:app", ["served app.main:app"]),
        ("gunicorn --access-logfile - -w4 app.wsgi", ["served app.wsgi:application"]),
        ("gunicorn --chdir back --pythonpath a,b 'm:create_app()'", ["served m:create_app() in back path .,a,b"]),
        ("hypercorn m:app -b 0.0.0.0:80", ["served m:app"]),
        ("granian --interface asgi m:app", ["served m:app"]),
        ("daphne -b 0.0.0.0 p.asgi:application", ["served p.asgi:application"]),
        ("fastapi run app/main.py --port 80", ["served app/main.py"]),
        ("fastapi dev", ["served ."]),
        ("flask --app hello:web run", ["served hello:web"]),
        ("FLASK_APP=x.y flask db upgrade", ["served x.y"]),
        ("export FLASK_APP=x.py && flask run", ["served x.py"]),
        ("flask run", []),
        ("celery -A proj worker -l info", ["worker proj"]),
        ("celery -A proj inspect active", ["imported proj"]),
        ("celery --app=proj.tasks:queue beat", ["worker proj.tasks:queue"]),
        ("arq app.worker.WorkerSettings", ["imported app.worker:WorkerSettings"]),
        ("dramatiq app.tasks", ["imported app.tasks"]),
        ("dramatiq -p 1 --queues fast slow -f shop.work:start shop.work", ["imported shop.work"]),
        ("dramatiq --path src lib -v app.broker:broker app.tasks", ["imported app.broker:broker"]),
        ("dramatiq -p4 --use-spawn app.tasks", ["imported app.tasks"]),
        ("faststream run app.main:app --workers 2", ["served app.main:app"]),
        ("faststream run -r -f app.main:create_app --app-dir src", ["served app.main:create_app() path src"]),
        ("faststream run --env prod --verbose app.main:app --bind 0.0.0.0:80", ["served app.main:app"]),
        ("faststream run --loop uvloop:new_event_loop app.main:app", ["served app.main:app"]),
        ("faststream docs serve app.main:app", ["imported app.main:app"]),
        ("faststream run", []),
        ("faststream --version", []),
        ("python -m aiohttp.web -H localhost app.main:create_app", ["served app.main:create_app()"]),
        ("python -m app.db.migrate", ["run-module app.db.migrate"]),
        ("/opt/venv/bin/python3.11 -um app", ["run-module app"]),
        ("python -m uvicorn m:app", ["served m:app"]),
        ("python -m debugpy --listen 5678 -m uvicorn m:app", ["served m:app"]),
        ("python -W ignore -u scripts/seed.py --all", ["script scripts/seed.py"]),
        ("python -c 'import x'", []),
        ("python -m", []),
        ("streamlit run ui/Home.py", ["rerun script ui/Home.py"]),
        ("alembic upgrade head", ["alembic alembic.ini"]),
        ("alembic -c conf/a.ini -n db upgrade head", ["alembic conf/a.ini"]),
        ("exec poetry run uvicorn m:app", ["served m:app"]),
        ("uv run --no-dev python -m app", ["run-module app"]),
        ("./wait-for-it.sh db:5432 -- uvicorn m:app", ["served m:app"]),
        ("sh -c 'alembic upgrade head && uvicorn m:app'", ["alembic alembic.ini", "served m:app"]),
        ("watchfiles 'python -m app' src", ["run-module app"]),
        ("cd back && uvicorn m:app; cd .. ; python x.py", ["served m:app in back", "script x.py in ."]),
        ("(cd back; python a.py) && python b.py", ["script a.py in back", "script b.py"]),
        ("PYTHONPATH=src:lib uvicorn m:app", ["served m:app path .,src,lib"]),
        ("python a.py > log.txt 2>&1 &", ["script a.py"]),
        ("python a.py | tee x", ["script a.py"]),
        ("pip install uvicorn gunicorn", []),
        ("echo python a.py", []),
        ("if python a.py; then python b.py; fi", ["script a.py", "script b.py"]),
        ("uvicorn 'm:app", ["served m:app"]),
        ("", []),
    ],
)  # fmt: skip
def test_lines(line: str, expected: list[str]) -> None:
    assert read(line) == expected


def test_the_folder_of_the_script() -> None:
    shell = Shell(launchers(), "", {}, "/@/back/scripts")
    lines = [
        'DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"',
        'UP="$(cd "$DIR/.." && pwd -P)"',
        'cd "$UP"',
        "uvicorn m:app",
    ]
    (start,) = [start for line in lines for start in shell.run(line)]
    assert (start.kind, start.cwd) == (StartKind.SERVED, "/@/back")


def test_lines_of_a_script() -> None:
    text = "#!/bin/sh\n\npython \\\n  a.py \\\n  --x\ncat <<EOF\npython no.py\nEOF\n  python b.py # note\n"
    assert list(script_lines(text)) == [(3, 5, "python a.py --x"), (6, 6, "cat <<EOF"), (9, 9, "python b.py")]


@given(st.text(alphabet="ab$(){}\"'&|;<># =/-.:\\\n`", max_size=30).map(lambda text: f"python {text} uvicorn a:b"))
def test_no_line_raises(line: str) -> None:
    assert isinstance(Shell(launchers(), "", {"a": "b c"}).run(line), list)
    assert all(first <= last for first, last, _ in script_lines(line))
