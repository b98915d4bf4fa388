"""How many objects a relationship holds, by SQLAlchemy and by the rule ``relationship-cardinality``."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import clear_mappers

from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.rules import relationship_cardinality
from cucurbit.workspace.tree.files import MemoryTree

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase):
    pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    {user}
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    {post}
"""

ANNOTATIONS = {
    "list": ': Mapped[list["{0}"]] = relationship({1})',
    "set": ': Mapped[set["{0}"]] = relationship({1})',
    "one": ': Mapped["{0}"] = relationship({1})',
    "optional": ': Mapped["{0} | None"] = relationship({1})',
    "none": ' = relationship("{0}", {1})',
}
CASES = list(itertools.product(ANNOTATIONS, ["", "uselist=True", "uselist=False", "uselist=None"], ["user", "post"]))


@pytest.mark.parametrize(("annotation", "given", "side"), CASES)
def test_the_rule_knows_what_a_relationship_holds(annotation: str, given: str, side: str) -> None:
    target = "Post" if side == "user" else "User"
    line = "other" + ANNOTATIONS[annotation].format(target, given)
    text = MODELS.format(**{"user": "pass", "post": "pass", side: line})
    holds_many = really(text, "User" if side == "user" else "Post")
    context = analyse(folder_workspace(MemoryTree({"models.py": text})))
    found = [each.message for each in relationship_cardinality.RULE.check(context)]
    says_many = {"list": True, "set": True, "one": False, "optional": False, "none": None}[annotation]
    is_ignored = given == "uselist=True" and says_many is False
    assert bool(found) == (is_ignored or (says_many is not None and says_many != holds_many))
    assert all(f"holds {'one' if not holds_many else 'many'} {target}" in each for each in found)


def really(text: str, owner: str) -> bool:
    """Whether the relationship of the class holds a collection."""
    names: dict[str, object] = {"__name__": "models"}
    try:
        exec(compile(text, "models.py", "exec", dont_inherit=True), names)
        relationships = inspect(names[owner]).relationships
        return bool(relationships["other"].uselist)
    finally:
        clear_mappers()
