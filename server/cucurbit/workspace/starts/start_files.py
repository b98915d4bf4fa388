"""The files that contain start commands of a project, and these commands."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from cucurbit.source.span import Span
from cucurbit.source.text import split_lines
from cucurbit.workspace.allowance import Allowance
from cucurbit.workspace.formats.toml import TomlFile
from cucurbit.workspace.formats.yaml import Node, Scalar, documents, scalar
from cucurbit.workspace.model import Location
from cucurbit.workspace.settings.reader import decode, read_toml
from cucurbit.workspace.starts.containers import Placed, compose, dockerfile
from cucurbit.workspace.starts.entry_points import in_project
from cucurbit.workspace.starts.launchers import Launchers
from cucurbit.workspace.starts.paste import paste_factories
from cucurbit.workspace.starts.programs import Start, StartKind
from cucurbit.workspace.starts.shell import (
    LONGEST_LINE,
    WORKSPACE,
    Shell,
    allowance,
    change_folder,
    logical_lines,
    script_lines,
    total_allowance,
)
from cucurbit.workspace.starts.supervisor import folder_of, programs
from cucurbit.workspace.tree.files import FileTree, parent

_COMPOSE = re.compile(r"(docker-)?compose[\w.-]*\.ya?ml\Z")
_DOCKERFILE = re.compile(r"((docker|container)file([._-](?![\w.-]*\.(md|txt|rst|in)\Z)[\w.-]+)?|[\w.-]+\.dockerfile)\Z")
_PROCFILE = re.compile(r"([A-Za-z0-9_-]+)\s*:\s*(.*)\Z")
_MAKE_VARIABLE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*(?:[:?]{0,2}=)\s*(.*)\Z")
_MAKE_REFERENCE = re.compile(r"\$(?:\((\w+)\)|\{(\w+)\})")
_MOST_VARIABLES = 1_000
_MOST_OF_ONE_FILE = 300
_MOST_STARTS = 3_000
"""Starts that are read. Each may become an entry point, and so a simulation."""
_COMMAND_KEYS = frozenset({"startCommand", "preDeployCommand", "dockerCommand", "run_command", "start", "run"})


def is_dockerfile(name: str) -> bool:
    """Whether a file of this name, in lower case, is a Dockerfile."""
    return _DOCKERFILE.match(name) is not None


def is_compose(name: str) -> bool:
    """Whether a file of this name, in lower case, is a compose file."""
    return _COMPOSE.match(name) is not None


def start_files(tree: FileTree, files: Sequence[str], launchers: Launchers) -> list[Placed]:
    """Every start that a configuration file names, by path and line."""
    found: list[Placed] = []
    total = total_allowance()
    for path in files:
        spent = allowance(total)
        found += islice(_read(tree, path, launchers, spent), _MOST_OF_ONE_FILE) if in_project(path) else ()
        if len(found) > _MOST_STARTS:
            break
    return found


def _read(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterable[Placed]:
    name = path.rpartition("/")[2]
    lower = name.lower()
    if re.fullmatch(r"procfile(\.(?!md\Z|txt\Z)\w+)?", lower):
        return _procfile(tree, path, launchers, spent)
    if is_dockerfile(lower):
        return dockerfile(tree, path, launchers, spent=spent)[0]
    if is_compose(lower):
        return compose(tree, path, launchers, spent)
    if lower in {"makefile", "gnumakefile"}:
        return _makefile(tree, path, launchers, spent)
    if lower.endswith((".sh", ".bash")):
        return _script(tree, path, launchers, spent)
    if lower == "pyproject.toml":
        return _pyproject(tree, path, launchers, spent)
    if lower in {"nixpacks.toml", "railway.toml", "fly.toml"}:
        return _toml_commands(tree, path, launchers, spent)
    if lower in {"render.yaml", "render.yml", "app.yaml", "app.yml"}:
        return _yaml_commands(tree, path, launchers, spent)
    if lower in {".flaskenv", ".env"}:
        return _dotenv(tree, path, launchers, spent)
    if lower.endswith(".ini") and lower not in {"supervisord.ini", "supervisor.ini"}:
        return _paste(tree, path)
    if lower.endswith(".conf") or lower in {"supervisord.ini", "supervisor.ini"}:
        return _supervisor(tree, path, launchers, spent)
    return []


def location(lines: Sequence[str], placed: Placed) -> Location:
    """The span of the code's name in the command, else the command's lines, in a file of these lines."""
    token = placed.start.token
    for number in range(placed.first_line, min(placed.last_line, len(lines)) + 1):
        match = re.search(rf"(?<![\w.]){re.escape(token)}(?![\w])", lines[number - 1]) if token else None
        if match is not None:
            return Location(placed.path, Span(number, match.start(), number, match.end()))
    last = lines[placed.last_line - 1] if 0 < placed.last_line <= len(lines) else ""
    return Location(placed.path, Span(placed.first_line, 0, max(placed.first_line, placed.last_line), len(last)))


def _workspace(folder: str) -> str:
    return f"{WORKSPACE}/{folder}" if folder else WORKSPACE


def _line(
    launchers: Launchers,
    path: str,
    line: str,
    first: int,
    last: int,
    spent: Allowance,
    variables: Mapping[str, str] | None = None,
) -> list[Placed]:
    folder = parent(path)
    shell = Shell(launchers, _workspace(folder), dict(variables or {}), _workspace(folder), allowance=spent)
    return [Placed(start, path, first, last, folder) for start in shell.run(line)]


def _procfile(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    variables = _flask_variables(tree, parent(path))
    for number, line in enumerate(split_lines(decode(tree.read(path)) or ""), 1):
        match = _PROCFILE.match(line.strip())
        if match is not None:
            yield from _line(launchers, path, match[2], number, number, spent, variables)


def _script(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    # The folder from which a script is called is unknown: usually that of the project.
    shell = Shell(launchers, "", {}, _workspace(parent(path)), allowance=spent)
    for first, last, line in script_lines(decode(tree.read(path)) or ""):
        for start in shell.run(line):
            yield Placed(start, path, first, last, parent(path))


def _makefile(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    """The recipes of a Makefile. Each line of one runs in a shell of its own, in the folder from which make is run."""
    variables: dict[str, str] = {}
    for first, last, line in logical_lines(decode(tree.read(path)) or ""):
        if not line.startswith("\t"):
            assigned = _MAKE_VARIABLE.match(line)
            if assigned is not None and len(variables) < _MOST_VARIABLES:
                variables[assigned[1]] = _make_value(assigned[2].strip(), variables)
            continue
        command = _make_value(line.strip().lstrip("@-+ "), variables)
        folder = parent(path)
        for start in Shell(launchers, _workspace(folder), {}, _workspace(folder), allowance=spent).run(command):
            yield Placed(start, path, first, last, folder)


def _make_value(text: str, variables: Mapping[str, str]) -> str:
    """A text of a Makefile as the shell is given it; what is not known stays a variable."""
    value = _MAKE_REFERENCE.sub(lambda match: variables.get(match[1] or match[2], match.group()), text)
    return value.replace("$$", "$") if len(value) <= LONGEST_LINE else text


def _toml_file(tree: FileTree, path: str) -> TomlFile | None:
    return read_toml(tree, path)[0]


def _pyproject(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    file = _toml_file(tree, path)
    if file is None:
        return
    for keys in (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts")):
        for name, target in file.table(*keys).items():
            if isinstance(target, str) and re.fullmatch(r"[A-Za-z_][\w.]*\s*:\s*[A-Za-z_][\w.]*", target):
                module, _, attribute = (part.strip() for part in target.partition(":"))
                line = file.place(*keys, name).line
                start = Start(StartKind.CONSOLE, name, target, "", module=module, attribute=attribute)
                yield Placed(start, path, line, line, parent(path))
    for keys in (("tool", "poe", "tasks"), ("tool", "taskipy", "tasks"), ("tool", "pdm", "scripts")):
        for name, value in file.table(*keys).items():
            command = value.get("cmd") or value.get("shell") if isinstance(value, dict) else value
            if isinstance(command, str):
                line = file.place(*keys, name).line
                yield from _line(launchers, path, command, line, line + command.count("\n"), spent)
    for keys in (("tool", "fastapi", "entrypoint"), ("tool", "uvicorn", "app")):
        target = file.value(*keys)
        if isinstance(target, str) and re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", target):
            module, _, attribute = target.partition(":")
            line = file.place(*keys).line
            start = Start(StartKind.SERVED, target, target, _workspace(parent(path)), module, attribute, on_path=(".",))
            yield Placed(start, path, line, line, parent(path))


def _toml_commands(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    file = _toml_file(tree, path)
    if file is None:
        return
    named = [
        ("start", "cmd"),
        ("deploy", "startCommand"),
        ("deploy", "preDeployCommand"),
        ("deploy", "release_command"),
    ]
    named += [("processes", name) for name in file.table("processes")]
    for keys in named:
        command = file.value(*keys)
        if isinstance(command, str):
            line = file.place(*keys).line
            yield from _line(launchers, path, command, line, line + command.count("\n"), spent)


def _yaml_commands(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    """Start commands at any depth; they run in a service's ``rootDir``."""
    pending: deque[tuple[Node, str]] = deque()
    pending.extend((document, parent(path)) for document in documents(decode(tree.read(path)) or ""))
    while pending:
        node, folder = pending.popleft()
        if isinstance(node, Mapping):
            below = scalar(node, "rootDir") or scalar(node, "source_dir")
            folder = change_folder(folder, below.lstrip("/")).strip("/") if below else folder
            for key, value in node.items():
                if key in _COMMAND_KEYS and isinstance(value, Scalar):
                    command = value.text.strip().replace("\n", " && ")
                    starts = Shell(launchers, _workspace(folder), {}, _workspace(folder), allowance=spent).run(command)
                    yield from (Placed(start, path, value.span.line, value.span.end_line, folder) for start in starts)
            pending.extend((value, folder) for value in node.values())
        elif isinstance(node, list):
            pending.extend((item, folder) for item in node)


def _paste(tree: FileTree, path: str) -> Iterator[Placed]:
    for each in paste_factories(tree, path):
        token = f"{each.module}:{each.function}"
        start = Start(
            StartKind.PASTE, path, token, _workspace(parent(path)), each.module, each.function, on_path=(".",)
        )
        yield Placed(start, path, each.line, each.line, parent(path))


def _supervisor(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    for each in programs(decode(tree.read(path)) or ""):
        folder = folder_of(tree, each.directory)
        cwd = "" if folder is None else _workspace(folder)
        base = parent(path) if folder is None else folder
        shell = Shell(launchers, cwd, dict(each.variables), _workspace(parent(path)), allowance=spent)
        for start in shell.run(each.command):
            yield Placed(start, path, each.line, each.line, base)


def _dotenv(tree: FileTree, path: str, launchers: Launchers, spent: Allowance) -> Iterator[Placed]:
    for number, line in enumerate(split_lines(decode(tree.read(path)) or ""), 1):
        match = re.match(r"\s*(?:export\s+)?FLASK_APP\s*=\s*['\"]?([^'\"#\s]+)", line)
        if match is not None:
            yield from _line(launchers, path, "flask run", number, number, spent, {"FLASK_APP": match[1]})


def _flask_variables(tree: FileTree, folder: str) -> dict[str, str]:
    for name in (".flaskenv", ".env"):
        text = decode(tree.read(f"{folder}/{name}" if folder else name)) or ""
        match = re.search(r"^[ \t]*(?:export[ \t]+)?FLASK_APP[ \t]*=[ \t]*['\"]?([^'\"#\s]+)", text, re.MULTILINE)
        if match is not None:
            return {"FLASK_APP": match[1]}
    return {}
