"""What hovers, lenses, hints and symbols say of a workspace."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cucurbit.analysis.engine import analyse
from cucurbit.ide.file_outline import declared_tables
from cucurbit.ide.hover import hover, hover_before_analysis
from cucurbit.ide.lenses import hints, lenses
from cucurbit.ide.markdown import plain
from cucurbit.ide.reach import Links, reach
from cucurbit.ide.registration_tables import tables
from cucurbit.ide.registration_tree import RegistrationTrees
from cucurbit.ide.symbols import (
    definition,
    definitions_before_analysis,
    document_symbols,
    symbols_before_analysis,
    workspace_symbols,
)
from cucurbit.ide.table_status import TableStatuses, ordinal, times
from cucurbit.opening import folder_workspace
from cucurbit.simulate.core.timeline import EventKind
from cucurbit.source import reader
from cucurbit.source.text import SourceText
from cucurbit.workspace.tree.files import MemoryTree
from tests.oracle.programs.start import drawn, project

BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, Table
from sqlalchemy.orm import Mapped, mapped_column

from base import Base


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


links = Table("links", Base.metadata, Column("user", ForeignKey("users.id")))
"""

MAIN = "if __name__ == '__main__':\n    import models\n"


def statuses(files: Mapping[str, str]) -> TableStatuses:
    return TableStatuses(analyse(folder_workspace(MemoryTree(files))))


def told(found: TableStatuses, path: str, line: int, column: int) -> str:
    result = hover(found, path, line, column)
    assert result is not None
    return result.markdown


def titles(found: TableStatuses, path: str) -> list[str]:
    return [lens.title for lens in lenses(found, path)]


def test_without_an_environment_nothing_is_said_of_migrations() -> None:
    found = statuses({"base.py": BASE, "models.py": MODELS, "main.py": MAIN})
    assert titles(found, "models.py") == ["registered 1st in python main.py", "registered 2nd in python main.py"]
    text = told(found, "models.py", 7, 8)
    assert "Alembic" not in text
    assert "- registered 1st in `python main.py`: main.py:2 imports models" in text
    assert [(hint.line, hint.label) for hint in hints(found, "models.py")] == [(7, "#1"), (12, "#2")]


def test_a_model_that_no_entry_point_executes() -> None:
    found = statuses({"base.py": BASE, "models.py": MODELS})
    assert titles(found, "models.py") == ["no application entry point executes this"] * 2
    assert "no entry point executes this definition" in told(found, "models.py", 7, 1)
    assert hints(found, "models.py") == ()


def test_what_depends_on_something_unknown_is_said_so() -> None:
    main = "import os\nif __name__ == '__main__':\n    if os.environ.get('X'):\n        import models\n"
    found = statuses({"base.py": BASE, "models.py": MODELS, "main.py": main})
    assert titles(found, "models.py")[0] == "possibly registered 1st in python main.py"
    assert "possibly registered 1st" in told(found, "models.py", 7, 8)


def test_several_entry_points_are_counted() -> None:
    found = statuses({"base.py": BASE, "models.py": MODELS, "main.py": MAIN, "other.py": MAIN})
    assert titles(found, "models.py")[0] == "registered by 2 entry points"
    text = told(found, "models.py", 7, 8)
    assert "in `python main.py`" in text
    assert "in `python other.py`" in text


def test_a_hover_is_short_whatever_the_number_of_entry_points() -> None:
    again = MODELS.replace("class User", "class Other")
    files = {f"main{number}.py": MAIN for number in range(9)} | {f"other{number}.py": again for number in range(4)}
    main = MAIN + "".join(f"    import other{number}\n" for number in range(4))
    found = statuses({"base.py": BASE, "models.py": MODELS, "all.py": main, **files})
    text = told(found, "models.py", 7, 8)
    assert len(text.splitlines()) <= 15
    assert "- other definitions: other0.py:7, other1.py:7 and 2 more" in text
    assert text.endswith("- and in 5 more entry points")


PACKAGE = {"base.py": BASE, "my_app/__init__.py": "from my_app import models\n", "my_app/models.py": MODELS}


def test_places_in_a_hover_are_links_and_their_names_are_shown_as_they_are() -> None:
    found = statuses({**PACKAGE, "main.py": MAIN.replace("models", "my_app")})
    assert "main.py`: my\\_app/\\_\\_init\\_\\_.py:1 imports my\\_app.models" in told(found, "my_app/models.py", 7, 8)
    links = Links(
        lambda path: f"file:///w/{path}", reach=lambda target: f"command:c?{target.entry}:{target.kind.value}"
    )
    result = hover(found, "my_app/models.py", 7, 8, links)
    assert result is not None
    assert "[my\\_app/\\_\\_init\\_\\_.py:1](<file:///w/my_app/__init__.py#L1>) imports" in result.markdown
    assert "([how](<command:c?main.py:table-registered>))" in result.markdown
    assert "python main.py: my_app/__init__.py:1 imports my_app.models (how)" in plain(result.markdown)


def test_how_a_table_is_reached_is_told_in_order() -> None:
    found = statuses({**PACKAGE, "main.py": MAIN.replace("models", "my_app")})
    chain = reach(found, "my_app/models.py", 7, "main.py", EventKind.TABLE_REGISTERED)
    assert chain is not None
    assert chain.title == "How users is registered 1st in python main.py"
    assert [f"{each.location.path}:{each.location.span.line} {each.message}" for each in chain.steps] == [
        "main.py:2 imports my_app",
        "my_app/__init__.py:1 imports my_app.models",
        "my_app/models.py:7 users is registered 1st in python main.py",
    ]
    assert reach(found, "my_app/models.py", 7, "main.py", EventKind.TABLE_REJECTED) is None
    assert reach(found, "my_app/models.py", 8, "main.py", EventKind.TABLE_REGISTERED) is None
    assert reach(found, "my_app/models.py", 7, "main.py", EventKind.MIGRATIONS_STARTED) is None


def test_a_lens_says_why_a_class_behind_a_failing_line_is_not_registered() -> None:
    broken = MODELS.replace("class User", "raise RuntimeError\n\n\nclass User")
    found = statuses({"base.py": BASE, "models.py": broken, "main.py": MAIN})
    assert titles(found, "models.py") == ["never registered: its module fails before the table is registered"] * 2
    dead = next(each for each in tables(found.context) if each.label == "Never executed")
    assert [(each.label, each.description) for each in dead.children] == [
        ("User", "its module fails before the table is registered"),
        ("links", "its module fails before the table is registered"),
    ]


def test_what_revisions_declare_for_themselves_comes_last() -> None:
    revision = "import sqlalchemy as sa\nrevision = 'a'\ndown_revision = None\nmeta = sa.MetaData()\n"
    revision += "old = sa.Table('old', meta)\n\n\ndef upgrade():\n    pass\n"
    env = "from alembic import context\nimport models\ncontext.configure(target_metadata=models.Base.metadata)\n"
    files = {
        "base.py": BASE,
        "models.py": MODELS,
        "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
        "alembic/env.py": env + "with context.begin_transaction():\n    context.run_migrations()\n",
        "alembic/versions/a.py": revision,
        "main.py": MAIN,
    }
    found = statuses(files)
    first, last = tables(found.context)
    assert (first.label, last.label, last.description) == (
        "base.Base.metadata",
        "Declared in revisions",
        "1 MetaData, 1 table",
    )
    assert [each.label for each in last.children[0].children] == ["old"]
    entries = [each.label for each in RegistrationTrees(found.context).entries()]
    assert entries == ["python main.py", "alembic: alembic.ini"]


def test_migrations_in_a_process_of_their_own_see_no_models() -> None:
    files = {
        "base.py": BASE,
        "models.py": MODELS,
        "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
        "alembic/env.py": "from alembic import context\nimport models\n"
        "context.configure(target_metadata=models.Base.metadata)\n"
        "with context.begin_transaction():\n    context.run_migrations()\n",
        "main.py": "import subprocess\nimport models\nif __name__ == '__main__':\n"
        "    subprocess.run(['alembic', 'upgrade', 'head'], check=True)\n",
    }
    found = statuses(files)
    assert titles(found, "main.py") == ["0 models registered before in main.py"]
    assert "(in a separate process)" in told(found, "main.py", 4, 6)
    assert titles(found, "alembic/env.py") == ["registers 2 tables"]
    assert titles(found, "models.py")[0].startswith("seen by Alembic, registered by 2 entry points")


def test_an_import_tells_what_it_registers() -> None:
    found = statuses(
        {"base.py": BASE, "models.py": MODELS, "main.py": MAIN + "    from models import User\n    import base\n"}
    )
    assert "registers 2 tables: `users`, `links`" in told(found, "main.py", 2, 12)
    assert "in `python main.py` the module was already imported" in told(found, "main.py", 3, 24)
    assert hover(found, "main.py", 4, 12) is None
    assert hover(found, "nowhere.py", 1, 0) is None


def test_symbols_hold_the_whole_class() -> None:
    found = statuses({"base.py": BASE, "models.py": MODELS, "main.py": MAIN})
    user, links = document_symbols(found, "models.py")
    assert (user.name, user.table, user.is_class, user.span.line, user.whole.end_line) == ("User", "users", True, 7, 9)
    assert (links.name, links.is_class) == ("links", False)
    assert [each.name for each in workspace_symbols(found, "usr")] == ["User"]
    assert [each.name for each in workspace_symbols(found, "")] == ["User", "links"]
    assert workspace_symbols(found, "(") == ()


@pytest.mark.parametrize(
    ("column", "lines"), [(66, [7]), (15, [12]), (9, [12])], ids=["foreign key", "own name", "outside a string"]
)
def test_strings_lead_to_tables(column: int, lines: list[int]) -> None:
    found = statuses({"base.py": BASE, "models.py": MODELS, "main.py": MAIN})
    text = MODELS.split("\n")[11]
    where = definition(found, "models.py", 12, column, text)
    assert [each.span.line for each in where] == lines


def test_a_definition_leads_to_its_other_ones() -> None:
    files = {"base.py": BASE, "models.py": MODELS, "copies.py": MODELS, "main.py": MAIN}
    found = statuses(files)
    where = definition(found, "models.py", 7, 8, "class User(Base):")
    assert [each.path for each in where] == ["copies.py"]


def test_numbers_in_words() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th")
    ]
    assert (times(1, "table"), times(0, "table")) == ("1 table", "0 tables")


SPELT = """\
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlmodel import Field


class User(Base, Stamped):
    __tablename__: str = "users"
    __table_args__ = (sa.UniqueConstraint("name"), {"schema": "auth"})

    id: Mapped[int] = mapped_column(primary_key=True)
    name = sa.Column(sa.String)
    age: int = Field(default=0)
    roles: Mapped[list["Role"]] = relationship()
    given: Mapped[str] = deferred(sa.Column())
    limit: int = 3

    class Inner(Base):
        __tablename__ = "inner"


class Abstract(Base):
    __abstract__ = True
    __tablename__ = "never"


class Plain:
    name = "no table"


class Named(Base):
    __tablename__ = make_name()


try:
    import extras
except ImportError:
    def make():
        late = sa.Table("late", base.metadata, sa.Column("id"), sa.Column("to", FK("auth.users.id")), schema="x")
        return late
else:
    sa.Table("bare")
    sa.Table(name, metadata)
"""


def test_a_table_of_flask_sqlalchemy_names_no_metadata() -> None:
    text = 'tags = db.Table("tags", db.Column("tag_id", db.Integer), db.Column("post_id", db.Integer))\n'
    (found,) = declared_tables(reader.read(text), SourceText(text))
    assert (found.table, found.metadata, found.columns) == ("tags", "", ("tag_id", "post_id"))


def test_what_a_file_says_by_itself() -> None:
    source = SourceText(SPELT)
    found = declared_tables(reader.read(SPELT), source)
    assert [(each.table, each.class_name, each.metadata, each.columns) for each in found] == [
        ("auth.users", "User", "Base, Stamped", ("id", "name", "age", "given")),
        ("inner", "Inner", "Base", ()),
        ("x.late", "", "base.metadata", ("id", "to")),
        ("bare", "", "", ()),
    ]
    starts = ["class Use", "class Inn", "sa.Table(", "sa.Table("]
    assert [source.slice(each.span)[:9] for each in found] == starts
    named = hover_before_analysis(found, 7, 12)
    assert named is not None
    assert source.slice(named.span) == '__tablename__: str = "users"'
    header = hover_before_analysis(found, 6, 8)
    assert header is not None
    assert header.markdown == named.markdown
    assert "4 columns here: `id`, `name`, `age`, `given`" in header.markdown
    assert hover_before_analysis(found, 1, 0) is None
    assert [(each.name, each.table, each.is_class) for each in symbols_before_analysis(found, "a.py")] == [
        ("User", "auth.users", True),
        ("Inner", "inner", True),
        ("x.late", "x.late", False),
        ("bare", "bare", False),
    ]
    number = SPELT[: SPELT.index("late =")].count("\n") + 1
    line = source.line_text(number)
    assert [span.line for span in definitions_before_analysis(found, line, number, line.index("auth") + 2)] == [6]
    assert definitions_before_analysis(found, line, number, line.index("late")) == ()
    assert definitions_before_analysis(found, "Unknown", 1, 0) == ()


def test_a_file_that_is_broken_says_what_is_left_of_it() -> None:
    text = SPELT + "\n\ndef broken(:\n"
    assert [each.table for each in declared_tables(reader.read(text))] == ["auth.users", "inner", "x.late", "bare"]


def test_what_is_written_of_a_table_is_told_of_it() -> None:
    found = statuses({"base.py": BASE, "models.py": MODELS, "main.py": MAIN})
    assert "1 column here: `id`\n" in told(found, "models.py", 7, 8)
    assert "1 column here: `user`\n" in told(found, "models.py", 12, 8)


def test_what_a_file_says_by_itself_is_what_is_executed() -> None:
    """In random programs: the same table, under the same name, at the same place; its schema may stand elsewhere."""
    compared = 0
    for seed in range(20):
        workspace = folder_workspace(MemoryTree(project(drawn(seed * 1000))))
        found = TableStatuses(analyse(workspace))
        for path in workspace.python_files():
            facts = workspace.facts(path)
            assert facts is not None
            spelt = {
                each.span: (each.table, each.class_name) for each in declared_tables(facts, workspace.source(path))
            }
            for table in found.of_path(path):
                span = found.context.span(table.place)
                if span in spelt:
                    name, class_name = spelt[span]
                    assert table.key == name or table.key.endswith(f".{name}")
                    assert table.class_name == class_name
                    compared += 1
    assert compared > 5
