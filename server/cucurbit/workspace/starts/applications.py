"""How a module can be started, by its facts: applications, factories, a ``__main__`` guard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cucurbit.source.facts import (
    Attr,
    Call,
    Compare,
    Const,
    Do,
    Expr,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    ModuleFacts,
    Name,
    Params,
    Raise,
    Step,
    Try,
    With,
)
from cucurbit.source.scan import assigned_values, imported_by

FACTORIES = frozenset(
    {
        "create_app", "make_app", "get_app", "build_app", "create_application", "get_application", "make_application",
        "app_factory", "init_app",
    }
)  # fmt: skip
"""Names of functions that create an application of any library."""


@dataclass(frozen=True)
class Application:
    """One attribute that can be started: ``app``, or ``create_app`` with ``factory``."""

    attribute: str
    served: bool
    factory: bool


@dataclass(frozen=True)
class Starts:
    """How a module can be started."""

    applications: tuple[Application, ...]
    has_main_guard: bool


def starts_of(facts: ModuleFacts, classes: Mapping[str, bool]) -> Starts:
    """How the module with these facts can be started.

    ``classes`` are the classes of applications by their names: True where a server serves their objects. A dotted name
    is that of what an import binds; any other is the last name of what is called, wherever it comes from.
    """
    imported: dict[str, str] = {}
    found: dict[str, Application] = {}
    factories: dict[str, Application] = {}
    guard = False
    for step in _module_level(facts.body):
        if isinstance(step, FunctionDef):
            if step.name in FACTORIES and callable_without_arguments(step.params) and not step.is_async:
                factories[step.name] = Application(step.name, served=True, factory=True)
        elif isinstance(step, If):
            # A module that raises there says that it is no program.
            refuses = bool(step.body) and all(isinstance(each, Raise) for each in step.body)
            guard = guard or (not refuses and is_main_guard(step.test))
        elif isinstance(step, (Import, ImportFrom)):
            imported |= imported_by(step)
        else:
            for name, value in assigned_values(step):
                dotted = _callee(value)
                first, dot, rest = dotted.partition(".")
                spellings = (dotted.rpartition(".")[2], imported.get(first, "") + dot + rest)
                made_by = next((each for each in spellings if each in classes or each in FACTORIES), None)
                if made_by is not None:
                    found[name] = Application(name, served=classes.get(made_by, True), factory=False)
    served = any(application.served for application in found.values())
    return Starts((*found.values(), *(() if served else factories.values())), guard)


def runs_when_imported(facts: ModuleFacts) -> bool:
    """Whether a module without a guard is likely a script: it imports something, and calls it for its effect."""
    steps = tuple(_module_level(facts.body))
    imports = any(isinstance(step, Import | ImportFrom) for step in steps)
    return imports and any(isinstance(step, Do) and isinstance(step.value, Call) for step in steps)


def callable_without_arguments(params: Params) -> bool:
    """Whether the function can be called without arguments."""
    return all(param.default is not None for param in (*params.positional, *params.keyword_only))


def is_main_guard(test: Expr) -> bool:
    """Whether a condition is ``__name__ == "__main__"``, either way round."""
    if not isinstance(test, Compare) or test.ops != ("==",):
        return False
    sides = (test.left, test.rights[0])
    return any(isinstance(side, Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, Const) and side.value == "__main__" for side in sides
    )


def _module_level(body: tuple[Step, ...]) -> Iterator[Step]:
    """Statements executed when the module is imported, without those below a ``__main__`` guard."""
    for step in body:
        yield step
        if (isinstance(step, If) and not is_main_guard(step.test)) or isinstance(step, Try):
            yield from _module_level(step.body)
            yield from _module_level(step.orelse)
        elif isinstance(step, With):
            yield from _module_level(step.body)


def _callee(value: Expr) -> str:
    """The dotted name of what is called (``fastapi.FastAPI`` for ``fastapi.FastAPI()``); its last name at least."""
    if not isinstance(value, Call):
        return ""
    func, names = value.func, []
    while isinstance(func, Attr):
        names.append(func.name)
        func = func.value
    names.append(func.id if isinstance(func, Name) else "")
    return ".".join(reversed(names))
