"""Runs what others wrote for real, and holds the predictions against it: ``python -m tests.real packages``.

``packages`` imports packages and modules of them, ``applications`` runs env.py of applications. ``--only NAME``
compares one of them, ``--json FILE`` writes all that was compared, ``--python FILE`` names the interpreter of the
environment that the packages are installed in. Ends with 1 where something differs that is not listed in
``differences.toml`` or ``applications.toml``, or is listed and no longer differs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tests.real.applications import applications, measure, surprises
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


def of_packages(asked: Sequence[str], python: Path, told: dict[str, object]) -> Iterator[str]:
    """Compare packages, say how each does and put it into ``told``. Yields what was not expected."""
    asked = asked or names(LISTED)
    counts: Counter[Verdict] = Counter()
    with ProcessPoolExecutor(initializer=_silence) as pool:
        for name, found in zip(asked, pool.map(partial(compared, python=python), asked), strict=True):
            if found is None:
                say(f"{name}: not installed")
                continue
            counts.update(each.verdict for each in found)
            worse = [each for each in found if each.verdict is not Verdict.EQUAL]
            say(f"{name}: {len(found) - len(worse)} of {len(found)} equal")
            for each in worse:
                say(f"  {each.verdict.value} {each.module}: {each.why}")
            told[name] = [{"module": each.module, "verdict": each.verdict.value, "why": each.why} for each in found]
            yield from unexpected(name, found)
    say(f"{len(told)} packages; imports: " + ", ".join(f"{counts[each]} {each.value}" for each in Verdict))


def of_applications(asked: Sequence[str], told: dict[str, object]) -> Iterator[str]:
    """The same of applications."""
    asked = asked or list(applications())
    with ProcessPoolExecutor(initializer=_silence) as pool:
        for name, found in zip(asked, pool.map(measure, asked), strict=True):
            if found is None:
                say(f"{name}: not installed")
                continue
            open_ = f" ({found.unsure} in doubt)" if found.unsure else ""
            say(
                f"{name} {found.version}: {found.real - len(found.lost)} of {found.real} tables predicted{open_}, "
                f"{len(found.invented)} invented; {found.agreeing} of {found.events} events"
            )
            for words in ("lost", found.lost), ("invented", found.invented), ("events", found.difference):
                if words[1]:
                    say(f"  {words[0]}: {words[1] if isinstance(words[1], str) else ', '.join(words[1])}")
            told[name] = {**asdict(found), "why": applications()[name].why}
            yield from surprises(applications()[name], found)
    say(f"{len(told)} applications")


def main() -> int:
    sys.setrecursionlimit(10_000)
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=__doc__)
    parser.add_argument("what", choices=["packages", "applications"])
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE")
    parser.add_argument("--python", type=Path, default=PYTHON, metavar="FILE")
    given = parser.parse_args()
    told: dict[str, object] = {}
    if given.what == "packages":
        surprising = list(of_packages(given.only, given.python, told))
    else:
        surprising = list(of_applications(given.only, told))
    for surprise in surprising:
        say(f"not expected: {surprise}")
    if given.json is not None:
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return int(bool(surprising))


if __name__ == "__main__":
    sys.exit(main())
