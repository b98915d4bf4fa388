"""Python's import system over abstract modules: ``importlib/_bootstrap.py`` and the ``IMPORT_*`` opcodes."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from cucurbit.simulate.core import lazy_attributes
from cucurbit.simulate.core.havoc import overwrite
from cucurbit.simulate.core.machine import Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.state import ModuleEntry
from cucurbit.simulate.core.timeline import CutKind, EventKind, Failure, ImportRecord, LinkKind, Place
from cucurbit.simulate.core.values import (
    External,
    Missing,
    ModuleValue,
    SequenceValue,
    Unknown,
    Value,
    choice,
    may_be_missing,
    options_of,
    text_of,
)
from cucurbit.simulate.core.work import ITEMS_A_STEP
from cucurbit.simulate.imports.earlier_imports import EarlierImports
from cucurbit.simulate.imports.plain_imports import ImportQuestion
from cucurbit.simulate.imports.search import FIRST, PYTHON_2, STDLIB, Search, with_parents
from cucurbit.simulate.imports.unseen_names import UnseenNames
from cucurbit.source import facts as f

_PENDING = ImportRecord(Place("", f.WHOLE_FILE), "", "", "", "", False, False, True, 0, 0, None)
"""Marks an import that has not ended."""

_OF_EVERY_MODULE = frozenset(dir(ModuleType)) | {"__builtins__", "__cached__", "__doc__", "__loader__", "__spec__"}
"""Names that every module has, whatever its file binds."""


class Importing:
    """The import statements, and the contents of ``sys.modules``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.absence = UnseenNames(program)
        self.search = Search(program)
        self.earlier = EarlierImports(program)

    # --------------------------------------------------------------- statements

    def run_import(self, step: f.Import) -> None:
        """``import a.b.c as d, e``.

        Raises:
            Raised: where the import certainly fails.
        """
        for alias in step.names:
            place = self.program.place(alias.at)
            module = self.recorded(alias.name, place, ())
            if isinstance(module, ModuleValue):
                self.load_top(alias.name, place)
            if alias.asname is not None:
                self.program.expressions.bind(alias.asname, self._dotted(alias.name, module, place))
            else:
                top = alias.name.partition(".")[0]
                entry = self.program.state.modules.get(top)
                self.program.expressions.bind(top, External(top) if entry is None else entry.module)

    def _dotted(self, name: str, module: ModuleValue | External, place: Place) -> Value:
        """What ``import a.b.c as d`` binds: the attribute ``c`` of the attribute ``b`` of ``a``, at this moment.

        Raises:
            Raised: where one of them certainly has no such attribute.
        """
        if isinstance(module, External):
            return External(name)
        top, *parts = name.split(".")
        entry = self.program.state.modules.get(top)
        value: Value = module if entry is None else entry.module
        for part in parts if entry is not None else ():
            if isinstance(value, ModuleValue):
                value = self._attribute(value, part, place)
            else:
                value = self.program.get_attribute(value, part, place)
        return value

    def run_import_from(self, step: f.ImportFrom) -> None:
        """``from ..a import b as c, d``.

        Raises:
            Raised: where the import certainly fails.
        """
        program = self.program
        place = program.place(step.names[0].at if step.names else step.at)
        name = self._absolute(step, place)
        if name is None:
            for alias in step.names:
                program.expressions.bind(alias.asname or alias.name, Unknown("a relative import outside a package"))
            return
        module = self.recorded(name, place, tuple(alias.name for alias in step.names))
        if isinstance(module, ModuleValue):
            self._load_submodules(module, [(alias.name, program.place(alias.at)) for alias in step.names])
        for alias in step.names:
            if alias.name == "*":
                self._star(module, program.place(alias.at))
            else:
                value = self._member(module, alias.name, program.place(alias.at))
                program.expressions.bind(alias.asname or alias.name, value)

    def _absolute(self, step: f.ImportFrom, place: Place) -> str | None:
        """The absolute name; None if the package is unknown.

        Raises:
            Raised: a relative import without, or beyond, a package.
        """
        if step.level == 0:
            return step.module
        module = self.program.module
        spec = module.spec
        package = "" if spec is None else (spec.name if spec.is_package else spec.name.rpartition(".")[0])
        if not package:
            self.program.fail("ImportError", "attempted relative import with no known parent package", place)
        parts = package.split(".")
        if step.level > len(parts):
            self.program.fail("ImportError", "attempted relative import beyond top-level package", place)
        base = ".".join(parts[: len(parts) - step.level + 1])
        return f"{base}.{step.module}" if step.module else base

    def _member(self, module: ModuleValue | External, name: str, place: Place) -> Value:
        """The value that ``from module import name`` binds, once submodules are loaded."""
        if isinstance(module, External):
            return self.program.attributes.of_external(module, name, place, "ImportError")
        return self._attribute(module, name, place)

    def _load_submodules(self, module: ModuleValue, names: Sequence[tuple[str, Place]]) -> None:
        """Import the submodules that ``from module import ...`` names and the module lacks, before any name is bound.

        ``importlib._bootstrap._handle_fromlist``.

        Raises:
            Raised: where one of them certainly fails.
        """
        for name, place in names:
            if name == "*":
                listed = self._listed_by(module) or ()
                self._load_submodules(module, [(each, place) for each in listed if each != "*"])
                continue
            full = f"{module.name}.{name}"
            if self._is_missing(module, name, full, place) and self.search.findable(module, name):
                self.recorded(full, place, ())
                # It calls __import__, which returns the top package.
                self.load_top(full, place)

    def _is_missing(self, module: ModuleValue, name: str, full: str, place: Place) -> bool:
        """Whether a name may be missing; a submodule whose import is uncertain may belong to another package."""
        found = module.names.get(name)
        if found is None:
            return not lazy_attributes.makes(self.program, module, name, place)
        entry = self.program.state.modules.get(full) if isinstance(found, ModuleValue) else None
        return may_be_missing(found) or (entry is not None and not self.program.state.holds(entry.condition))

    def _listed_by(self, module: ModuleValue) -> tuple[str, ...] | None:
        """The names in ``__all__``; None if there is none, or if it is not completely known."""
        listed = module.names.get("__all__")
        if not isinstance(listed, SequenceValue) or listed.open:
            return None
        return tuple(name for name in map(text_of, listed.items) if name is not None)

    def _attribute(self, module: ModuleValue, name: str, place: Place) -> Value:
        """The result of the ``IMPORT_FROM`` opcode: the attribute, else the entry of ``sys.modules`` with that name.

        Raises:
            Raised: if there is certainly neither.
        """
        found = module.names.get(name)
        if found is not None and not may_be_missing(found):
            return found
        full = f"{module.name}.{name}"
        entry = self.program.state.modules.get(full)
        if entry is not None:
            return entry.module
        if self.program.is_awaited(module):
            return Unknown(f"{full}, bound by another thread")
        if (lazy := lazy_attributes.imported(self.program, module, name, place, found)) is not None:
            return lazy
        if found is not None:
            left = choice(*options_of(found))
            return Unknown("a name that may be unbound") if isinstance(left, Missing) else left
        self.program.clock.running.looks_at(module.names)
        if module.open_for:
            return External(f"{module.open_for[-1]}.{name}")
        if name in _OF_EVERY_MODULE:
            return Unknown(f"{module.name}.{name}")
        self.program.miss(full)
        if module.open or module.path is None or self.absence.may_hold(module, name):
            self.absence.check_handlers(module, name, place)
            self.program.doubt(Failure("ImportError", f"cannot import name '{name}'", place))
            return Unknown(f"{module.name}.{name}")
        where = "partially initialized module " if module.phase == "running" else ""
        why = " (most likely due to a circular import)" if where else ""
        message = f"cannot import name '{name}' from {where}'{module.name}'{why}"
        self.program.fail("ImportError", message, place, named=module.name)

    def _star(self, module: ModuleValue | External, place: Place) -> None:
        program = self.program
        target = program.module
        if isinstance(module, External):
            if module.dotted not in target.open_for:
                program.spend(len(target.open_for) // ITEMS_A_STEP)
                target.open_for = (*target.open_for, module.dotted)
            if not self._is_assumed(module.dotted.partition(".")[0]):
                overwrite(program, target.names)
            return
        program.clock.running.looks_at(module.names)
        listed = self._listed_by(module)
        if listed is not None:
            for name in listed:
                program.expressions.bind(name, self._listed(module, name, place))
            return
        if module.open or "__all__" in module.names:
            target.open = True
        for name in module.names:
            if not name.startswith("_"):
                program.expressions.bind(name, module.names[name])
        target.open_for = tuple(dict.fromkeys((*target.open_for, *module.open_for)))

    def _listed(self, module: ModuleValue, name: str, place: Place) -> Value:
        """A name of ``__all__``: unlike for a name in the statement, a missing one does not raise ImportError."""
        try:
            return self._attribute(module, name, place)
        except Raised as raised:
            if raised.failure.error != "ImportError" or raised.failure.place != place:
                raise
            self.program.fail("AttributeError", f"module '{module.name}' has no attribute '{name}'", place)

    # ------------------------------------------------------------------ records

    def recorded(self, name: str, place: Place, names: tuple[str, ...]) -> ModuleValue | External:
        """Import ``name`` and append an import record.

        Raises:
            Raised: where the import certainly fails.
        """
        return self.program.clock.running.asking(self, ImportQuestion(name, place, names))

    def import_recorded(
        self, name: str, place: Place, names: tuple[str, ...], *, by_name: bool = False
    ) -> ModuleValue | External:
        """Do the import and append its record; not repeated from a module run."""
        program, frame = self.program, self.program.frame
        before = program.state.modules.data.get(name)
        first = len(program.events)
        index = len(program.records)
        program.records.append(_PENDING)
        try:
            module = self._load(name, place, by_name=by_name)
        finally:
            program.records[index] = ImportRecord(
                place=place,
                importer=frame.module.name,
                importer_path=frame.path,
                module=name,
                path=self._path_of(name, first),
                ran=before is None and len(program.events) > first,
                partial=before is not None and self._is_partial(before.module),
                certain=program.certain,
                first=first,
                last=len(program.events),
                link=frame.link,
                names=names,
            )
        return module

    def _is_partial(self, module: ModuleValue) -> bool:
        return module.phase == "running" and not self.program.is_awaited(module)

    def _path_of(self, name: str, first: int) -> str:
        """The file of a module of the workspace that was just imported, even if the import failed."""
        entry = self.program.state.modules.data.get(name)
        if entry is not None:
            return entry.module.path or ""
        if len(self.program.events) == first:
            return ""
        started = (e for e in self.program.events[first:] if e.kind is EventKind.MODULE_STARTED and e.module == name)
        return next((event.path for event in started), "")

    def put(self, name: str | None, value: Value) -> None:
        """``sys.modules[name] = value``."""
        state = self.program.state
        if name is None:
            self.absence.lose_sight()
            return
        if not isinstance(value, ModuleValue):
            value = ModuleValue(name, None, None, state.cells(), phase="done", open=True)
        state.write(state.modules, name, ModuleEntry(value, state.condition))

    def import_module(self, name: str, place: Place) -> Value:
        """``importlib.import_module(name)``: the module itself, not its top package."""
        return self.program.clock.running.asking(
            self, lambda importing: importing.import_recorded(name, place, (), by_name=True)
        )

    def stands(self, name: str) -> bool | None:
        """Whether ``name in sys.modules``; None if unknown."""
        return self.program.clock.running.asking(self, lambda importing: importing._stands(name))

    def _stands(self, name: str) -> bool | None:
        entry = (state := self.program.state).modules.get(name)
        if entry is not None:
            return True if state.holds(entry.condition) else None
        top = name.partition(".")[0]
        if name in {*FIRST, "__main__"}:
            return True
        own = top in state.modules or self.search.find_top(top)
        return False if own and not self.absence.unseen_modules else None

    # ------------------------------------------------------------------ loading

    def load(self, name: str, place: Place) -> ModuleValue | External:
        """Import ``a.b.c``: each parent first. The result is an External if the top package is not in the workspace.

        Raises:
            Raised: where the import certainly fails.
        """
        return self.program.clock.running.asking(self, lambda importing: importing._load(name, place))

    def _load(self, name: str, place: Place, *, by_name: bool = False) -> ModuleValue | External:
        """``by_name``: for ``importlib.import_module``, which imports the parent packages differently."""
        if not name:
            return External("")
        names = with_parents(name)
        modules = self.program.state.modules.data
        # A module in sys.modules is taken from there, without importing its parents.
        first = len(names) - 1
        while first and names[first] not in modules:
            first -= 1
        for full in names[:first]:
            if full in modules:
                self.earlier.settle(modules[full], full, place)
        parent: ModuleValue | None = None
        for full in names[first:]:
            known = full in modules
            module = self._ensure(full, parent, place, name)
            if isinstance(module, External):
                return External(name)
            parent = module
            if not (by_name or known or full == name):
                # importlib._bootstrap._find_and_load_unlocked calls __import__ for a parent package.
                self._load_top(full, place)
        assert parent is not None
        return parent

    def load_top(self, name: str, place: Place) -> None:
        """The rest of ``__import__("a.b.c")``, which returns ``a``: submodules may outlive their packages in
        ``sys.modules``.

        Raises:
            Raised: where importing the package certainly fails.
        """
        self.program.clock.running.asking(self, lambda importing: importing._load_top(name, place))

    def _load_top(self, name: str, place: Place) -> None:
        if (top := name.partition(".")[0]) not in self.program.state.modules:
            self.recorded(top, place, ())

    def _ensure(self, full: str, parent: ModuleValue | None, place: Place, asked: str) -> ModuleValue | External:
        """``full`` is ``asked``, or a package around it."""
        program = self.program
        entry = program.state.modules.data.get(full)
        if entry is not None:
            self.earlier.settle(entry, full, place)
            return entry.module
        last = full.rpartition(".")[2]
        if parent is None:
            spec = self.search.find_top(full)
            if spec is None:
                return self.outside(full, place, asked)
            if self.search.is_in_doubt(spec, place):
                return self.outside(full, place)
        else:
            self.absence.check_around(parent, place)
            search = self.search.folders_of(parent)
            if search == ((), True) and not self.absence.unseen_modules:
                program.miss(full)
                message = f"No module named '{full}'; '{parent.name}' is not a package"
                program.fail("ModuleNotFoundError", message, place, named=full)
            spec = program.workspace.find_spec(full, search.folders)
            if spec is None:
                program.miss(full)
                failure = Failure("ModuleNotFoundError", f"No module named '{full}'", place, named=full)
                if search.complete and not self.absence.may_import(parent, last):
                    raise Raised(failure)
                program.doubt(failure)
                program.state.write(parent.names, last, External(full))
                return External(full)
        module = program.linked(LinkKind.IMPORT, place, full, lambda: program.execution.execute(spec, full))
        stands = program.state.modules.data.get(full)
        if stands is None and not self.absence.unseen_modules:
            # importlib._bootstrap._load_unlocked moves the module to the end of sys.modules.
            program.fail("KeyError", full, place)
        # If the module has replaced itself in sys.modules, the replacement is imported.
        module = module if stands is None else stands.module
        if parent is not None:
            program.state.write(parent.names, last, module)
        return module

    def _is_assumed(self, name: str) -> bool:
        """Whether a package outside the workspace is assumed to be installed."""
        return name in STDLIB or self.program.packages.is_assumed(name)

    def outside(self, name: str, place: Place, asked: str = "") -> External:
        """What is imported if no module of the workspace has this top-level name.

        ``asked`` is the module of that package that is imported, if no import root finds the package. It is not
        assumed to be installed if a file of that name exists elsewhere in the workspace.

        Raises:
            Raised: for a module of the standard library of Python 2.
        """
        program, importer = self.program, self.program.frame.path
        program.miss(name)
        top = name.partition(".")[0]
        if not (self._is_assumed(name) or (name == top and program.workspace.is_installed(top, importer))):
            other = program.workspace.elsewhere(asked, importer) if asked and not program.muted else None
            if other is not None and not program.workspace.depends_on(top, importer):
                why = f"{asked}, which no import root finds, although there is {other}"
                program.cut(place, why, CutKind.ROOT)
            failure = Failure("ModuleNotFoundError", f"No module named '{name}'", place, named=name)
            if top in PYTHON_2 and not program.workspace.depends_on(top, importer):
                raise Raised(failure)
            program.doubt(failure, top)
        return External(name)
