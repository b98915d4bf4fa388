"""What holds for every test: nothing of the user's cache is read or written, and a slow machine is no failure."""

from __future__ import annotations

import os
from importlib import resources

import pytest
from hypothesis import settings

# Before any test starts: child processes inherit it, too. The tests of the cache ask for one in a folder of theirs.
os.environ["CUCURBIT_NO_CACHE"] = "1"
# Text wraps in the same way whatever the tests are started from.
os.environ["COLUMNS"] = "100"

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def page_library() -> None:
    """The library that lays out the schema page, which the build takes from npm."""
    if not resources.files("cucurbit.report").joinpath("schema_page/library/dagre.js").is_file():
        assert not os.environ.get("CI"), "CI has to have the schema page's library: python hatch_build.py"
        pytest.skip("left out: the schema page, as its library is not built (python hatch_build.py, which needs npm)")
