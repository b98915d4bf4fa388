"""The scenarios of real projects: commands, and the server while files are edited that are executed."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.checks import Checks, Samples, WrongResult
from tests.bench.editing import Kind
from tests.bench.edits import Edits
from tests.bench.processes import Failed, Run, run
from tests.bench.real.listed import Listed
from tests.bench.real.places import executed, kinds_in
from tests.bench.results import Results
from tests.bench.serving import Limits, Serving
from tests.bench.starts import Starts
from tests.bench.tools import IMPORT, OURS, Tool, Tools, within
from tests.bench.workspaces import Found, findings_in

CHECKERS = (OURS, IMPORT, "sqlalchemy-lsp", "ty")

FORMATS = ("text", "concise", "grouped", "json", "sarif", "github", "gitlab", "junit")

_SLOW_CHECKERS = ("pyright",)
_SMALL = 200
"""Files up to which slow checkers are measured too: they take a second for ten files."""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "timeline-text": ("timeline",),
    "timeline-html": ("timeline", "--output-format", "html"),
    "models-text": ("models",),
    "models-json": ("models", "--output-format", "json"),
}


@dataclass(frozen=True)
class Project:
    """A real project in a folder where files may be changed. ``findings`` are those of the first run."""

    name: str
    root: Path
    files: int
    findings: tuple[Found, ...]
    main: str
    kinds: Sequence[Kind]

    @property
    def changed(self) -> str:
        return self.main

    @property
    def places(self) -> None:
        """Its files are not of our making."""


class Measuring:
    """The scenarios of one project."""

    def __init__(
        self, tools: Tools, listed: Listed, limits: Limits, say: Callable[[str], None], results: Results
    ) -> None:
        self._tools = within(tools, listed.prefix)
        self._listed = listed
        self._limits = limits
        self._say = say
        self._results = results

    def measure(self, folder: Path, scratch: Path) -> None:
        """All scenarios, in a copy of ``folder`` below ``scratch``.

        Raises:
            WrongResult: two runs found different things, or the source is not the one that is listed.
        """
        root = scratch / self._listed.name
        shutil.copytree(folder, root, symlinks=True)
        try:
            project = self._project(root)
            self._checks(project)
            if self._listed.thorough:
                self._others(project)
            if self._listed.served or self._listed.thorough:
                asyncio.run(self._serve(project))
        finally:
            shutil.rmtree(root)

    def _project(self, root: Path) -> Project:
        files = sum(1 for _ in root.rglob("*.py"))
        if files != self._listed.files:
            raise WrongResult(f"{self._listed.name} has {files} Python files, not {self._listed.files}")
        ours = self._tools.ours
        first = self._run(ours.check, root, ours.environment)
        listed = self._run((*ours.command, *COMMANDS["models-json"]), root, ours.environment).output.decode()
        # A profiler writes lines of its own around it.
        models, _ = json.JSONDecoder().raw_decode(listed, listed.index("{"))
        paths = executed(models["models"])
        main = paths[0] if paths else min(each.relative_to(root).as_posix() for each in root.rglob("*.py"))
        kinds = kinds_in(root, paths)
        return Project(self._listed.name, root, files, findings_in(first.output.decode()), main, kinds)

    def _run(self, argv: Sequence[str], root: Path, environment: Mapping[str, str]) -> Run:
        try:
            return run(argv, root, environment, timeout=self._limits.timeout)
        except Failed as failure:
            raise WrongResult(f"{self._listed.name}: {failure}") from None

    def _checks(self, project: Project) -> None:
        tools = self._tools
        names = (*CHECKERS, *_SLOW_CHECKERS) if project.files <= _SMALL else CHECKERS
        importing = self._importing(project.root)
        if importing is not None:
            tools = replace(tools, rivals=(*tools.rivals, importing))
        Checks(tools, project, self._limits.rounds, self._limits.timeout, self._say, names).measure(self._results)

    def _importing(self, root: Path) -> Tool | None:
        """Python itself, importing the main entry point; None where that cannot be done."""
        if not self._listed.entry:
            return None
        environment = self._tools.ours.environment
        plain = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
        command = (str(self._listed.python), "-c", f"import {self._listed.entry}")
        try:
            # Not measured: writes the compiled modules.
            run(command, root, plain, timeout=self._limits.timeout, codes=frozenset({0}))
        except (Failed, OSError) as failure:
            self._say(f"{self._listed.name} cannot be imported: {failure}")
            self._results.note(f"The import of {self._listed.name}: it cannot be installed here.")
            return None
        return Tool(IMPORT, "", command, (), plain, plain)

    def _others(self, project: Project) -> None:
        """``check`` in every output format and the other commands: once, and without a cache."""
        ours = self._tools.ours
        commands = {**{f"check-{each}": ("check", "--output-format", each) for each in FORMATS}, **COMMANDS}
        codes = set()
        for scenario, command in commands.items():
            done = self._run((*ours.command, *command), project.root, ours.cold)
            self._say(f"{scenario} {project.name}: {done.wall:.3f} s")
            samples = Samples()
            samples.add(OURS, done)
            samples.into(self._results, scenario, project.name)
            if scenario.startswith("check-"):
                codes.add(done.code)
        if len(codes) > 1:
            raise WrongResult(f"{project.name}: output formats end with {sorted(codes)}")

    async def _serve(self, project: Project) -> None:
        serving = Serving(self._tools, project, self._limits, self._say, self._results, [OURS])
        await Starts(serving).starts()
        if self._listed.thorough:
            await Edits(serving).edits()
