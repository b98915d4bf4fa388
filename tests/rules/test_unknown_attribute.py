"""Keywords that SQLAlchemy refuses, and those that the rule ``unknown-attribute`` reports."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import clear_mappers

from cucurbit.analysis.engine import analyse
from cucurbit.opening import folder_workspace
from cucurbit.rules import unknown_attribute
from cucurbit.workspace.tree.files import MemoryTree

MODELS = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, backref, mapped_column, relationship, synonym


class Base(DeclarativeBase):
    def method(self):
        pass


class Stamped:
    created: Mapped[int] = mapped_column(default=1)
    constant = 1


class User(Stamped, Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    named: Mapped[str] = mapped_column("full_name")
    alias = synonym("named")
    titles = association_proxy("posts", "title")

    @hybrid_property
    def short(self):
        return self.named

    @short.setter
    def short(self, value):
        self.named = value

    @property
    def loud(self):
        return self.named.upper()

    @loud.setter
    def loud(self, value):
        pass


class Admin(User):
    rank: Mapped[int] = mapped_column(nullable=True)


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(backref="posts")


class Own(Base):
    __tablename__ = "owns"
    id: Mapped[int] = mapped_column(primary_key=True)

    def __init__(self, **anything):
        pass


class Data(MappedAsDataclass, Base):
    __tablename__ = "data"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(default="")


User.later = 1
Base.registry.configure()
"""

NAMES = [
    *(
        "id",
        "named",
        "full_name",
        "alias",
        "titles",
        "short",
        "loud",
        "created",
        "constant",
        "method",
        "posts",
        "later",
    ),
    *("metadata", "registry", "nothing", "rank", "title", "user", "text", "__tablename__"),
]
CLASSES = ["User", "Admin", "Post", "Own", "Data"]


def refused(calls: Sequence[str]) -> set[str]:
    """The calls of which SQLAlchemy refuses the keyword for its name."""
    functions = "".join(f"def use{number}():\n    {call}\n" for number, call in enumerate(calls))
    names: dict[str, object] = {"__name__": "models"}
    try:
        exec(compile(f"{MODELS}\n{functions}", "models.py", "exec", dont_inherit=True), names)
        return {call for number, call in enumerate(calls) if _raises(names[f"use{number}"])}
    finally:
        clear_mappers()


def _raises(use: object) -> bool:
    assert callable(use)
    try:
        use()
    except TypeError as error:
        return "keyword argument" in str(error)
    except InvalidRequestError as error:
        return "property" in str(error)
    except Exception:  # noqa: BLE001 - the value does not suit the attribute
        return False
    return False


def reported(calls: Sequence[str]) -> set[str]:
    """The calls that the rule reports."""
    lines = [*MODELS.splitlines(), "def use():", *(f"    {call}" for call in calls)]
    context = analyse(folder_workspace(MemoryTree({"models.py": "\n".join(lines) + "\n"})))
    return {lines[each.location.span.line - 1].strip() for each in unknown_attribute.RULE.check(context)}


@pytest.mark.parametrize("cls", CLASSES)
def test_keywords_of_the_constructor(cls: str) -> None:
    calls = {f"{cls}({name}=1)": name for name in NAMES}
    found, real = reported(list(calls)), refused(list(calls))
    assert found <= real
    # A backref or an attribute that is set later may be of any class; a column of a child is in the parent's table.
    silent = {calls[call] for call in real - found}
    assert cls == "Data" or silent <= {"posts", "later", "text", "rank"}


@pytest.mark.parametrize("cls", CLASSES)
def test_keywords_of_filter_by(cls: str) -> None:
    calls = [f"select({cls}).where({cls}.id == 1).filter_by({name}=1)" for name in NAMES]
    assert reported(calls) <= refused(calls)


def test_what_is_refused_is_mostly_reported() -> None:
    calls = ["User(nothing=1)", "select(User).filter_by(nothing=1)", "Post(full_name=1)", "Admin(title=1)"]
    assert reported(calls) == refused(calls) == set(calls)


FILES = {
    "pyproject.toml": '[tool.cucurbit]\nentry-points = ["main"]\n',
    "main.py": "import app.service\n",
    "app/__init__.py": "",
    "app/models/__init__.py": "from .user import User\n",
    "app/models/user.py": (
        "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n"
        "Base = declarative_base()\n\n\nclass User(Base):\n    __tablename__ = 'users'\n"
        "    id = Column(Integer, primary_key=True)\n"
    ),
    "app/schemas.py": "class User:\n    def __init__(self, **given):\n        pass\n",
}

LINES = [
    ("from app.models.user import User", "User(nothing=1)", True),
    ("from app.models.user import User as U", "U(nothing=1)", True),
    ("from .models.user import User", "User(nothing=1)", True),
    ("from app import models", "models.user.User(nothing=1)", True),
    ("import app.models.user", "app.models.user.User(nothing=1)", True),
    ("from app.models import User", "User(nothing=1)", True),
    # Another class has the name, and the package may pass on either.
    ("from app import schemas\nfrom app.models import User", "User(nothing=1)", False),
    ("from app.schemas import User", "User(nothing=1)", False),
    ("from app.schemas import User\nfrom app.models.user import User", "User(nothing=1)", False),
    ("from app.models.user import User\nUser = print", "User(nothing=1)", False),
    ("from app.models.user import User", "User(**{'nothing': 1})", False),
    ("from app.models.user import User", "(lambda User: User(nothing=1))(print)", False),
]


@pytest.mark.parametrize(("imports", "call", "expected"), LINES)
def test_which_class_a_name_stands_for(imports: str, call: str, expected: bool) -> None:
    files = {**FILES, "app/service.py": f"{imports}\n\n\ndef use():\n    return {call}\n"}
    found = list(unknown_attribute.RULE.check(analyse(folder_workspace(MemoryTree(files)))))
    assert bool(found) is expected


def test_one_class_of_the_name_is_passed_on_by_its_package() -> None:
    files = {**FILES, "app/service.py": "from app.models import User\n\n\ndef use():\n    return User(nothing=1)\n"}
    del files["app/schemas.py"]
    assert list(unknown_attribute.RULE.check(analyse(folder_workspace(MemoryTree(files)))))


@pytest.mark.parametrize("how", ["declarative_base(constructor=None)", "declarative_base(constructor=make)"])
def test_a_constructor_of_the_base(how: str) -> None:
    model = FILES["app/models/user.py"].replace("declarative_base()", how)
    files = {
        **FILES,
        "app/models/user.py": model,
        "app/service.py": "from app.models.user import User\nUser(nothing=1)\n",
    }
    assert not list(unknown_attribute.RULE.check(analyse(folder_workspace(MemoryTree(files)))))
