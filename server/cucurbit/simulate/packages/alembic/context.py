"""``alembic.context``, whose functions use the EnvironmentContext that was entered last.

Facts from alembic/util/langhelpers.py (``ModuleClsProxy``), confirmed by running it: entering an ``EnvironmentContext``
makes the module's functions use it and sets ``config`` in the module; leaving one, even the inner of two, makes them
use None and deletes ``config`` with ``del``. So an env.py in which other migrations ran cannot continue, and the
command that runs it raises KeyError at its end.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import CallSite, Choice, Constant, ExternalObject, Unknown, Value

MODULE = "alembic.context"

_CONFIG = "config"
_OVER = Constant(None)
"""The value of ``_proxy`` after an EnvironmentContext was left; before the first is entered, there is none."""

_FUNCTIONS = (
    "begin_transaction",
    "configure",
    "execute",
    "get_bind",
    "get_context",
    "get_head_revision",
    "get_head_revisions",
    "get_revision_argument",
    "get_starting_revision_argument",
    "get_tag_argument",
    "get_x_argument",
    "is_offline_mode",
    "is_transactional_ddl",
    "requires_connection",
    "run_migrations",
    "static_output",
)


def enter(machine: Machine, config: Value) -> None:
    """``EnvironmentContext.__enter__``."""
    machine.state.write(machine.state.libraries, MODULE, config)


def leave(machine: Machine, place: Place) -> None:
    """``EnvironmentContext.__exit__``.

    Raises:
        Raised: KeyError, if another one was certainly left inside it.
    """
    state = machine.state
    held = state.libraries.get(MODULE)
    state.write(state.libraries, MODULE, _OVER)
    if held == _OVER:
        # Alembic deletes several names in the order of a set, so any of them may be the first.
        machine.fail("KeyError", "", place)
    if isinstance(held, Choice) and _OVER in held.options:
        machine.cut(place, "possibly nested Alembic runs: the context is unknown")
        state.doubt_all()


def config(machine: Machine, dotted: str) -> Value | None:
    """``context.config``, if it may exist."""
    held = machine.state.libraries.get(MODULE) if dotted == f"{MODULE}.{_CONFIG}" else None
    if held == _OVER:
        return None
    return Unknown("the configuration of Alembic") if isinstance(held, (Choice, Unknown)) else held


def is_over(machine: Machine) -> bool:
    """Whether the EnvironmentContext that was entered last has certainly been left."""
    return machine.state.libraries.get(MODULE) == _OVER


def is_gone(machine: Machine, dotted: str) -> bool:
    """Whether ``alembic.context`` certainly has no attribute ``config``."""
    return dotted == f"{MODULE}.{_CONFIG}" and machine.state.libraries.get(MODULE) in (None, _OVER)


def _by_hand(machine: Machine, call: CallSite) -> Value:
    """An ``EnvironmentContext`` that the program creates itself; when it is entered is not followed."""
    machine.state.write(machine.state.libraries, MODULE, Unknown("an EnvironmentContext created by the program"))
    return _made(machine, call)


def _made(machine: Machine, call: CallSite) -> Value:
    return ExternalObject(call.name, call, machine.state.cells())


def _proxied(name: str, handler: Handler) -> Handler:
    """A function of the module: it fails without an EnvironmentContext."""

    def run(machine: Machine, call: CallSite) -> Value:
        held = machine.state.libraries.get(MODULE)
        if held is None:
            message = (
                f"Can't invoke function '{name}', as the proxy object has not yet been established for the Alembic "
                "'EnvironmentContext' class.  Try placing this code inside a callable."
            )
            machine.fail("NameError", message, call.place)
        if held == _OVER:
            machine.fail("AttributeError", f"'NoneType' object has no attribute '{name}'", call.place)
        return handler(machine, call)

    return run


def handlers(known: dict[str, Handler]) -> dict[str, Handler]:
    """Handlers for the functions of the module; ``known`` are those with a specific effect."""
    return {
        **{f"{MODULE}.{name}": _proxied(name, known.get(name, _made)) for name in _FUNCTIONS},
        f"{MODULE}.EnvironmentContext": _by_hand,
        "alembic.runtime.environment.EnvironmentContext": _by_hand,
    }
