"""Modules that are run by their name: what ``python -m`` and ``runpy.run_module`` do, from ``runpy.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.timeline import Failure, Place
from cucurbit.simulate.core.values import ModuleValue
from cucurbit.simulate.language.exceptions import ancestors
from cucurbit.workspace.model import ModuleSpec

if TYPE_CHECKING:
    from cucurbit.simulate.program import Program

Refusal = Literal["SystemExit", "ImportError"]
"""What comes of a module that cannot be run: ``python -m`` exits, ``runpy.run_module`` raises ImportError."""

_TAKEN_FOR_ABSENCE = frozenset({"ImportError", "AttributeError", "TypeError", "ValueError"})


def run_module(program: Program, name: str, run_name: str | None, place: Place) -> None:
    """``runpy.run_module(name, run_name=run_name)``.

    Raises:
        Raised: where finding the module, or executing it, certainly raises.
    """
    spec = spec_to_run(program, name, place, "ImportError")
    if spec is None:
        program.cut(place, f"{name} is not found under the workspace")
    else:
        program.execution.execute(ModuleSpec(spec.name, spec.path, ()), run_name or spec.name, keep=False)


def spec_to_run(
    program: Program, name: str, place: Place, refusal: Refusal, assumed: str | None = None
) -> ModuleSpec | None:
    """What ``runpy._get_module_details`` finds: for a package, its ``__main__``; None where it is not known.

    ``assumed`` is the file that stands for a module of a package of the workspace where it is not known which does.

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
            # importlib._bootstrap_external._check_name: another module stands in the place of what is to be run.
            program.fail(refusal, f"loader for {spec.name} cannot handle {name}", place)
        return spec
    if name.endswith(".__main__"):
        program.fail(refusal, "Cannot use package as __main__ module", place)
    try:
        return spec_to_run(program, f"{name}.__main__", place, refusal, assumed)
    except Raised as raised:
        if refusal not in _family(raised.failure) or not program.importing.stands(name):
            raise
        why = f"{raised.failure.message}; {name!r} is a package and cannot be directly executed"
        program.fail(refusal, why, place)


def _found(program: Program, name: str, place: Place, refusal: Refusal) -> ModuleSpec | None:
    """``importlib.util.find_spec``, once the package is imported: what stands in ``sys.modules`` says it itself.

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
    spec = program.workspace.find_spec(name, search or ())
    if spec is None:
        program.miss(name)
        if search is not None and not importing.absence.may_import(entry.module, last):
            program.fail(refusal, f"No module named {name}", place)
    return spec


def _import_around(program: Program, name: str, place: Place, refusal: Refusal) -> bool:
    """Import the package around a module that is to be run, as ``runpy`` does; False where it is not of the workspace.

    ``runpy._get_module_details`` takes an ImportError that names the package for its absence, and looks for the module
    all the same, which imports the package again. Where the module stands in ``sys.modules`` already,
    ``importlib.util.find_spec`` takes its spec from there and imports nothing.

    Raises:
        Raised: where importing the package certainly fails: what it raises, or the refusal of ``runpy``.
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
        if not _TAKEN_FOR_ABSENCE & _family(failure):
            raise
        why = f"Error while finding module specification for {name!r} ({failure.error}: {failure.message})"
        program.fail(refusal, why, place)


def _names(failure: Failure, package: str) -> bool:
    """Whether ``ImportError.name`` is the package or one around it."""
    return failure.named != "" and f"{package}.".startswith(f"{failure.named}.")


def _family(failure: Failure) -> frozenset[str]:
    return frozenset(failure.ancestors or ancestors(failure.error))
