"""Runs env.py of applications that others wrote for real, predicts the same run, and holds one against the other."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution
from pathlib import Path

from cucurbit.opening import open_workspace
from cucurbit.record.check_prediction import RecordRequest, RecordResult, judge, run
from cucurbit.record.comparison import Predicted
from cucurbit.simulate.run import simulate
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryKind, EntryPoint
from tests.real.compared import environment
from tests.real.lists import BIN_PYTHON, HERE
from tests.real.workspaces import Installed, installed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LISTED = HERE / "applications.toml"
FEW = ("buildbot", "optuna")
"""The small ones, which the tests run."""
ENVIRONMENTS = Path(sys.prefix) / "real-applications"
TIMEOUT_SECONDS = 300.0

INI = """\
[alembic]
script_location = {environment}
prepend_sys_path = .
sqlalchemy.url = {url}

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = %(levelname)s %(message)s
"""


@dataclass(frozen=True)
class Application:
    """One application, as ``applications.toml`` describes it. ``why``: the reason of a difference that stands."""

    name: str
    requirements: Sequence[str]
    environment: str
    command: str = "upgrade head"
    url: str = "sqlite:///real.db"
    variables: dict[str, str] = field(default_factory=dict)
    why: str = ""

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return ENVIRONMENTS / self.name / BIN_PYTHON


@dataclass(frozen=True)
class Measured:
    """How a prediction compares with what env.py did. The tables are counted by key.

    ``lost`` were registered and not predicted, ``invented`` predicted as certain and not registered; ``unsure`` of
    those that were registered are predicted as uncertain. ``difference`` is the first in the events, empty where there
    is none; ``agreeing`` of the ``events`` were predicted, one after the other.
    """

    version: str
    real: int
    lost: Sequence[str]
    invented: Sequence[str]
    unsure: int
    events: int
    agreeing: int
    difference: str

    @property
    def differs(self) -> bool:
        return bool(self.lost or self.invented or self.difference)


@cache
def applications() -> dict[str, Application]:
    """Those that are listed, by name."""
    with LISTED.open("rb") as file:
        return {name: Application(name, **described) for name, described in tomllib.load(file).items()}


def measure(name: str) -> Measured | None:
    """Run env.py of an application and compare; None where the application is not installed."""
    application = applications()[name]
    package = installed(name, application.python) if application.python.exists() else None
    if package is None:
        return None
    with tempfile.TemporaryDirectory(prefix="cucurbit-real-") as folder:
        root = Path(folder).resolve()
        package.copy(root)
        (root / "alembic.ini").write_text(
            INI.format(environment=application.environment, url=application.url), encoding="utf-8"
        )
        return measured(_judged(application, root), _version(package))


def _judged(application: Application, root: Path) -> RecordResult:
    interpreter = environment(application.python)
    workspace = open_workspace(root, virtual_env=interpreter.prefix)
    entry = _entry(workspace)
    variables = {"HOME": str(root), **application.variables}
    program = (
        *("env", *(f"{name}={value}" for name, value in variables.items())),
        *(str(application.python), "-m", "alembic", *application.command.split()),
    )
    request = RecordRequest(entry, program, str(root), interpreter, TIMEOUT_SECONDS)
    timeline = simulate(workspace, entry)
    return judge(request, run(request, str(root)), timeline, workspace)


def _entry(workspace: FolderWorkspace) -> EntryPoint:
    return next(
        entry for entry in workspace.entry_points if entry.kind is EntryKind.ALEMBIC and entry.target == "alembic.ini"
    )


def _version(package: Installed) -> str:
    return next(iter(Distribution.discover(name=package.name, path=[str(package.site)]))).version


def measured(result: RecordResult, version: str) -> Measured:
    """Count what a comparison shows."""
    comparison = result.comparison
    real = set(_tables(comparison.recorded))
    certain = set(_tables([each.text for each in comparison.predicted if each.certain]))
    perhaps = set(_tables([each.text for each in comparison.predicted])) - certain
    return Measured(
        version=version,
        real=len(real),
        lost=sorted(real - certain - perhaps),
        invented=sorted(certain - real),
        unsure=len(real & perhaps),
        events=len(comparison.recorded),
        agreeing=comparison.agreeing,
        difference=_difference(result),
    )


def _tables(events: Sequence[str]) -> Iterator[str]:
    return (words[1] for words in map(str.split, events) if words[0] == "registered")


def _difference(result: RecordResult) -> str:
    comparison = result.comparison
    if comparison.first_difference is None:
        return ""
    row = comparison.rows[comparison.first_difference]
    there = "nothing" if row.recorded is None else comparison.recorded[row.recorded]
    here = "nothing" if row.predicted is None else _said(comparison.predicted[row.predicted])
    return f"recorded {there}, predicted {here}"


def _said(predicted: Predicted) -> str:
    return predicted.text if predicted.certain else f"perhaps {predicted.text}"


def surprises(application: Application, found: Measured) -> Iterator[str]:
    """What differs and has no reason, and what has one and no longer differs, in words."""
    if found.differs and not application.why:
        words = [f"lost {', '.join(found.lost)}"] if found.lost else []
        words += [f"invented {', '.join(found.invented)}"] if found.invented else []
        yield f"{application.name}: {'; '.join([*words, *filter(None, [found.difference])])}"
    if application.why and not found.differs:
        yield f"{application.name} is listed to differ, and does not"
