"""The schema of a program: keys and relations, and that every format stays well-formed whatever the names are."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.report.documents import to_json
from cucurbit.report.report import printable
from cucurbit.report.schema.build import NO_SCHEMA, default_timeline, schema_of
from cucurbit.report.schema.dbml import dbml
from cucurbit.report.schema.dot import dot
from cucurbit.report.schema.inject import NoMarkers, injected
from cucurbit.report.schema.mermaid import mermaid
from cucurbit.report.schema.model import SchemaDocument, SchemaRelation
from cucurbit.report.schema.plantuml import plantuml
from cucurbit.report.schema.sql import in_order, sql
from cucurbit.workspace.tree.files import MemoryTree

SETTINGS = '[tool.cucurbit]\nentry-points = ["main"]\n'
ORM = "from sqlalchemy import *\nfrom sqlalchemy.orm import *\n\nclass Base(DeclarativeBase):\n    pass\n\n"
CORE = "from sqlalchemy import *\n\nm = MetaData()\nTable('users', m, Column('id', Integer, primary_key=True))\n"
SHOP = (
    ORM
    + """class User(Base):
    __tablename__ = "users"
    __table_args__ = {"comment": "who buys"}
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True, comment="where it's sent")

class Profile(Base):
    __tablename__ = "profiles"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    state: Mapped[str] = mapped_column(Enum("new", "paid"), server_default="new")

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)

order_tags = Table("order_tags", Base.metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True))
"""
)


def schema(source: str | Mapping[str, str]) -> SchemaDocument:
    files = {"pyproject.toml": SETTINGS, **({"main.py": source} if isinstance(source, str) else source)}
    tree = MemoryTree({name: text.encode("utf-8", "surrogatepass") for name, text in files.items()})
    context = analyse(folder_workspace(tree, (), {}, None))
    return schema_of(context, default_timeline(context))


def relation(found: SchemaDocument, source: str, *columns: str) -> SchemaRelation:
    (one,) = [each for each in found.relations if each.source == source and each.columns == columns]
    return one


def ends(found: SchemaDocument, source: str, *columns: str) -> tuple[str, str, str]:
    one = relation(found, source, *columns)
    return one.target, one.source_many, one.target_one


# ----------------------------------------------------------------------- cardinality


def test_one_to_many_one_to_one_and_many_to_many_are_told_apart() -> None:
    found = schema(SHOP)
    assert [table.id for table in found.tables] == ["order_tags", "orders", "profiles", "tags", "users"]
    assert ends(found, "orders", "user_id") == ("users", "0..*", "1")
    assert ends(found, "orders", "parent_id") == ("orders", "0..*", "0..1")
    assert ends(found, "profiles", "user_id") == ("users", "0..1", "1")
    # Half of a key is not unique: many rows of an association table refer to one order.
    assert ends(found, "order_tags", "order_id") == ("orders", "0..*", "1")
    assert found.by_id["order_tags"].association == ("orders", "tags")
    assert [table.id for table in found.tables if table.association] == ["order_tags"]


@pytest.mark.parametrize(
    ("extra", "many"),
    [
        ("", "0..*"),
        (", unique=True", "0..1"),
        (", index=True, unique=True", "0..1"),
        ("), UniqueConstraint('user_id'", "0..1"),
        ("), Index('ix', 'user_id', unique=True", "0..1"),
        ("), Index('ix', 'user_id'", "0..*"),
        ("), Index('ix', 'user_id', unique=True, postgresql_where=text('x')", "0..*"),
        ("), Column('n', Integer), UniqueConstraint('user_id', 'n'", "0..*"),
        ("), UniqueConstraint(*unknown()", "0..*"),
    ],
)
def test_a_foreign_key_is_one_to_one_only_where_it_is_certainly_unique(extra: str, many: str) -> None:
    found = schema(f"{CORE}Table('t', m, Column('user_id', Integer, ForeignKey('users.id'){extra}))\n")
    assert ends(found, "t", "user_id") == ("users", many, "0..1")


def test_a_composite_foreign_key_is_one_relation() -> None:
    found = schema(
        "from sqlalchemy import *\nm = MetaData()\n"
        "Table('a', m, Column('x', Integer, primary_key=True), Column('y', Integer, primary_key=True))\n"
        "Table('b', m, Column('ax', Integer, nullable=False), Column('ay', Integer),"
        " ForeignKeyConstraint(['ax', 'ay'], ['a.x', 'a.y']))\n"
    )
    assert ends(found, "b", "ax", "ay") == ("a", "0..*", "0..1")
    assert relation(found, "b", "ax", "ay").target_columns == ("x", "y")


def test_the_columns_of_a_primary_key_are_never_null() -> None:
    found = schema(f"{CORE}Table('t', m, Column('a', ForeignKey('users.id')), PrimaryKeyConstraint('a'))\n")
    column = found.by_id["t"].column("a")
    assert column is not None
    assert (column.nullable, column.primary_key, column.type) == (False, True, "Integer")
    assert ends(found, "t", "a") == ("users", "0..1", "1")


def test_an_association_table_with_more_columns_is_an_entity() -> None:
    text = SHOP.replace('Column("tag_id",', 'Column("at", DateTime),\n    Column("tag_id",')
    assert schema(text).by_id["order_tags"].association == ("orders", "tags")
    keyed = SHOP.replace('Column("order_id",', 'Column("id", Integer, primary_key=True), Column("order_id",')
    assert schema(keyed).by_id["order_tags"].association is None


# ------------------------------------------------------------------------ what is known


def test_what_points_out_of_the_document_is_said() -> None:
    found = schema(f"{CORE}Table('t', m, Column('a', Integer, ForeignKey('nowhere.id')))\n")
    assert relation(found, "t", "a").missing
    assert found.drawn == ()
    for text in (mermaid(found), dot(found), plantuml(found), sql(found), dbml(found)):
        assert "nowhere" not in text


def test_what_is_not_known_is_open() -> None:
    found = schema("from sqlalchemy import *\nm = MetaData()\nTable('t', m, Column('a', Integer), *unknown())\n")
    assert found.by_id["t"].open
    assert "not known" in sql(found)


def test_a_migration_environment_sees_its_own_metadata() -> None:
    files = {
        "pyproject.toml": SETTINGS.replace('"main"', '"main", "alembic.ini"'),
        "alembic.ini": "[alembic]\nscript_location = alembic\n",
        "alembic/env.py": "from alembic import context\nfrom one import m\n"
        "context.configure(target_metadata=m)\ncontext.run_migrations()\n",
        "one.py": CORE + "other = MetaData()\nTable('apart', other, Column('id', Integer, primary_key=True))\n",
        "main.py": "import one\n",
    }
    found = schema(files)
    assert found.moment == "migrations"
    assert [table.id for table in found.tables] == ["users"]
    assert found.tables[0].registered_by == ("alembic.ini", "main")


def test_tables_of_one_name_on_two_metadata_are_told_apart() -> None:
    found = schema(CORE + "n = MetaData()\nTable('users', n, Column('id', Integer))\n")
    assert [table.id for table in found.tables] == ["main.m:users", "main.n:users"]
    assert mermaid(found).count("users") == 2
    assert found.metadata == ("main.m", "main.n")


def test_a_program_that_fails_may_have_had_more_tables() -> None:
    found = schema(CORE + "raise RuntimeError(1)\nTable('later', m, Column('id', Integer))\n")
    assert [table.id for table in found.tables] == ["users"]
    assert found.open == ("RuntimeError ends it early (main.py:5)",)
    assert schema(CORE + "raise SystemExit\n").open == ()


def test_without_an_entry_point_there_is_nothing() -> None:
    tree = MemoryTree({})
    context = analyse(folder_workspace(tree, (), {}, None))
    assert schema_of(context, default_timeline(context)) == NO_SCHEMA


# ----------------------------------------------------------------------------- formats

HOSTILE = (
    '"quoted"', "it's", "back\\slash", "per%cent %%{init: {}}%%", "</script><img src=x onerror=alert(1)>", "new\nline",
    "class", "end", "direction TB", "Über 表", "a-->b", "`tick`", "{brace}", "[x]", "&amp;", ";drop", "#hash",
    "@enduml",
    "a.b", "*", " ", "1st", "PK", "\u2028sep", "😀", "---", "/*", "--", "<!-- /cucurbit:schema -->",
)  # fmt: skip


def hostile() -> SchemaDocument:
    lines = [
        f"Table({name!r}, m,"
        f" Column({name!r}, Integer, ForeignKey('users.id'), comment={name!r}, server_default={name!r}),"
        f" Column('other', Enum('a', {name!r})), UniqueConstraint('other', {name!r}, name={name!r}),"
        f" Index({name!r} + 'ix', 'other', {name!r}), comment={name!r})"
        for name in HOSTILE
    ]
    return schema(CORE + "\n".join(lines) + "\n")


def database(text: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(text)
    return connection


def test_sql_makes_the_tables_that_the_program_has() -> None:
    made = database(sql(schema(SHOP)))
    names = made.execute("select name from sqlite_master where type = 'table' order by name").fetchall()
    assert names == [("order_tags",), ("orders",), ("profiles",), ("tags",), ("users",)]
    columns = made.execute("select name, type, \"notnull\", dflt_value, pk from pragma_table_info('orders')").fetchall()
    assert columns == [
        ("id", "INTEGER", 1, None, 1),
        ("user_id", "INTEGER", 1, None, 0),
        ("parent_id", "INTEGER", 0, None, 0),
        ("state", "VARCHAR(4)", 1, "'new'", 0),
    ]
    keys = made.execute('select "table", "from", "to", on_delete from pragma_foreign_key_list(\'profiles\')').fetchall()
    assert keys == [("users", "user_id", "id", "CASCADE")]


def test_sql_keeps_hostile_names_and_escapes_control_characters() -> None:
    """The text may be shown on a terminal, which would obey them."""
    made = database(sql(hostile()))
    names = {name for (name,) in made.execute("select name from sqlite_master where type = 'table'")}
    assert names == {*map(printable, HOSTILE), "users"}
    for name in map(printable, HOSTILE):
        quoted = name.replace("'", "''")
        columns = made.execute(f"select name, dflt_value from pragma_table_info('{quoted}')").fetchall()
        assert columns == [(name, f"'{quoted}'"), ("other", None)]


def test_a_cycle_of_foreign_keys_ends() -> None:
    found = schema(
        "from sqlalchemy import *\nm = MetaData()\n"
        "Table('a', m, Column('id', Integer, primary_key=True), Column('b', ForeignKey('b.id')))\n"
        "Table('b', m, Column('id', Integer, primary_key=True), Column('a', ForeignKey('a.id')))\n"
        "Table('c', m, Column('id', ForeignKey('a.id'), primary_key=True))\n"
    )
    assert [table.id for table in in_order(found)] == ["a", "b", "c"]
    assert len(database(sql(found)).execute("select * from sqlite_master where type = 'table'").fetchall()) == 3


def test_mermaid() -> None:
    assert mermaid(schema(SHOP)) == (
        "erDiagram\n"
        '    "order_tags" {\n        Integer order_id PK, FK\n        Integer tag_id PK, FK\n    }\n'
        '    "orders" {\n        Integer id PK\n        Integer user_id FK\n        Integer parent_id FK\n'
        "        Enum state\n    }\n"
        '    "profiles" {\n        Integer user_id PK, FK\n    }\n'
        '    "tags" {\n        Integer id PK\n    }\n'
        '    "users" {\n        Integer id PK\n        String email UK "where it\'s sent"\n    }\n'
        '    "order_tags" }o--|| "orders" : "order_id"\n'
        '    "order_tags" }o--|| "tags" : "tag_id"\n'
        '    "orders" }o--|| "users" : "user_id"\n'
        '    "orders" }o--o| "orders" : "parent_id"\n'
        '    "profiles" |o--|| "users" : "user_id"\n'
    )


def test_mermaid_has_nothing_but_what_its_grammar_takes() -> None:
    """The tokens of Mermaid's erDiagram.jison, strictly."""
    name, word, comment = r'"[^"%\\\n]+"', r"[A-Za-z_\u00C0-\uFFFF][\w\u00C0-\uFFFF-]*", r'"[^"\n]*"'
    lines = {
        rf"    {name} \{{", r"    \}", rf"        {word} {word}( (PK|FK|UK)(, (PK|FK|UK))*)?( {comment})?",
        rf"    {name} (\}}o|\|o)--(\|\||o\|) {name} : {comment}",
    }  # fmt: skip
    text = mermaid(hostile())
    first, *others = text.rstrip("\n").split("\n")
    assert first == "erDiagram"
    assert [line for line in others if not any(re.fullmatch(each, line) for each in lines)] == []
    assert "%%" not in text
    assert re.search(r"direction\s+TB", text) is None
    entities = re.findall(r'^    "(.*)" \{$', text, re.MULTILINE)
    assert len(entities) == len(set(entities)) == len(HOSTILE) + 1


def test_dbml() -> None:
    text = dbml(schema(SHOP))
    assert '  "email" "String(320)" [unique, not null, note: \'where it\\\'s sent\']\n' in text
    assert "  Note: 'who buys'\n" in text
    assert '    ("order_id", "tag_id") [pk]\n' in text
    assert 'Ref: "profiles"."user_id" - "users"."id" [delete: cascade]\n' in text
    assert 'Ref: "orders"."user_id" > "users"."id"\n' in text


def test_dbml_quotes_hostile_names() -> None:
    quoted = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`\n]*`')
    rest = quoted.sub("Q", dbml(hostile()))
    assert set(re.sub(r"\b(Table|Q|indexes|Note|note|Ref|pk|unique|not null|default|name)\b", "", rest)) <= set(
        " \n{}[]():,.>-"
    )


def test_dot_is_balanced_and_escaped() -> None:
    text = dot(hostile())
    assert "<img" not in text
    assert "</script" not in text
    assert len(re.findall(r"^    t\d+ \[label=<<table .*</table>>\]$", text, re.MULTILINE)) == len(HOSTILE) + 1
    assert len(re.findall(r'^    t\d+:c0 -> t\d+:c0 \[.*tooltip="(?:[^"\\]|\\.)*"\]$', text, re.MULTILINE)) == len(
        HOSTILE
    )
    assert "arrowtail=teeodot, arrowhead=teetee" in dot(schema(SHOP))


def test_plantuml_has_no_markup_of_its_own() -> None:
    lines = plantuml(hostile()).rstrip("\n").split("\n")
    assert lines[0] == "@startuml"
    assert lines[-1] == "@enduml"
    assert sum("@" in line for line in lines) == 2
    names = [line for line in lines if line.startswith("entity ")]
    assert all(re.fullmatch(r"""entity "(?:[\w _.,()']|<U\+[0-9A-F]{4}>|\?)*" as t\d+ \{""", line) for line in names)
    assert len(names) == len(HOSTILE) + 1
    assert "t2 |o--|| t4 : user_id" in plantuml(schema(SHOP))


def test_json_is_ascii() -> None:
    text = to_json(hostile())
    assert text.isascii()
    assert {table["name"] for table in json.loads(text)["tables"]} == {*HOSTILE, "users"}


# ------------------------------------------------------------------------------ inject


def test_the_block_between_the_markers_is_replaced_and_nothing_else() -> None:
    text = "# A\n\n<!-- cucurbit:schema -->\nold\n<!-- /cucurbit:schema -->\n\nB <!-- cucurbit:schema -->\n"
    new = injected(text, "erDiagram\n")
    assert new == text.replace("old", "```mermaid\nerDiagram\n```")
    assert injected(new, "erDiagram\n") == new


def test_line_endings_stay_and_the_second_marker_may_be_like_the_first() -> None:
    text = "A\r\n<!-- cucurbit:schema -->\r\n<!-- cucurbit:schema -->\r\nB"
    new = injected(text, "erDiagram\n    a\n")
    assert new == (
        "A\r\n<!-- cucurbit:schema -->\r\n```mermaid\r\nerDiagram\r\n    a\r\n```\r\n<!-- cucurbit:schema -->\r\nB"
    )
    assert injected(new, "erDiagram\n    a\n") == new


def test_a_name_like_the_marker_does_not_end_the_block() -> None:
    text = "<!-- cucurbit:schema -->\n<!-- /cucurbit:schema -->\nkept\n"
    once = injected(text, mermaid(hostile()))
    assert injected(once, mermaid(hostile())) == once
    assert once.endswith("```\n<!-- /cucurbit:schema -->\nkept\n")


@pytest.mark.parametrize(
    "text", ["", "<!-- cucurbit:schema -->\n", "<!-- cucurbit:schema --> <!-- /cucurbit:schema -->"]
)
def test_without_a_pair_of_markers_there_is_no_place(text: str) -> None:
    with pytest.raises(NoMarkers):
        injected(text, "erDiagram\n")
