"""What every command shares: start-up, refusals, defects, interruptions."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import cucurbit as package
from cucurbit.analysis.finding import Finding
from cucurbit.cli import check, terminal
from cucurbit.cli.errors import Refused
from cucurbit.cli.parser import build_parser
from cucurbit.cli.serve import parse_address
from tests.cli.conftest import CLEAN, TWICE, Cucurbit, MakeWorkspace

SERVER = str(Path(__file__).parents[2] / "server")
HEAVY = ("argparse", "asyncio", "jedi", "lsprotocol", "msgspec", "parso", "pygls", "rich", "tree_sitter")


def python(
    *arguments: str, stdin: str = "", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A Python of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": SERVER, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=60,
    )


def loaded_by(*arguments: str, cwd: Path | None = None) -> set[str]:
    """Those of the heavy modules that a command imports."""
    code = (
        "import sys; from cucurbit.cli.main import main; "
        f"main({list(arguments)!r}); sys.stderr.write(' '.join(set(sys.modules) & set({HEAVY!r})))"
    )
    ran = python("-c", code, cwd=cwd)
    assert ran.stdout
    return set(ran.stderr.split())


def added_by(*arguments: str, cwd: Path | None = None, **environment: str) -> set[str]:
    """The modules that a command imports besides those that Python starts with."""
    code = (
        "import sys; before = set(sys.modules); from cucurbit.cli.main import main; "
        f"main({list(arguments)!r}); sys.stderr.write(' '.join(set(sys.modules) - before))"
    )
    ran = python("-c", code, cwd=cwd, **environment)
    assert ran.stdout
    return set(ran.stderr.split())


def test_version_imports_next_to_nothing() -> None:
    assert added_by("--version") == {
        "__future__",
        "cucurbit",
        "cucurbit.cli",
        "cucurbit.cli.errors",
        "cucurbit.cli.main",
    }


def test_check_imports_no_server_and_no_colours(workspace: MakeWorkspace) -> None:
    root = workspace(TWICE)
    assert not loaded_by("check", cwd=root) & {"asyncio", "lsprotocol", "pygls", "rich"}


def test_version(cucurbit: Cucurbit) -> None:
    for option in ("--version", "-V"):
        assert cucurbit(option).out == f"cucurbit {package.__version__}\n"


def test_the_module_runs() -> None:
    ran = python("-m", "cucurbit", "--version")
    assert (ran.returncode, ran.stdout) == (0, f"cucurbit {package.__version__}\n")


def test_no_command(cucurbit: Cucurbit) -> None:
    ran = cucurbit()
    assert (ran.code, ran.out) == (2, "")
    assert "check" in ran.err


def test_help_names_the_exit_codes(cucurbit: Cucurbit) -> None:
    ran = cucurbit("--help")
    assert ran.code == 0
    assert "130  interrupted from the keyboard" in ran.out


@pytest.mark.parametrize(
    "command", ["check", "timeline", "models", "explain", "rules", "rule", "serve", "record", "cache"]
)
def test_every_command_has_help(cucurbit: Cucurbit, command: str) -> None:
    ran = cucurbit(command, "--help")
    assert ran.code == 0
    assert f"cucurbit {command}" in ran.out


def test_a_defect_is_one_line(workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(CLEAN)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no\nsuch thing")

    monkeypatch.setattr(check, "open_target", fail)
    ran = cucurbit("check")
    assert ran.code == 3
    assert ran.err.startswith("cucurbit: internal error: RuntimeError: no\\nsuch thing. Please report it at https://")
    assert len(ran.err.splitlines()) == 1


def test_a_defect_in_full_for_developers(
    workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cucurbit.cli.main import main

    workspace(CLEAN)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("here")

    monkeypatch.setattr(check, "open_target", fail)
    monkeypatch.setenv("CUCURBIT_DEBUG", "1")
    assert main(["check"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_one_broken_rule_does_not_take_the_others_along(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from cucurbit.analysis.rule import RuleSet
    from cucurbit.rules import catalogue

    def fail(*_: object) -> list[Finding]:
        raise RuntimeError("broken")

    broken = tuple(replace(rule, check=fail) if rule.name == "several-metadata" else rule for rule in catalogue.RULES)
    monkeypatch.setattr("cucurbit.cli.analysis.RULES", RuleSet(broken))
    workspace(TWICE)
    ran = cucurbit("check")
    assert ran.code == 3
    assert "internal error in several-metadata: RuntimeError: broken" in ran.err
    assert "duplicate-table" in ran.out


def test_interrupted(workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(CLEAN)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "open_target", interrupt)
    ran = cucurbit("check")
    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_a_reader_that_goes_away_is_no_error(workspace: MakeWorkspace) -> None:
    root = workspace(TWICE)
    process = subprocess.Popen(
        [sys.executable, "-m", "cucurbit", "check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": SERVER},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


def test_a_poor_encoding_is_written_to(workspace: MakeWorkspace) -> None:
    root = workspace({**TWICE, "app/légende.py": "", "app/legacy.py": TWICE["app/legacy.py"] + "# ü\n"})
    environment = {**os.environ, "PYTHONPATH": SERVER, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ran = subprocess.run(
        [sys.executable, "-m", "cucurbit", "check"], capture_output=True, check=False, cwd=root, env=environment
    )
    assert (ran.returncode, ran.stderr) == (1, b"")
    assert b"--> app/legacy.py:6:1" in ran.stdout


def test_an_unreadable_folder(workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(CLEAN)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cucurbit.cli.target.os.scandir", refuse)
    ran = cucurbit("check")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(" cannot be read: permission denied\n")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::1]:99", ("::1", 99)),
        (":99", ("127.0.0.1", 99)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "host", "host:", "99999", "a:-1", "1:٣"])
def test_wrong_addresses(text: str) -> None:
    with pytest.raises(Refused):
        parse_address(text)


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["check", "--output", "json"])


def test_progress_on_a_terminal_only(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(CLEAN)
    assert cucurbit("check").err == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal, "_is_terminal", lambda stream: True)
    ran = cucurbit("check", "--no-color")
    assert "simulating app.main:app" in ran.err
    assert ran.err.endswith("\r\x1b[K")


@pytest.mark.parametrize("option", ["--tcp", "--ws"])
def test_an_address_in_use(cucurbit: Cucurbit, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = cucurbit("serve", option, str(port))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"cucurbit: error: cannot listen on {port}: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chekc"], "there is no command `chekc`, did you mean `check`?"),
        (["xyz"], "there is no command `xyz`; choose from check, timeline, "),
        (["x\x1b[31m"], "there is no command `x\\x1b[31m`; choose from "),
        (["check", "--sevrity", "error"], "there is no option `--sevrity`, did you mean `--severity`?"),
        (["check", "--statistic=1"], "there is no option `--statistic`, did you mean `--statistics`?"),
        (["check", "--zzz"], "there is no option `--zzz`\n"),
        (["timeline", "--out-put", "x"], "there is no option `--out-put`, did you mean `--output`?"),
        (["check", "--severity", "eror"], "argument --severity: `eror` is not possible, did you mean `error`?"),
        (["cache", "clera"], "argument ACTION: `clera` is not possible, did you mean `clear`?"),
        (["rule", "a", "b"], "unexpected argument `b`"),
        (["--versoin"], "there is no option `--versoin`, did you mean `--version`?"),
        (["rule", "duplicate-tables"], "there is no rule `duplicate-tables`, did you mean `duplicate-table`?"),
        (["check", "--select", "circular"], "there is no rule `circular`"),
    ],
)
def test_did_you_mean(cucurbit: Cucurbit, arguments: list[str], message: str) -> None:
    ran = cucurbit(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) <= 2
