"""Imports a module of a package for real, predicts the same import, and holds one against the other."""

from __future__ import annotations

import ast
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib.machinery import PathFinder
from pathlib import Path

from cucurbit.opening import open_workspace
from cucurbit.record import comparison
from cucurbit.record.comparison import Predicted, predicted_events, rendered
from cucurbit.record.interpreter import Interpreter
from cucurbit.record.recording import Event, Recording
from cucurbit.record.run_command import record, runner_command
from cucurbit.simulate.run import simulate
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryKind, EntryPoint
from tests.real.workspaces import Installed

TIMEOUT_SECONDS = 60.0
_COMPARED = ("module-", "entry-failed")
_COMPILED = (".so", ".pyd")


class Verdict(Enum):
    """How a prediction compares with what really happened."""

    EQUAL = "equal"
    """Every module and every failure, in order, and nothing else is predicted as certain."""
    UNSURE = "unsure"
    """What happened is one of the things that were predicted; some are not certain, or the timeline is cut."""
    LACKS = "lacks"
    """It needs a package that is not installed there; Cucurbit takes what is imported to be installed."""
    WRONG = "wrong"
    """It is none of them."""


@dataclass(frozen=True)
class Compared:
    """One import. ``why`` tells the first difference, where there is one."""

    module: str
    verdict: Verdict
    why: str = ""


def environment(python: Path) -> Interpreter:
    """The interpreter of the environment that the packages are installed in."""
    return Interpreter("", str(python), str(python.parent.parent), None, None)


def compare(package: Installed, python: Path) -> Iterator[Compared]:
    """Import the package and modules of it, and say of each how the prediction compares."""
    interpreter = environment(python)
    with tempfile.TemporaryDirectory(prefix="cucurbit-real-") as folder:
        root = Path(folder).resolve()
        package.copy(root)
        workspace = open_workspace(root, virtual_env=interpreter.prefix)
        for module in package.modules():
            yield _compared(workspace, module, interpreter, package.site)


def _compared(workspace: FolderWorkspace, module: str, interpreter: Interpreter, site: Path) -> Compared:
    path = module.replace(".", "/")
    path = next(name for name in (f"{path}/__init__.py", f"{path}.py") if workspace.is_file(name))
    entry = EntryPoint(EntryKind.MODULE, module, path, module, "", "", ("",), (), None, None)
    predicted = [each for each in predicted_events(simulate(workspace, entry), workspace) if _is_seen(workspace, each)]
    command = runner_command(interpreter, ["module", module, "", workspace.root, ""], workspace.root)
    recorded = events(record(command, interpreter, workspace.root, TIMEOUT_SECONDS))
    found = judged(module, predicted, recorded)
    lacking = _lacking(workspace, recorded, site) if found.verdict is Verdict.WRONG else None
    return found if lacking is None else Compared(module, Verdict.LACKS, f"{lacking} is not installed")


def _lacking(workspace: FolderWorkspace, recorded: list[str], site: Path) -> str | None:
    """What the first module to fail imports and is nowhere to be found."""
    failed = next((event.split() for event in recorded if event.startswith("failed ")), None)
    if failed is None or not recorded[-1].startswith("entry-failed"):
        return None
    for name in _imported(Path(workspace.root, failed[2])):
        if name.partition(".")[0] in sys.stdlib_module_names:
            continue
        search, found = [workspace.root, str(site)], True
        for part in name.split("."):
            spec = PathFinder.find_spec(part, search) if search else None
            found = found and (spec is not None or not search)
            search = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not found:
            return name
    return None


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module


def events(recording: Recording) -> list[str]:
    """What the first process did, as far as it is compared."""
    recorded: tuple[Event, ...] = recording.processes[0].events if recording.processes else ()
    return [rendered(event) for event in recorded if str(event["event"]).startswith(_COMPARED)]


def _is_seen(workspace: FolderWorkspace, predicted: Predicted) -> bool:
    """Whether the recorder sees such an event: it does not where Python takes the compiled module beside a source."""
    if predicted.cut:
        return True
    event = predicted.event or {}
    if not str(event["event"]).startswith(_COMPARED):
        return False
    folder, _, name = str(event.get("path", "")).rpartition("/")
    stem = name.partition(".")[0] + "."
    return not any(each.startswith(stem) and each.endswith(_COMPILED) for each in workspace.listdir(folder))


def judged(module: str, predicted: list[Predicted], recorded: list[str]) -> Compared:
    """Hold what is predicted of modules and failures against what was recorded."""
    certain = [each.text for each in predicted if each.certain and not each.cut]
    if certain == recorded:
        return Compared(module, Verdict.EQUAL)
    if comparison.agrees(predicted, recorded):
        unsure = next(each for each in predicted if each.cut or not each.certain)
        return Compared(module, Verdict.UNSURE, str(unsure))
    cut = next((each for each in predicted if each.cut), None)
    if cut is not None and not Counter(certain) - Counter(recorded):
        # What was hidden may have executed modules that are imported again later.
        return Compared(module, Verdict.UNSURE, str(cut))
    beside = comparison.compare(predicted, recorded, complete=True)
    row = beside.rows[beside.first_difference or 0]
    here = str(predicted[row.predicted]) if row.predicted is not None else "nothing"
    there = recorded[row.recorded] if row.recorded is not None else "nothing"
    return Compared(module, Verdict.WRONG, f"recorded {there.strip()}, predicted {here.strip()}")
