"""Entry points as users name them: in the argument of a command, and in the settings."""

from __future__ import annotations

import difflib
import posixpath
import re
from dataclasses import dataclass

from cucurbit.workspace.model import EntryKind, EntryPoint, Workspace
from cucurbit.workspace.starts.entry_points import EntryPointMaker
from cucurbit.workspace.tree.files import normalise

_LISTED = 5
"""Entry points that a message names."""

_MODULE = re.compile(r"(-m\s+)?([A-Za-z_][\w.]*)(?::([A-Za-z_][\w.]*(?:\(\))?))?\Z")


@dataclass(frozen=True)
class NoSuchEntry:
    """Why a text names no single entry point, and the candidates."""

    message: str
    candidates: tuple[EntryPoint, ...] = ()


def asked_entries(
    workspace: Workspace, maker: EntryPointMaker, known: list[EntryPoint]
) -> tuple[list[EntryPoint], list[tuple[str, str]]]:
    """The entry points of the settings, or ``known`` if they name none; and each setting and text without a meaning."""
    settings = workspace.settings
    found = known if settings.entry_points is None else []
    vain = []
    asked = (("entry-points", settings.entry_points or ()), ("extra-entry-points", settings.extra_entry_points))
    for name, targets in asked:
        for target in targets:
            entries = find_entry(workspace, maker, target, known)
            if not entries:
                vain.append((name, target))
            found = [*found, *entries]
    return found, vain


def find_entry(workspace: Workspace, maker: EntryPointMaker, text: str, known: list[EntryPoint]) -> list[EntryPoint]:
    """The entry points that ``text`` names; several if it is ambiguous.

    ``alembic`` is every environment. A dotted module is imported (with ``:attribute``, that is served), ``-m module``
    and ``path.py`` run as ``__main__``; a configuration's path is its environments.
    """
    text = text.strip()
    alembic = [entry for entry in known if entry.kind is EntryKind.ALEMBIC]
    if text == "alembic":
        return alembic
    path = _path(workspace, text)
    if path is not None:
        environments = [entry for entry in alembic if path in {entry.target, entry.path}]
        if environments or not path.endswith(".py"):
            return environments
        scripts = [entry for entry in known if entry.kind is EntryKind.SCRIPT and not entry.module]
        return [entry for entry in scripts if entry.path == path] or [maker.script(path)]
    same = [entry for entry in known if entry.target == text]
    return same or _by_name(workspace, maker, text)


def _path(workspace: Workspace, text: str) -> str | None:
    written = text.replace("\\", "/")
    root = workspace.root
    if written.startswith(root + "/"):
        written = written[len(root) + 1 :]
    if posixpath.isabs(written):
        return None
    path = normalise(written)
    return path if path is not None and workspace.is_file(path) else None


def _by_name(workspace: Workspace, maker: EntryPointMaker, text: str) -> list[EntryPoint]:
    match = _MODULE.match(text)
    if match is None:
        return []
    run, module, attribute = match[1], match[2], match[3] or ""
    found: list[EntryPoint] = []
    for root in maker.all_roots():
        search: tuple[str, ...] = (root,)
        parts = module.split(".")
        path: str | None = None
        for count in range(1, len(parts) + 1):
            spec = workspace.find_spec(".".join(parts[:count]), search)
            path, search = (spec.path, spec.search) if spec is not None else (None, ())
            if spec is None:
                break
        if run and search:
            main = workspace.find_spec(f"{module}.__main__", search)
            path = main.path if main is not None else None
        if path is None or any(entry.path == path for entry in found):
            continue
        if run:
            found.append(maker.run_module(module, path, (root,), root))
        else:
            found.append(maker.module(module, attribute, attribute, path, (root,), root))
    return found


def resolve_entry(
    workspace: Workspace, maker: EntryPointMaker, text: str, known: list[EntryPoint]
) -> EntryPoint | NoSuchEntry:
    """The entry point that ``text`` names, or why there is none."""
    found = find_entry(workspace, maker, text, known)
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{entry.target} ({entry.path})" for entry in found)
        return NoSuchEntry(f"`{text}` may be any of: {listed}", tuple(found))
    if text.strip() == "alembic":
        return NoSuchEntry("no Alembic environment was found in this workspace")
    close = difflib.get_close_matches(text, [entry.target for entry in known], 3, 0.5)
    hint = f"; did you mean {' or '.join(close)}?" if close else _found_here(known)
    candidates = tuple(entry for entry in known if entry.target in close)
    return NoSuchEntry(f"`{text}` is not a module, file or configuration of this workspace{hint}", candidates)


def _found_here(known: list[EntryPoint]) -> str:
    targets = list(dict.fromkeys(entry.target for entry in known))
    if not targets:
        return ""
    more = f" and {len(targets) - _LISTED} more" if len(targets) > _LISTED else ""
    return f". Entry points found here: {', '.join(targets[:_LISTED])}{more}"
