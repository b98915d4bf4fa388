"""Packages that others wrote, imported for real: the prediction says what happens, but where it is known not to.

``make real`` does the same with many more of them.
"""

from __future__ import annotations

import os

import pytest

from tests.real.compared import Compared, Verdict, compare, judged
from tests.real.lists import FEW, LISTED, PYTHON_OF_FEW, differences, names, unsure
from tests.real.workspaces import Installed, dotted, installed

FEWEST_EQUAL = 0.6
"""The part of all imports that is predicted as it happens, nothing left open; more is uncertain than wrong."""


def said_to_differ(name: str, compared: list[Compared]) -> set[str]:
    """The modules of a package that are listed."""
    return {each.module for each in compared if each.module in differences()}


@pytest.fixture
def python() -> None:
    if os.name == "nt":
        pytest.skip("tests/real/few.txt is installed by a shell script")
    if not PYTHON_OF_FEW.exists():
        assert not os.environ.get("CI"), "tests/real/few.txt has to be installed in CI"
        pytest.skip("tests/real/few.txt is not installed: bash .ci/prepare-packages .venv few")


@pytest.mark.usefixtures("python")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", names(FEW))
def test_package(name: str) -> None:
    package = installed(name, PYTHON_OF_FEW)
    if package is None:
        assert not os.environ.get("CI"), f"{name} is not installed"
        pytest.skip(f"{name} could not be installed")
    compared = list(compare(package, PYTHON_OF_FEW))
    wrong = {each.module: each.why for each in compared if each.verdict is Verdict.WRONG}
    open_ = {each.module: each.why for each in compared if each.verdict is Verdict.UNSURE}
    listed = said_to_differ(name, compared)
    assert {module: why for module, why in wrong.items() if module not in listed} == {}
    assert listed - wrong.keys() == set(), "listed in differences.toml, and no longer so"
    if name in unsure():
        assert open_, "listed in differences.toml as not certain, and no longer so"
    else:
        assert open_ == {}
