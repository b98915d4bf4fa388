"""PYTHONPATH in the files of a project counts for env.py."""

from __future__ import annotations

import pytest

from cucurbit.opening import folder_workspace
from cucurbit.workspace.tree.files import MemoryTree

_ENVIRONMENT = {
    "web/alembic.ini": "[alembic]\nscript_location = migrations\n",
    "web/migrations/env.py": "from settings import URL\n",
    "web/parts/one/settings.py": "URL = ''\n",
}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "FROM python\nENV PYTHONPATH=/srv/parts/one\nCOPY web /srv\nWORKDIR /srv\n"),
        ("web/Dockerfile", "FROM python\nWORKDIR /srv\nCOPY . .\nENV PYTHONPATH parts/one:$PYTHONPATH\n"),
        (
            "compose.yaml",
            (
                "services:\n  web:\n    build: web\n    working_dir: /srv\n    volumes: ['./web:/srv']\n"
                "    environment:\n      - PYTHONPATH=/srv/parts/one\n"
            ),
        ),
        ("web/.env", "PYTHONPATH=parts/one\n"),
        ("web/run.sh", '#!/bin/sh\nexport PYTHONPATH="$PWD/parts/one"\n'),
        ("web/tox.ini", "[testenv]\nsetenv =\n    PYTHONPATH = {toxinidir}/parts/one\n"),
        ("web/pytest.ini", "[pytest]\npythonpath = parts/one\n"),
    ],
)
def test_it_counts_for_env_py(path: str, text: str) -> None:
    (entry,) = folder_workspace(MemoryTree({**_ENVIRONMENT, path: text})).entry_points
    assert "web/parts/one" in entry.fallback_path


def test_that_of_another_project_does_not() -> None:
    files = {**_ENVIRONMENT, "other/.env": "PYTHONPATH=../web/parts/one\n"}
    (entry,) = folder_workspace(MemoryTree(files)).entry_points
    assert "web/parts/one" not in entry.fallback_path
