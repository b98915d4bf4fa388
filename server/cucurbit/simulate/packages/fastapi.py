"""FastAPI: an application of Starlette; its command.

Facts from fastapi/applications.py, fastapi/concurrency.py and fastapi_cli/discover.py.
"""

from __future__ import annotations

from cucurbit.simulate.core.package import Package
from cucurbit.simulate.packages.applications import asgi_startup
from cucurbit.simulate.packages.stdlib.system_calls import in_thread
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, arguments_of

_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
_NAMES = ("app", "api")


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    arguments = arguments_of(argv)
    if not arguments.positional or arguments.positional[0] not in {"run", "dev"}:
        return None
    entry = arguments.get("--entrypoint", "-e")
    if entry:
        return context.start(StartKind.SERVED, entry, ".")
    path = arguments.positional[1] if len(arguments.positional) > 1 else ""
    return context.start(
        StartKind.SERVED, "", attribute=arguments.get("--app") or "", path=path or ".", names=_NAMES, files=_FILES
    )


PACKAGE = Package(
    name="FastAPI",
    leaves_arguments=("fastapi.",),
    calls={"fastapi.concurrency.run_in_threadpool": in_thread(0)},
    startup={"fastapi.FastAPI": asgi_startup, "fastapi.applications.FastAPI": asgi_startup},
    applications={"FastAPI": True},
    command_lines={"fastapi": _command_line},
    assumed=frozenset({"fastapi"}),
)
