"""What is not certain, as it depends on what lies outside the workspace."""

from __future__ import annotations

from pathlib import Path

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
        "env, which cannot be the file that imports it"
    ]


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
