"""Click, and rich-click over it: commands. Facts from click/core.py (``BaseCommand.main``, ``standalone_mode``)."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

_MODULES = ("click", "rich_click")

PACKAGE = Package(
    name="Click",
    leaves_arguments=("click.",),
    may_not_run=tuple(f"{module}." for module in _MODULES),
    exits=frozenset(
        f"{module}.{name}{call}" for module in _MODULES for name in ("command", "group") for call in ("", "()")
    ),
)
