"""Random models files, of which most import. Each is drawn from the number of its seed."""

from __future__ import annotations

from random import Random

_OLD = (
    "Integer",
    "String",
    "String(30)",
    "Text",
    "Boolean",
    "DateTime(timezone=True)",
    "Numeric(8, 2)",
    "Float",
    "JSON",
    "LargeBinary",
    "Date",
    "Interval",
    "Enum('a', 'b', name='ab')",
    "Upper",
    "Upper()",
    "postgresql.JSONB",
    "postgresql.ARRAY(Integer)",
    "BigInteger",
    "String(length=5)",
    "Unicode(9)",
    "SmallInteger",
)
_NEW = (
    "int",
    "str",
    "bool",
    "float",
    "bytes",
    "Decimal",
    "datetime.datetime",
    "datetime.date",
    "uuid.UUID",
    "Kind",
    "Optional[int]",
    "Optional[str]",
    "int | None",
    "'str'",
    "str30",
    "Optional[str30]",
    "Union[str, None]",
    "Literal['x', 'y']",
    "datetime.timedelta",
)
_KEYWORDS = (
    "nullable=False",
    "nullable=True",
    "unique=True",
    "index=True",
    "default=None",
    "server_default='0'",
    "comment='said'",
    "onupdate=lambda: 1",
    "default=lambda: 1",
)
_HEAD = """\
import datetime
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Dict, List, Literal, Optional, Union
from sqlalchemy import *
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator
class Upper(TypeDecorator):
    impl = String(12)
    cache_ok = True
class Kind(enum.Enum):
    A = 1
    B = 2
"""
_CONVENTION = """\
metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(column_0_label)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", "pk": "pk_%(table_name)s"})
"""
_DECLARATIVE = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship, deferred, synonym
str30 = Annotated[str, mapped_column(String(30))]
class Base(DeclarativeBase):
    metadata = metadata
"""


class _Models:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.modern = self.random.random() < 0.6
        self.tables: list[str] = []
        self.mixins: list[str] = []
        self.parents: list[str] = []

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def source(self) -> str:
        text = _HEAD + (_CONVENTION if self.chance(0.5) else "metadata = MetaData()\n")
        if self.modern:
            text += _DECLARATIVE
        else:
            text += "from sqlalchemy.orm import declarative_base, declared_attr, relationship, deferred, synonym\n"
            text += "Base = declarative_base(metadata=metadata)\n"
        for number in range(self.random.randint(0, 2)):
            text += self.mixin(number)
        for number in range(self.random.randint(1, 5)):
            text += self.random.choice((self.table, self.cls, self.cls, self.cls))(number)
        return text

    def keywords(self) -> str:
        found = self.random.sample(_KEYWORDS, self.random.choice((0, 0, 1, 1, 2)))
        names = [each.partition("=")[0] for each in found]
        return ", ".join(each for each, name in zip(found, names, strict=True) if names.count(name) == 1)

    def column(self, name: str = "") -> str:
        parts = [f"'{name}'"] if name else [f"'c{self.random.randint(100, 999)}'"] if self.chance(0.1) else []
        if self.tables and self.chance(0.3):
            options = self.random.choice(("", ", ondelete='CASCADE'", ", name='fk_x'", ", use_alter=False"))
            key = f"ForeignKey('{self.random.choice(self.tables)}.id'{options})"
            parts += ["Integer", key] if self.chance(0.5) else [key]
        else:
            parts.append(self.random.choice(_OLD))
        return ", ".join([*parts, *filter(None, [self.keywords()])])

    def attribute(self, number: int) -> str:
        name = f"a{number}"
        if not self.modern or self.chance(0.3):
            made = "Column" if not self.modern or self.chance(0.5) else "mapped_column"
            call = f"{made}({self.column()})"
            return f"    {name} = {call if self.chance(0.9) else f'deferred({call})'}\n"
        hint = self.random.choice(_NEW)
        if self.chance(0.5):
            return f"    {name}: Mapped[{hint}]\n"
        return f"    {name}: Mapped[{hint}] = mapped_column({self.keywords()})\n"

    def key(self) -> str:
        if self.modern and self.chance(0.7):
            return "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        return "    id = Column(Integer, primary_key=True)\n"

    def mixin(self, number: int) -> str:
        name = f"Mixin{number}"
        self.mixins.append(name)
        text = f"class {name}:\n    m{number} = Column({self.random.choice(_OLD)})\n"
        if self.chance(0.5):
            made = "mapped_column" if self.modern else "Column"
            text += f"    @declared_attr\n    def d{number}(cls):\n        return {made}(Integer, {self.keywords()})\n"
        if self.modern and self.chance(0.5):
            text += f"    n{number}: Mapped[{self.random.choice(_NEW)}]\n"
        return text

    def table(self, number: int) -> str:
        name = f"t{number}"
        columns = [
            f"Column('k{i}', {self.random.choice(_OLD)}, {self.keywords()})" for i in range(self.random.randint(1, 4))
        ]
        items = ["Column('id', Integer, primary_key=True)", *columns]
        items += self.arguments(["k0"])
        schema = ", schema='other'" if self.chance(0.2) else ""
        if not schema:
            self.tables.append(name)
        return f"{name} = Table('{name}', metadata, {', '.join(items)}{schema})\n"

    def arguments(self, names: list[str]) -> list[str]:
        found = []
        if self.chance(0.3):
            found.append(f"UniqueConstraint('id', '{self.random.choice(names)}')")
        if self.chance(0.3):
            found.append(
                f"Index('ix_{self.random.randint(0, 10**6)}', '{self.random.choice(names)}', unique={self.chance(0.5)})"
            )
        if self.chance(0.2):
            found.append("CheckConstraint('id > 0', name='positive')")
        if self.tables and self.chance(0.2):
            found.append(f"ForeignKeyConstraint(['id'], ['{self.random.choice(self.tables)}.id'])")
        return found

    def cls(self, number: int) -> str:
        name = f"Model{number}"
        mixins = [each for each in self.mixins if self.chance(0.4)]
        if self.parents and self.chance(0.3):
            return self.child(name, number)
        text = f"class {name}({', '.join([*mixins, 'Base'])}):\n    __tablename__ = 'm{number}'\n" + self.key()
        for each in range(self.random.randint(0, 5)):
            text += self.attribute(each)
        if self.chance(0.3):
            arguments = self.arguments(["id"])
            options = self.random.choice(("", "{'comment': 'told'}", "{'info': {}}"))
            if arguments or options:
                text += f"    __table_args__ = ({', '.join(filter(None, [*arguments, options]))},)\n"
        if self.chance(0.3):
            text += "    alias = synonym('id')\n"
        if self.chance(0.3):
            text += "    @property\n    def shown(self):\n        return 1\n"
        if self.chance(0.4):
            text += "    kind = Column(String(9))\n"
            text += f"    __mapper_args__ = {{'polymorphic_on': 'kind', 'polymorphic_identity': '{name}'}}\n"
            self.parents.append(name)
        self.tables.append(f"m{number}")
        return text

    def child(self, name: str, number: int) -> str:
        parent = self.random.choice(self.parents)
        text = f"class {name}({parent}):\n    __mapper_args__ = {{'polymorphic_identity': '{name}'}}\n"
        if self.chance(0.5):
            table = parent.replace("Model", "m")
            text += f"    __tablename__ = 'm{number}'\n"
            text += f"    id = Column(ForeignKey('{table}.id'), primary_key=True)\n"
        return text + f"    x{number} = Column({self.random.choice(_OLD)})\n"


def models(seed: int) -> str:
    """The models file of a seed."""
    return _Models(seed).source()
