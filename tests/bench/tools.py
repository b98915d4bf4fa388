"""The programs that are compared: this one, and those of others, each from an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]

OURS = "cucurbit"
IMPORT = "python -c import"
"""Python itself, importing the main entry point of a project."""

RIVALS = ("sqlalchemy-lsp", "ty", "ruff", "pyright", "jedi-language-server")


@dataclass(frozen=True)
class Tool:
    """A program. ``check``, ``serve`` and ``version`` are command lines, empty where it has no such command."""

    name: str
    version: str
    check: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    cold: dict[str, str] = field(default_factory=dict)
    """The environment in which nothing is kept from run to run; equal to ``environment`` where nothing ever is."""

    @property
    def command(self) -> tuple[str, ...]:
        """This program without what it is asked: all but ``check`` and its output format."""
        return self.check[:-3]


@dataclass(frozen=True)
class Tools:
    """This program, those of others that are there, and why the rest is not."""

    ours: Tool
    rivals: tuple[Tool, ...]
    missing: dict[str, str]

    def named(self, *names: str) -> tuple[Tool, ...]:
        """Those of the given names that are there; ours first."""
        return tuple(each for each in (self.ours, *self.rivals) if each.name in names)


def base_environment(prefix: str = sys.prefix) -> dict[str, str]:
    """What all tools are run with: as in a shell where the project's virtual environment is active."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    path = os.pathsep.join([str(_scripts(Path(prefix))), kept.get("PATH", "")])
    return {**kept, "PATH": path, "VIRTUAL_ENV": prefix, "NO_COLOR": "1"}


def _scripts(prefix: Path) -> Path:
    return prefix / ("Scripts" if os.name == "nt" else "bin")


def our_tool(server: Path, scratch: Path) -> Tool:
    """Cucurbit from the folder that holds its package, started as an installed script would start it."""
    launcher = scratch / "cucurbit"
    launcher.write_text("import sys\n\nfrom cucurbit.cli.main import main\n\nsys.exit(main())\n", encoding="utf-8")
    environment = {**base_environment(), "PYTHONPATH": str(server), "XDG_CACHE_HOME": str(scratch / "cache")}
    command = (sys.executable, str(launcher))
    said = _said([*command, "--version"], environment)
    helps = _said([*command, "check", "--help"], environment)
    return Tool(
        OURS,
        said.rpartition(" ")[2],
        (*command, "check", "--output-format", "github"),
        (*command, "serve"),
        environment,
        {**environment, "CUCURBIT_NO_CACHE": "1"} if "--no-cache" in helps else environment,
    )


def profiled(tools: Tools, rivals: Path, folder: Path) -> Tools:
    """The same, with this program under py-spy, which writes flame graphs into ``folder``.

    Raises:
        FileNotFoundError: there is no py-spy.
    """
    spy = rivals / "bin" / "py-spy"
    if not spy.exists():
        raise FileNotFoundError("py-spy is not installed (`make bench` installs it, given a network)")
    folder.mkdir(parents=True, exist_ok=True)
    wrapper = (sys.executable, str(Path(__file__).with_name("profiled.py")), str(spy), str(folder.resolve()))
    ours = tools.ours
    check, serve = (*wrapper, "check", *ours.check), (*wrapper, "serve", *ours.serve)
    return replace(tools, ours=replace(ours, check=check, serve=serve))


def within(tools: Tools, prefix: Path) -> Tools:
    """The same, run as in a shell where another virtual environment is active."""
    active = base_environment(str(prefix))

    def moved(tool: Tool) -> Tool:
        return replace(tool, environment={**tool.environment, **active}, cold={**tool.cold, **active})

    return replace(tools, ours=moved(tools.ours), rivals=tuple(moved(each) for each in tools.rivals))


def find_tools(server: Path, rivals: Path, scratch: Path, wanted: Sequence[str] = RIVALS) -> Tools:
    """Find the tools. ``rivals`` is the environment in which those of others are installed."""
    found, missing = [], {}
    # Tools are run in other folders.
    folder = _scripts(rivals.resolve())
    for name in wanted:
        binary = folder / ("pyright-langserver" if name == "pyright" else name)
        if not binary.exists():
            missing[name] = "not installed (`make bench` installs it, given a network)"
            continue
        program = str(binary)
        version = _said([str(folder / name), "--version"], base_environment()).split()
        if not version:
            missing[name] = "it cannot be started"
            continue
        commands: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
            "sqlalchemy-lsp": ((program, "check", "."), (program, "lsp")),
            "ty": ((program, "check", "--output-format", "concise", "--exit-zero", "."), (program, "server")),
            "ruff": ((program, "analyze", "graph"), ()),
            "pyright": ((str(folder / name), "."), (program, "--stdio")),
            "jedi-language-server": ((), (program,)),
        }
        check, serve = commands[name]
        number = next((word for word in version if word[:1].isdigit()), "unknown")
        found.append(Tool(name, number, check, serve, base_environment(), base_environment()))
    return Tools(our_tool(server, scratch), tuple(found), missing)


def _said(argv: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.strip()
