"""``python -m cucurbit``."""

from __future__ import annotations

import sys

from cucurbit.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
