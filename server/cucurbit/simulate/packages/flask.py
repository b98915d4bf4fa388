"""Flask: functions that run before the first request, up to Flask 2.2."""

from __future__ import annotations

from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.packages.applications import startup_decorator
from cucurbit.simulate.packages.starlette import is_application

PACKAGE = Package(
    name="Flask",
    methods={"before_first_request": MethodOfUnknown(is_application, startup_decorator)},
    assumed=frozenset({"flask"}),
)
