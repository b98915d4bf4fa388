"""The regular expressions of the program, and texts on which they would be slow if they could."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cucurbit

PACKAGE = Path(cucurbit.__file__).parent
_FLAGS = {"MULTILINE": re.MULTILINE, "IGNORECASE": re.IGNORECASE, "DOTALL": re.DOTALL, "VERBOSE": re.VERBOSE}
_FUNCTIONS = frozenset({"compile", "match", "fullmatch", "search", "sub", "findall", "finditer", "split"})
_ALPHABET = " a1_\\\"'\n.#:=,(\x00"


@dataclass(frozen=True)
class Used:
    """A regular expression of the program; ``anchored``: it is only tried at the start of texts."""

    pattern: re.Pattern[str]
    anchored: bool


def patterns() -> dict[str, Used]:
    """Every regular expression that is written in the program, by its text and where it stands."""
    found: dict[str, Used] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "inside" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            node.value: target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name)
        }
        methods: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                methods.setdefault(node.value.id, set()).add(node.attr)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (written := _written(node)) is not None:
                pattern, function = written
                uses = methods.get(names.get(node, ""), set()) if function == "compile" else {function}
                anchored = bool(uses) and uses <= {"match", "fullmatch"}
                found[f"{path.relative_to(PACKAGE).as_posix()} {pattern.pattern}"] = Used(pattern, anchored)
    return found


def _written(call: ast.Call) -> tuple[re.Pattern[str], str] | None:
    """The pattern of ``re.compile("...")`` and the like; None where it is made while the program runs."""
    func = call.func
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name) or func.value.id != "re":
        return None
    if func.attr not in _FUNCTIONS or not call.args:
        return None
    first = call.args[0]
    if not isinstance(first, ast.Constant) or not isinstance(first.value, (str, bytes)):
        return None
    flags = 0
    for node in ast.walk(call):
        if isinstance(node, ast.Attribute) and node.attr in _FLAGS:
            flags |= _FLAGS[node.attr]
    return _as_text(re.compile(first.value, flags)), func.attr


def _as_text(pattern: re.Pattern[str] | re.Pattern[bytes]) -> re.Pattern[str]:
    if isinstance(pattern.pattern, bytes):
        return re.compile(pattern.pattern.decode("latin-1"), pattern.flags & ~re.UNICODE)
    return re.compile(pattern.pattern, pattern.flags)


def hostile_texts(pattern: re.Pattern[str], size: int) -> Iterator[str]:
    """Texts of about ``size`` characters: what the pattern repeats, again and again, before what it does not accept."""
    characters = dict.fromkeys([*_ALPHABET, *re.findall(r"[^\w\s]", pattern.pattern)])
    words = [each for each in dict.fromkeys(re.findall(r"[A-Za-z]{3,}", pattern.pattern)) if len(each) < 24][:8]
    pumps = [*characters, *(first + second for first in characters for second in characters), *words]
    pumps += [word + mark for word in words for mark in characters]
    starts = ["", *(words[:3]), *(f"{word} " for word in words[:3]), *(f"{word}=" for word in words[:2])]
    for pump in pumps:
        body = pump * (size // len(pump))
        for start in starts:
            yield start + body
        yield body + "\x00"
        yield '"' + body
        yield "'" + body


def slow_text(used: Used, size: int) -> str | None:
    """A text on which the time of the pattern grows with more than its length; None where none was found.

    Time is measured as a ratio, so that a slow machine is no reason to fail: of four times the text, a linear pattern
    takes four times as long, a quadratic one sixteen times.
    """
    for text in hostile_texts(used.pattern, 24):
        if _time(used, text) > 0.05:
            return text
    for text in hostile_texts(used.pattern, size):
        if _time(used, text) < _WORTH_A_LOOK * size / 1000:
            continue
        again = min(_time(used, text) for _ in range(3))
        longer = min(_time(used, _longer(text)) for _ in range(3))
        if again > 0.001 and longer > 9 * again:
            return text
    return None


_WORTH_A_LOOK = 0.0005
"""Seconds a thousand characters that no linear pattern takes."""


def _longer(text: str) -> str:
    middle = len(text) // 2
    return text[:middle] + text[middle : middle + 24] * (len(text) * 3 // 24) + text[middle:]


def _time(used: Used, text: str) -> float:
    start = time.process_time()
    if used.anchored:
        used.pattern.match(text)
    else:
        for _ in used.pattern.finditer(text):
            pass
    return time.process_time() - start
