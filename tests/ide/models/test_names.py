"""Where the names of models are written."""

from __future__ import annotations

import pytest

from cucurbit.ide.models.names import NameKind, name_definition, name_index
from tests.ide.models.marks import analysed, between

MODELS = """\
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, String, Table, UniqueConstraint
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, synonym


class Base(DeclarativeBase):
    pass


class Stamped:
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


user_tags = Table(
    "user_tags",
    Base.metadata,
    Column("user_id", ForeignKey("users.id")),
    Column("tag_id", ForeignKey("posts.id")),
)


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("full_name", String(50))
    alias = synonym("name")
    posts: Mapped[list["Post"]] = relationship(
        back_populates="author", order_by="Post.title.desc()", foreign_keys="[Post.author_id]"
    )
    titles = association_proxy("posts", "title")
    __table_args__ = (Index("users", "full_name"),)


class Post(Stamped, Base):
    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("title", "author_id"), ForeignKeyConstraint(["id"], ["users.id"]))
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author: Mapped["User"] = relationship("models.User", back_populates="posts", foreign_keys="[Post.author_id]")
    readers = relationship(
        User,
        secondary="user_tags",
        primaryjoin="Post.id == user_tags.c.tag_id",
        secondaryjoin='and_(User.id == user_tags.c.user_id, User.name != "Post.title")',
    )
"""


def written(kind: NameKind, name: str) -> list[str]:
    context = analysed({"models.py": MODELS})
    index = context.memo(name_index)
    return [
        between(MODELS, each.span)
        for found, occurrences in index.of_name.items()
        if (found.kind, found.name) == (kind, name)
        for each in occurrences
    ]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        (
            NameKind.TABLE,
            "users",
            ['__tablename__ = "|users|"', 'ForeignKey("|users|.id")', 'ForeignKey("|users|.id")', '["|users|.id"]'],
        ),
        (
            NameKind.TABLE,
            "user_tags",
            ['    "|user_tags|",', 'secondary="|user_tags|"', "== |user_tags|.c", "== |user_tags|.c"],
        ),
        (NameKind.COLUMN, "user_id", ['Column("|user_id|"', "user_tags.c.|user_id|"]),
        (NameKind.COLUMN, "full_name", ['mapped_column("|full_name|"', 'Index("users", "|full_name|"']),
        (NameKind.COLUMN, "author_id", ["    |author_id|: Mapped", '("title", "|author_id|")']),
        (
            NameKind.CLASS,
            "User",
            ["class |User|(Base)", 'Mapped["|User|"]', '"models.|User|"', "and_(|User|.id", ", |User|.name"],
        ),
        (
            NameKind.CLASS,
            "Post",
            [
                "class |Post|(",
                'Mapped[list["|Post|"]]',
                'order_by="|Post|.title',
                '"[|Post|.author_id]"',
                '"[|Post|.author_id]"',
                '"|Post|.id ==',
            ],
        ),
        (
            NameKind.ATTRIBUTE,
            "posts",
            ["    |posts|: Mapped", 'association_proxy("|posts|"', 'back_populates="|posts|"'],
        ),
        (NameKind.ATTRIBUTE, "author", ["    |author|: Mapped", 'back_populates="|author|"']),
        (NameKind.ATTRIBUTE, "title", ["    |title|: Mapped", "Post.|title|.desc", 'proxy("posts", "|title|")']),
        (NameKind.ATTRIBUTE, "name", ["    |name|: Mapped", 'synonym("|name|")', "User.|name| !="]),
    ],
)
def test_written(kind: NameKind, name: str, expected: list[str]) -> None:
    found = written(kind, name)
    assert len(found) == len(expected)
    for line in found:
        assert any(each in line for each in expected), line
    assert expected[0] in found[0], "the definition comes first"


def test_names_of_other_metadata_and_registries_are_others() -> None:
    models = """\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, relationship
A, B = declarative_base(), declarative_base()
class User(A):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
class Post(A):
    __tablename__ = "posts"
    id = Column(ForeignKey("users.id"), primary_key=True)
    user = relationship("User")
class Other(B):
    __tablename__ = "others"
    id = Column(ForeignKey("users.id"), primary_key=True)
def make():
    class User(B):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
    return User
Made = make()
"""
    index = analysed({"models.py": models}).memo(name_index)
    lines = {
        (name.kind, each.span.line): [one.span.line for one in index.of_name[name]]
        for name in index.of_name
        for each in index.of_name[name]
        if each.defines and name.name in ("User", "users")
    }
    assert lines == {
        (NameKind.TABLE, 5): [5, 9],
        (NameKind.CLASS, 4): [4, 10],
        (NameKind.TABLE, 16): [16, 13],
        (NameKind.CLASS, 15): [15],
    }


def test_a_string_leads_to_what_it_names() -> None:
    context = analysed({"models.py": MODELS})

    def leads(text: str) -> list[str]:
        line = next(number for number, each in enumerate(MODELS.split("\n"), 1) if text in each)
        column = MODELS.split("\n")[line - 1].index(text) + len(text) - 1
        return [between(MODELS, each.span).strip() for each in name_definition(context, "models.py", line, column)]

    assert leads('ForeignKey("use') == ['__tablename__ = "|users|"']
    assert leads('ForeignKey("users.i') == ["|id|: Mapped[int] = mapped_column(primary_key=True)"]
    assert leads('back_populates="auth')[0].startswith('|author|: Mapped["User"]')
    assert leads('Index("users", "full') == ['name: Mapped[str] = mapped_column("|full_name|", String(50))']
    assert leads('__tablename__ = "us') == []
    assert leads("secondaryjoin='and_(Us") == ["class |User|(Base):"]


def test_names_in_other_files_and_of_several_entry_points() -> None:
    files = {
        "pyproject.toml": '[tool.cucurbit]\nentry-points = ["one", "two"]\n',
        "base.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
        "user.py": (
            "from base import Base\nfrom sqlalchemy import Column, Integer\n\n\nclass User(Base):\n"
            "    __tablename__ = 'user'\n    id = Column(Integer, primary_key=True)\n"
        ),
        "post.py": (
            "from base import Base\nfrom sqlalchemy import Column, ForeignKey\n\n\nclass Post(Base):\n"
            "    __tablename__ = 'post'\n    id = Column(ForeignKey('user.id'), primary_key=True)\n"
        ),
        "one.py": "import post\n",
        "two.py": "import post, user\n",
    }
    index = analysed(files).memo(name_index)
    (name,) = [each for each in index.of_name if each.name == "user"]
    assert [(each.path, each.span.line) for each in index.of_name[name]] == [("user.py", 6), ("post.py", 7)]
