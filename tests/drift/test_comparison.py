"""Cases of drift, each held against real Alembic on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.drift.comparison import Tally, disagreements, drift_of, short
from tests.drift.judge import ENV, INI, Found, judged, project

HEAD = "import sqlalchemy as sa\nfrom sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n"
BASE = f"{HEAD}\nclass Base(DeclarativeBase):\n    pass\n\n\nmetadata = Base.metadata\n\n\n"
REVISION = (
    "from alembic import op\nimport sqlalchemy as sa\n\nrevision = 'r0'\ndown_revision = None\n\n\ndef upgrade():\n"
)
ENV_PY = "migrations/env.py"
ID = "sa.Column('id', sa.Integer(), primary_key=True)"


def found(folder: Path, models: str, upgrade: str, env: str = ENV, **options: Any) -> tuple[list[Found], bool]:
    """The certain differences, which are those of Alembic, and whether these are all."""
    body = "".join(f"    {line}\n" for line in upgrade.splitlines())
    files = {"models.py": models, "migrations/versions/r0.py": REVISION + body}
    real = judged(folder, files, **options)
    drift = drift_of({**project(files), "migrations/env.py": env})
    wrong = list(disagreements(drift, real, Tally()))
    assert wrong == []
    return sorted(short(each) for each in drift.comparison.differences if each.certain), drift.is_complete


def plot(columns: str, more: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in columns.splitlines())
    key = "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    return f"{BASE}class Plot(Base):\n    __tablename__ = 'plots'\n{key}{lines}{more}"


def test_annotations_make_types_and_nullability(tmp_path: Path) -> None:
    models = plot("a: Mapped[int]\nb: Mapped[str | None]\nc: Mapped[bool]")
    columns = "sa.Column('a', sa.Integer()), sa.Column('b', sa.String(), nullable=True), sa.Column('c', sa.Integer())"
    assert found(tmp_path, models, f"op.create_table('plots', {ID}, {columns})") == (
        [("modify_nullable", "plots", "a"), ("modify_nullable", "plots", "c"), ("modify_type", "plots", "c")],
        True,
    )


def test_a_type_decorator_counts_as_what_it_wraps(tmp_path: Path) -> None:
    kind = "class Kind(sa.types.TypeDecorator):\n    impl = sa.Text\n    cache_ok = True\n\n\n"
    models = plot("a: Mapped[str | None] = mapped_column(Kind)").replace("class Base", f"{kind}class Base")
    same = f"op.create_table('plots', {ID}, sa.Column('a', sa.Text()))"
    assert found(tmp_path / "same", models, same) == ([], True)
    other = f"op.create_table('plots', {ID}, sa.Column('a', sa.Integer()))"
    assert found(tmp_path / "other", models, other) == ([("modify_type", "plots", "a")], True)


def test_a_type_of_the_program_is_not_known(tmp_path: Path) -> None:
    kind = (
        "class Kind(sa.types.UserDefinedType):\n    cache_ok = True\n\n"
        "    def get_col_spec(self, **kw):\n        return 'INTEGER'\n\n\n"
    )
    models = plot("a: Mapped[str | None] = mapped_column(Kind())").replace("class Base", f"{kind}class Base")
    assert found(tmp_path, models, f"op.create_table('plots', {ID}, sa.Column('a', sa.Text()))") == ([], False)


def test_compare_type_false(tmp_path: Path) -> None:
    env = ENV.replace("target_metadata=metadata", "target_metadata=metadata, compare_type=False")
    models = plot("a: Mapped[int | None]")
    created = f"op.create_table('plots', {ID}, sa.Column('a', sa.Text()))"
    assert found(tmp_path, models, created, env, compare_type=False) == ([], True)


def test_server_defaults_count_if_asked_for(tmp_path: Path) -> None:
    models = plot("a: Mapped[int | None] = mapped_column(server_default='1')")
    created = f"op.create_table('plots', {ID}, sa.Column('a', sa.Integer()))"
    assert found(tmp_path / "off", models, created) == ([], True)
    env = ENV.replace("target_metadata=metadata", "target_metadata=metadata, compare_server_default=True")
    assert found(tmp_path / "on", models, created, env, compare_server_default=True) == (
        [("modify_default", "plots", "a")],
        False,
    )


def test_columns_with_another_name_than_their_attribute(tmp_path: Path) -> None:
    models = plot(
        "area: Mapped[int | None] = mapped_column('size')", "    __table_args__ = (sa.Index('ix_size', area),)\n"
    )
    created = f"op.create_table('plots', {ID}, sa.Column('size', sa.Integer()))"
    assert found(tmp_path / "without", models, created) == ([("add_index", "plots", "ix_size")], True)
    assert found(tmp_path / "with", models, f"{created}\nop.create_index('ix_size', 'plots', ['size'])") == ([], True)


def test_a_foreign_key_gives_the_type_and_has_options(tmp_path: Path) -> None:
    models = plot("owner: Mapped[int | None] = mapped_column(sa.ForeignKey('owners.id', ondelete='CASCADE'))")
    models += (
        "\n\nclass Owner(Base):\n    __tablename__ = 'owners'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    )
    owners = f"op.create_table('owners', {ID})\n"
    created = f"{owners}op.create_table('plots', {ID}, sa.Column('owner', sa.Integer(), sa.ForeignKey('owners.id')))"
    assert found(tmp_path, models, created) == ([("add_fk", "plots", "owner"), ("remove_fk", "plots", "owner")], True)


def test_a_unique_flag_is_a_constraint_without_a_name(tmp_path: Path) -> None:
    models = plot("name: Mapped[str | None] = mapped_column(unique=True)")
    plain = f"op.create_table('plots', {ID}, sa.Column('name', sa.String()))"
    assert found(tmp_path / "plain", models, plain) == ([("add_constraint", "plots", "name")], True)
    unique = f"op.create_table('plots', {ID}, sa.Column('name', sa.String()), sa.UniqueConstraint('name', name='u'))"
    assert found(tmp_path / "unique", models, unique) == ([], True)


def test_the_version_table_is_left_out(tmp_path: Path) -> None:
    models = plot("") + "\n\nsa.Table('alembic_version', metadata, sa.Column('version_num', sa.String(32)))\n"
    assert found(tmp_path, models, f"op.create_table('plots', {ID})") == ([], True)


def test_inheritance_and_mixins(tmp_path: Path) -> None:
    models = (
        f"{BASE}class Stamped:\n    made: Mapped[int] = mapped_column(index=True)\n\n\n"
        "class Person(Stamped, Base):\n    __tablename__ = 'people'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    kind: Mapped[str]\n    __mapper_args__ = {'polymorphic_on': 'kind', 'polymorphic_identity': 'p'}\n\n\n"
        "class Owner(Person):\n    plots: Mapped[int | None]\n    __mapper_args__ = {'polymorphic_identity': 'o'}\n"
    )
    columns = "sa.Column('kind', sa.String(), nullable=False), sa.Column('made', sa.Integer(), nullable=False)"
    assert found(tmp_path, models, f"op.create_table('people', {ID}, {columns})") == (
        [("add_column", "people", "plots"), ("add_index", "people", "ix_people_made")],
        True,
    )


@pytest.mark.parametrize("env", ["include_object=keep", "include_name=keep"])
def test_a_filter_that_is_not_known_makes_nothing_certain(tmp_path: Path, env: str) -> None:
    text = ENV.replace("from models", "from somewhere import keep\nfrom models").replace(
        "target_metadata=metadata", f"target_metadata=metadata, {env}"
    )
    assert found(tmp_path, plot("a: Mapped[int]"), f"op.create_table('plots', {ID})", text) == ([], False)


FILTER = """
SKIPPED = {"crops"}


def keep(object, name, type_, reflected, compare_to):
    if type_ == "table" and name in SKIPPED:
        return False
    elif type_ == "column" and not reflected and name.startswith("x_"):
        return False
    return True


"""


def test_include_object_is_read(tmp_path: Path) -> None:
    env = ENV.replace("from models import metadata\n", f"from models import metadata\n{FILTER}").replace(
        "target_metadata=metadata", "target_metadata=metadata, include_object=keep"
    )
    names: dict[str, Callable[..., bool]] = {}
    exec(FILTER, names)
    upgrade = f"op.create_table('plots', {ID}, sa.Column('old', sa.Integer()))\nop.create_table('crops', {ID})"
    models = plot("x_area: Mapped[int | None]\narea: Mapped[int | None]")
    assert found(tmp_path, models, upgrade, env, include_object=names["keep"]) == (
        [("add_column", "plots", "area"), ("remove_column", "plots", "old")],
        True,
    )


def test_include_name_is_read(tmp_path: Path) -> None:
    env = ENV.replace(
        "target_metadata=metadata",
        "target_metadata=metadata, include_name=lambda name, type_, parents: type_ != 'table' or name in ('plots',)",
    )

    def keep(name: str, type_: str, _: object) -> bool:
        return type_ != "table" or name == "plots"

    upgrade = f"op.create_table('plots', {ID})\nop.create_table('crops', {ID})"
    certain, complete = found(tmp_path, plot("area: Mapped[int | None]"), upgrade, env, include_name=keep)
    assert (certain, complete) == ([("add_column", "plots", "area")], True)


def test_include_name_is_asked_for_the_default_schema(tmp_path: Path) -> None:
    keep = "lambda name, type_, parents: type_ != 'schema' or name == 'mine'"
    env = ENV.replace("target_metadata=metadata", f"target_metadata=metadata, include_name={keep}")
    upgrade = 'op.create_table("old", sa.Column("id", sa.Integer(), primary_key=True))'
    assert found(tmp_path, BASE, upgrade, env, include_name=eval(keep)) == ([], True)


def test_include_name_is_asked_for_parts_of_a_table(tmp_path: Path) -> None:
    keep = (
        "lambda name, type_, parents: not (type_ == 'column' and name == 'old' and parents['table_name'] == 'plots')"
        " and not (type_ == 'index' and parents.get('schema_name') is None and name.startswith('ix_'))"
    )
    env = ENV.replace("target_metadata=metadata", f"target_metadata=metadata, include_name={keep}")
    upgrade = (
        f"op.create_table('plots', {ID}, sa.Column('old', sa.Integer()), sa.Column('a', sa.Integer()))\n"
        "op.create_index('ix_plots_a', 'plots', ['a'])\n"
        f"op.create_table('crops', {ID}, sa.Column('old', sa.Integer()))"
    )
    crops = f"\n\nsa.Table('crops', metadata, {ID})\n"
    models = plot("b: Mapped[int | None]\na: Mapped[int | None]", crops)
    assert found(tmp_path, models, upgrade, env, include_name=eval(keep)) == (
        [("add_column", "plots", "b"), ("remove_column", "crops", "old")],
        True,
    )
    # What the models have and the database seems not to have is not said.
    indexed = plot("a: Mapped[int | None] = mapped_column(index=True)", crops)
    certain, complete = found(tmp_path, indexed, upgrade, env, include_name=eval(keep))
    assert (certain, complete) == ([("remove_column", "crops", "old")], False)


OBJECTS = """
LEFT = (("plots", ["owner"]), ("crops", ["plot", "size"]))


def keep(object, name, type_, reflected, compare_to):
    known = ("old",)
    if type_ == "column":
        return (object.table.name, name) not in (("plots", "old"),)
    if type_ in ("index", "unique_constraint", "foreign_key_constraint"):
        columns = [c.name for c in object.columns]
        return (object.table.name, columns) not in LEFT
    return not (type_ == "table" and object.schema is None and name in known)


"""


def test_include_object_asks_for_the_table_and_the_columns(tmp_path: Path) -> None:
    env = ENV.replace("from models import metadata\n", f"from models import metadata\n{OBJECTS}").replace(
        "target_metadata=metadata", "target_metadata=metadata, include_object=keep"
    )
    names: dict[str, Callable[..., bool]] = {}
    exec(OBJECTS, names)
    upgrade = (
        f"op.create_table('old', {ID})\n"
        f"op.create_table('plots', {ID}, sa.Column('old', sa.Integer()), sa.Column('owner', sa.Integer()))\n"
        "op.create_index('ix_owner', 'plots', ['owner'])\n"
        "op.create_index('ix_both', 'plots', ['owner', 'id'])"
    )
    models = plot("owner: Mapped[int | None] = mapped_column(sa.ForeignKey('plots.id'), unique=True)")
    assert found(tmp_path, models, upgrade, env, include_object=names["keep"]) == (
        [("remove_index", "plots", "ix_both")],
        True,
    )


def test_an_object_of_which_the_filter_is_not_known_is_named(tmp_path: Path) -> None:
    env = ENV.replace(
        "target_metadata=metadata",
        "target_metadata=metadata, include_object=lambda object, name, type_, reflected, to: "
        "name != 'area' or bool(object.info)",
    )
    models = plot("area: Mapped[int | None]\nsize: Mapped[int | None]")
    files = {"models.py": models, "migrations/versions/r0.py": f"{REVISION}    op.create_table('plots', {ID})\n"}
    drift = drift_of({**project(files), "migrations/env.py": env})
    assert [(short(each), each.certain) for each in drift.comparison.differences] == [
        (("add_column", "plots", "area"), False),
        (("add_column", "plots", "size"), True),
    ]
    assert drift.doubts == ("whether include_object leaves it out: plots.area",)


def test_a_history_that_begins_from_other_tables(tmp_path: Path) -> None:
    upgrade = "op.execute('CREATE TABLE other (id INTEGER)')\nop.rename_table('other', 'others')"
    certain, complete = found(tmp_path, plot(""), upgrade)
    assert not complete
    assert ("remove_table", "others", "") not in certain


def test_a_table_that_is_dropped_in_such_a_history_may_have_been_made_again(tmp_path: Path) -> None:
    # As JupyterHub does: `create_all` when it starts, which makes the tables that a revision has dropped.
    upgrade = "op.add_column('crops', sa.Column('a', sa.Integer()))\nop.drop_table('plots')"
    files = {
        "models.py": plot("", f"\n\nsa.Table('crops', metadata, {ID}, sa.Column('a', sa.Integer()))\n"),
        "migrations/versions/r0.py": REVISION + "".join(f"    {line}\n" for line in upgrade.splitlines()),
    }
    differences = drift_of(project(files)).comparison.differences
    assert [(short(each), each.certain) for each in differences] == [
        (("add_table", "crops", ""), False),
        (("add_table", "plots", ""), False),
    ]


def test_nothing_is_certain_of_tables_in_a_schema_that_is_not_known() -> None:
    # As Arize Phoenix does.
    body = (
        f"    op.create_table('owners', {ID})\n"
        f"    op.create_table('plots', {ID}, sa.Column('owner_id', sa.ForeignKey('owners.id')))\n"
        "    op.add_column('plots', sa.Column('a', sa.Text()))\n"
    )
    models = (
        f"{HEAD}import os\n\nmetadata = sa.MetaData(schema=os.environ.get('SCHEMA'))\n"
        f"sa.Table('owners', metadata, {ID})\nsa.Table('tools', metadata, {ID})\n"
        f"sa.Table('plots', metadata, {ID}, sa.Column('owner_id', sa.ForeignKey('owners.id')))\n"
    )
    files = {"models.py": models, "migrations/versions/r0.py": REVISION + body}
    differences = drift_of(project(files)).comparison.differences
    assert {short(each)[:2] for each in differences} == {("remove_column", "plots"), ("add_table", "tools")}
    assert not any(each.certain for each in differences)


def test_what_looks_like_a_rename_is_said_to() -> None:
    body = f"    op.create_table('plots', {ID}, sa.Column('size', sa.Integer()))\n"
    files = {"models.py": plot("area: Mapped[int | None]"), "migrations/versions/r0.py": REVISION + body}
    differences = drift_of(project(files)).comparison.differences
    assert [(each.op, each.name, each.renamed) for each in differences] == [
        ("add_column", "area", "size"),
        ("remove_column", "size", "area"),
    ]


def test_postgresql_renames_an_index_and_runs_a_block() -> None:
    models = plot("area: Mapped[int | None] = mapped_column(index=True)")
    body = (
        f"    op.create_table('plots', {ID}, sa.Column('area', sa.Integer()))\n"
        "    op.create_index('ix_area', 'plots', ['area'])\n"
        "    op.execute('ALTER INDEX ix_area RENAME TO ix_plots_area')\n"
        "    op.execute(\"DO $$ BEGIN CREATE TYPE kind AS ENUM ('a'); END $$\")\n"
    )
    env = ENV.replace("sqlite:///farm.db", "postgresql://localhost/farm")
    files = {"models.py": models, "migrations/versions/r0.py": REVISION + body}
    drift = drift_of({**project(files), "migrations/env.py": env})
    assert (drift.comparison.differences, drift.doubts) == ((), ())
    opened = body.replace("CREATE TYPE kind AS ENUM ('a')", "ALTER TABLE crops ADD x INT")
    drift = drift_of({**project(files), "migrations/versions/r0.py": REVISION + opened, "migrations/env.py": env})
    assert [short(each) for each in drift.comparison.differences if each.certain] == []
    assert drift.doubts == ("whether the table exists: crops",)


def test_one_of_several_statements_is_sent(tmp_path: Path) -> None:
    models = plot("")
    upgrade = (
        f"op.create_table('plots', {ID})\nkind = op.get_bind().dialect.name\n"
        "sql = sa.text('DELETE FROM plots') if kind == 'sqlite' else sa.text('DELETE FROM ONLY plots')\nop.execute(sql)"
    )
    assert found(tmp_path, models, upgrade) == ([], True)


def test_columns_that_are_altered_in_a_loop_over_what_the_database_tells(tmp_path: Path) -> None:
    upgrade = (
        f"op.create_table('plots', {ID}, sa.Column('a', sa.Integer()))\n"
        "rows = op.get_bind().execute(sa.text('SELECT tbl_name, name FROM sqlite_master WHERE 1 = 0'))\n"
        "for table, column in rows:\n    op.alter_column(table_name=table, column_name=column, type_=sa.Text())"
    )
    models = plot("a: Mapped[int]\nb: Mapped[int | None]")
    assert found(tmp_path / "type", models, upgrade) == (
        [("add_column", "plots", "b"), ("modify_nullable", "plots", "a")],
        False,
    )
    nullable = upgrade.replace("type_=sa.Text()", "nullable=True")
    assert found(tmp_path / "nullable", models, nullable) == ([("add_column", "plots", "b")], False)
    # One that is renamed may be any.
    renamed = upgrade.replace("type_=sa.Text()", "new_column_name=column + '_old'")
    assert found(tmp_path / "renamed", models, renamed) == ([], False)


def test_the_run_of_the_command_is_compared_not_that_of_the_application_that_it_loads() -> None:
    files = {
        "app.py": (
            "from flask import Flask\nfrom flask_migrate import Migrate, upgrade\n"
            "from flask_sqlalchemy import SQLAlchemy\n\n"
            "db = SQLAlchemy()\n\n\ndef create_app():\n    app = Flask(__name__)\n    Migrate(app, db)\n    upgrade()\n"
            "    import plots\n\n    return app\n"
        ),
        "plots.py": f"import sqlalchemy as sa\nfrom app import db\n\ndb.Table('plots', {ID})\n",
        "migrations/alembic.ini": "[alembic]\n",
        "migrations/script.py.mako": "",
        "migrations/env.py": (
            "from alembic import context\nfrom flask import current_app\n\n"
            "context.configure(target_metadata=current_app.extensions['migrate'].db.metadata)\ncontext.run_migrations()\n"
        ),
        "migrations/versions/r0.py": f"{REVISION}    op.create_table('plots', {ID})\n",
    }
    drift = drift_of(files)
    assert (drift.comparison.differences, drift.doubts) == ((), ())


def test_operations_of_geoalchemy_are_about_one_table() -> None:
    models = plot("area: Mapped[int | None]", f"\n\nsa.Table('crops', metadata, {ID}, sa.Column('a', sa.Integer()))\n")
    body = (
        f"    op.create_table('plots', {ID})\n    op.create_table('crops', {ID})\n"
        "    op.add_geospatial_column('plots', sa.Column('place', sa.Text()))\n"
        "    with op.batch_alter_table('plots') as batch:\n"
        "        batch.create_geospatial_index('ix_place', ['place'])\n"
    )
    env = ENV.replace("from models", "from geoalchemy2 import alembic_helpers\nfrom models").replace(
        "target_metadata=metadata",
        "target_metadata=metadata, include_object=alembic_helpers.include_object, "
        "process_revision_directives=alembic_helpers.writer",
    )
    drift = drift_of({**project({"models.py": models, "migrations/versions/r0.py": REVISION + body}), ENV_PY: env})
    assert [short(each) for each in drift.comparison.differences if each.certain] == [("add_column", "crops", "a")]
    assert all("plots" in each for each in drift.doubts)


def test_where_the_target_is_not_known_that_of_the_tables_is_compared_for_hints() -> None:
    env = ENV.replace("from models", "from somewhere import choose\nfrom models").replace(
        "target_metadata=metadata", "target_metadata=choose()"
    )
    body = f"    op.create_table('plots', {ID})\n"
    files = {"models.py": plot("area: Mapped[int]"), "migrations/versions/r0.py": REVISION + body}
    drift = drift_of({**project(files), ENV_PY: env})
    assert [(short(each), each.certain) for each in drift.comparison.differences] == [
        (("add_column", "plots", "area"), False)
    ]
    assert drift.doubts == ("target_metadata is not known",)


POSTGRESQL = ENV.replace("sqlite:///farm.db", "postgresql://localhost/farm")


def on_postgresql(models: str, upgrade: str) -> tuple[list[str], tuple[str, ...]]:
    """The certain differences and the doubts of an environment of PostgreSQL."""
    body = "".join(f"    {line}\n" for line in upgrade.splitlines())
    files = {"models.py": models, "migrations/versions/r0.py": REVISION + body}
    ini = INI.replace("sqlite:///farm.db", "postgresql://localhost/farm")
    drift = drift_of({**project(files), "migrations/env.py": POSTGRESQL, "alembic.ini": ini})
    return [f"{each.op} {each.name}" for each in drift.comparison.differences if each.certain], drift.doubts


def test_sql_of_postgresql_changes_tables() -> None:
    models = plot(
        "kind: Mapped[str] = mapped_column(sa.Enum('a', 'b', name='kind'))\n"
        "area: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)\n"
        "label: Mapped[str] = mapped_column(sa.String(40), unique=True)\n"
        "other: Mapped[int | None] = mapped_column(sa.ForeignKey('plots.id', ondelete='CASCADE'))"
    )
    upgrade = (
        f"op.create_table('lots', {ID}, sa.Column('kind', sa.String()), sa.Column('name', sa.String(20)))\n"
        "op.execute('ALTER TABLE lots ALTER COLUMN kind TYPE kind USING kind::kind, ALTER kind SET NOT NULL')\n"
        "op.execute('ALTER TABLE lots RENAME TO plots')\n"
        "op.execute('ALTER TABLE plots RENAME COLUMN name TO label')\n"
        "op.execute('ALTER TABLE plots ALTER label TYPE varchar(40), ALTER label SET NOT NULL')\n"
        "op.execute('ALTER TABLE plots ADD COLUMN area bigint, ADD COLUMN other integer')\n"
        "op.execute('CREATE INDEX CONCURRENTLY ix_plots_area ON plots (area)')\n"
        "op.execute('ALTER TABLE plots ADD CONSTRAINT one UNIQUE (label)')\n"
        "op.execute('ALTER TABLE plots ADD CONSTRAINT two FOREIGN KEY (other)"
        " REFERENCES plots (id) ON DELETE CASCADE')\n"
    )
    assert on_postgresql(models, upgrade) == ([], ())
    assert on_postgresql(models, upgrade.replace("varchar(40)", "varchar(30)")) == (["modify_type label"], ())
    assert on_postgresql(models, upgrade.replace("ON DELETE CASCADE", "")) == (["add_fk None", "remove_fk two"], ())


def test_constraints_are_dropped_by_the_names_that_postgresql_gives() -> None:
    models = plot("a: Mapped[int | None]\nb: Mapped[int | None]")
    upgrade = (
        f"op.create_table('plots', {ID}, sa.Column('a', sa.Integer(), unique=True), sa.Column('b', sa.Integer()),"
        " sa.UniqueConstraint('a', 'b'), sa.ForeignKeyConstraint(['b'], ['plots.id']))\n"
        "op.drop_constraint('plots_a_key', 'plots', type_='unique')\n"
        "op.drop_constraint('plots_a_b_key', 'plots')\n"
        "op.execute('ALTER TABLE plots RENAME CONSTRAINT plots_b_fkey TO fk_b')\n"
        "op.drop_constraint('fk_b', 'plots', type_='foreignkey')\n"
    )
    assert on_postgresql(models, upgrade) == ([], ())
    other = upgrade.replace("'plots_a_key'", "'plots_c_key'")
    certain, doubts = on_postgresql(models, other)
    assert (certain, bool(doubts)) == ([], True)


def test_a_type_of_postgresql_is_renamed() -> None:
    models = plot("kind: Mapped[str] = mapped_column(sa.Enum('a', 'b', name='kind'))")
    upgrade = (
        f"op.create_table('plots', {ID}, sa.Column('kind', sa.Enum('a', 'b', name='sort'), nullable=False))\n"
        "op.execute('ALTER TYPE sort RENAME TO kind')\n"
    )
    assert on_postgresql(models, upgrade) == ([], ())
    assert on_postgresql(models, upgrade.replace("TO kind", "TO other")) == (["modify_type kind"], ())
    block = upgrade.replace("ALTER TYPE sort RENAME TO kind", "DO $$ BEGIN ALTER TYPE sort RENAME TO kind; END $$")
    assert on_postgresql(models, block) == ([], ("whether the type is the same: plots.kind",))


def test_a_constraint_whose_name_is_marked_as_final(tmp_path: Path) -> None:
    models = plot("a: Mapped[int | None]\nb: Mapped[int | None]", "    __table_args__ = (sa.UniqueConstraint('a'),)\n")
    convention = "{'uq': 'uq_%(table_name)s_%(column_0_name)s', 'ck': 'ck_%(table_name)s_%(constraint_name)s'}"
    models = models.replace("    pass", f"    metadata = sa.MetaData(naming_convention={convention})")
    upgrade = (
        f"op.create_table('plots', {ID}, sa.Column('a', sa.Integer()), sa.Column('b', sa.Integer()),"
        " sa.UniqueConstraint('a', name=op.f('uq_plots_a')), sa.UniqueConstraint('b', name=op.f('one')))\n"
        "with op.batch_alter_table('plots') as batch_op:\n    batch_op.drop_constraint('one', type_='unique')"
    )
    assert found(tmp_path / "same", models, upgrade) == ([], True)
    other = upgrade.replace("uq_plots_a", "two")
    different = [("add_constraint", "plots", "uq_plots_a"), ("remove_constraint", "plots", "two")]
    assert found(tmp_path / "other", models, other) == (different, True)


def test_what_is_not_known_for_one_reason_is_said_once() -> None:
    crop = "class Crop(Base):\n    __tablename__ = 'crops'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    models = plot("", crop)
    tables = "".join(f"op.create_table('{each}', {ID})\n" for each in ("plots", "crops"))
    certain, doubts = on_postgresql(models, f"{tables}op.execute(open('more.sql').read())")
    assert (certain, doubts) == (
        [],
        (
            "SQL that is not known",
            "whether the table exists: crops, plots",
            "the table may hold something else, because of SQL that is not known: plots, crops",
        ),
    )


def test_a_unique_constraint_without_a_name_in_a_renamed_table(tmp_path: Path) -> None:
    models = plot("a: Mapped[int | None] = mapped_column(unique=True)")
    created = f"op.create_table('lots', {ID}, sa.Column('b', sa.Integer(), unique=True))\n"
    renamed = "op.rename_table('lots', 'plots')\nop.execute('ALTER TABLE plots RENAME COLUMN b TO a')\n"
    assert found(tmp_path, models, created + renamed) == ([], True)
    assert on_postgresql(models, created + renamed) == ([], ())


def test_what_a_handler_takes_back_before_it_raises(tmp_path: Path) -> None:
    upgrade = (
        f"op.create_table('plots', {ID})\n"
        "from sqlalchemy.orm import Session\nsession = Session(bind=op.get_bind())\n"
        "try:\n    session.execute(sa.text('DELETE FROM plots'))\n    session.commit()\n"
        "except sa.exc.SQLAlchemyError as error:\n    session.rollback()\n    raise error\n"
        "finally:\n    session.close()"
    )
    assert found(tmp_path, plot(""), upgrade) == ([], True)
    inner = "".join(f"    {line}\n" for line in upgrade.splitlines())
    for goes_on in (
        upgrade.replace("raise error", "print(error)"),
        upgrade.replace("    raise error", "    if session:\n        return\n    raise error"),
        f"try:\n{inner}except Exception:\n    pass",
    ):
        assert "`rollback`" in on_postgresql(plot(""), goes_on)[1], goes_on
