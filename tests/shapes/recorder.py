"""What real SQLAlchemy has in its MetaData and mappers, as JSON: one module after another.

Runs in a Python of its own, which imports nothing of the project. It answers requests, one JSON object a line on
standard input: ``{"root": "/abs/workspace", "modules": ["models"]}``, with one line of JSON each.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import warnings
from typing import Any

ARGUMENTS = ("length", "precision", "scale", "timezone", "collation", "asdecimal", "native_enum", "as_uuid")


def type_of(type_: Any) -> dict[str, Any]:
    """A type: its class, its dialect, its arguments."""
    from sqlalchemy.types import TypeDecorator

    if type(type_).__name__ == "Variant":  # SQLAlchemy 1.4
        return {**type_of(type_.impl), "variants": {name: type_of(each) for name, each in type_.mapping.items()}}
    parts = type(type_).__module__.split(".")
    found: dict[str, Any] = {"name": type(type_).__name__}
    found["dialect"] = parts[2] if parts[:2] == ["sqlalchemy", "dialects"] else ""
    if isinstance(type_, TypeDecorator):
        if parts[0] != "sqlalchemy":
            found["impl"] = type_of(type_.impl)
        return found
    for name in ARGUMENTS:
        value = getattr(type_, name, None)
        if value is None or isinstance(value, (bool, int, str)):
            found[name] = value
    if getattr(type_, "enums", None) is not None and "Enum" in found["name"].title():
        found["values"] = list(type_.enums)
    if getattr(type_, "item_type", None) is not None:
        found["item"] = type_of(type_.item_type)
    variants = getattr(type_, "_variant_mapping", None)
    if variants:
        found["variants"] = {name: type_of(each) for name, each in variants.items()}
    return found


def told(value: Any) -> Any:
    """An argument that JSON can hold; else the name of its class."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return str(value) if isinstance(value, str) else value
    return f"<{type(value).__name__}>"


def column_of(column: Any) -> dict[str, Any]:
    default, server = column.default, column.server_default
    return {
        "name": str(column.name),
        "key": str(column.key),
        "type": type_of(column.type),
        "nullable": column.nullable,
        "primary_key": column.primary_key,
        "autoincrement": told(column.autoincrement),
        "unique": bool(column.unique),
        "index": bool(column.index),
        "default": default is not None,
        "onupdate": column.onupdate is not None,
        "server_default": server is not None,
        "computed": column.computed is not None,
        "identity": getattr(column, "identity", None) is not None,
        "comment": column.comment,
        "foreign_keys": sorted(target_of(each) for each in column.foreign_keys),
    }


def target_of(key: Any) -> str:
    spec = key._colspec
    return spec if isinstance(spec, str) else str(key._get_colspec())


def name_of(part: Any) -> str | None:
    return str(part.name) if isinstance(part.name, str) else None


def table_of(table: Any) -> dict[str, Any]:
    from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

    found: dict[str, Any] = {"schema": table.schema, "comment": table.comment}
    found["columns"] = [column_of(each) for each in table.columns]
    found["primary_key"] = {
        "name": name_of(table.primary_key),
        "columns": [str(each.name) for each in table.primary_key.columns],
    }
    found["indexes"], found["unique"], found["foreign_keys"], found["checks"] = [], [], [], []
    for each in table.indexes:
        columns = [str(column.name) for column in each.columns]
        found["indexes"].append({"name": name_of(each), "columns": columns, "unique": bool(each.unique)})
    of_columns = [each for column in table.columns for each in column.constraints]
    for each in [*table.constraints, *of_columns]:
        if isinstance(each, UniqueConstraint):
            found["unique"].append({"name": name_of(each), "columns": [str(c.name) for c in each.columns]})
        elif isinstance(each, ForeignKeyConstraint):
            found["foreign_keys"].append(
                {
                    "name": name_of(each),
                    "columns": [str(key.parent.name) for key in each.elements],
                    "targets": [target_of(key) for key in each.elements],
                    "ondelete": each.ondelete,
                    "onupdate": each.onupdate,
                }
            )
        elif isinstance(each, CheckConstraint) and not getattr(each, "_type_bound", False):
            found["checks"].append({"name": name_of(each)})
    return found


def property_of(prop: Any) -> dict[str, Any]:
    kind = type(prop).__name__
    if kind in ("ColumnProperty", "MappedColumn", "MappedSQLExpression"):
        column = prop.columns[0]
        table = getattr(column, "table", None)
        inner = getattr(table, "key", None)
        return {"kind": "column", "column": str(column.key)} if inner is not None else {"kind": "expression"}
    if kind in ("RelationshipProperty", "Relationship", "_RelationshipDeclared"):
        return {"kind": "relationship"}
    if kind.startswith("Synonym"):
        return {"kind": "synonym"}
    return {"kind": "composite" if kind.startswith("Composite") else kind}


def mapper_of(mapper: Any) -> dict[str, Any]:
    from sqlalchemy.ext.associationproxy import AssociationProxy
    from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property

    found: dict[str, Any] = {"table": getattr(mapper.local_table, "key", None)}
    found["inherits"] = mapper.inherits.class_.__name__ if mapper.inherits is not None else None
    found["inheritance"] = (
        "none"
        if mapper.inherits is None
        else "concrete"
        if mapper.concrete
        else "single"
        if mapper.single
        else "joined"
    )
    identity = mapper.polymorphic_identity
    found["polymorphic_identity"] = told(identity)
    found["properties"] = {str(name): property_of(prop) for name, prop in mapper._props.items()}
    for cls in mapper.class_.__mro__:
        for name, value in vars(cls).items():
            if isinstance(value, (hybrid_property, hybrid_method)):
                found["properties"].setdefault(name, {"kind": "hybrid"})
            elif isinstance(value, AssociationProxy):
                found["properties"].setdefault(name, {"kind": "proxy"})
    return found


def configured(mappers: list[Any]) -> dict[str, Any]:
    """After ``configure_mappers()``: the class that each relationship leads to, or the error."""
    from sqlalchemy.orm import configure_mappers

    try:
        configure_mappers()
    except Exception as error:  # noqa: BLE001 - whatever it raises is the answer
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        mapper.class_.__name__: {
            str(each.key): {
                "target": each.mapper.class_.__name__,
                "uselist": each.uselist,
                "direction": each.direction.name,
            }
            for each in mapper.relationships
        }
        for mapper in mappers
    }


def held(value: Any) -> list[Any]:
    """The value, and what may be a MetaData of it."""
    try:
        more = list(value.metadatas.values()) if type(value).__name__ == "SQLAlchemy" else []
        return [value, getattr(value, "metadata", None), *more]
    except Exception:  # noqa: BLE001 - an attribute may run any code
        return [value]


def metadata_in(modules: list[Any]) -> list[Any]:
    """The MetaData objects that modules hold, by their names or as attributes of what they hold."""
    from sqlalchemy import MetaData

    found: dict[int, Any] = {}
    for module in modules:
        for value in list(vars(module).values()):
            for each in held(value):
                if isinstance(each, MetaData):
                    found.setdefault(id(each), each)
    return list(found.values())


def mappers_now() -> list[Any]:
    from sqlalchemy.orm import mapperlib

    registries = getattr(mapperlib, "_all_registries", None)
    found = [mapper for registry in registries() for mapper in registry.mappers] if registries is not None else []
    return sorted(found, key=lambda mapper: (mapper.class_.__module__, mapper.class_.__qualname__))


def imported(name: str, request: dict[str, Any]) -> Any:
    """A module; None where it cannot be imported and ``lenient`` is asked for."""
    try:
        return importlib.import_module(name)
    except BaseException:
        if request.get("lenient"):
            return None
        raise


def answer(request: dict[str, Any]) -> dict[str, Any]:
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    sys.path.insert(0, request["root"])
    os.chdir(request["root"])
    try:
        modules = [found for name in request["modules"] if (found := imported(name, request)) is not None]
        with contextlib.suppress(KeyError):
            modules = [sys.modules[name] for name in list(sys.modules) if name.split(".")[0] in request["tops"]]
    except BaseException as error:  # noqa: BLE001 - the models are broken, whatever it is
        return {"error": f"{type(error).__name__}: {error}"}
    metadata = metadata_in(modules)
    mappers = mappers_now()
    # Before backrefs are made, as mappers are configured.
    classes = {f"{each.class_.__module__}.{each.class_.__name__}": mapper_of(each) for each in mappers}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        relationships = configured(mappers) if request.get("configure", True) else {}
    return {
        "tables": [{key: table_of(table) for key, table in each.tables.items()} for each in metadata],
        "mappers": classes,
        "configured": relationships,
        "overlaps": [text for each in warned if "will copy column" in (text := str(each.message))],
    }


def main() -> None:
    for name in (
        "sqlalchemy.orm",
        "sqlalchemy.ext.hybrid",
        "sqlalchemy.ext.associationproxy",
        "sqlalchemy.dialects.postgresql",
    ):
        importlib.import_module(name)
    for name in ("sqlmodel", "flask_sqlalchemy", "sqlalchemy.dialects.mysql"):
        with contextlib.suppress(Exception):  # the newest SQLModel knows no SQLAlchemy 1.4
            importlib.import_module(name)
    sys.stdout.write(sys.modules["sqlalchemy"].__version__ + "\n")
    sys.stdout.flush()
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            with os.fdopen(write, "w") as out:
                try:
                    found = answer(request)
                except BaseException as error:  # noqa: BLE001 - a fault of the recorder is told as one
                    found = {"fault": f"{type(error).__name__}: {error}"}
                json.dump(found, out)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as stream:
            said = stream.read()
        os.waitpid(child, 0)
        sys.stdout.write(said + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
