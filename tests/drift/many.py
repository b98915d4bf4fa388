"""``python -m tests.drift.many N [FIRST]``: the drift of N random projects, held against Alembic."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.drift.comparison import Tally, compared


def main() -> int:
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    tally, failed = Tally(), 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            found, files = compared(seed, Path(folder), tally)
        if found:
            failed += 1
            sys.stdout.write(f"seed {seed}\n" + "".join(f"  {each}\n" for each in found))
            if failed <= 3:
                sys.stdout.write("".join(f"# {name}\n{text}\n" for name, text in files.items()))
    sys.stdout.write(f"{tally}, {failed} projects with disagreements\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
