"""Alembic environments, compared with what Alembic itself reads."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from cucurbit.workspace.alembic.environments import AlembicFinder, revision_files
from cucurbit.workspace.model import MigrationEnvironment, Problem
from cucurbit.workspace.modules.finder import ModuleFinder
from cucurbit.workspace.tree.files import DiskTree, MemoryTree
from cucurbit.workspace.tree.walk import walk

PLAIN = {"alembic/env.py": "", "alembic/versions/a.py": ""}


def find(files: dict[str, str]) -> tuple[list[MigrationEnvironment], list[Problem]]:
    tree = MemoryTree(files)
    finder = AlembicFinder(tree, ModuleFinder(tree), lambda path: ("",))
    return finder.find(walk(tree)), finder.problems


def one(files: dict[str, str]) -> MigrationEnvironment:
    environments, problems = find(files)
    assert problems == []
    (environment,) = environments
    return environment


SETTINGS = [
    "prepend_sys_path = .",
    "prepend_sys_path = . src",
    "prepend_sys_path = .,src, lib",
    "prepend_sys_path = .:src",
    "prepend_sys_path = %(here)s/src:lib",
    "prepend_sys_path = .:src\npath_separator = os",
    "prepend_sys_path = src;lib\npath_separator = ;",
    "prepend_sys_path = src lib\npath_separator = space",
    "prepend_sys_path =\n    src\n    lib\npath_separator = newline",
    "prepend_sys_path = src  lib",
    "prepend_sys_path =",
    "prepend_sys_path = src lib\nversion_path_separator = :",
    "version_locations = %(here)s/one alembic/versions",
    "version_locations = one,alembic/versions",
    "version_locations = one:two\nversion_path_separator = :",
    "version_locations = one:two\npath_separator = os",
    "version_locations = one two\nversion_path_separator = :\npath_separator = space",
    "version_locations = %(base)s/two\nbase = one/../",
    "version_locations = one\nrecursive_version_locations = true",
    "version_locations = one\nrecursive_version_locations = True",
    "script_location = %(here)s/alembic",
    "script_location = ./alembic/",
    "script_location = pkg:migrations\nprepend_sys_path = src",
    "script_location = pkg:inner:deep\nprepend_sys_path = src",
]
TREE = (
    "alembic/env.py", "alembic/versions/a.py", "one/b.py", "one/deep/c.py", "one/deep/__pycache__/x.py", "one/.#d.py",
    "one/__init__.py", "one/e.pyc", "two/f.py", "src/pkg/__init__.py", "src/pkg/migrations/env.py",
    "src/pkg/inner/deep/env.py", "lib/x.py",
)  # fmt: skip


@pytest.mark.parametrize("option", SETTINGS)
def test_as_alembic_reads_it(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(os.path.realpath(tmp_path)) / "project"
    for name in TREE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    location = "" if "script_location" in option else "script_location = alembic\n"
    (root / "alembic.ini").write_text(f"[alembic]\n{location}{option}\n")
    monkeypatch.chdir(root)
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", list(before))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = ScriptDirectory.from_config(Config("alembic.ini"))
    added = [os.path.relpath(path or ".", root) for path in sys.path[: len(sys.path) - len(before)]]
    sys.modules.pop("pkg", None)
    for folder in [folder for folder in sys.path_importer_cache if not os.path.isabs(folder)]:
        del sys.path_importer_cache[folder]

    tree = DiskTree(str(root))
    finder = AlembicFinder(tree, ModuleFinder(tree), lambda path: ())
    environment = next(each for each in finder.find(walk(tree)) if each.config == "alembic.ini")
    assert finder.problems == []
    assert [path or "." for path in environment.prepend_sys_path] == added
    assert environment.script_location == Path(script.dir).absolute().relative_to(root).as_posix()
    files = [
        path.relative_to(root).as_posix()
        for folder in script._version_locations
        if folder.exists()
        for path in _python_files(script, folder)
    ]
    assert sorted(revision_files(tree, environment)) == sorted(os.path.normpath(path) for path in files)


def test_a_package_that_is_installed_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(os.path.realpath(tmp_path)) / "project"
    for name in ("src/installed_pkg/__init__.py", "src/installed_pkg/db/migrations/env.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "alembic.ini").write_text("[alembic]\nscript_location = installed_pkg:db/migrations\n")
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(str(root / "src"))
    script = ScriptDirectory.from_config(Config("alembic.ini"))
    sys.modules.pop("installed_pkg", None)

    def found() -> tuple[list[str], int]:
        tree = DiskTree(str(root))
        finder = AlembicFinder(tree, ModuleFinder(tree), lambda path: ())
        return [each.script_location for each in finder.find(walk(tree))], len(finder.problems)

    assert found() == ([Path(script.dir).relative_to(root).as_posix()], 0)
    other = root / "other/installed_pkg/db/migrations"
    other.mkdir(parents=True)
    (other.parent.parent / "__init__.py").write_text("")
    assert found() == ([], 1)


@pytest.mark.parametrize("value", ["{alembic_dir}", "{{ folder }}/migrations", "${HERE}/db", "@DATA@/migrations"])
def test_a_template_of_a_configuration_is_none(value: str) -> None:
    files = {
        "shop/alembic.ini": f"[alembic]\nscript_location = {value}\n",
        "shop/db/env.py": "",
        "shop/db/versions/a.py": "",
    }
    tree = MemoryTree(files)
    finder = AlembicFinder(tree, ModuleFinder(tree), lambda path: ())
    assert [each.config for each in finder.find(walk(tree))] == ["shop/db/env.py"]
    assert finder.problems == []


def _python_files(script: ScriptDirectory, folder: Path) -> list[Path]:
    """The files that Alembic would load as revisions."""
    from alembic.script.base import Script, _only_source_rev_file

    return [path.resolve() for path in Script._list_py_dir(script, folder) if _only_source_rev_file.match(path.name)]


def test_a_plain_configuration() -> None:
    environment = one(
        {
            "backend/alembic.ini": "# c\n[alembic]\nscript_location = alembic\nprepend_sys_path = .\n"
            "[loggers]\nkeys = root\n"
        }
        | {f"backend/{path}": text for path, text in PLAIN.items()}
    )
    assert (environment.config, environment.section, environment.directory) == (
        "backend/alembic.ini",
        "alembic",
        "backend",
    )
    assert environment.env_path == "backend/alembic/env.py"
    assert environment.version_locations == ("backend/alembic/versions",)
    assert environment.prepend_sys_path == ("backend",)
    assert environment.has_logging
    span = environment.location.span
    assert (environment.location.path, span.line, span.column, span.end_column) == ("backend/alembic.ini", 3, 0, 25)


def test_a_configuration_inside_its_script_folder() -> None:
    text = "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n"
    environment = one({"back/alembic/alembic.ini": text, "back/alembic/env.py": "", "back/alembic/versions/1.py": ""})
    assert (environment.directory, environment.script_location) == ("back", "back/alembic")
    assert (environment.config, environment.prepend_sys_path) == ("back/alembic/alembic.ini", ("back",))


def test_several_files_and_sections() -> None:
    environments, problems = find(
        {
            "alembic.ini": "[alembic]\nscript_location = one\n[other]\nscript_location = two\n"
            "[logger_root]\nlevel = WARN\n",
            "conf/alembic-billing.ini": "[alembic]\nscript_location = %(here)s/../three\n",
            "unrelated.ini": "[tool]\nx = 1\n",
            "one/env.py": "", "two/env.py": "", "three/env.py": "",
        }
    )  # fmt: skip
    assert problems == []
    assert [(each.config, each.section, each.env_path) for each in environments] == [
        ("alembic.ini", "alembic", "one/env.py"),
        ("alembic.ini", "other", "two/env.py"),
        ("conf/alembic-billing.ini", "alembic", "three/env.py"),
    ]


def test_a_location_shared_by_sections() -> None:
    environments, _ = find(
        {
            "alembic.ini": "[DEFAULT]\nscript_location = m\n[alembic]\ndatabases = a\n"
            "[a]\nsqlalchemy.url = x\n[logger_x]\nlevel = INFO\n",
            "m/env.py": "",
        }
    )
    assert [(each.section, each.location.span.line) for each in environments] == [("alembic", 2), ("a", 2)]


def test_pyproject(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "x"\n[tool.alembic]\nscript_location = "%(here)s/db/migrations"\n'
        'prepend_sys_path = [".", "src"]\nversion_locations = ["%(here)s/db/versions"]\n'
    )
    environment = one({"svc/pyproject.toml": text, "svc/db/migrations/env.py": "", "svc/src/x.py": ""})
    assert environment.config == "svc/pyproject.toml"
    assert environment.location.span.line == 4
    assert environment.prepend_sys_path == ("svc", "svc/src")
    assert environment.version_locations == ("svc/db/versions",)
    assert not environment.has_logging
    (tmp_path / "pyproject.toml").write_text(text)
    real = Config(toml_file=str(tmp_path / "pyproject.toml"))
    assert real.get_prepend_sys_paths_list() == [".", "src"]
    assert real.get_alembic_option("script_location") == f"{tmp_path.as_posix()}/db/migrations"


def test_an_ini_stands_before_pyproject_option_by_option() -> None:
    environment = one(
        {
            "alembic.ini": "[alembic]\nscript_location = m\n[loggers]\nkeys=root\n",
            "pyproject.toml": '[tool.alembic]\nscript_location = "n"\nprepend_sys_path = ["src"]\n',
            "m/env.py": "", "src/x.py": "", "n/env.py": "",
        }
    )  # fmt: skip
    assert (environment.env_path, environment.prepend_sys_path) == ("m/env.py", ("src",))


def test_flask_migrate_and_folders_without_configuration() -> None:
    environments, problems = find(
        {
            "web/migrations/alembic.ini": "[alembic]\n# file_template = x\n[loggers]\nkeys = root\n",
            "web/migrations/env.py": "",
            "bare/env.py": "", "bare/script.py.mako": "", "other/env.py": "", "other/versions/1.py": "",
            "not/env.py": "",
        }
    )  # fmt: skip
    assert problems == []
    assert [(each.config, each.directory, each.has_logging) for each in environments] == [
        ("bare/env.py", "", False),
        ("other/env.py", "", False),
        ("web/migrations/alembic.ini", "web", True),
    ]
    assert environments[2].version_locations == ("web/migrations/versions",)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("script_location = alembic\n[alembic]\n", 1, "before the first section"),
        ("[alembic]\nscript_location = alembic\nscript_location = b\n", 3, "script_location occurs twice"),
        ("[alembic]\nx = 1\n[alembic]\nscript_location = alembic\n", 3, "[alembic] occurs twice"),
        ("[alembic]\nscript_location = alembic\n!!!\n", 3, "neither a section nor an option"),
        ("[alembic]\nscript_location = %(nowhere)s/alembic\n", 2, "`script_location` cannot be read"),
        ("[alembic]\nscript_location = alembic\nprepend_sys_path = a\npath_separator = comma\n", 4, "is 'comma'"),
        ("[alembic]\nscript_location = missing\n", 2, "not a folder of this workspace with an env.py"),
        ("[alembic]\nscript_location = ../../outside\n", 2, "not a folder of this workspace"),
        ("[alembic]\nscript_location = nopkg:migrations\n", 2, "not in this workspace"),
        ("[alembic]\nscript_location = %(here)s/missing\n", 2, "`script_location` is 'missing', not a folder"),
        ("[alembic]\nscript_location =\n", 2, "is empty"),
    ],
)
def test_a_broken_configuration_is_a_problem_at_its_line(text: str, line: int, says: str) -> None:
    environments, (problem,) = find({"alembic.ini": text, **PLAIN})
    assert (problem.location.path, problem.location.span.line) == ("alembic.ini", line)
    assert says in problem.message
    assert [environment.config for environment in environments] == ["alembic/env.py"]


def test_broken_toml_and_bytes() -> None:
    environments, (problem,) = find({"a/pyproject.toml": "[tool.alembic\nx", "b/alembic.ini": "\0[alembic]"})
    assert environments == []
    assert (problem.location.path, problem.location.span.line) == ("a/pyproject.toml", 1)
    _, (problem,) = find({"a/pyproject.toml": '[tool.alembic]\nscript_location = "%(x)s"\n'})
    assert problem.location.span.line == 2
