import logging

from fastapi import FastAPI

from app.run_migrations import run_migrations

logging.basicConfig(level=logging.INFO)

# First of all, so that nothing below ever meets an old schema.
run_migrations()

from app import models_all  # noqa: E402, F401
from app.routers import drivers, parties, wallet  # noqa: E402

app = FastAPI(title="Charge party")
app.include_router(drivers.router)
app.include_router(parties.router)
app.include_router(wallet.router)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
