"""Celery: applications whose workers import modules of tasks; tasks, which run elsewhere than where they are called.

What ``celery worker`` and ``celery beat`` do, from celery/bin, celery/loaders/base.py and celery/worker/worker.py: they
read the configuration, which imports the module that ``config_from_object`` names; then they run what
``autodiscover_tasks`` has put off, and import the modules of the settings ``imports`` and ``include``. A worker then
sends the signals ``worker_init`` and, where its pool has processes in each of them, ``worker_process_init``. What a
receiver raises is logged, and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.simulate.core.machine import Handler, Machine, Raised
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.timeline import CutKind, Place
from cucurbit.simulate.core.values import (
    CallSite,
    Choice,
    Constant,
    DictValue,
    External,
    ExternalObject,
    ModuleValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.applications import add_hook, hooks_of, items_of, keep_hook, run_hook, run_hooks
from cucurbit.simulate.packages.objects_by_name import of_colon, of_module_or_last_dot
from cucurbit.workspace.starts.programs import CommandContext, Start, StartKind, arguments_of

_SETTINGS = ("imports", "include")
_DISCOVER = "discover tasks"
_SIGNALS = ("celeryd_init", "worker_init", "worker_process_init", "celeryd_after_setup", "worker_ready", "beat_init")
_SENT = ("worker_init", "worker_process_init")
_NAMES = ("celery.Celery", "celery.app.Celery", "celery.app.base.Celery")


def _made(machine: Machine, call: CallSite) -> Value:
    """``Celery(...)``, whose ``conf`` holds the settings."""
    app = ExternalObject(call.name, call, machine.state.cells())
    settings = ExternalObject("celery.app.utils.Settings", call, machine.state.cells())
    include = call.kwargs.get("include")
    if include is not None:
        settings.attributes.data["include"] = include
    if not call.complete:
        machine.cut(call.place, "a Celery application made with keywords that are not known")
    app.attributes.data["conf"] = settings
    source = call.kwargs.get("config_source")
    if source is not None:
        app.attributes.data["@config"] = source
    return app


def _update_settings(machine: Machine, call: CallSite) -> Value:
    """``app.conf.update(include=[...])``, or with a dict."""
    given = dict(call.kwargs)
    open_ = not call.complete
    for arg in call.args:
        if isinstance(arg, DictValue):
            given |= {key: arg.cells[key] for key in arg.cells}
            open_ = open_ or arg.open
        else:
            open_ = True
    if open_:
        machine.cut(call.place, "settings of Celery that are not known")
    if isinstance(call.receiver, ExternalObject):
        for name in _SETTINGS:
            if name in given:
                machine.state.write(call.receiver.attributes, name, given[name])
    return Constant(None)


def _config_from_object(machine: Machine, call: CallSite) -> Value:
    """The module is imported when the configuration is first read, or now with ``force``."""
    source, app = call.argument(0, "obj"), call.receiver
    if source is None or not isinstance(app, ExternalObject):
        machine.cut(call.place, "settings of Celery that are not known")
        return Constant(None)
    machine.state.write(app.attributes, "@config", source)
    machine.state.write(app.attributes, "@prefix", call.kwargs.get("namespace") or Constant(""))
    if machine.truth(call.kwargs.get("force") or Constant(False)) is True:
        _configure(machine, app, call.place)
    return Constant(None)


def _smart_import(machine: Machine, name: str, place: Place) -> Value:
    find = of_colon if ":" in name else of_module_or_last_dot
    return find(machine, name, place)


def _configure(machine: Machine, app: ExternalObject, place: Place) -> tuple[Value, ...]:
    """Read the object with the settings, and return the modules that it names."""
    source = app.attributes.get("@config")
    if source is None:
        return ()
    name = text_of(source)
    holder = source if name is None else _smart_import(machine, name, place)
    prefix = text_of(app.attributes.get("@prefix") or Constant(""))
    if not isinstance(holder, (ModuleValue, DictValue)) or prefix is None:
        machine.cut(place, "settings of Celery that are not known")
        return ()
    held = holder.names if isinstance(holder, ModuleValue) else holder.cells
    spellings = [f"{prefix}_{name}".upper() if prefix else name for name in _SETTINGS]
    old = [] if prefix else [f"CELERY_{name}".upper() for name in _SETTINGS]
    found = [held.get(each) for each in (*spellings, *old)]
    return tuple(module for value in found for module in _module_names(machine, value, place))


def _module_names(machine: Machine, value: Value | None, place: Place) -> tuple[Value, ...]:
    """Names of modules: one, or a list of them."""
    if text_of(value) is not None and value is not None:
        return (value,)
    return items_of(machine, value, place, "modules of tasks")


def _autodiscover(machine: Machine, call: CallSite) -> Value:
    """``app.autodiscover_tasks(packages, related_name)``: put off until a worker starts, unless ``force``."""
    if not call.complete:
        machine.cut(call.place, "autodiscover_tasks of packages that are not known", CutKind.EXECUTION)
        return Constant(None)

    def discover(inner: Machine, site: CallSite) -> Value:
        _discover(inner, call, site.place)
        return Constant(None)

    if machine.truth(call.argument(2, "force") or Constant(False)) is True:
        _discover(machine, call, call.place)
    else:
        add_hook(machine, call.receiver, machine.handler_value(discover), _DISCOVER)
    return Constant(None)


def _discover(machine: Machine, call: CallSite, place: Place) -> None:
    packages = call.argument(0, "packages")
    if packages is not None and not isinstance(packages, (Constant, Unknown)) and machine.iterate(packages) is None:
        # A function that is asked for them only now.
        packages = machine.call(packages, CallSite(place, "", None, (), {}))
    related = call.argument(1, "related_name") or Constant("tasks")
    for package in items_of(machine, packages, call.place, "packages of tasks"):
        _related_module(machine, package, related, call.place)


def _related_module(machine: Machine, package: Value, related: Value, place: Place) -> None:
    """Import a package, and its module ``related`` if it has one."""
    name, last = text_of(package), text_of(related)
    if name is None or (last is None and related != Constant(None)):
        machine.cut(place, "a package of tasks that is not known", CutKind.EXECUTION)
        return
    try:
        machine.import_module(name, place)
    except Raised as raised:
        name = name.rpartition(".")[0]
        if raised.failure.error != "ModuleNotFoundError" or not name:
            raise
    if not last:
        return
    try:
        machine.import_module(f"{name}.{last}", place)
    except Raised as raised:
        if raised.failure.error != "ModuleNotFoundError" or raised.failure.named != f"{name}.{last}":
            raise


def _startup(machine: Machine, app: ExternalObject, place: Place) -> None:
    configured = _configure(machine, app, place)
    run_hooks(machine, hooks_of(app.attributes, _DISCOVER), (), place)
    settings = app.attributes.get("conf")
    held = settings.attributes if isinstance(settings, ExternalObject) else machine.state.cells()
    own = [_module_names(machine, held.get(name), place) for name in _SETTINGS]
    for module in (*configured, *own[0], *own[1]):
        _import_task_module(machine, module, place)
    for function in _receivers(machine):
        _send(machine, function, place)


def _import_task_module(machine: Machine, module: Value, place: Place) -> None:
    def load(option: Value) -> Value:
        name = text_of(option)
        if name is not None:
            return machine.import_module(name, place)
        machine.cut(place, "a module of tasks that is not known", CutKind.EXECUTION)
        return Constant(None)

    if not isinstance(module, Choice):
        load(module)
        return
    runs = [lambda each=each: load(each) for each in options_of(module)]
    machine.undecided(*runs, lambda: Constant(None))


def _receivers(machine: Machine) -> Iterator[Value]:
    for signal in _SENT:
        yield from hooks_of(machine.state.libraries, f"celery {signal}")


def _send(machine: Machine, function: Value, place: Place) -> None:
    """Call a receiver of a signal, all of whose arguments are keywords."""
    try:
        run_hook(machine, function, (), place)
    except Raised:
        """It is logged."""


def _connect(signal: str) -> Handler:
    """``@worker_process_init.connect``, with or without parentheses."""

    def keep(machine: Machine, function: Value) -> Value:
        keep_hook(machine, machine.state.libraries, function, f"celery {signal}")
        return function

    def register(machine: Machine, call: CallSite) -> Value:
        return keep(machine, call.args[0]) if call.args else Unknown("a receiver")

    def connect(machine: Machine, call: CallSite) -> Value:
        function = call.argument(0, "receiver")
        if function is not None:
            return keep(machine, function)
        if not call.complete:
            machine.cut(call.place, "a receiver of a signal that is not known")
            return External("functools.wraps()")
        return machine.handler_value(register)

    return connect


def _task(machine: Machine, call: CallSite) -> Value:
    """``@app.task``, with or without parentheses: to call a task is to run its function, here and now."""
    if call.args:
        return call.args[0]
    if not call.complete or "bind" in call.kwargs or "base" in call.kwargs:
        return ExternalObject(call.name, call, machine.state.cells())
    return machine.handler_value(lambda _, site: site.args[0] if site.args else Unknown("a task"))


def _command_line(argv: list[str], context: CommandContext) -> Start | None:
    arguments = arguments_of(argv)
    target = arguments.get("-A", "--app") or ""
    works = any(word in {"worker", "beat"} for word in arguments.positional)
    kind = StartKind.WORKER if works else StartKind.IMPORTED
    folder = arguments.get("--workdir")
    return context.start(kind, target, ".", submodule="celery", cwd=folder, names=("app", "celery"))


PACKAGE = Package(
    name="Celery",
    calls={
        **dict.fromkeys(_NAMES, _made),
        **{f"{name}().autodiscover_tasks": _autodiscover for name in _NAMES},
        **{f"{name}().config_from_object": _config_from_object for name in _NAMES},
        **{f"{name}().task": _task for name in _NAMES},
        "celery.shared_task": _task,
        "celery.app.utils.Settings().update": _update_settings,
        **{f"celery.signals.{signal}.connect": _connect(signal) for signal in _SIGNALS},
    },
    may_not_run=("celery.",),
    startup=dict.fromkeys(_NAMES, _startup),
    applications={"Celery": False},
    command_lines={"celery": _command_line},
)
