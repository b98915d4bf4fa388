"""Applications that others wrote: the tables that env.py registers are those that are predicted.

``make applications`` does the same with more and larger ones.
"""

from __future__ import annotations

import os

import pytest

from tests.real.applications import FEW, applications, measure, surprises


@pytest.mark.skipif(os.name == "nt", reason="a shell script installs the applications")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FEW)
def test_application(name: str) -> None:
    found = measure(name)
    if found is None:
        assert not os.environ.get("CI"), f"{name} is not installed: bash .ci/prepare-applications .venv {name}"
        pytest.skip(f"{name} is not installed: bash .ci/prepare-applications .venv {name}")
    assert found.real > 10
    assert list(surprises(applications()[name], found)) == []
