from __future__ import annotations

import pytest

from cucurbit.source.sieve import may_be_entry_point, may_define_tables, may_run_migrations


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


@pytest.mark.parametrize(
    "text",
    [
        "if __name__ == '__main__':\n    main()\n",
        "app = FastAPI()\n",
        "app = Flask(__name__)\n",
        "def create_app(): ...\n",
        "uvicorn.run('m:app')\n",
        "celery = Celery('x')\n",
        "@click.command()\ndef main(): ...\n",
        "from alembic import command\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_files_that_may_be_entry_points(text: str, encoding: str) -> None:
    assert may_be_entry_point(text.encode(encoding))


@pytest.mark.parametrize(
    "text",
    [
        "command.upgrade(config, 'head')\n",
        "import flask_migrate\n",
        "subprocess.run(['alembic', 'upgrade', 'head'])\n",
        "alembic.config.main(argv=['upgrade'])\n",
    ],
)
def test_files_that_may_run_migrations(text: str) -> None:
    assert may_run_migrations(text.encode())
    assert may_be_entry_point(text.encode())


@pytest.mark.parametrize("text", ["", "x = 1\n", "def add(a, b):\n    return a + b\n", "\0\x01\x02"])
def test_files_without_interest(text: str) -> None:
    data = text.encode()
    assert not may_define_tables(data)
    assert not may_be_entry_point(data)
    assert not may_run_migrations(data)
