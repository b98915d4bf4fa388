"""The columns of joins as hints, compared with what SQLAlchemy joins by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from cucurbit.ide.models.join_hints import join_hints
from tests.ide.models.marks import analysed

JOINS = """\
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, Table
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()
tagged = Table(
    "tagged",
    Base.metadata,
    Column("post", ForeignKey("posts.id"), primary_key=True),
    Column("tag", ForeignKey("tags.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    realm = Column(Integer, primary_key=True)
    posts = relationship("Post", back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer)
    user_realm = Column(Integer)
    parent_id = Column(ForeignKey("posts.id"))
    __table_args__ = (ForeignKeyConstraint(["user_id", "user_realm"], ["users.id", "users.realm"]),)
    author = relationship(
        User,
        back_populates="posts",
    )
    parent = relationship("Post", remote_side=[id])
    tags = relationship("Tag", secondary=tagged)
    own = relationship("Tag", secondary=tagged, primaryjoin="Post.id == tagged.c.post", viewonly=True)


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
"""


def joined() -> dict[str, set[frozenset[str]]]:
    """By which pairs of columns SQLAlchemy joins each relationship."""
    models: dict[str, Any] = {"__name__": "joins"}
    exec(compile(JOINS, "joins.py", "exec", dont_inherit=True), models)
    orm.configure_mappers()
    found: dict[str, set[frozenset[str]]] = {}
    for mapper in models["Base"].registry.mappers:
        for each in mapper.relationships:
            pairs = (*each.synchronize_pairs, *(each.secondary_synchronize_pairs or ()))
            found[each.key] = {frozenset(map(str, pair)) for pair in pairs}
    return found


def test_hints_say_what_sqlalchemy_joins_by() -> None:
    lines = JOINS.split("\n")
    shown = {}
    for hint in join_hints(analysed({"joins.py": JOINS, "main.py": "import joins\n"}), "joins.py"):
        assert lines[hint.line - 1][: hint.column].endswith(")")
        start = next(each for each in range(hint.line, 0, -1) if "= relationship(" in lines[each - 1])
        shown[lines[start - 1].split()[0]] = {frozenset(each.split(" = ")) for each in hint.label.split(" and ")}
    real = joined()
    # What a primaryjoin says is written there already.
    assert shown == {name: real[name] for name in ("posts", "author", "parent", "tags")}


def test_what_cannot_be_joined_has_no_hint() -> None:
    text = JOINS.replace('    parent_id = Column(ForeignKey("posts.id"))\n', "")
    hints = join_hints(analysed({"joins.py": text, "main.py": "import joins\n"}), "joins.py")
    assert len(hints) == 3
    assert join_hints(analysed({"main.py": "import joins\n"}), "main.py") == ()
