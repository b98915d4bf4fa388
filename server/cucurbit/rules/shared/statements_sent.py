"""What a statement that is sent to the database needs: a table of the project, or none."""

from __future__ import annotations

import re

from cucurbit.analysis.context import Context
from cucurbit.analysis.facts_queries import body_at, last_name, values_of
from cucurbit.analysis.imports import imports_of
from cucurbit.analysis.statement_at import call_at, strings_in
from cucurbit.simulate.core.timeline import Place
from cucurbit.source import facts as f
from cucurbit.source.scan import inside

_TABLE = re.compile(
    r"\b(?:from|join|into|update|(?<!create\s)table|truncate|copy)\s+(?:only\s+)?[\"`\[]?([\w.]+)", re.IGNORECASE
)
_OPEN_END = re.compile(r"\b(?:from|join|into|update|table|truncate)\s+[\"`\[]?(?:$|[{%:])", re.IGNORECASE)
"""A text into which the name of a table is put."""

_SYSTEM = re.compile(
    r"(information_schema\b|pg_|sqlite_|sys\.|mysql\.|performance_schema\b|master\.|dual$|v\$|alembic_version$|"
    r"(?:all|dba|user)_(?:tables|users|objects|sequences|schemas)$)",
    re.IGNORECASE,
)
"""Tables that stand before any migration, or that Alembic itself keeps."""

_CREATES_CODE = re.compile(r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_LANGUAGE_SQL = re.compile(r"\blanguage\s+'?sql\b|\bbegin\s+atomic\b", re.IGNORECASE)

_BUILD = frozenset({"select", "text", "literal", "literal_column", "cast", "bindparam", "DDL", "label", "bindparams"})
"""What makes a statement of its arguments and adds no table."""

_SCALAR = re.compile(
    r"pg_|.*lock|now$|version$|current_|set_config$|database$|schema$|user$|session_user$|get_|gen_random|random$|rand$",
    re.IGNORECASE,
)
"""Functions of databases whose arguments are no columns."""

_WRITES = frozenset({"add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings"})
_ENDS = frozenset({"commit", "flush"})

_DEPTH = 6
"""Names that are followed to what they are bound to."""


def needs_no_table(context: Context, place: Place) -> bool:
    """Whether what the call at ``place`` sends names no table of the project.

    ``SELECT 1``, a lock, a catalogue, a user; or a ``commit()`` where nothing was added in the same function.
    """
    facts, call = context.facts(place.path), call_at(context, place)
    if facts is None or call is None:
        return False
    if isinstance(call.func, f.Attr) and call.func.name in _ENDS:
        return not _writes_before(facts, place, call.func.value)
    if call.args:
        sent = _imported(context, place.path, call.args[0]) or (facts, place, call.args[0])
        return _is_tableless(*sent, _DEPTH)
    return isinstance(call.func, f.Attr) and _asks_no_table(facts, place, call.func.value)


def _imported(context: Context, path: str, expr: f.Expr) -> tuple[f.ModuleFacts, Place, f.Expr] | None:
    """What a name of another file is bound to there, once: ``database.STATEMENT``, or an imported ``STATEMENT``."""
    attribute = isinstance(expr, f.Attr) and isinstance(expr.value, f.Name)
    if not (attribute or isinstance(expr, f.Name)):
        return None
    head, name = (last_name(expr.value), expr.name) if isinstance(expr, f.Attr) else (last_name(expr), last_name(expr))
    found = [each for each in imports_of(context, path) if each.bound == head and each.path and each.path != path]
    facts = context.facts(found[0].path) if len(found) == 1 else None
    bound = list(values_of(facts.body, name)) if facts is not None else []
    if facts is None or len(bound) != 1:
        return None
    return facts, Place(found[0].path, f.WHOLE_FILE), bound[0]


def sends_computed_text(context: Context, place: Place) -> bool:
    """Whether the call at ``place`` sends a text that is read from somewhere, or into which a table's name is put."""
    call = call_at(context, place)
    if call is None or not call.args:
        return False
    sent = call.args[0]
    if any(_OPEN_END.search(text) for text in strings_in(sent)):
        return True
    is_text = isinstance(sent, f.Call) and last_name(sent.func) == "text" and bool(sent.args)
    return is_text and isinstance(sent, f.Call) and isinstance(sent.args[0], f.Call)


def _asks_no_table(facts: f.ModuleFacts, place: Place, head: f.Expr) -> bool:
    """``session.query(func.now())`` and the like, of which a method without arguments is called."""
    if not isinstance(head, f.Call) or last_name(head.func) != "query" or not head.args:
        return False
    return all(_is_tableless(facts, place, each, _DEPTH) for each in head.args)


def _writes_before(facts: f.ModuleFacts, place: Place, head: f.Expr) -> bool:
    """Whether something may be added to a session in the body of a function, or in one that is given the session."""
    if not isinstance(head, f.Name):
        return True
    for step in body_at(facts, place.at):
        for node in inside(step):
            if not isinstance(node, f.Call):
                continue
            given = (*node.args, *(each.value for each in node.keywords))
            writes = isinstance(node.func, f.Attr) and node.func.name in _WRITES
            target = node.func.value if isinstance(node.func, f.Attr) else None
            if writes and not (isinstance(target, f.Name) and target.id != head.id):
                return True
            if any(isinstance(each, f.Name) and each.id == head.id for each in given):
                return True
    return False


def _is_tableless(facts: f.ModuleFacts, place: Place, expr: f.Expr, depth: int) -> bool:
    if isinstance(expr, f.Const):
        return not isinstance(expr.value, str) or _is_tableless_text((expr.value,))
    if isinstance(expr, f.Formatted | f.Binary):
        texts = tuple(strings_in(expr))
        return bool(texts) and _is_tableless_text(texts)
    if isinstance(expr, f.Name):
        bound = _binding(facts, place, expr.id) if depth else None
        return bound is not None and _is_tableless(facts, place, bound, depth - 1)
    if isinstance(expr, f.Call):
        return _is_tableless_call(facts, place, expr, depth)
    return False


def _is_tableless_call(facts: f.ModuleFacts, place: Place, call: f.Call, depth: int) -> bool:
    name = last_name(call.func)
    arguments = (*call.args, *(each.value for each in call.keywords))
    if _is_function(call.func):
        return _SCALAR.match(name) is not None or all(_is_tableless(facts, place, a, depth) for a in arguments)
    if isinstance(call.func, f.Attr) and name in ("bindparams", "label", "execution_options"):
        return _is_tableless(facts, place, call.func.value, depth)
    if name in _BUILD:
        return all(_is_tableless(facts, place, each, depth) for each in call.args)
    if name in ("dedent", "cleandoc") or (isinstance(call.func, f.Attr) and name in ("strip", "format")):
        texts = tuple(strings_in(call))
        return bool(texts) and _is_tableless_text(texts)
    return name in ("CreateSchema", "DropSchema", "CreateSequence")


def _is_function(func: f.Expr) -> bool:
    """``func.now``, ``sa.func.pg_catalog.now``."""
    while isinstance(func, f.Attr):
        func = func.value
        if last_name(func) == "func":
            return True
    return False


def _is_tableless_text(texts: tuple[str, ...]) -> bool:
    """Whether the parts of a statement name only tables that stand before any migration.

    PostgreSQL reads the body of a function when it is called, but that of one in SQL when it is created.
    """
    if _CREATES_CODE.match(texts[0].lstrip() if texts else ""):
        functions = _CREATES_CODE.split("".join(texts))
        texts = tuple(each for each in functions if _LANGUAGE_SQL.search(each))
    named = [table for text in texts for table in _TABLE.findall(text)]
    return all(_SYSTEM.match(table) for table in named) and not any(_OPEN_END.search(text) for text in texts)


def _binding(facts: f.ModuleFacts, place: Place, name: str) -> f.Expr | None:
    """What a name is bound to, once, in the function or at the top of the module."""
    for body in (body_at(facts, place.at), facts.body):
        found = list(values_of(body, name))
        if found:
            return found[0] if len(found) == 1 else None
    return None
