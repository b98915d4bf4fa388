"""``start-command-missing``: a start command that names a module, an attribute or a script that does not exist."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import CommonCause, Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.source.facts import Step
from cucurbit.source.scan import bound_names
from cucurbit.source.span import START
from cucurbit.workspace.model import EntryKind, Location, ModuleSpec, StartCommand

NAME = "start-command-missing"


@dataclass(frozen=True)
class _Search:
    """How far a dotted name leads: the last module found, and the name of the part that is missing, if one is."""

    last: ModuleSpec | None
    missing: str


def _check(context: Context) -> Iterator[Finding]:
    for written in context.workspace.start_commands:
        if not written.module:
            yield from _script(context, written)
            continue
        command = _as_celery_reads(context, written)
        finding = _module(context, command) or _attribute(context, command) or _main(context, command)
        if finding is not None:
            yield finding


def _script(context: Context, command: StartCommand) -> Iterator[Finding]:
    """``python path.py`` without such a file, unless one stands elsewhere or the same file says how it gets there."""
    name = command.path.rpartition("/")[2]
    text = context.workspace.text(command.location.path) or ""
    elsewhere = any(f"/{path}".endswith(f"/{name}") for path in context.workspace.python_files())
    if not command.path or elsewhere or text.count(name) > len(_same_script(context, command)):
        return
    message = f"This command starts the script `{command.path}`, which does not exist"
    yield _finding(command, Severity.WARNING, message, certain=False)


def _same_script(context: Context, command: StartCommand) -> list[StartCommand]:
    return [
        each
        for each in context.workspace.start_commands
        if each.path == command.path and each.location.path == command.location.path
    ]


def _as_celery_reads(context: Context, command: StartCommand) -> StartCommand:
    """``celery -A package.module.app``: the last part may be an attribute as well as a module."""
    module, dot, attribute = command.module.rpartition(".")
    if not dot or command.attribute or re.search(r"\bcelery\b", command.command) is None:
        return command
    shorter = replace(command, module=module, attribute=attribute)
    whole, without = _search_everywhere(context, command), _search_everywhere(context, shorter)
    return shorter if whole.missing and not without.missing else command


def _search_everywhere(context: Context, command: StartCommand) -> _Search:
    found = _search(context, command)
    return found if found.last is not None else _under_any_root(context, command, found)


def _search(context: Context, command: StartCommand) -> _Search:
    """Follow the module's name from where the command runs, and from the roots of the project's own code."""
    near = f"{command.directory}/x.py" if command.directory else "x.py"
    folders = tuple(dict.fromkeys((command.directory, *context.workspace.roots_of(near))))
    best = _Search(None, command.module.partition(".")[0])
    for folder in folders:
        found = _follow(context, command.module, folder)
        if not found.missing:
            return found
        if found.last is not None and (best.last is None or len(found.missing) > len(best.missing)):
            best = found
    return best


def _follow(context: Context, module: str, folder: str) -> _Search:
    parts = module.split(".")
    search: tuple[str, ...] = (folder,)
    last: ModuleSpec | None = None
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        spec = context.workspace.find_spec(name, search) if search else None
        if spec is None:
            return _Search(last, name)
        last, search = spec, spec.search
    return _Search(last, "")


def _module(context: Context, command: StartCommand) -> Finding | None:
    found = _search(context, command)
    if not found.missing or _is_entry_point(context, command):
        return None
    last = found.last
    elsewhere = _elsewhere(context, command)
    near = last is not None
    if last is None:
        if elsewhere:
            return None
        last = (found := _search_everywhere(context, command)).last
    if last is None:
        if _is_folder(context, found.missing):
            return None
        message = f"`{command.module}` is started, but `{found.missing}` is found nowhere in this workspace"
        return _finding(command, Severity.WARNING, message, certain=False)
    if last.path is None and _is_beside_program(command, last):
        return None
    related = [Related(Location(last.path, START), f"`{last.name}` is this file")] if last.path else []
    hidden = [path for path in elsewhere if last.path and path.startswith(last.path.removesuffix(".py") + "/")]
    related += [Related(Location(path, START), f"hidden by {last.path}") for path in hidden]
    # A file of that name under another root may be what runs, and a namespace package may have parts elsewhere.
    certain = near and last.path is not None and len(hidden) == len(elsewhere)
    message = f"This command {'fails' if certain else 'probably fails'}: there is no module `{command.module}`"
    if not last.is_package:
        message += f", as `{last.name}` is a module ({last.path}), not a package"
    elif found.missing != command.module:
        message += f", not even `{found.missing}` in the package `{last.name}`"
    return _finding(command, Severity.ERROR if certain else Severity.WARNING, message, certain, tuple(related))


def _is_beside_program(command: StartCommand, folder: ModuleSpec) -> bool:
    """Whether a folder without ``__init__.py`` holds what the container of a program needs, rather than its modules."""
    near = posixpath.join(command.directory, folder.name.replace(".", "/")) in folder.search
    return not near or any(command.location.path.startswith(f"{each}/") for each in folder.search)


def _is_folder(context: Context, name: str) -> bool:
    """Whether a folder of that name has Python files: the settings of another program for its container, say."""
    return any(f"/{name}/" in f"/{path}" for path in context.workspace.python_files())


def _under_any_root(context: Context, command: StartCommand, missing: _Search) -> _Search:
    """How far the name leads below an import root that the command is not known to have (``src``)."""
    roots = dict.fromkeys(
        root for path in context.workspace.python_files() for root in context.workspace.roots_of(path)
    )
    found = (_follow(context, command.module, root) for root in roots)
    return next((each for each in found if each.last is not None), missing)


def _is_entry_point(context: Context, command: StartCommand) -> bool:
    """Whether the command was found to start something."""
    return any(
        entry.named_by == command.location
        or (entry.module == command.module and entry.directory == command.directory and entry.named_by is not None)
        for entry in context.workspace.entry_points
    )


def _elsewhere(context: Context, command: StartCommand) -> list[str]:
    """The files whose paths end as the module's name asks, wherever they are."""
    tail = command.module.replace(".", "/")
    ends = (f"/{tail}.py", f"/{tail}/__init__.py", f"/{tail}/__main__.py")
    return [path for path in context.workspace.python_files() if f"/{path}".endswith(ends)]


def _attribute(context: Context, command: StartCommand) -> Finding | None:
    name = re.split(r"[.(]", command.attribute)[0]
    found = _search(context, command)
    if not name or found.missing or found.last is None or found.last.path is None:
        return None
    facts = context.facts(found.last.path)
    if (
        facts is None
        or facts.problem is not None
        or _fails_first(context, found.last.path)
        or name in _names(context, found.last, facts.body)
    ):
        return None
    message = f"`{command.module}:{command.attribute}` is started, but {found.last.path} has no `{name}`"
    related = (Related(Location(found.last.path, START), f"`{command.module}` is this file"),)
    return _finding(command, Severity.ERROR, message, certain=True, related=related)


def _fails_first(context: Context, path: str) -> bool:
    """Whether the module certainly fails when it is imported: `entry-point-fails` reports that, and why."""
    return any(
        event.path == path and event.certain
        for timeline in context.timelines
        if timeline.entry.kind is EntryKind.MODULE and timeline.entry.path == path
        for event in timeline.of(EventKind.MODULE_FAILED)
    )


class _AnyName(frozenset[str]):
    """The names of a module that may have any."""

    def __contains__(self, _: object) -> bool:
        return True


def _names(context: Context, module: ModuleSpec, body: tuple[Step, ...]) -> frozenset[str]:
    """Every name that a module may have, its submodules included; any where it has a way to make more."""
    names = bound_names(body)
    if "*" in names or "__getattr__" in names or _makes_names(context, module):
        return _AnyName()
    inside = [entry for folder in module.search for entry in context.workspace.listdir(folder)]
    return names | {entry.removesuffix(".py") for entry in inside}


def _makes_names(context: Context, module: ModuleSpec) -> bool:
    text = context.workspace.text(module.path or "") or ""
    return any(
        word in text for word in ("globals()", "setattr(", "sys.modules", "exec(", "locals()", "vars()", "global ")
    )


def _main(context: Context, command: StartCommand) -> Finding | None:
    """``python -m package`` without a ``__main__`` in the package."""
    found = _search(context, command)
    runs = re.search(rf"(?:^|\s)-[A-Za-z]*m\s+{re.escape(command.module)}(?:\s|$)", command.command)
    if runs is None or found.missing or found.last is None or not found.last.search:
        return None
    if context.workspace.find_spec(f"{command.module}.__main__", found.last.search) is not None:
        return None
    message = f"`python -m` cannot run the package `{command.module}`: it has no `__main__.py`"
    certain = found.last.path is not None
    return _finding(command, Severity.ERROR if certain else Severity.WARNING, message, certain)


def _finding(
    command: StartCommand, severity: Severity, what: str, certain: bool, related: tuple[Related, ...] = ()
) -> Finding:
    cause = CommonCause(
        (command.module or command.path, command.attribute),
        f"{what}. {{places}} commands do that, in {{items}}.",
        (command.location.path,),
        f"`{command.command}`",
    )
    message = f"{what} (`{command.command}`)."
    return Finding(NAME, severity, certain, command.location, message, related, cause=cause)


RULE = Rule(
    name=NAME,
    summary="A start command names a module or a script that does not exist.",
    severity=Severity.ERROR,
    check=_check,
)
