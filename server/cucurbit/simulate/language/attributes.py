"""How attributes are found and set."""

from __future__ import annotations

from cucurbit.simulate.core import lazy_attributes
from cucurbit.simulate.core.linearisation import merged
from cucurbit.simulate.core.machine import ExternalCallable, Raised
from cucurbit.simulate.core.program import Program
from cucurbit.simulate.core.timeline import Failure, Place
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    Choice,
    ClassValue,
    Constant,
    Coroutine,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    MetaDataValue,
    Missing,
    ModuleValue,
    PathValue,
    RegistryValue,
    SequenceValue,
    TableValue,
    Unknown,
    Value,
    choice,
    is_by_handler,
    options_of,
)
from cucurbit.simulate.language.reach import Reach
from cucurbit.simulate.language.text_attributes import parents, text_attribute
from cucurbit.workspace.model import EntryKind

PLAIN_BASES = frozenset(
    {"builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC", "builtins.Exception", "builtins.BaseException"}
)
"""External bases that add no relevant attributes and change none."""

ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})


TYPES: dict[str, type] = {"@str": str, "@list": list, "@tuple": tuple, "@set": set, "@dict": dict}
"""The names of built-in types, under which their methods have handlers."""


class Attributes:
    """Finds and sets attributes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._orders: dict[ClassValue, tuple[tuple[Value, ...], tuple[Value, ...]]] = {}
        """The bases that each class had when its order was worked out, and that order."""

    # ------------------------------------------------------------------ getting

    def get(self, value: Value, name: str, place: Place) -> Value:
        """``value.name``.

        Raises:
            Raised: a certain AttributeError of a module.
        """
        found = self._get(value, name, place)
        if self.program.guarding.is_guarded and self._may_fail(value, name, found):
            self.program.calls.guess()
        return found

    def _may_fail(self, value: Value, name: str, found: Value) -> bool:
        """Whether the look-up of an attribute is not followed, so the attribute may be missing."""
        if isinstance(found, External):
            packages = self.program.packages
            known = packages.knows(found.dotted) or packages.leaves_arguments(found.dotted)
            return isinstance(value, External) and not known and packages.find(found.dotted) is None
        if isinstance(found, Bound) and isinstance(found.function, External):
            dotted = found.function.dotted
            kind = TYPES.get(dotted.partition(".")[0])
            if kind is not None:
                return not hasattr(kind, name)
            return self.program.packages.find(dotted) is None and not self.program.packages.leaves_arguments(dotted)
        return isinstance(found, Unknown)

    def _get(self, value: Value, name: str, place: Place) -> Value:
        if isinstance(value, ModuleValue):
            return self.of_module(value, name, place)
        if isinstance(value, External):
            return self.of_external(value, name, place, "AttributeError")
        if isinstance(value, ClassValue):
            return self._of_class(value, name)
        if isinstance(value, InstanceValue):
            return self._of_instance(value, name, place)
        if isinstance(value, ExternalObject):
            return self._of_external_object(value, name)
        if isinstance(value, (MetaDataValue, RegistryValue, TableValue)):
            return self._of_mapping_value(value, name)
        if isinstance(value, Choice):
            return choice_value(*[self._get(option, name, place) for option in options_of(value)])
        if isinstance(value, (Bound, Coroutine)):
            return self._of_bound(value, name)
        if isinstance(value, FunctionValue):
            return self._of_function(value, name)
        if isinstance(value, PathValue) and name == "parents":
            return self.program.sequence("tuple", parents(value.text))
        if isinstance(value, (Constant, PathValue, SequenceValue, DictValue)):
            return text_attribute(value, name)
        return Unknown(f"the attribute {name}")

    def _of_bound(self, value: Bound | Coroutine, name: str) -> Value:
        if isinstance(value, Coroutine):
            # ``send``, ``throw`` and ``close`` run more of the body.
            return Bound(External(f"@generator.{name}"), value)
        if isinstance(value.function, External):
            return Bound(External(f"{value.function.dotted}.{name}"), value.receiver)
        return Unknown(f"the attribute {name}")

    def _of_function(self, value: FunctionValue, name: str) -> Value:
        if name in ("setter", "getter", "deleter") and value.role == "property":
            return Bound(External(f"@property.{name}"), value)
        renamed = str(value.place) in self.program.state.altered or "functools.wraps()" in value.marks
        if renamed or (name == "__qualname__" and value.scope is not None):
            return Unknown(f"the attribute {name}")
        if name in ("__name__", "__qualname__"):
            return Constant(value.name)
        return Constant(value.module.name) if name == "__module__" else Unknown(f"the attribute {name}")

    def of_module(self, module: ModuleValue, name: str, place: Place) -> Value:
        """An attribute of a workspace module.

        Raises:
            Raised: AttributeError, where the module surely has no such attribute.
        """
        found = module.names.get(name)
        if name == "__dict__":
            self.program.state.mark(module.names, module, "open")
            module.open = True
            return DictValue(module.names, open=True)
        if found is not None:
            if is_by_handler(found):
                self.program.expressions.doubt_handler(f"{module.name}.{name}", place)
            return self.program.expressions.present(found)
        if self.program.is_awaited(module):
            return Unknown(f"{module.name}.{name}, bound by another thread")
        lazy = self.program.sources.name_in(module, name) or lazy_attributes.made(self.program, module, name, place)
        if lazy is not None:
            return lazy
        self.program.clock.running.looks_at(module.names)
        if module.open_for:
            return External(f"{module.open_for[-1]}.{name}")
        absence = self.program.importing.absence
        bare = module.path is None and module.spec is not None
        if module.open or name.startswith("__") or (not bare and absence.may_hold(module, name)):
            absence.check_handlers(module, name, place)
            return Unknown(f"{module.name}.{name}")
        failure = Failure("AttributeError", f"module '{module.name}' has no attribute '{name}'", place)
        if module.phase == "done" and module.spec is not None and module.spec.is_package and absence.filled_from_afar():
            # Registries set attributes of packages (``setattr(package, name, cls)``): a missing name proves nothing.
            self.program.doubt(failure)
            return Unknown(f"{module.name}.{name}")
        if self.program.entry.kind is EntryKind.REVISION and self.program.importing.search.findable(module, name):
            # env.py has run before, which is not followed here: it may have imported this module of the package.
            self.program.doubt(failure)
            return Unknown(f"{module.name}.{name}")
        raise Raised(failure)

    def of_external(self, value: External, name: str, place: Place, error: str) -> Value:
        """An attribute of an External; ``error`` is the exception that Python raises if it is missing.

        Raises:
            Raised: where it surely has none.
        """
        dotted = f"{value.dotted}.{name}"
        known = self.program.packages.constant(self.program, dotted)
        if known is None and self.program.packages.lacks(self.program, dotted):
            imported = error == "ImportError"
            message = f"cannot import name '{name}' from" if imported else f"module '{value.dotted}' has no attribute"
            self.program.fail(error, f"{message} '{value.dotted if imported else name}'", place)
        return External(dotted) if known is None else known

    def _of_external_object(self, value: ExternalObject, name: str) -> Value:
        found = value.attributes.get(name)
        if found is not None:
            return found
        dotted = f"{value.made_by}().{name}"
        known = self.program.packages.attribute(self.program, value, dotted)
        return known if known is not None else Bound(External(dotted), value)

    def _of_mapping_value(self, value: MetaDataValue | RegistryValue | TableValue, name: str) -> Value:
        found = self.program.packages.member(self.program, value, name)
        return self._as_value(found, value, name)

    def _as_value(self, found: object, receiver: Value, name: str) -> Value:
        if found is None:
            return Unknown(f"the attribute {name}")
        if callable(found):
            return Bound(ExternalCallable("@member", found), receiver)
        return found  # type: ignore[return-value]

    # ------------------------------------------------------------------ classes

    def mro(self, cls: ClassValue) -> tuple[Value, ...]:
        """The C3 order, as in Python; if there is none (or bases repeat), bases come in the order in the code."""
        known = self._orders.get(cls)
        if known is not None and known[0] is cls.bases:
            return known[1]
        orders = [self.mro(base) if isinstance(base, ClassValue) else (base,) for base in cls.bases]
        order = (cls, *(orders[0] if len(orders) == 1 else merged([*orders, cls.bases])[0]))
        self._orders[cls] = cls.bases, order
        return order

    def on_class(self, cls: ClassValue, name: str) -> tuple[Value, ClassValue] | None:
        """The raw attribute and the class that owns it."""
        for base in self.mro(cls):
            if isinstance(base, ClassValue):
                found = base.names.get(name)
                if found is not None:
                    return found, base
        return None

    def _of_class(self, cls: ClassValue, name: str) -> Value:
        if name in ("__name__", "__qualname__", "__module__") and name not in cls.names:
            if name == "__module__":
                return Constant(cls.module.name)
            nested = name == "__qualname__" and cls.nested
            return Unknown("the name of a nested class") if nested else Constant(cls.name)
        found = self.on_class(cls, name)
        if found is not None and self._is_descriptor(found[0]):
            self.program.calls.guess()
            return Unknown(f"what a descriptor gives for {name}")
        if found is not None:
            value, _ = found
            if isinstance(value, FunctionValue):
                return self._bound_on_class(value, cls)
            if self._is_enum(cls) and isinstance(value, Constant):
                return self._member(cls, name, value)
            known = self.program.packages.member(self.program, cls, name)
            return value if known is None or callable(known) else known
        special = self.program.packages.member(self.program, cls, name)
        if special is not None:
            return self._as_value(special, cls, name)
        external = next((base for base in self.mro(cls) if isinstance(base, External)), None)
        if external is not None and external.dotted not in PLAIN_BASES:
            return Bound(External(f"{external.dotted}.{name}"), cls)
        return Unknown(f"the attribute {name}")

    def _bound_on_class(self, function: FunctionValue, cls: ClassValue) -> Value:
        if function.role == "class":
            return Bound(function, cls)
        if function.role == "declared_attr":
            return self.program.call(Bound(function, cls), CallSite(function.place, "", None, (), {}))
        return function

    def _is_enum(self, cls: ClassValue) -> bool:
        return any(isinstance(base, External) and base.dotted in ENUMS for base in self.mro(cls))

    def _is_descriptor(self, value: Value) -> bool:
        """Whether an attribute of a class is a descriptor, which computes the value."""
        if isinstance(value, ExternalObject):
            return value.made_by.startswith(("builtins.property", "functools."))
        return isinstance(value, InstanceValue) and self.on_class(value.cls, "__get__") is not None

    def _member(self, cls: ClassValue, name: str, value: Constant) -> Value:
        bases = {base.dotted for base in self.mro(cls) if isinstance(base, External)}
        if name.startswith("_") or (name.startswith("__") and name.endswith("__")):
            return value
        if "__new__" in cls.names or "__init__" in cls.names or "_ignore_" in cls.names:
            return Unknown("a member of an Enum that makes its members itself")
        if bases & {"builtins.str", "enum.StrEnum"}:
            return Constant(value.value, value.place, member="enum.StrEnum" not in bases)
        # Members with equal values are aliases of the first.
        name = next((each for each in cls.names if not each.startswith("_") and cls.names[each] == value), name)
        return cls.member(name, value)

    def member_by_value(self, cls: ClassValue, value: Value) -> Value | None:
        """The member of an Enum that a call with a value returns; None if the class is not an Enum."""
        if not self._is_enum(cls):
            return None
        if isinstance(value, InstanceValue) and value.cls is cls:
            return value
        own = any(self.on_class(cls, name) is not None for name in ("_missing_", "__new__", "__init__"))
        if isinstance(value, Constant) and not own and not cls.keywords:
            for name in cls.names:
                if not name.startswith("_") and cls.names[name] == value:
                    return self._of_class(cls, name)
        self.program.calls.guess()
        return Unknown(f"a member of {cls.name}")

    # ---------------------------------------------------------------- instances

    def _of_instance(self, instance: InstanceValue, name: str, place: Place) -> Value:
        own = instance.attributes.get(name)
        changed = own is None and "__class__" in instance.attributes
        if changed or self.on_class(instance.cls, "__getattribute__") is not None:
            self.program.calls.guess()
            return Unknown(f"the attribute {name}")
        if name == "__dict__":
            return DictValue(instance.attributes, open=True)
        if own is not None:
            return self.program.expressions.present(own)
        found = self.on_class(instance.cls, name)
        if found is not None and self._is_descriptor(found[0]):
            self.program.calls.guess()
            return Unknown(f"what a descriptor gives for {name}")
        if found is not None:
            value = found[0]
            if isinstance(value, FunctionValue):
                if value.role == "static":
                    return value
                if value.role == "property":
                    result = self.program.call(Bound(value, instance), CallSite(place, "", None, (), {}))
                    if any(mark.endswith(("cached_property", "memoized_property")) for mark in value.marks):
                        self.program.state.write(instance.attributes, name, result)
                    return result
                return Bound(value, instance.cls if value.role == "class" else instance)
            # An external base (such as a settings class) may have set it.
            return value if self._is_kept(instance.cls, name, value) else Unknown(f"the attribute {name}")
        if name == "__class__":
            return instance.cls
        external = next((base for base in self.mro(instance.cls) if isinstance(base, External)), None)
        if external is not None and external.dotted not in PLAIN_BASES:
            return Bound(External(f"{external.dotted}().{name}"), instance)
        return Unknown(f"the attribute {name}")

    def _is_kept(self, cls: ClassValue, name: str, value: Value) -> bool:
        """Whether an instance has what the class has under a name.

        Not the members of an Enum: whether a member has the others differs between versions of Python.
        """
        is_member = isinstance(value, Constant) and not name.startswith("_") and self._is_enum(cls)
        return self.is_plain(cls) and not is_member

    def is_plain(self, cls: ClassValue) -> bool:
        """Whether no external code adds attributes to instances of a class."""
        return all(
            isinstance(base, ClassValue) or (isinstance(base, External) and base.dotted in PLAIN_BASES | ENUMS)
            for base in self.mro(cls)
        )

    # ------------------------------------------------------------------ setting

    def _is_set_otherwise(self, instance: InstanceValue, name: str) -> bool:
        """Whether a class controls how attributes of its instances are set."""
        if self.on_class(instance.cls, "__setattr__") is not None:
            return True
        found = self.on_class(instance.cls, name)
        if found is None:
            return False
        value = found[0]
        return self._is_descriptor(value) or (isinstance(value, FunctionValue) and value.role == "property")

    def runs_code(self, instance: InstanceValue, name: str) -> bool:
        """Whether setting or deleting an attribute runs code: of a property, a descriptor or the class itself."""
        return self._is_set_otherwise(instance, name) or self.on_class(instance.cls, "__delattr__") is not None

    def set(self, value: Value, name: str, new: Value) -> None:
        """``value.name = new``."""
        state = self.program.state
        if self.program.guarding.is_guarded and not isinstance(value, ModuleValue):
            self.program.calls.guess()
        if isinstance(value, (ModuleValue, ClassValue)):
            self._set_name(value, name, new)
        elif isinstance(value, InstanceValue) and self._is_set_otherwise(value, name):
            Reach(self.program).spoil(value)
        elif isinstance(value, (InstanceValue, ExternalObject)):
            state.write(value.attributes, name, new)
        elif isinstance(value, FunctionValue):
            state.alter(str(value.place))
        elif isinstance(value, Bound) and isinstance(value.receiver, ExternalObject):
            # An attribute of a part (``app.router.lifespan_context``) is stored in the object.
            state.write(value.receiver.attributes, name, new)
        elif isinstance(value, External) and value.dotted == "builtins":
            state.alter(f"builtins.{name}")
        elif isinstance(value, External) and value.dotted == "sys" and name == "path":
            self.program.importing.search.set(new)
        elif isinstance(value, MetaDataValue):
            self._set_of_metadata(value, name, new)
        elif isinstance(value, Choice):
            for option in options_of(value):
                self.set(option, name, choice_value(self.get(option, name, Place("", 0)), new))

    def _set_name(self, value: ModuleValue | ClassValue, name: str, new: Value) -> None:
        self.program.state.write(value.names, name, new)
        if isinstance(value, ClassValue):
            self.program.packages.on_set(self.program, value, name, new)

    def _set_of_metadata(self, value: MetaDataValue, name: str, new: Value) -> None:
        if name == "schema":
            self.program.state.mark(value.tables, value, "schema")
            value.schema = Unknown("a schema that is set later")
        elif name == "naming_convention":
            self.program.state.mark(value.tables, value, "convention")
            value.convention = new


def choice_value(*options: Value) -> Value:
    """One of ``options``."""
    joined = choice(*options)
    return Unknown("nothing") if isinstance(joined, Missing) else joined
