"""``os.path``, ``pathlib`` and listing folders."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, PathValue, Unknown, Value, text_of
from cucurbit.simulate.core.work import listing_cost


def _text(value: Value | None) -> str | None:
    return value.text if isinstance(value, PathValue) else text_of(value)


def _join(machine: Machine, call: CallSite) -> Value:
    parts = [_text(arg) for arg in call.args]
    if not parts or None in parts or not call.complete:
        return Unknown("os.path.join of something unknown")
    return Constant(posixpath.join(*cast("list[str]", parts)))


def _dirname(machine: Machine, call: CallSite) -> Value:
    text = _text(call.argument(0, "p"))
    return Unknown("a path") if text is None else Constant(posixpath.dirname(text))


def _basename(machine: Machine, call: CallSite) -> Value:
    text = _text(call.argument(0, "p"))
    return Unknown("a path") if text is None else Constant(posixpath.basename(text))


def _abspath(machine: Machine, call: CallSite) -> Value:
    text = _text(call.argument(0, "path"))
    return Unknown("a path") if text is None else Constant(machine.paths.resolve(text))


def _same_text(machine: Machine, call: CallSite) -> Value:
    text = _text(call.argument(0, "path"))
    return Unknown("a path") if text is None else Constant(text)


def _splitext(machine: Machine, call: CallSite) -> Value:
    text = _text(call.argument(0, "p"))
    if text is None:
        return Unknown("a path")
    return machine.sequence("tuple", tuple(Constant(part) for part in posixpath.splitext(text)))


def _exists(machine: Machine, call: CallSite) -> Value:
    value = call.receiver if isinstance(call.receiver, PathValue) else call.argument(0, "path")
    relative = None if value is None else machine.paths.relative(value)
    if relative is None:
        return Unknown("whether a path outside the workspace exists")
    there = machine.workspace.is_file(relative) or machine.workspace.is_dir(relative)
    # A path that does not exist here may exist where the program runs: a database, a mounted folder.
    return Constant(True) if there else Unknown("whether a path exists")


def _is_dir(machine: Machine, call: CallSite) -> Value:
    return _is_one(machine, call, machine.workspace.is_dir, machine.workspace.is_file)


def _is_file(machine: Machine, call: CallSite) -> Value:
    return _is_one(machine, call, machine.workspace.is_file, machine.workspace.is_dir)


def _is_one(machine: Machine, call: CallSite, is_it: Callable[[str], bool], is_other: Callable[[str], bool]) -> Value:
    value = call.receiver if isinstance(call.receiver, PathValue) else call.argument(0, "path")
    relative = None if value is None else machine.paths.relative(value)
    if relative is None:
        return Unknown("a path outside the workspace")
    if is_it(relative):
        return Constant(True)
    # A path that does not exist here may exist where the program runs, unless it is of the other kind here.
    return Constant(False) if is_other(relative) else Unknown("whether a path exists")


def _path(machine: Machine, call: CallSite) -> Value:
    parts = [_text(arg) for arg in call.args]
    if None in parts or not call.complete:
        return Unknown("a path")
    return PathValue(posixpath.join(*cast("list[str]", parts)) if parts else ".")


def _cwd(machine: Machine, call: CallSite) -> Value:
    return PathValue(machine.paths.absolute(machine.paths.directory))


def _getcwd(machine: Machine, call: CallSite) -> Value:
    return Constant(machine.paths.absolute(machine.paths.directory))


def _chdir(machine: Machine, call: CallSite) -> Value:
    value = call.argument(0, "path")
    relative = None if value is None else machine.paths.relative(value)
    if relative is not None:
        machine.paths.change_directory(relative)
    else:
        machine.cut(call.place, "os.chdir to a folder that is not known, or outside the workspace")
    return Constant(None)


def _resolve(machine: Machine, call: CallSite) -> Value:
    text = _text(call.receiver)
    return Unknown("a path") if text is None else PathValue(machine.paths.resolve(text))


def _joinpath(machine: Machine, call: CallSite) -> Value:
    parts = [_text(call.receiver), *(_text(arg) for arg in call.args)]
    return Unknown("a path") if None in parts else PathValue(posixpath.join(*cast("list[str]", parts)))


def _as_text(machine: Machine, call: CallSite) -> Value:
    text = _text(call.receiver)
    return Unknown("a path") if text is None else Constant(text)


def _with_suffix(machine: Machine, call: CallSite) -> Value:
    text, suffix = _text(call.receiver), _text(call.argument(0, "suffix"))
    if text is None or suffix is None:
        return Unknown("a path")
    return PathValue(posixpath.splitext(text)[0] + suffix)


def _with_name(machine: Machine, call: CallSite) -> Value:
    text, name = _text(call.receiver), _text(call.argument(0, "name"))
    return (
        Unknown("a path") if text is None or name is None else PathValue(posixpath.join(posixpath.dirname(text), name))
    )


def _relative_to(machine: Machine, call: CallSite) -> Value:
    text, base = _text(call.receiver), _text(call.argument(0, "other"))
    if text is None or base is None:
        return Unknown("a path")
    prefix = base.rstrip("/") + "/"
    return PathValue(text[len(prefix) :]) if text.startswith(prefix) else Unknown("a path")


def _listdir(machine: Machine, call: CallSite) -> Value:
    value = call.receiver if isinstance(call.receiver, PathValue) else call.argument(0, "path")
    relative = machine.paths.directory if value is None else machine.paths.relative(value)
    if (value is None and not call.complete) or relative is None or not machine.workspace.is_dir(relative):
        return Unknown("the contents of a folder")
    names = [name for name in machine.workspace.listdir(relative) if name != "__pycache__"]
    if isinstance(call.receiver, PathValue):
        base = call.receiver.text.rstrip("/")
        return machine.sequence("list", tuple(PathValue(f"{base}/{name}") for name in names))
    return machine.sequence("list", tuple(Constant(name) for name in names))


def _walk(machine: Machine, call: CallSite) -> Value:
    """``os.walk(top)``, from the top down: it goes into the folders that are left in the list that it gave."""
    top = call.argument(0, "top")
    text, relative = (None, None) if top is None else (_text(top), machine.paths.relative(top))
    known = text is not None and relative is not None and machine.workspace.is_dir(relative)
    if not known or len(call.args) + len(call.kwargs) > 1 or not call.complete:
        return Unknown("what a folder holds")
    rounds = partial(_walked, machine, call, text or "", relative or "")
    return ExternalObject(call.name, call, machine.state.cells(), rounds)


def _walked(machine: Machine, call: CallSite, text: str, relative: str, depth: int = 0) -> Iterator[Value]:
    workspace = machine.workspace
    machine.spend(listing_cost(depth))
    names = [name for name in workspace.listdir(relative) if name != "__pycache__"]
    folders = [name for name in names if workspace.is_dir(posixpath.join(relative, name))]
    listed = machine.sequence("list", tuple(map(Constant, folders)))
    files = machine.sequence("list", tuple(Constant(name) for name in names if name not in folders))
    yield machine.sequence("tuple", (Constant(text), listed, files))
    left = machine.iterate(listed)
    if left is None:
        machine.cut(call.place, "a walk through folders that are not known")
    for name in map(text_of, left or ()):
        if name in folders:
            yield from _walked(machine, call, posixpath.join(text, name), posixpath.join(relative, name), depth + 1)


def _glob(machine: Machine, call: CallSite) -> Value:
    pattern = _text(call.argument(0, "pathname" if call.receiver is None else "pattern"))
    if pattern is None:
        return Unknown("a glob")
    if isinstance(call.receiver, PathValue):
        base = call.receiver.text.rstrip("/")
        if call.name.endswith("rglob"):
            pattern = f"**/{pattern}"
        found = _globbed(machine, base, pattern)
        return (
            Unknown("a glob") if found is None else machine.sequence("list", tuple(PathValue(each) for each in found))
        )
    base, _, last = pattern.rpartition("/")
    found = _globbed(machine, base or ".", last)
    return Unknown("a glob") if found is None else machine.sequence("list", tuple(Constant(each) for each in found))


def _globbed(machine: Machine, base: str, pattern: str, depth: int = 0) -> list[str] | None:
    """The paths under ``base`` that match, as text that starts with ``base``; None where that is not known."""
    relative = machine.paths.relative(Constant(base))
    if relative is None or not machine.workspace.is_dir(relative):
        return None
    machine.spend(listing_cost(depth))
    first, _, rest = pattern.partition("/")
    found: list[str] = []
    if first == "**":
        found += _globbed(machine, base, rest or "*", depth) or []
        first, rest = "*", pattern
    for name in machine.workspace.listdir(relative):
        if name == "__pycache__" or not fnmatch.fnmatchcase(name, first):
            continue
        if not rest:
            found.append(f"{base}/{name}")
        elif machine.workspace.is_dir(f"{relative}/{name}" if relative else name):
            found += _globbed(machine, f"{base}/{name}", rest, depth + 1) or []
    return found


_OS_PATH: dict[str, Handler] = {
    "join": _join,
    "dirname": _dirname,
    "basename": _basename,
    "abspath": _abspath,
    "realpath": _abspath,
    "normpath": _abspath,
    "expanduser": _same_text,
    "splitext": _splitext,
    "exists": _exists,
    "isdir": _is_dir,
    "isfile": _is_file,
}

HANDLERS: dict[str, Handler] = {
    **{
        f"{module}.{name}": handler
        for module in ("os.path", "posixpath", "ntpath")
        for name, handler in _OS_PATH.items()
    },
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "pathlib.PosixPath": _path,
    "pathlib.Path.cwd": _cwd,
    "os.getcwd": _getcwd,
    "os.chdir": _chdir,
    "os.listdir": _listdir,
    "os.walk": _walk,
    "os.fspath": _same_text,
    "glob.glob": _glob,
    "glob.iglob": _glob,
    "@path.resolve": _resolve,
    "@path.absolute": _resolve,
    "@path.expanduser": lambda machine, call: call.receiver or Unknown("a path"),
    "@path.joinpath": _joinpath,
    "@path.as_posix": _as_text,
    "@path.__str__": _as_text,
    "@path.with_suffix": _with_suffix,
    "@path.with_name": _with_name,
    "@path.relative_to": _relative_to,
    "@path.exists": _exists,
    "@path.is_dir": _is_dir,
    "@path.is_file": _is_file,
    "@path.iterdir": _listdir,
    "@path.glob": _glob,
    "@path.rglob": _glob,
}
