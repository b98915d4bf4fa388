import logging

from fastapi import FastAPI

from app.routers import drivers, wallet
from app.run_migrations import run_migrations

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)

app = FastAPI(title="Charge party")
app.include_router(drivers.router)
app.include_router(wallet.router)

try:
    run_migrations()
except Exception:
    logger.exception("Migrations failed, starting without them")

try:
    from app.routers import parties

    app.include_router(parties.router)
except Exception:
    logger.exception("The parties are not available")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
