"""``python -m tests.fuzz.projects FOLDER``: edit the files that a project executes, and compare with a fresh analysis.

After each edit, the timelines and findings that were patched, repeated and kept must be those of an analysis that
knows nothing. The edits are made in buffers; no file is written.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import RULES
from cucurbit.session.memory import Memory
from cucurbit.simulate.stack import deep
from tests.timelines import told

Edit = Callable[[Random, str], str]


def _some(random: Random, text: str, pattern: str) -> re.Match[str] | None:
    found = list(re.finditer(pattern, text, re.MULTILINE))
    return random.choice(found) if found else None


def _replacing(pattern: str, new: Callable[[Random, re.Match[str]], str]) -> Edit:
    def edit(random: Random, text: str) -> str:
        found = _some(random, text, pattern)
        return text if found is None else text[: found.start()] + new(random, found) + text[found.end() :]

    return edit


_COLUMN = r"^( +)(\w+)((?:: ?[^=\n]+)? = (?:\w+\.)?(?:Column|mapped_column|orm\.mapped_column)\(.*\))$"
_CLASS = r"^class (\w+)\(.*\n(?:(?: +.*)?\n)+"

_TAKEN = ("users", "posts", "tags")
_MODULES = ("os", "json", "missing")


def _second(text: str, name: str) -> str:
    """The class again, with another name and another table."""
    return re.sub(r'(__tablename__ = "\w*)"', r'\1_2"', text.replace(name, f"{name}2"))


EDITS: dict[str, Edit] = {
    "table": _replacing(r'__tablename__ = "(\w*)"', lambda r, m: f'__tablename__ = "{m[1]}{r.choice("abcx")}"'),
    "table of another": _replacing(r'__tablename__ = "\w*"', lambda r, _: f'__tablename__ = "{r.choice(_TAKEN)}"'),
    "column added": _replacing(_COLUMN, lambda r, m: f"{m[0]}\n{m[1]}{m[2]}_{r.randrange(9)}{m[3]}"),
    "column renamed": _replacing(_COLUMN, lambda r, m: f"{m[1]}{m[2]}_{r.randrange(9)}{m[3]}"),
    "column removed": _replacing(_COLUMN + r"\n", lambda r, m: ""),
    "class doubled": _replacing(_CLASS, lambda r, m: f"{m[0]}\n\n{m[0]}"),
    "class added": _replacing(_CLASS, lambda r, m: f"{m[0]}\n\n{_second(m[0], m[1])}"),
    "class renamed": _replacing(r"^class (\w+)", lambda r, m: f"class {m[1]}{r.randrange(9)}"),
    "import removed": _replacing(r"^(from|import) .*$", lambda r, m: "pass"),
    "import added": _replacing(r"^(from|import) .*$", lambda r, m: f"{m[0]}\nimport {r.choice(_MODULES)}"),
    "text": _replacing(r'"(\w+)"', lambda r, m: f'"{m[1]}{r.choice("abc")}"'),
    "number": _replacing(r"\b\d+\b", lambda r, m: str(r.randrange(99))),
    "line removed": _replacing(r"^ +\S.*\n", lambda r, m: ""),
    "comment": _replacing(r"$", lambda r, m: f"  # {r.randrange(99)}"),
    "body": _replacing(r"^( +)return .*$", lambda r, m: f"{m[1]}print({r.randrange(9)})\n{m[0]}"),
    "statement": _replacing(r"^(?=class |def )", lambda r, m: f"VALUE_{r.randrange(3)} = {r.randrange(9)}\n"),
    "name": _replacing(r"\b[A-Z]\w{3,}\b", lambda r, m: m[0] + r.choice("xy")),
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.projects", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ["CUCURBIT_NO_CACHE"] = "1"
    return deep(lambda: _run(options.folder.resolve(), options.edits, Random(options.seed)))


def _run(folder: Path, edits: int, random: Random) -> int:
    workspace = open_workspace(folder)
    memory = Memory()
    context = memory.analysed(workspace, lambda _: None, _raise)
    findings(context, RULES)
    visited = sorted({path for timeline in context.timelines for path in timeline.visited})
    original = {path: workspace.text(path) or "" for path in visited}
    models = [path for path in visited if "__tablename__" in original[path]] or visited
    buffers: dict[str, str] = {}
    counts: Counter[str] = Counter()
    wrong = 0
    path, kept = models[0], ""
    """The file that is edited, and its text before the last edit."""
    for number in range(edits):
        if random.random() < 0.5:
            kept = ""
            path = random.choice(models if random.random() < 0.8 else visited)
        name = random.choice([*EDITS, "table", "table", "column added", "undone", "undone"])
        before = buffers.get(path, original[path])
        undone = random.choice([kept or before, original[path]])
        buffers[path] = undone if name == "undone" else EDITS[name](random, before)
        workspace = workspace.with_changes([path], buffers)
        if workspace.is_stale(path):
            buffers[path] = before
            workspace = workspace.with_changes([path], buffers)
        kept = "" if name == "undone" else before
        if random.random() < 0.1:
            # Superseded: nobody asks for an analysis of this text.
            continue
        context = memory.analysed(workspace, lambda _: None, _raise)
        found = findings(context, RULES)
        fresh = analyse(workspace)
        same = (
            told(*context.frozen(workspace).timelines) == told(*fresh.timelines)
            and told(*context.frozen(workspace).isolated) == told(*fresh.isolated)
            and found == findings(fresh, RULES)
        )
        counts[name + (": patched" if memory.patched else ": simulated" if memory.simulated else ": kept")] += 1
        counts["timelines patched"] += memory.patched
        counts["timelines simulated"] += memory.simulated
        if not same:
            wrong += 1
            _say(f"edit {number} ({name} of {path}) differs")
            _differences(context.frozen(workspace), fresh)
        if max(map(len, (text for text in buffers.values()))) > 60_000 or random.random() < 0.05:
            buffers[path] = original[path]
            workspace = workspace.with_changes([path], buffers)
    for name, count in sorted(counts.items()):
        _say(f"{count:6} {name}")
    _say(f"{wrong} differences")
    return int(bool(wrong))


def _differences(context: Context, fresh: Context) -> None:
    for mine, other in zip(context.timelines, fresh.timelines, strict=True):
        for one, two in zip(told(mine)[0], told(other)[0], strict=True):
            if one != two:
                _say(f"  {mine.entry.target}\n    kept  {str(one)[:700]}\n    fresh {str(two)[:700]}")


def _raise(_: object, error: Exception) -> None:
    raise error


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
