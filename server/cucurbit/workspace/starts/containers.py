"""Dockerfiles and compose files: their commands, and the folders of the workspace in their containers."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from cucurbit.source.text import split_lines
from cucurbit.workspace.allowance import Allowance
from cucurbit.workspace.formats.yaml import Node, Scalar, child, documents, scalar
from cucurbit.workspace.settings.reader import decode
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.starts.programs import Start
from cucurbit.workspace.starts.shell import LONGEST_LINE, Shell, allowance, change_folder, split_words
from cucurbit.workspace.tree.files import FileTree, join, normalise, parent


@dataclass(frozen=True)
class Placed:
    """A start, its place, and the folders of the workspace that its container contains."""

    start: Start
    path: str
    first_line: int
    last_line: int
    base: str
    copies: tuple[tuple[str, str], ...] = ()
    """The folders of a container: (folder in the container, folder of the workspace)."""
    built_elsewhere: bool = False
    """Whether the container's image is one that the compose file only names: what it contains is not known."""


@dataclass(frozen=True)
class _Image:
    """A stage of a Dockerfile after some of its instructions."""

    cwd: str = "/"
    copies: tuple[tuple[str, str], ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()


_MOST_INSTRUCTIONS = 1_000
"""Instructions of a Dockerfile that are read: each may copy all that the ones before it set."""
_MOST_SERVICES = 200
"""Services of a compose file that are read."""
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_ENV = re.compile(r"""(?<!\w)(\w+)=("(?:\\.|[^"\\])*"|'[^']*'|\S+)""")


def dockerfile(
    tree: FileTree,
    path: str,
    launchers: Launchers,
    context: str | None = None,
    spent: Allowance | None = None,
) -> tuple[list[Placed], _Image]:
    """The commands of every stage, and the last stage itself. ``context`` is the build's folder, else the file's."""
    base = parent(path) if context is None else context
    image = _Image()
    stages: dict[str, _Image] = {}
    name = ""
    found: list[Placed] = []
    spent = spent or allowance()
    instructions = _instructions(decode(tree.read(path)) or "")
    for first, last, line in islice(instructions, _MOST_INSTRUCTIONS):
        if len(line) > LONGEST_LINE:
            continue
        match = _INSTRUCTION.match(line)
        if match is None:
            continue
        word, rest = match[1].upper(), match[2].strip()
        if word == "FROM":
            stages[name] = image
            parts = [part for part in rest.split() if not part.startswith("--")]
            image = stages.get(parts[0].lower(), _Image()) if parts else _Image()
            name = parts[2].lower() if len(parts) > 2 and parts[1].lower() == "as" else ""
        elif word in {"CMD", "ENTRYPOINT"}:
            words = _exec_form(rest)
            starts = _starts(launchers, image, rest if words is None else words, spent)
            found += [Placed(start, path, first, last, base, image.copies) for start in starts]
            if word == "ENTRYPOINT":
                image = replace(image, entrypoint=tuple(words or ()))
        else:
            image = _after(image, word, rest, base)
    return found, image


def _after(image: _Image, word: str, rest: str, base: str) -> _Image:
    if word == "WORKDIR":
        return replace(image, cwd=change_folder(image.cwd, rest.strip("\"'")))
    if word in {"ENV", "ARG"}:
        pairs = {match[1]: match[2].strip("\"'") for match in _ENV.finditer(rest)}
        if not pairs and " " in rest:
            key, _, value = rest.partition(" ")
            pairs = {key: value.strip()}
        return replace(image, variables={**image.variables, **pairs})
    if word in {"COPY", "ADD"} and "--from=" not in rest:
        parts = _exec_form(rest) or [part for part in rest.split() if not part.startswith("--")]
        target = change_folder(image.cwd, parts[-1]) if parts else image.cwd
        copies = list(image.copies)
        for source in parts[:-1]:
            folder = normalise(posixpath.join(base, source.lstrip("/")) or ".")
            if folder is not None:
                copies.append((target, folder))
        return replace(image, copies=tuple(copies))
    return image


def _starts(launchers: Launchers, image: _Image, command: str | list[str], spent: Allowance) -> list[Start]:
    """What ``command`` starts; its exec form contains the arguments of the image's entrypoint, if there is one."""
    if isinstance(command, str) and len(command) > LONGEST_LINE:
        return []
    shell = Shell(launchers, image.cwd, dict(image.variables), allowance=spent)
    if isinstance(command, str) and not image.entrypoint:
        return shell.run(command)
    if not spent.spend(len(command)):
        return []
    words = split_words(command) if isinstance(command, str) else command
    return shell.run_words([*image.entrypoint, *words])


def _exec_form(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(word) for word in words] if isinstance(words, list) else None


def _instructions(text: str) -> Iterator[tuple[int, int, str]]:
    """The instructions with their first and last line, continuation lines joined, comments left out."""
    first = 0
    parts: list[str] = []
    for number, line in enumerate(split_lines(text), 1):
        if line.lstrip().startswith("#") or (parts and not line.strip()):
            continue
        first = first if parts else number
        parts.append(line.rstrip().removesuffix("\\"))
        if not line.rstrip().endswith("\\"):
            yield first, number, " ".join(parts)
            parts = []
    if parts:
        yield first, first, " ".join(parts)


def compose(tree: FileTree, path: str, launchers: Launchers, spent: Allowance | None = None) -> list[Placed]:
    """The commands of the services of a compose file, which may have several documents."""
    found: list[Placed] = []
    spent = spent or allowance()
    for service in islice(_services(decode(tree.read(path)) or ""), _MOST_SERVICES):
        base, image = _service_image(tree, service, parent(path), launchers)
        named = child(service, "image") is not None and child(service, "build") is None
        for key in ("entrypoint", "command"):
            node = child(service, key)
            words, first, last = _words(node)
            if words:
                starts = _starts(launchers, image, words, spent)
                found += [Placed(start, path, first, last, base, image.copies, named) for start in starts]
    return found


def compose_images(tree: FileTree, path: str, launchers: Launchers) -> Iterator[tuple[str, _Image]]:
    """The images that the services of a compose file run in, each with the folder that it is built from."""
    for service in islice(_services(decode(tree.read(path)) or ""), _MOST_SERVICES):
        yield _service_image(tree, service, parent(path), launchers)


@dataclass(frozen=True)
class ServicePath:
    """A service of a compose file. ``runs_alembic``: its command does; ``sets_path``: it is given a PYTHONPATH."""

    name: str
    runs_alembic: bool
    sets_path: bool


def service_paths(text: str) -> Iterator[ServicePath]:
    """What the services of a compose file say about the path of the alembic command; images are left out."""
    for name, service in islice(_named_services(text), _MOST_SERVICES):
        words = [_words(child(service, key))[0] for key in ("entrypoint", "command")]
        command = " ".join(each if isinstance(each, str) else " ".join(each) for each in words)
        variables = _environment(child(service, "environment"))
        yield ServicePath(name, re.search(r"\balembic\b", command) is not None, "PYTHONPATH" in variables)


def _services(text: str) -> Iterator[Node]:
    return (service for _, service in _named_services(text))


def _named_services(text: str) -> Iterator[tuple[str, Node]]:
    for document in documents(text):
        services = child(document, "services")
        if isinstance(services, Mapping):
            yield from services.items()


def _service_image(tree: FileTree, service: Node, folder: str, launchers: Launchers) -> tuple[str, _Image]:
    build = scalar(service, "build") or scalar(service, "build", "context")
    base = normalise(posixpath.join(folder, build)) if build else None
    image = _Image(cwd="")
    if base is not None:
        file = join(base, scalar(service, "build", "dockerfile") or "Dockerfile")
        image = dockerfile(tree, normalise(file) or file, launchers, base)[1]
    copies = list(image.copies)
    volumes = child(service, "volumes")
    for volume in volumes if isinstance(volumes, list) else ():
        if isinstance(volume, Scalar) and volume.text.startswith((".", "..")):
            source, _, rest = volume.text.partition(":")
            mounted = normalise(posixpath.join(folder, source))
            if mounted is not None and rest:
                copies.insert(0, (posixpath.normpath(rest.partition(":")[0]), mounted))
    variables = {**image.variables, **_environment(child(service, "environment"))}
    cwd = scalar(service, "working_dir") or image.cwd
    entrypoint = () if child(service, "entrypoint") is not None else image.entrypoint
    return base if base is not None else folder, _Image(cwd, tuple(copies), variables, entrypoint)


def _environment(node: Node) -> dict[str, str]:
    if isinstance(node, Mapping):
        return {key: value.text for key, value in node.items() if isinstance(value, Scalar)}
    pairs = (
        [item.text.partition("=") for item in node or () if isinstance(item, Scalar)] if isinstance(node, list) else []
    )
    return {key: value for key, _, value in pairs}


def _words(node: Node) -> tuple[str | list[str], int, int]:
    if isinstance(node, Scalar):
        return node.text, node.span.line, node.span.end_line
    items = [item for item in node if isinstance(item, Scalar)] if isinstance(node, list) else []
    if not items:
        return "", 0, 0
    return [item.text for item in items], items[0].span.line, items[-1].span.end_line
