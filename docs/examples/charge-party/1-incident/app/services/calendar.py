from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models_domain import EnergyEvent


def active_titles(session: Session) -> list[str]:
    return list(session.scalars(select(EnergyEvent.title).where(EnergyEvent.active).order_by(EnergyEvent.id)))
