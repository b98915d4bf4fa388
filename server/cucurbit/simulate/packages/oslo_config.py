"""oslo.config: options that another module registers, which is imported for them."""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import CutKind
from cucurbit.simulate.core.values import CallSite, Constant, Value, text_of


def _import_opt(machine: Machine, call: CallSite) -> Value:
    """``CONF.import_opt(name, module_str)`` and ``CONF.import_group(group, module_str)``."""
    given = call.argument(1, "module_str")
    name = None if given is None else text_of(given)
    if name is None:
        machine.cut(call.place, "an import of a module whose name is not known", CutKind.EXECUTION)
    else:
        machine.import_module(name, call.place)
    return Constant(None)


PACKAGE = Package(
    name="oslo.config",
    calls={f"oslo_config.cfg.CONF.{name}": _import_opt for name in ("import_opt", "import_group")},
)
