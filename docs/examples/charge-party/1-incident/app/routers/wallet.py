from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.db import get_session
from app.services.ledger import balance

router = APIRouter(prefix="/wallet")


@router.get("/{driver_id}")
def read_balance(driver_id: int, session: Annotated[Session, Depends(get_session)]) -> int:
    return balance(session, driver_id)
