"""The constructor of a mapped class as a signature, and what SQLAlchemy really needs."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import exc, orm

from cucurbit.analysis.context import Context
from cucurbit.ide.models.signature import Constructor, constructor_at
from cucurbit.source.text import SourceText
from tests.ide.models.marks import analysed
from tests.ide.models.test_names import MODELS

ROWS = """\
import datetime
from typing import Optional
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    created: Mapped[datetime.datetime] = mapped_column(server_default=func.now())
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(80))
    level: Mapped[int] = mapped_column(default=1)
    note: Mapped[Optional[str]]
    balance = Column("amount", Integer, nullable=False)
    orders: Mapped[list["Order"]] = relationship(back_populates="account")

    @hybrid_property
    def shown(self):
        return self.email


class Order(Base):
    __tablename__ = "orders"
    number: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    account: Mapped[Account] = relationship(back_populates="orders")
"""


@pytest.fixture(scope="module")
def context() -> Context:
    return analysed({"models.py": MODELS, "rows.py": ROWS, "main.py": "import models, rows\n"})


def called(context: Context, text: str) -> Constructor | None:
    """The constructor at the bar in ``text``."""
    offset = text.rindex("|")
    source = SourceText(text[:offset] + text[offset + 1 :])
    return constructor_at(context, "main.py", source, *source.position(offset))


def labels(context: Context, name: str) -> list[str]:
    found = called(context, f"{name}(|)\n")
    assert found is not None
    return [each.label for each in found.parameters]


def test_the_needed_ones_come_first(context: Context) -> None:
    assert labels(context, "Account") == [
        "email: String(80)",
        "balance: Integer",
        "created: DateTime = ...",
        "id: Integer = ...",
        "level: Integer = ...",
        "note: String | None = ...",
        "orders: list[Order] = ...",
    ]
    assert labels(context, "Order") == ["number: String", "account_id: Integer = ...", "account: Account = ..."]


@pytest.mark.parametrize("name", ["Account", "Order"])
def test_the_needed_ones_are_those_that_a_database_asks_for(context: Context, name: str) -> None:
    models: dict[str, Any] = {"__name__": "rows"}
    exec(compile(ROWS, "rows.py", "exec", dont_inherit=True), models)
    found = called(context, f"{name}(|)\n")
    assert found is not None
    needed = [each.name for each in found.parameters if each.needed]

    def store(given: list[str]) -> None:
        engine = sqlalchemy.create_engine("sqlite://")
        models["Base"].metadata.create_all(engine)
        with orm.Session(engine) as session:
            others = {"account": models["Account"](email="1", balance=1)} if name == "Order" else {}
            session.add(models[name](**dict.fromkeys(given, "1"), **others))
            session.flush()

    store(needed)
    for missing in needed:
        with pytest.raises((exc.IntegrityError, exc.SAWarning)):
            store([each for each in needed if each != missing])


@pytest.mark.parametrize(
    ("text", "active"),
    [
        ("Account(|", "email"),
        ("Account(|)", "email"),
        ("Account(email='a', |)", "balance"),
        ("Account(email='a', le|)", "level"),
        ("Account(note=|)", "note"),
        ("Account(note='so |')", "note"),
        ("Account(level=1 + x|)", "level"),
        ("Account(orders=[|])", "orders"),
        ("rows.Account(\n    email='a',\n    note=|\n)", "note"),
        ("Account(unknown=|)", None),
    ],
)
def test_the_parameter_at_the_cursor(context: Context, text: str, active: str | None) -> None:
    found = called(context, f"{text}\n")
    assert found is not None
    assert (None if found.active is None else found.parameters[found.active].name) == active


@pytest.mark.parametrize(
    "text",
    [
        "class Account(|)",
        "def Account(|)",
        "Account|()",
        "Account(f(|))",
        "Nothing(|)",
        "x = (|)",
        "# Account(|",
        "Account[|]",
    ],
)
def test_nothing_elsewhere(context: Context, text: str) -> None:
    assert called(context, f"{text}\n") is None


OWN = "    def __init__(self, email): ...\n"


@pytest.mark.parametrize(
    "text",
    [
        ROWS.replace("    @hybrid_property\n", f"{OWN}\n    @hybrid_property\n"),
        ROWS.replace("class Base(DeclarativeBase)", "class Base(MappedAsDataclass, DeclarativeBase)"),
        ROWS.replace("class Account(Base)", "@some.decorator\nclass Account(Base)"),
    ],
    ids=["own", "dataclass", "decorated"],
)
def test_a_constructor_of_its_own_is_left_to_others(text: str) -> None:
    assert called(analysed({"rows.py": text, "main.py": "import rows\n"}), "Account(|)\n") is None
