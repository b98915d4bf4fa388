"""Small programs that fail, as files: an Alembic project on SQLite, and what the cases change in it."""

from __future__ import annotations

from collections.abc import Mapping

INI = """\
[alembic]
script_location = migrations
prepend_sys_path = .
sqlalchemy.url = sqlite:///garden.db
"""

ENV = """\
from alembic import context
from sqlalchemy import create_engine

from garden.models import Base

target_metadata = Base.metadata


def migrate():
    engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


migrate()
"""

MAKO = '''\
"""${message}"""
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
from alembic import op
import sqlalchemy as sa


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    pass
'''

MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Bed(Base):
    __tablename__ = "beds"

    id: Mapped[int] = mapped_column(primary_key=True)
"""

FIRST = """\
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    op.create_table("beds", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("beds")
"""


def revision(identifier: str, parent: str, *steps: str) -> str:
    """A revision that follows ``parent`` and does ``steps``."""
    body = "".join(f"    {step}\n" for step in steps) or "    pass\n"
    return (
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f'revision = "{identifier}"\ndown_revision = "{parent}"\n\n\ndef upgrade():\n{body}\n\ndef downgrade():\n'
        f"    pass\n"
    )


GARDEN: Mapping[str, str] = {
    "cucurbit.toml": "",
    "alembic.ini": INI,
    "migrations/env.py": ENV,
    "migrations/script.py.mako": MAKO,
    "migrations/versions/a1_beds.py": FIRST,
    "garden/__init__.py": "",
    "garden/models.py": MODELS,
}
"""One table and the revision that creates it."""
