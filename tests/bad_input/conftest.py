"""Workspaces that are wrong in some way, analysed as a library and by the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from cucurbit.analysis.context import Context
from cucurbit.analysis.engine import analyse, findings
from cucurbit.analysis.finding import Finding, Severity
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.simulate import simulation as interpreter
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.workspace.tree.files import MemoryTree
from tests.cli.conftest import Cucurbit, MakeWorkspace, Ran, cucurbit, workspace

__all__ = ["MODEL", "Analysed", "Cucurbit", "MakeWorkspace", "Ran", "app", "cucurbit", "look", "twice", "workspace"]

MODEL = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
"""

AGAIN = """\
from m import Base, Mapped, mapped_column

class Again(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@dataclass(frozen=True)
class Analysed:
    """An analysed workspace."""

    context: Context
    findings: tuple[Finding, ...]

    @property
    def tables(self) -> set[str]:
        """The tables that are registered on some timeline of an entry point."""
        return {
            event.definition.key
            for timeline in self.context.timelines
            for event in timeline.of(EventKind.TABLE_REGISTERED)
            if event.definition is not None
        }

    @property
    def cuts(self) -> str:
        """Why timelines were cut, one reason a line."""
        timelines = (*self.context.timelines, *self.context.isolated)
        return "\n".join(event.detail for timeline in timelines for event in timeline.of(EventKind.CUT))

    @property
    def failures(self) -> list[str]:
        """The exceptions that end entry points."""
        return [
            event.failure.error
            for timeline in self.context.timelines
            for event in timeline.of(EventKind.ENTRY_FAILED)
            if event.failure is not None
        ]

    @property
    def rules(self) -> list[str]:
        return [finding.rule for finding in self.findings]


def look(files: Mapping[str, str | bytes]) -> Analysed:
    """Analyse files; whatever they hold, nothing is raised and no error is uncertain."""
    context = analyse(folder_workspace(MemoryTree(files), NAMES))
    found = findings(context, RULES)
    assert [each for each in found if each.severity is Severity.ERROR and not each.certain] == []
    return Analysed(context, found)


def app(text: str | bytes, **more: str | bytes) -> dict[str, str | bytes]:
    """An application that imports ``m``, which holds ``text``."""
    main = "from fastapi import FastAPI\n\nimport m\n\napp = FastAPI()\n"
    return {"main.py": main, "m.py": text, **{f"{name}.py": other for name, other in more.items()}}


def twice(text: str | bytes) -> dict[str, str | bytes]:
    """An application with a model in ``m``, which starts with ``text``, and a second definition of its table."""
    files = app(text, again=AGAIN)
    return files | {"main.py": "from fastapi import FastAPI\n\nimport m\nimport again\n\napp = FastAPI()\n"}


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[interpreter.Simulation]:
    """Every program that is simulated, so that what it cost can be looked at."""
    made: list[interpreter.Simulation] = []
    before = interpreter.Simulation.__init__

    def init(self: interpreter.Simulation, *args: object) -> None:
        before(self, *args)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(interpreter.Simulation, "__init__", init)
    return made
