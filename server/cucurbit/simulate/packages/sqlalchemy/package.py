"""SQLAlchemy: combines the hooks in this folder."""

from __future__ import annotations

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.package import Package
from cucurbit.simulate.core.values import CallSite, ClassValue
from cucurbit.simulate.packages.sqlalchemy import declarative, engines, listeners, naming, queries, removed
from cucurbit.simulate.packages.sqlalchemy.lineage import base_kind
from cucurbit.simulate.packages.sqlalchemy.shapes import additions


def _on_class(machine: Machine, cls: ClassValue) -> bool:
    declarative.map_class(machine, cls)
    return True


def _on_call(machine: Machine, call: CallSite) -> None:
    engines.on_call(machine, call)
    removed.on_call(machine, call)
    listeners.on_call(machine, call)


PACKAGE = Package(
    name="SQLAlchemy",
    leaves_arguments=("sqlalchemy.",),
    calls={**declarative.HANDLERS, **additions.HANDLERS, **listeners.HANDLERS},
    methods={**declarative.METHODS, **queries.METHODS},
    constant=declarative.constant,
    member=declarative.member,
    has_attribute=declarative.has_attribute,
    instantiate=declarative.instantiate,
    on_class=_on_class,
    on_bind=naming.label,
    on_call=_on_call,
    on_unfollowed_call=listeners.on_unfollowed_call,
    on_set=additions.on_set,
    base_kind=base_kind,
    column_makers=("sqlalchemy.",),
    decorators={
        "sqlalchemy.util.memoized_property": "property",
        "sqlalchemy.orm.declared_attr": "declared_attr",
        "sqlalchemy.orm.declared_attr.directive": "declared_attr",
        "sqlalchemy.orm.declared_attr.cascading": "declared_attr",
        "sqlalchemy.ext.declarative.declared_attr": "declared_attr",
        "sqlalchemy.ext.declarative.declared_attr.cascading": "declared_attr",
        "sqlalchemy.ext.declarative.api.declared_attr": "declared_attr",
    },
    keeps_no_results=("sqlalchemy.",),
    # sqlalchemy/exc.py
    exceptions={
        "SQLAlchemyError": "Exception",
        "ArgumentError": "SQLAlchemyError",
        "ObjectNotExecutableError": "ArgumentError",
        "NoSuchModuleError": "ArgumentError",
        "InvalidRequestError": "SQLAlchemyError",
        "MissingGreenlet": "InvalidRequestError",
        "NoReferencedTableError": "InvalidRequestError",
        "NoSuchTableError": "InvalidRequestError",
        "UnmappedClassError": "InvalidRequestError",
        "OperationalError": "SQLAlchemyError",
    },
    assumed=frozenset({"sqlalchemy"}),
)
