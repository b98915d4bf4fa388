"""What holds for every test: nothing of the user's cache is read or written."""

from __future__ import annotations

import os

# Before any test starts: child processes inherit it, too. The tests of the cache ask for one in a folder of theirs.
os.environ["CUCURBIT_NO_CACHE"] = "1"
