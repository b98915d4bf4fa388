"""What SQLAlchemy refuses when it maps a class.

Facts from sqlalchemy/orm/decl_base.py (``_setup_inheriting_columns``, ``_extract_mappable_attributes``), mapper.py
(``_configure_inheritance``, ``_configure_polymorphic_setter``, ``_configure_pks``) and properties.py
(``_init_column_for_annotation``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.rules.shared.orm.joins import join
from cucurbit.rules.shared.orm.scope import Missing, Scope
from cucurbit.rules.shared.orm.verdicts import Absent, Spelling, Verdict
from cucurbit.rules.shared.orm.words import mapper_text, meant
from cucurbit.simulate.core.shapes import ColumnProperty, TableShape, ValueTerm
from cucurbit.simulate.shapes.snapshot import StandingMapper

MAPPING_INCOMPLETE = "mapping-incomplete"


def mapping_verdicts(scope: Scope) -> Iterator[Verdict]:
    """The verdicts about every class that is certainly mapped."""
    for standing in scope.standing:
        if standing.certain and not standing.shape.open:
            found = _key(scope, standing) or _inherit(scope, standing) or _polymorphic_on(scope, standing)
            if found is not None:
                yield found


def _key(scope: Scope, standing: StandingMapper) -> Verdict | None:
    """No primary key, where the class is not the simulator's to refuse: it is mapped to a ``Table(...)``."""
    mapper = standing.shape
    table = scope.table(mapper)
    if table is None or mapper.inherits is not None or table.key_columns() != ():
        return None
    if any(name in ("primary_key", "local_table") for name, _ in mapper.arguments):
        return None
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=mapper.place,
        message=(
            f"Class {mapper.name} cannot be mapped: its table has no primary key. Give a column `primary_key=True`."
        ),
        error="ArgumentError",
        said=(
            f"Mapper {mapper_text(mapper, table)} could not assemble any primary key columns for mapped table "
            f"'{table.name}'"
        ),
        event=standing.event,
        absent=(Absent("column", "primary_key"),),
    )


def _inherit(scope: Scope, standing: StandingMapper) -> Verdict | None:
    """A table of its own that no foreign key links with the table of the parent."""
    mapper = standing.shape
    if mapper.inheritance != "joined" or any(name == "inherit_condition" for name, _ in mapper.arguments):
        return None
    parent = next(iter(scope.shapes.parents(mapper)), None)
    own, other = scope.table(mapper), scope.table(parent) if parent is not None else None
    if parent is None or own is None or other is None or own is other:
        return None
    joined = join(scope, (other,), (own,), None)
    if joined is None or len(joined.constraints) == 1:
        return None
    start = "Can't determine the inherit condition between inherited table"
    if joined.constraints:
        error, what = "AmbiguousForeignKeysError", "several foreign keys link"
        do = "Set `inherit_condition` in `__mapper_args__`."
        said = (
            f"{start} '{other.name}' and inheriting table '{own.name}'; tables have more than one foreign key "
            "relationship established.  Please ensure the inheriting table has a foreign key relationship to the "
            "inherited table, or provide an 'on clause' using the 'inherit_condition' mapper argument."
        )
    else:
        error, what = "NoForeignKeysError", "no foreign key links"
        keys = other.key_columns() or ("id",)
        do = f'Give the primary key a `ForeignKey("{other.key}.{keys[0]}")`.'
        said = (
            f"{start} '{other.name}' and inheriting table '{own.name}'; tables have no foreign key relationships "
            "established.  Please ensure the inheriting table has a foreign key relationship to the inherited table, "
            "or provide an 'on clause' using the 'inherit_condition' mapper argument."
        )
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=mapper.place,
        message=(
            f"Class {mapper.name} cannot inherit from {parent.name}: {what} table '{own.key}' with '{other.key}'. {do}"
        ),
        error=error,
        said=said,
        event=standing.event,
        related=((parent.place, f"class {parent.name}"),),
    )


def _polymorphic_on(scope: Scope, standing: StandingMapper) -> Verdict | None:
    mapper = standing.shape
    term = mapper.polymorphic_on
    if not isinstance(term, ValueTerm) or not term.text:
        return None
    found = scope.property(mapper, term.text)
    if not isinstance(found, Missing) or _is_column(scope.table(mapper), term.text):
        return None
    better = meant(term.text, (each.name for each in mapper.properties if isinstance(each, ColumnProperty)))
    do = f"Write `{better}`." if better is not None else f"Add the column `{term.text}`."
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=term.place or mapper.place,
        message=f"Class {mapper.name} cannot be mapped: `polymorphic_on` names no column of it. {do}",
        error="ArgumentError",
        said=f"Can't determine polymorphic_on value '{term.text}' - no attribute is mapped to this name.",
        event=standing.event,
        spelling=Spelling(term.place, term.text, better) if better is not None and term.place is not None else None,
        related=((mapper.place, f"class {mapper.name}"),),
    )


def _is_column(table: TableShape | None, name: str) -> bool:
    return table is not None and (table.column(name) is not None or table.named(name) is not None)
