"""Neovim 0.11, with ``docs/editors/neovim`` as its configuration: as that version asks for it, and as older ones do."""

from __future__ import annotations

import pytest

from tests.editors.conftest import CONFIGURATIONS, SCRIPTS, Desk, program

NEOVIM = CONFIGURATIONS / "neovim"


@pytest.mark.parametrize("switch", ["init.lua", "older.lua"])
def test_neovim_shows_the_finding_and_creates_the_aggregator(desk: Desk, switch: str) -> None:
    nvim = program("nvim")
    config = desk.home / "config" / "nvim"
    config.mkdir(parents=True)
    (config / "lsp").symlink_to(NEOVIM / "lsp")
    (config / "init.lua").symlink_to(NEOVIM / switch)
    script = f"luafile {SCRIPTS / 'neovim.lua'}"
    command = [nvim, "--headless", "-n", "-i", "NONE", "app/models_extra.py", "-c", script]
    printed = desk.run(command, PROJECT=str(desk.project))
    assert "ok - the finding is gone" in printed
    assert desk.has_aggregator()
