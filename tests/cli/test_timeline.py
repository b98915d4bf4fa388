"""``cucurbit timeline`` and ``cucurbit models``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import CLEAN, TWICE, Cucurbit, MakeWorkspace

MIGRATED = {
    **TWICE,
    "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
    "alembic/env.py": "from alembic import context\nfrom app.db import Base\nfrom app import models\n\n"
    "context.configure(target_metadata=Base.metadata)\ncontext.run_migrations()\n",
    "app/old.py": "# class Old(Base):\n#     __tablename__ = 'old'\n",
    "app/main.py": "from alembic import command\nfrom alembic.config import Config\n\nimport app.legacy\n\n"
    "try:\n    command.upgrade(Config('alembic.ini'), 'head')\nexcept Exception:\n    pass\n",
    "run.py": "from sqlalchemy import create_engine\nfrom app import models\n"
    "models.Base.metadata.create_all(create_engine('sqlite://'))\n",
}


def events(document: dict[str, Any], index: int = 0) -> list[str]:
    return [" ".join(str(value) for value in event.values()) for event in document["timelines"][index]["events"]]


def test_a_module(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    ran = cucurbit("timeline", "app.main", "--output-format", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["version"]) == (0, 1)
    assert document["timelines"][0]["entry"] == {"kind": "module", "target": "app.main"}
    assert events(document) == [
        "module-started True app app/__init__.py",
        "module-finished True app app/__init__.py",
        "module-started True app.main app/main.py",
        "module-started True app.models app/models.py",
        "module-started True app.db app/db.py",
        "module-finished True app.db app/db.py",
        "table-registered True users app/models.py 6",
        "module-finished True app.models app/models.py",
        "module-started True app.legacy app/legacy.py",
        "table-rejected True users app/legacy.py 6",
        "module-failed True app.legacy app/legacy.py InvalidRequestError",
        "module-failed True app.main app/main.py InvalidRequestError",
        "entry-failed True InvalidRequestError",
    ]


def test_migrations_in_the_same_process(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(MIGRATED)
    document = json.loads(cucurbit("timeline", "app.main", "--output-format", "json").out)
    assert events(document)[-8:] == [
        "migrations-started True app/main.py 7",
        "module-started True env_py alembic/env.py",
        "module-started True app.models app/models.py",
        "table-rejected True users app/models.py 6",
        "module-failed True app.models app/models.py InvalidRequestError",
        "module-failed True env_py alembic/env.py InvalidRequestError",
        "migrations-failed True InvalidRequestError",
        "module-finished True app.main app/main.py",
    ]


def test_the_alembic_command(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(MIGRATED)
    document = json.loads(cucurbit("timeline", "alembic", "--output-format", "json").out)
    assert document["timelines"][0]["entry"] == {"kind": "alembic", "target": "alembic.ini"}
    happened = events(document)
    assert (happened[0], happened[-1]) == (
        "module-started True env_py alembic/env.py",
        "module-finished True env_py alembic/env.py",
    )
    assert not [event for event in happened if event.startswith("migrations")]


def test_a_script(workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace(MIGRATED)
    document = json.loads(cucurbit("timeline", "run.py", "--output-format", "json").out)
    assert document["timelines"][0]["entry"] == {"kind": "script", "target": "run.py"}
    assert "create-all True run.py 3" in events(document)
    monkeypatch.chdir(root / "app")
    assert cucurbit("timeline", "../run.py").code == 0


def test_every_entry_point(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    document = json.loads(cucurbit("timeline", "--output-format", "json").out)
    assert [timeline["entry"]["target"] for timeline in document["timelines"]] == ["app.main:app"]


def test_what_is_not_known_is_said(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(
        {
            **CLEAN,
            "app/plugins.py": "import importlib, os\n\nimportlib.import_module(os.environ['PLUGIN'])\n"
            "if os.environ.get('MODELS'):\n    import app.models\n",
        }
    )
    document = json.loads(cucurbit("timeline", "app.plugins", "--output-format", "json").out)
    (note,) = document["timelines"][0]["notes"]
    assert (note["path"], note["line"]) == ("app/plugins.py", 3)
    assert "table-registered False users app/models.py 6" in events(document)
    text = cucurbit("timeline", "app.plugins").out
    assert "... cut: " in text
    assert [line for line in text.splitlines() if " ? " in line and "table users (User)" in line]


def test_text(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(MIGRATED)
    lines = cucurbit("timeline", "app.main").out.splitlines()
    assert lines[0] == "app.main  (imported)"
    (started,) = [line for line in lines if "MIGRATIONS START" in line]
    (rejected,) = [line for line in lines if "REJECTED" in line]
    assert started.endswith("  app/main.py:7")
    assert "already registered at app/legacy.py:6" in rejected
    assert rejected.index("table") > started.index("MIGRATIONS")
    assert lines[-1] == "6 modules executed, 1 table registered, 1 of them before the migrations start. 1 rejected."


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("", "THE ENTRY POINT ENDS: SystemExit"),
        ("0", "THE ENTRY POINT ENDS: SystemExit"),
        ("1", "THE ENTRY POINT FAILS: SystemExit"),
        ("'no database'", "THE ENTRY POINT FAILS: SystemExit"),
    ],
)
@pytest.mark.parametrize("spelling", ["sys.exit({})", "raise SystemExit({})"])
def test_a_program_that_ends_does_not_fail(
    workspace: MakeWorkspace, cucurbit: Cucurbit, spelling: str, code: str, text: str
) -> None:
    workspace({"run.py": f"import sys\n\nif __name__ == '__main__':\n    {spelling.format(code)}\n"})
    assert text in cucurbit("timeline", "run.py").out


def test_no_such_entry_point(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    ran = cucurbit("timeline", "app.man:app")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean app.main:app?" in ran.err
    assert cucurbit("timeline", "alembic").code == 2


def test_no_entry_point_at_all(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({"cucurbit.toml": "", "a.py": ""})
    ran = cucurbit("timeline")
    assert ran.code == 0
    assert ran.out.startswith("No entry point was found here.")
    assert json.loads(cucurbit("timeline", "--output-format", "json").out) == {"version": 1, "timelines": []}


def test_models(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({**MIGRATED, "app/main.py": TWICE["app/main.py"]})
    document = json.loads(cucurbit("models", "--output-format", "json").out)
    legacy, users = document["models"]
    assert (legacy["table"], legacy["class"], legacy["path"], legacy["line"]) == ("users", "User", "app/legacy.py", 6)
    assert [each["registered"] for each in legacy["environments"]] == ["no"]
    assert [each["registered"] for each in users["environments"]] == ["yes"]
    registered = {each["entry"]["target"]: each["registered"] for each in legacy["entry_points"]}
    assert registered == {"app.main:app": "rejected"}
    (dead,) = document["dead"]
    assert (dead["path"], dead["line"], dead["reason"], dead["class"]) == ("app/old.py", 1, "comment", "Old")
    text = cucurbit("models").out
    assert "users  class User, line 6, on app.db.Base.metadata" in text
    assert "app/old.py:1  Old (old): commented out" in text


# ---------------------------------------------------------------------- filters


def test_depth(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    out = cucurbit("timeline", "app.main", "--depth", "1").out
    assert [line.split()[1] for line in out.splitlines()[1:3]] == ["app", "app.main"]
    assert "table users" not in out
    assert out.rstrip().endswith("8 events left out.")
    document = json.loads(cucurbit("timeline", "app.main", "--depth", "2", "--output-format", "json").out)
    assert "module-started True app.models app/models.py" in events(document)
    assert not [each for each in events(document) if "app.db" in each or "table" in each]


def test_tables(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(MIGRATED)
    document = json.loads(cucurbit("timeline", "app.main", "--tables", "--output-format", "json").out)
    assert events(document) == [
        "table-registered True users app/legacy.py 5",
        "migrations-started True app/main.py 7",
        "table-rejected True users app/models.py 6",
        "migrations-failed True InvalidRequestError",
    ] or events(document)[0].startswith("table-registered")
    out = cucurbit("timeline", "app.main", "--tables").out
    assert len(out.splitlines()) == 2 + 4


@pytest.mark.parametrize(
    ("pattern", "modules"),
    [
        ("app.models", ["app.models", "app.db"]),
        ("*.db", ["app.db"]),
        ("app.d?", ["app.db"]),
        ("nothing", []),
        ("[", []),
    ],
)
def test_module(workspace: MakeWorkspace, cucurbit: Cucurbit, pattern: str, modules: list[str]) -> None:
    workspace(CLEAN)
    document = json.loads(cucurbit("timeline", "app.main", "--module", pattern, "--output-format", "json").out)
    started = [each["module"] for each in document["timelines"][0]["events"] if each["event"] == "module-started"]
    assert started == modules
    assert ("table-registered True users app/models.py 6" in events(document)) is ("app.models" in modules)


def test_a_package_stands_for_its_modules(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    whole = cucurbit("timeline", "app.main", "--output-format", "json").out
    document = json.loads(cucurbit("timeline", "app.main", "--module", "app", "--output-format", "json").out)
    assert events(document) == events(json.loads(whole))[:-1]


def test_filters_are_not_for_the_page(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    assert cucurbit("timeline", "--tables", "--output-format", "html").code == 2
    assert cucurbit("timeline", "--depth", "0").code == 2
    assert cucurbit("timeline", "--depth", "x").code == 2


UNSEEN = {
    **MIGRATED,
    "app/main.py": CLEAN["app/main.py"] + "from app import order\n",
    "app/order.py": CLEAN["app/models.py"].replace("User", "Order").replace("users", "orders"),
}


@pytest.mark.parametrize(
    ("options", "tables"),
    [
        ([], ["users", "users", "orders"]),
        (["app/order.py"], ["orders"]),
        (["app/order.py", "app/models.py"], ["users", "orders"]),
        (["--table", "ord*"], ["orders"]),
        (["--table", "Orders"], []),
        (["--unseen"], ["users", "orders"]),
        (["--unseen", "--table", "o*"], ["orders"]),
    ],
)
def test_a_part_of_the_models(
    workspace: MakeWorkspace, cucurbit: Cucurbit, options: list[str], tables: list[str]
) -> None:
    workspace(UNSEEN)
    document = json.loads(cucurbit("models", "--output-format", "json", *options).out)
    assert sorted(each["table"] for each in document["models"]) == sorted(tables)
    out = cucurbit("models", *options).out
    assert all(f"  {table}  class" in out for table in tables)
    assert bool(tables) or out == "No table of this kind was found.\n"
    assert cucurbit("models", "no/such/path").code == 2
