""":class:`Package`: everything that the simulator knows of one library, and the grammar of dotted names.

Dotted names
------------
A library is known by its public names, written as Python would import them, followed by what the program does with
them:

- ``sqlalchemy.orm.declarative_base``: the name itself;
- ``fastapi.FastAPI()``: what a call of that name returns;
- ``fastapi.FastAPI().on_event``: an attribute of what a call returns;
- ``sqlalchemy.orm.registry().mapped()``: what a call of such an attribute returns, and so on.

Subscripts are left out: ``current_app.extensions["migrate"].db`` is ``flask.current_app.extensions.db``. A name with
``[]`` behind it, ``typing.Annotated[]``, is what a subscript of it makes, where that is more than the name itself.

A name that begins with ``@`` is not a Python name: ``@str.join``, ``@list.append``, ``@dict.get``, ``@number.real`` and
``@path.joinpath`` are methods of values of built-in types, ``@made`` is a function that a handler created. Attributes
of an :class:`~cucurbit.simulate.core.values.ExternalObject` with such names are invisible to the program: ``@items``
are the items of a named tuple, ``@startup 7`` is a start-up function, with the tick at which it was added.

Unknown arguments
----------------------
A handler that does not understand an argument calls :meth:`Machine.cut`. It never guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cucurbit.simulate.core.machine import ConsoleScript, Handler, Machine, Startup
from cucurbit.simulate.core.values import (
    BaseKind,
    CallSite,
    ClassValue,
    ExternalObject,
    FunctionRole,
    FunctionValue,
    Value,
)
from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.starts.programs import CommandLine


@dataclass(frozen=True)
class MethodOfUnknown:
    """A method that is recognised by its name, if ``applies`` accepts the dotted name of its object."""

    applies: Callable[[str], bool]
    handler: Handler


@dataclass(frozen=True)
class Package:
    """The hooks of one library. Each has a default that does nothing."""

    name: str
    """The name of the library, for users."""

    calls: Mapping[str, Handler] = field(default_factory=dict)
    """What calls of dotted names do."""

    methods: Mapping[str, MethodOfUnknown] = field(default_factory=dict)
    """What calls of methods do, by the method's name without its object."""

    constant: Callable[[Machine, str], Value | None] | None = None
    """The value of a dotted name that is no function."""

    lacks: Callable[[Machine, str], bool] | None = None
    """Whether a dotted name certainly does not exist now."""

    attribute: Callable[[Machine, ExternalObject, str], Value | None] | None = None
    """An attribute, by its dotted name, of an object that a call returned."""

    member: Callable[[Machine, Value, str], Handler | Value | None] | None = None
    """An attribute that the library adds to any other value."""

    has_attribute: Callable[[Machine, ClassValue, str], bool | None] | None = None
    """Whether a class has an attribute; None where it is not known."""

    instantiate: Callable[[Machine, ClassValue], Handler | None] | None = None
    """What calling a class does if it descends from a class of the library."""

    on_class: Callable[[Machine, ClassValue], bool] | None = None
    """Called after a class statement has run; True: no other library needs to handle the class."""

    on_bind: Callable[[Value, str, str], None] | None = None
    """Called when a value is bound to a name of a module."""

    on_set: Callable[[Machine, ClassValue, str, Value], None] | None = None
    """Called when an attribute of a class is set after the class statement has run."""

    on_call: Callable[[Machine, CallSite], None] | None = None
    """Called before a name of any library is called, ``name`` of the call; it is ``?.name`` for a method or
    function of this name that is not known, ``?`` if it has none."""

    on_not_followed: Callable[[Machine, FunctionValue], None] | None = None
    """Called for a function that code may call that is not followed, or whose call is not followed."""

    on_unfollowed_call: Callable[[Machine, FunctionValue, CallSite], bool] | None = None
    """Called for a call of a function that the program makes, and that is not followed: it is too deep. True: what
    follows is not certain, and the timeline has a cut that says so."""

    base_kind: Callable[[str], BaseKind | None] | None = None
    """The role of a class (a dotted name) as a base in declarative mapping; None: not a class of the library."""

    column_makers: tuple[str, ...] = ()
    """Beginnings of the dotted names of functions that create columns, relationships and constraints."""

    decorators: Mapping[str, FunctionRole] = field(default_factory=dict)
    """What its decorators make of a function, by their dotted names."""

    may_not_run: tuple[str, ...] = ()
    """Beginnings of the names of decorators whose functions, when called, do more or less than run their bodies."""

    keeps_no_results: tuple[str, ...] = ()
    """Beginnings of the dotted names of decorators that never cache what calls return."""

    leaves_arguments: tuple[str, ...] = ()
    """Beginnings of the dotted names of functions that never change their arguments: they store or only show them."""

    never_awaited: tuple[str, ...] = ()
    """Beginnings of the dotted names of functions that return None, and nothing that can be awaited."""

    exceptions: Mapping[str, str] = field(default_factory=dict)
    """The bases of its exception classes, by their names."""

    assumed: frozenset[str] = frozenset()
    """Its top-level modules, if they are assumed to be installed: a branch without them is not followed."""

    of_command: frozenset[str] = frozenset()
    """Top-level modules that the command which runs env.py imports before it adds a folder to ``sys.path``."""

    console_scripts: Mapping[str, ConsoleScript] = field(default_factory=dict)
    """What its commands do, in the process in which they are started."""

    applications: Mapping[str, bool] = field(default_factory=dict)
    """Names of classes whose objects are applications: True where a server serves them, False where to import the
    module is all that is done.

    A bare name (``FastAPI``) is that of any class so called, wherever it comes from. For a name that other libraries
    use as well (``Application``), give the dotted names: they count only in a file that imports them.
    """

    command_lines: Mapping[str, CommandLine] = field(default_factory=dict)
    """What its commands start, by their names."""

    loads_application: Callable[[ModuleFacts], bool] | None = None
    """Whether the command that runs an env.py, of these facts, loads the application first."""

    startup: Mapping[str, Startup] = field(default_factory=dict)
    """What runs when an application is served, by the dotted name of the class whose call made it."""
