"""Packages that others wrote, imported for real: the prediction is right and certain, but where it is known not to be.

``make real`` does the same with many more of them.
"""

from __future__ import annotations

import os

import pytest

from tests.real.compared import compare
from tests.real.lists import FEW, PYTHON_OF_FEW, names, unexpected
from tests.real.workspaces import installed


@pytest.mark.skipif(os.name == "nt", reason="a shell script installs the packages")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", names(FEW))
def test_package(name: str) -> None:
    package = installed(name, PYTHON_OF_FEW) if PYTHON_OF_FEW.exists() else None
    if package is None:
        assert not os.environ.get("CI"), f"{name} is not installed: bash .ci/prepare-packages .venv few"
        pytest.skip(f"{name} is not installed: bash .ci/prepare-packages .venv few")
    assert list(unexpected(name, list(compare(package, PYTHON_OF_FEW)))) == []
