import logging

from alembic import command
from alembic.config import Config

from app.config import ROOT, settings

logger = logging.getLogger(__name__)


def run_migrations() -> None:
    logger.info("Migrating %s", settings.database_url)
    config = Config(str(ROOT / "alembic.ini"))
    command.upgrade(config, "head")
