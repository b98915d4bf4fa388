"""``cucurbit check``: what it finds, how it exits, what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cucurbit.analysis.edits import Edit
from cucurbit.fixes.preview import Preview, Previewer
from tests.cli.conftest import CLEAN, TWICE, Cucurbit, MakeWorkspace


def test_findings_as_json(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    ran = cucurbit("check", "--output-format", "json")
    assert ran.code == 1
    document = json.loads(ran.out)
    assert document["version"] == 1
    (finding,) = document["findings"]
    assert finding["rule"] == "duplicate-table"
    assert (finding["severity"], finding["certainty"]) == ("error", "certain")
    assert finding["path"] == "app/legacy.py"
    assert finding["range"] == {"start": {"line": 6, "column": 1}, "end": {"line": 6, "column": 17}}
    places = [(related["path"], related["line"]) for related in finding["related"]]
    assert places == [("app/models.py", 6), ("app/main.py", 3), ("app/main.py", 4)]
    assert all(set(fix) == {"title", "safe"} for fix in finding["fixes"])
    assert any("Remove class User" in fix["title"] and not fix["safe"] for fix in finding["fixes"])


def test_findings_as_text(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    ran = cucurbit("check")
    assert ran.code == 1
    assert "\x1b" not in ran.out
    lines = ran.out.splitlines()
    assert lines[0].startswith("error[duplicate-table] Table 'users' is already defined")
    lines = lines[next(number for number, line in enumerate(lines) if "app/legacy.py" in line) - 1 :]
    assert lines[1].endswith(" app/legacy.py:6:1")
    assert lines[2].endswith(" class User(Base):")
    assert lines[3].endswith(" ^^^^^^^^^^^^^^^^")
    assert any(" app/main.py:4  " in line and "imports app.legacy" in line for line in lines)
    assert lines[-1].startswith("Found 1 error (1 entry point simulated; 1 of 2 tables registered).")


def test_nothing_found(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(CLEAN)
    ran = cucurbit("check")
    assert (ran.code, ran.err) == (0, "")
    assert "No findings (1 entry point simulated; 1 of 1 table registered)." in ran.out
    document = json.loads(cucurbit("check", "--output-format", "json").out)
    assert (document["version"], document["findings"]) == (1, [])
    seen = {"entry_points": 1, "tables": 1, "registered": 1, "unnamed": 0, "endings": [], "environments": []}
    assert document["coverage"] == seen


def test_no_findings_never_stands_alone_where_little_was_seen(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(
        {
            "main.py": "from fastapi import FastAPI\nimport settings\napp = FastAPI()\n",
            "settings.py": "x = 1\nraise LookupError('no settings')\n",
            "alembic.ini": "[alembic]\nscript_location = migrations\n",
            "migrations/env.py": "from alembic import context\ncontext.configure(url='sqlite://')\n"
            "context.run_migrations()\n",
        }
    )
    ran = cucurbit("check", "--ignore", "entry-point-fails")
    assert ran.out.splitlines() == [
        "No findings (2 entry points simulated).",
        "✗ alembic.ini: its env.py registers no table.",
        "✗ main:app ends at settings.py:2: LookupError: no settings",
    ]
    seen = json.loads(cucurbit("check", "--output-format", "json").out)["coverage"]
    assert seen["environments"] == [{"config": "alembic.ini", "tables": 0, "failed": False}]
    assert [(each["entry"]["target"], each["error"], each["path"], each["line"]) for each in seen["endings"]] == [
        ("main:app", "LookupError", "settings.py", 2)
    ]


def test_a_program_that_may_find_its_import_elsewhere_is_not_said_to_end(
    workspace: MakeWorkspace, cucurbit: Cucurbit
) -> None:
    workspace(
        {
            "shop/__init__.py": "",
            "shop/db.py": "x = 1\n",
            "scripts/seed.py": "from shop.db import engine\nif __name__ == '__main__':\n    print(engine)\n",
        }
    )
    document = json.loads(cucurbit("check", "--output-format", "json").out)
    (finding,) = document["findings"]
    (ending,) = document["coverage"]["endings"]
    assert (finding["rule"], "probably fails" in finding["message"]) == ("entry-point-fails", True)
    assert ending["certain"] is False


def test_a_folder_without_entry_points_says_so(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({"pyproject.toml": ""})
    ran = cucurbit("check")
    assert (ran.code, ran.out.startswith("No findings: no entry point was found.")) == (0, True)


def test_information_alone_does_not_fail(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    latent = {**TWICE, "app/main.py": CLEAN["app/main.py"]}
    workspace(latent)
    ran = cucurbit("check")
    assert ran.code == 0
    assert "information[duplicate-table]" in ran.out


def test_exit_zero(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    ran = cucurbit("check", "--exit-zero")
    assert ran.code == 0
    assert "duplicate-table" in ran.out


def test_paths_limit_what_is_reported(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    assert cucurbit("check", "app/models.py", "app/db.py").code == 0
    assert cucurbit("check", "app/models.py", "app/legacy.py").code == 1
    assert cucurbit("check", str(root / "app")).code == 1
    assert cucurbit("check", "app/leg", "app").code == 2


def test_the_root_is_above_the_path(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workspace(TWICE)
    monkeypatch.chdir(root / "app")
    ran = cucurbit("check", "--output-format", "json")
    assert json.loads(ran.out)["findings"][0]["path"] == "app/legacy.py"
    # People see paths from where they stand.
    assert " legacy.py:6:1" in cucurbit("check").out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--select", "duplicate-table,reserved-attribute"], 1),
        (["--select", "reserved-attribute"], 0),
        (["--select", "reserved-attribute", "--extend-select", "duplicate-table"], 1),
        (["--ignore", "duplicate-table"], 0),
        (["--select", "duplicat-table"], 2),
        (["--select", ""], 2),
        (["--output-format", "xml"], 2),
        (["--no-such-option"], 2),
        (["no/such/path"], 2),
        (["a\0b"], 2),
        (["--config", "no-such-file.toml"], 2),
        (["--config", "app"], 2),
    ],
)
def test_options(workspace: MakeWorkspace, cucurbit: Cucurbit, options: list[str], code: int) -> None:
    workspace(TWICE)
    ran = cucurbit("check", *options)
    assert ran.code == code
    assert bool(ran.err) == (code == 2)


def test_an_unknown_rule_is_named(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(CLEAN)
    assert "did you mean `duplicate-table`?" in cucurbit("check", "--ignore", "duplicate-tables").err


def test_config(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    (root / "own.toml").write_text('severity = { "duplicate-table" = "information" }\n')
    ran = cucurbit("check", "--config", "own.toml")
    assert (ran.code, "information[duplicate-table]" in ran.out) == (0, True)
    (root / "own.toml").write_text("colour = 1\n")
    ran = cucurbit("check", "--config", "own.toml")
    assert (ran.code, ran.out) == (2, "")
    assert "own.toml:1:1: unknown setting `colour`" in ran.err


@pytest.mark.parametrize("name", ["pyproject.toml", "cucurbit.toml"])
@pytest.mark.parametrize("content", [b"[tool", b"\xff\xfe"])
def test_unreadable_configuration(workspace: MakeWorkspace, cucurbit: Cucurbit, name: str, content: bytes) -> None:
    root = workspace(TWICE)
    (root / name).write_bytes(content)
    ran = cucurbit("check")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"cucurbit: error: {name}:1:")


def test_a_wrong_setting_is_a_finding(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(CLEAN)
    (root / "cucurbit.toml").write_text("\nselct = []\n")
    ran = cucurbit("check", "--output-format", "json")
    (finding,) = json.loads(ran.out)["findings"]
    assert (finding["rule"], finding["path"], finding["range"]["start"]["line"]) == (
        "configuration",
        "cucurbit.toml",
        2,
    )
    assert ran.code == 1


def test_a_malformed_file_is_said_and_the_rest_counts(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    (root / "app" / "binary.py").write_bytes(b"\0\1__tablename__ sqlalchemy Column Table(" * 10)
    (root / "app" / "broken.py").write_text("class User(Base:\n    __tablename__ =")
    ran = cucurbit("check")
    assert ran.code == 1
    assert "duplicate-table" in ran.out


def test_nothing_of_interest(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({"notes.txt": "nothing"})
    ran = cucurbit("check")
    assert (ran.code, ran.err) == (0, "")


def test_names_cannot_command_the_terminal(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    text = (root / "app" / "legacy.py").read_text().replace("class User(Base):", "class User(Base):  # \x1b[31m \u202e")
    (root / "app" / "legacy.py").write_text(text, encoding="utf-8")
    ran = cucurbit("check")
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out


def test_colours_where_they_are_asked_for(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(TWICE)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in cucurbit("check").out
    assert "\x1b[" not in cucurbit("check", "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in cucurbit("check").out


def test_several_projects_in_one_repository(tmp_path: Path, cucurbit: Cucurbit) -> None:
    for name, files in (("one", TWICE), ("two", CLEAN)):
        for path, text in files.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    (tmp_path / ".git").mkdir()
    ran = cucurbit("check", str(tmp_path / "one"), str(tmp_path / "two"), "--output-format", "json")
    assert [finding["path"] for finding in json.loads(ran.out)["findings"]] == ["one/app/legacy.py"]


# ----------------------------------------------------------------- forms of text


def test_concise_is_one_line_a_finding(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    ran = cucurbit("check", "--output-format", "concise", "--quiet")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines
    assert all(": " in line and "[" in line for line in lines)
    assert lines[0].startswith("app/legacy.py:6:1: error[duplicate-table] Table 'users' is already defined")


def test_grouped_names_each_file_once(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    lines = cucurbit("check", "--output-format", "grouped").out.splitlines()
    assert lines.count("app/legacy.py") == 1
    assert lines[lines.index("app/legacy.py") + 1].startswith("  6:1  error[duplicate-table]")
    assert lines[-1].startswith("Found ")


def test_statistics(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(TWICE)
    lines = cucurbit("check", "--statistics", "--select", "duplicate-table").out.splitlines()
    assert lines[0] == "1  error[duplicate-table]"


def test_only_what_is_severe_enough(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace({**TWICE, "Procfile": "web: uvicorn nowhere:app\n"})
    everything = json.loads(cucurbit("check", "--output-format", "json").out)["findings"]
    errors = json.loads(cucurbit("check", "--output-format", "json", "--severity", "error").out)["findings"]
    assert errors == [each for each in everything if each["severity"] == "error"]
    assert len(errors) < len(everything)


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_text_fits_the_terminal(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    workspace(TWICE)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = cucurbit("check").out.splitlines()[:-1]
    for line in lines:
        # A word that is wider than the room for it, a path for example, stays whole.
        assert len(line) <= max(width, 24) or len(line.split()) <= 4, line


# ---------------------------------------------------------- severity, fixes, time


@pytest.mark.parametrize(("severity", "code"), [("warning", 1), ("error", 0), ("hint", 1)])
def test_the_exit_code_follows_what_is_shown(
    workspace: MakeWorkspace, cucurbit: Cucurbit, severity: str, code: int
) -> None:
    root = workspace(CLEAN)
    (root / "cucurbit.toml").write_text("\nselct = []\n")
    ran = cucurbit("check", "--severity", severity)
    assert (ran.code, "warning[configuration]" in ran.out) == (code, bool(code))
    assert cucurbit("check", "--severity", severity, "--output-format", "json").code == code


def test_a_baseline_is_not_written_of_a_part(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(TWICE)
    assert cucurbit("check", "--severity", "error", "--write-baseline", "known.json").code == 2
    assert not (root / "known.json").exists()


def test_the_summary_counts_the_fixes(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    ignored = CLEAN["app/db.py"].replace("class Base(", "x = 1  # cucurbit: ignore[duplicate-table]\n\n\nclass Base(")

    def summary() -> str:
        return " ".join(cucurbit("check", "--select", "duplicate-table,unused-ignore").out.split())

    root = workspace({**CLEAN, "app/db.py": ignored})
    assert summary().endswith(" 1 fix can be applied with --fix.")
    (root / "app" / "legacy.py").write_text(TWICE["app/legacy.py"])
    (root / "app" / "main.py").write_text(TWICE["app/main.py"])
    assert " 1 fix can be applied with --fix, 1 more needs --unsafe-fixes." in summary()
    assert "fix (unsafe)" not in summary()
    (root / "app" / "db.py").write_text(CLEAN["app/db.py"])
    assert " 1 fix needs --unsafe-fixes." in summary()


def test_many_fixes_are_not_simulated_only_to_be_counted(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(TWICE)
    monkeypatch.setattr("cucurbit.cli.check.MOST_COUNTED", 0)
    monkeypatch.setattr("cucurbit.cli.check.applicable", lambda gate, finding: pytest.fail("a fix is looked for"))
    assert "--show-fixes lists their fixes." in " ".join(cucurbit("check").out.split())


def test_the_time_is_for_terminals(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(TWICE)
    assert "Checked in" not in cucurbit("check").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert re.fullmatch(r"Checked in \d+\.\d s\.", cucurbit("check").out.splitlines()[-1])
    for options in (["--quiet"], ["-q"], ["--output-format", "json"], ["--output-format=github"]):
        assert "Checked in" not in cucurbit("check", *options).out


# ------------------------------------------------------------------------- links


def pretend_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a terminal that shows links."""
    for name in ("CI", "TERM_PROGRAM", "VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)


def test_places_can_be_clicked(workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch) -> None:
    root = workspace(TWICE)
    pretend_a_terminal(monkeypatch)
    uri = (root / "app" / "legacy.py").as_uri()
    for form in ("text", "concise", "grouped"):
        assert f";{uri}\x1b\\" in cucurbit("check", "--output-format", form).out
    monkeypatch.setenv("TERM_PROGRAM", "vscode")
    assert f";vscode://file{uri.removeprefix('file://')}:6:1\x1b\\" in cucurbit("check").out


@pytest.mark.parametrize(
    ("name", "value"), [("CI", "true"), ("NO_COLOR", "1"), ("TERM", "xterm-256color"), ("TERM", "dumb")]
)
def test_no_link_where_none_is_known_to_work(
    workspace: MakeWorkspace,
    cucurbit: Cucurbit,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    workspace(TWICE)
    pretend_a_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    assert "\x1b]8" not in cucurbit("check").out


def test_no_link_without_a_terminal(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(TWICE)
    pretend_a_terminal(monkeypatch)
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b]8" not in cucurbit("check").out


def test_listed_fixes_are_simulated_on_request_only(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(TWICE)
    previews: list[object] = []
    preview = Previewer.preview

    def counting(self: Previewer, edits: tuple[Edit, ...]) -> Preview | None:
        previews.append(edits)
        return preview(self, edits)

    monkeypatch.setattr(Previewer, "preview", counting)
    listed = json.loads(cucurbit("check", "--output-format", "json").out)
    sarif = json.loads(cucurbit("check", "--output-format", "sarif").out)
    assert not previews
    (result,) = sarif["runs"][0]["results"]
    assert "fixes" not in result
    checked = json.loads(cucurbit("check", "--output-format", "json", "--show-fixes").out)
    assert previews
    (before,), (after,) = listed["findings"], checked["findings"]
    assert all(fix in before["fixes"] for fix in after["fixes"])
    (result,) = json.loads(cucurbit("check", "--output-format", "sarif", "--show-fixes").out)["runs"][0]["results"]
    assert result["fixes"]
