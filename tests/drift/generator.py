"""Random projects: a history of revisions, and models that drifted away from it by a few changes."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

TYPES = (
    *("sa.Integer()", "sa.BigInteger()", "sa.String(20)", "sa.String(length=50)", "sa.String()", "sa.Text()"),
    *("sa.Boolean()", "sa.DateTime()", "sa.DateTime(timezone=True)", "sa.Date()", "sa.Float()", "sa.Numeric(10, 2)"),
    *("sa.Numeric(12, 2)", "sa.LargeBinary()", "sa.JSON()", "sa.Uuid()", "sa.Enum('a', 'bb', name='kind')"),
    *("sa.Enum('a', 'bb', 'cccc', name='kind')", "sa.Interval()", "sa.SmallInteger()", "sa.Double()"),
    *("sa.DECIMAL(10, 2)", "sa.CHAR(3)", "sa.VARCHAR(20)", "sa.Time()", "sa.Unicode(20)"),
)
TABLES = ("plots", "crops", "owners", "soils", "tools")
COLUMNS = ("a", "b", "c", "d", "e")
CONVENTION = """{
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}"""


@dataclass
class Column:
    type_: str
    nullable: bool = True


@dataclass
class Unique:
    name: str | None
    columns: list[str]


@dataclass
class Key:
    name: str | None
    column: str
    target: str
    ondelete: str = ""


@dataclass
class Table:
    columns: dict[str, Column] = field(default_factory=dict)
    indexes: dict[str, tuple[list[str], bool]] = field(default_factory=dict)
    unique: list[Unique] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)

    def used(self) -> set[str]:
        found = {each for columns, _ in self.indexes.values() for each in columns}
        found |= {each for one in self.unique for each in one.columns}
        return found | {each.column for each in self.keys}


Schema = dict[str, Table]


class Projects:
    """Makes one random project."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = 0
        self._convention = self._random.random() < 0.4

    def files(self) -> Mapping[str, str]:
        """The models and the revisions r0, r1 and so on, by their paths."""
        schema: Schema = {}
        bodies = ["\n".join(self._new_table(schema) for _ in range(self._random.randint(1, 3)))]
        bodies += [self._body(schema) for _ in range(self._random.randint(0, 3))]
        drifted = copy.deepcopy(schema)
        for _ in range(self._random.randint(0, 4)):
            self._operation(drifted)
        versions = {f"migrations/versions/r{number}.py": _revision(number, body) for number, body in enumerate(bodies)}
        return {"models.py": self._models(drifted), **versions}

    # ------------------------------------------------------------------- operations

    def _body(self, schema: Schema) -> str:
        return "\n".join(self._operation(schema) for _ in range(self._random.randint(1, 3)))

    def _pick(self, values: object) -> str:
        return self._random.choice(sorted(values))  # type: ignore[call-overload, no-any-return]

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}_{self._count}"

    def _operation(self, schema: Schema) -> str:
        kinds = [self._new_table, self._drop_table, self._add_column, self._add_column, self._drop_column]
        kinds += [self._index, self._index, self._drop_index, self._nullable, self._type, self._type, self._unique]
        kinds += [self._drop_unique, self._key, self._drop_key, self._rename_column, self._rename_table]
        return self._random.choice(kinds)(schema) or "pass"

    def _new_table(self, schema: Schema) -> str:
        free = [each for each in TABLES if each not in schema]
        if not free:
            return ""
        name = self._pick(free)
        table = schema[name] = Table()
        for column in self._random.sample(COLUMNS, self._random.randint(1, 3)):
            table.columns[column] = Column(self._random.choice(TYPES), self._random.random() < 0.6)
        if self._random.random() < 0.4:
            named = self._name("uq") if self._random.random() < 0.6 else None
            table.unique.append(Unique(named, [self._pick(table.columns)]))
        others = [each for each in schema if each != name]
        if others and self._random.random() < 0.4:
            column = self._pick(table.columns)
            table.columns[column].type_ = "sa.Integer()"
            named = self._name("fk") if self._random.random() < 0.6 else None
            table.keys.append(Key(named, column, self._pick(others), self._random.choice(("", "CASCADE"))))
        lines = ["sa.Column('id', sa.Integer(), nullable=False)", *(_column(*each) for each in table.columns.items())]
        lines += [_key(each) for each in table.keys] + [_unique(each) for each in table.unique]
        text = f"op.create_table('{name}', {', '.join(lines)}, sa.PrimaryKeyConstraint('id'))"
        if self._random.random() < 0.3:
            column = self._pick(table.columns)
            index = f"ix_{name}_{column}"
            table.indexes[index] = ([column], False)
            text += f"\nop.create_index(op.f('{index}'), '{name}', ['{column}'], unique=False)"
        return text

    def _drop_table(self, schema: Schema) -> str:
        free = [each for each in schema if not any(key.target == each for one in schema.values() for key in one.keys)]
        if len(schema) < 2 or not free:
            return ""
        name = self._pick(free)
        del schema[name]
        return f"op.drop_table('{name}')"

    def _add_column(self, schema: Schema) -> str:
        name = self._pick(schema)
        free = [each for each in COLUMNS if each not in schema[name].columns]
        if not free:
            return ""
        column = self._pick(free)
        made = schema[name].columns[column] = Column(self._random.choice(TYPES))
        return f"op.add_column('{name}', {_column(column, made)})"

    def _drop_column(self, schema: Schema) -> str:
        name = self._pick(schema)
        free = [each for each in schema[name].columns if each not in schema[name].used()]
        if not free:
            return ""
        column = self._pick(free)
        del schema[name].columns[column]
        return _batch(name, f"drop_column('{column}')")

    def _index(self, schema: Schema) -> str:
        name = self._pick(schema)
        columns = list(schema[name].columns)
        if not columns:
            return ""
        chosen = self._random.sample(columns, self._random.randint(1, min(2, len(columns))))
        index = f"ix_{name}_{chosen[0]}" if self._random.random() < 0.4 else self._name("ix")
        if any(index in each.indexes for each in schema.values()):
            return ""
        unique = self._random.random() < 0.3
        schema[name].indexes[index] = (chosen, unique)
        return f"op.create_index(op.f('{index}'), '{name}', {chosen!r}, unique={unique})"

    def _drop_index(self, schema: Schema) -> str:
        name = self._pick(schema)
        if not schema[name].indexes:
            return ""
        index = self._pick(schema[name].indexes)
        del schema[name].indexes[index]
        return f"op.drop_index('{index}', table_name='{name}')"

    def _nullable(self, schema: Schema) -> str:
        name = self._pick(schema)
        if not schema[name].columns:
            return ""
        column = self._pick(schema[name].columns)
        found = schema[name].columns[column]
        found.nullable = not found.nullable
        return _batch(name, f"alter_column('{column}', nullable={found.nullable})")

    def _type(self, schema: Schema) -> str:
        name = self._pick(schema)
        free = [each for each in schema[name].columns if each not in {key.column for key in schema[name].keys}]
        if not free:
            return ""
        column = self._pick(free)
        schema[name].columns[column].type_ = self._random.choice(TYPES)
        return _batch(name, f"alter_column('{column}', type_={schema[name].columns[column].type_})")

    def _unique(self, schema: Schema) -> str:
        name = self._pick(schema)
        columns = list(schema[name].columns)
        if not columns:
            return ""
        made = Unique(self._name("uq"), self._random.sample(columns, self._random.randint(1, min(2, len(columns)))))
        if any(set(each.columns) == set(made.columns) for each in schema[name].unique):
            return ""
        schema[name].unique.append(made)
        return _batch(name, f"create_unique_constraint('{made.name}', {made.columns!r})")

    def _drop_unique(self, schema: Schema) -> str:
        name = self._pick(schema)
        named = [each for each in schema[name].unique if each.name]
        if not named:
            return ""
        chosen = self._random.choice(named)
        schema[name].unique.remove(chosen)
        return _batch(name, f"drop_constraint('{chosen.name}', type_='unique')")

    def _key(self, schema: Schema) -> str:
        name = self._pick(schema)
        others = [each for each in schema if each != name]
        taken = {each.column for each in schema[name].keys}
        free = [
            column for column, each in schema[name].columns.items() if column not in taken and "Integer" in each.type_
        ]
        if not others or not free:
            return ""
        made = Key(self._name("fk"), self._pick(free), self._pick(others), self._random.choice(("", "SET NULL")))
        schema[name].keys.append(made)
        option = f", ondelete='{made.ondelete}'" if made.ondelete else ""
        return _batch(name, f"create_foreign_key('{made.name}', '{made.target}', ['{made.column}'], ['id']{option})")

    def _drop_key(self, schema: Schema) -> str:
        name = self._pick(schema)
        named = [each for each in schema[name].keys if each.name]
        if not named:
            return ""
        chosen = self._random.choice(named)
        schema[name].keys.remove(chosen)
        return _batch(name, f"drop_constraint('{chosen.name}', type_='foreignkey')")

    def _rename_column(self, schema: Schema) -> str:
        name = self._pick(schema)
        table = schema[name]
        free = [each for each in COLUMNS if each not in table.columns]
        old = [each for each in table.columns if each not in table.used()]
        if not free or not old:
            return ""
        before, after = self._pick(old), self._pick(free)
        table.columns[after] = table.columns.pop(before)
        return _batch(name, f"alter_column('{before}', new_column_name='{after}')")

    def _rename_table(self, schema: Schema) -> str:
        free = [each for each in TABLES if each not in schema]
        name = self._pick(schema)
        if not free or schema[name].indexes or any(key.target == name for one in schema.values() for key in one.keys):
            return ""
        new = self._pick(free)
        schema[new] = schema.pop(name)
        return f"op.rename_table('{name}', '{new}')"

    # ----------------------------------------------------------------------- models

    def _models(self, schema: Schema) -> str:
        convention = f"naming_convention={CONVENTION}" if self._convention else ""
        head = (
            "import sqlalchemy as sa\nfrom sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n"
            f"metadata = sa.MetaData({convention})\n\n\nclass Base(DeclarativeBase):\n    metadata = metadata\n"
        )
        return head + "".join(self._model(name, table) for name, table in schema.items())

    def _model(self, name: str, table: Table) -> str:
        items = [_unique(each) for each in table.unique] + [_key(each) for each in table.keys]
        flagged: dict[str, str] = {}
        for index, (columns, unique) in table.indexes.items():
            if index == f"ix_{name}_{columns[0]}" and len(columns) == 1 and columns[0] not in flagged:
                flagged[columns[0]] = f", index=True{', unique=True' if unique else ''}"
            else:
                items.append(f"sa.Index('{index}', {', '.join(map(repr, columns))}, unique={unique})")
        if self._random.random() < 0.3:
            columns = ["sa.Column('id', sa.Integer(), primary_key=True)"]
            columns += [_column(column, each, flagged.get(column, "")) for column, each in table.columns.items()]
            return f"\n\nsa.Table('{name}', metadata, {', '.join([*columns, *items])})\n"
        lines = [f"\n\nclass {name.title()}(Base):", f"    __tablename__ = '{name}'", ""]
        lines.append("    id: Mapped[int] = mapped_column(primary_key=True)")
        for column, each in table.columns.items():
            made = f"{each.type_}, nullable={each.nullable}{flagged.get(column, '')}"
            lines.append(f"    {column} = {self._random.choice(('sa.Column', 'mapped_column'))}({made})")
        if items:
            lines.append(f"    __table_args__ = ({', '.join(items)},)")
        return "\n".join(lines) + "\n"


def _column(name: str, column: Column, more: str = "") -> str:
    return f"sa.Column('{name}', {column.type_}, nullable={column.nullable}{more})"


def _unique(unique: Unique) -> str:
    name = f", name='{unique.name}'" if unique.name else ""
    return f"sa.UniqueConstraint({', '.join(map(repr, unique.columns))}{name})"


def _key(key: Key) -> str:
    name = f", name='{key.name}'" if key.name else ""
    option = f", ondelete='{key.ondelete}'" if key.ondelete else ""
    return f"sa.ForeignKeyConstraint(['{key.column}'], ['{key.target}.id']{name}{option})"


def _batch(table: str, call: str) -> str:
    return f"with op.batch_alter_table('{table}') as batch_op:\n    batch_op.{call}"


def _revision(number: int, body: str) -> str:
    parent = repr(f"r{number - 1}") if number else None
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    head = f"from alembic import op\nimport sqlalchemy as sa\n\nrevision = 'r{number}'\ndown_revision = {parent}\n"
    return f"{head}\n\ndef upgrade():\n{lines}"
