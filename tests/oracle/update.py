"""Writes the ``Recorded`` blocks of the cases anew: ``python -m tests.oracle.update [PAGE...]``."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.oracle.case import BLOCK, FOLDER, Case, read_page, render
from tests.oracle.harness import RecordingProcess, sqlalchemy_folders


def recorded_blocks(case: Case, recorders: list[RecordingProcess]) -> str:
    texts: dict[str, str] = {}
    for recorder in recorders:
        with tempfile.TemporaryDirectory() as folder:
            root = case.write(Path(folder) / "workspace")
            events = recorder.record(case, root, Path(folder) / "events.jsonl")
        texts[".".join(recorder.version.split(".")[:2])] = render(events)
    if len(set(texts.values())) == 1:
        return f"Recorded:\n```text\n{next(iter(texts.values()))}```\n"
    return "\n".join(
        f"Recorded (SQLAlchemy {version}):\n```text\n{text}```\n" for version, text in sorted(texts.items())
    )


def update(page: Path, recorders: list[RecordingProcess]) -> None:
    cases = {case.title: case for case in read_page(page)}
    head, *sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    written = [head]
    for section in sections:
        title = section.partition("\n")[0]
        kept = BLOCK.sub(lambda block: "" if block["label"].startswith("Recorded") else block.group(), section)
        written.append(f"## {kept.rstrip()}\n\n{recorded_blocks(cases[title], recorders)}\n")
    page.write_text("".join(written).rstrip() + "\n", encoding="utf-8")


def main() -> None:
    names = sys.argv[1:]
    with ExitStack() as stack:
        recorders = [stack.enter_context(RecordingProcess.start(folder)) for folder in sqlalchemy_folders()]
        for page in sorted(FOLDER.glob("*.md")):
            if not names or page.stem in names:
                update(page, recorders)


if __name__ == "__main__":
    main()
