"""Changes of texts and of workspaces, drawn by a generator of random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from tests.fuzz.seeds import FILES, PIECES

MOST = 60_000
"""Characters of a mutated text: what grows without limit is the business of tests/hostile."""


def mutated(random: Random, text: str) -> str:
    """A text with a few changes."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        text = _changed(random, text)[:MOST]
    return text


def _changed(random: Random, text: str) -> str:
    start = random.randint(0, len(text))
    end = min(len(text), start + random.choice((0, 1, 3, 20, 200)))
    kind = random.randrange(9)
    if kind == 0:
        return text[:start] + text[end:]
    if kind == 1:
        return text[:start] + text[start:end] * random.choice((2, 3, 40)) + text[end:]
    if kind in {2, 3}:
        return text[:start] + random.choice(PIECES) + text[end:]
    if kind == 4:
        lines = text.splitlines(keepends=True)
        random.shuffle(lines)
        return "".join(lines)
    if kind == 5:
        return text[:start]
    if kind == 6:
        other = random.choice(tuple(FILES.values()))
        return text[:start] + other[random.randint(0, len(other)) :][:500] + text[end:]
    lines = text.splitlines(keepends=True) or [""]
    where = random.randrange(len(lines))
    if kind == 7:
        lines.insert(random.randrange(len(lines)), lines.pop(where))
    else:
        words = lines[where].split(" ")
        words[random.randrange(len(words))] = random.choice((*PIECES, *words))
        lines[where] = " ".join(words)
    return "".join(lines)


def mutated_workspace(random: Random, changes: int) -> dict[str, bytes]:
    """The seeds with ``changes`` files changed, lost, or with the text of another one."""
    files = {path: text.encode() for path, text in FILES.items()}
    for _ in range(changes):
        path = random.choice(tuple(FILES))
        kind = random.randrange(12)
        if kind == 0:
            files.pop(path, None)
        elif kind == 1:
            files[path] = FILES[random.choice(tuple(FILES))].encode()
        elif kind == 2:
            files[path] = random.randbytes(random.randrange(200))
        else:
            before = files.get(path, b"").decode("utf-8", "replace")
            files[path] = mutated(random, before).encode("utf-8", "surrogatepass")
    return files


def changed_paths(files: Mapping[str, bytes]) -> list[str]:
    """The paths at which a workspace differs from the seeds."""
    return [path for path in {**FILES, **files} if files.get(path) != FILES.get(path, "").encode() or path not in FILES]
