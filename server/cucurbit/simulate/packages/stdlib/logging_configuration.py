"""``logging.config``: what a configuration does to existing loggers, and which modules it imports.

Facts from Lib/logging/config.py: ``fileConfig`` looks up the section ``formatters`` first. ``dictConfig`` configures
formatters, filters and handlers in this order, and imports what their ``class`` or ``()`` names. An ImportError becomes
a ValueError.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine, Raised
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.simulate.core.values import CallSite, Constant, DictValue, Unknown, Value, text_of
from cucurbit.simulate.packages.objects_by_name import IMPORT_ERRORS, of_longest_module
from cucurbit.workspace.formats.ini import lenient

_REQUIRED = frozenset({"formatters", "handlers", "loggers"})
_SECTIONS = {"formatters": "formatter", "filters": "filter", "handlers": "handler"}


def _file_config(machine: Machine, call: CallSite) -> Value:
    if _configures_nothing(machine, call.argument(0, "fname")):
        machine.fail("KeyError", "formatters", call.place)
    keep = call.kwargs.get("disable_existing_loggers")
    _emit(machine, call.place, call.args[2] if keep is None and len(call.args) > 2 else keep)
    return Constant(None)


def _configures_nothing(machine: Machine, file: Value | None) -> bool:
    """Whether ``fileConfig`` reads a file without any of the sections that it looks up."""
    path = None if file is None else machine.paths.relative(file)
    text = None if path is None else machine.workspace.text(path)
    sections = lenient(text).sections() if text is not None else []
    return bool(sections) and _REQUIRED.isdisjoint(sections)


def _dict_config(machine: Machine, call: CallSite) -> Value:
    config = call.argument(0, "config")
    if isinstance(config, DictValue):
        _emit(machine, call.place, config.cells.get("disable_existing_loggers"))
        for section, what in _SECTIONS.items():
            held = config.cells.get(section)
            if isinstance(held, DictValue):
                _import_named(machine, held, what, call.place)
    else:
        _emit(machine, call.place, Unknown("a logging configuration"))
    return Constant(None)


def _emit(machine: Machine, place: Place, disable: Value | None) -> None:
    """``disable`` is the argument ``disable_existing_loggers``, which is true by default."""
    decided = True if disable is None else machine.truth(disable)
    detail = "unknown" if decided is None else "disables" if decided else "keeps"
    machine.emit(EventKind.LOGGING_CONFIGURED, place, detail=detail)


def _import_named(machine: Machine, section: DictValue, what: str, place: Place) -> None:
    for key in section.cells:
        part = section.cells[key]
        if not isinstance(part, DictValue):
            continue
        name = text_of(part.cells.get("()") or part.cells.get("class"))
        if name is None:
            continue
        try:
            of_longest_module(machine, name, place)
        except Raised as raised:
            if raised.failure.error in IMPORT_ERRORS or raised.failure.error == "AttributeError":
                machine.fail("ValueError", f"Unable to configure {what} {key!r}", place)
            raise


HANDLERS: dict[str, Handler] = {
    "logging.config.fileConfig": _file_config,
    "logging.config.dictConfig": _dict_config,
}
