"""``env-py-import-path``: env.py imports the project, and nothing puts the project on the path of the alembic command.

Fact from alembic/config.py and alembic/script/base.py: only ``prepend_sys_path`` adds folders; the script ``alembic``
has its own folder in front, and not the one in which it is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.analysis.rule import Rule
from cucurbit.analysis.statement_at import import_statement
from cucurbit.simulate.core.timeline import ImportRecord, Timeline
from cucurbit.source.span import START
from cucurbit.workspace.model import Location, MigrationEnvironment
from cucurbit.workspace.starts.containers import service_paths
from cucurbit.workspace.starts.start_files import is_compose

NAME = "env-py-import-path"

_EDITS = re.compile(r"sys\.path|site\.addsitedir|PYTHONPATH")
_SETS = re.compile(
    r"PYTHONPATH|-m\s+alembic|flask\s+(?:--app\s+\S+\s+)?db\b|pip install (?:-e|--editable|\.)|develop\b"
)
"""What else puts a folder on the path, in the files that say how the project is run."""

_ENTERS = re.compile(r"docker[ -]compose\b[^\n]*?\b(?:exec|run)\s+(?:-\S+\s+)*([\w.-]+)\s[^\n]*\balembic\b")
_SCRIPTS = re.compile(r"(?:[Mm]akefile|[Jj]ustfile|README.*|.*\.sh)\Z")

_INSTALLS = ("setup.py", "setup.cfg", "pyproject.toml")
_RUN_BY = re.compile(
    r"(?:Dockerfile.*|.*\.[Dd]ockerfile|Makefile|makefile|justfile|Justfile|Procfile|tox\.ini|noxfile\.py|\.env.*|.*\.sh|"
    r".*\.ya?ml|README.*|.*\.toml|\.envrc|Taskfile.*|tasks\.py|.*\.cfg|Containerfile)\Z"
)


def _check(context: Context) -> Iterator[Finding]:
    for timeline in context.alembic_timelines():
        environment = timeline.entry.environment
        if environment is None or environment.prepend_sys_path or timeline.entry.startup:
            continue
        record = _first_own(timeline, environment)
        if record is None or _is_helped(context, environment):
            continue
        top = record.module.partition(".")[0]
        folder = _folder_of(record)
        written = "." if folder == environment.directory else folder or "."
        yield Finding(
            rule=NAME,
            severity=Severity.WARNING,
            certain=False,
            location=context.location(import_statement(context, record.place)),
            message="The alembic command does not have the project's folder on sys.path, and raises "
            f"ModuleNotFoundError: No module named '{top}' here, unless PYTHONPATH names it or the project is "
            f"installed. Set `prepend_sys_path = {written}` in {environment.config}.",
            related=(Related(Location(environment.config, START), "has no prepend_sys_path"),),
        )


def _first_own(timeline: Timeline, environment: MigrationEnvironment) -> ImportRecord | None:
    """The first import of env.py itself that is of the workspace."""
    records = (each for each in timeline.imports if each.importer_path == environment.env_path and each.module)
    for each in records:
        if each.path and not each.path.startswith(f"{environment.script_location}/"):
            return each
    return None


def _folder_of(record: ImportRecord) -> str:
    """The folder in which the package at the top of a module lies."""
    parts = record.module.count(".") + 1 + record.path.endswith("/__init__.py")
    return "/".join(record.path.split("/")[:-parts])


def _is_helped(context: Context, environment: MigrationEnvironment) -> bool:
    """Whether anything in the workspace shows that the path is set otherwise, or that the project gets installed."""
    workspace = context.workspace
    if _EDITS.search(workspace.text(environment.env_path) or ""):
        return True
    folders = {"", environment.directory, *_above(environment.directory)}
    for folder in folders:
        for name in workspace.listdir(folder):
            path = f"{folder}/{name}" if folder else name
            if name in _INSTALLS and _installs(workspace.text(path) or "", name):
                return True
            if _RUN_BY.match(name) and workspace.is_file(path) and _sets(context, folder, path):
                return True
    return not environment.config.endswith((".ini", ".toml"))


def _sets(context: Context, folder: str, path: str) -> bool:
    """Whether a file sets the path of the alembic command.

    A service of a compose file sets its own, so those count in which alembic runs, where that is known.
    """
    text = context.workspace.text(path) or ""
    if not is_compose(path.rpartition("/")[2].lower()):
        return _SETS.search(text) is not None
    services = list(service_paths(text))
    entered = {name for each in context.workspace.listdir(folder) for name in _entered(context, folder, each)}
    running = [each for each in services if each.runs_alembic or each.name in entered]
    if running:
        return all(each.sets_path for each in running)
    return _SETS.search(text) is not None


def _entered(context: Context, folder: str, name: str) -> Iterator[str]:
    """The services in which a Makefile or script runs alembic: ``docker compose exec api alembic upgrade head``."""
    if _SCRIPTS.match(name):
        text = context.workspace.text(f"{folder}/{name}" if folder else name) or ""
        yield from (match[1] for match in _ENTERS.finditer(text))


def _installs(text: str, name: str) -> bool:
    if name == "pyproject.toml":
        return "[build-system]" in text or "[tool.poetry]" in text or "package = true" in text
    return name == "setup.py" or "[metadata]" in text


def _above(directory: str) -> Iterator[str]:
    while directory:
        directory = directory.rpartition("/")[0]
        yield directory


RULE = Rule(
    name=NAME,
    summary="env.py imports the project, which nothing puts on sys.path for the alembic command.",
    severity=Severity.WARNING,
    check=_check,
)
