"""``python -m cucurbit``."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # ``python -m`` puts the current folder first, which may be a workspace that nobody trusts: none of its modules may
    # be imported instead of the program's own and those of its libraries.
    if sys.path and sys.path[0] in {"", os.getcwd()}:
        del sys.path[0]

    from cucurbit.cli.main import main

    sys.exit(main())
