import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    database_url: str


settings = Settings(database_url=os.environ.get("DATABASE_URL", f"sqlite:///{ROOT / 'charge_party.db'}"))
