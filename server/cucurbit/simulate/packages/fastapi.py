"""FastAPI: an application of Starlette. Facts from fastapi/applications.py and fastapi/concurrency.py."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.applications import asgi_startup
from cucurbit.simulate.packages.stdlib.system_calls import in_thread

PACKAGE = Package(
    name="FastAPI",
    calls={"fastapi.concurrency.run_in_threadpool": in_thread(0)},
    startup={"fastapi.FastAPI": asgi_startup, "fastapi.applications.FastAPI": asgi_startup},
    assumed=frozenset({"fastapi"}),
)
