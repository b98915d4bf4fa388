"""What may change the schema in a revision although no operation of it is seen.

A function of a library that is not known, a method of an object that is not known, a function that is called by code
that is not followed: each may use ``alembic.op``, or a connection that it was given.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import datetime

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.values import (
    Bound,
    CallSite,
    Choice,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    Partial,
    SequenceValue,
    TableValue,
    Value,
    options_of,
)
from cucurbit.source import facts as f
from cucurbit.source.scan import inside

OPERATIONS = frozenset(
    {
        *("add_column", "alter_column", "batch_alter_table", "create_check_constraint", "create_exclude_constraint"),
        *("create_foreign_key", "create_index", "create_primary_key", "create_table", "create_unique_constraint"),
        *("drop_column", "drop_constraint", "drop_index", "drop_table", "invoke", "rename_table", "run_async"),
    }
)
SENDS = frozenset(
    {"execute", "executemany", "exec_driver_sql", "scalar", "scalars", "exec", "executescript", "copy_expert"}
)
"""Methods that send a statement to a database."""

_CREATES = frozenset({"create", "drop", "create_all", "drop_all"})
_OF_TYPES = re.compile(r"\b(?:Enum|ENUM|DOMAIN|Sequence|SchemaType)\(\)\.\w+$")
_REPLACES = frozenset({"implementation_for", "register_operation", "compiles", "listens_for", "listen", "rollback"})
"""What replaces an operation by another, runs something with it, or takes it back."""

_DATABASE = ("sqlalchemy.", "sqlmodel.", "alembic.")
"""Beginnings of the names of libraries whose functions are known to change a schema only by the methods above."""

_LANGUAGE = ("builtins.", "@", *(f"{each}." for each in sys.stdlib_module_names))

_HARMLESS = (
    *("yaml.", "pytz.", "dateutil.", "slugify.", "requests.", "httpx.", "bcrypt.", "passlib.", "cryptography."),
    *("loguru.", "structlog.", "tqdm.", "numpy.", "pandas.", "orjson.", "ujson.", "pydantic.", "rich.", "jwt."),
    *("psycopg2.errors.", "psycopg2.extras.", "psycopg2.extensions.", "psycopg2.sql.", "unidecode.", "pendulum."),
    *("redis.", "boto3.", "botocore.", "tenacity.", "dotenv.", "urllib3.", "funcy.", "toolz.", "more_itertools."),
    *("sqlalchemy_utils.", "sqlalchemy_searchable.", "geoalchemy2.", "pgvector.", "attr.", "attrs.", "msgspec."),
    *("oslo_log.", "bson.", "uuid6.", "uuid_utils.", "text_unidecode."),
)
"""Beginnings of the names of functions that do not use a database, unless they are given a connection."""

_PROCESSES = ("subprocess.", "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "multiprocessing.")
_STORES = frozenset({"partial", "partialmethod", "getattr", "hasattr", "isinstance", "print", "repr", "str", "type"})
"""Functions that call none of their arguments."""

_DATA = frozenset(
    name
    for kind in (str, bytes, list, tuple, dict, set, int, float, datetime)
    for name in dir(kind)
    if not name.startswith("_")
) | frozenset(
    {
        *(
            "add",
            "add_all",
            "all",
            "any",
            "begin",
            "begin_nested",
            "bindparams",
            "close",
            "columns",
            "commit",
            "delete",
        ),
        *("distinct", "fetchall", "fetchmany", "fetchone", "filter", "filter_by", "first", "flush", "from_self", "get"),
        *("group_by", "join", "limit", "mappings", "merge", "offset", "one", "one_or_none", "order_by", "outerjoin"),
        *("query", "refresh", "returning", "scalar_one", "scalar_one_or_none", "scalars", "select_from", "unique"),
        *("values", "where", "with_entities", "yield_per", "info", "debug", "warning", "error", "exception", "hex"),
        *(
            "label",
            "in_",
            "is_",
            "is_not",
            "isnot",
            "like",
            "ilike",
            "between",
            "asc",
            "desc",
            "cast",
            "set",
            "options",
        ),
        *("bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings", "expunge_all", "expire_all", "cursor"),
        *(
            "connect",
            "execution_options",
            "_asdict",
            "_mapping",
            "isoformat",
            "timestamp",
            "subquery",
            "scalar_subquery",
        ),
        *("read", "readline", "readlines", "read_text", "read_bytes", "write", "writelines", "write_text", "seek"),
        *("alias", "exists", "count", "having", "with_for_update", "get_bind", "connection", "tuples", "partitions"),
    }
)
"""Methods of texts, files, rows, queries and sessions, which change no schema."""


def why_changed(machine: Machine, call: CallSite) -> str | None:
    """Why a call that is no operation of ``alembic.op`` and sends no statement may change any table; None: it cannot.

    The name of a method of something that is not known is ``?.name``, that of a function that is not known ``?``.
    """
    head, _, name = call.name.rpartition(".")
    if name in OPERATIONS and not call.name.startswith("@"):
        return f"`{name}` of something that is not `alembic.op`"
    if name in _REPLACES:
        return f"`{name}`"
    if name in _CREATES and _creates(call, head):
        return f"`{name}` of a table or MetaData"
    if call.name.startswith(_PROCESSES):
        return f"`{call.name}` runs a program"
    if call.name.startswith(_LANGUAGE):
        called = any(_is_operation(each) for each in _arguments(call))
        return f"`{call.name}` is given an operation" if called and name not in _STORES else None
    if call.name.startswith("alembic.command.") or call.name.startswith("flask_migrate."):
        return f"`{call.name}` runs revisions"
    if call.name.startswith(_DATABASE):
        return None
    if any(is_connection(each) for each in _arguments(call)):
        return f"`{_shown(call)}` is given the connection"
    if call.name.startswith(_HARMLESS):
        return None
    return f"`{_shown(call)}` is not seen" if _is_unseen(machine, call.name, name) else None


def _creates(call: CallSite, head: str) -> bool:
    """``table.create(bind)``, ``metadata.drop_all()``; a type is no part of a table."""
    if call.name.startswith("sqlalchemy."):
        return _OF_TYPES.search(call.name) is None
    return call.name.endswith("_all") or isinstance(call.receiver, TableValue) or head == "?"


def _is_unseen(machine: Machine, dotted: str, name: str) -> bool:
    """Whether what is called is not known, and may use ``alembic.op`` itself."""
    if not dotted or dotted == "?":
        return True
    root = dotted.partition(".")[0]
    if name[:1].isupper() or name in _DATA or name.startswith("__"):
        # A class stores what it is given.
        return False
    return root == "?" or not machine.packages.knows(root) or "migrat" in dotted or "alembic" in dotted


def _shown(call: CallSite) -> str:
    return call.name.removeprefix("?.") if call.name not in ("", "?") else "something that is not known"


# ------------------------------------------------------------------- connections


def is_connection(value: Value | None, depth: int = 3) -> bool:
    """Whether a value leads to the connection of a revision: it, ``op``, or an object that holds one of them."""
    if depth < 0 or value is None:
        return False
    if isinstance(value, External):
        return value.dotted.startswith(("alembic.op", "alembic.context"))
    if isinstance(value, ExternalObject):
        if value.made_by.startswith("alembic."):
            return not value.made_by.startswith(
                ("alembic.op.f", "alembic.op.create_table", "alembic.op.inline_literal")
            )
        inner: Iterable[Value | None] = (value.call.receiver, *_arguments(value.call))
    elif isinstance(value, Bound):
        inner = (value.receiver, value.function)
    elif isinstance(value, Partial):
        inner = (value.function, *value.args, *value.kwargs.values())
    elif isinstance(value, InstanceValue):
        inner = [value.attributes[name] for name in value.attributes]
    elif isinstance(value, SequenceValue):
        inner = value.items[:20]
    elif isinstance(value, DictValue):
        inner = [value.cells[key] for key in value.cells][:20]
    elif isinstance(value, Choice):
        inner = options_of(value)
    else:
        return False
    return any(is_connection(each, depth - 1) for each in inner)


def _arguments(call: CallSite) -> tuple[Value, ...]:
    return (*call.args, *call.kwargs.values())


def _is_operation(value: Value) -> bool:
    """Whether a value is a function of ``alembic.op`` or of a connection."""
    if isinstance(value, Partial):
        return _is_operation(value.function)
    if isinstance(value, Bound):
        return _is_operation(value.function)
    if not isinstance(value, External):
        return False
    return value.dotted.startswith("alembic.") and value.dotted.rpartition(".")[2] in OPERATIONS | SENDS


# ------------------------------------------- functions that are not followed


def may_change(machine: Machine, function: FunctionValue, seen: set[int] | None = None) -> bool:
    """Whether the body of a function, or of one that it calls by name, may change the schema."""
    seen = set() if seen is None else seen
    code = machine.body(function) if function.result is None else function.result
    if id(code) in seen:
        return False
    seen.add(id(code))
    machine.spend(1 + len(seen))
    return any(_node_may_change(machine, function, node, seen) for node in inside(code))


def _node_may_change(machine: Machine, function: FunctionValue, node: object, seen: set[int]) -> bool:
    if isinstance(node, f.Name):
        return is_connection(function.seen(node.id))
    if not isinstance(node, f.Call):
        return False
    called = node.func
    if isinstance(called, f.Attr):
        if called.name in OPERATIONS | SENDS | _CREATES | _REPLACES:
            return True
        module = function.seen(called.value.id) if isinstance(called.value, f.Name) else None
        held = module.names.get(called.name) if isinstance(module, ModuleValue) else None
    else:
        held = function.seen(called.id) if isinstance(called, f.Name) else None
    if isinstance(held, FunctionValue):
        return may_change(machine, held, seen)
    if isinstance(held, External):
        return not held.dotted.startswith((*_LANGUAGE, *_HARMLESS, *_DATABASE)) and _is_unseen(
            machine, held.dotted, held.dotted.rpartition(".")[2]
        )
    return False
