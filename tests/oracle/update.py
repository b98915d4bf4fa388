"""Writes what the cases record, find and explain anew: ``python -m tests.oracle.update [PAGE...]``."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.oracle.case import BLOCK, FOLDER, Case, read_page, render, series
from tests.oracle.harness import RecordingProcess, sqlalchemy_folders
from tests.oracle.judgement import judge_case


def blocks(case: Case, recorders: list[RecordingProcess]) -> str:
    """What is recorded and found with each SQLAlchemy on which the case runs."""
    recorded: dict[str, str] = {}
    found: dict[str, str] = {}
    explained: dict[str, str] = {}
    for recorder in recorders:
        if not case.runs_on(recorder.version):
            continue
        with tempfile.TemporaryDirectory() as folder:
            judged = judge_case(case, recorder, Path(folder))
            version = series(recorder.version)
            recorded[version] = render(judged.recorded)
            found[version] = judged.findings
            explained[version] = judged.explained
    last = told("Explained", explained) if any(explained.values()) else []
    return "\n".join([*told("Recorded", recorded), *told("Findings", found), *last])


def told(label: str, texts: Mapping[str, str]) -> list[str]:
    """One block for the versions that agree."""
    written = []
    for text in dict.fromkeys(texts.values()):
        versions = [version for version in sorted(texts) if texts[version] == text]
        only = "" if len(versions) == len(texts) else f" (SQLAlchemy {', '.join(versions)})"
        body = f"```text\n{text}```" if text else "none"
        written.append(f"{label}{only}:{' ' if body == 'none' else chr(10)}{body}\n")
    return written


def update(page: Path, recorders: list[RecordingProcess]) -> None:
    cases = {case.title: case for case in read_page(page)}
    head, *sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    written = [head]
    for section in sections:
        title = section.partition("\n")[0]
        kept = BLOCK.sub(lambda block: block.group() if block["label"].startswith("`") else "", section)
        written.append(f"## {kept.rstrip()}\n\n{blocks(cases[title], recorders)}\n")
    page.write_text("".join(written).rstrip() + "\n", encoding="utf-8")


def main() -> None:
    names = sys.argv[1:]
    with ExitStack() as stack:
        recorders = [stack.enter_context(RecordingProcess.start(folder)) for folder in sqlalchemy_folders("1.4")]
        for page in sorted(FOLDER.glob("*.md")):
            if not names or page.stem in names:
                update(page, recorders)


if __name__ == "__main__":
    main()
