"""Installed packages: read, never imported."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from cucurbit.opening import open_workspace
from cucurbit.source.facts import ClassDef
from cucurbit.workspace.modules.installed import Installed, find_environment
from cucurbit.workspace.tree.files import DiskTree, MemoryTree
from cucurbit.workspace.tree.outside import Outside

FILES = {
    "company_db/__init__.py": "from company_db.base import Base\nfrom ._fast import Fast\nfrom . import models as m\n",
    "company_db/base.py": "raise SystemExit('never run')\nfrom sqlalchemy.orm import DeclarativeBase\n"
    "class Base(DeclarativeBase):\n    pass\nif True:\n    class Mixin: ...\n",
    "company_db/star.py": "from company_db.base import *\n",
    "company_db/models.py": "",
    "company_db/_fast.cpython-311-x86_64-linux-gnu.so": "not a library",
    "space/inner/thing.py": "class Thing: ...\n",
    "Company_DB-3.2.1.dist-info/METADATA": "",
    "SQLAlchemy-2.0.23.dist-info/METADATA": "",
    "old-1.4b2-py3.9.egg-info/PKG-INFO": "",
}


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    for name, text in FILES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("")
    return tmp_path


def test_a_name_is_followed_to_where_it_is_defined(environment: Path) -> None:
    modules, path = dict(sys.modules), list(sys.path)
    workspace = open_workspace(environment)
    for dotted in ("company_db.Base", "company_db.base.Base", "company_db.star.Base"):
        found = workspace.installed(dotted)
        assert found is not None
        assert (found.definition, found.name) == ("company_db.base.Base", "Base")
        assert found.file.endswith("company_db/base.py")
        assert [step.name for step in found.facts.body if isinstance(step, ClassDef)] == ["Base"]
    mixin = workspace.installed("company_db.base.Mixin")
    assert mixin is not None
    assert mixin.definition == "company_db.base.Mixin"
    thing = workspace.installed("space.inner.thing.Thing")
    assert thing is not None
    assert thing.definition == "space.inner.thing.Thing"
    # Nothing of the environment was imported, and the search for modules is what it was.
    assert [name for name in sys.modules if name not in modules and name.startswith(("company_db", "space"))] == []
    assert sys.path == path


@pytest.mark.parametrize(
    "dotted",
    [
        "company_db.Nothing",
        "nowhere.X",
        "company_db",
        "company_db.m",
        "company_db.Fast",
        "",
        "a b.c",
        "os.path.join;x",
        ".",
    ],
)
def test_what_is_not_known_is_none(environment: Path, dotted: str) -> None:
    assert open_workspace(environment).installed(dotted) is None


def test_versions_of_distributions(environment: Path) -> None:
    (environment / "requirements.txt").write_text("sqlalchemy==1.4.0\nflask==3.0.1\n")
    workspace = open_workspace(environment)
    assert workspace.version("company-db", "x.py") == (3, 2, 1)
    assert workspace.version("sqlalchemy", "x.py") == (2, 0, 23)
    assert workspace.version("old", "x.py") == (1, 4)
    assert workspace.version("flask", "x.py") == (3, 0, 1)
    assert workspace.version("nothing", "x.py") is None
    (environment / "cucurbit.toml").write_text('sqlalchemy-version = "2.1"\n')
    assert open_workspace(environment).version("SQLAlchemy", "x.py") == (2, 1)


def test_which_environment_counts(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    site = str(environment / ".venv" / "lib" / "python3.11" / "site-packages")
    tree = DiskTree(str(environment))
    other = tmp_path_factory.mktemp("other")
    (other / "Lib" / "site-packages").mkdir(parents=True)
    foreign = str(other / "Lib" / "site-packages")
    assert find_environment(tree, None, None, [], Outside()) == [site]
    assert find_environment(tree, None, str(other), [], Outside()) == [foreign]
    assert find_environment(tree, ".venv", str(other), [], Outside()) == [site]
    assert find_environment(tree, ".venv/bin/python", None, [], Outside()) == [site]
    assert find_environment(tree, str(other), None, [], Outside()) == [foreign]
    assert find_environment(tree, "/no/such/python", str(other), [], Outside()) == []
    assert find_environment(MemoryTree({}), None, None, ["x"], Outside()) == []


def test_an_environment_in_a_project(environment: Path) -> None:
    (environment.parent / "requirements.txt").write_text("")
    tree = DiskTree(str(environment.parent))
    assert len(find_environment(tree, None, None, ["x", environment.name], Outside())) == 1


def test_a_real_package_of_this_interpreter() -> None:
    found = Installed("/", [sysconfig.get_path("purelib")]).symbol("sqlalchemy.orm.DeclarativeBase")
    assert found is not None
    assert found.definition == "sqlalchemy.orm.decl_api.DeclarativeBase"
    assert any(isinstance(step, ClassDef) and step.name == "DeclarativeBase" for step in found.facts.body)


def test_without_an_environment_nothing_is_known() -> None:
    found = Installed("/", [])
    assert found.symbol("sqlalchemy.orm.DeclarativeBase") is None
    assert found.version("sqlalchemy") is None


def test_what_an_environment_lacks(environment: Path) -> None:
    workspace = open_workspace(environment)
    assert workspace.is_installed("company_db", "app.py") is True
    assert workspace.is_installed("space", "app.py") is True
    assert workspace.is_installed("absent", "app.py") is False


def test_an_environment_without_sqlalchemy_lacks_nothing(environment: Path) -> None:
    site = environment / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / "SQLAlchemy-2.0.23.dist-info").rename(site / "other-1.0.dist-info")
    (environment / "requirements.txt").write_text("pinned==2.0\n")
    workspace = open_workspace(environment)
    assert workspace.is_installed("absent", "app.py") is None
    assert workspace.is_installed("pinned", "app.py") is True


@pytest.mark.parametrize(
    ("name", "text", "lacks"),
    [("__editable__.absent-1.pth", "", None), ("src.pth", "/src\n", None), ("hook.pth", "import hook\n\n", False)],
)
def test_packages_may_be_linked_into_an_environment(
    environment: Path, name: str, text: str, lacks: bool | None
) -> None:
    site = environment / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / name).write_text(text)
    assert open_workspace(environment).is_installed("absent", "app.py") is lacks
