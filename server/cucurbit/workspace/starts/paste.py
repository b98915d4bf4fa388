"""The applications of a PasteDeploy configuration: ``[app:main]`` with ``use = egg:shop``, which ``pserve`` starts.

Facts from paste/deploy/loadwsgi.py: ``use = egg:NAME#ENTRY`` names an entry point ``ENTRY`` (``main`` if none is given)
of the group ``paste.app_factory`` of a distribution; ``use = call:module:function`` and the option
``paste.app_factory = module:function`` name a function. It is called with the options of ``[DEFAULT]`` as a dict, and
with those of the section as keywords.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.source.text import split_lines
from cucurbit.workspace.formats.ini import lenient
from cucurbit.workspace.formats.toml import TomlFile
from cucurbit.workspace.settings.reader import decode, read_toml
from cucurbit.workspace.tree.files import FileTree, ancestors, join

_GROUP = "paste.app_factory"
_EGG = re.compile(r"egg:(?P<name>[\w.-]+)(?:#(?P<entry>[\w.-]+))?\Z")
_FUNCTION = re.compile(r"(?P<module>[A-Za-z_][\w.]*)\s*:\s*(?P<function>[A-Za-z_]\w*)\Z")
_SECTION = re.compile(r"\s*\[(?P<name>[^\]]+)\]")
_USE = re.compile(rf"\s*(?:use|{re.escape(_GROUP)})\s*[=:]")
_IN_CODE = re.compile(rf"{re.escape(_GROUP)}[^\w]*(?P<entries>[^\])}}]*)")
_ENTRY = re.compile(r"(?<![\w.-])(?P<entry>[\w.-]+)\s*=\s*(?P<target>[A-Za-z_][\w.]*\s*:\s*[A-Za-z_]\w*)")


@dataclass(frozen=True)
class PasteFactory:
    """A function that makes an application; ``line`` is where the configuration names it, 1-based."""

    module: str
    function: str
    line: int


def paste_factories(tree: FileTree, path: str) -> Iterator[PasteFactory]:
    """The applications of the configuration ``path``, in its order."""
    text = decode(tree.read(path)) or ""
    if "[app:" not in text and "[application:" not in text:
        return
    parser = lenient(text)
    for section in parser.sections():
        if not section.startswith(("app:", "application:")):
            continue
        written = parser.get(section, _GROUP, raw=True, fallback="") or parser.get(
            section, "use", raw=True, fallback=""
        )
        target = _FUNCTION.match(_target(tree, path, written.strip()))
        if target is not None:
            yield PasteFactory(target["module"], target["function"], _line(text, section))


def _target(tree: FileTree, path: str, written: str) -> str:
    """``module:function``; empty if it is not known."""
    egg = _EGG.match(written)
    if egg is None:
        return written.removeprefix("call:")
    for folder in ancestors(path):
        found = _entry_points(tree, folder).get(egg["entry"] or "main")
        if found is not None:
            return found
    return ""


def _entry_points(tree: FileTree, folder: str) -> dict[str, str]:
    """The entry points of the group that the project in a folder declares."""
    file = read_toml(tree, join(folder, "pyproject.toml"))[0]
    found = _declared(file) if file is not None else {}
    for name in ("setup.cfg", "setup.py"):
        for group in _IN_CODE.finditer(decode(tree.read(join(folder, name))) or ""):
            found.update((match["entry"], match["target"]) for match in _ENTRY.finditer(group["entries"]))
    return found


def _declared(file: TomlFile) -> dict[str, str]:
    tables = (file.table("project", "entry-points", _GROUP), file.table("tool", "poetry", "plugins", _GROUP))
    return {name: target for table in tables for name, target in table.items() if isinstance(target, str)}


def _line(text: str, section: str) -> int:
    """The line that names the factory in a section; that of its header if there is none."""
    inside, header = False, 1
    for number, line in enumerate(split_lines(text), 1):
        found = _SECTION.match(line)
        if found is not None:
            inside = found["name"] == section
            header = number if inside else header
        elif inside and _USE.match(line):
            return number
    return header
