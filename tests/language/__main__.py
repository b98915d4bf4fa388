"""``python -m tests.language``: the programs that run to their end, and what is predicted of them.

python -m tests.language [--source stored|docs|tests] [--subject WORD] [--list-failures] [--show NAME] [--all]
    [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.language import docs_drawn, program, tests_drawn
from tests.language.judging import Prediction, predictions
from tests.language.program import MAIN, Program
from tests.language.running import Outcome, outcomes


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.language", description=__doc__)
    parser.add_argument("--source", choices=("stored", "docs", "tests"), action="append")
    parser.add_argument("--subject", help="only subjects that contain this word")
    parser.add_argument("--title", help="only titles that contain this word")
    parser.add_argument("--list-failures", action="store_true", help="what is predicted to fail, and where")
    parser.add_argument("--list-unfollowed", action="store_true", help="what is not followed to its end")
    parser.add_argument("--show", action="store_true", help="the text of each program in a list")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE", help="write the counts")
    return parser.parse_args()


def main() -> int:
    args = _arguments()
    sources = args.source or ["stored", "docs", "tests"]
    chosen = [each for source in sources for each in SOURCES[source]() if _wanted(each, args)]
    began = time.perf_counter()
    really = outcomes(chosen)
    ran = time.perf_counter()
    said = predictions(chosen)
    print(f"run for real in {ran - began:.1f} s, simulated in {time.perf_counter() - ran:.1f} s")
    counts = _counted(zip(chosen, really, said, strict=True), args)
    for origin, count in counts.items():
        print(f"{origin}: {dict(count)}")
    if args.json is not None:
        args.json.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return int(any(count["wrong"] for count in counts.values()))


def _counted(
    judged: Iterable[tuple[Program, Outcome, Prediction]], args: argparse.Namespace
) -> dict[str, Counter[str]]:
    """The counts of each origin; says what is asked for on the way."""
    counts: dict[str, Counter[str]] = {}
    for each, real, predicted in judged:
        count = counts.setdefault(each.origin, Counter())
        if each.raises:
            count["that raise"] += 1
            count["that raise, predicted"] += predicted.error == each.raises
            if real.error != each.raises:
                print(f"{each.name}: really {real.error or 'runs to its end'}\n{real.message}")
            elif args.list_unfollowed and predicted.error != each.raises:
                print(f"{each.name}: not predicted: {each.raises}, but {predicted.failure or 'nothing'}")
            continue
        if real.error:
            count["dropped"] += 1
            if each.origin == "stored":
                print(f"{each.name}: really {real.error}\n{real.message}")
            continue
        count["programs"] += 1
        count["followed"] += predicted.followed
        if predicted.crash or predicted.failure:
            count["wrong"] += 1
            if args.list_failures:
                print(f"{each.name}: {predicted.crash or predicted.failure}")
        elif args.list_unfollowed and not predicted.followed:
            print(f"{each.name}: not followed")
        else:
            continue
        if args.show:
            print("\n".join(f"    {line}" for line in each.files[MAIN].splitlines()))
    return counts


def _wanted(each: Program, args: argparse.Namespace) -> bool:
    return (args.subject or "") in each.subject and (args.title or "") in each.title


SOURCES = {"stored": program.stored, "docs": docs_drawn.drawn, "tests": tests_drawn.drawn}

if __name__ == "__main__":
    sys.exit(main())
