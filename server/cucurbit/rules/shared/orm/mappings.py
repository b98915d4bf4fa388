"""What SQLAlchemy refuses when it maps a class.

Facts from sqlalchemy/orm/decl_base.py (``_setup_inheriting_columns``, ``_extract_mappable_attributes``), mapper.py
(``_configure_inheritance``, ``_configure_polymorphic_setter``, ``_configure_pks``) and properties.py
(``_init_column_for_annotation``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cucurbit.rules.shared.orm.joins import join
from cucurbit.rules.shared.orm.scope import ModelScope, NoSuch
from cucurbit.rules.shared.orm.verdicts import Verdict, respelled
from cucurbit.rules.shared.orm.words import mapper_text, meant, write
from cucurbit.simulate.core.shapes import ColumnProperty, MapperShape, Refusal, ValueTerm
from cucurbit.simulate.shapes.snapshot import StandingMapper, StandingTable

MAPPING_INCOMPLETE = "mapping-incomplete"


def mapping_verdicts(scope: ModelScope) -> Iterator[Verdict]:
    """The verdicts about every class that is certainly mapped."""
    for standing in scope.standing:
        for refusal in standing.shape.refused if standing.certain else ():
            yield _not_mapped(standing, refusal)
        if standing.certain and not standing.shape.open:
            found = _inherit(scope, standing) or _polymorphic_on(scope, standing)
            found = found or _conflict(scope, standing) or _no_key(scope, standing)
            if found is not None:
                yield found
    for table in scope.shapes.tables.values():
        if table.certain:
            yield from _twice(table)
            yield from _refused(table)


def _not_mapped(standing: StandingMapper, refusal: Refusal) -> Verdict:
    """An attribute that SQLAlchemy does not map."""
    mapper, name = standing.shape, refusal.name
    shown = f"{mapper.name}.{name}"
    error, said = "MappedAnnotationError", _UNMAPPED.format(shown=shown)
    since: tuple[int, ...] = (2,)
    if refusal.kind == "unmapped":
        message = (
            f"{shown} cannot be mapped: its annotation is not `Mapped[...]`. Write the type inside `Mapped[...]`, or "
            "inside `ClassVar[...]` if the attribute is not mapped."
        )
    elif refusal.kind == "bare":
        message = f"{shown} cannot be mapped: `Mapped` has no type. Write it, as in `Mapped[str]`."
    elif refusal.kind == "unresolved":
        message = (
            f"{shown} cannot be mapped: its annotation names `{refusal.text}`, which is not defined when the class is "
            "mapped. Import or define it above the class; if it is a mapped class, write `relationship()`."
        )
        said = (
            f"Could not resolve all types within mapped annotation, which names '{refusal.text}'.  Ensure all types "
            "are written correctly and are imported within the module in use."
        )
    elif refusal.kind == "no-target":
        error = "ArgumentError"
        message = (
            f'Relationship {shown} names no class. Write it as an annotation, `{name}: Mapped["..."]`, or as the first '
            "argument."
        )
        said = (
            f'Python typing annotation is required for attribute "{shown}" when primary argument(s) for '
            '"Relationship" construct are None or not present'
        )
    else:
        error, since = "InvalidRequestError", ()
        message = (
            f"Class {mapper.name} cannot be mapped: `{name}` stands in the body of {refusal.text}, which is not "
            "mapped itself. Return it from a method with `@declared_attr` there."
        )
        said = (
            "Mapper properties (i.e. deferred,column_property(), relationship(), etc.) must be declared as "
            "@declared_attr callables on declarative mixin classes.  For dataclass field() objects, use a lambda:"
        )
    related = ((mapper.place, f"class {mapper.name}"),) if mapper.place.path != refusal.place.path else ()
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=refusal.place,
        message=message,
        error=error,
        said=said,
        event=standing.event,
        related=related,
        since=since,
    )


_UNMAPPED = (
    'Type annotation for "{shown}" can\'t be correctly interpreted for Annotated Declarative Table form.  ORM '
    "annotations should normally make use of the ``Mapped[]`` generic type, or other ORM-compatible generic type, as a "
    "container for the actual type, which indicates the intent that the attribute is mapped."
)


def _no_key(scope: ModelScope, standing: StandingMapper) -> Verdict | None:
    """A class with a ``__table__`` that has no primary key; the simulation itself ends at other classes without one."""
    mapper = standing.shape
    table = scope.table(mapper)
    if table is None or not mapper.whole_table or mapper.inherits is not None or table.key_columns() != ():
        return None
    if not table.columns or any(name == "primary_key" for name, _ in mapper.arguments):
        return None
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=mapper.place,
        message=(
            f"Class {mapper.name} cannot be mapped: table '{table.key}' has no primary key. Give a column "
            "`primary_key=True`, or name the columns in `__mapper_args__`, under `primary_key`."
        ),
        error="ArgumentError",
        said=(
            f"Mapper {mapper_text(mapper, table)} could not assemble any primary key columns for mapped table "
            f"'{table.name}'"
        ),
        event=standing.event,
        related=((table.place, f"table '{table.key}' is defined here"),),
    )


def _inherit(scope: ModelScope, standing: StandingMapper) -> Verdict | None:
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
    if joined.constraints:
        error, what = "AmbiguousForeignKeysError", "several foreign keys link"
        do = "Set `inherit_condition` in `__mapper_args__`."
        links = "more than one foreign key relationship"
    else:
        error, what = "NoForeignKeysError", "no foreign key links"
        keys = other.key_columns() or ("id",)
        do = f'Give the primary key a `ForeignKey("{other.key}.{keys[0]}")`.'
        links = "no foreign key relationships"
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=mapper.place,
        message=(
            f"Class {mapper.name} cannot inherit from {parent.name}: {what} table '{own.key}' with '{other.key}'. {do}"
        ),
        error=error,
        said=(
            f"Can't determine the inherit condition between inherited table '{other.name}' and inheriting table "
            f"'{own.name}'; tables have {links} established.  Please ensure the inheriting table has a foreign key "
            "relationship to the inherited table, or provide an 'on clause' using the 'inherit_condition' mapper "
            "argument."
        ),
        event=standing.event,
        related=((parent.place, f"class {parent.name}"),),
    )


def _polymorphic_on(scope: ModelScope, standing: StandingMapper) -> Verdict | None:
    mapper = standing.shape
    term = mapper.polymorphic_on
    if not isinstance(term, ValueTerm) or not term.text:
        return None
    found = scope.property(mapper, term.text)
    if not isinstance(found, NoSuch):
        return None
    better = meant(term.text, (each.name for each in mapper.properties if isinstance(each, ColumnProperty)))
    do = write(better, f"Add the column `{term.text}`.")
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=term.place or mapper.place,
        message=f"Class {mapper.name} cannot be mapped: `polymorphic_on` names no column of it. {do}",
        error="ArgumentError",
        said=f"Can't determine polymorphic_on value '{term.text}' - no attribute is mapped to this name.",
        event=standing.event,
        spelling=respelled(term.place, term.text, better),
        related=((mapper.place, f"class {mapper.name}"),),
    )


def _conflict(scope: ModelScope, standing: StandingMapper) -> Verdict | None:
    """A column of a class without a table of its own, whose name the table of the parent has already."""
    mapper = standing.shape
    if mapper.inheritance != "single" or mapper.table is None:
        return None
    earlier: dict[str, tuple[MapperShape, ColumnProperty]] = {}
    for each in scope.standing:
        if each.shape.cls == mapper.cls:
            break
        if each.certain and each.shape.table == mapper.table:
            for one in each.shape.properties:
                if isinstance(one, ColumnProperty) and one.certain and one.made is not None:
                    earlier.setdefault(one.column, (each.shape, one))
    for one in mapper.properties:
        if not isinstance(one, ColumnProperty) or not one.certain or one.reuses is not False or one.made is None:
            continue
        before = earlier.get(one.column)
        if before is not None:
            return _conflicting(scope, standing, one, *before)
    return None


def _conflicting(
    scope: ModelScope, standing: StandingMapper, column: ColumnProperty, owner: MapperShape, other: ColumnProperty
) -> Verdict:
    mapper = standing.shape
    table = scope.table(mapper)
    name = table.name if table is not None else "?"
    return Verdict(
        rule=MAPPING_INCOMPLETE,
        stage="import",
        place=column.place,
        message=(
            f"Class {mapper.name} cannot be mapped: table '{name}' has the column '{column.column}' already, of class "
            f"{owner.name}. Declare it in the parent class, or with `mapped_column(use_existing_column=True)`."
        ),
        error="ArgumentError",
        said=(
            f"Column '{column.column}' on class {mapper.name} conflicts with existing column '{name}.{column.column}'."
            "  If using Declarative, consider using the use_existing_column parameter of mapped_column() to resolve "
            "conflicts."
        ),
        event=standing.event,
        related=((other.place, f"{owner.name}.{other.name} is defined here"),),
    )


def _twice(standing: StandingTable) -> Iterator[Verdict]:
    """Two columns with one name."""
    table = standing.shape
    for first, second in table.twice:
        if not (first.certain and second.certain):
            continue
        what = f"`{first.attribute}` and `{second.attribute}`" if second.attribute else "two columns"
        yield Verdict(
            rule=MAPPING_INCOMPLETE,
            stage="import",
            place=second.place,
            message=(
                f"Table '{table.key}' has the column '{second.name}' twice: {what}. Give one of them another name."
            ),
            error="DuplicateColumnError",
            said=f"A column with name '{second.name}' is already present in table '{table.name}'.",
            event=standing.event,
            related=((first.place, f"column '{first.name}' is defined here"),),
            since=(2,),
        )


def _refused(standing: StandingTable) -> Iterator[Verdict]:
    """``Mapped[Foo]``, for which there is no type of a column."""
    for column in standing.shape.columns:
        type_ = column.type_.refused
        if not type_ or not column.certain or column.open:
            continue
        owner = column.owner.name if column.owner is not None else standing.shape.key
        yield Verdict(
            rule=MAPPING_INCOMPLETE,
            stage="import",
            place=column.place,
            message=(
                f"{owner}.{column.attribute} cannot be mapped: its annotation stands for no column type. Give the "
                "type, as in `mapped_column(JSON)`; if it is a mapped class, write `relationship()`."
            ),
            error="MappedAnnotationError",
            said=(
                f"Could not locate SQLAlchemy Core type when resolving for Python type indicated by '{type_}' inside "
                f"the Mapped[] annotation for the '{column.attribute}' attribute; the type object is not resolvable by "
                "the registry"
            ),
            event=standing.event,
            since=(2,),
        )
