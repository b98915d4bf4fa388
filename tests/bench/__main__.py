"""The benchmark: ``python -m tests.bench run`` measures, ``page`` writes what was measured into docs/performance.md."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.bench.checks import Checks, WrongResult, machine, measure_starts
from tests.bench.edits import Edits
from tests.bench.growing import Limits as Growths
from tests.bench.growing import grow
from tests.bench.page import PAGE, page
from tests.bench.real.listed import SOURCES, Listed, prepare, projects, source
from tests.bench.real.measuring import Measuring
from tests.bench.results import Results, from_json, overview
from tests.bench.serving import Limits, Serving
from tests.bench.starts import Starts
from tests.bench.tools import ROOT, Tools, find_tools, profiled
from tests.bench.workspaces import NAMES, Workspace, write

RESULTS = Path(__file__).parent / "results.json"
_SIZES = "300,models,3000,reachable,30000"
GENERATED = ("check", "server", "asked", "edits", "growth")
"""What is measured in generated workspaces."""
ALL = ("start", *GENERATED, "real")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _workspace(name: str, folder: Path) -> Workspace:
    root = folder / name
    shutil.rmtree(root, ignore_errors=True)
    # In a process of its own: the kernel counts the memory of whoever starts a process as the process's.
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "make", name, str(root)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    made = Workspace.from_json(name, root, done.stdout)
    _say(f"made {name}: {made.files} Python files")
    return made


def _make(options: argparse.Namespace) -> None:
    sys.stdout.write(write(options.name, options.folder).to_json() + "\n")


def _run(options: argparse.Namespace) -> None:
    sizes = [each for each in options.sizes.split(",") if each]
    only = set(options.only.split(",")) if options.only else set(ALL)
    results = Results(machine())
    end = time.monotonic() + options.budget
    with tempfile.TemporaryDirectory(prefix="cucurbit-bench-") as temporary:
        scratch = Path(temporary)
        tools = find_tools(options.server, options.rivals, scratch)
        results.tools = {each.name: each.version for each in (tools.ours, *tools.rivals)}
        for name, reason in tools.missing.items():
            _say(f"{name} is left out: {reason}")
            results.note(f"{name} is left out: {reason}.")
        if options.profile is not None:
            tools = profiled(tools, options.rivals, options.profile)
            _say("Under a profiler nothing is kept of what is measured.")
        if "start" in only:
            measure_starts(tools, max(5, 5 * options.rounds), _say, results)
        for name in sizes if only.intersection(GENERATED) else ():
            if time.monotonic() > end:
                results.note(f"`{name}`: the {options.budget:.0f} seconds of the benchmark were over.")
                continue
            workspace = _workspace(name, scratch / "workspaces")
            if "check" in only:
                rounds = 1 if workspace.files > 10_000 else options.rounds
                with _refusing(results):
                    Checks(tools, workspace, rounds, options.timeout, _say).measure(results)
            try:
                asyncio.run(_serve(tools, workspace, options, results, only, end))
            except Exception:
                # What was measured by then is not lost.
                _keep(options, results)
                raise
            shutil.rmtree(workspace.root)
        if "real" in only:
            _real(tools, options, results, scratch, end)
    sys.stdout.write(overview(_keep(options, results)))
    if results.wrong:
        sys.exit("Something else was found than is there:\n" + "\n".join(results.wrong))


def _chosen(options: argparse.Namespace) -> list[Listed]:
    """The real projects that are asked for; all by default."""
    names = options.projects.split(",") if options.projects else list(projects())
    return [projects()[name] for name in names]


def _real(tools: Tools, options: argparse.Namespace, results: Results, scratch: Path, end: float) -> None:
    # A whole run is to end soon; asked for alone, they have all rounds.
    rounds = options.rounds if options.only else 1
    for listed in _chosen(options):
        folder = source(listed, options.sources)
        if not folder.exists():
            results.note(f"{listed.name}: its source is not there (`make bench` downloads it, given a network).")
        elif time.monotonic() > end:
            results.note(f"`{listed.name}`: the {options.budget:.0f} seconds of the benchmark were over.")
        else:
            limits = replace(_limits(options), rounds=rounds, least=5)
            with _refusing(results):
                Measuring(tools, listed, limits, _say, results).measure(folder, scratch)
            # Whatever ends this run: what was measured by then is not lost.
            _keep(options, results)


def _prepare(options: argparse.Namespace) -> None:
    prepare(_chosen(options), options.sources, _say)


def _keep(options: argparse.Namespace, results: Results) -> Results:
    """Write the results. Gives all there are then."""
    if options.json is None or options.profile is not None:
        return results
    # A whole run leaves nothing of an older one; a part of it is put in its place.
    if (options.sizes != _SIZES or options.only or options.projects) and options.json.exists():
        results = from_json(options.json.read_text(encoding="utf-8")).merged(results)
    options.json.write_text(results.to_json(), encoding="utf-8")
    return results


@contextmanager
def _refusing(results: Results) -> Iterator[None]:
    """Drop what a scenario measured if it found something else than is there, and go on with the next one."""
    before = {key: dict(found) for key, found in results.quantities.items()}
    try:
        yield
    except WrongResult as wrong:
        results.quantities = before
        results.wrong.append(str(wrong))
        results.note(f"Wrong, and not counted: {wrong}.")
        _say(f"wrong: {wrong}")


def _limits(options: argparse.Namespace) -> Limits:
    return Limits(options.rounds, options.edits, options.seconds, options.growth, options.timeout)


async def _serve(
    tools: Tools, workspace: Workspace, options: argparse.Namespace, results: Results, only: set[str], end: float
) -> None:
    limits = _limits(options)
    if workspace.files > 10_000:
        limits = replace(limits, rounds=1)
    serving = Serving(tools, workspace, limits, _say, results)
    scenarios = {"server": Starts(serving).starts, "asked": Starts(serving).asked, "edits": Edits(serving).edits}
    if workspace.name == "300":
        scenarios["growth"] = Edits(serving).growth
    for name, measure in scenarios.items():
        if name in only and time.monotonic() > end:
            results.note(f"{name} in `{workspace.name}`: the {options.budget:.0f} seconds of the benchmark were over.")
        elif name in only:
            with _refusing(results):
                await measure()


def _grow(options: argparse.Namespace) -> None:
    results = Results(machine())
    limits = Growths(options.edits, options.folders, options.clients, options.files)
    grow([each.resolve() for each in options.projects], limits, results)
    if options.json is not None:
        before = from_json(options.json.read_text(encoding="utf-8"))
        results = before.merged(replace(results, notes=before.notes))
        options.json.write_text(results.to_json(), encoding="utf-8")


def _page(options: argparse.Namespace) -> None:
    text = page(from_json(RESULTS.read_text(encoding="utf-8")))
    if not options.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/performance.md is not what the measurements make of it: run python -m tests.bench page")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measure")
    run.add_argument("--sizes", default=_SIZES, help=f"workspaces, of {','.join(NAMES)}")
    run.add_argument("--only", default="", help=f"scenarios, of {','.join(ALL)}")
    run.add_argument("--rounds", type=int, default=2)
    run.add_argument("--edits", type=int, default=500, help="edits of each kind")
    run.add_argument("--seconds", type=float, default=2.5, help="seconds that one server has for the edits of one kind")
    run.add_argument("--growth", type=int, default=10_000, help="edits after which memory is compared")
    run.add_argument("--timeout", type=float, default=120, help="seconds after which a run is given up")
    run.add_argument("--server", type=Path, default=ROOT / "server", help="the folder that holds the package cucurbit")
    run.add_argument(
        "--rivals", type=Path, default=ROOT / ".venv" / "rivals", help="the environment of the other tools"
    )
    run.add_argument("--json", type=Path, help="a file whose measurements are brought up to date")
    run.add_argument("--budget", type=float, default=1200, help="seconds after which nothing more is begun")
    run.add_argument("--profile", type=Path, help="a folder for flame graphs of each run of Cucurbit")
    run.set_defaults(do=_run)
    preparing = commands.add_parser("prepare", help="download real projects, and install those that are imported")
    preparing.set_defaults(do=_prepare)
    for each in (run, preparing):
        each.add_argument("--projects", default="", help=f"real projects, of {','.join(projects())}")
        each.add_argument("--sources", type=Path, default=SOURCES, help="the folder of their sources")
    make = commands.add_parser("make", help="write a workspace, and print what is in it")
    make.add_argument("name", choices=NAMES)
    make.add_argument("folder", type=Path)
    make.set_defaults(do=_make)
    growing = commands.add_parser("grow", help="measure what grows in servers that run for long, on real projects")
    growing.add_argument("projects", type=Path, nargs="+", help="folders of projects")
    growing.add_argument("--edits", type=int, default=Growths.edits)
    growing.add_argument("--folders", type=int, default=Growths.folders)
    growing.add_argument("--clients", type=int, default=Growths.clients)
    growing.add_argument("--files", type=int, default=Growths.files)
    growing.add_argument("--json", type=Path, help="a file whose measurements are brought up to date")
    growing.set_defaults(do=_grow)
    paged = commands.add_parser("page", help="write docs/performance.md")
    paged.add_argument("--check", action="store_true", help="write nothing, fail where it would change")
    paged.set_defaults(do=_page)
    options = parser.parse_args()
    options.do(options)


if __name__ == "__main__":
    main()
