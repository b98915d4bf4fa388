"""Run in a child Python in a copy of one state: starts the app as uvicorn would and writes down what it met."""

from __future__ import annotations

import importlib
import json
import logging
import sys
import warnings
from pathlib import Path


def main(report: str) -> None:
    sys.path.insert(0, str(Path.cwd()))
    logging.basicConfig(level=logging.INFO)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fastapi.testclient import TestClient
        from sqlalchemy import inspect

        module = importlib.import_module("app.main_simple")
        database = importlib.import_module("app.db")
    with TestClient(module.app, raise_server_exceptions=False) as client:
        routes = ("/health", "/drivers", "/wallet/1", "/parties/active")
        statuses = {route: client.get(route).status_code for route in routes}
    seen = {
        "registered": sorted(database.Base.metadata.tables),
        "in_database": sorted(inspect(database.engine).get_table_names()),
        "statuses": statuses,
    }
    Path(report).write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
