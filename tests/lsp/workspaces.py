"""The workspace that the tests open: the incident, small."""

from __future__ import annotations

from pathlib import Path

DB = """\
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
"""

DOMAIN = """\
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class EnergyEvent(Base):
    __tablename__ = "energy_events"

    id: Mapped[int] = mapped_column(primary_key=True)
"""

EXTRA = """\
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class WalletEntry(Base):
    __tablename__ = "wallet_entries"

    id: Mapped[int] = mapped_column(primary_key=True)


class EnergyEvent(Base):
    __tablename__ = "energy_events"

    id: Mapped[int] = mapped_column(primary_key=True)
"""

MAIN = """\
import logging

from fastapi import FastAPI

from app import wallet
from app.migrate import run_migrations

try:
    run_migrations()
except Exception:
    logging.exception("no migrations")

app = FastAPI()
app.include_router(wallet.router)
"""

INCIDENT = {
    "ruff.toml": "",
    "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
    "alembic/env.py": """\
from alembic import context
from sqlalchemy import create_engine

import app.models_domain
from app.db import Base

with create_engine("sqlite://").connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
""",
    "app/__init__.py": "",
    "app/db.py": DB,
    "app/models_domain.py": DOMAIN,
    "app/models_extra.py": EXTRA,
    "app/wallet.py": """\
from fastapi import APIRouter

from app.models_extra import WalletEntry

router = APIRouter()


@router.get("/wallet")
def wallet() -> str:
    return WalletEntry.__tablename__
""",
    "app/migrate.py": """\
from alembic import command
from alembic.config import Config


def run_migrations() -> None:
    command.upgrade(Config("alembic.ini"), "head")
""",
    "app/main.py": MAIN,
    "Procfile": "web: uvicorn app.main:app\n",
    "requirements.txt": "alembic\nfastapi\nsqlalchemy==2.0.30\n",
}

AGGREGATED = {
    **INCIDENT,
    "app/models_extra.py": EXTRA.partition("\n\nclass EnergyEvent")[0] + "\n",
    "app/models_all.py": """\
from app.db import Base  # noqa: F401
import app.models_domain  # noqa: F401
import app.models_extra  # noqa: F401
""",
    "alembic/env.py": INCIDENT["alembic/env.py"]
    .replace("import app.models_domain\n", "")
    .replace("app.db", "app.models_all"),
}


def lay_out(root: Path, files: dict[str, str]) -> Path:
    """Write files under ``root``. Returns the root as the file system knows it."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    return root.resolve()
