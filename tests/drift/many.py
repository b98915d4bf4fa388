"""``python -m tests.drift.many N [FIRST] [write]``: the drift of N random projects, held against Alembic.

With ``write``, the revisions that are written for them are run.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.drift.comparison import Tally, compared, rewritten
from tests.drift.generator import Projects


def _written(seed: int, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    try:
        found, text = rewritten(seed, folder)
    except Exception as error:  # noqa: BLE001 - what the written revision raises is what is looked for
        return [f"{type(error).__name__}: {error}"], Projects(seed).files()
    return found, {"written.py": text}


def main() -> int:
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    tally, failed, writes = Tally(), 0, "write" in sys.argv
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            found, files = compared(seed, Path(folder), tally) if not writes else _written(seed, Path(folder))
        if found:
            failed += 1
            sys.stdout.write(f"seed {seed}\n" + "".join(f"  {each}\n" for each in found))
            if failed <= 3:
                sys.stdout.write("".join(f"# {name}\n{text}\n" for name, text in files.items()))
    sys.stdout.write(f"{tally}, {failed} projects with disagreements\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
