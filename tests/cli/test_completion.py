"""``cucurbit completion``: the scripts, in the shells that are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cucurbit.cli.parser import SHELLS, build_parser
from cucurbit.rules.catalogue import NAMES
from tests.cli.conftest import Cucurbit

CHECKS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}

DRIVER = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE="${COMP_WORDS[*]}"
COMP_POINT=${#COMP_LINE}
[[ $(complete -p cucurbit) =~ -F\\ ([^ ]+) ]] || exit 1
"${BASH_REMATCH[1]}" cucurbit "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_the_script(cucurbit: Cucurbit, shell: str) -> None:
    script = cucurbit("completion", shell).out
    for name, command in build_parser().commands.items():
        assert name in script
        if shell == "tcsh":  # it completes options by one pattern for all commands
            continue
        for option in command._option_string_actions:
            assert option.lstrip("-") in script, (name, option)
    assert all(name in script for name in NAMES)


# The scripts are those of shtab, which tests them in all shells; here they are read by those that are installed.
@pytest.mark.parametrize("shell", [shell for shell in CHECKS if shutil.which(shell) is not None])
def test_the_shell_reads_it(tmp_path: Path, cucurbit: Cucurbit, shell: str) -> None:
    script = tmp_path / "script"
    script.write_text(cucurbit("completion", shell).out)
    subprocess.run([*CHECKS[shell], str(script)], check=True)


@pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["mod"], {"models"}),
        (["chec"], {"check"}),
        (["check", "--output-"], {"--output-format"}),
        (["check", "--output-format", "g"], {"grouped", "github", "gitlab"}),
        (["check", "--severity", "i"], {"information"}),
        (["rule", "duplicate-"], {name for name in NAMES if name.startswith("duplicate-")}),
        (["check", "--select", "duplicate-tab"], {"duplicate-table"}),
        (["check", "read"], {"readable.py"}),
        (["check", "--config", "read"], {"readable.py"}),
        (["timeline", "--de"], {"--depth"}),
        (["models", "--un"], {"--unseen"}),
        (["cache", ""], {"dir", "info", "clear"}),
        (["completion", "z"], {"zsh"}),
    ],
)
def test_bash_completes(tmp_path: Path, cucurbit: Cucurbit, words: list[str], expected: set[str]) -> None:
    script = tmp_path / "script.bash"
    script.write_text(cucurbit("completion", "bash").out)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "readable.py").write_text("")
    ran = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", DRIVER, "bash", str(script), "cucurbit", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.rstrip() for line in ran.stdout.splitlines() if line} == expected


def test_an_unknown_shell(cucurbit: Cucurbit) -> None:
    ran = cucurbit("completion", "bas")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `bash`?" in ran.err
