"""What stands around the layers of a generated application: its core, its project files, its migrations."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.bench.layers import Table


def core_files(package: str) -> dict[str, str]:
    """The modules of ``core``, by their names."""
    return {
        "config": '''"""Settings, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Settings:
    """What can be set from outside."""

    database_url: str = "sqlite://"
    debug: bool = False
    origins: tuple[str, ...] = ("http://localhost:3000",)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return Settings(
        database_url=os.environ.get("DATABASE_URL", "sqlite://"),
        debug=os.environ.get("DEBUG", "") == "1",
        origins=tuple(os.environ.get("ORIGINS", "http://localhost:3000").split(",")),
    )
''',
        "db": f'''"""The database: engine, sessions, and the base of all tables."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from {package}.core.config import get_settings

NAMING = {{
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}}


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMING)


engine = create_engine(get_settings().database_url)
SessionLocal = sessionmaker(bind=engine, expire_on_commit=False)


def get_session() -> Iterator[Session]:
    """A session for one request."""
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()
''',
        "mixins": '''"""Columns that all tables have."""

from datetime import datetime

from sqlalchemy import DateTime, func
from sqlalchemy.orm import Mapped, mapped_column


class TimestampMixin:
    """When a row was made, and when it was last changed."""

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), onupdate=func.now(), nullable=True)
''',
        "logs": '''"""Logging, once for the whole program."""

from __future__ import annotations

import logging
import sys


def configure(level: int = logging.INFO) -> None:
    """Log to the standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
''',
        "security": f'''"""Who is asking."""

from __future__ import annotations

import hmac

from fastapi import Header, HTTPException

from {package}.core.config import get_settings


def current_user(authorization: str = Header(default="")) -> str:
    """The name in the token of a request."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise HTTPException(status_code=401, detail="not signed in")
    name, _, signature = token.partition(".")
    if get_settings().debug or hmac.compare_digest(signature, name[::-1]):
        return name
    raise HTTPException(status_code=403, detail="wrong signature")
''',
    }


def main_file(package: str, extra: Sequence[str]) -> str:
    """The program: ``uvicorn main:app``. ``extra`` are more import lines."""
    lines = "\n".join(extra)
    return f'''"""The program: ``uvicorn main:app``."""

from __future__ import annotations

from fastapi import FastAPI

from {package}.core import logs
from {package}.core.config import get_settings
from {package}.routers import api_router
{lines}

logs.configure()


def create_app() -> FastAPI:
    """The application with all its routes."""
    settings = get_settings()
    application = FastAPI(title="{package}", debug=settings.debug)
    for router in api_router:
        application.include_router(router)
    return application


app = create_app()


@app.get("/health")
def health() -> dict[str, str]:
    return {{"status": "ok"}}
'''


def env_file(package: str) -> str:
    """Alembic's env.py."""
    return f'''"""The environment of Alembic."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config, pool

from {package}.core.db import Base
from {package} import models  # noqa: F401

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)
target_metadata = Base.metadata


def run_migrations_offline() -> None:
    """Write SQL."""
    context.configure(url=config.get_main_option("sqlalchemy.url"), target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run against a database."""
    section = config.get_section(config.config_ini_section, {{}})
    connectable = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
'''


def revision_file(rng: Random, number: int, tables: Sequence[Table]) -> str:
    """A revision that makes and changes tables."""
    before = f'"{number - 1:012x}"' if number > 1 else "None"
    made = "".join(
        f'''    op.create_table(
        "{each.name}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.String(length={rng.choice((64, 120, 255))}), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_{each.name}")),
    )
    op.create_index(op.f("ix_{each.name}_name"), "{each.name}", ["name"], unique={rng.random() < 0.3})
'''
        for each in tables
    )
    dropped = "".join(f'    op.drop_table("{each.name}")\n' for each in reversed(tables))
    title = f"{', '.join(each.name for each in tables[:2])}"
    return f'''"""{title}

Revision ID: {number:012x}
Revises: {before.strip('"')}
"""

from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision: str = "{number:012x}"
down_revision: Union[str, None] = {before}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
{made}

def downgrade() -> None:
{dropped}'''


ALEMBIC_INI = """[alembic]
script_location = alembic
prepend_sys_path = .
sqlalchemy.url = sqlite://

[loggers]
keys = root

[handlers]
keys =

[formatters]
keys =

[logger_root]
level = WARNING
handlers =
"""


def project_files(name: str) -> dict[str, str]:
    """What is not Python, by path from the project's folder."""
    return {
        "alembic.ini": ALEMBIC_INI,
        "pyproject.toml": f'[project]\nname = "{name}"\nversion = "1.0.0"\nrequires-python = ">=3.10"\n'
        'dependencies = ["fastapi>=0.110", "sqlalchemy>=2.0", "alembic>=1.13", "pydantic>=2"]\n\n'
        # The revisions create other columns than the models have, and some tables twice.
        '[tool.cucurbit]\nignore = ["models-not-migrated", "migrations-not-modelled", "revision-operation"]\n',
        "requirements.txt": "alembic==1.16.5\nfastapi==0.116.1\npydantic==2.11.7\nsqlalchemy==2.0.43\n",
        "Dockerfile": "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n"
        'CMD ["uvicorn", "main:app", "--host", "0.0.0.0"]\n',
        "README.md": f"# {name}\n\nStart it with `uvicorn main:app`.\n",
    }
