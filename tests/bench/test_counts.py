"""What is done for what: files read and parsed, entry points simulated. These counts are the same on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cucurbit.cli.main import main
from tests.bench.counted import Editing, Work, edited
from tests.bench.workspaces import Found, Workspace


def edit(editing: Editing, workspace: Workspace, name: str, number: int = 1) -> None:
    kind = next(each for each in workspace.kinds if each.name == name)
    place = kind.place
    text = editing.text(place.path)
    editing.put(place.path, edited(text, place, kind.variant(number, place.text)))


@pytest.mark.parametrize("name", ["edit-body", "edit-comment"])
def test_what_does_not_steer_execution_parses_one_file_and_simulates_nothing(
    generated: Workspace, work: Work, name: str
) -> None:
    editing = Editing(generated.root)
    before = editing.analyse()
    work.forget()
    edit(editing, generated, name)
    after = editing.analyse()
    assert sum(work.parsed.values()) == 1
    assert work.simulated == []
    assert after.simulated == 0
    assert len(after.findings) == len(before.findings)


def test_a_table_renamed_parses_one_file_and_simulates_who_executes_it(generated: Workspace, work: Work) -> None:
    editing = Editing(generated.root)
    before = editing.analyse()
    path = generated.places.table.path
    concerned = {
        timeline.entry.target
        for timeline in (*before.context.timelines, *before.context.isolated)
        if path in timeline.visited
    }
    work.forget()
    edit(editing, generated, "edit-tablename", 2)
    editing.analyse()
    assert sum(work.parsed.values()) == 1
    assert set(work.simulated) <= concerned
    # Of what the entry points execute only the file itself is executed anew, and who takes something from it.
    assert work.executed[path] == 1
    assert len(work.executed) < len({path for each in before.context.timelines for path in each.visited}) / 2


def test_an_import_in_a_leaf_parses_one_file(generated: Workspace, work: Work) -> None:
    editing = Editing(generated.root)
    editing.analyse()
    work.forget()
    edit(editing, generated, "edit-import-leaf")
    editing.analyse()
    assert sum(work.parsed.values()) == 1


def test_a_text_back_as_it_was_is_not_parsed_again_and_simulates_nothing(generated: Workspace, work: Work) -> None:
    editing = Editing(generated.root)
    editing.analyse()
    path = generated.places.body.path
    editing.put(path, editing.text(path))
    editing.analyse()
    work.forget()
    editing.put(path, editing.text(path))
    after = editing.analyse()
    assert not work.parsed
    assert after.simulated == 0


def test_a_file_that_nobody_executes_does_nothing_when_it_changes(copy: Workspace, work: Work) -> None:
    editing = Editing(copy.root)
    before = editing.analyse()
    executed = {path for timeline in before.context.timelines for path in timeline.visited}
    path = next(path for path in before.workspace.python_files() if path.startswith("tools/"))
    assert path not in executed
    work.forget()
    changed = copy.root / path
    changed.write_text(
        changed.read_text(encoding="utf-8") + "\n\ndef added() -> int:\n    return 1\n", encoding="utf-8"
    )
    after = editing.analyse(path)
    assert not work.parsed
    assert work.simulated == []
    assert set(work.read) <= {path}
    assert after.findings == before.findings


def test_a_file_made_where_nobody_looks_simulates_nothing(copy: Workspace, work: Work) -> None:
    editing = Editing(copy.root)
    editing.analyse()
    work.forget()
    (copy.root / "tools/added.py").write_text("ADDED = 1\n", encoding="utf-8")
    after = editing.analyse("tools/added.py")
    assert not work.parsed
    assert after.simulated == 0


def check(workspace: Workspace, *options: str) -> int:
    # This format shows no fixes: to find one, files are parsed as they would be with it.
    return main(["check", str(workspace.root), "--output-format", "github", *options])


def test_a_cold_check_reads_and_parses_no_file_twice(
    generated: Workspace, work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(generated, "--no-cache") == 1
    assert work.parsed
    # Every other empty file is the same text.
    assert {text for text, times in work.parsed.items() if times > 1 and text} == set()
    assert {path for path, times in work.read.items() if times > 1} == set()


def test_a_cold_check_executes_files_once_for_all_entry_points(
    generated: Workspace, work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    check(generated, "--no-cache")
    assert len(work.simulated) > 5
    # A table that another definition has taken is no repetition, so some are executed again.
    assert sum(work.executed.values()) < 1.3 * len(work.executed)


def test_a_cold_check_parses_only_what_is_executed_or_can_start_a_program(
    generated: Workspace, work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    check(generated, "--no-cache")
    parsed = set(work.parsed)
    texts = [path.read_text(encoding="utf-8") for path in (generated.root / "tests").rglob("test_*.py")]
    assert len(texts) > 20
    assert parsed.isdisjoint(texts)


def test_a_warm_check_parses_and_simulates_nothing(
    generated: Workspace,
    work: Work,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CUCURBIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("CUCURBIT_NO_CACHE", raising=False)
    check(generated)
    cold = capsys.readouterr().out
    work.forget()
    check(generated)
    assert not work.parsed
    assert work.simulated == []
    assert capsys.readouterr().out == cold


def test_a_warm_check_parses_what_changed(
    copy: Workspace, work: Work, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUCURBIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("CUCURBIT_NO_CACHE", raising=False)
    check(copy)
    work.forget()
    path = copy.root / copy.places.body.path
    changed = path.read_text(encoding="utf-8") + "\n\ndef added() -> int:\n    return 1\n"
    path.write_text(changed, encoding="utf-8")
    check(copy)
    assert set(work.parsed) == {changed}


def test_the_findings_are_those_that_were_put_in(generated: Workspace) -> None:
    analysis = Editing(generated.root).analyse()
    found = [Found(each.rule, each.location.path, each.location.span.line) for each in analysis.findings]
    assert tuple(sorted(found)) == generated.findings
