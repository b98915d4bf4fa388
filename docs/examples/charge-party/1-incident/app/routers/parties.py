from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.db import get_session
from app.services.calendar import active_titles

router = APIRouter(prefix="/parties")


@router.get("/active")
def list_active(session: Annotated[Session, Depends(get_session)]) -> list[str]:
    return active_titles(session)
