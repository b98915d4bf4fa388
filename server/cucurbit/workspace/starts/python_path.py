"""What files put on PYTHONPATH: Dockerfiles, compose files, shell scripts, ``.env`` and ``tox.ini``.

A start command has its own; this is for code that no start command names, above all for env.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cucurbit.source.text import split_lines
from cucurbit.workspace.settings.reader import decode
from cucurbit.workspace.starts.containers import Placed, compose_images, dockerfile
from cucurbit.workspace.starts.entry_points import in_project
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.starts.programs import Start, StartKind, python_path_of
from cucurbit.workspace.starts.shell import WORKSPACE
from cucurbit.workspace.starts.start_files import is_compose, is_dockerfile
from cucurbit.workspace.tree.files import FileTree, parent

_NAME = b"PYTHONPATH"
_ASSIGNED = re.compile(r"""^\s*(?:export\s+|set\s+|-\s*)?PYTHONPATH\s*[=:]\s*["']?([^"'#\s]+)""")
_TOX = re.compile(r"^\s*(?:set_?env\s*=\s*)?PYTHONPATH\s*=\s*(\S+)")
_HERE = re.compile(r"\$\{?PWD\}?|\$\(pwd\)|`pwd`|\{toxinidir\}|%\(?cd\)?%|\$\{?PROJECT_DIR\}?")


def python_paths(tree: FileTree, files: Sequence[str], launchers: Launchers) -> list[Placed]:
    """What each file puts on PYTHONPATH, as starts of no program: ``on_path`` holds the folders as they are written."""
    found: list[Placed] = []
    for path in files:
        if in_project(path) and _may_set(tree, path):
            found += _read(tree, path, launchers)
    return found


def _may_set(tree: FileTree, path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    known = name in {".env", ".flaskenv", "tox.ini"} or name.endswith((".sh", ".bash"))
    if not (known or name.startswith(".env.") or is_dockerfile(name) or is_compose(name)):
        return False
    content = tree.read(path)
    return _NAME.decode() in content if isinstance(content, str) else isinstance(content, bytes) and _NAME in content


def _read(tree: FileTree, path: str, launchers: Launchers) -> Iterator[Placed]:
    name = path.rpartition("/")[2].lower()
    if is_dockerfile(name):
        image = dockerfile(tree, path, launchers)[1]
        yield from _placed(path, image.variables, image.cwd, parent(path), image.copies)
    elif is_compose(name):
        for base, image in compose_images(tree, path, launchers):
            yield from _placed(path, image.variables, image.cwd, base, image.copies)
    else:
        pattern = _TOX if name == "tox.ini" else _ASSIGNED
        here = f"{WORKSPACE}/{parent(path)}".rstrip("/")
        for line in split_lines(decode(tree.read(path)) or ""):
            match = pattern.match(line)
            if match is not None:
                yield from _placed(path, {"PYTHONPATH": match[1]}, here, parent(path), ())


def _placed(
    path: str, variables: Mapping[str, str], cwd: str, base: str, copies: tuple[tuple[str, str], ...]
) -> Iterator[Placed]:
    written = {"PYTHONPATH": _HERE.sub(".", variables.get("PYTHONPATH", ""))}
    on_path = python_path_of(written)
    if on_path:
        yield Placed(Start(StartKind.IMPORTED, "", "", cwd, on_path=on_path), path, 1, 1, base, copies)
