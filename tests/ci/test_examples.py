"""``docs/ci/`` and the hooks: against published schemas, and run."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from cucurbit.cli.main import main

REPOSITORY = Path(__file__).resolve().parents[2]
CI = REPOSITORY / "docs" / "ci"
INCIDENT = REPOSITORY / "docs" / "examples" / "charge-party" / "1-incident"
HOOKS = REPOSITORY / ".pre-commit-hooks.yaml"


def loaded(path: Path) -> object:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def strings(value: object) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("action.yml", "github-workflows"),
        ("github.yml", "github-workflows"),
        ("gitlab.yml", "gitlab-ci"),
        ("junit.yml", "gitlab-ci"),
    ],
)
def test_the_examples_are_what_code_hosts_read(name: str, schema: str) -> None:
    published = files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{schema}.json").read_text("utf-8")
    document = loaded(CI / name)
    if isinstance(document, dict) and True in document:
        # YAML 1.1 takes the key "on" for a truth value, and GitHub does not.
        document["on"] = document.pop(True)
    jsonschema.validate(document, json.loads(published))


@pytest.mark.parametrize("path", sorted(CI.glob("*.yml")), ids=lambda path: path.name)
def test_every_command_in_the_examples_runs(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = [text for text in strings(loaded(path)) if text.startswith("cucurbit check")]
    assert commands or path.name in {"action.yml", "pre-commit.yml"}
    monkeypatch.chdir(INCIDENT)
    for command in commands:
        arguments = shlex.split(command.partition(">")[0])[1:]
        assert main(arguments) == (0 if "--exit-zero" in arguments else 1), capsys.readouterr().err
        assert capsys.readouterr().out


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where git and pre-commit find ``cucurbit`` and nothing of the user's."""
    programs = tmp_path / "programs"
    programs.mkdir()
    cucurbit = programs / "cucurbit"
    cucurbit.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cucurbit "$@"\n')
    cucurbit.chmod(0o755)
    return {
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(tmp_path),
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip


def run(environment: Mapping[str, str], folder: Path, *command: str, code: int = 0) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    assert done.returncode == code, text
    return text


def committed(environment: Mapping[str, str], folder: Path) -> str:
    """Make a folder a repository with everything in it committed. Returns the commit."""
    for command in ("init -q", "add -A", "commit -q -m first"):
        run(environment, folder, "git", *command.split())
    return run(environment, folder, "git", "rev-parse", "HEAD").strip()


def pre_commit(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pre_commit", *arguments]


def test_the_hooks_are_hooks(environment: dict[str, str]) -> None:
    run(environment, REPOSITORY, *pre_commit("validate-manifest", str(HOOKS)))
    run(environment, REPOSITORY, *pre_commit("validate-config", str(CI / "pre-commit.yml")))


def test_the_hooks_run(environment: dict[str, str], tmp_path: Path) -> None:
    """As pre-commit runs them, but for the installation: the server that stands here is taken."""
    source, project = tmp_path / "source", tmp_path / "a project"
    source.mkdir()
    shutil.copy(HOOKS, source)
    revision = committed(environment, source)
    shutil.copytree(INCIDENT, project, ignore=shutil.ignore_patterns("__pycache__"))
    hooks = [{"id": name, "language": "system"} for name in ("cucurbit", "cucurbit-fix")]
    config = {"repos": [{"repo": source.as_uri(), "rev": revision, "hooks": hooks}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    committed(environment, project)
    told = run(environment, project, *pre_commit("run", "cucurbit", "--all-files"), code=1)
    assert "error[duplicate-table] Table 'energy_events' is already defined" in told
    # Once they are known, the hook is content, and a change to another file does not pass it by.
    run(environment, project, sys.executable, "-m", "cucurbit", "check", "--write-baseline", "cucurbit-baseline.json")
    (project / "cucurbit.toml").write_text('baseline = "cucurbit-baseline.json"\n')
    run(environment, project, "git", "add", "-A")
    told = run(environment, project, *pre_commit("run", "cucurbit"))
    assert "Passed" in told
    (project / "README.md").write_text("Nothing that matters.\n")
    run(environment, project, "git", "commit", "-q", "-m", "second")
    run(environment, project, "git", "add", "-A")
    assert "Skipped" in run(environment, project, *pre_commit("run", "cucurbit"))
    assert "Passed" in run(environment, project, *pre_commit("run", "cucurbit-fix", "--all-files"))
