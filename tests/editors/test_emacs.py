"""Emacs with Eglot and with lsp-mode, with ``docs/editors/emacs`` on its load path."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.editors.conftest import CONFIGURATIONS, SCRIPTS, Desk, missing, program


# On a path with a percent sign or letters beyond ASCII Eglot 1.9 shows nothing: in a URI it leaves the one alone, and
# does not decode the others.
@pytest.mark.parametrize("desk", ["a project"], indirect=True)
@pytest.mark.parametrize(("client", "package"), [("eglot", "elpa-eglot"), ("lsp-mode", "elpa-lsp-mode")])
def test_emacs_shows_the_finding_and_creates_the_aggregator(desk: Desk, client: str, package: str) -> None:
    emacs = program("emacs")
    probe = f"(progn (require 'package) (package-initialize) (require '{client}))"
    if subprocess.run([emacs, "-q", "--batch", "--eval", probe], capture_output=True, check=False).returncode:
        missing(f"{client} is not installed for Emacs (Debian's package {package})")
    command: list[str | Path] = [emacs, "-q", "--batch", "-L", CONFIGURATIONS / "emacs", "-l", SCRIPTS / f"{client}.el"]
    printed = desk.run(command, PROJECT=str(desk.project))
    assert "ok - that finding is gone" in printed
    assert desk.has_aggregator()
    assert "metadata_ = " in desk.read("app/models_domain.py")
