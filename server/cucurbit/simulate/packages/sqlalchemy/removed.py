"""What SQLAlchemy 2.0 no longer accepts: calls that are written for 1.x, and engines of the wrong kind.

Facts from sqlalchemy/engine/base.py (``Connection.execute``), orm/session.py (``_execute_internal``), sql/schema.py
(``MetaData.__init__``, ``create_all``, ``Table._init``) and engine/create.py, confirmed by running them. A project that
requires SQLAlchemy in a version that is not known may run with 1.x, so nothing is said there; one that requires
nothing runs with the newest.
"""

from __future__ import annotations

import re

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.values import CallSite, Constant, ExternalObject, Value, text_of

_ENGINE = r"(?:sqlalchemy|sqlmodel)\.(?:[\w.]+\.)?(?:create_engine|engine_from_config)\(\)"
_ASYNC_ENGINE = re.compile(r"sqlalchemy\.ext\.asyncio\.(?:engine\.)?(?:create_async_engine|async_engine_from_config)\Z")
_OF_ENGINE = re.compile(rf"{_ENGINE}\.(?P<method>execute|scalar|table_names|has_table|transaction|run_callable)\Z")
_OF_CONNECTION = re.compile(
    rf"(?:{_ENGINE}\.(?:connect|begin)\(\)|alembic\.(?:op|context)\.get_bind\(\))\.(?:execute|scalar|scalars)\Z"
)
_OF_SESSION = re.compile(
    r"sqlalchemy\.orm\.(?:session\.)?(?:Session|sessionmaker)\(\)(?:\(\))?\.(?:execute|scalar|scalars)\Z"
)
_OF_SCHEMA = frozenset(f"sqlalchemy.{module}{name}" for module in ("", "schema.") for name in ("MetaData", "Table"))
_KEYWORDS_OF_ENGINES = ("encoding", "convert_unicode")

_DECLARING = ("requirements", "pyproject.toml", "setup.", "Pipfile", "environment.y", "poetry.lock", "uv.lock")
"""How the names begin of files that say with which packages a project runs."""

_SHOWN = 25
"""Characters of a statement that SQLAlchemy shows."""


def on_call(machine: Machine, call: CallSite) -> None:
    """Raise what a call certainly raises with SQLAlchemy 2.0.

    Raises:
        Raised: where SQLAlchemy does.
    """
    name = call.name
    if not name.startswith(("sqlalchemy.", "sqlmodel.", "alembic.")) or not _is_2(machine, call):
        return
    if name in _OF_SCHEMA:
        _made(machine, call)
    elif name.endswith("create_engine"):
        for keyword in _KEYWORDS_OF_ENGINES:
            if keyword in call.kwargs:
                machine.fail("TypeError", f"Invalid argument(s) {keyword!r} sent to create_engine()", call.place)
    elif (method := _OF_ENGINE.match(name)) is not None:
        machine.fail("AttributeError", f"'Engine' object has no attribute '{method['method']}'", call.place)
    else:
        _executed(machine, call)


def _made(machine: Machine, call: CallSite) -> None:
    if call.name.endswith(".MetaData") and "bind" in call.kwargs:
        machine.fail("TypeError", "MetaData.__init__() got an unexpected keyword argument 'bind'", call.place)
    if call.name.endswith(".Table") and "autoload" in call.kwargs:
        message = "Additional arguments should be named <dialectname>_<argument>, got 'autoload'"
        machine.fail("TypeError", message, call.place)


def _executed(machine: Machine, call: CallSite) -> None:
    text = text_of(call.args[0]) if call.args else None
    if text is None:
        return
    if _OF_CONNECTION.match(call.name):
        machine.fail("ObjectNotExecutableError", f"Not an executable object: {text!r}", call.place)
    if _OF_SESSION.match(call.name):
        short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        message = f"Textual SQL expression {short!r} should be explicitly declared as text({short!r})"
        machine.fail("ArgumentError", message, call.place)


def check_bind(machine: Machine, call: CallSite, method: str) -> None:
    """``metadata.create_all(bind)``: an engine has to be given, and not an asynchronous one.

    Raises:
        Raised: TypeError or AttributeError.
    """
    bind = call.argument(0, "bind")
    if is_async_engine(bind):
        machine.fail("AttributeError", "'AsyncEngine' object has no attribute '_run_ddl_visitor'", call.place)
    if bind is None and call.complete and call.written and _is_2(machine, call):
        message = f"MetaData.{method}() missing 1 required positional argument: 'bind'"
        machine.fail("TypeError", message, call.place)
    if bind == Constant(None) and _is_2(machine, call):
        machine.fail("AttributeError", "'NoneType' object has no attribute '_run_ddl_visitor'", call.place)


def is_async_engine(value: Value | None) -> bool:
    return isinstance(value, ExternalObject) and _ASYNC_ENGINE.match(value.made_by) is not None


def _is_2(machine: Machine, call: CallSite) -> bool:
    near = call.place.path
    version = machine.workspace.version("sqlalchemy", near)
    return version >= (2,) if version is not None else not _declares(machine, near)


def _declares(machine: Machine, near: str) -> bool:
    """Whether a file in a folder above ``near`` may say with which packages its project runs."""
    folder = near
    while folder:
        folder = folder.rpartition("/")[0]
        if any(name.startswith(_DECLARING) for name in machine.workspace.listdir(folder)):
            return True
    return False
