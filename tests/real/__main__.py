"""Imports packages that others wrote for real, and holds the predictions against it: ``python -m tests.real packages``.

``--only NAME`` compares one of them, ``--json FILE`` writes all that was compared, ``--python FILE`` names the
interpreter of the environment that they are installed in. Ends with 1 where something differs that is not listed in
``differences.toml``, or is listed and no longer differs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.real.compared import Compared, Verdict, compare
from tests.real.lists import LISTED, PYTHON, names, unexpected
from tests.real.workspaces import installed


def compared(name: str, python: Path) -> list[Compared] | None:
    """What was compared of a package; None where it is not installed."""
    package = installed(name, python)
    return None if package is None else list(compare(package, python))


def _silence() -> None:
    """What the packages write to standard error is not shown."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=__doc__)
    parser.add_argument("what", choices=["packages"])
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE")
    parser.add_argument("--python", type=Path, default=PYTHON, metavar="FILE")
    given = parser.parse_args()
    asked = given.only or names(LISTED)
    results: dict[str, list[Compared]] = {}
    surprises: list[str] = []
    with ProcessPoolExecutor(initializer=_silence) as pool:
        for name, found in zip(asked, pool.map(partial(compared, python=given.python), asked), strict=True):
            if found is None:
                say(f"{name}: not installed")
                continue
            results[name] = found
            worse = [each for each in found if each.verdict is not Verdict.EQUAL]
            say(f"{name}: {len(found) - len(worse)} of {len(found)} equal")
            for each in worse:
                say(f"  {each.verdict.value} {each.module}: {each.why}")
            surprises += unexpected(name, found)
    counts = Counter(each.verdict for of in results.values() for each in of)
    say(f"{len(results)} packages; imports: " + ", ".join(f"{counts[each]} {each.value}" for each in Verdict))
    for surprise in surprises:
        say(f"not expected: {surprise}")
    if given.json is not None:
        told = {
            name: [{"module": each.module, "verdict": each.verdict.value, "why": each.why} for each in found]
            for name, found in results.items()
        }
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return int(bool(surprises))


if __name__ == "__main__":
    sys.exit(main())
