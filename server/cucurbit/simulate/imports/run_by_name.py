"""Modules that are run by name: ``python -m`` and ``runpy.run_module``, as in ``runpy.py``."""

from __future__ import annotations

from typing import Literal

from cucurbit.simulate.core.exceptions import ancestors
from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import CutKind, Failure, Place
from cucurbit.simulate.core.values import ModuleValue
from cucurbit.workspace.model import ModuleSpec

Refusal = Literal["SystemExit", "ImportError"]
"""The failure of a module that cannot be run: ``python -m`` exits, ``runpy.run_module`` raises ImportError."""

_TAKEN_FOR_ABSENCE = frozenset({"ImportError", "AttributeError", "TypeError", "ValueError"})


def run_module(program: Program, name: str, run_name: str | None, place: Place) -> None:
    """``runpy.run_module(name, run_name=run_name)``.

    Raises:
        Raised: where finding the module, or executing it, certainly raises.
    """
    spec = spec_to_run(program, name, place, "ImportError")
    if spec is None:
        program.cut(place, f"{name} is not found under the workspace", CutKind.EXECUTION)
    else:
        program.execution.execute(ModuleSpec(spec.name, spec.path, ()), run_name or spec.name, keep=False)


def spec_to_run(
    program: Program, name: str, place: Place, refusal: Refusal, assumed: str | None = None
) -> ModuleSpec | None:
    """The result of ``runpy._get_module_details``: for a package, its ``__main__``; None if unknown.

    ``assumed`` is the file to run if it is unknown which file is the module.

    Raises:
        Raised: where it certainly raises.
    """
    if not _import_around(program, name, place, refusal):
        return None
    spec = _found(program, name, place, refusal)
    if spec is None and assumed is not None:
        is_main = assumed.endswith("/__main__.py") and not name.endswith(".__main__")
        return ModuleSpec(f"{name}.__main__" if is_main else name, assumed, ())
    if spec is None:
        return None
    if not spec.is_package:
        if spec.name != name:
            # importlib._bootstrap_external._check_name: sys.modules contains another module under this name.
            program.fail(refusal, f"loader for {spec.name} cannot handle {name}", place)
        return spec
    if name.endswith(".__main__"):
        program.fail(refusal, "Cannot use package as __main__ module", place)
    try:
        return spec_to_run(program, f"{name}.__main__", place, refusal, assumed)
    except Raised as raised:
        if refusal not in _family(program, raised.failure) or not program.importing.stands(name):
            raise
        why = f"{raised.failure.message}; {name!r} is a package and cannot be directly executed"
        program.fail(refusal, why, place)


def _found(program: Program, name: str, place: Place, refusal: Refusal) -> ModuleSpec | None:
    """``importlib.util.find_spec``, after the package is imported: a module in ``sys.modules`` has its own spec.

    Raises:
        Raised: where there certainly is no such module.
    """
    importing = program.importing
    if importing.stands(name):
        entry = program.state.modules.get(name)
        return None if entry is None else entry.module.spec
    package, _, last = name.rpartition(".")
    if not package:
        return importing.search.find_top(name)
    entry = program.state.modules.get(package)
    if entry is None:
        return None
    search = importing.search.folders_of(entry.module)
    spec = program.workspace.find_spec(name, search.folders)
    if spec is None:
        program.miss(name)
        if search.complete and not importing.absence.may_import(entry.module, last):
            program.fail(refusal, f"No module named {name}", place)
    return spec


def _import_around(program: Program, name: str, place: Place, refusal: Refusal) -> bool:
    """Import the package of a module that is to be run, as ``runpy`` does; False if it is not in the workspace.

    ``runpy._get_module_details`` takes an ImportError that names the package as its absence, and looks for the module
    nevertheless, which imports the package again. If the module is already in ``sys.modules``,
    ``importlib.util.find_spec`` takes its spec from there and imports nothing.

    Raises:
        Raised: if importing the package certainly fails: its exception, or the ImportError of ``runpy``.
    """
    package = name.rpartition(".")[0]
    if not package:
        return True
    importing = program.importing
    try:
        if isinstance(importing.load(package, place), ModuleValue):
            importing.load_top(package, place)
    except Raised as raised:
        if not _names(raised.failure, package):
            raise
    if importing.stands(name):
        return True
    try:
        return isinstance(importing.load(package, place), ModuleValue)
    except Raised as raised:
        failure = raised.failure
        if not _TAKEN_FOR_ABSENCE & _family(program, failure):
            raise
        why = f"Error while finding module specification for {name!r} ({failure.error}: {failure.message})"
        program.fail(refusal, why, place)


def _names(failure: Failure, package: str) -> bool:
    """Whether ``ImportError.name`` is the package or one of its parents."""
    return failure.named != "" and f"{package}.".startswith(f"{failure.named}.")


def _family(program: Program, failure: Failure) -> frozenset[str]:
    return frozenset(failure.ancestors or ancestors(program, failure.error))
