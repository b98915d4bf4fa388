"""This project's own workflows, issue forms and hooks: against published schemas, and pinned."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
GITHUB = REPOSITORY / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
HOOKS = REPOSITORY / ".pre-commit-config.yaml"
SCHEMAS = {
    **dict.fromkeys(WORKFLOWS, "github-workflows"),
    **dict.fromkeys(sorted((GITHUB / "ISSUE_TEMPLATE").glob("[0-9]*.yml")), "github-issue-forms"),
    GITHUB / "ISSUE_TEMPLATE" / "config.yml": "github-issue-config",
    GITHUB / "dependabot.yml": "dependabot",
}
USES = re.compile(r"^\s*(?:- )?uses: (?P<action>[^@\s]+)(?:@(?P<ref>\S+))?(?: # (?P<version>\S+))?$", re.MULTILINE)


def loaded(path: Path) -> dict[object, object]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    if True in document:
        # YAML 1.1 takes the key "on" for a truth value, and GitHub does not.
        document["on"] = document.pop(True)
    return document


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_github_can_read_it(path: Path) -> None:
    published = files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{SCHEMAS[path]}.json").read_text("utf-8")
    jsonschema.validate(loaded(path), json.loads(published))


def test_every_action_is_pinned_by_its_commit_in_one_version() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        used = list(USES.finditer(text))
        assert len(used) == text.count("uses: ")
        for each in used:
            if not each["action"].startswith("./"):
                assert re.fullmatch(r"[0-9a-f]{40}", each["ref"] or ""), each[0]
                assert re.fullmatch(r"v\d+\.\d+\.\d+", each["version"] or ""), each[0]
                pins.setdefault(each["action"], set()).add((each["ref"], each["version"]))
    assert {action for action, chosen in pins.items() if len(chosen) > 1} == set()
    assert "actions/checkout" in pins


def test_no_job_of_a_release_both_builds_and_has_rights() -> None:
    release = loaded(GITHUB / "workflows" / "release.yml")
    assert release["permissions"] == {}
    jobs = release["jobs"]
    assert isinstance(jobs, dict)
    for name, job in jobs.items():
        uses = [step.get("uses", "") for step in job.get("steps", [])]
        has_rights = "write" in job["permissions"].values()
        checks_out = any(each.startswith("actions/checkout@") for each in uses)
        assert not (has_rights and checks_out), name
    assert {name for name, job in jobs.items() if "write" in job["permissions"].values()} == {
        "attest",
        "publish",
        "release",
    }


def test_the_hooks_are_hooks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", str(HOOKS)],
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_have_the_versions_of_make() -> None:
    constraints = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = re.findall(r"additional_dependencies: \[(\S+)\]", HOOKS.read_text(encoding="utf-8"))
    assert len(pinned) == 2
    assert set(pinned) <= set(constraints)


def test_dependabot_looks_at_folders_that_exist() -> None:
    updates = loaded(GITHUB / "dependabot.yml")["updates"]
    assert isinstance(updates, list)
    held = {"github-actions": ".github/workflows", "pre-commit": HOOKS.name, "npm": "package-lock.json"}
    for update in updates:
        folder = REPOSITORY / update["directory"].lstrip("/")
        assert (folder / held[update["package-ecosystem"]]).exists(), update
