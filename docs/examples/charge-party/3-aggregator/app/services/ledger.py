from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models_extra import WalletEntry


def balance(session: Session, driver_id: int) -> int:
    query = select(func.coalesce(func.sum(WalletEntry.cents), 0)).where(WalletEntry.driver_id == driver_id)
    return session.scalars(query).one()
