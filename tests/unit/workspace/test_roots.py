"""Import roots: asked of the imports themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.opening import folder_workspace
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.modules.roots import scan_imports
from cucurbit.workspace.tree.files import MemoryTree


def workspace(files: dict[str, str]) -> FolderWorkspace:
    return folder_workspace(MemoryTree(files))


def name(files: dict[str, str], path: str) -> str:
    return workspace(files).module_name(path)


def test_scan_imports() -> None:
    found = scan_imports(
        b"import os, app.db as d, yaml\nfrom a.b import (\n    c,  # note\n    d as e,\n)\n"
        b"    from x import *\nfrom . import local\nfrom .m import n\nimport caf\xc3\xa9\nfrom json import loads\n"
    )
    assert dict(found) == {"app.db": 1, "yaml": 1, "a.b": 2, "x": 1, "café": 1, ".": 2}


def test_scan_imports_tells_modules_from_what_may_be_any_name() -> None:
    found = scan_imports(b"from a import b\nfrom a.c import d\ntry:\n    from . import e\nexcept ImportError: pass\n")
    assert dict(found) == {"a:b": 1, "a.c": 1}


def test_a_package_beside_its_project_files() -> None:
    files = {
        "pyproject.toml": "",
        "app/__init__.py": "",
        "app/models/__init__.py": "",
        "app/models/user.py": "import re",
    }
    assert name(files, "app/models/user.py") == "app.models.user"
    assert workspace(files).roots_of("app/models/user.py") == ("",)


def test_namespace_packages_have_the_root_that_their_imports_ask_for() -> None:
    files = {
        "requirements.txt": "",
        "app/main.py": "from app.models.user import User\n",
        "app/models/user.py": "from sqlalchemy import Column\n",
        "app/models/base.py": "",
    }
    assert name(files, "app/models/user.py") == "app.models.user"
    assert name(files, "app/main.py") == "app.main"


def test_files_run_from_their_own_folder() -> None:
    files = {
        "README.py": "", "requirements.txt": "",
        "backend/main.py": "from models import User\nfrom db.session import s\n",
        "backend/models.py": "from db import session\n",
        "backend/db/session.py": "",
    }  # fmt: skip
    assert name(files, "backend/main.py") == "main"
    assert name(files, "backend/db/session.py") == "db.session"


def test_src_layout() -> None:
    files = {
        "pyproject.toml": "",
        "src/shop/__init__.py": "",
        "src/shop/models.py": "from shop.base import Base",
        "src/shop/base.py": "",
        "tests/test_shop.py": "from shop.models import M\nfrom tests.helpers import h",
        "tests/helpers.py": "",
    }
    found = workspace(files)
    assert found.module_name("src/shop/models.py") == "shop.models"
    assert set(found.roots_of("tests/test_shop.py")) == {"", "src"}
    assert found.module_name("tests/test_shop.py") == "tests.test_shop"


def test_projects_of_one_repository_keep_apart() -> None:
    one = {"app/__init__.py": "", "app/db.py": "", "app/models.py": "from app.db import Base", "alembic.ini": ""}
    files = {f"{project}/{path}": text for project in ("backend", "back end 2", "x/y") for path, text in one.items()}
    found = workspace(files)
    for project in ("backend", "back end 2", "x/y"):
        assert found.roots_of(f"{project}/app/models.py") == (project,)
        spec = found.find_spec("app", found.roots_of(f"{project}/app/models.py"))
        assert spec is not None
        assert spec.path == f"{project}/app/__init__.py"


def test_an_equal_name_by_accident_makes_no_root() -> None:
    files = {
        "requirements.txt": "redis\nfastapi",
        "app/__init__.py": "",
        "app/cache/__init__.py": "",
        "app/cache/redis.py": "",
        "app/cache/use.py": "import redis\n",
        "alembic/env.py": "from app import models\n",
        "alembic/versions/1.py": "from alembic import op\n",
        "app/models.py": "",
    }
    found = workspace(files)
    assert found.roots_of("app/cache/use.py") == ("",)
    assert found.module_name("alembic/versions/1.py") == "1" or found.roots_of("alembic/versions/1.py") == ("",)


def test_the_settings_come_first() -> None:
    files = {
        "cucurbit.toml": 'roots = ["lib", "app"]',
        "lib/x.py": "",
        "app/m.py": "from app.n import x",
        "app/n.py": "",
    }
    found = workspace(files)
    assert found.roots_of("app/m.py") == ("app", "lib", "")
    assert found.module_name("app/m.py") == "m"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[tool.setuptools.packages.find]\nwhere = ["lib/py"]'),
        ("pyproject.toml", '[tool.setuptools.package-dir]\n"" = "lib/py"'),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\npackages = ["lib/py/shop"]'),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\nsources = ["lib/py"]'),
        ("pyproject.toml", '[[tool.poetry.packages]]\ninclude = "shop"\nfrom = "lib/py"'),
        ("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["lib/py"]'),
        ("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ". lib/py"'),
        ("pytest.ini", "[pytest]\npythonpath = lib/py\n"),
        ("setup.cfg", "[options]\npackage_dir =\n    = lib/py\n"),
        ("setup.py", "setup(package_dir={'': 'lib/py'})"),
    ],
)
def test_roots_that_packaging_declares(path: str, text: str) -> None:
    files = {
        f"svc/{path}": text, "svc/requirements.txt": "",
        "svc/lib/py/shop/models.py": "", "svc/run.py": "import shop.models",
    }  # fmt: skip
    found = workspace(files)
    assert "svc/lib/py" in found.roots_of("svc/run.py")
    assert found.module_name("svc/lib/py/shop/models.py") == "shop.models"


def test_broken_packaging_files() -> None:
    files = {
        "pyproject.toml": "[tool",
        "setup.cfg": "[[[\npackage_dir",
        "setup.py": "\0",
        "a.py": "import b",
        "b.py": "",
    }
    assert workspace(files).roots_of("a.py") == ("",)


TREE = {
    "alembic.ini": "[alembic]\nscript_location = migrations\n",
    "migrations/env.py": "",
    "app/__init__.py": "",
    "app/core/__init__.py": "",
    "app/core/db.py": "",
    "app/models/user.py": "",
    "service/pyproject.toml": "",
    "service/app/core/db.py": "",
    "service/app/main.py": "",
    "service/tool.py": "",
    "tool.py": "",
    "run.py": "",
}
IMPORTS = (
    "",
    "import app.core\n",
    "from app.core import db\n",
    "from core import db\n",
    "import core.db, tool\n",
    "from models.user import User\n",
    "import service.app.main\n",
    "from service import tool\nimport httpx\n",
    "if __name__ == '__main__':\n    import app.core.db\n",
    "from fastapi import FastAPI\nimport tool\napp = FastAPI()\n",
)
CODE = sorted(path for path in TREE if path.endswith(".py"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CODE), st.sampled_from(IMPORTS)), max_size=20))
def test_roots_after_an_edit_are_those_of_a_start_from_scratch(edits: list[tuple[str, str]]) -> None:
    texts: dict[str, str] = {}
    live = folder_workspace(MemoryTree(TREE))
    for path, text in edits:
        before = known(live)
        texts[path] = text
        stamp = live.stamp
        live = live.with_changes((), texts)
        scratch = folder_workspace(MemoryTree(TREE | texts))
        assert known(live) == known(scratch)
        if live.changed_since(stamp) is not None:
            assert known(live) == before


def known(workspace: FolderWorkspace) -> list[object]:
    roots = [(workspace.roots_of(path), workspace.module_name(path)) for path in CODE]
    return [*roots, workspace.entry_points, workspace.environments]


def test_an_import_more_leaves_the_roots_as_they_are() -> None:
    live = folder_workspace(MemoryTree(TREE | {"app/core/db.py": "import app.models.user\n"}))
    known(live)
    stamp = live.stamp
    live = live.with_changes((), {"app/core/db.py": "import app.models.user\nimport app.core\n"})
    assert live.changed_since(stamp) == frozenset({"app/core/db.py"})


def test_a_package_of_an_equal_name_is_not_the_installed_one_that_has_other_modules() -> None:
    files = {
        "pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['src']\n",
        "src/acme/links/rabbit/__init__.py": "from acme.links.rabbit.tables import Queue\n",
        "src/acme/links/rabbit/tables.py": "from rabbit.client import Session\n",
    }
    assert workspace(files).roots_of("src/acme/links/rabbit/tables.py") == ("src",)


def test_a_relative_import_needs_a_package_around_the_file() -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/env.py": "from app.database import Base\n",
        "app/main.py": "from .routers import loans\n",
        "app/routers/loans.py": "from app.models import Loan\n",
        "app/make_tables.py": "from database import Base, engine\nimport models\n",
        "app/database.py": "",
        "app/models.py": "from .database import Base\n",
    }
    assert name(files, "app/main.py") == "app.main"
    assert name(files, "app/models.py") == "app.models"
    assert name(files, "app/make_tables.py") == "make_tables"


def test_an_edited_relative_import_gives_a_file_other_roots() -> None:
    files = {"alembic.ini": "", "app/main.py": "import models\n", "app/models.py": "", "env.py": "import app.models\n"}
    before = workspace(files)
    assert before.module_name("app/main.py") == "main"
    after = before.with_changes((), {"app/main.py": "from . import models\n"})
    assert after.module_name("app/main.py") == "app.main"


def test_the_folder_of_a_package_that_is_called_like_a_requirement_is_no_root() -> None:
    files = {
        "requirements.txt": "fastapi\n",
        "asgi.py": "from presentation.fastapi.app import create_app\n",
        "presentation/fastapi/__init__.py": "",
        "presentation/fastapi/app.py": "from fastapi import FastAPI\nfrom presentation.fastapi.routers import r\n",
        "presentation/fastapi/routers.py": "from fastapi import APIRouter\nfrom fastapi.routing import APIRoute\n",
    }
    assert workspace(files).roots_of("presentation/fastapi/app.py") == ("",)
    assert workspace(files).roots_of("presentation/fastapi/routers.py") == ("",)


def test_a_required_project_of_the_workspace_is_a_root() -> None:
    files = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        "packages/api/pyproject.toml": '[project]\nname = "api"\ndependencies = ["core-models", "fastapi"]\n',
        "packages/api/app/main.py": "from core_models.tables import Base\nfrom shared.clock import now\n",
        "packages/core/pyproject.toml": '[project]\nname = "Core.Models"\ndependencies = ["shared"]\n',
        "packages/core/src/core_models/tables.py": "",
        "packages/shared/pyproject.toml": '[tool.poetry]\nname = "shared"\n',
        "packages/shared/shared/clock.py": "",
    }
    found = workspace(files)
    assert set(found.roots_of("packages/api/app/main.py")) >= {"packages/core/src", "packages/shared"}
    assert not found.depends_on("shared", "packages/api/app/main.py")
    assert found.depends_on("fastapi", "packages/api/app/main.py")
    assert found.find_spec("core_models", found.roots_of("packages/api/app/main.py")) is not None
