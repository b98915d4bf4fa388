"""Quart: functions that run before it serves."""

from __future__ import annotations

from cucurbit.simulate.core.package import MethodOfUnknown, Package
from cucurbit.simulate.packages.applications import startup_decorator
from cucurbit.simulate.packages.starlette import is_application

PACKAGE = Package(
    name="Quart",
    methods={"before_serving": MethodOfUnknown(is_application, startup_decorator)},
)
