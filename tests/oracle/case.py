"""Reads the cases: Markdown pages, each section a small workspace, an entry point and what was recorded.

A section looks so (the fences of the files are of any language)::

    ## Title
    Entry: module `app.main`

    Empty: `app/__init__.py`

    `app/main.py`:
    ```python
    ...
    ```

    Recorded:
    ```text
    started app.main app/main.py
    ```

    Findings:
    ```text
    error duplicate-table app/models.py:12
    ```

``Recorded`` is what really happens, ``Findings`` all that Cucurbit says of the workspace (``?`` after the severity:
not certain), or ``Findings: none``. Where versions differ, there is a block for each: ``Recorded (SQLAlchemy 2.0):``. A
case is run on SQLAlchemy 1.4 as well unless it uses what came later. ``Uncertain: why`` stands where a perfect
prediction cannot be certain of every event, and ``Proves: `a`, `b``` names the facts of ``facts.toml`` that the case
shows. ``Explained`` tells what ``cucurbit explain`` makes of each traceback that Python printed, where there was one.
``Missing: `x``` names a module that is not installed where the case is run, though Cucurbit, which cannot know, takes
it to be there: the prediction differs from there on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cucurbit.record.comparison import rendered

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("cases")
FACTS = Path(__file__).with_name("facts.toml")

BLOCK = re.compile(
    r"^(?P<label>`[^`\n]+`|Recorded[^:\n]*|Findings[^:\n]*|Explained[^:\n]*):(?: none|\n+```\w*\n(?P<body>.*?)^```)$",
    re.MULTILINE | re.DOTALL,
)
ENTRY = re.compile(r"^Entry: (?P<kind>module|script|alembic) `(?P<target>[^`]+)`", re.MULTILINE)
EMPTY = re.compile(r"^Empty: (?P<names>.+)$", re.MULTILINE)
UNCERTAIN = re.compile(r"^Uncertain: (?P<why>.+)$", re.MULTILINE)
MISSING = re.compile(r"^Missing: `(?P<module>[^`]+)`", re.MULTILINE)
PROVES = re.compile(r"^Proves: (?P<facts>.+)$", re.MULTILINE)
SINCE_20 = re.compile(r"\b(DeclarativeBase\w*|Mapped\w*|mapped_column|mapped_as_dataclass|sqlmodel|directive)\b")
"""What SQLAlchemy 1.4 does not have, and SQLModel, whose newest version does not know it."""

Event = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """One workspace.

    ``recorded`` maps a SQLAlchemy version (``2.0``; ``""`` for every other one) to rendered events, ``found`` to what
    Cucurbit says, ``told`` what it makes of the tracebacks. ``proves`` are names of facts; ``missing`` is a module that
    is not installed.
    """

    page: str
    title: str
    kind: str
    target: str
    files: Mapping[str, str]
    recorded: Mapping[str, str]
    uncertain: str
    found: Mapping[str, str] = field(default_factory=dict)
    proves: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""

    @property
    def id(self) -> str:
        return f"{self.page}: {self.title}"

    @property
    def since_20(self) -> bool:
        """Whether the case uses what SQLAlchemy 1.4 does not have."""
        return any(SINCE_20.search(text) for text in self.files.values())

    def runs_on(self, version: str) -> bool:
        return not (version.startswith("1.") and self.since_20)

    def expected(self, version: str) -> str:
        """What was recorded under a SQLAlchemy version such as ``2.1.9``; empty if nothing was."""
        return self.recorded.get(series(version), self.recorded.get("", ""))

    def findings(self, version: str) -> str | None:
        """What Cucurbit is to say under a version, a line a finding; None where the case does not tell."""
        return self.found.get(series(version), self.found.get(""))

    def explained(self, version: str) -> str:
        """What is to be made of the tracebacks that Python prints under a version, a line an exception."""
        return self.told.get(series(version), self.told.get("", ""))

    def write(self, root: Path) -> Path:
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return root


def series(version: str) -> str:
    """``2.1`` of ``2.1.9``."""
    return ".".join(version.split(".")[:2])


def read_page(page: Path) -> Iterator[Case]:
    for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        entry = ENTRY.search(body)
        assert entry is not None, f"{page.name}: {title}: no entry"
        empty = EMPTY.search(body)
        files = dict.fromkeys(re.findall(r"`([^`]+)`", empty["names"]) if empty else [], "")
        told: dict[str, dict[str, str]] = {"Recorded": {}, "Findings": {}, "Explained": {}}
        for block in BLOCK.finditer(body):
            label = block["label"]
            if label.startswith("`"):
                files[label.strip("`")] = block["body"]
            else:
                versions = re.findall(r"\d+\.\d+", label) or [""]
                told[label.split()[0]] |= dict.fromkeys(versions, block["body"] or "")
        why = UNCERTAIN.search(body)
        proves = PROVES.search(body)
        missing = MISSING.search(body)
        yield Case(
            page=page.stem,
            title=title,
            kind=entry["kind"],
            target=entry["target"],
            files=files,
            recorded=told["Recorded"],
            uncertain=why["why"] if why else "",
            found=told["Findings"],
            proves=tuple(re.findall(r"`([^`]+)`", proves["facts"])) if proves else (),
            told=told["Explained"],
            missing=missing["module"] if missing else "",
        )


def all_cases() -> list[Case]:
    return [case for page in sorted(FOLDER.glob("*.md")) for case in read_page(page)]


def render(events: list[Event]) -> str:
    """One line an event: ``registered users app/models.py:7``."""
    return "".join(rendered(event) + "\n" for event in events)


def facts() -> dict[str, dict[str, str]]:
    """The facts that the cases are to prove, in words, by their names, under the heading they belong to."""
    with FACTS.open("rb") as file:
        return tomllib.load(file)
