"""Renamed tables and columns, judged by SQLAlchemy: the models stay what they were but for the name."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import ForeignKeyConstraint, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.orm import clear_mappers

from cucurbit.analysis.context import Context
from cucurbit.fixes.apply import apply
from cucurbit.ide.models.names import ModelName, NameKind, name_index
from cucurbit.ide.models.rename import NotRenamed, renamable, renamed
from tests.ide.models.marks import analysed
from tests.ide.models.test_names import MODELS

CLASSIC = """\
from sqlalchemy import *
from sqlalchemy.orm import declarative_base, relationship, foreign
Base = declarative_base(metadata=MetaData(schema="app"))
class Role(Base):
    __tablename__ = 'role'
    role = Column(Integer, primary_key=True)
    parent = Column(ForeignKey('app.role.role'))
    children = relationship('Role', remote_side='Role.parent', primaryjoin='Role.role == Role.parent')
    members = relationship('User', primaryjoin="foreign(User.role) == Role.role", viewonly=True)
class User(Base):
    __tablename__ = "user"
    id = Column('user', Integer(), primary_key=True)
    role = Column(ForeignKey("app.role.role", name="user_role"), index=True)
    other = Column(Integer())
    __table_args__ = (UniqueConstraint("role", "user", name="role"), ForeignKeyConstraint(["other"], ["app.user.user"]))
"""

Described = dict[str, tuple[Any, ...]]
Name = Callable[[str, str | None], tuple[str, str | None]]


@pytest.mark.parametrize("text", [MODELS, CLASSIC])
def test_sqlalchemy_finds_the_same_models_under_the_new_name(text: str) -> None:
    context = analysed({"models.py": text})
    names = [each for each in context.memo(name_index).of_name if each.kind in (NameKind.TABLE, NameKind.COLUMN)]
    before = described(run(text))
    done = 0
    for name in names:
        try:
            fix = renamed(context, name, "renamed_thing")
        except NotRenamed:
            # ``title: Mapped[str]`` has no call that could name it.
            assert name.name == "title"
            continue
        after = apply({"models.py": text}, [fix])["models.py"]
        assert after is not None
        assert described(run(after)) == with_names(before, new_names(context, name, "renamed_thing")), name
        done += 1
    assert done >= 6


def run(text: str) -> MetaData:
    """The MetaData of a models module, whose mappers are configured."""
    module = ModuleType("models")
    sys.modules["models"] = module
    try:
        exec(compile(text, "models.py", "exec"), module.__dict__)
        module.Base.registry.configure()
    finally:
        del sys.modules["models"]
        clear_mappers()
    found = module.Base.metadata
    assert isinstance(found, MetaData)
    return found


def described(metadata: MetaData) -> Described:
    return {table.fullname: _table(table) for table in metadata.tables.values()}


def _table(table: Table) -> tuple[Any, ...]:
    keys = {
        tuple((each.parent.name, *each.target_fullname.rpartition(".")[::2]) for each in constraint.elements)
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
    }
    unique = {
        (type(constraint).__name__, constraint.name, tuple(each.name for each in constraint.columns))
        for constraint in table.constraints
        if isinstance(constraint, (UniqueConstraint, PrimaryKeyConstraint))
    }
    # The name of an index that ``index=True`` makes follows those of its table and column.
    indexes = {tuple(each.name for each in index.columns) for index in table.indexes}
    return tuple(column.name for column in table.columns), keys, unique, indexes


def new_names(context: Context, name: ModelName, new: str) -> Name:
    """What a table and its column are called afterwards."""
    tables = {
        standing.shape.key: standing.shape
        for entry in context.entries
        for standing in context.shapes(entry).tables.values()
    }

    def named(table: str, column: str | None) -> tuple[str, str | None]:
        shape = tables[table]
        if name.kind is NameKind.TABLE:
            is_it = shape.place == name.place and shape.name == name.name
            return (f"{table.removesuffix(shape.name)}{new}" if is_it else table), column
        found = shape.named(column) if column is not None else None
        return table, new if found is not None and found.place == name.place else column

    return named


def with_names(before: Described, named: Name) -> Described:
    after: Described = {}
    for table, (columns, keys, unique, indexes) in before.items():

        def here(column: str, table: str = table) -> str | None:
            return named(table, column)[1]

        after[named(table, None)[0]] = (
            tuple(map(here, columns)),
            {tuple((here(own), *named(target, column)) for own, target, column in key) for key in keys},
            {(kind, name, tuple(map(here, each))) for kind, name, each in unique},
            {tuple(map(here, each)) for each in indexes},
        )
    return after


def at(context: Context, path: str, text: str, source: str) -> ModelName | None:
    """The name to rename with the cursor at the end of the first ``text``."""
    before = source[: source.index(text) + len(text)]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2])
    found = renamable(context, path, line, column)
    return found.name if found is not None else None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('ForeignKey("use', NameKind.TABLE),
        ('ForeignKey("users.i', NameKind.COLUMN),
        ('__tablename__ = "use', NameKind.TABLE),
        ('mapped_column("full', NameKind.COLUMN),
        ('Index("users", "ful', NameKind.COLUMN),
        ('Index("use', None),
        ('Mapped["Us', None),
        ("class Us", None),
        ("id: Mapped", None),
        ('back_populates="aut', None),
    ],
)
def test_only_tables_and_columns_in_strings_are_renamed(text: str, kind: NameKind | None) -> None:
    found = at(analysed({"models.py": MODELS}), "models.py", text, MODELS)
    assert (found.kind if found is not None else None) is kind


COMPUTED = """\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, declared_attr
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
class Post(Base):
    __tablename__ = "posts"
    name = "users"
    id = Column(ForeignKey(f"{name}.id"), primary_key=True)
    title = Column(Integer)
class Named(Base):
    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower()
    id = Column(Integer, primary_key=True)
    other = Column(ForeignKey("named.id"))
"""


@pytest.mark.parametrize(
    ("text", "new", "why"),
    [
        ('__tablename__ = "users', "people", "models.py:10 does not write table users as a plain string"),
        ('__tablename__ = "posts', "users", "There is a table users already, at models.py:4"),
        ('ForeignKey("named', "other", "The program computes the name of table named, at models.py:12"),
        ('__tablename__ = "posts', "a b", "'a b' is no name of a table"),
        ('__tablename__ = "posts', 'a"b', "is no name of a table"),
        ('__tablename__ = "posts', "", "is no name of a table"),
    ],
)
def test_refused(text: str, new: str, why: str) -> None:
    context = analysed({"models.py": COMPUTED})
    name = at(context, "models.py", text, COMPUTED)
    assert name is not None
    with pytest.raises(NotRenamed, match=re.escape(why)):
        renamed(context, name, new)


def test_a_taken_column_is_refused() -> None:
    context = analysed({"models.py": MODELS})
    name = at(context, "models.py", 'UniqueConstraint("titl', MODELS)
    assert name is not None
    with pytest.raises(NotRenamed, match="Table posts has a column author_id already"):
        renamed(context, name, "author_id")


def test_revisions_keep_the_names_of_their_time() -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = m\n",
        "m/env.py": (
            "from alembic import context\nimport models\n"
            "context.configure(target_metadata=models.Base.metadata)\ncontext.run_migrations()\n"
        ),
        "m/versions/a.py": (
            'from alembic import op\nimport sqlalchemy as sa\nrevision = "a"\ndown_revision = None\n'
            'def upgrade():\n    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))\n'
        ),
        "models.py": COMPUTED.replace('f"{name}.id"', '"users.id"'),
    }
    context = analysed(files)
    name = at(context, "models.py", '__tablename__ = "users', files["models.py"])
    assert name is not None
    assert {edit.path for edit in renamed(context, name, "people").edits} == {"models.py"}
