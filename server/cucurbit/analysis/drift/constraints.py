"""Indexes, unique constraints and foreign keys in the models and in the database, compared as Alembic does.

Facts from alembic/autogenerate/compare/constraints.py (``_compare_indexes_and_uniques``, ``_compare_foreign_keys``),
alembic/ddl/_autogen.py (signatures) and the ``correct_for_autogen_...`` methods of alembic/ddl/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cucurbit.analysis.drift.difference import About, Difference, Doubt, DriftSettings, ModelTables
from cucurbit.analysis.drift.types import Dialect
from cucurbit.simulate.core.shapes import (
    ColumnShape,
    ColumnTerm,
    ForeignKeyShape,
    IndexShape,
    KeyShape,
    Named,
    TableShape,
    ValueTerm,
)
from cucurbit.simulate.core.values import SOME_SCHEMA
from cucurbit.simulate.shapes.naming import UNKNOWN_NAME, GivenName, name_of


@dataclass(frozen=True)
class Part:
    """An index or a unique constraint: ``columns`` are their names in the database, None if they are not known.

    ``name`` is None if it has none. ``sure``: it certainly stands, under this name.
    """

    shape: IndexShape | KeyShape
    name: str | None
    columns: tuple[str, ...] | None
    unique: bool | None
    sure: bool
    expressions: bool = False

    @property
    def is_index(self) -> bool:
        return isinstance(self.shape, IndexShape)

    @property
    def signature(self) -> frozenset[str] | None:
        """By what a unique constraint without a name is found."""
        return None if self.columns is None else frozenset(self.columns)


def compare_parts(
    models: ModelTables,
    model: TableShape | None,
    standing: TableShape | None,
    key: str,
    settings: DriftSettings,
    dialect: Dialect,
) -> Iterator[Difference | Doubt]:
    """The indexes and unique constraints of a table; None: it stands on one side only, then indexes alone count."""
    new = [] if model is None else _parts(models, model, model)
    old: list[Part] = []
    if standing is not None:
        convention = convention_of(models) if key not in settings.renamed else None
        old = _parts(models, replace(standing, convention=convention), standing)
    if dialect == "mysql":
        new, old = _as_mysql(new, old, standing)
    if model is None or standing is None:
        new, old = [each for each in new if each.is_index], [each for each in old if each.is_index]
    whole = _Whole(key, dialect, new, old)
    for each in whole.differences():
        if not isinstance(each, Difference):
            yield each
        else:
            other = standing if each.op.startswith("add") else model
            more = other is not None and (bool(other.open) or other.has_unknown_types)
            yield replace(each, certain=False) if more else each


def convention_of(models: ModelTables) -> tuple[tuple[str, str], ...] | None:
    """The naming convention that operations use: that of ``target_metadata``, if it is one MetaData."""
    found = {each.shape.convention for each in models.tables.values()}
    return found.pop() if len(found) == 1 else None


def _parts(models: ModelTables, table: TableShape, shape: TableShape) -> list[Part]:
    found: list[Part] = []
    both: tuple[IndexShape | KeyShape, ...] = (*shape.indexes, *shape.unique)
    for each in both:
        given = name_of(models.shapes, table, each)
        columns = _columns(shape, each)
        if isinstance(each, IndexShape):
            # An index always has a name.
            given = UNKNOWN_NAME if given.text is None else given
        found.append(_part(each, given, columns))
    return found


def _part(shape: IndexShape | KeyShape, given: GivenName, columns: tuple[str, ...] | None) -> Part:
    unique = shape.unique if isinstance(shape, IndexShape) else True
    computed = isinstance(shape, IndexShape) and bool(shape.expressions) and columns is None
    return Part(shape, given.text, columns, unique, shape.certain and given.known, computed)


def _columns(table: TableShape, part: IndexShape | KeyShape) -> tuple[str, ...] | None:
    """The columns of an index or a constraint by their names in the database."""
    if isinstance(part, IndexShape) and part.expressions:
        return _of_objects(table, part)
    if not part.exact:
        return None
    found = [table.column(each.text) or _by_attribute(table, each) for each in part.columns]
    return None if None in found else tuple(each.name for each in found if each is not None)


def _by_attribute(table: TableShape, name: Named) -> ColumnShape | None:
    return table.named(name.text) or next((each for each in table.columns if each.attribute == name.text), None)


def _of_objects(table: TableShape, part: IndexShape) -> tuple[str, ...] | None:
    """The columns of an index that is given column objects: the names of those that have none are their attributes."""
    if part.columns:
        return None
    names = []
    for each in part.expressions:
        at = each.place if isinstance(each, ColumnTerm) else None
        column = next((column for column in table.columns if at is not None and column.place == at), None)
        if column is None:
            return None
        names.append(column.name)
    return tuple(names)


# --------------------------------------------------------------------------- MySQL


def _as_mysql(new: list[Part], old: list[Part], standing: TableShape | None) -> tuple[list[Part], list[Part]]:
    """On MySQL a unique constraint is a unique index, and an index with the name of its key or column is not compared.

    ``_correct_for_uq_duplicates_uix`` takes what stands for what the models declare under its name.
    """
    constraints = {each.name for each in new if not each.is_index}
    unnamed = {each.signature for each in new if not each.is_index and each.name is None}
    read = []
    for each in old:
        if each.unique and each.is_index and (each.name in constraints or each.signature in unnamed):
            read.append(replace(each, shape=_as_constraint(each.shape)))
        elif not each.is_index and each.name not in constraints and each.signature not in unnamed:
            read.append(replace(each, shape=_as_index(each.shape), sure=each.sure and each.name is not None))
        else:
            read.append(each)
    keys = [] if standing is None else [each.name for each in standing.foreign_keys]
    names = {each.text for each in keys if isinstance(each, ValueTerm)}
    implied = {
        each.name for each in read if not each.unique and (each.name in (each.columns or ()) or each.name in names)
    }
    return [e for e in new if not e.is_index or e.name not in implied], [e for e in read if e.name not in implied]


def _as_constraint(shape: IndexShape | KeyShape) -> KeyShape:
    return KeyShape(shape.columns, shape.name, shape.place, shape.exact, shape.certain)


def _as_index(shape: IndexShape | KeyShape) -> IndexShape:
    return IndexShape(shape.columns, (), True, shape.name, (), shape.place, shape.exact, shape.certain)


# ---------------------------------------------------------------------- comparison


@dataclass(frozen=True)
class _Whole:
    key: str
    dialect: Dialect
    new: Sequence[Part]
    old: Sequence[Part]

    def differences(self) -> Iterator[Difference | Doubt]:
        named_new = {each.name: each for each in self.new if each.name is not None}
        named_old = {each.name: each for each in self.old if each.name is not None}
        for name, part in named_old.items():
            if name not in named_new:
                yield from self._removed(part)
        for name, part in named_new.items():
            if name in named_old:
                yield from self._changed(part, named_old[name])
            else:
                yield from self._added(part)
        for part in self.new:
            if part.name is None:
                yield from self._added_unnamed(part)
        for part in self.old:
            if part.name is None:
                yield from self._removed_unnamed(part)

    @property
    def _unnamed(self) -> set[frozenset[str] | None]:
        """The columns of the unique constraints that certainly have no name in the models."""
        return {each.signature for each in self.new if each.sure and each.name is None and not each.is_index}

    def _what(self, part: Part) -> str:
        columns = f" on ({', '.join(part.columns)})" if part.columns else ""
        kind = "index" if part.is_index else "unique constraint"
        if part.is_index and part.unique:
            kind = "unique index"
        return f"the {kind} {part.name}{columns}" if part.name else f"a {kind} without a name{columns}"

    def _of(self, part: Part) -> str:
        return f"{self.key}.{part.name}" if part.name else f"{self.key} ({', '.join(part.columns or ())})"

    def _removed(self, part: Part) -> Iterator[Difference | Doubt]:
        likely = [each for each in self.new if each.name is None and not part.is_index]
        if any(each.signature is not None and each.signature == part.signature for each in likely if each.sure):
            return
        if not part.shape.certain:
            yield About("whether the index or constraint exists", self._of(part))
            return
        doubt = not part.sure or any(not each.sure and each.name in (None, part.name) for each in self.new)
        doubt = doubt or any(each.signature is None or part.signature is None for each in likely)
        yield self._difference("remove", part, certain=not doubt)

    def _removed_unnamed(self, part: Part) -> Iterator[Difference | Doubt]:
        """A constraint without a name: SQLite keeps it so, and other databases give it a name.

        Whatever its name is, it is the one without a name in the models that has the same columns.
        """
        if part.shape.certain and part.signature is not None and not part.is_index and part.signature in self._unnamed:
            return
        if not part.sure:
            yield About("the name of an index or constraint", self._of(part))
            return
        if self.dialect == "sqlite" or any(each.signature == part.signature for each in self.new if not each.is_index):
            return
        yield self._difference("remove", part, certain=False)

    def _added(self, part: Part) -> Iterator[Difference | Doubt]:
        if part.is_index and part.expressions:
            yield About("the index has expressions", self._of(part))
            if self.dialect == "sqlite":
                return
        doubt = not part.sure or any(not each.sure and each.name in (None, part.name) for each in self.old)
        automatic = not part.is_index and any(
            each.name is None and (each.signature is None or each.signature == part.signature) for each in self.old
        )
        yield self._difference("add", part, certain=not (doubt or (automatic and self.dialect != "sqlite")))

    def _added_unnamed(self, part: Part) -> Iterator[Difference | Doubt]:
        if not part.sure:
            yield About("the name of an index or constraint", self._of(part))
            return
        others = [each for each in self.old if not each.is_index]
        if any(each.signature == part.signature and each.shape.certain for each in others):
            return
        unsure = part.signature is None or any(each.signature is None or not each.sure for each in self.old)
        yield self._difference("add", part, certain=not unsure)

    def _changed(self, new: Part, old: Part) -> Iterator[Difference | Doubt]:
        sure = new.sure and old.sure
        if new.is_index is not old.is_index:
            yield self._difference("remove", old, certain=sure)
            yield self._difference("add", new, certain=sure)
            return
        same = self._same(new, old)
        if not sure or same is None:
            yield About("whether the index or constraint is the same", self._of(new))
        elif not same:
            yield self._difference("remove", old, certain=True, changed=True)
            yield self._difference("add", new, certain=True, changed=True)

    def _same(self, new: Part, old: Part) -> bool | None:
        if new.columns is None or old.columns is None or new.unique is None or old.unique is None:
            return None
        if not new.is_index:
            return new.signature == old.signature
        return new.columns == old.columns and new.unique == old.unique

    def _difference(self, what: str, part: Part, *, certain: bool, changed: bool = False) -> Difference:
        words = self._what(part)
        if changed:
            message = f"{words} of {self.key} is another one in the {'models' if what == 'add' else 'database'}"
        elif what == "add":
            message = f"no revision creates {words} of {self.key}"
        else:
            message = f"the models no longer have {words} of {self.key}"
        kind = "index" if part.is_index else "constraint"
        add = what == "add"
        return Difference(
            ("add_index" if add else "remove_index")
            if kind == "index"
            else "add_constraint"
            if add
            else "remove_constraint",
            self.key,
            part.name,
            part.shape.place,
            message,
            certain,
            part.shape if add else None,
            None if add else part.shape,
            part.columns or (),
        )


# ------------------------------------------------------------------- foreign keys


@dataclass(frozen=True)
class _Key:
    """A foreign key by what it connects; ``options`` are what it does on update and delete, and when it is checked."""

    shape: ForeignKeyShape
    name: str | None
    columns: tuple[str, ...]
    target: str
    targets: tuple[str, ...]
    options: tuple[str, str, str] | None

    @property
    def signature(self) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        return self.columns, self.target, self.targets


def compare_foreign_keys(
    models: ModelTables, model: TableShape, standing: TableShape, key: str, dialect: Dialect
) -> Iterator[Difference | Doubt]:
    """The foreign keys of a table that stands on both sides."""
    new = [_key(models, model, each, dialect) for each in model.foreign_keys]
    old = [_key(models, standing, each, dialect) for each in standing.foreign_keys]
    known_new = [each for each in new if each is not None]
    known_old = [each for each in old if each is not None]
    sure_new = len(known_new) == len(new) and not model.open and all(each.certain for each in model.foreign_keys)
    sure_old = len(known_old) == len(old) and not standing.open and all(e.certain for e in standing.foreign_keys)
    if not ((sure_new and sure_old) or model.open or standing.open):
        yield About("whether the foreign keys are the same", key)
    # `PRAGMA foreign_key_list` and the others give options; without any key nothing tells that they do.
    for each in known_new:
        same = [one for one in known_old if one.signature == each.signature]
        answers = [_same_options(each, one) for one in same]
        if True in answers:
            continue
        if None in answers:
            yield About("the options of the foreign key", f"{key} {_joined(each)}")
            continue
        yield _key_difference("add_fk", each, key, certain=each.shape.certain and sure_old, changed=bool(same))
    unresolved = {
        tuple(n.text for n in e.columns) for e, one in zip(model.foreign_keys, new, strict=True) if one is None
    }
    for each in known_old:
        same = [one for one in known_new if one.signature == each.signature]
        if each.columns in unresolved:
            # The models have a key of these columns; where it leads is not known.
            continue
        if not each.shape.certain or any(_same_options(one, each) is not False for one in same):
            # One that may have been dropped is no difference that is known.
            continue
        yield _key_difference("remove_fk", each, key, certain=sure_new, changed=bool(same))


def _same_options(one: _Key, other: _Key) -> bool | None:
    return None if one.options is None or other.options is None else one.options == other.options


def _joined(key: _Key) -> str:
    return f"({', '.join(key.columns)}) to {key.target} ({', '.join(key.targets)})"


def _key_difference(op: str, key: _Key, table: str, *, certain: bool, changed: bool) -> Difference:
    named = f" {key.name}" if key.name else ""
    words = f"the foreign key{named} of {table} {_joined(key)}"
    if changed:
        message = f"{words} has other options in the {'models' if op == 'add_fk' else 'database'}"
    elif op == "add_fk":
        message = f"no revision creates {words}"
    else:
        message = f"the models do not have {words}"
    add = op == "add_fk"
    return Difference(
        "add_fk" if add else "remove_fk",
        table,
        key.name,
        key.shape.place,
        message,
        certain,
        key.shape if add else None,
        None if add else key.shape,
        (*key.columns, key.target, *key.targets),
    )


def _key(models: ModelTables, table: TableShape, shape: ForeignKeyShape, dialect: Dialect) -> _Key | None:
    columns = [table.column(each.text) or table.named(each.text) for each in shape.columns]
    targets = [models.shapes.target_key(table, each) for each in shape.targets]
    local = [each.name for each in columns if each is not None]
    remote = [each for each in targets if each is not None]
    if len(local) != len(columns) or len(remote) != len(targets) or not local or len(local) != len(remote):
        return None
    tables = {each[0] for each in remote}
    if len(tables) != 1:
        return None
    target = tables.pop()
    if target.startswith(f"{SOME_SCHEMA}."):
        return None
    given = name_of(models.shapes, table, shape)
    names = tuple(_target_name(models, table, target, each[1]) for each in remote)
    return _Key(shape, given.text, tuple(local), target, names, _options(shape, dialect))


def _target_name(models: ModelTables, table: TableShape, target: str, key: str) -> str:
    """The name of a column in the database; in the models a foreign key gives its key."""
    found = models.shapes.table(table.metadata, target)
    column = None if found is None else found.shape.column(key)
    return key if column is None else column.name


def _options(shape: ForeignKeyShape, dialect: Dialect) -> tuple[str, str, str] | None:
    found = []
    for name in ("onupdate", "ondelete"):
        term = shape.option(name)
        text = "" if term is None else term.value if isinstance(term, ValueTerm) else None
        text = "" if text is None and isinstance(term, ValueTerm) else text
        if not isinstance(text, str):
            return None
        ignored = ("no action", "restrict") if dialect == "mysql" else ("no action",)
        found.append("" if text.lower() in ignored else text.lower())
    deferrable, initially = shape.option("deferrable"), shape.option("initially")
    if any(each is not None and not isinstance(each, ValueTerm) for each in (deferrable, initially)):
        return None
    late = isinstance(initially, ValueTerm) and str(initially.value or "").lower() == "deferred"
    may = isinstance(deferrable, ValueTerm) and bool(deferrable.value)
    when = "initially" if late else "deferrable" if may else ""
    if when and dialect == "mysql":
        return None
    return found[0], found[1], when
