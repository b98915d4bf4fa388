"""Vim with ALE, with ``docs/editors/vim`` as ``~/.vim``."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.editors.conftest import CONFIGURATIONS, SCRIPTS, Desk, missing, program


def _has_ale(vim: str) -> bool:
    probe = "try | packadd ale | catch | cquit | endtry | qall!"
    command = [vim, "-N", "-u", "NONE", "-i", "NONE", "-es", "--not-a-term", "-c", probe]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def test_vim_with_ale_shows_the_finding_and_creates_the_aggregator(desk: Desk) -> None:
    vim = program("vim")
    if not _has_ale(vim):
        missing("ALE is not installed for Vim (Debian's package vim-ale)")
    (desk.home / ".vim").symlink_to(CONFIGURATIONS / "vim")
    printed = desk.home / "printed.txt"
    command: list[str | Path] = [vim, "-N", "-u", SCRIPTS / "vimrc", "-i", "NONE", "--not-a-term"]
    try:
        desk.run([*command, "-S", SCRIPTS / "ale.vim", "app/models_extra.py"], PRINTED=str(printed))
    except AssertionError as error:
        raise AssertionError(printed.read_text() if printed.exists() else str(error)) from error
    assert "ok - that finding is gone" in printed.read_text()
    assert desk.has_aggregator()
    assert "metadata_ = " in desk.read("app/models_domain.py")
