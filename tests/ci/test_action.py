"""``action.yml``: against the published schema, and its steps one by one, with a stand-in for GitHub's API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
import yaml

from tools.action.check import MARK, MOST, comment
from tools.action.post import main as post

REPOSITORY = Path(__file__).resolve().parents[2]
ACTION = REPOSITORY / "action.yml"
INCIDENT = REPOSITORY / "docs" / "examples" / "charge-party" / "1-incident"


def action() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(ACTION.read_text(encoding="utf-8")))


def step(name: str) -> str:
    """What a step of the action runs."""
    return next(str(each["run"]) for each in action()["runs"]["steps"] if each.get("id") == name)


def test_the_action_is_one() -> None:
    published = files("check_jsonschema").joinpath("builtin_schemas/vendor/github-actions.json").read_text("utf-8")
    jsonschema.validate(action(), json.loads(published))
    # What stands between braces is replaced before a shell reads it: it must not stand in a script.
    assert all("${{" not in each.get("run", "") for each in action()["runs"]["steps"])


@pytest.fixture
def checked(tmp_path: Path) -> tuple[Path, Mapping[str, str], str]:
    """The step ``check`` on the incident: the runner's folder, the outputs, and what was written to the log."""
    project = tmp_path / "work" / "backend"
    shutil.copytree(INCIDENT, project, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "work" / ".git").mkdir()
    output, summary = tmp_path / "output", tmp_path / "summary.md"
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "GITHUB_ACTION_PATH": str(REPOSITORY),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_REPOSITORY": "some/project",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_SHA": "merged",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(tmp_path / "work"),
        "RUNNER_TEMP": str(tmp_path),
        "CUCURBIT_PATH": "backend",
        "CUCURBIT_ARGS": "--ignore 'several-metadata'",
        "CUCURBIT_CACHE_DIR": str(tmp_path / "cache"),
        "CUCURBIT_COMMIT": "head",
    }
    done = subprocess.run(
        ["bash", "-e", "-c", step("check")], cwd=tmp_path / "work", env=environment, stdout=subprocess.PIPE, check=True
    )
    told = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert summary.read_text() == Path(told["comment"]).read_text()
    return tmp_path, told, done.stdout.decode()


def test_the_check_writes_annotations_sarif_and_a_comment(checked: tuple[Path, Mapping[str, str], str]) -> None:
    _, told, log = checked
    assert "::error file=backend/app/models_domain.py,line=16" in log
    sarif = json.loads(Path(told["sarif"]).read_text())
    assert sarif["runs"][0]["tool"]["driver"]["name"].lower() == "cucurbit"
    text = Path(told["comment"]).read_text()
    assert text.splitlines()[0] == MARK
    assert "errors, " in text.splitlines()[1]
    link = "https://github.example/some/project/blob/head/backend/app/models_domain.py#L16"
    assert f"[`backend/app/models_domain.py:16`]({link})" in text
    assert "Table 'energy\\_events' is already defined" in text
    assert "how it is reached" in text
    for code, expected in ((told["code"], 1), ("0", 0)):
        assert subprocess.run(["bash", "-c", step("fail")], env={"CODE": code}, check=False).returncode == expected


def test_the_log_has_each_note_once(tmp_path: Path) -> None:
    """The project is checked for the annotations, and again for the SARIF file."""
    project = tmp_path / "project"
    shutil.copytree(INCIDENT, project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "cucurbit.toml").write_text('baseline = "known.json"\n')
    command = [sys.executable, "-m", "cucurbit", "check", "--write-baseline", "known.json"]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    environment = {**os.environ, "CUCURBIT_PATH": str(project), "RUNNER_TEMP": str(tmp_path)}
    program = [sys.executable, str(REPOSITORY / "tools" / "action" / "check.py")]
    ran = subprocess.run(program, cwd=project, env=environment, check=True, capture_output=True)
    assert ran.stderr.decode().count("are in the baseline and not reported") == 1


def test_the_comment_in_the_docs_is_that_of_the_example() -> None:
    sarif = subprocess.run(
        [sys.executable, "-m", "cucurbit", "check", "--output-format", "sarif", "--exit-zero", "--no-cache"],
        cwd=INCIDENT,
        env={**os.environ, "GITHUB_WORKSPACE": str(INCIDENT)},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    text = comment(json.loads(sarif), "https://github.com/you/charge-party/blob/main")
    written = (REPOSITORY / "docs" / "ci" / "comment.md").read_text(encoding="utf-8")
    assert written == text, "write the comment of the example into docs/ci/comment.md"


def result(message: str, level: str = "warning") -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 3}}}
    return {"ruleId": "a-rule", "level": level, "message": {"text": message}, "locations": [place]}


def test_names_in_a_comment_are_text_and_a_long_one_is_cut() -> None:
    driver = {"driver": {"rules": [{"id": "a-rule", "helpUri": "https://x"}]}}
    found = [result("__init__ <img> `a_b` a|b @everyone\nmore")] * (MOST + 2)
    text = comment({"runs": [{"tool": driver, "results": [*found, result("bad", "error")]}]}, "")
    rows = [line for line in text.splitlines() if "a.py" in line]
    assert len(rows) == MOST
    assert "bad" in rows[0]
    assert "\\_\\_init\\_\\_ &lt;img> `a_b` a\\|b @\u200beveryone ([a-rule](https://x))" in rows[1]
    assert "... and 3 more" in text
    huge = comment({"runs": [{"tool": driver, "results": [result("x" * 25_000)] * 5}]}, "")
    assert len(huge) < 65_536
    assert "... and 3 more" in huge
    empty = comment({"runs": [{"tool": driver, "results": []}]}, "")
    assert empty.splitlines()[1] == "### Cucurbit: no findings"


@dataclass
class Host:
    """A stand-in for the comments of GitHub's API."""

    comments: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 1, "body": "a person"}] * 150)
    allowed: bool = True
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, data: Mapping[str, Any]) -> tuple[int, object]:
        self.asked.append(method)
        if method != "GET" and not self.allowed:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "GET":
            page = int(path.rpartition("=")[2])
            return 200, self.comments[(page - 1) * 100 : page * 100]
        if method == "POST":
            assert path == "/repos/some/project/issues/7/comments"
            self.comments.append({"id": 9, "body": data["body"]})
            return 201, {}
        assert path == "/repos/some/project/issues/comments/9"
        self.comments[-1]["body"] = data["body"]
        return 200, {}


@pytest.fixture
def host() -> Iterator[Host]:
    found = Host()

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            assert self.headers["Authorization"] == "Bearer secret"
            size = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(size)) if size else {}
            code, answer = found.answer(self.command, self.path, data)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_there_is_one_comment_and_it_is_kept_up_to_date(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "comment.md"
    environment = {
        "GITHUB_API_URL": host.url,
        "GITHUB_REPOSITORY": "some/project",
        "GITHUB_TOKEN": "secret",
        "CUCURBIT_PULL_REQUEST": "7",
    }

    def told(heading: str) -> str:
        file.write_text(f"{MARK}\n### Cucurbit: {heading}\n")
        assert post(str(file), environment) == 0
        return capsys.readouterr().out

    assert told("no findings") == "cucurbit: the comment is not needed\n"
    assert told("1 error") == "cucurbit: the comment is written\n"
    assert told("1 error") == "cucurbit: the comment is up to date\n"
    assert told("no findings") == "cucurbit: the comment is changed\n"
    assert sum(each["body"].startswith(MARK) for each in host.comments) == 1
    assert host.comments[-1]["body"] == f"{MARK}\n### Cucurbit: no findings\n"
    host.allowed = False
    assert told("2 errors").startswith("::notice title=cucurbit::the comment cannot be written, as the token may not")
    environment["GITHUB_API_URL"] = "http://127.0.0.1:9"
    assert told("2 errors").startswith("::notice title=cucurbit::the comment cannot be written: ")
