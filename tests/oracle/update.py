"""Writes what the cases record, find and explain anew: ``python -m tests.oracle.update [PAGE...] [--only TEXT]``.

A page is named without its folder and ``.md``. ``--only`` leaves the sections alone whose titles do not hold the text.
"""

from __future__ import annotations

import argparse
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


def update(page: Path, recorders: list[RecordingProcess], only: str = "") -> None:
    cases = {case.title: case for case in read_page(page)}
    head, *sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    written = [head]
    for section in sections:
        title = section.partition("\n")[0]
        if only not in title:
            written.append(f"## {section.rstrip()}\n\n")
            continue
        kept = BLOCK.sub(lambda block: block.group() if block["label"].startswith("`") else "", section)
        written.append(f"## {kept.rstrip()}\n\n{blocks(cases[title], recorders)}\n")
    page.write_text("".join(written).rstrip() + "\n", encoding="utf-8")


def main() -> None:
    pages = {page.stem: page for page in sorted(FOLDER.glob("*.md"))}
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.update")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="all, where none is named")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the sections whose titles hold this text")
    asked = parser.parse_args()
    if unknown := [name for name in asked.pages if name not in pages]:
        parser.error(f"no such page: {', '.join(unknown)}")
    folders = sqlalchemy_folders("1.4")
    if len(folders) < 3:
        # What differs between the versions would be lost from the page.
        sys.exit('SQLAlchemy 1.4 and 2.0 are not in the environment: "make .venv/.developing" installs them.')
    with ExitStack() as stack:
        recorders = [stack.enter_context(RecordingProcess.start(folder)) for folder in folders]
        for name in asked.pages or pages:
            update(pages[name], recorders, asked.only)


if __name__ == "__main__":
    main()
