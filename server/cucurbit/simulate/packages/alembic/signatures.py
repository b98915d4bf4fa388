"""The parameters of the operations, and the calls that Python refuses: ``TypeError``.

Facts from alembic/operations/base.py. Some parameters could be given by position before Alembic 1.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.values import CallSite

_COLUMN = frozenset({"schema", "if_not_exists", "inline_references", "inline_primary_key"})


@dataclass(frozen=True)
class _Signature:
    """``names``: the positional parameters, of which the last ``optional`` may be left out.

    ``keywords``: the others; None if there are keywords for the dialects, or more of any name. ``more``: any number of
    positional arguments follows.
    """

    names: tuple[str, ...]
    optional: int = 0
    keywords: frozenset[str] | None = None
    more: bool = False


_SIGNATURES: Mapping[str, _Signature] = {
    "create_table": _Signature(("table_name",), more=True),
    "drop_table": _Signature(("table_name",)),
    "rename_table": _Signature(("old_table_name", "new_table_name"), keywords=frozenset({"schema"})),
    "add_column": _Signature(("table_name", "column"), keywords=_COLUMN),
    "drop_column": _Signature(("table_name", "column_name")),
    "alter_column": _Signature(("table_name", "column_name")),
    "create_index": _Signature(("index_name", "table_name", "columns")),
    "drop_index": _Signature(("index_name", "table_name"), optional=1),
    "create_foreign_key": _Signature(
        ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"),
    ),
    "create_unique_constraint": _Signature(("constraint_name", "table_name", "columns")),
    "create_primary_key": _Signature(("constraint_name", "table_name", "columns"), keywords=frozenset({"schema"})),
    "create_check_constraint": _Signature(("constraint_name", "table_name", "condition")),
    "drop_constraint": _Signature(
        ("constraint_name", "table_name", "type_"), optional=1, keywords=frozenset({"schema", "if_exists"})
    ),
    "execute": _Signature(("sqltext",), keywords=frozenset({"execution_options"})),
}

_TABLES = frozenset({"table_name", "source_table"})
"""The parameters that the operations of a batch do not have."""

_OF_DIALECTS = frozenset({"create_index", "drop_index", "drop_table"})
"""Operations whose other keywords SQLAlchemy takes for those of a dialect, ``postgresql_concurrently``."""
_PLAIN = frozenset({"schema", "unique", "quote", "info", "comment", "prefixes", "extend_existing", "listeners"})

_KEYWORD_ONLY = (1, 11)
_READ = (1, 21)
"""The version of Alembic that these facts do not cover any more: it may have other parameters."""


def check_arguments(machine: Machine, call: CallSite, name: str, *, batch: bool) -> None:
    """Raise what Python raises for arguments that an operation does not take.

    Raises:
        Raised: TypeError.
    """
    signature = _SIGNATURES.get(name)
    if signature is None or not call.complete:
        return
    names = [each for each in signature.names if not (batch and each in _TABLES)]
    required = names[: len(names) - signature.optional]
    missing = [each for each in required[len(call.args) :] if each not in call.kwargs]
    if missing and call.kwargs.keys() <= {*names, *(signature.keywords or ())}:
        told = " and ".join(f"'{each}'" for each in missing)
        one = f"argument: {told}" if len(missing) == 1 else f"arguments: {told}"
        machine.fail("TypeError", f"{name}() missing {len(missing)} required positional {one}", call.place)
    message = _refused(signature, call, name, names, batch=batch)
    if message:
        version = machine.workspace.version("alembic", call.place.path)
        if version is not None and _KEYWORD_ONLY <= version < _READ:
            machine.fail("TypeError", message, call.place)


def _refused(signature: _Signature, call: CallSite, name: str, names: list[str], *, batch: bool) -> str:
    """What Python says of an argument that the operation does not take; empty if it takes all."""
    if len(call.args) > len(names) and not signature.more:
        # `self` counts too.
        return f"{name}() takes {len(names) + 1} positional arguments but {len(call.args) + 1} were given"
    if signature.keywords is not None and not batch:
        other = next((each for each in call.kwargs if each not in signature.keywords and each not in names), None)
        return "" if other is None else f"{name}() got an unexpected keyword argument '{other}'"
    if name in _OF_DIALECTS:
        other = next((each for each in call.kwargs if "_" not in each and each not in (*names, *_PLAIN)), None)
        if other is not None:
            return f"Additional arguments should be named <dialectname>_<argument>, got '{other}'"
    return ""


_NO_OPERATIONS = frozenset(
    {
        *("add_constraint", "add_foreign_key", "add_index", "alter_table", "change_column", "create_unique_index"),
        *("drop_foreign_key", "drop_unique_constraint", "modify_column", "remove_column", "rename_column"),
        *("rename_index", "remove_index", "remove_constraint"),
    }
)
"""Names that Alembic does not have, although other tools do."""


def is_no_operation(machine: Machine, dotted: str) -> bool:
    """Whether ``alembic.op`` certainly has no such function: nothing in the workspace registers operations."""
    head, _, name = dotted.rpartition(".")
    if head != "alembic.op" or name not in _NO_OPERATIONS:
        return False
    workspace = machine.workspace
    return not any(workspace.mentions(path, "register_operation") for path in workspace.python_files())
