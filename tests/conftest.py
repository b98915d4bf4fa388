"""What holds for every test: nothing of the user's cache is read or written, and a slow machine is no failure."""

from __future__ import annotations

import os

from hypothesis import settings

# Before any test starts: child processes inherit it, too. The tests of the cache ask for one in a folder of theirs.
os.environ["CUCURBIT_NO_CACHE"] = "1"
# Text wraps in the same way whatever the tests are started from.
os.environ["COLUMNS"] = "100"

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
