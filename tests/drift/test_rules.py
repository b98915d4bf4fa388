"""The rules about drift: how severe it is, what is said, and what the fix writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cucurbit.analysis.edits import Fix, NewFile
from cucurbit.analysis.engine import findings
from cucurbit.analysis.finding import Finding
from cucurbit.fixes.gate import Gate
from cucurbit.rules.catalogue import RULES
from tests.drift.comparison import context_of
from tests.drift.judge import judged, project
from tests.drift.test_comparison import ID, REVISION, plot

_RULES = ("models-not-migrated", "migrations-not-modelled")


def files(models: str, body: str, **more: str) -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {"models.py": models, "migrations/versions/r0.py": REVISION + lines, **more}


def reported(given: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The rule, the severity and the message of each finding about drift."""
    found = [each for each in findings(context_of(project(given)), RULES) if each.rule in _RULES]
    return [(each.rule, each.severity.value, each.message) for each in found]


def severities(given: Mapping[str, str]) -> list[str]:
    return [severity for _, severity, _ in reported(given)]


AREA = plot("area: Mapped[int | None]")
PLOTS = f"op.create_table('plots', {ID})"
CREATES = "import sqlalchemy as sa\n\nfrom models import metadata\n\nengine = sa.create_engine('sqlite://')\n"
MAKES = f"{CREATES}metadata.create_all(engine)\n\nif __name__ == '__main__':\n    print(metadata)\n"
MIGRATES = (
    "from alembic import command\nfrom alembic.config import Config\n\ncommand.upgrade(Config('alembic.ini'), 'head')\n"
)


def test_a_column_is_an_error_where_only_revisions_make_it() -> None:
    assert severities(files(AREA, PLOTS)) == ["error"]


def test_a_column_is_a_warning_where_create_all_makes_the_tables() -> None:
    given = files(AREA, PLOTS)
    assert severities({**given, "main.py": MAKES}) == ["warning"]
    both = MAKES.replace("engine = ", f"{MIGRATES}\nengine = ")
    assert severities({**given, "main.py": both}) == ["error"]


def test_a_table_is_a_warning_where_create_all_makes_it() -> None:
    given = files(AREA, "op.create_table('crops', sa.Column('id', sa.Integer(), primary_key=True))")
    assert sorted(severities(given)) == ["error", "warning"]
    assert severities({**given, "main.py": MAKES}) == ["warning", "warning"]


def test_a_history_that_begins_empty_or_has_not_begun_says_nothing() -> None:
    assert reported(files(AREA, "pass")) == []
    assert reported({"models.py": AREA}) == []


def test_a_rename_is_said_to_be_one() -> None:
    found = reported(files(AREA, f"op.create_table('plots', {ID}, sa.Column('size', sa.Integer()))"))
    said = {rule: message for rule, _, message in found}
    assert "It looks like the new name of the column 'size'" in said["models-not-migrated"]
    assert "It looks like the old name of the column 'area'" in said["migrations-not-modelled"]


def test_the_evidence_names_what_a_revision_creates() -> None:
    """One finding is about all columns that no model has."""
    columns = "sa.Column('depth', sa.Integer()), sa.Column('size', sa.Integer())"
    (found,) = findings(context_of(project(files(plot(""), f"op.create_table('plots', {ID}, {columns})"))), RULES)
    assert [each.message for each in found.related] == [
        "this revision creates plots.depth",
        "this revision creates plots.size",
    ]


def test_sql_that_inserts_may_give_the_value() -> None:
    given = files(plot(""), f"op.create_table('plots', {ID}, sa.Column('owner', sa.String(), nullable=False))")
    assert severities(given) == ["error"]
    load = {"load.py": "SQL = 'INSERT INTO plots (owner) VALUES (1)'\n"}
    assert severities({**given, **load}) == ["warning"]


def test_the_fix_writes_the_revision(tmp_path: Path) -> None:
    models = plot("area: Mapped[int | None] = mapped_column(index=True)")
    given = files(models, f"{PLOTS}\nop.create_table('crops', {ID})")
    context = context_of(project(given))
    gate = Gate(context, RULES)
    found = [each for each in findings(context, RULES) if each.rule == "models-not-migrated"]
    files_written = {_written(gate, each) for each in found}
    (file,) = files_written
    assert "op.add_column('plots', sa.Column('area'" in file.text
    assert "crops" not in file.text
    assert judged(tmp_path, {**given, file.path: file.text}) == [("remove_table", "crops", "")]


def _written(gate: Gate, finding: Finding) -> NewFile:
    rule = RULES.by_name[finding.rule]
    assert rule.fixes is not None
    (fix,) = rule.fixes(gate, finding)
    assert isinstance(fix, Fix)
    assert not fix.safe
    (edit,) = fix.edits
    assert isinstance(edit, NewFile)
    return edit
