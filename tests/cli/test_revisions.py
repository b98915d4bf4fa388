"""``cucurbit revisions``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cucurbit.cli.main import main


def revision(name: str, down: str, message: str = "", more: str = "") -> str:
    return f'"""{message}"""\nrevision = "{name}"\ndown_revision = {down}\n{more}'


FILES = {
    "alembic.ini": "[alembic]\nscript_location = m\n",
    "m/env.py": "",
    "m/versions/a.py": revision("a", "None", "Plots", 'branch_labels = "core"\n'),
    "m/versions/b.py": revision("b", '"a"', "Soil"),
    "m/versions/c.py": revision("c", '"a"', "Area"),
    "m/versions/d.py": revision("d", '("b", "c")', "Merge"),
    "m/versions/e.py": revision("e", '"d"', 'A <b> "quoted" name'),
    "m/versions/f.py": revision("f", '"gone"', "Lost", 'depends_on = "core"\n'),
}

Shown = Callable[..., str]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    """Runs the command on files, and returns what it writes."""

    def run(*options: str, files: Mapping[str, str] = FILES, code: int = 0) -> str:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        assert main(["revisions", "--no-cache", *options]) == code
        captured = capsys.readouterr()
        return captured.out if code == 0 else captured.err

    return run


def test_text_draws_the_branches_from_the_newest_revision_down(shown: Shown) -> None:
    assert shown().splitlines() == [
        "alembic.ini  6 revisions, 2 heads",
        "* f (head) depends on core  Lost  m/versions/f.py",
        '│ * e (head)  A <b> "quoted" name  m/versions/e.py',
        "│ * d  Merge  m/versions/d.py",
        "│ ├─╮",
        "│ │ * c  Area  m/versions/c.py",
        "│ * │ b  Soil  m/versions/b.py",
        "│ ├─╯",
        "│ * a (core, base)  Plots  m/versions/a.py",
        "x gone  no file has this identifier",
        "✗ KeyError: 'gone'  m/versions/f.py",
    ]


def test_straight_lines_are_folded_unless_all_is_asked_for(shown: Shown) -> None:
    files = {"alembic.ini": FILES["alembic.ini"], "m/env.py": "", "m/versions/r0.py": revision("r0", "None")}
    files |= {f"m/versions/r{n}.py": revision(f"r{n}", f'"r{n - 1}"') for n in range(1, 9)}
    assert shown(files=files).splitlines() == [
        "alembic.ini  9 revisions, 1 head",
        "* r8 (head)  m/versions/r8.py",
        "… 7 revisions, r1 to r7",
        "* r0 (base)  m/versions/r0.py",
    ]
    assert len(shown("--all", files=files).splitlines()) == 10


def test_json_has_each_revision_after_its_parents(shown: Shown) -> None:
    document = json.loads(shown("--output-format", "json"))
    (environment,) = document["environments"]
    assert (environment["config"], environment["complete"], environment["heads"]) == ("alembic.ini", True, ["e", "f"])
    assert environment["faults"] == [
        {"kind": "missing parent", "name": "gone", "message": "KeyError: 'gone'", "paths": ["m/versions/f.py"]}
    ]
    numbers = {each["revision"]: each["number"] for each in environment["revisions"]}
    for each in environment["revisions"]:
        assert all(numbers[name] < each["number"] for name in each["down_revision"] if name in numbers)
    first = environment["revisions"][0]
    assert (first["revision"], first["line"], first["message"], first["branch_labels"]) == ("a", 2, "Plots", ["core"])


def test_mermaid_and_html_show_the_missing_parent_and_escape_messages(shown: Shown) -> None:
    diagram = shown("--output-format", "mermaid")
    assert diagram.startswith("flowchart BT\n")
    assert '["gone"]:::missing' in diagram
    assert "A &lt;b&gt; #quot;quoted#quot; name" in diagram
    assert " -.-> " in diagram
    page = shown("--output-format", "html")
    assert "A &lt;b&gt; &quot;quoted&quot; name" in page
    assert 'class="ghost"' in page
    assert f'href="{(Path.cwd() / "m/versions/a.py").as_uri()}"' in page
    assert "<script" not in page


def test_what_is_not_known_is_said(shown: Shown) -> None:
    files = {**FILES, "m/versions/f.py": "from names import revision\ndown_revision = None\n"}
    files["m/versions/g.py"] = 'revision = "g"\ndown_revision = "e"\ndef upgrade(:\n'
    text = shown(files=files)
    assert "? not complete: m/versions/f.py computes its identifier" in text
    assert "? not complete: m/versions/g.py has a syntax error" in text
    assert not json.loads(shown("--output-format", "json", files=files))["environments"][0]["complete"]


def test_an_environment_is_chosen_by_its_file_section_or_folder(shown: Shown) -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = m\n\n[other]\nscript_location = n\n",
        "m/env.py": "",
        "m/versions/a.py": revision("a", "None"),
        "n/env.py": "",
        "n/versions/b.py": revision("b", "None"),
    }
    assert [line for line in shown(files=files).splitlines() if "1 head" in line] == [
        "alembic.ini  1 revision, 1 head",
        "alembic.ini [other]  1 revision, 1 head",
    ]
    assert "m/versions" not in shown("other", files=files)
    assert "m/versions" not in shown("./n/", files=files)
    assert "there is no environment `nowhere`" in shown("nowhere", files=files, code=2)


def test_a_workspace_without_environment_is_refused(shown: Shown) -> None:
    assert "there is no Alembic environment here" in shown(files={"app.py": ""}, code=2)


def test_the_run_of_a_revision_is_no_entry_point(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = (
        "from alembic import op\nimport sqlalchemy as sa\n\n\ndef upgrade():\n"
        '    op.create_table("made", sa.Column("id", sa.Integer()))\n    op.drop_column("made", "gone")\n'
    )
    env = (
        "import sqlalchemy as sa\nfrom alembic import context\n\nmetadata = sa.MetaData()\n"
        'sa.Table("users", metadata, sa.Column("id", sa.Integer(), primary_key=True))\n'
        'context.configure(url="sqlite://", target_metadata=metadata)\ncontext.run_migrations()\n'
    )
    versions = {"m/versions/a.py": revision("a", "None", more=more)}
    shown(files={"alembic.ini": FILES["alembic.ini"], "m/env.py": env, **versions})
    monkeypatch.chdir(tmp_path)

    def document(*command: str) -> Any:
        main([*command, "--no-cache", "--output-format", "json"])
        return json.loads(capsys.readouterr().out)

    checked = document("check")
    assert "revision-operation" in json.dumps(checked["findings"])
    assert checked["coverage"]["entry_points"] == 1
    schema = document("schema")
    assert schema["entry"] == {"kind": "alembic", "target": "alembic.ini"}
    assert '"made"' not in json.dumps(schema)
    (timeline,) = document("timeline")["timelines"]
    assert timeline["entry"]["kind"] == "alembic"
    assert '"operation"' not in json.dumps(timeline["events"])
