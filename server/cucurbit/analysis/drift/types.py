"""Whether a type in the models differs from the one in the database, as Alembic compares the two.

Alembic compares the SQL of the type in the models with the SQL of the type that SQLAlchemy reads from the database
(``DefaultImpl.compare_type``). Facts from alembic/ddl/impl.py, sqlite.py, postgresql.py and mysql.py, and from the type
compilers and the reflection of SQLAlchemy's dialects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from cucurbit.simulate.core.shapes import Answer, Term, TypeTerm, ValueTerm

Dialect: TypeAlias = Literal["sqlite", "postgresql", "mysql"]
DIALECTS: tuple[Dialect, ...] = ("sqlite", "postgresql", "mysql")


@dataclass(frozen=True)
class SqlType:
    """A type as Alembic splits it: the words, and what stands in parentheses. ``args`` is None if it is not known.

    ``values`` are those of an ENUM of MySQL. Not ``possible``: the dialect refuses it.
    """

    words: tuple[str, ...]
    args: tuple[str, ...] | None = ()
    values: frozenset[str] | None = None
    possible: bool = True


_REFUSED = SqlType((), possible=False)

_SYNONYMS: Mapping[Dialect, tuple[frozenset[str], ...]] = {
    "sqlite": (frozenset({"numeric", "decimal"}),),
    "postgresql": (frozenset({"numeric", "decimal"}), frozenset({"float", "double precision"})),
    "mysql": (frozenset({"numeric", "decimal"}), frozenset({"bool", "tinyint"}), frozenset({"json", "longtext"})),
}

_EVERYWHERE = {
    "Integer": "integer",
    "INTEGER": "integer",
    "INT": "integer",
    "BigInteger": "bigint",
    "BIGINT": "bigint",
    "SmallInteger": "smallint",
    "SMALLINT": "smallint",
    "Date": "date",
    "DATE": "date",
    "REAL": "real",
    "JSON": "json",
}
_BY_DIALECT: Mapping[str, Mapping[Dialect, str]] = {
    "Boolean": {"sqlite": "boolean", "postgresql": "boolean", "mysql": "bool"},
    "BOOLEAN": {"sqlite": "boolean", "postgresql": "boolean", "mysql": "bool"},
    "DATETIME": {"sqlite": "datetime", "mysql": "datetime"},
    "LargeBinary": {"sqlite": "blob", "postgresql": "bytea", "mysql": "blob"},
    "PickleType": {"sqlite": "blob", "postgresql": "bytea", "mysql": "blob"},
    "BLOB": {"sqlite": "blob", "mysql": "blob"},
    "Interval": {"sqlite": "datetime", "postgresql": "interval", "mysql": "datetime"},
    "Double": {"sqlite": "double", "postgresql": "double precision", "mysql": "double"},
    "DOUBLE": {"sqlite": "double", "mysql": "double"},
    "DOUBLE_PRECISION": {"sqlite": "double precision", "postgresql": "double precision"},
    "CLOB": {"sqlite": "clob"},
}
_POSTGRESQL = frozenset(
    {
        *("JSONB", "BYTEA", "TSVECTOR", "TSQUERY", "INET", "CIDR", "CITEXT", "MACADDR", "MACADDR8", "HSTORE", "MONEY"),
        *("OID", "INT4RANGE", "INT8RANGE", "NUMRANGE", "DATERANGE", "TSRANGE", "TSTZRANGE"),
    }
)
_STRINGS = {
    **dict.fromkeys(("String", "Unicode", "VARCHAR"), "varchar"),
    **dict.fromkeys(("Text", "UnicodeText", "TEXT"), "text"),
    "CHAR": "char",
}
_NUMBERS = {"Numeric": "numeric", "NUMERIC": "numeric", "DECIMAL": "decimal"}
_MYSQL = frozenset({"TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"})


def possible_dialects(terms: Iterable[TypeTerm], among: Iterable[Dialect]) -> tuple[Dialect, ...]:
    """The dialects in which columns of all these types can be created."""
    found = list(terms)
    return tuple(each for each in among if not any(_is_refused(written(term, each)) for term in found))


def _is_refused(type_: SqlType | None) -> bool:
    return type_ is not None and not type_.possible


def differs(model: TypeTerm, standing: TypeTerm, dialect: Dialect) -> Answer:
    """Whether Alembic says that a type changed. ``standing`` is the one with which the column was created."""
    if model.name == "NullType" or standing.name == "NullType":
        return False if model.known and not model.of_key else None
    new, made = written(model, dialect), written(standing, dialect)
    old = None if made is None else stored(made, dialect)
    if new is None or old is None or not (new.possible and old.possible):
        return False if _same(model, standing) else None
    if new.values is not None and old.values is not None:
        return new.values != old.values
    return _compared(new, old, dialect)


def _compared(new: SqlType, old: SqlType, dialect: Dialect) -> Answer:
    if not _match(new, old, dialect):
        return True
    if len(new.words) == len(old.words) and new.words[1:] != old.words[1:]:
        return True
    if () in (new.args, old.args):
        # What only one of the two gives is not compared.
        return False
    if new.args is None or old.args is None:
        return None
    return len(new.args) == len(old.args) and new.args != old.args


def _match(new: SqlType, old: SqlType, dialect: Dialect) -> bool:
    if new.words[0] == old.words[0]:
        return True
    whole = {" ".join(new.words), " ".join(old.words)}
    return any(whole <= batch or {new.words[0], old.words[0]} <= batch for batch in _SYNONYMS[dialect])


def _same(one: TypeTerm, other: TypeTerm) -> bool:
    """Whether two types are written alike, of which it is not known how a database shows them."""
    if not (one.known and other.known) or one.of_key or other.of_key:
        return False
    return _plain(one) == _plain(other)


def _plain(term: TypeTerm) -> TypeTerm:
    arguments = tuple(
        (name, replace(value, place=None) if isinstance(value, ValueTerm) else value) for name, value in term.arguments
    )
    inner = term.impl and _plain(term.impl)
    item = term.item and _plain(term.item)
    variants = tuple((name, _plain(each)) for name, each in term.variants)
    return replace(term, arguments=arguments, impl=inner, item=item, variants=variants, place=None)


# ---------------------------------------------------------------- what is written


def written(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    """The type in the SQL that creates a column; None if it is not known."""
    variant = next((each for name, each in term.variants if name == dialect), None)
    if variant is not None:
        return written(variant, dialect)
    if dialect == "mysql" and any(name == "mariadb" for name, _ in term.variants):
        return None
    if not term.known or term.of_key:
        return None
    if term.impl is not None:
        return _decorated(term.impl, dialect)
    if term.item is not None or term.name == "ARRAY":
        return _array(term, dialect)
    if term.custom is not None and term.name not in ("Enum", "ENUM"):
        return None
    return _of_name(term, dialect)


def _decorated(impl: TypeTerm, dialect: Dialect) -> SqlType | None:
    """What a TypeDecorator wraps: its own arguments, which are not known here, are given to it."""
    found = written(impl, dialect)
    takes = impl.name in _STRINGS or impl.name in _NUMBERS or impl.name in ("Float", "FLOAT", "Enum", "ENUM")
    return replace(found, args=None) if found is not None and takes and not impl.arguments else found


def _array(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    if dialect != "postgresql":
        return _REFUSED
    return None if term.item is None else written(term.item, dialect)


def _of_name(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    name = term.name
    if term.dialect and term.dialect != dialect:
        return _of_other_dialect(term)
    if name in _EVERYWHERE and not (term.dialect == "mysql" and term.arguments):
        return SqlType((_EVERYWHERE[name],))
    if name in _BY_DIALECT:
        found = _BY_DIALECT[name].get(dialect)
        if found is None or term.arguments:
            return _REFUSED if found is None else _with_arguments(term, found, dialect)
        return SqlType(tuple(found.split()))
    if name in _POSTGRESQL:
        return SqlType((name.lower(),)) if dialect == "postgresql" else _REFUSED
    if name in _MYSQL:
        return SqlType((name.lower(),)) if dialect == "mysql" else _REFUSED
    make = _MAKERS.get(name)
    return None if make is None else make(term, dialect)


def _of_other_dialect(term: TypeTerm) -> SqlType | None:
    """A type of the module of another dialect: those that this one has too are known by their names."""
    if term.dialect == "postgresql" and term.name in _POSTGRESQL:
        return _REFUSED
    return None


def _with_arguments(term: TypeTerm, name: str, dialect: Dialect) -> SqlType | None:
    given = {key for key, _ in term.arguments}
    if name in ("boolean", "bool") and given <= {"create_constraint", "name"}:
        return SqlType((name,))
    if term.name == "DATETIME" and given <= {"timezone"}:
        return SqlType((name,))
    if term.name == "Interval" and given <= {"native"}:
        native = term.argument("native")
        emulated = "datetime" if dialect != "postgresql" else None
        if isinstance(native, ValueTerm) and native.value:
            return SqlType((name,))
        return None if emulated is None else SqlType((emulated,))
    return None


def _number(term: Term | None) -> int | None:
    value = term.value if isinstance(term, ValueTerm) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _absent(term: Term | None) -> bool:
    return term is None or (isinstance(term, ValueTerm) and term.value is None)


def _string(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    name, length = _STRINGS[term.name], term.argument("length")
    if not _absent(term.argument("collation")) or any(key not in ("length", "collation") for key, _ in term.arguments):
        return None
    if _absent(length):
        return _REFUSED if dialect == "mysql" and name == "varchar" else SqlType((name,))
    number = _number(length)
    if number == 0:
        return SqlType((name,))
    return SqlType((name,), None if number is None else (str(number),))


def _numeric(term: TypeTerm, _: Dialect) -> SqlType:
    name, precision, scale = _NUMBERS[term.name], term.argument("precision"), term.argument("scale")
    if _absent(precision):
        return SqlType((name,))
    numbers = [_number(each) for each in (precision, scale) if not _absent(each)]
    return SqlType((name,), None if None in numbers else tuple(str(each) for each in numbers))


def _float(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    precision = term.argument("precision")
    if _absent(precision) or dialect == "sqlite":
        return SqlType(("float",))
    number = _number(precision)
    if number is None or dialect == "mysql":
        return None
    return SqlType(("float",), (str(number),))


def _moment(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    kind = "time" if term.name in ("Time", "TIME") else "timestamp"
    if dialect == "postgresql":
        zone = term.argument("timezone")
        known = _absent(zone) or (isinstance(zone, ValueTerm) and isinstance(zone.value, bool))
        if not known or not _absent(term.argument("precision")):
            return None
        with_zone = isinstance(zone, ValueTerm) and zone.value is True
        return SqlType((kind, "with" if with_zone else "without", "time", "zone"))
    if any(key != "timezone" for key, _ in term.arguments):
        return None
    return SqlType(("datetime" if term.name == "DateTime" else kind,))


def _uuid(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    native = term.argument("native_uuid")
    if not _absent(native) and not isinstance(native, ValueTerm):
        return None
    emulated = isinstance(native, ValueTerm) and native.value is False
    if dialect == "sqlite" or emulated:
        return SqlType(("char",), ("32",))
    return SqlType(("uuid",)) if dialect == "postgresql" else None


def _native_uuid(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    if term.dialect == "postgresql" and dialect != "postgresql":
        # SQLAlchemy 1.4 refuses it, 2.0 does not.
        return None
    return SqlType(("uuid",)) if dialect != "mysql" else _REFUSED


def _enum(term: TypeTerm, dialect: Dialect) -> SqlType | None:
    native = term.argument("native_enum")
    if not _absent(native) and not isinstance(native, ValueTerm):
        return None
    emulated = isinstance(native, ValueTerm) and native.value is False
    if dialect == "sqlite" or emulated:
        length = term.argument("length")
        if not _absent(length):
            number = _number(length)
            return SqlType(("varchar",), None if number is None else (str(number),))
        longest = None if term.values is None else max((len(each) for each in term.values), default=0)
        return SqlType(("varchar",), None if longest is None else (str(longest),))
    if dialect == "mysql":
        return None if term.values is None else SqlType(("enum",), None, frozenset(term.values))
    if any(term.argument(each) is not None for each in ("schema", "inherit_schema", "metadata")):
        return None
    name = term.argument("name")
    if isinstance(name, ValueTerm) and name.text:
        return SqlType((name.text.lower(),)) if name.text.isidentifier() else None
    if name is None and term.custom is not None:
        return SqlType((term.custom.name.lower(),))
    return None


_MAKERS: Mapping[str, Callable[[TypeTerm, Dialect], SqlType | None]] = {
    **dict.fromkeys(_STRINGS, _string),
    **dict.fromkeys(_NUMBERS, _numeric),
    **dict.fromkeys(("Float", "FLOAT"), _float),
    **dict.fromkeys(("DateTime", "TIMESTAMP", "Time", "TIME"), _moment),
    "Uuid": _uuid,
    "UUID": _native_uuid,
    **dict.fromkeys(("Enum", "ENUM"), _enum),
}


# ----------------------------------------------------------------- what is stored

_READ_BY_SQLITE = frozenset(
    {
        *("bigint", "blob", "boolean", "char", "date", "datetime", "double", "decimal", "float", "integer", "json"),
        *("numeric", "real", "smallint", "text", "time", "timestamp", "varchar"),
    }
)


def stored(type_: SqlType, dialect: Dialect) -> SqlType | None:
    """The type that SQLAlchemy reads from a database in which a column of this type was created."""
    if not type_.possible:
        return type_
    if dialect == "sqlite":
        return _stored_by_sqlite(type_)
    if dialect == "postgresql":
        return _stored_by_postgresql(type_)
    return _stored_by_mysql(type_)


def _stored_by_sqlite(type_: SqlType) -> SqlType | None:
    name = " ".join(type_.words)
    if name in _READ_BY_SQLITE:
        return type_
    return {"clob": SqlType(("text",)), "double precision": SqlType(("real",)), "uuid": SqlType(("numeric",))}.get(name)


def _stored_by_postgresql(type_: SqlType) -> SqlType | None:
    if type_.words == ("float",):
        if type_.args is None:
            return None
        single = bool(type_.args) and int(type_.args[0]) <= 24
        return SqlType(("real",) if single else ("double", "precision"))
    if type_.words in (("numeric",), ("decimal",)) and type_.args is not None and len(type_.args) == 1:
        return SqlType(("numeric",), (*type_.args, "0"))
    if type_.words == ("decimal",):
        return SqlType(("numeric",), type_.args)
    if type_.words == ("char",) and type_.args == ():
        return SqlType(("char",), ("1",))
    if type_.words == ("text",) and type_.args != ():
        return None
    return type_


def _stored_by_mysql(type_: SqlType) -> SqlType | None:
    if type_.words == ("bool",):
        return SqlType(("tinyint",), ("1",))
    if type_.words in (("numeric",), ("decimal",)):
        filled = ("10", "0")
        args = type_.args
        return SqlType(("decimal",), None if args is None else args + filled[len(args) :])
    if type_.words == ("char",) and type_.args == ():
        return SqlType(("char",), ("1",))
    if type_.words == ("real",):
        return SqlType(("double",))
    if type_.words in (("text",), ("blob",)) and type_.args != ():
        return None
    return type_
