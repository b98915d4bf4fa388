"""Writes the comment on the pull request: the one that stands there is changed, so there is never a second one.

It runs on the interpreter of the workflow, with the standard library only: ``python post.py FILE``. ``GITHUB_API_URL``,
``GITHUB_REPOSITORY``, ``GITHUB_TOKEN`` and ``CUCURBIT_PULL_REQUEST`` are in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_MARK = "<!-- cucurbit -->"
_NO_FINDINGS = "no findings"
_PAGE = 100
_SECONDS = 30


def main(file: str, environment: Mapping[str, str]) -> int:
    """Returns 0 whatever happens: a comment that cannot be written is no reason to fail the job."""
    text = Path(file).read_text(encoding="utf-8")
    try:
        _say(f"cucurbit: the comment {_write(text, environment)}")
    except HTTPError as error:
        if error.code in (401, 403, 404):
            _notice(
                "the comment cannot be written, as the token may not (a pull request from a fork, or a job without "
                "`permissions: pull-requests: write`). The findings are annotations, and in the summary of the job"
            )
        else:
            _notice(f"the comment cannot be written: GitHub answers {error.code}")
    except URLError as error:
        _notice(f"the comment cannot be written: {error.reason}")
    return 0


def _write(text: str, environment: Mapping[str, str]) -> str:
    """Creates or changes the comment, and says which. Where nothing was found before, nothing is said."""
    repository = f"{environment['GITHUB_API_URL']}/repos/{environment['GITHUB_REPOSITORY']}"
    token = environment.get("GITHUB_TOKEN", "")
    comments = f"{repository}/issues/{environment['CUCURBIT_PULL_REQUEST']}/comments"
    own = _own(comments, token)
    if own is None:
        if _NO_FINDINGS in text.split("\n")[1]:
            return "is not needed"
        _ask("POST", comments, token, {"body": text})
        return "is written"
    if own["body"].replace("\r\n", "\n").strip() == text.strip():
        return "is up to date"
    _ask("PATCH", f"{repository}/issues/comments/{own['id']}", token, {"body": text})
    return "is changed"


def _own(comments: str, token: str) -> dict[str, Any] | None:
    """The comment that was written before."""
    number = 1
    while True:
        found = _ask("GET", f"{comments}?per_page={_PAGE}&page={number}", token)
        for each in found:
            if str(each.get("body", "")).startswith(_MARK):
                own: dict[str, Any] = each
                return own
        if len(found) < _PAGE:
            return None
        number += 1


def _ask(method: str, url: str, token: str, data: object = None) -> Any:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    body = None if data is None else json.dumps(data).encode()
    with urlopen(Request(url, body, headers, method=method), timeout=_SECONDS) as answer:
        return json.load(answer)


def _notice(text: str) -> None:
    _say(f"::notice title=cucurbit::{text}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ))
