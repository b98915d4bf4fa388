from __future__ import annotations

import pytest

from cucurbit.source.sieve import may_define_tables


@pytest.mark.parametrize(
    "text",
    [
        "class User(Base):\n    __tablename__ = 'users'\n",
        "users = Table('users', metadata, Column('id', Integer))\n",
        "users = db.Table('users')\n",
        "class User(db.Model):\n    pass\n",
        "class User(SQLModel, table=True):\n    pass\n",
        "metadata = MetaData()\n",
        "Base = declarative_base()\n",
        "class Base(DeclarativeBase): ...\n",
        "mapper_registry.map_imperatively(User, users)\n",
        "Base = automap_base()\n",
        "class Mixin:\n    __abstract__ = True\n",
        "class Account(Base):\n    pass\n",
        "@mapper_registry.mapped\nclass A: ...\n",
        "db = SQLAlchemy()\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_files_that_may_define_tables(text: str, encoding: str) -> None:
    assert may_define_tables(text.encode(encoding))


@pytest.mark.parametrize("text", ["", "x = 1\n", "def add(a, b):\n    return a + b\n", "\0\x01\x02"])
def test_files_without_interest(text: str) -> None:
    assert not may_define_tables(text.encode())
