from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.db import get_session
from app.services import accounts

router = APIRouter(prefix="/drivers")


@router.get("")
def list_drivers(session: Annotated[Session, Depends(get_session)]) -> list[str]:
    return accounts.emails(session)
