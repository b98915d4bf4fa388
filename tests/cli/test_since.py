"""``cucurbit check --since REV``: what the changes since a commit are about, and what they cause."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import CLEAN, TWICE, USER, Cucurbit, MakeWorkspace

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ORDER = USER.replace("User", "Order").replace("users", "orders")

TWO_ERRORS = {
    **TWICE,
    "app/order.py": ORDER,
    "app/main.py": "from fastapi import FastAPI\nfrom app import models\n\ntry:\n    import app.legacy\n"
    "except Exception:\n    raise\n\nimport app.order\n\napp = FastAPI()\n",
}


def git(root: Path, *arguments: str) -> str:
    ran = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
    )
    return ran.stdout


def commit(root: Path) -> None:
    if not (root / ".git").is_dir():
        git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "state")


def rules(cucurbit: Cucurbit, *options: str) -> list[tuple[str, str]]:
    document = json.loads(cucurbit("check", "--output-format", "json", *options).out)
    return [(each["rule"], each["path"]) for each in document["findings"]]


def test_nothing_changed(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    commit(workspace(TWICE))
    assert cucurbit("check").code == 1
    ran = cucurbit("check", "--since", "HEAD")
    note = "cucurbit: note: 1 finding has nothing to do with the changes since HEAD and is not reported\n"
    assert (ran.code, ran.err) == (0, note)
    assert "No findings" in ran.out


def test_an_old_finding_that_moved_is_not_reported(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    commit(root)
    path = root / "app" / "legacy.py"
    path.write_text("# moves everything\n\n" + path.read_text())
    assert rules(cucurbit) == [("duplicate-table", "app/legacy.py")]
    assert rules(cucurbit, "--since", "HEAD") == []


def test_a_finding_on_a_changed_line(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    commit(root)
    path = root / "app" / "legacy.py"
    path.write_text(path.read_text().replace("class User(Base):", "class User(Base):  # changed"))
    assert rules(cucurbit, "--since", "HEAD") == [("duplicate-table", "app/legacy.py")]


def test_a_finding_with_a_changed_line_in_its_evidence(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    commit(root)
    path = root / "app" / "main.py"
    path.write_text(path.read_text().replace("import app.legacy", "import app.legacy  # changed"))
    assert rules(cucurbit, "--since", "HEAD") == [("duplicate-table", "app/legacy.py")]


def test_a_finding_that_a_removed_line_causes(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    """No line of the finding changed: it did not exist at the commit."""
    root = workspace({**TWICE, "app/main.py": "import sys\nsys.exit()\n" + TWICE["app/main.py"]})
    commit(root)
    assert ("duplicate-table", "app/legacy.py") not in rules(
        cucurbit, "--select", "duplicate-table", "--severity", "error"
    )
    (root / "app" / "main.py").write_text(TWICE["app/main.py"])
    assert rules(cucurbit, "--since", "HEAD", "--severity", "error") == [("duplicate-table", "app/legacy.py")]


def test_a_group_that_a_removed_line_makes_larger(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    """Of a group, only the members that did not exist at the commit are reported."""
    imported = "import app.models\nimport app.order\nimport app.item\n"
    env = (
        "from alembic import context\nfrom app.db import Base\nimport app.order\n"
        "context.configure(target_metadata=Base.metadata)\n"
        "with context.begin_transaction():\n    context.run_migrations()\n"
    )
    root = workspace(
        {
            **CLEAN,
            "app/order.py": ORDER,
            "app/item.py": USER.replace("User", "Item").replace("users", "items"),
            "app/main.py": f"from fastapi import FastAPI\n{imported}app = FastAPI()\n",
            "alembic.ini": "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n",
            "migrations/env.py": env,
        }
    )
    commit(root)
    (root / "migrations" / "env.py").write_text(env.replace("import app.order\n", ""))
    options = ("--select", "model-not-in-migrations")
    assert rules(cucurbit, *options) == [("model-not-in-migrations", "app/item.py")]
    message = "Autogenerate misses 3 tables ('items', 'users' and 'orders')"
    assert message in cucurbit("check", *options, "--output-format", "concise").out
    assert rules(cucurbit, *options, "--since", "HEAD") == [("model-not-in-migrations", "app/order.py")]


def test_a_new_file_counts_and_an_ignored_one_does_not(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace({**CLEAN, "app/main.py": TWICE["app/main.py"], ".gitignore": "app/legacy.py\n"})
    commit(root)
    (root / "app" / "legacy.py").write_text(USER)
    # Git does not know it, so nothing says that it is new.
    assert rules(cucurbit, "--since", "HEAD") == []
    (root / ".gitignore").write_text("")
    assert rules(cucurbit, "--since", "HEAD") == [("duplicate-table", "app/legacy.py")]


def test_an_older_commit_and_a_workspace_below_the_repository(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace({f"backend/{name}": text for name, text in CLEAN.items()})
    commit(root)
    (root / "backend" / "app" / "legacy.py").write_text(USER)
    (root / "backend" / "app" / "main.py").write_text(TWICE["app/main.py"])
    commit(root)
    commit(root)
    monkeypatch.chdir(root / "backend")
    assert rules(cucurbit, "--since", "HEAD~1") == []
    assert rules(cucurbit, "--since", "HEAD~2") == [("duplicate-table", "app/legacy.py")]
    assert cucurbit("check", "--since", "HEAD~2").code == 1


@pytest.mark.parametrize("revision", ["no-such-branch", "HEAD~9", "-h", "--output=x", "a\nb", ""])
def test_an_unknown_revision(workspace: MakeWorkspace, cucurbit: Cucurbit, revision: str) -> None:
    root = workspace(CLEAN)
    commit(root)
    ran = cucurbit("check", f"--since={revision}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("cucurbit: error: --since: git knows no revision `")
    assert not (root / "x").exists()


def test_no_repository(workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace(CLEAN)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    ran = cucurbit("check", "--since", "HEAD")
    assert (ran.code, ran.out) == (2, "")
    assert "not a git repository" in ran.err


def test_no_git(workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace(CLEAN)
    commit(root)
    monkeypatch.setenv("PATH", "")
    ran = cucurbit("check", "--since", "HEAD")
    assert (ran.code, ran.out) == (2, "")
    assert "--since needs git" in ran.err


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
def test_nothing_of_the_workspace_is_executed(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace({**TWICE, ".gitattributes": "*.py filter=evil diff=evil\n"})
    commit(root)
    program = root / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch '{root}/executed'\ncat\n")
    program.chmod(0o755)
    for name in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy", "core.alternateRefsCommand",
        "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean",
        "filter.evil.smudge", "filter.evil.process", "pager.ls-files", "pager.ls-tree", "pager.cat-file",
        "pager.rev-parse", "alias.ls-tree",
    ):  # fmt: skip
        git(root, "config", name, f"!{program}" if name.startswith("alias") else str(program))
    git(root, "config", "core.hooksPath", str(root / "hooks"))
    (root / "hooks").mkdir()
    for name in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"):
        shutil.copy(program, root / "hooks" / name)
    path = root / "app" / "legacy.py"
    path.write_text(path.read_text() + "# changed\n")
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}.")
    assert cucurbit("check", "--since", "HEAD").code == 0
    assert not (root / "executed").exists()
    # The same configuration does execute it where git reads files.
    subprocess.run(["git", "diff"], cwd=root, capture_output=True, check=False)
    assert (root / "executed").exists()


@pytest.mark.parametrize("option", ["--fix", "--diff", "--write-baseline=x"])
@pytest.mark.parametrize("mode", ["--since=HEAD", "--watch"])
def test_what_cannot_be_combined(workspace: MakeWorkspace, cucurbit: Cucurbit, mode: str, option: str) -> None:
    workspace(CLEAN)
    ran = cucurbit("check", mode, option)
    assert (ran.code, ran.out) == (2, "")
    assert "cannot be combined" in ran.err


def test_the_revisions_since_the_commit_are_those_whose_risk_is_judged(
    workspace: MakeWorkspace, cucurbit: Cucurbit
) -> None:
    def revision(name: str, parent: str | None, *lines: str) -> str:
        body = "".join(f"    {line}\n" for line in lines)
        head = f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = {name!r}\ndown_revision = {parent!r}\n"
        return f"{head}\n\ndef upgrade():\n{body}"

    def required(table: str, column: str) -> str:
        return f'op.add_column("{table}", sa.Column("{column}", sa.Integer(), nullable=False))'

    plots = 'op.create_table("plots", sa.Column("id", sa.Integer(), primary_key=True))'
    root = workspace(
        {
            "alembic.ini": "[alembic]\nscript_location = m\nsqlalchemy.url = postgresql://localhost/store\n",
            "m/env.py": 'from alembic import context\n\ncontext.configure(url="postgresql://localhost/store")\n'
            "context.run_migrations()\n",
            "m/versions/a.py": revision("a", None, plots),
            "m/versions/b.py": revision("b", "a", required("plots", "old")),
        }
    )
    commit(root)
    crops = plots.replace("plots", "crops")
    (root / "m/versions/c.py").write_text(revision("c", "b", required("plots", "new"), crops))
    (root / "m/versions/d.py").write_text(revision("d", "c", required("crops", "new")))
    select = ("--select", "unsafe-not-null")
    assert rules(cucurbit, *select) == [("unsafe-not-null", "m/versions/d.py")]
    assert rules(cucurbit, *select, "--since", "HEAD") == [("unsafe-not-null", "m/versions/c.py")]
    (root / "cucurbit.toml").write_text('migrations.reviewed = ["a"]\n')
    both = [("unsafe-not-null", f"m/versions/{name}.py") for name in "bc"]
    assert rules(cucurbit, *select) == both
    assert rules(cucurbit, *select, "--since", "HEAD") == both[1:]
