"""What is not certain, as it depends on what lies outside the workspace."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cucurbit.opening import folder_workspace, open_workspace
from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.run import simulate
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryPoint
from cucurbit.workspace.tree.files import MemoryTree


def timeline(files: dict[str, str], target: str) -> Timeline:
    return of(folder_workspace(MemoryTree(files)), target)


def of(workspace: FolderWorkspace, target: str) -> Timeline:
    entry = workspace.resolve_entry(target)
    assert isinstance(entry, EntryPoint)
    return simulate(workspace, entry)


def events(timeline: Timeline, kind: EventKind) -> list[tuple[str, bool]]:
    return [(event.module, event.certain) for event in timeline.events if event.kind is kind]


GATE = {
    "src/acme/__init__.py": "",
    "src/acme/core.py": "",
    "gate/src/acme/__init__.py": "",
    "gate/src/acme/gate/__init__.py": "",
    "gate/src/acme/gate/main.py": "from acme.core.deep import thing\n\napp = object()\n",
    "gate/Dockerfile": 'CMD ["uvicorn", "acme.gate.main:app"]\n',
}


def test_a_package_whose_other_part_is_a_dependency() -> None:
    requires = '[project]\nname = "acme-gate"\ndependencies = ["acme[gate]>=1"]\n'
    gate = timeline(GATE | {"gate/pyproject.toml": requires}, "acme.gate.main:app")
    assert events(gate, EventKind.MODULE_FAILED) == []
    assert ("acme.gate.main", True) in events(gate, EventKind.MODULE_FINISHED)


def test_a_package_that_requires_itself_with_more_features() -> None:
    requires = '[project]\nname = "acme"\noptional-dependencies = { all = ["acme[gate]"] }\n'
    gate = timeline(GATE | {"gate/pyproject.toml": requires}, "acme.gate.main:app")
    assert events(gate, EventKind.MODULE_FAILED) == [("acme.gate.main", True)]


def test_a_file_does_not_import_itself_by_another_name() -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/env.py": "from env import Settings\n",
        "server/env.py": "class Settings:\n    url = 'sqlite://'\n",
    }
    migrations = timeline(files, "alembic")
    assert events(migrations, EventKind.MODULE_FAILED) == []
    assert [event.detail for event in migrations.events if event.kind is EventKind.CUT] == [
        "env, of which only the file that imports it is found"
    ]


def test_a_module_of_a_package_imports_the_installed_package_of_its_name() -> None:
    files = {
        "shop/alembic.ini": "[alembic]\nscript_location = migrations\n",
        "shop/__init__.py": "",
        "shop/migrations/env.py": "from shop import github\n",
        "shop/github.py": "from github import Auth\n",
    }
    migrations = timeline(files, "alembic")
    assert events(migrations, EventKind.MODULE_FAILED) == []
    assert [event.detail for event in migrations.events if event.kind is EventKind.CUT] == []


def test_a_folder_with_a_script_that_nobody_can_import_holds_no_module_of_its_name() -> None:
    files = {
        "shop/alembic.ini": "[alembic]\nscript_location = migrations\n",
        "shop/migrations/env.py": "import redwood\n",
        "redwood/build-wheel.py": "",
        "redwood/setup.py": "",
    }
    assert [each.detail for each in timeline(files, "alembic").events if each.kind is EventKind.CUT] == []


def test_a_package_that_the_environment_lacks_may_fail_up_to_where_that_is_caught(tmp_path: Path) -> None:
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / "SQLAlchemy-2.0.23.dist-info").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    (tmp_path / "main.py").write_text("try:\n    import parser\nexcept ImportError:\n    pass\nimport after\n")
    (tmp_path / "parser.py").write_text("import html5lib\n\nimport rest\n")
    (tmp_path / "rest.py").touch()
    (tmp_path / "after.py").touch()
    started = events(of(open_workspace(tmp_path), "main.py"), EventKind.MODULE_STARTED)
    assert started == [("__main__", True), ("parser", True), ("rest", False), ("after", True)]
    (site / "html5lib").mkdir()
    started = events(of(open_workspace(tmp_path), "main.py"), EventKind.MODULE_STARTED)
    assert started == [("__main__", True), ("parser", True), ("rest", True), ("after", True)]


@pytest.mark.parametrize(
    "required",
    [
        {"requirements.txt": "traitlets==5.14.3\nsqlalchemy==2.0.43\n"},
        {"pyproject.toml": "[project]\nname = 'hub'\ndependencies = ['traitlets', 'sqlalchemy']\n"},
    ],
)
def test_what_is_installed_comes_before_the_neighbours_of_a_package(required: dict[str, str]) -> None:
    # As in jupyterhub: the package holds an alembic.ini, and a module that is called like a library.
    files = {
        "pyproject.toml": "",
        **required,
        "alembic.ini": "[alembic]\nscript_location = hub/alembic\nprepend_sys_path = .\n",
        "hub/__init__.py": "",
        "hub/alembic.ini": "[alembic]\nscript_location = {folder}\n",
        "hub/traitlets.py": "import traitlets\nfrom traitlets import Integer\n",
        "hub/orm.py": "from traitlets import Integer\n",
        "hub/alembic/env.py": "from hub import orm\n",
    }
    migrations = timeline(files, "alembic.ini")
    assert events(migrations, EventKind.MODULE_FAILED) == []
    assert [name for name, _ in events(migrations, EventKind.MODULE_STARTED)] == ["env_py", "hub", "hub.orm"]


def test_a_decorator_made_of_a_function_runs_nothing_where_it_decorates() -> None:
    files = {
        "Procfile": "web: uvicorn main:app\n",
        "later.py": "",
        "main.py": (
            "from wrapt import decorator\n\n\n@decorator\ndef loaded(wrapped, instance, args, kwargs):\n"
            "    import later\n    return wrapped(*args, **kwargs)\n\n\n@loaded\ndef work():\n    pass\n"
            "\n\napp = object()\n"
        ),
    }
    assert [name for name, _ in events(timeline(files, "main:app"), EventKind.MODULE_STARTED)] == ["main"]


def test_winreg_of_six_is_there_on_windows_alone() -> None:
    files = {"Procfile": "web: uvicorn main:app\n", "main.py": "from six.moves import winreg\n\napp = object()\n"}
    failed = events(timeline(files, "main:app"), EventKind.MODULE_FAILED)
    assert failed == ([] if sys.platform == "win32" else [("main", True)])


def test_options_of_oslo_config_import_the_module_that_registers_them() -> None:
    files = {
        "Procfile": "web: uvicorn main:app\n",
        "views.py": "",
        "main.py": "from oslo_config import cfg\n\ncfg.CONF.import_opt('endpoint', 'views')\napp = object()\n",
    }
    assert events(timeline(files, "main:app"), EventKind.MODULE_FINISHED) == [("views", True), ("main", True)]


def test_a_table_of_the_database_may_not_be_there() -> None:
    files = {
        "Procfile": "web: uvicorn main:app\n",
        "main.py": (
            "from sqlalchemy import MetaData, Table, create_engine\nfrom sqlalchemy.exc import NoSuchTableError\n\n"
            "try:\n    Table('a', MetaData(), autoload_with=create_engine('sqlite://'))\n"
            "except NoSuchTableError:\n    import missing_table\napp = object()\n"
        ),
        "missing_table.py": "",
    }
    assert ("missing_table", False) in events(timeline(files, "main:app"), EventKind.MODULE_FINISHED)
