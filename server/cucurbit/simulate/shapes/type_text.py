"""The type of a column as text: as SQLAlchemy names it, and in SQL."""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.simulate.core.shapes import CallTerm, NameTerm, Term, TypeTerm, ValueTerm

_POSITIONAL = ("length", "precision", "scale")
_SQL = {
    "ARRAY": "ARRAY",
    "BigInteger": "BIGINT",
    "Boolean": "BOOLEAN",
    "Date": "DATE",
    "DateTime": "TIMESTAMP",
    "Double": "DOUBLE PRECISION",
    "Enum": "VARCHAR",
    "Float": "FLOAT",
    "Integer": "INTEGER",
    "Interval": "INTERVAL",
    "LargeBinary": "BLOB",
    "Numeric": "NUMERIC",
    "PickleType": "BLOB",
    "SmallInteger": "SMALLINT",
    "String": "VARCHAR",
    "Text": "TEXT",
    "Time": "TIME",
    "Unicode": "VARCHAR",
    "UnicodeText": "TEXT",
    "Uuid": "CHAR(32)",
}
_FUNCTIONS = {
    "now": "CURRENT_TIMESTAMP",
    "current_timestamp": "CURRENT_TIMESTAMP",
    "current_date": "CURRENT_DATE",
    "current_time": "CURRENT_TIME",
    "true": "TRUE",
    "false": "FALSE",
}


def type_text(term: TypeTerm) -> str:
    """``String(50)``, ``Enum('a', 'b')``, ``JSONB``; if it is not known, the name that hints at it, or ``?``."""
    if not term.known or not term.name or term.name == "NullType":
        return term.name if term.name and term.name != "NullType" else "?"
    if term.custom is not None and term.impl is not None:
        return f"{term.custom.name}({type_text(term.impl)})"
    if term.item is not None:
        return f"ARRAY({type_text(term.item)})"
    name = f"{term.dialect}.{term.name}" if term.dialect and not term.name.isupper() else term.name
    given = ", ".join(_arguments(term))
    return f"{name}({given})" if given else name


def _arguments(term: TypeTerm) -> Iterator[str]:
    if term.values is not None and term.name == "Enum":
        if term.custom is not None:
            yield term.custom.name
        else:
            yield from (repr(each) for each in term.values)
        return
    for name, value in term.arguments:
        if isinstance(value, ValueTerm) and value.value is not None:
            yield str(value.value) if name in _POSITIONAL else f"{name}={value.value!r}"


def sql_type(term: TypeTerm) -> str:
    """The type in SQL that most databases understand; empty if it is not known."""
    if term.impl is not None:
        return sql_type(term.impl)
    if not term.known or not term.name or term.name == "NullType":
        return ""
    if term.item is not None:
        return f"{sql_type(term.item) or 'TEXT'} ARRAY"
    if term.values is not None and term.name in ("Enum", "ENUM"):
        return f"VARCHAR({max((len(each) for each in term.values), default=1) or 1})"
    name = _SQL.get(term.name, term.name.upper())
    sizes = [_number(term.argument(each)) for each in _POSITIONAL]
    given = ", ".join(each for each in sizes if each)
    return f"{name}({given})" if given and "(" not in name and name not in ("TIMESTAMP", "TIME", "INTERVAL") else name


def _number(term: Term | None) -> str:
    value = term.value if isinstance(term, ValueTerm) else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def sql_default(term: Term | None) -> str:
    """A server default in SQL; empty if there is none or it is not known."""
    if isinstance(term, ValueTerm) and term.text is not None:
        return "'" + term.text.replace("'", "''") + "'"
    return sql_text(term) if isinstance(term, CallTerm) else ""


def sql_text(term: Term | None) -> str:
    """The SQL of ``"..."``, ``text("...")``, ``func.now()``, ``true()``; empty if it is not known."""
    if isinstance(term, ValueTerm):
        return term.text or ""
    if not isinstance(term, CallTerm) or not term.complete:
        return ""
    name = term.made_by.rpartition(".")[2]
    if name in ("text", "literal_column", "TextClause") and len(term.args) == 1:
        return sql_text(term.args[0])
    if ".func." in term.made_by and not term.args and name not in _FUNCTIONS:
        return f"{name}()"
    return _FUNCTIONS.get(name, "") if not term.args else ""


def term_text(term: Term | None) -> str:
    """The text of a name, a comment or an option; empty if it is none or not known."""
    if isinstance(term, ValueTerm):
        return "" if term.value is None else str(term.value)
    return term.dotted if isinstance(term, NameTerm) else ""
