from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Driver


def emails(session: Session) -> list[str]:
    return list(session.scalars(select(Driver.email).order_by(Driver.email)))
