"""Checks the workspace: annotations on standard output, SARIF and a comment in files, a summary of the job, outputs.

It runs on the interpreter of the workflow, with the standard library only: ``python check.py``. What it needs is in the
environment: ``CUCURBIT_PATH`` and ``CUCURBIT_ARGS``, and what GitHub sets (``RUNNER_TEMP``, ``GITHUB_OUTPUT``...).
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

MARK: Final = "<!-- cucurbit -->"
"""The first line of the comment, by which it is found again."""

MOST: Final = 20
"""How many findings a comment lists."""

MOST_CHARACTERS: Final = 60_000
"""The size of these findings; GitHub takes comments of 65,536 characters."""

_LEVELS: Final = ("error", "warning", "note")
_SIGNS: Final = {"error": "\N{LARGE RED CIRCLE}", "warning": "\N{LARGE YELLOW CIRCLE}", "note": "\N{LARGE BLUE CIRCLE}"}
_CLEAN, _FINDINGS = 0, 1


def main() -> int:
    """Returns 0 if the check could be done, whatever it found: the last step of the action decides about failing."""
    environment = os.environ
    folder = Path(environment.get("RUNNER_TEMP") or ".")
    command = [
        *(sys.executable, "-m", "cucurbit", "check"),
        *shlex.split(environment.get("CUCURBIT_ARGS", "")),
        environment.get("CUCURBIT_PATH") or ".",
    ]
    annotated = subprocess.run([*command, "--output-format", "github"], stdout=subprocess.PIPE, check=False)
    sys.stdout.buffer.write(annotated.stdout)
    sys.stdout.flush()
    if annotated.returncode not in (_CLEAN, _FINDINGS):
        return annotated.returncode
    sarif = folder / "cucurbit.sarif"
    # The notes on standard error are in the log already.
    written = subprocess.run([*command, "--output-format", "sarif"], capture_output=True, check=False)
    if written.returncode not in (_CLEAN, _FINDINGS):
        sys.stderr.buffer.write(written.stderr)
        return written.returncode
    sarif.write_bytes(written.stdout)
    text = comment(json.loads(written.stdout), blob_url(environment))
    (folder / "cucurbit-comment.md").write_text(text, encoding="utf-8")
    _append(environment.get("GITHUB_STEP_SUMMARY"), text)
    _append(
        environment.get("GITHUB_OUTPUT"),
        f"sarif={sarif}\ncomment={folder / 'cucurbit-comment.md'}\ncode={annotated.returncode}\n",
    )
    return 0


def blob_url(environment: Mapping[str, str]) -> str:
    """The URL of the files at the commit that is checked; empty outside of GitHub."""
    server, repository = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
    commit = environment.get("CUCURBIT_COMMIT") or environment.get("GITHUB_SHA", "")
    return f"{server}/{repository}/blob/{commit}" if server and repository and commit else ""


def comment(sarif: Mapping[str, Any], files: str) -> str:
    """The findings of a SARIF document in Markdown; ``files`` is the URL that paths are below."""
    (run,) = sarif["runs"]
    results: Sequence[Mapping[str, Any]] = run["results"]
    pages = {rule["id"]: str(rule.get("helpUri", "")) for rule in run["tool"]["driver"]["rules"]}
    counts = Counter(str(each["level"]) for each in results)
    found = [f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}" for level in _LEVELS if counts[level]]
    lines = [MARK, f"### Cucurbit: {', '.join(found) or 'no findings'}", ""]
    ranked = sorted(results, key=lambda each: _LEVELS.index(str(each["level"])))
    rows = list(_fitting(_row(each, files, pages) for each in ranked[:MOST]))
    if rows:
        lines += ["| | place | finding |", "|---|---|---|", *rows]
    if len(ranked) > len(rows):
        lines += ["", f"... and {len(ranked) - len(rows)} more, in the log of the job."]
    return "\n".join([*lines, ""])


def _fitting(rows: Iterable[str]) -> Iterator[str]:
    """The first rows, as many as a comment may have."""
    size = 0
    for row in rows:
        size += len(row)
        if size > MOST_CHARACTERS:
            return
        yield row


def _row(result: Mapping[str, Any], files: str, pages: Mapping[str, str]) -> str:
    path, line = _place(result["locations"][0])
    rule = str(result["ruleId"])
    page = f"[{rule}]({pages[rule]})" if pages.get(rule) else rule
    message = _cell(str(result["message"]["text"]).split("\n", 1)[0])
    chain = "".join(f"<br>{_cell(step)}" for step in _steps(result))
    evidence = f"<details><summary>how it is reached</summary>{chain}</details>" if chain else ""
    shown = f"`{path}:{line}`"
    place = f"[{shown}]({files}/{quote(path)}#L{line})" if files else shown
    return f"| {_SIGNS[str(result['level'])]} | {place} | {message} ({page}) {evidence}|"


def _steps(result: Mapping[str, Any]) -> Iterator[str]:
    for each in result.get("relatedLocations", ()):
        path, line = _place(each)
        yield f"{path}:{line} {each.get('message', {}).get('text', '')}"


def _place(location: Mapping[str, Any]) -> tuple[str, int]:
    physical = location["physicalLocation"]
    return str(physical["artifactLocation"]["uri"]), int(physical.get("region", {}).get("startLine", 1))


def _cell(text: str) -> str:
    """A text in a cell of a table: nothing in it becomes HTML, a mention or the end of the cell.

    What stands between backticks stays code.
    """
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    if len(parts) % 2 == 0:
        return _prose("'".join(parts))
    return "`".join(part if number % 2 else _prose(part) for number, part in enumerate(parts))


def _prose(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@\N{ZERO WIDTH SPACE}")
    return plain.replace("_", "\\_").replace("*", "\\*")


def _append(file: str | None, text: str) -> None:
    if file:
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    sys.exit(main())
