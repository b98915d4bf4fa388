"""``alembic.context``, which stands for the env.py run that was entered last.

Facts from alembic/util/langhelpers.py (``ModuleClsProxy``), found out by running them as well: entering an
``EnvironmentContext`` makes the module's functions lead to it and sets ``config`` in the module; leaving one, the inner
of two too, makes them lead to None and deletes ``config``, with ``del``. So an env.py in which other migrations ran
cannot go on, and the command that runs it raises KeyError at its end.
"""

from __future__ import annotations

from cucurbit.simulate.core.machine import Handler, Machine
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import CallSite, Choice, Constant, ExternalObject, Unknown, Value

MODULE = "alembic.context"

_CONFIG = "config"
_OVER = Constant(None)
"""What ``_proxy`` holds once an EnvironmentContext was left; nothing, before the first is entered."""

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
        Raised: KeyError, where another one was surely left inside it.
    """
    state = machine.state
    held = state.libraries.get(MODULE)
    state.write(state.libraries, MODULE, _OVER)
    if held == _OVER:
        # One of several names, whichever a set holds first.
        machine.fail("KeyError", "", place)
    if isinstance(held, Choice) and _OVER in held.options:
        machine.cut(place, "possibly nested Alembic runs: the context is unknown")
        state.doubt_all()


def config(machine: Machine, dotted: str) -> Value | None:
    """``context.config``, where it may be there."""
    held = machine.state.libraries.get(MODULE) if dotted == f"{MODULE}.{_CONFIG}" else None
    if held == _OVER:
        return None
    return Unknown("the configuration of Alembic") if isinstance(held, (Choice, Unknown)) else held


def is_over(machine: Machine) -> bool:
    """Whether the EnvironmentContext that was entered last has surely been left."""
    return machine.state.libraries.get(MODULE) == _OVER


def is_gone(machine: Machine, dotted: str) -> bool:
    """Whether ``alembic.context`` surely has no attribute ``config``."""
    return dotted == f"{MODULE}.{_CONFIG}" and machine.state.libraries.get(MODULE) in (None, _OVER)


def _by_hand(machine: Machine, call: CallSite) -> Value:
    """An ``EnvironmentContext`` that the program makes itself: when it enters it is not followed."""
    machine.state.write(machine.state.libraries, MODULE, Unknown("an EnvironmentContext created by the program"))
    return _made(machine, call)


def _made(machine: Machine, call: CallSite) -> Value:
    return ExternalObject(call.name, call, machine.state.cells())


def _proxied(name: str, handler: Handler) -> Handler:
    """A function of the module: without an EnvironmentContext there is nothing that it could be called on."""

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
    """The functions of the module, ``known`` what those of them do that matter."""
    return {
        **{f"{MODULE}.{name}": _proxied(name, known.get(name, _made)) for name in _FUNCTIONS},
        f"{MODULE}.EnvironmentContext": _by_hand,
        "alembic.runtime.environment.EnvironmentContext": _by_hand,
    }
