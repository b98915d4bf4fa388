"""What a file in :mod:`cucurbit.simulate.packages` says of one library.

Dotted names
------------
A library is known by its public names, written as Python would import them, followed by what the program does with
them:

- ``sqlalchemy.orm.declarative_base``: the name itself;
- ``fastapi.FastAPI()``: what a call of that name returns;
- ``fastapi.FastAPI().on_event``: an attribute of what a call returns;
- ``sqlalchemy.orm.registry().mapped()``: what a call of such an attribute returns, and so on.

A subscript leaves no trace: ``current_app.extensions["migrate"].db`` is ``flask.current_app.extensions.db``.

What begins with ``@`` is no name of Python: ``@str.join``, ``@list.append``, ``@dict.get``, ``@number.real`` and
``@path.joinpath`` are methods of values of built-in types, ``@made.3`` is a function that a handler made. Under such
keys the attributes of an :class:`~cucurbit.simulate.core.values.ExternalObject` hold what the program cannot see:
``@items``, the items of a named tuple; ``@startup 7``, a start-up function, with the tick at which it was added.

What is not understood
----------------------
A handler that does not know the shape of an argument says so with :meth:`Machine.cut`, and never guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cucurbit.simulate.core.machine import ConsoleScript, Handler, Machine, Startup
from cucurbit.simulate.core.values import BaseKind, ClassValue, ExternalObject, FunctionRole, Value
from cucurbit.source.facts import ModuleFacts
from cucurbit.workspace.starts.programs import CommandLine


@dataclass(frozen=True)
class MethodOfUnknown:
    """A method known by its name alone, where ``applies`` says so of the dotted name of the object before it."""

    applies: Callable[[str], bool]
    handler: Handler


@dataclass(frozen=True)
class Package:
    """The hooks of one library. What is left out does nothing."""

    name: str
    """The name of the library, for people."""

    calls: Mapping[str, Handler] = field(default_factory=dict)
    """What calls of dotted names do."""

    methods: Mapping[str, MethodOfUnknown] = field(default_factory=dict)
    """What calls of methods do, by the name of the method alone."""

    constant: Callable[[Machine, str], Value | None] | None = None
    """The value of a dotted name that is no function."""

    lacks: Callable[[Machine, str], bool] | None = None
    """Whether a dotted name surely does not exist now."""

    attribute: Callable[[Machine, ExternalObject, str], Value | None] | None = None
    """An attribute, by its dotted name, of an object that a call returned."""

    member: Callable[[Machine, Value, str], Handler | Value | None] | None = None
    """An attribute that the library gives to any other value."""

    has_attribute: Callable[[Machine, ClassValue, str], bool | None] | None = None
    """Whether a class has an attribute; None where it is not known."""

    instantiate: Callable[[Machine, ClassValue], Handler | None] | None = None
    """What calling a class does that descends from one of the library."""

    on_class: Callable[[Machine, ClassValue], bool] | None = None
    """A class statement has run; True: no other library has to look at it."""

    on_bind: Callable[[Value, str, str], None] | None = None
    """A value is bound to a name, of a module."""

    base_kind: Callable[[str], BaseKind | None] | None = None
    """What a class, by its dotted name, is to declarative mapping as a base; None: it is none of the library."""

    column_makers: tuple[str, ...] = ()
    """Beginnings of the dotted names of what makes columns, relationships and constraints."""

    decorators: Mapping[str, FunctionRole] = field(default_factory=dict)
    """What its decorators make of a function, by their dotted names."""

    may_not_run: tuple[str, ...] = ()
    """Beginnings of the dotted names of decorators whose functions do more, or less, than run their bodies."""

    keeps_no_results: tuple[str, ...] = ()
    """Beginnings of the dotted names of decorators none of which keeps what calls return."""

    leaves_arguments: tuple[str, ...] = ()
    """Beginnings of the dotted names of what keeps the objects that it is given, or only shows them."""

    never_awaited: tuple[str, ...] = ()
    """Beginnings of the dotted names of functions that return None, and nothing that can be awaited."""

    exceptions: Mapping[str, str] = field(default_factory=dict)
    """The bases of its exception classes, by their names."""

    assumed: frozenset[str] = frozenset()
    """Its top-level modules, where a project needs it so much that its absence is no branch worth following."""

    console_scripts: Mapping[str, ConsoleScript] = field(default_factory=dict)
    """What its commands do, in the process that they are started in."""

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
