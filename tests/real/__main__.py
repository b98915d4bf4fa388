"""Imports packages that others wrote for real, and holds the predictions against it: ``python -m tests.real packages``.

``--only NAME`` compares one of them, ``--json FILE`` writes all that was compared, ``--python FILE`` names the
interpreter of the environment that they are installed in.
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
from tests.real.lists import LISTED, PYTHON, differences, names
from tests.real.workspaces import installed


def compared(name: str, python: Path) -> list[Compared] | None:
    """What was compared of a package; None where it is not installed."""
    package = installed(name, python)
    return None if package is None else list(compare(package, python))


def _silence() -> None:
    """What the packages write to standard error is not shown."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=__doc__)
    parser.add_argument("what", choices=["packages"])
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE")
    parser.add_argument("--python", type=Path, default=PYTHON, metavar="FILE")
    given = parser.parse_args()
    asked = given.only or names(LISTED)
    known = differences()
    results: dict[str, list[dict[str, str]]] = {}
    counts: Counter[Verdict] = Counter()
    missing = []
    with ProcessPoolExecutor(initializer=_silence) as pool:
        for name, found in zip(asked, pool.map(partial(compared, python=given.python), asked), strict=True):
            if found is None:
                missing.append(name)
                continue
            results[name] = [{"module": each.module, "verdict": each.verdict.value, "why": each.why} for each in found]
            counts.update(each.verdict for each in found)
            worst = [each for each in found if each.verdict is not Verdict.EQUAL]
            print(f"{name}: {len(found) - len(worst)} of {len(found)} equal", flush=True)
            for each in worst:
                reason = f" [known: {known[each.module]}]" if each.module in known else ""
                print(f"  {each.verdict.value} {each.module}: {each.why}{reason}", flush=True)
    print(f"{len(results)} packages; imports: " + ", ".join(f"{counts[each]} {each.value}" for each in Verdict))
    if missing:
        print(f"not installed: {', '.join(missing)}")
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return int(
        any(each["verdict"] == "wrong" and each["module"] not in known for of in results.values() for each in of)
    )


if __name__ == "__main__":
    sys.exit(main())
