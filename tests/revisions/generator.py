"""Random histories: most operations fit the schema that they find, some do not."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

TABLES = ("plots", "crops", "owners", "Soils")
COLUMNS = ("a", "b", "c", "d")
TYPES = ("sa.Integer()", "sa.String(length=20)", "sa.Float()")


@dataclass
class _Table:
    columns: list[str] = field(default_factory=list)
    indexes: dict[str, list[str]] = field(default_factory=dict)
    unique: dict[str, list[str]] = field(default_factory=dict)


class Histories:
    """Makes the bodies of the revisions of one history; ``wrong`` is the share of operations that may not fit."""

    def __init__(self, seed: int, wrong: float) -> None:
        self._random = random.Random(seed)
        self._wrong = wrong
        self._tables: dict[str, _Table] = {}
        self._names = 0

    def bodies(self, revisions: int) -> tuple[str, ...]:
        first = "\n".join(self._create(name) for name in TABLES[:2])
        return (first, *(self._body() for _ in range(revisions - 1)))

    def _body(self) -> str:
        return "\n".join(self._operation() for _ in range(self._random.randint(1, 3)))

    def _operation(self) -> str:
        if self._random.random() < self._wrong:
            return self._any()
        kinds = [self._add, self._drop_column, self._index, self._drop_index, self._alter, self._unique, self._rename]
        kinds += [self._add, self._index, self._drop_unique, self._drop_table, self._new, self._key, self._rows]
        return self._random.choice(kinds)()

    # ------------------------------------------------------------ what fits

    def _pick(self) -> str:
        return self._random.choice(sorted(self._tables)) if self._tables else self._new_name()

    def _new_name(self) -> str:
        free = [each for each in TABLES if each not in self._tables]
        return self._random.choice(free or TABLES)

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}_{self._names}"

    def _type(self) -> str:
        return self._random.choice(TYPES)

    def _new(self) -> str:
        return self._rows() if len(self._tables) == len(TABLES) else self._create(self._new_name())

    def _create(self, name: str) -> str:
        columns = self._random.sample(COLUMNS, self._random.randint(1, 2))
        table = _Table(["id", *columns])
        self._tables[name] = table
        lines = ["sa.Column('id', sa.Integer(), nullable=False)"]
        lines += [
            f"sa.Column('{each}', {self._type()}{self._random.choice(['', ', nullable=False'])})" for each in columns
        ]
        lines.append("sa.PrimaryKeyConstraint('id')")
        if self._random.random() < 0.4:
            constraint = self._name("uq")
            table.unique[constraint] = [columns[0]]
            lines.append(f"sa.UniqueConstraint('{columns[0]}', name='{constraint}')")
        return f"op.create_table('{name}', {', '.join(lines)})"

    def _batch(self, table: str, call: str) -> str:
        return f"with op.batch_alter_table('{table}') as batch_op:\n    batch_op.{call}"

    def _add(self) -> str:
        name = self._pick()
        free = [each for each in COLUMNS if name not in self._tables or each not in self._tables[name].columns]
        if not free or name not in self._tables:
            return self._rows()
        column = self._random.choice(free)
        self._tables[name].columns.append(column)
        made = f"sa.Column('{column}', {self._type()}, nullable=True)"
        if self._random.random() < 0.4:
            return self._batch(name, f"add_column({made})")
        return self._random.choice(
            (f"op.add_column('{name}', {made})", f"op.add_column(table_name='{name}', column={made})")
        )

    def _drop_column(self) -> str:
        name = self._pick()
        table = self._tables.get(name)
        used = (
            []
            if table is None
            else [c for columns in (*table.indexes.values(), *table.unique.values()) for c in columns]
        )
        free = [] if table is None else [each for each in table.columns if each != "id" and each not in used]
        if table is None or not free:
            return self._rows()
        column = self._random.choice(free)
        table.columns.remove(column)
        return self._batch(name, f"drop_column('{column}')")

    def _index(self) -> str:
        name = self._pick()
        table = self._tables.get(name)
        if table is None or len(table.columns) < 2:
            return self._rows()
        columns = self._random.sample(table.columns[1:], self._random.randint(1, min(2, len(table.columns) - 1)))
        index = self._name("ix")
        table.indexes[index] = columns
        unique = self._random.choice(("", ", unique=True", ", unique=False"))
        if self._random.random() < 0.4:
            return self._batch(name, f"create_index(batch_op.f('{index}'), {columns!r}{unique})")
        return f"op.create_index(op.f('{index}'), '{name}', {columns!r}{unique})"

    def _drop_index(self) -> str:
        name = self._pick()
        table = self._tables.get(name)
        if table is None or not table.indexes:
            return self._rows()
        index = self._random.choice(sorted(table.indexes))
        del table.indexes[index]
        calls = (f"op.drop_index('{index}', table_name='{name}')", f"op.drop_index('{index}')")
        return self._random.choice((*calls, self._batch(name, f"drop_index('{index}')")))

    def _alter(self) -> str:
        name = self._pick()
        table = self._tables.get(name)
        if table is None or len(table.columns) < 2:
            return self._rows()
        column = self._random.choice(table.columns[1:])
        if self._random.random() < 0.5:
            return self._batch(name, f"alter_column('{column}', nullable={self._random.choice((True, False))})")
        free = [each for each in COLUMNS if each not in table.columns]
        if not free:
            return self._rows()
        new = self._random.choice(free)
        table.columns[table.columns.index(column)] = new
        for columns in (*table.indexes.values(), *table.unique.values()):
            columns[:] = [new if each == column else each for each in columns]
        return self._batch(name, f"alter_column('{column}', new_column_name='{new}')")

    def _unique(self) -> str:
        name = self._pick()
        table = self._tables.get(name)
        if table is None or len(table.columns) < 2:
            return self._rows()
        column = self._random.choice(table.columns[1:])
        constraint = self._name("uq")
        table.unique[constraint] = [column]
        return self._batch(name, f"create_unique_constraint('{constraint}', ['{column}'])")

    def _drop_unique(self) -> str:
        name = self._pick()
        table = self._tables.get(name)
        if table is None or not table.unique:
            return self._rows()
        constraint = self._random.choice(sorted(table.unique))
        del table.unique[constraint]
        return self._batch(name, f"drop_constraint('{constraint}', type_='unique')")

    def _key(self) -> str:
        name, other = self._pick(), self._pick()
        if name == other or name not in self._tables or "c" not in self._tables[name].columns:
            return self._rows()
        return self._batch(name, f"create_foreign_key('{self._name('fk')}', '{other}', ['c'], ['id'])")

    def _rename(self) -> str:
        name, new = self._pick(), self._new_name()
        if name not in self._tables or new in self._tables:
            return self._rows()
        self._tables[new] = self._tables.pop(name)
        return f"op.rename_table('{name}', '{new}')"

    def _drop_table(self) -> str:
        name = self._pick()
        if len(self._tables) < 2 or name not in self._tables:
            return self._rows()
        del self._tables[name]
        return f"op.drop_table('{name}')"

    def _rows(self) -> str:
        return "op.execute('SELECT 1')"

    # ------------------------------------------------------- what may not fit

    def _any(self) -> str:
        pick = self._random.choice
        name, column, other = pick(TABLES), pick(COLUMNS), pick(COLUMNS)
        index = f"ix_{self._random.randint(1, 9)}"
        made = f"sa.Column('{column}', sa.Integer())"
        return pick(
            (
                f"op.create_table('{name}', sa.Column('id', sa.Integer(), primary_key=True), {made})",
                f"op.drop_table('{name}')",
                f"op.drop_table('{name}', if_exists=True)",
                f"op.rename_table('{name}', '{pick(TABLES)}')",
                f"op.add_column('{name}', {made})",
                self._batch(name, f"add_column({made})"),
                self._batch(name, f"drop_column('{column}')"),
                f"op.drop_column('{name}', '{column}')",
                self._batch(name, f"alter_column('{column}', new_column_name='{other}')"),
                self._batch(name, f"alter_column('{column}', nullable=False)"),
                f"op.create_index('{index}', '{name}', ['{column}', '{other}'])",
                f"op.create_index('{index}', '{name}', ['{column}'], if_not_exists=True)",
                f"op.drop_index('{index}', '{name}')",
                self._batch(name, f"drop_index('{index}')"),
                self._batch(name, f"create_unique_constraint('uq_x', ['{column}'])"),
                self._batch(name, f"drop_constraint('uq_{self._random.randint(1, 9)}', type_='unique')"),
                f"op.execute('ALTER TABLE \"{name}\" ADD COLUMN {column} INTEGER')",
            )
        )
