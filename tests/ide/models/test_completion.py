"""What is offered while a string or a keyword is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.analysis.context import Context
from cucurbit.ide.models.completion import model_completion
from cucurbit.ide.models.cursor import cursor_at
from cucurbit.ide.models.documentation import documentation
from cucurbit.ide.models.offered import OfferedName
from cucurbit.source.text import SourceText
from tests.ide.models.marks import analysed
from tests.ide.models.test_names import MODELS


@pytest.fixture(scope="module")
def context() -> Context:
    return analysed({"models.py": MODELS, "other.py": "import models\n"})


def offered(context: Context, text: str, path: str = "models.py") -> tuple[OfferedName, ...] | None:
    """What is offered at the bar in ``text``, which is appended to the body of class Post."""
    source = SourceText((MODELS if path == "models.py" else "") + text)
    offset = source.text.rindex("|")
    source = SourceText(source.text[:offset] + source.text[offset + 1 :])
    return model_completion(context, path, source, *source.position(offset))


KEYS = ["users.id", "posts.id"]
COLUMNS = ["id", "title", "author_id"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x = mapped_column(ForeignKey("|"))', KEYS),
        ('x = mapped_column(ForeignKey("|', KEYS),
        ("x = mapped_column(ForeignKey('|", KEYS),
        ('x = mapped_column(ForeignKey("users.|"))', ["users.id", "users.full_name", "posts.id"]),
        ('x = mapped_column(ForeignKey("users.id", name="|"))', None),
        ('x = relationship("|")', ["User", "Post"]),
        ('x: Mapped["|"]', ["User", "Post"]),
        ('x: Mapped[list["P|"]]', ["User", "Post"]),
        ('x: Mapped["User"] = relationship(back_populates="|")', ["posts"]),
        ('x = relationship("User", back_populates="|")', ["posts"]),
        ('x = relationship(\n        User,\n        lazy="joined",\n        back_populates="|', ["posts"]),
        ('x = relationship(lazy="|")', None),
        ('x = relationship("User", secondary="|")', ["user_tags", "users", "posts"]),
        ('x = relationship("User", order_by="User.|")', ["id", "name"]),
        ('x = relationship("User", primaryjoin="and_(User.id == Post.|")', COLUMNS),
        ('x = relationship("User", primaryjoin="User.id == user_tags.c.|")', ["user_id", "tag_id"]),
        ('x = relationship("User", foreign_keys=["Post.|"])', COLUMNS),
        ('__table_args__ = (UniqueConstraint("|"),)', COLUMNS),
        ('__table_args__ = (UniqueConstraint("title", name="|"),)', None),
        ('__table_args__ = (\n        Index("|"),\n    )', None),
        ('__table_args__ = (\n        Index("ix", "|"),\n    )', COLUMNS),
        ('__table_args__ = ForeignKeyConstraint(["|"], ["users.id"])', COLUMNS),
        ('__table_args__ = ForeignKeyConstraint(["id"], ["|"])', KEYS),
        ('__mapper_args__ = {"polymorphic_on": "|"}', COLUMNS),
        ('x = association_proxy("|")', ["author", "readers"]),
        ('x = association_proxy("author", "|")', ["id", "name", "alias", "posts", "titles"]),
        ('x = association_proxy("nothing", "|")', []),
        ('x = synonym("|")', COLUMNS),
        ('x = "|"', None),
        ('x = other("|")', None),
        ('x = 1  # ForeignKey("|', None),
        ('x = """ForeignKey("|"""', None),
    ],
)
def test_strings(context: Context, text: str, expected: list[str] | None) -> None:
    found = offered(context, f"    {text}\n")
    assert (None if found is None else [each.text for each in found]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u = User(|)", ["id=", "name=", "alias=", "posts=", "titles="]),
        ("u = User(id=1, na|", ["name=", "alias=", "posts=", "titles="]),
        ("u = models.User(\n    id=1,\n    |", ["name=", "alias=", "posts=", "titles="]),
        ("session.query(User).filter_by(|)", ["id=", "name=", "posts="]),
        ("select(User.id, User).filter_by(id=1, |)", ["name=", "posts="]),
        ("User.query.filter(Post.id == 1).filter_by(|)", ["id=", "title=", "author=", "readers=", "author_id="]),
        ("u = User(id=|)", None),
        ("class User(|)", None),
        ("class Other(User, |)", None),
        ("def User(|)", None),
        ("u = Unknown(|)", []),
        ("u = [|]", None),
        ("|", None),
    ],
)
def test_keywords(context: Context, text: str, expected: list[str] | None) -> None:
    found = offered(context, text, "other.py")
    assert (None if found is None else [each.text for each in found]) == expected


def test_all_of_the_string_up_to_the_end_of_the_word_is_replaced(context: Context) -> None:
    def replaced(text: str) -> list[str]:
        found = offered(context, text, "other.py")
        line = text.replace("|", "")
        assert found is not None
        return list(dict.fromkeys(line[each.span.column : each.span.end_column] for each in found))

    assert replaced('ForeignKey("us|ers.id", name="x")') == ["users.id"]
    assert replaced('ForeignKey("|, name="x")') == [""]
    assert replaced('relationship("User", order_by="desc(User.na|me), Post.id")') == ["name"]
    assert replaced('relationship("User", order_by="desc(Us|er.name)")') == ["User.name"]
    assert replaced("User(na|me=1)") == ["name"]


def test_details(context: Context) -> None:
    found = offered(context, '    x = mapped_column(ForeignKey("users.|"))\n') or ()
    assert [(each.text, each.detail) for each in found][:2] == [
        ("users.id", "Integer, primary key"),
        ("users.full_name", "String(50)"),
    ]
    (user, _) = offered(context, '    x = relationship("|")\n') or ()
    assert user.detail == "table users, models.py"
    assert user.about is not None
    told = documentation(context, user.about).split("\n")[1:-1]
    assert told == ["id  Integer, primary key", "full_name  String(50)"]
    (column, *_) = found
    assert column.about is not None
    assert documentation(context, column.about).startswith("**column `users.id`** \u00b7 `Integer, primary key`, at ")
    (keyword, *_) = offered(context, "\n\nUser(|)\n") or ()
    assert keyword.about is not None
    assert documentation(context, keyword.about).startswith("**attribute `User.id`**")


def test_a_class_that_is_not_imported_here_is_offered_too() -> None:
    files = {
        "base.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
        "user.py": (
            "from base import Base\nfrom sqlalchemy import Column, Integer\n\n\nclass User(Base):\n"
            "    __tablename__ = 'user'\n    id = Column(Integer, primary_key=True)\n"
        ),
        "post.py": (
            "from base import Base\nfrom sqlalchemy import Column, Integer\n\n\nclass Post(Base):\n"
            "    __tablename__ = 'post'\n    id = Column(Integer, primary_key=True)\n"
        ),
    }
    source = SourceText(files["post.py"] + '    user = relationship("")\n')
    found = model_completion(analysed(files), "post.py", source, source.line_count - 1, 25)
    assert [each.text for each in found or ()] == ["Post", "User"]


@given(st.text(alphabet="ab\"'()[]{},.=# \n\\f", max_size=60), st.integers(0, 60))
def test_any_text_has_a_cursor_or_none(text: str, offset: int) -> None:
    source = SourceText(text)
    line, column = source.position(offset)
    found = cursor_at(source, line, column)
    if found is not None:
        assert found.span.line == found.span.end_line == line
        assert found.span.column <= column <= found.span.end_column <= len(source.line_text(line))
        assert source.line_text(line)[found.span.column : column] == found.before


FIRST = """\
from alembic import op
import sqlalchemy as sa

revision = "a"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(50)),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.UniqueConstraint("name", name="users_name"),
    )
    op.create_index("users_by_name", "users", ["name"])


def downgrade():
    op.drop_table("users")
"""

SECOND = """\
from alembic import op
import sqlalchemy as sa

revision = "b"
down_revision = "a"


def upgrade():
    op.create_table("posts", sa.Column("key", sa.Integer(), primary_key=True))
    op.alter_column("users", "name", new_column_name="title")
    |


def downgrade():
    |
"""

REVISIONS = {
    "alembic.ini": "[alembic]\nscript_location = m\n",
    "m/env.py": "from alembic import context\ncontext.configure(target_metadata=None)\ncontext.run_migrations()\n",
    "m/versions/a.py": FIRST,
    "m/versions/b.py": SECOND.replace("    |", "    pass"),
}


@pytest.fixture(scope="module")
def revisions() -> Context:
    return analysed(REVISIONS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('op.drop_table("|")', ["users", "posts"]),
        ('op.add_column("|', ["users", "posts"]),
        ('op.drop_column("users", "|")', ["id", "name"]),
        ('op.create_index("ix", "users", ["|"])', ["id", "name"]),
        ('op.create_index("|", "users", ["name"])', None),
        ('op.drop_index("|")', ["users_by_name"]),
        ('op.drop_index("x", table_name="|")', ["users", "posts"]),
        ('op.drop_constraint("|", "users")', ["users_pkey", "users_name"]),
        ('op.create_foreign_key(None, "|", "users", [], [])', ["users", "posts"]),
        ('op.create_foreign_key(None, "posts", "users", ["|"], ["id"])', ["key"]),
        ('op.create_foreign_key(None, "posts", "users", ["key"], ["|"])', ["id", "name"]),
        ('op.add_column("posts", sa.Column("x", sa.ForeignKey("|")))', ["users.id", "posts.key"]),
        ('with op.batch_alter_table("users") as batch:\n        batch.drop_column("|")', ["id", "name"]),
        (
            'with op.batch_alter_table("users") as batch:\n        batch.drop_constraint("|")',
            ["users_pkey", "users_name"],
        ),
        ('op.execute("|")', None),
    ],
)
def test_operations_name_what_the_revision_finds(revisions: Context, text: str, expected: list[str] | None) -> None:
    before, _, behind = SECOND.partition("    |")
    found = offered_in(revisions, f"{before}    {text}{behind.replace('    |', '    pass')}")
    assert (None if found is None else [each.text for each in found]) == expected


def test_a_downgrade_finds_what_the_upgrade_leaves(revisions: Context) -> None:
    before, _, behind = SECOND.replace("    |", "    pass", 1).partition("    |")
    found = offered_in(revisions, f'{before}    op.alter_column("users", "|"){behind}')
    assert [(each.text, each.detail) for each in found or ()] == [
        ("id", "Integer"),
        ("title", "String(50), nullable"),
    ]


def offered_in(context: Context, text: str) -> tuple[OfferedName, ...] | None:
    offset = text.index("|")
    source = SourceText(text[:offset] + text[offset + 1 :])
    return model_completion(context, "m/versions/b.py", source, *source.position(offset))
