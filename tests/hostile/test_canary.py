"""Nothing of a workspace is executed: everything in this one that could be would leave a mark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import pytest
from lsprotocol import types

from cucurbit.cli.parser import build_parser
from tests.fuzz.seeds import FILES, TRACEBACK

Message: TypeAlias = dict[str, object]

COMMANDS: dict[str, list[list[str]]] = {
    "check": [["--show-fixes"], ["--fix", "--unsafe-fixes"], ["--output-format", "sarif"], ["--since", "HEAD"]],
    "timeline": [[], ["app.main", "--output-format", "html"]],
    "models": [[]],
    "revisions": [["--all"], ["--output-format", "html"]],
    "schema": [[], ["app.main", "--output-format", "mermaid"], ["--inject", "README.md"]],
    "drift": [[], ["--output-format", "python"]],
    "explain": [[TRACEBACK]],
    "rules": [[]],
    "rule": [["duplicate-table"]],
    "cache": [["info"]],
    "completion": [["bash"]],
}
"""Every command but three: ``record`` runs the program, which is what it is for, ``serve`` has a test below, and
``mcp`` in tests/mcp/.
"""

SHADOWS = (
    "json",
    "jedi",
    "msgspec",
    "asyncio",
    "argparse",
    "sqlalchemy",
    "sitecustomize",
    "usercustomize",
    "lsprotocol",
)
"""Modules that the program, its libraries or Python would import."""


def _marking(mark: Path, what: str) -> str:
    return f"import os\nos.close(os.open({str(mark / what.replace('/', '.'))!r}, os.O_CREAT | os.O_WRONLY))\n"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    (tmp_path / "mark").mkdir()
    return tmp_path / "mark"


@pytest.fixture
def root(tmp_path: Path, mark: Path) -> Path:
    """A workspace of which every part leaves a mark when it is executed."""
    root = tmp_path / "workspace"
    files = {path: (_marking(mark, path) if path.endswith(".py") else "") + text for path, text in FILES.items()}
    files |= {f"{name}.py": _marking(mark, f"{name}.py") for name in SHADOWS}
    files["conftest.py"] = _marking(mark, "conftest.py")
    files["compose.yaml"] += f"y: !!python/object/apply:os.mkdir [{str(mark / 'yaml')!r}]\n"
    files["Makefile"] += f"C := $(shell touch {mark}/make)\n"
    files["migrations/script.py.mako"] += (
        f"<%! open({str(mark / 'mako')!r}, 'w') %>\n${{open({str(mark / 'mako')!r}, 'w')}}\n"
    )
    files["run.sh"] += f"X=$(touch {mark}/shell)\n`touch {mark}/shell`\n"
    files["requirements.txt"] += f"-e file://{root}\n"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = f".venv/lib/{version}/site-packages"
    files[f"{packages}/evil.pth"] = f"import os; os.mkdir({str(mark / 'pth')!r})\n"
    files[f"{packages}/sitecustomize.py"] = _marking(mark, "sitecustomize")
    files[f"{packages}/alembic/__init__.py"] = _marking(mark, "alembic")
    files[".venv/pyvenv.cfg"] = f"home = {root}/.venv/bin\nversion = 3.11.0\n"
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    programs = [".venv/bin/python", ".venv/bin/python3", ".venv/bin/git", "git", "python", "python3", "gradlew"]
    subprocess.run(
        ["git", "init", "--quiet", str(root)], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    )
    hooks = [f".git/hooks/{name}" for name in ("post-checkout", "pre-commit", "post-index-change", "fsmonitor")]
    for path in (*programs, *hooks):
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\ntouch '{mark}/{path.replace('/', '.')}'\nexit 1\n", "utf-8")
        place.chmod(0o755)
    config = root / ".git/config"
    config.write_text(
        config.read_text() + f"[core]\n\tfsmonitor = {root}/.git/hooks/fsmonitor\n\tpager = {root}/git\n"
        f'[diff]\n\texternal = {root}/git\n[filter "x"]\n\tclean = {root}/git\n\tsmudge = {root}/git\n'
    )
    (root / ".gitattributes").write_text("* filter=x diff=x\n")
    return root


def _environment(root: Path) -> dict[str, str]:
    """The virtual environment of the workspace is active, but not first on PATH: Python is the user's."""
    return {**os.environ, "VIRTUAL_ENV": str(root / ".venv"), "CUCURBIT_NO_CACHE": "1"}


def test_every_command_is_tried() -> None:
    assert set(build_parser().commands) == {*COMMANDS, "mcp", "record", "serve"}


def test_the_canaries_sing(root: Path, mark: Path) -> None:
    subprocess.run([sys.executable, "-c", "import app.main"], cwd=root, check=False, capture_output=True)
    assert (mark / "app.__init__.py").exists()
    subprocess.run([str(root / ".venv/bin/python")], check=False)
    assert (mark / ".venv.bin.python").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the programs of this workspace are shell scripts")
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_executes_the_workspace(command: str, root: Path, mark: Path) -> None:
    for arguments in COMMANDS[command]:
        ran = subprocess.run(
            [sys.executable, "-m", "cucurbit", command, *arguments],
            cwd=root, env=_environment(root), check=False, timeout=100, capture_output=True, encoding="utf-8",
        )  # fmt: skip
        assert ran.returncode in {0, 1, 2}, ran.stderr
        assert "internal error" not in ran.stderr
        assert os.listdir(mark) == []


REQUESTS = sorted(
    str(method)
    for method, kinds in types.METHOD_TO_TYPES.items()
    if kinds[1] is not None and method not in {types.INITIALIZE, types.SHUTDOWN}
)
"""Every request of the protocol."""


@pytest.mark.skipif(sys.platform == "win32", reason="the programs of this workspace are shell scripts")
@pytest.mark.parametrize("trusted", [True, False])
def test_no_request_executes_the_workspace(trusted: bool, root: Path, mark: Path) -> None:
    uri = (root / "app/models.py").as_uri()
    place: Message = {"line": 8, "character": 8}
    params: Message = {
        "textDocument": {"uri": uri}, "position": place, "range": {"start": place, "end": place}, "newName": "x",
        "context": {"diagnostics": [], "includeDeclaration": True, "triggerKind": 1}, "query": "", "positions": [place],
        "previousResultIds": [],
        "files": [{"oldUri": uri, "newUri": uri + "x"}],
        "options": {"tabSize": 4, "insertSpaces": True},
    }  # fmt: skip
    options = {"trusted": trusted, "settings": {"python": ".venv/bin/python"}}
    start = {"processId": None, "rootUri": root.as_uri(), "capabilities": {}, "initializationOptions": options}
    document = {"uri": uri, "languageId": "python", "version": 1, "text": (root / "app/models.py").read_text("utf-8")}
    messages: list[Message] = [
        {"id": 0, "method": "initialize", "params": start},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        *({"id": number, "method": method, "params": params} for number, method in enumerate(REQUESTS, 1)),
    ]
    for number, name in enumerate(("entryPoints", "timeline", "registration", "createAggregator", "schema"), 1_000):
        given: Message = {"command": f"cucurbit.{name}", "arguments": [uri]}
        messages.append({"id": number, "method": "workspace/executeCommand", "params": given})
    messages += [{"id": 9_999, "method": "shutdown"}, {"method": "exit"}]
    bodies = [json.dumps({"jsonrpc": "2.0", **each}).encode() for each in messages]
    ran = subprocess.run(
        [sys.executable, "-m", "cucurbit", "serve"],
        input=b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies),
        cwd=root, env=_environment(root), capture_output=True, check=False, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2_000:]
    assert b'"id":9999' in ran.stdout.replace(b" ", b"")
    assert os.listdir(mark) == []
