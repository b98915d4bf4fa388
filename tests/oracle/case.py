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

``Recorded (SQLAlchemy 2.0):`` beside ``Recorded (SQLAlchemy 2.1):`` where the versions differ, and ``Uncertain: why``
where a perfect prediction cannot be certain of every event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("cases")

BLOCK = re.compile(r"^(?P<label>`[^`\n]+`|Recorded[^:\n]*):\n+```\w*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^Entry: (?P<kind>module|script|alembic) `(?P<target>[^`]+)`", re.MULTILINE)
EMPTY = re.compile(r"^Empty: (?P<names>.+)$", re.MULTILINE)
UNCERTAIN = re.compile(r"^Uncertain: (?P<why>.+)$", re.MULTILINE)

Event = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """One workspace. ``recorded`` maps a SQLAlchemy version (``2.0``; ``""`` for every one) to rendered events."""

    page: str
    title: str
    kind: str
    target: str
    files: Mapping[str, str]
    recorded: Mapping[str, str]
    uncertain: str

    @property
    def id(self) -> str:
        return f"{self.page}: {self.title}"

    def expected(self, version: str) -> str:
        """What was recorded under a SQLAlchemy version such as ``2.1.9``; empty if nothing was."""
        series = ".".join(version.split(".")[:2])
        return self.recorded.get(series, self.recorded.get("", ""))

    def write(self, root: Path) -> Path:
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return root


def read_page(page: Path) -> Iterator[Case]:
    for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        entry = ENTRY.search(body)
        assert entry is not None, f"{page.name}: {title}: no entry"
        empty = EMPTY.search(body)
        files = dict.fromkeys(re.findall(r"`([^`]+)`", empty["names"]) if empty else [], "")
        recorded: dict[str, str] = {}
        for block in BLOCK.finditer(body):
            label = block["label"]
            if label.startswith("`"):
                files[label.strip("`")] = block["body"]
            else:
                version = re.search(r"\d+\.\d+", label)
                recorded[version.group() if version else ""] = block["body"]
        why = UNCERTAIN.search(body)
        yield Case(page.stem, title, entry["kind"], entry["target"], files, recorded, why["why"] if why else "")


def all_cases() -> list[Case]:
    return [case for page in sorted(FOLDER.glob("*.md")) for case in read_page(page)]


def render(events: list[Event]) -> str:
    """One line an event: ``registered users app/models.py:7``."""
    return "".join(render_event(event) + "\n" for event in events)


def render_event(event: Event) -> str:
    name = str(event["event"]).removeprefix("module-").removeprefix("table-")
    subject = [str(event[key]) for key in ("module", "table") if key in event]
    place = [f"{event['path']}:{event['line']}" if "line" in event else str(event["path"])] if "path" in event else []
    error = [f"({event['error']})"] if "error" in event else []
    return " ".join([name, *subject, *place, *error])
