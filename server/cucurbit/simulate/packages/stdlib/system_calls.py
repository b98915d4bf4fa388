"""``importlib``, ``pkgutil``, ``sys``, ``functools``, ``asyncio`` and threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.package import MethodOfUnknown
from cucurbit.simulate.core.timeline import CutKind
from cucurbit.simulate.core.values import (
    CallSite,
    ClassValue,
    Constant,
    Coroutine,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    ModuleValue,
    Partial,
    SequenceValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.core.work import listing_cost
from cucurbit.simulate.imports.search import modules_in
from cucurbit.simulate.language.signatures import qualified_name
from cucurbit.simulate.packages.objects_by_name import finder, of_longest_module

# ------------------------------------------------------------ modules and files


def _import_module(machine: Machine, call: CallSite) -> Value:
    name, package = text_of(call.argument(0, "name")), call.argument(1, "package")
    if name is None:
        machine.cut(call.place, "importlib.import_module with an unknown name", CutKind.IMPORT)
        return Unknown("a module")
    if name.startswith("."):
        if (package is None and call.complete) or (isinstance(package, Constant) and not package.value):
            missing = f"the 'package' argument is required to perform a relative import for {name!r}"
            machine.fail("TypeError", missing, call.place)
        base = text_of(package)
        if base is None:
            machine.cut(call.place, "importlib.import_module relative to an unknown package", CutKind.IMPORT)
            return Unknown("a module")
        level = len(name) - len(name.lstrip("."))
        parts = base.split(".")
        if level > len(parts):
            machine.fail("ImportError", "attempted relative import beyond top-level package", call.place)
        rest = name.lstrip(".")
        name = ".".join([*parts[: len(parts) - level + 1], *([rest] if rest else [])])
    return machine.import_module(name, call.place)


def _reload(machine: Machine, call: CallSite) -> Value:
    module = call.argument(0, "module") or Unknown("a module")

    def each(option: Value) -> Value:
        if isinstance(option, ModuleValue) and option.path is not None:
            return machine.reload(option, call.place)
        if isinstance(option, Unknown):
            machine.cut(call.place, "importlib.reload of an unknown module", CutKind.EXECUTION)
        return Unknown("a reloaded module")

    options = options_of(module)
    return each(options[0]) if len(options) == 1 else machine.undecided(*[lambda one=one: each(one) for one in options])


def _iter_modules(machine: Machine, call: CallSite) -> Value:
    """``pkgutil.iter_modules(path, prefix)`` and ``walk_packages``, which imports the packages that it finds."""
    path = call.argument(0, "path")
    prefix = text_of(call.argument(1, "prefix") or Constant(""))
    items = None if path is None else machine.iterate(path)
    if items is None or prefix is None:
        machine.cut(call.place, f"{call.name} over an unknown path", CutKind.IMPORT)
        return Unknown("the modules of a package")
    folders = [machine.paths.relative(item) for item in items]
    known = [folder for folder in folders if folder is not None]
    if len(known) != len(folders):
        machine.cut(call.place, f"{call.name} over a path outside the workspace")
        return Unknown("the modules of a package")
    deep = call.name.endswith("walk_packages")

    def rounds() -> Iterator[Value]:
        for folder in known:
            yield from _listed(machine, call, folder, prefix, deep)

    machine.state.clock.running.spoil()
    return ExternalObject(call.name, call, machine.state.cells(), rounds)


def _listed(machine: Machine, call: CallSite, folder: str, prefix: str, deep: bool) -> Iterator[Value]:
    """The modules that ``pkgutil`` yields for a folder, and below it if ``deep``.

    A package is imported after it was yielded and before its contents.
    """
    machine.spend(listing_cost(prefix.count(".")))
    for name, path, is_package in modules_in(machine.workspace, folder):
        full = prefix + name
        info = machine.sequence("tuple", (Unknown("a finder"), Constant(full), Constant(is_package)))
        yield machine.named_tuple(info, ("module_finder", "name", "ispkg"))
        if deep and is_package:
            machine.import_module(full, call.place)
            yield from _listed(machine, call, path, full + ".", deep)


def _find_spec(machine: Machine, call: CallSite) -> Value:
    return Unknown("a module spec")


def _exec_module(machine: Machine, call: CallSite) -> Value:
    """``spec.loader.exec_module(module)`` with a spec from ``spec_from_file_location(name, path)``."""
    module = call.args[0] if call.args else None
    if isinstance(module, ExternalObject) and module.made_by == "importlib.util.module_from_spec":
        spec = module.call.args[0] if module.call.args else None
        if isinstance(spec, ExternalObject) and spec.made_by == "importlib.util.spec_from_file_location":
            name = text_of(spec.call.argument(0, "name"))
            path = spec.call.argument(1, "location")
            relative = None if path is None else machine.paths.relative(path)
            if name is not None and relative is not None and machine.workspace.is_file(relative):
                machine.run_path(name, relative, call.place)
                return Constant(None)
    machine.cut(call.place, "a module executed without an import", CutKind.IMPORT)
    return Constant(None)


def _run_path(machine: Machine, call: CallSite) -> Value:
    path = call.argument(0, "path_name")
    relative = None if path is None else machine.paths.relative(path)
    name = text_of(call.argument(2, "run_name") or Constant("<run_path>"))
    if relative is None or name is None or not machine.workspace.is_file(relative):
        machine.cut(call.place, "runpy.run_path with an unknown path", CutKind.IMPORT)
    else:
        machine.run_path(name, relative, call.place)
    return Unknown("the globals of a script")


def _run_module(machine: Machine, call: CallSite) -> Value:
    name = text_of(call.argument(0, "mod_name"))
    if name is None:
        machine.cut(call.place, "runpy.run_module with an unknown name", CutKind.IMPORT)
    else:
        machine.run_module(name, text_of(call.argument(2, "run_name") or Constant(None)), call.place)
    return Unknown("the globals of a module")


def _path_edit(machine: Machine, call: CallSite) -> Value:
    kind = call.name.rpartition(".")[2]
    if not call.complete or not call.args:
        machine.cut(call.place, f"{call.name} of folders that are not known", CutKind.EXECUTION)
    elif kind == "insert":
        position = call.args[0].value if isinstance(call.args[0], Constant) else 0
        machine.add_search_path(
            position if isinstance(position, int) else 0, call.args[1] if call.args[1:] else call.args[0]
        )
    elif kind == "extend":
        items = machine.iterate(call.args[0])
        if items is None:
            machine.cut(call.place, f"{call.name} of folders that are not known", CutKind.EXECUTION)
        for item in items or ():
            machine.add_search_path(None, item)
    else:
        machine.add_search_path(None, call.args[0])
    return Constant(None)


# ------------------------------------------------------------ running callables


def run_argument(position: int) -> Handler:
    """A call that calls one of its arguments with the following ones, and awaits the result."""

    def run(machine: Machine, call: CallSite) -> Value:
        if len(call.args) <= position:
            return Unknown(call.name)
        function = call.args[position]
        # Some of the keywords may be for the library itself.
        site = replace(call, args=call.args[position + 1 :], receiver=None, written=False)
        return _settled(machine, machine.call(function, site))

    return run


def _settled(machine: Machine, value: Value) -> Value:
    return machine.run_coroutine(value) if isinstance(value, Coroutine) else value


def _run_loop(machine: Machine, call: CallSite) -> Value:
    """``asyncio.run``: it raises if a loop already runs in this thread (asyncio/runners.py)."""
    if machine.loop_runs and _NESTED not in machine.state.altered:
        machine.fail("RuntimeError", f"{call.name}() cannot be called from a running event loop", call.place)
    return machine.in_thread(True, lambda: _await_arguments(machine, call))


def _run_on_loop(machine: Machine, call: CallSite) -> Value:
    """``loop.run_until_complete``: it raises if any loop runs in this thread (asyncio/base_events.py)."""
    if machine.loop_runs and _NESTED not in machine.state.altered:
        new = call.name.startswith("asyncio.new_event_loop")
        another = "Cannot run the event loop while another loop is running"
        machine.fail("RuntimeError", another if new else "This event loop is already running", call.place)
    return machine.in_thread(True, lambda: _await_arguments(machine, call))


_NESTED = "event loops in event loops"


def _allow_nested(machine: Machine, call: CallSite) -> Value:
    """``nest_asyncio.apply()``: from now on a loop may run inside another."""
    machine.state.alter(_NESTED)
    return Constant(None)


def in_thread(position: int) -> Handler:
    """A call that calls one of its arguments in another thread."""
    inner = run_argument(position)
    return lambda machine, call: machine.in_thread(False, lambda: inner(machine, call))


def _await_arguments(machine: Machine, call: CallSite) -> Value:
    results: list[Value] = []
    for arg in call.args:
        items = machine.iterate(arg) if isinstance(arg, SequenceValue) else (arg,)
        results.extend(_settled(machine, item) for item in items or ())
    single = call.name.rpartition(".")[2] in ("run", "run_until_complete", "wait_for", "create_task", "shield")
    if single:
        return results[0] if results else Unknown(f"what {call.name} returns")
    return machine.sequence("list", tuple(results), not call.complete)


def _partial(machine: Machine, call: CallSite) -> Value:
    if not call.args:
        return Unknown("a partial")
    return Partial(call.args[0], call.args[1:], dict(call.kwargs), call.complete)


def _wraps(machine: Machine, call: CallSite) -> Value:
    return ExternalObject("functools.wraps", call, machine.state.cells())


def _wrapped(machine: Machine, call: CallSite) -> Value:
    """``@wraps(function)``: the decorated function gets the name of another."""
    function = call.args[0] if call.args else Unknown(call.name)
    if not isinstance(function, FunctionValue):
        return function
    decorator = call.receiver
    other = decorator.call.argument(0, "wrapped") if isinstance(decorator, ExternalObject) else None
    name = qualified_name(other) if isinstance(other, FunctionValue) else function.qualname
    return replace(function, marks=(*function.marks, call.name), qualname=name)


def _copy(machine: Machine, call: CallSite) -> Value:
    """``copy.copy`` and ``copy.deepcopy`` of values made of literals; copies of other values are unknown."""
    given = call.args[0] if len(call.args) == 1 and not call.kwargs else Unknown("")
    made = _copied(machine, given, {}, deep=call.name.endswith("deepcopy"))
    if made is None:
        # Methods of the object may run (``__reduce__``), and a memo is filled.
        for arg in (*call.args, *call.kwargs.values()):
            machine.call(Unknown("a copy of an object"), CallSite(call.place, call.name, None, (arg,), {}))
    return made or Unknown("a copy")


def _copied(machine: Machine, value: Value, seen: dict[int, Value | None], *, deep: bool) -> Value | None:
    """The copy; ``seen`` holds those that were made, by the id of the original."""
    if id(value) not in seen:
        seen[id(value)] = _copy_of(machine, value, seen, deep=deep)
    return seen[id(value)]


def _copy_of(machine: Machine, value: Value, seen: dict[int, Value | None], *, deep: bool) -> Value | None:
    if isinstance(value, (Constant, External, FunctionValue, ClassValue)):
        return value
    if isinstance(value, SequenceValue) and value.shape == "plain" and not value.open:
        items = [_copied(machine, item, seen, deep=True) if deep else item for item in value.items]
        known = tuple(item for item in items if item is not None)
        return machine.sequence(value.kind, known) if len(known) == len(items) else None
    if isinstance(value, DictValue) and not value.open:
        result = DictValue(machine.state.cells())
        for key in value.cells:
            item = _copied(machine, value.cells[key], seen, deep=True) if deep else value.cells[key]
            if item is None:
                return None
            result.cells.data[key] = item
        return result
    return None


def identity(machine: Machine, call: CallSite) -> Value:
    return call.args[0] if call.args else Unknown(call.name)


def _decorator_or_factory(machine: Machine, call: CallSite) -> Value:
    """``@lru_cache`` as well as ``@lru_cache(maxsize=None)``."""
    target = call.args[0] if len(call.args) == 1 else None
    if isinstance(target, ClassValue):
        machine.state.mark(target.names, target, "marks")
        target.marks = (*target.marks, call.name)
    if isinstance(target, (FunctionValue, ClassValue)):
        return target
    return External("dataclasses.dataclass()")


def _cached(machine: Machine, call: CallSite) -> Value:
    """``@cache``, ``@lru_cache`` and ``@lru_cache(maxsize=None)``: a second call with equal arguments runs nothing."""
    function = call.args[0] if len(call.args) == 1 else None
    if isinstance(function, FunctionValue):
        return replace(function, memo=machine.state.cells(), keeps=True)
    return function if isinstance(function, ClassValue) else External("functools.lru_cache()")


def _thread(machine: Machine, call: CallSite) -> Value:
    """``Thread(target=f).start()``: f runs, but it is unknown when."""
    thread = call.receiver
    target = thread.call.kwargs.get("target") if isinstance(thread, ExternalObject) else None
    if target is not None and isinstance(thread, ExternalObject):
        given = thread.call.kwargs.get("args")
        args = () if given is None else machine.iterate(given)
        complete = args is not None and thread.call.complete and "kwargs" not in thread.call.kwargs
        site = CallSite(call.place, "", None, args or (), {}, complete)
        machine.undecided(
            lambda: machine.in_thread(False, lambda: _settled(machine, machine.call(target, site))),
            lambda: Constant(None),
        )
    return Constant(None)


# ---------------------------------------------------------------- sys.modules


def _modules_edit(machine: Machine, call: CallSite) -> Value:
    """``sys.modules.update(...)``, ``setdefault``, or an import hook: any module may be replaced or added."""
    given = call.args[0] if call.args else None
    name = text_of(given)
    if call.name.endswith(".setdefault") and name is not None and len(call.args) == 2:
        if name not in machine.state.modules:
            machine.put_module(name, call.args[1])
        return call.args[1]
    if isinstance(given, DictValue) and not given.open and not call.kwargs:
        for key in given.cells:
            machine.put_module(key, given.cells[key])
    else:
        machine.put_module(None, Unknown("a module"))
    return Constant(None)


def _modules_pop(machine: Machine, call: CallSite) -> Value:
    """``sys.modules.pop(name, default)``: the next import executes the module again."""
    name = text_of(call.args[0]) if call.args else None
    if name is None:
        machine.put_module(None, Unknown("a module"))
        return Unknown("a module")
    entry = machine.state.modules.get(name)
    if entry is None:
        return call.args[1] if len(call.args) > 1 else Unknown("a module")
    machine.state.write(machine.state.modules, name, None)
    return entry.module


HANDLERS: dict[str, Handler] = {
    "sys.modules.pop": _modules_pop,
    **{f"sys.modules.{name}": _modules_edit for name in ("update", "setdefault")},
    **{f"sys.{hooks}.{name}": _modules_edit for hooks in ("meta_path", "path_hooks") for name in ("insert", "append")},
    "importlib.import_module": _import_module,
    "importlib.reload": _reload,
    "imp.reload": _reload,
    "importlib.util.find_spec": _find_spec,
    "importlib.util.spec_from_file_location().loader.exec_module": _exec_module,
    "pkgutil.resolve_name": finder(of_longest_module, "name"),
    "pkgutil.iter_modules": _iter_modules,
    "pkgutil.walk_packages": _iter_modules,
    "runpy.run_path": _run_path,
    "runpy.run_module": _run_module,
    "sys.path.insert": _path_edit,
    "sys.path.append": _path_edit,
    "sys.path.extend": _path_edit,
    "site.addsitedir": _path_edit,
    "asyncio.run": _run_loop,
    **{
        f"asyncio.{name}().run_until_complete": _run_on_loop
        for name in ("get_event_loop", "new_event_loop", "get_running_loop")
    },
    "nest_asyncio.apply": _allow_nested,
    "asyncio.gather": _await_arguments,
    "asyncio.wait_for": _await_arguments,
    "asyncio.create_task": _await_arguments,
    "asyncio.ensure_future": _await_arguments,
    "asyncio.shield": _await_arguments,
    "asyncio.to_thread": in_thread(0),
    "functools.partial": _partial,
    "functools.wraps": _wraps,
    "functools.wraps()": _wrapped,
    "functools.lru_cache": _cached,
    "functools.lru_cache()": _cached,
    "functools.cache": _cached,
    "functools.total_ordering": identity,
    "dataclasses.dataclass": _decorator_or_factory,
    "dataclasses.dataclass()": _decorator_or_factory,
    "threading.Thread().start": _thread,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
}


def _anywhere(head: str) -> bool:
    return True


METHODS = {
    "run_sync": MethodOfUnknown(_anywhere, run_argument(0)),
    "run_in_executor": MethodOfUnknown(_anywhere, in_thread(1)),
    "run_until_complete": MethodOfUnknown(_anywhere, _await_arguments),
    "exec_module": MethodOfUnknown(_anywhere, _exec_module),
}
