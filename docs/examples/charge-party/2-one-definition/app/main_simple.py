import logging

from fastapi import FastAPI

from app.run_migrations import run_migrations

logging.basicConfig(level=logging.INFO)

# This has to stand above the routers: they import the models, env.py imports them again, and a double import of
# models_extra raises "Table 'energy_events' is already defined for this MetaData instance".
run_migrations()

from app.routers import drivers, parties, wallet  # noqa: E402

app = FastAPI(title="Charge party")
app.include_router(drivers.router)
app.include_router(parties.router)
app.include_router(wallet.router)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
