"""What SQLAlchemy refuses in relationships when it configures the mappers.

Facts from sqlalchemy/orm/relationships.py (``RelationshipProperty.do_init``, ``_add_reverse_property``,
``_generate_backref``, ``_check_cascade_settings``, ``JoinCondition``) and sqlalchemy/orm/clsregistry.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cucurbit.analysis.finding import Severity
from cucurbit.rules.shared.orm.cardinalities import cardinality_verdicts
from cucurbit.rules.shared.orm.cascades import RELATIONSHIP_CASCADE, cascade_verdicts, deletes_orphans
from cucurbit.rules.shared.orm.expressions import STRINGS, Evaluator, Unresolved, strings_in
from cucurbit.rules.shared.orm.joins import ColumnId, Direction, Joined, Pairs, Tables, direction, join
from cucurbit.rules.shared.orm.overlaps import Writes, overlap_verdicts, overlaps_of
from cucurbit.rules.shared.orm.scope import (
    ModelScope,
    NoSuch,
    NotKnown,
    Several,
    TableColumn,
    backref_name,
    metadata_of,
    target_name,
    target_term,
)
from cucurbit.rules.shared.orm.verdicts import Absent, ReverseSide, Verdict, respelled
from cucurbit.rules.shared.orm.words import class_text, mapper_text, meant, write
from cucurbit.simulate.core.shapes import (
    ColumnProperty,
    ColumnShape,
    ItemsTerm,
    MapperShape,
    OtherProperty,
    RelationshipShape,
    TableShape,
    TableTerm,
    ValueTerm,
)
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.shapes.snapshot import StandingMapper

RELATIONSHIP_TARGET = "relationship-target"
RELATIONSHIP_EXPRESSION = "relationship-expression"
RELATIONSHIP_JOIN = "relationship-join"
BACK_POPULATES = "back-populates"

_NOTHING = ValueTerm(None)
_CORRECT = "Correct the name, or import the file that defines it."


@dataclass(frozen=True)
class One:
    """A relationship of a mapped class, in the scope in which it is configured."""

    scope: ModelScope
    standing: StandingMapper
    relationship: RelationshipShape

    @property
    def mapper(self) -> MapperShape:
        return self.standing.shape

    @property
    def shown(self) -> str:
        return f"{self.mapper.name}.{self.relationship.name}"

    def given(self, name: str) -> bool:
        """Whether an argument is given that is not None."""
        return self.relationship.argument(name) not in (None, _NOTHING)

    def text(self, name: str) -> ValueTerm | None:
        term = self.relationship.argument(name)
        return term if isinstance(term, ValueTerm) and term.text is not None else None

    def target(self) -> StandingMapper | None:
        found = self.scope.target(self.mapper, self.relationship)
        return found if isinstance(found, StandingMapper) else None


def relationship_verdicts(scope: ModelScope) -> Iterator[Verdict]:
    """The verdicts about every relationship, at most one of a kind for each."""
    writes: list[Writes] = []
    for standing in scope.standing:
        if not standing.certain:
            continue
        for relationship in standing.shape.relationships():
            if relationship.certain and relationship.made_by in ("relationship", "Relationship"):
                one = One(scope, standing, relationship)
                yield from cascade_verdicts(one.mapper, relationship, standing.event)
                yield from _synced(one)
                found = _configured(one)
                if isinstance(found, Verdict):
                    yield found
                else:
                    yield from _cardinality(one)
                    if found is not None:
                        writes.append(found)
    yield from overlap_verdicts(scope, writes)


def _configured(one: One) -> Verdict | Writes | None:
    """What is wrong, in the order in which SQLAlchemy works: what fails first hides the rest. Else what it writes."""
    wrong = _quoted(one) or _target(one) or _order_by(one) or _expressions(one) or _secondary(one)
    if wrong is not None:
        return wrong
    target = one.target()
    if target is None or not one.relationship.complete:
        return None
    joined = _joined(one, target.shape)
    wrong = _no_join(one, target.shape, joined) or _no_foreign_column(one, target.shape)
    wrong = wrong or _orphans(one, target.shape, joined) or _backref(one, target)
    wrong = wrong or _reverse(one, target, joined)
    return wrong if wrong is not None else _writes(one, target.shape, joined)


def _cardinality(one: One) -> Iterator[Verdict]:
    """What its annotation says wrongly of a relationship that SQLAlchemy accepts."""
    target = one.target()
    if target is not None and one.relationship.complete:
        joined = _joined(one, target.shape)
        primary = joined.primary if joined is not None else None
        way = _direction(one, joined)
        event = one.standing.event
        yield from cardinality_verdicts(one.scope, one.mapper, one.relationship, target.shape, way, primary, event)


def _writes(one: One, target: MapperShape, joins: Joins | None) -> Writes | None:
    """The columns that SQLAlchemy writes for a relationship; None if they are not known, or it writes none."""
    overlaps = overlaps_of(one.relationship)
    read_only = one.relationship.argument("viewonly") not in (None, _NOTHING, ValueTerm(False))
    if joins is None or joins.primary is None or overlaps is None or read_only:
        return None
    pairs = joins.primary.pairs
    if joins.middle is not None:
        if joins.secondary is None:
            return None
        pairs = (*pairs, *joins.secondary.pairs)
    term = one.text("back_populates")
    reverse = one.scope.property(target, term.text) if term is not None and term.text else None
    known = reverse if isinstance(reverse, RelationshipShape) else None
    if one.given("back_populates") and known is None:
        return None
    return Writes(one.mapper, target, one.relationship, known, overlaps, pairs, one.standing.event)


# ----------------------------------------------------------------- relationship-target


def _quoted(one: One) -> Verdict | None:
    """``Mapped["list[Post]"]``: SQLAlchemy takes all of the string for the name of a class."""
    quoted = one.relationship.quoted
    if not quoted or not one.relationship.complete:
        return None
    head, _, rest = quoted.partition("[")
    inner = rest.partition("]")[0].strip("\"'")
    mapper = mapper_text(one.mapper, one.scope.table(one.mapper))
    return Verdict(
        rule=RELATIONSHIP_TARGET,
        stage="configure",
        place=one.relationship.place,
        message=(
            f"Relationship {one.shown} leads to no class: `{quoted}` as a whole is a string, which is taken for the "
            f'name of a class. Quote the class alone: `Mapped[{head.strip()}["{inner}"]]`.'
        ),
        error="InvalidRequestError",
        said=(
            f'When initializing mapper {mapper}, expression "relationship({quoted!r})" seems to be using a generic '
            "class as the argument to relationship(); please state the generic argument using an annotation, e.g. "
            f"\"{one.relationship.name}: Mapped[{head.strip()}['{inner}']] = relationship()\""
        ),
        event=one.standing.event,
        since=(2,),
    )


def _target(one: One) -> Verdict | None:
    name, found = target_name(one.relationship), one.scope.target(one.mapper, one.relationship)
    if name is None or isinstance(found, (StandingMapper, NotKnown)):
        return None
    term = target_term(one.relationship)
    literal = term.place if isinstance(term, ValueTerm) else None
    if isinstance(found, Several):
        return _several(one, name, found.found, literal, RELATIONSHIP_TARGET)
    if "." not in name and _is_schema(one, name):
        return None
    last = name.rpartition(".")[2]
    elsewhere = "." in name and not isinstance(one.scope.class_named(one.mapper.registry, last), NoSuch)
    better = last if elsewhere else meant(last, one.scope.class_names(one.mapper.registry))
    table = _table_named(one, name)
    if table is not None and table.definition.class_name:
        better = table.definition.class_name
        why = f"'{name}' is a table, and a relationship leads to a class"
    else:
        why = f"no mapped class is called {name}"
    return Verdict(
        rule=RELATIONSHIP_TARGET,
        stage="configure",
        place=literal or one.relationship.place,
        message=f"Relationship {one.shown} leads to no class: {why}. {write(better, _CORRECT)}",
        error="InvalidRequestError",
        said=_failed_to_locate(one, name, name.partition(".")[0]),
        event=one.standing.event,
        absent=() if elsewhere else (Absent("class", last),),
        spelling=respelled(literal, name, better),
    )


def _is_schema(one: One, name: str) -> bool:
    """Whether a schema has the name: SQLAlchemy finds it, and fails in another way."""
    return any(key.startswith(f"{name}.") for _, key in one.scope.shapes.tables)


def _table_named(one: One, name: str) -> TableShape | None:
    metadata = metadata_of(one.mapper)
    found = one.scope.shapes.table(metadata, name) if metadata is not None else None
    return found.shape if found is not None else None


def _failed_to_locate(one: One, expression: str, name: str) -> str:
    mapper = mapper_text(one.mapper, one.scope.table(one.mapper))
    return (
        f"When initializing mapper {mapper}, expression '{expression}' failed to locate a name ('{name}'). If this is "
        f"a class name, consider adding this relationship() to the {class_text(one.mapper.cls)} class after both "
        "dependent classes have been defined."
    )


def _several(one: One, name: str, found: tuple[StandingMapper, ...], literal: Place | None, rule: str) -> Verdict:
    modules = [each.shape.cls.module for each in found]
    apart = len(set(modules)) == len(modules)
    first = f"{modules[0]}.{name}"
    advice = f"Name the module too: `{first}`." if apart else "Give one of them another name."
    what = f"`{name}` in relationship {one.shown} may be any of {len(found)} mapped classes"
    if len({each.shape.place for each in found}) == 1:
        what = f"`{name}` in relationship {one.shown} is mapped {len(found)} times, as its file is loaded twice"
        advice = f"Import it under one name, not as {' and '.join(modules)}."
    return Verdict(
        rule=rule,
        stage="configure",
        place=literal or one.relationship.place,
        message=f"{what}. {advice}",
        error="InvalidRequestError",
        said=(
            f'Multiple classes found for path "{name}" in the registry of this declarative base. Please use a fully '
            "module-qualified path."
        ),
        event=one.standing.event,
        severity=Severity.ERROR if apart else Severity.WARNING,
        related=tuple((each.shape.place, f"class {name} of {each.shape.cls.module}") for each in found),
    )


# ------------------------------------------------------------- relationship-expression


def _expressions(one: One) -> Verdict | None:
    evaluator = Evaluator(one.scope, one.mapper)
    for argument in STRINGS:
        for term in strings_in(one.relationship.argument(argument)):
            problem = evaluator.text(term.text or "").problem
            if problem is not None:
                return _problem(one, argument, term, problem)
    return None


def _order_by(one: One) -> Verdict | None:
    """A list of strings, which SQLAlchemy does not evaluate."""
    term = one.relationship.argument("order_by")
    if not isinstance(term, ItemsTerm) or term.kind not in ("list", "tuple"):
        return None
    text = next((each for each in term.items if isinstance(each, ValueTerm) and each.text is not None), None)
    if text is None:
        return None
    return Verdict(
        rule=RELATIONSHIP_EXPRESSION,
        stage="configure",
        place=text.place or one.relationship.place,
        message=(
            f"`order_by` of relationship {one.shown} cannot be evaluated: strings in a {term.kind} are not. Write one "
            'string, as in `"[Post.created, Post.id]"`.'
        ),
        error="ArgumentError",
        said=f"Column expression expected for argument 'order_by'; got {text.text!r}.",
        event=one.standing.event,
    )


def _problem(one: One, argument: str, term: ValueTerm, problem: Unresolved) -> Verdict:
    text = term.text or ""
    if problem.kind == "several":
        return _several(one, problem.name, problem.found, term.place, RELATIONSHIP_EXPRESSION)
    if problem.kind == "syntax":
        return _no_python(one, argument, term)
    otherwise = "Name a column that is mapped."
    related: tuple[tuple[Place, str], ...] = ()
    if problem.kind == "name":
        otherwise = _CORRECT
        better = meant(problem.name, one.scope.class_names(one.mapper.registry))
        what, error = f"there is no class or table `{problem.name}`", "InvalidRequestError"
        said = _failed_to_locate(one, text, problem.name.partition(".")[0])
        absent = Absent("class", problem.name.rpartition(".")[2])
    elif problem.kind == "collection" and problem.table is not None:
        better = f"c.{problem.name}"
        what, error = f"a column of table '{problem.table.key}' is had from `.c`", "AttributeError"
        said, absent = f"'Table' object has no attribute '{problem.name}'", Absent("column", problem.name)
        related = ((problem.table.place, f"table '{problem.table.key}' is defined here"),)
    elif problem.table is not None:
        better = meant(problem.name, (each.key for each in problem.table.columns))
        what, error = f"table '{problem.table.key}' has no column `{problem.name}`", "AttributeError"
        said, absent = problem.name, Absent("column", problem.name)
        related = ((problem.table.place, f"table '{problem.table.key}' is defined here"),)
    else:
        assert problem.owner is not None
        better = meant(problem.name, one.scope.columns(problem.owner))
        related = ((problem.owner.place, f"class {problem.owner.name}"),)
        absent = Absent("attribute", problem.name)
        if problem.kind == "property":
            what, error = f"{problem.owner.name}.{problem.name} is a relationship, not a column", "InvalidRequestError"
            said = (
                f"Property '{problem.name}' is not an instance of ColumnProperty (i.e. does not correspond directly to "
                "a Column)."
            )
        else:
            what, error = f"class {problem.owner.name} has no column `{problem.name}`", "AttributeError"
            said = f"Class {class_text(problem.owner.cls)} does not have a mapped column named '{problem.name}'"
    return Verdict(
        rule=RELATIONSHIP_EXPRESSION,
        stage="configure",
        place=term.place or one.relationship.place,
        message=(f"`{argument}` of relationship {one.shown} cannot be evaluated: {what}. {write(better, otherwise)}"),
        error=error,
        said=said,
        event=one.standing.event,
        absent=(absent,),
        spelling=respelled(term.place, text, better, problem.name),
        related=related,
    )


def _no_python(one: One, argument: str, term: ValueTerm) -> Verdict:
    return Verdict(
        rule=RELATIONSHIP_EXPRESSION,
        stage="configure",
        place=term.place or one.relationship.place,
        message=(
            f"`{argument}` of relationship {one.shown} cannot be evaluated: it is no Python expression. Correct it; "
            "for a descending order, write `desc(...)`."
        ),
        error="SyntaxError",
        said="invalid syntax",
        event=one.standing.event,
    )


def _secondary(one: One) -> Verdict | None:
    """A string that names the table of a many-to-many relationship, or that joins several."""
    term = one.text("secondary")
    if term is not None and term.text is not None and "(" in term.text:
        problem = Evaluator(one.scope, one.mapper).text(term.text).problem
        return _problem(one, "secondary", term, problem) if problem is not None else None
    name = term.text if term is not None else None
    metadata = metadata_of(one.mapper)
    if term is None or name is None or metadata is None or not all(part.isidentifier() for part in name.split(".")):
        return None
    if not one.scope.shapes.lacks_table(metadata, name):
        return None
    named = one.scope.class_named(one.mapper.registry, name)
    if isinstance(named, StandingMapper):
        return _secondary_class(one, term, named)
    if not isinstance(named, NoSuch):
        return None
    tables = [each.shape for (at, _), each in one.scope.shapes.tables.items() if at == metadata]
    if any(each.default_schema or (each.schema and "." in name) for each in tables):
        return None
    better = next((each.key for each in tables if each.schema and each.name == name), None)
    better = better or meant(name, (each.key for each in tables))
    do = write(better, _CORRECT)
    return Verdict(
        rule=RELATIONSHIP_EXPRESSION,
        stage="configure",
        place=term.place or one.relationship.place,
        message=f"`secondary` of relationship {one.shown} names no table: there is no '{name}'. {do}",
        error="InvalidRequestError",
        said=_failed_to_locate(one, name, name),
        event=one.standing.event,
        absent=(Absent("table", name),),
        spelling=respelled(term.place, name, better),
    )


def _secondary_class(one: One, term: ValueTerm, named: StandingMapper) -> Verdict:
    """A string that names a mapped class, where that of its table is due."""
    table, place = one.scope.table(named.shape), term.place or one.relationship.place
    better = table.key if table is not None else None
    do = write(better, "Write the name of its table.")
    return Verdict(
        rule=RELATIONSHIP_EXPRESSION,
        stage="configure",
        place=place,
        message=f"`secondary` of relationship {one.shown} names no table: {named.shape.name} is a class. {do}",
        error="ArgumentError",
        said=(
            f"secondary argument {class_text(named.shape.cls)} passed to to relationship() {one.shown} must be a Table "
            "object or other FROM clause; can't send a mapped class directly as rows in 'secondary' are persisted "
            "independently of a class that is mapped to that same table."
        ),
        event=one.standing.event,
        spelling=respelled(term.place, term.text or "", better),
        related=((named.shape.place, f"class {named.shape.name}"),),
    )


# ------------------------------------------------------------------- relationship-join


@dataclass(frozen=True)
class Joins:
    """How a relationship joins the tables of its class, the parents, with those of its target, the children.

    A part that is not known, or given by the program, is None.
    """

    parents: Tables
    children: Tables
    primary: Joined | None
    secondary: Joined | None = None
    middle: TableShape | None = None
    """The table of a many-to-many relationship."""
    only: frozenset[ColumnId] | None = None
    """The columns that ``foreign_keys`` names."""


def _secondary_table(one: One) -> TableShape | None:
    """The table of a many-to-many relationship; None if it has none, or it is not known."""
    term, metadata = one.relationship.argument("secondary"), metadata_of(one.mapper)
    found = None
    if isinstance(term, ValueTerm) and term.text is not None and metadata is not None:
        found = one.scope.shapes.table(metadata, term.text)
    elif isinstance(term, TableTerm) and term.definition is not None:
        found = one.scope.shapes.of_definition(term.definition)
    return found.shape if found is not None and found.certain and not found.shape.open else None


def _joined(one: One, target: MapperShape) -> Joins | None:
    """None: not known."""
    scope = one.scope
    parents, children = scope.tables(one.mapper), scope.tables(target)
    if parents is None or children is None:
        return None
    only = None
    if one.given("foreign_keys"):
        only = Evaluator(scope, one.mapper).argument(one.relationship.argument("foreign_keys"))
        if only is None:
            return None
    given = one.given("primaryjoin")
    if not one.given("secondary"):
        primary = None if given else join(scope, parents, children, parents[0], only)
        return Joins(parents, children, primary, only=only)
    middle = _secondary_table(one)
    if middle is None:
        return None
    to_child = None if one.given("secondaryjoin") else join(scope, children, (middle,), children[0], only)
    to_parent = None if given else join(scope, parents, (middle,), parents[0], only)
    return Joins(parents, children, to_parent, to_child, middle, only)


def joined_columns(scope: ModelScope, standing: StandingMapper, relationship: RelationshipShape) -> Pairs:
    """The pairs of columns by which SQLAlchemy joins a relationship; none if they are given, or not known."""
    one = One(scope, standing, relationship)
    target = one.target()
    joins = _joined(one, target.shape) if target is not None and relationship.complete else None
    if joins is None or joins.primary is None or (joins.middle is not None and joins.secondary is None):
        return ()
    parts = [each for each in (joins.primary, joins.secondary) if each is not None]
    return tuple(pair for part in parts for pair in part.pairs) if all(len(p.constraints) == 1 for p in parts) else ()


def _no_join(one: One, target: MapperShape, joins: Joins | None) -> Verdict | None:
    if joins is None:
        return None
    # SQLAlchemy makes the second join first.
    for end, joined in ((joins.children[0], joins.secondary), (joins.parents[0], joins.primary)):
        if joined is None or len(joined.constraints) == 1:
            continue
        if joined.constraints:
            return _several_keys(one, joins, joined)
        return _no_key(one, target, joins, end)
    return None


def _several_keys(one: One, joins: Joins, joined: Joined) -> Verdict:
    keys = _columns_named(one, joined)
    names = f" ({', '.join(keys)})" if keys else ""
    if keys and joins.middle is None:
        do = f"Say which: `{_foreign_keys(one, keys[0])}`."
    else:
        do = "Say which, with `foreign_keys`."
    counted = (
        "Specify the 'foreign_keys' argument, providing a list of those columns which should be counted as containing "
        "a foreign key reference"
    )
    return Verdict(
        rule=RELATIONSHIP_JOIN,
        stage="configure",
        place=one.relationship.place,
        message=f"Relationship {one.shown} cannot be joined: several foreign keys link the tables{names}. {do}",
        error="AmbiguousForeignKeysError",
        said=(
            f"{_no_condition(one, joins, 'multiple foreign key paths linking the tables')}  {counted} "
            + ("to the parent table." if joins.middle is None else _TO_EACH)
        ),
        event=one.standing.event,
        keywords=_choices(one, keys) if joins.middle is None else (),
    )


def _choices(one: One, keys: list[str]) -> tuple[str, ...]:
    """The arguments that choose a foreign key, the one whose name has that of the relationship in it first."""
    if one.relationship.made_by != "relationship" or one.given("foreign_keys"):
        return ()
    fitting = sorted(keys, key=lambda each: one.relationship.name not in each.rpartition(".")[2])
    return tuple(_foreign_keys(one, each) for each in fitting)


_TO_EACH = "from the secondary table to each of the parent and child tables."


def _no_condition(one: One, joins: Joins, what: str) -> str:
    """How SQLAlchemy begins to say that it cannot join two tables."""
    via = f" via secondary table '{joins.middle.key}'" if joins.middle is not None else ""
    return (
        f"Could not determine join condition between parent/child tables on relationship {one.shown} - there are "
        f"{what}{via}."
    )


def _no_key(one: One, target: MapperShape, joins: Joins, end: TableShape) -> Verdict:
    """``end``: for many-to-many, the table that no foreign key of the one in the middle points to."""
    related: list[tuple[Place, str]] = []
    place = one.relationship.place
    if joins.only is not None:
        what = "none of its `foreign_keys` links the tables"
        do = "Name the columns that are foreign keys."
    elif joins.middle is not None:
        middle = joins.middle.key
        what = f"no foreign key of '{middle}' points to '{end.key}'"
        do = f"Give a column of '{middle}' a `ForeignKey`."
        related.append((joins.middle.place, f"table '{middle}' is defined here"))
    else:
        what = f"no foreign key links the tables '{joins.parents[0].key}' and '{joins.children[0].key}'"
        do = "Give a column a `ForeignKey`."
        candidate = _candidate(one, target)
        if candidate is not None:
            table, column, aim = candidate
            do = f"Give '{table.key}.{column.name}' a foreign key to '{aim}'."
            place = column.place
            related.append((one.relationship.place, f"relationship {one.shown}"))
    if target.place != one.mapper.place:
        related.append((target.place, f"class {target.name}"))
    return Verdict(
        rule=RELATIONSHIP_JOIN,
        stage="configure",
        place=place,
        message=f"Relationship {one.shown} cannot be joined: {what}. {do}",
        error="NoForeignKeysError",
        said=(
            f"{_no_condition(one, joins, 'no foreign keys linking these tables')}  Ensure that referencing columns are "
            "associated with a ForeignKey or ForeignKeyConstraint, or specify "
            + (
                "a 'primaryjoin' expression."
                if joins.middle is None
                else "'primaryjoin' and 'secondaryjoin' expressions."
            )
        ),
        event=one.standing.event,
        # Code that adds columns later may add the key.
        absent=(Absent("column", "ForeignKey"),),
        related=tuple(related),
    )


def _foreign_keys(one: One, column: str) -> str:
    """The argument that names the foreign key, as ``relationship`` or SQLModel's ``Relationship`` takes it."""
    if one.relationship.made_by == "Relationship":
        return f'sa_relationship_kwargs={{"foreign_keys": "{column}"}}'
    return f'foreign_keys="{column}"'


def _candidate(one: One, target: MapperShape) -> tuple[TableShape, ColumnShape, str] | None:
    """A column without a foreign key that by its name should have one: its table, and where it would point to."""
    for owner, other in ((target, one.mapper), (one.mapper, target)):
        table, aim = one.scope.table(owner), one.scope.table(other)
        if table is None or aim is None:
            continue
        keys = aim.key_columns() or ()
        heads = {other.name.casefold(), aim.name.casefold(), aim.name.casefold().rstrip("s")}
        for column in table.columns:
            head, _, tail = column.name.casefold().rpartition("_")
            if head in heads and tail in {key.casefold() for key in keys} and not column.foreign_keys:
                return table, column, f"{aim.key}.{keys[0]}"
    return None


def _columns_named(one: One, joined: Joined) -> list[str]:
    """The columns of the foreign keys, as strings of ``foreign_keys`` name them."""
    named = (_attribute_of(one, local) for pairs in joined.constraints for _, local in pairs)
    return list(dict.fromkeys(each for each in named if each is not None))


def _attribute_of(one: One, column: ColumnId) -> str | None:
    """A mapped attribute that is the column, of the class itself if it has one."""
    for mapper in (one.mapper, *(each.shape for each in one.scope.standing)):
        if mapper.table is not None and (mapper.table.metadata, mapper.table.key) == (column.metadata, column.table):
            for each in mapper.properties:
                if isinstance(each, ColumnProperty) and each.column == column.key:
                    return f"{mapper.name}.{each.name}"
    return None


def _no_foreign_column(one: One, target: MapperShape) -> Verdict | None:
    """``primaryjoin="A.x == B.y"`` where neither is a foreign key, nor marked as one."""
    term = one.text("primaryjoin")
    if term is None or one.given("foreign_keys") or one.given("secondary"):
        return None
    found = Evaluator(one.scope, one.mapper).text(term.text or "")
    parts = (term.text or "").split("==")
    if found.calls or found.columns is None or len(found.columns) != 2 or len(parts) != 2:
        return None
    if any(not part.replace(".", "").strip().isidentifier() for part in parts):
        return None
    left, right = found.columns
    if _refers(one.scope, left) is not False or _refers(one.scope, right) is not False:
        return None
    condition = f"{left.table}.{left.key} = {right.table}.{right.key}"
    return Verdict(
        rule=RELATIONSHIP_JOIN,
        stage="configure",
        place=term.place or one.relationship.place,
        message=(
            f"Relationship {one.shown} cannot be joined: neither column of its `primaryjoin` is a foreign key of the "
            "other. Mark the one that refers with `foreign(...)`, or give it a `ForeignKey`."
        ),
        error="ArgumentError",
        said=(
            f"Could not locate any relevant foreign key columns for primary join condition '{condition}' on "
            f"relationship {one.shown}.  Ensure that referencing columns are associated with a ForeignKey or "
            "ForeignKeyConstraint, or are annotated in the join condition with the foreign() annotation."
        ),
        event=one.standing.event,
        related=((target.place, f"class {target.name}"),),
    )


def _refers(scope: ModelScope, local: ColumnId) -> bool | None:
    """False if a column has certainly no foreign key, which may lead to another column over several tables."""
    standing = scope.shapes.table(local.metadata, local.table)
    if standing is None or standing.shape.open:
        return None
    return None if any(local.key in {c.text for c in key.columns} for key in standing.shape.foreign_keys) else False


# ------------------------------------------------------------------ back-populates


def _direction(one: One, joins: Joins | None) -> Direction | None:
    if one.given("secondary"):
        return "MANYTOMANY"
    if joins is None or joins.primary is None or len(joins.primary.constraints) != 1:
        return None
    remote, known = None, True
    if one.given("remote_side"):
        remote = Evaluator(one.scope, one.mapper).argument(one.relationship.argument("remote_side"))
        known = remote is not None
    return direction(joins.parents, joins.children, joins.primary.local, remote, remote_known=known)


def _reverse(one: One, target: StandingMapper, joins: Joins | None) -> Verdict | None:
    term = one.text("back_populates")
    if term is None or not term.text or one.given("backref"):
        return None
    found = one.scope.property(target.shape, term.text)
    if isinstance(found, NoSuch) or (isinstance(found, OtherProperty) and found.kind in ("hybrid", "proxy")):
        return _no_property(one, target.shape, term.text, term.place)
    if isinstance(found, (ColumnProperty, TableColumn)):
        return _no_relationship(one, target.shape, term.text, term.place)
    if isinstance(found, RelationshipShape):
        return _other_side(one, target.shape, found, term.place, joins)
    return None


def _synced(one: One) -> Iterator[Verdict]:
    """``sync_backref`` of a relationship that is only read."""
    true = ValueTerm(True)
    if one.relationship.argument("sync_backref") == true == one.relationship.argument("viewonly"):
        yield Verdict(
            rule=BACK_POPULATES,
            stage="import",
            place=one.relationship.place,
            message=f"Relationship {one.shown} is `viewonly`, and cannot keep its reverse side in step. Leave "
            "`sync_backref` out.",
            error="ArgumentError",
            said="sync_backref and viewonly cannot both be True",
            event=one.standing.event,
        )


def _no_property(one: One, target: MapperShape, name: str, literal: Place | None) -> Verdict:
    better = meant(name, (each.name for each in one.scope.relationships(target))) or _way_back(one, target)
    do = write(better, f"Write the reverse side in {target.name}, or another name.")
    return Verdict(
        rule=BACK_POPULATES,
        stage="configure",
        place=literal or one.relationship.place,
        message=f"Relationship {one.shown} has no reverse side: class {target.name} has no `{name}`. {do}",
        error="InvalidRequestError",
        said=(
            f"Mapper '{mapper_text(target, one.scope.table(target))}' has no property '{name}'.  If this property was "
            "indicated from other mappers or configure events, ensure registry.configure() has been called."
        ),
        event=one.standing.event,
        absent=(Absent("attribute", name),),
        spelling=respelled(literal, name, better),
        related=((target.place, f"class {target.name}"),),
        reverse=_reverse_side(one, target, name) if better is None else None,
    )


def _reverse_side(one: One, target: MapperShape, name: str) -> ReverseSide:
    """The other side as it would be written. It is a list where this one is none, and for many-to-many."""
    this = one.relationship.collection
    collection = None if this is None else not this or one.given("secondary")
    return ReverseSide(target.place, name, one.mapper.name, one.relationship.name, collection)


def _way_back(one: One, target: MapperShape) -> str | None:
    """The relationship of the target that leads back to the class; None if there is none, or several."""
    found = [each.name for each in one.scope.relationships(target) if _leads_to(one, target, each)]
    return found[0] if len(found) == 1 else None


def _leads_to(one: One, target: MapperShape, relationship: RelationshipShape) -> bool:
    found = one.scope.target(target, relationship)
    return isinstance(found, StandingMapper) and found.shape.cls == one.mapper.cls


def _no_relationship(one: One, target: MapperShape, name: str, literal: Place | None) -> Verdict:
    better = _way_back(one, target)
    do = write(better, f"Name a relationship of {target.name}.")
    return Verdict(
        rule=BACK_POPULATES,
        stage="configure",
        place=literal or one.relationship.place,
        message=f"Relationship {one.shown} has no reverse side: {target.name}.{name} is a column. {do}",
        error="InvalidRequestError",
        said=(
            f"back_populates on relationship '{one.shown}' refers to attribute '{target.name}.{name}' that is not a "
            "relationship.  The back_populates parameter should refer to the name of a relationship on the target "
            "class."
        ),
        event=one.standing.event,
        spelling=respelled(literal, name, better),
        related=((target.place, f"class {target.name}"),),
    )


def _other_side(
    one: One, target: MapperShape, other: RelationshipShape, literal: Place | None, joins: Joins | None
) -> Verdict | None:
    owner = next(each for each in one.scope.lineage(target) or (target,) if each.own(other.name) is other)
    back = one.scope.target(owner, other)
    shown = f"{owner.name}.{other.name}"
    if not isinstance(back, StandingMapper):
        return None
    roots = one.scope.base(back.shape), one.scope.base(one.mapper)
    if None not in roots and roots[0] != roots[1]:
        better = _way_back(one, target)
        do = write(better, f"Name a relationship to {one.mapper.name}.")
        own = mapper_text(one.mapper, one.scope.table(one.mapper))
        return Verdict(
            rule=BACK_POPULATES,
            stage="configure",
            place=literal or one.relationship.place,
            message=(
                f"Relationship {one.shown} has a wrong reverse side: {shown} leads to {back.shape.name}, not to "
                f"{one.mapper.name}. {do}"
            ),
            error="ArgumentError",
            said=(
                f"reverse_property '{other.name}' on relationship {one.shown} references relationship {shown}, which "
                f"does not reference mapper {own}"
            ),
            event=one.standing.event,
            spelling=respelled(literal, other.name, better),
            related=((other.place, f"{shown} is defined here"),),
        )
    return _same_direction(one, owner, other, joins)


def _same_direction(one: One, owner: MapperShape, other: RelationshipShape, joins: Joins | None) -> Verdict | None:
    reverse = One(one.scope, StandingMapper(owner, True, one.standing.event), other)
    mutual = reverse.text("back_populates")
    if mutual is None or mutual.text != one.relationship.name or not other.complete:
        return None
    mine = _direction(one, joins)
    theirs = _direction(reverse, _joined(reverse, one.mapper))
    if mine is None or mine != theirs or mine == "MANYTOMANY":
        return None
    if _is_reported_there(one.relationship, other):
        return None
    shown = f"{owner.name}.{other.name}"
    number = {"ONETOMANY": 1, "MANYTOONE": 2}[mine]
    said_direction = f"<RelationshipDirection.{mine}: {number}>" if one.mapper.modern else f"symbol('{mine}')"
    return Verdict(
        rule=BACK_POPULATES,
        stage="configure",
        place=one.relationship.place,
        message=(
            f"Relationship {one.shown} and its reverse side {shown} lead in the same direction. Give the many-to-one "
            "side `remote_side`, with the primary key of its class."
        ),
        error="ArgumentError",
        said=(
            f"{one.shown} and back-reference {shown} are both of the same direction {said_direction}.  Did you mean to "
            "set remote_side on the many-to-one side ?"
        ),
        event=one.standing.event,
        related=((other.place, f"{shown} is defined here"),),
    )


def _is_reported_there(this: RelationshipShape, other: RelationshipShape) -> bool:
    """Of two relationships that refuse each other, one is reported: the one that is no list, else the first."""
    if (this.collection is False) != (other.collection is False):
        return other.collection is False
    return (other.place.path, other.place.at) < (this.place.path, this.place.at)


def _backref(one: One, target: StandingMapper) -> Verdict | None:
    name = backref_name(one.relationship)
    if not one.given("backref") or name is None or one.given("back_populates"):
        return None
    lineage = one.scope.lineage(target.shape)
    if lineage is None:
        return None
    for mapper in (*lineage, *one.scope.heirs(target.shape)):
        found = mapper.own(name)
        if found is None or not found.certain or mapper.inheritance == "concrete":
            continue
        if isinstance(found, OtherProperty) and found.kind in ("hybrid", "proxy", "unknown"):
            continue
        return _conflict(one, mapper, name, found.place)
    other = _same_backref(one, target, name)
    return None if other is None else _conflict(one, target.shape, name, other.place)


def _same_backref(one: One, target: StandingMapper, name: str) -> RelationshipShape | None:
    """An earlier relationship of the same class that makes the same property on the same target."""
    for other in one.mapper.relationships():
        if other is one.relationship:
            return None
        if other.certain and backref_name(other) == name and One(one.scope, one.standing, other).target() is target:
            return other
    return None


def _conflict(one: One, mapper: MapperShape, name: str, there: Place) -> Verdict:
    term = one.relationship.argument("backref")
    place = term.place if isinstance(term, ValueTerm) and term.place is not None else one.relationship.place
    what = "relationship" if isinstance(mapper.own(name), RelationshipShape) else "attribute"
    do = (
        f'Write `back_populates="{name}"` on both sides instead.'
        if what == "relationship"
        else "Give the backref another name."
    )
    return Verdict(
        rule=BACK_POPULATES,
        stage="configure",
        place=place,
        message=f"The backref of relationship {one.shown} fails: class {mapper.name} has the {what} `{name}`. {do}",
        error="ArgumentError",
        said=(
            f"Error creating backref '{name}' on relationship '{one.shown}': property of that name exists on mapper "
            f"'{mapper_text(mapper, one.scope.table(mapper))}'"
        ),
        event=one.standing.event,
        related=((there, f"{mapper.name}.{name} is defined here"),),
    )


# ---------------------------------------------------------------- relationship-cascade


def _orphans(one: One, target: MapperShape, joins: Joins | None) -> Verdict | None:
    term = deletes_orphans(one.relationship)
    if term is None or one.given("viewonly"):
        return None
    if one.given("single_parent") and one.relationship.argument("single_parent") != ValueTerm(False):
        return None
    way = _direction(one, joins)
    if way not in ("MANYTOONE", "MANYTOMANY"):
        return None
    words = "many-to-one" if way == "MANYTOONE" else "many-to-many"
    reverse = one.text("back_populates")
    where = f"{target.name}.{reverse.text}" if reverse is not None else f"the relationship of {target.name}"
    do = f"Move the cascade to {where}" if way == "MANYTOONE" else "Leave `delete-orphan` out"
    return Verdict(
        rule=RELATIONSHIP_CASCADE,
        stage="configure",
        place=term.place or one.relationship.place,
        message=(
            f"Relationship {one.shown} is {words}, where `delete-orphan` is refused. {do}, or set `single_parent=True`."
        ),
        error="ArgumentError",
        said=(
            f'For {words} relationship {one.shown}, delete-orphan cascade is normally configured only on the "one" '
            'side of a one-to-many relationship, and not on the "many" side of a many-to-one or many-to-many '
            f'relationship.  To force this relationship to allow a particular "{target.name}" object to be '
            f'referenced by only a single "{one.mapper.name}" object at a time via the {one.shown} relationship, '
            "which would allow delete-orphan cascade to take place in this direction, set the single_parent=True flag."
        ),
        event=one.standing.event,
    )
