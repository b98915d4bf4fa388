"""Helix in a terminal, with ``docs/editors/helix`` as its configuration."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.conftest import CONFIGURATIONS, PATIENCE, Desk, program


class Terminal:
    """A program in a terminal of its own, which is looked at and typed into."""

    def __init__(self, tmux: str, desk: Desk) -> None:
        # A socket's path may not be long.
        self._tmux = [tmux, "-f", "/dev/null", "-L", f"cucurbit-{abs(hash(desk.home))}"]
        self._desk = desk

    def start(self, *command: str | Path) -> None:
        line = shlex.join(str(part) for part in command)
        self._run("new-session", "-d", "-s", "0", "-x", "200", "-y", "50", "-c", str(self._desk.project), line)

    def _run(self, *arguments: str, check: bool = True) -> str:
        environment = {**self._desk.environment, "SHELL": "/bin/sh"}
        done = subprocess.run([*self._tmux, *arguments], env=environment, capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def screen(self) -> str:
        return self._run("capture-pane", "-p", "-t", "0", check=False)

    def type(self, *keys: str) -> None:
        self._run("send-keys", "-t", "0", *keys)

    def until(self, *texts: str, shown: bool = True) -> str:
        """Wait until the screen shows (or shows no more) all of ``texts``. Returns the screen."""
        end = time.monotonic() + PATIENCE
        while not all((text in (screen := self.screen())) is shown for text in texts):
            assert time.monotonic() < end, f"waited for {texts}, {shown=}; there is:\n{screen}"
            time.sleep(0.05)
        return screen

    def ended(self) -> None:
        """Wait until the program has ended."""
        end = time.monotonic() + PATIENCE
        while self._run("list-sessions", check=False):
            assert time.monotonic() < end, self.screen()
            time.sleep(0.05)

    def kill(self) -> None:
        self._run("kill-server", check=False)


@pytest.fixture
def terminal(desk: Desk) -> Iterator[Terminal]:
    terminal = Terminal(program("tmux"), desk)
    yield terminal
    terminal.kill()


def test_helix_shows_the_finding_and_creates_the_aggregator(desk: Desk, terminal: Terminal) -> None:
    hx = program("hx", "helix")
    (desk.home / "config").mkdir()
    (desk.home / "config" / "helix").symlink_to(CONFIGURATIONS / "helix")
    terminal.start(hx, "app/models_extra.py:9")
    terminal.until("Autogenerate misses 2 tables", "alembic/env.py")

    terminal.type("Space", "a")
    menu = terminal.until("Create app/models_all.py importing 3 model modules and route").splitlines()
    offered = [line for line in menu if "lines" in line or "3 model modules" in line]
    assert "and route alembic/env.py" in offered[0], offered
    terminal.type("Enter")
    terminal.until("Autogenerate misses", shown=False)
    terminal.type(":wa", "Enter")
    terminal.until("written")

    terminal.type(":open app/models_domain.py", "Enter")
    terminal.until("class Payout")
    terminal.type("31", "g", "g", "g", "s")
    terminal.until("Attribute 'metadata' of Payout has a reserved name")
    terminal.type("Space", "a")
    terminal.until("Rename Payout.metadata to metadata_")
    terminal.type("Enter")
    terminal.until("metadata_ = ")
    terminal.type(":wqa", "Enter")
    terminal.ended()
    assert desk.has_aggregator()
    assert "metadata_ = " in desk.read("app/models_domain.py")
