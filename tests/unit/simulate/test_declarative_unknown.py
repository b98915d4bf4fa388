"""What is not known never becomes certain; and what depends on versions and installed packages."""

from __future__ import annotations

import pytest

from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.shapes.snapshot import shapes_at
from tests.unit.simulate.declarative_support import failures, run, tables

CORE = """\
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


"""

COMPANY = {
    "company.db": """\
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

metadata = MetaData()


class Base(DeclarativeBase):
    metadata = MetaData(schema="co")


class UserMixin:
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)


class Named:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "co_" + cls.__name__.lower()


class LoginMixin:
    active = True
"""
}


def model(name: str, bases: str, table: str | None = None, body: str = "") -> str:
    lines = [f"class {name}({bases}):"]
    lines += [f"    __tablename__ = {table!r}"] if table is not None else []
    lines += [f"    {line}" for line in body.splitlines()]
    return "\n".join([*lines, "    id: Mapped[int] = mapped_column(primary_key=True)", "", ""])


def cuts(timeline: Timeline) -> list[str]:
    return [event.detail for event in timeline.of(EventKind.CUT)]


# ---------------------------------------------------------------- external bases


def test_a_base_that_cannot_be_read_registers_without_certainty() -> None:
    source = "from company_db import Base\nfrom sqlalchemy import Column, Integer, Table\n"
    source += "".join(
        f"class {n}(Base):\n    __tablename__ = 'a'\n    id = Column(Integer, primary_key=True)\n" for n in "AB"
    )
    source += "Table('a', Base.metadata, Column('x', Integer))\n"

    timeline, _ = run(source)

    assert tables(timeline) == ["registered a?", "rejected a?", "registered a?", "rejected a?", "registered a?"]
    assert not failures(timeline)


def test_an_unknown_mixin_beside_a_known_base_leaves_a_table_with_arguments_of_its_own_certain() -> None:
    source = CORE + "from company import Thing\n"
    source += model("A", "Base, Thing", "a", "__table_args__ = {'schema': 's'}") + model("B", "Base, Thing", "b")

    timeline, _ = run(source)

    # __table_args__ of Thing may hold a schema, unless the class has its own.
    assert tables(timeline) == ["registered s.a", "registered b?"]


@pytest.mark.parametrize("package", ["flask_login", "flask_security", "sqlalchemy_utils", "abc", "typing", "pydantic"])
def test_mixins_of_well_known_packages_change_nothing(package: str) -> None:
    source = CORE + f"from {package} import Thing\n" + model("A", "Thing, Base", "a") + model("B", "Base, Thing", "a")

    timeline, _ = run(source)

    assert tables(timeline) == ["registered a", "rejected a"]


def test_an_unknown_mixin_may_give_the_name() -> None:
    source = CORE + "from company import Thing\n" + model("A", "Thing, Base") + model("B", "Base", "thing")

    timeline, _ = run(source)

    assert tables(timeline) == ["registered thing"]
    assert cuts(timeline) == ["the name of the table of the class A"]


def test_a_class_under_an_unknown_base_is_no_model_by_that() -> None:
    timeline, _ = run(
        "from rest_framework import Serializer\nclass A(Serializer):\n    x = 1\nclass B(A):\n    y = 2\n"
    )

    assert not tables(timeline)
    assert not cuts(timeline)


def test_columns_under_an_unknown_base_are_said_to_be_lost() -> None:
    source = "from company import Base\nfrom sqlalchemy.orm import Mapped, mapped_column\n" + model("A", "Base")

    timeline, _ = run(source)

    assert cuts(timeline) == ["the table of the class A"]


def test_bases_and_mixins_of_installed_packages_are_read() -> None:
    source = CORE + "from company.db import Base as Theirs, LoginMixin, Named, UserMixin\n"
    source += model("A", "LoginMixin, Theirs", "a") + model("User", "UserMixin, Base") + model("Item", "Named, Base")
    source += model("B", "Theirs", "a")

    timeline, _ = run(source, packages=COMPANY)

    assert tables(timeline) == ["registered co.a", "registered user", "registered co_item", "rejected co.a"]


def test_the_metadata_of_an_installed_package_is_one_object() -> None:
    source = CORE + "from company.db import metadata, Base as Theirs\n"
    source += "from sqlalchemy import create_engine\nclass Mine(DeclarativeBase):\n    metadata = metadata\n"
    source += model("A", "Mine", "a") + "Theirs.metadata.create_all(create_engine('sqlite://'))\n"
    source += model("B", "Theirs", "b")
    source += "Table('a', metadata, Column('x', Integer))\n"

    timeline, _ = run(source, packages=COMPANY)

    assert tables(timeline) == ["registered a", "registered co.b", "rejected a"]
    created = next(timeline.of(EventKind.CREATE_ALL)).metadata
    assert created == timeline.tables[-1].metadata


def test_metadata_of_a_package_that_cannot_be_read_is_known_by_its_name() -> None:
    source = CORE + "from company.db import metadata\n" + "Table('a', metadata, Column('x', Integer))\n" * 2

    timeline, _ = run(source)

    assert tables(timeline) == ["registered a", "rejected a"]


# --------------------------------------------------------- names, schemas, branches


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("__tablename__ = os.environ['NAME']", "the name of the table of the class A"),
        ("__tablename__ = 'a'\n__table_args__ = {'schema': os.environ['S']}", "the schema of the table of the class A"),
        ("__tablename__ = 'a'\nmetadata = os.environ['M']", "the MetaData of the table of the class A"),
    ],
)
def test_what_cannot_be_evaluated_registers_nothing_and_is_said(body: str, what: str) -> None:
    source = CORE + "import os\n" + model("A", "Base", None, body) + model("B", "Base", "a")

    timeline, _ = run(source)

    assert tables(timeline) == ["registered a"]
    assert cuts(timeline) == [what]


@pytest.mark.parametrize(
    ("schema", "registered"),
    [
        # Whichever it is, it is that of every table of this MetaData without one.
        ("os.environ['S']", ["registered a", "registered shop.b"]),
        ("os.environ.get('S') or None", ["registered a", "registered shop.b"]),
        ("None", ["registered a", "registered shop.b"]),
    ],
)
def test_the_schema_of_a_metadata_is_not_known(schema: str, registered: list[str]) -> None:
    source = CORE + f"import os\nm = MetaData(schema={schema})\nTable('a', m)\nTable('b', m, schema='shop')\n"

    timeline, _ = run(source)

    assert tables(timeline) == registered
    assert cuts(timeline) == []


@pytest.mark.parametrize(
    "call", ["Table('a', Base.metadata, *columns)", "Table('a', Base.metadata, Column('x', Integer), **more)"]
)
def test_unknown_arguments_of_a_table_make_it_uncertain(call: str) -> None:
    source = CORE + f"from company import columns, more\n{call}\n" + model("A", "Base", "a")

    timeline, _ = run(source)

    assert tables(timeline) == ["registered a?", "rejected a?", "registered a?"]


def test_a_name_of_two_possible_values() -> None:
    source = CORE + "import os\nif os.environ.get('X'):\n    name = 'a'\nelse:\n    name = 'b'\n"
    source += "class A(Base):\n    __tablename__ = name\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    source += model("B", "Base", "a") + model("C", "Base", "a")

    timeline, _ = run(source)

    # B is refused only if A took its name: whether anybody gets to C is not known.
    assert tables(timeline) == ["registered a?", "registered b?", "rejected a?", "registered a?", "rejected a?"]


BRANCH = """\
if os.environ.get('X'):
    class A(Base):
        __tablename__ = 'a'
        id: Mapped[int] = mapped_column(primary_key=True)
"""


def test_a_table_of_one_branch_refuses_another_without_certainty() -> None:
    timeline, _ = run(CORE + "import os\n" + BRANCH + model("B", "Base", "a"))

    assert tables(timeline) == ["registered a?", "rejected a?", "registered a?"]
    assert not failures(timeline)


def test_a_table_of_every_branch_refuses_another_for_certain() -> None:
    source = CORE + "import os\n" + BRANCH + BRANCH.replace("if os.environ.get('X')", "else") + model("B", "Base", "a")

    timeline, _ = run(source)

    assert tables(timeline) == ["registered a?", "registered a?", "rejected a"]


def test_a_table_cleared_in_one_branch_may_stand() -> None:
    source = CORE + "import os\n" + model("A", "Base", "a") + "if os.environ.get('X'):\n    Base.metadata.clear()\n"

    timeline, _ = run(source + model("B", "Base", "a"))

    assert tables(timeline) == ["registered a", "rejected a?", "registered a?"]


def test_a_base_of_two_possible_classes() -> None:
    source = (
        CORE + "import os\nclass Other(DeclarativeBase):\n    pass\nChosen = Base if os.environ.get('X') else Other\n"
    )
    source += model("A", "Chosen", "a") + model("B", "Other", "a")

    timeline, _ = run(source)

    assert tables(timeline) == ["registered a?", "registered a?", "rejected a?", "registered a?"]


def test_reflection_may_have_brought_the_table() -> None:
    timeline, _ = run(CORE + "from company import engine\nBase.metadata.reflect(engine)\n" + model("A", "Base", "a"))

    rejected, registered = timeline.of(EventKind.TABLE_REJECTED, EventKind.TABLE_REGISTERED)
    assert (rejected.detail, rejected.certain, rejected.other) == ("reflected", False, None)
    assert registered.certain


# ------------------------------------------------------------------------ versions

RESERVED = CORE + model("A", "Base", "a", "metadata: Mapped[str]") + "Table('after', Base.metadata)\n"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        # As raised by 1.4.54 (for a Column) and 2.0.58.
        (
            (1, 4, 54),
            "Attribute name 'metadata' is reserved for the MetaData instance when using a declarative base class.",
        ),
        ((2, 0, 58), "Attribute name 'metadata' is reserved when using the Declarative API."),
    ],
)
def test_a_reserved_attribute_fails_before_the_table_is_made(version: tuple[int, ...], message: str) -> None:
    timeline, bench = run(RESERVED, sqlalchemy=version)

    assert not tables(timeline)
    assert failures(timeline) == [("InvalidRequestError", message)]
    (event,) = timeline.of(EventKind.RESERVED_ATTRIBUTE)
    facts = bench.facts("models.py")
    assert facts is not None
    assert (event.certain, event.detail, facts.span(event.place.at).line) == (True, "metadata", 11)


def test_a_reserved_attribute_is_a_warning_of_sqlalchemy_2_1() -> None:
    timeline, _ = run(RESERVED, sqlalchemy=(2, 1, 9))

    assert tables(timeline) == ["registered a", "registered after"]
    (event,) = timeline.of(EventKind.RESERVED_ATTRIBUTE)
    assert (event.certain, event.failure) == (False, None)


def test_without_a_version_a_reserved_attribute_makes_no_error() -> None:
    timeline, _ = run(RESERVED, sqlalchemy=None)

    assert tables(timeline) == ["registered a?", "registered after"]
    assert not failures(timeline)


@pytest.mark.parametrize(
    ("version", "failure"),
    [
        # 1.4.54 and 2.0.58: AttributeError: 'property' object has no attribute 'schema'; 2.1.9 takes the registry's.
        ((1, 4, 54), [("AttributeError", "'property' object has no attribute 'schema'")]),
        ((2, 0, 58), [("AttributeError", "'property' object has no attribute 'schema'")]),
        ((2, 1, 9), []),
    ],
)
def test_a_metadata_property(version: tuple[int, ...], failure: list[tuple[str, str]]) -> None:
    source = CORE + model("A", "Base", "a", "@property\ndef metadata(self):\n    return 1")

    timeline, _ = run(source, sqlalchemy=version)

    assert failures(timeline) == failure


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        # The first parameter was ``bind`` in 1.4: MetaData("s") fails there, MetaData(engine, "s") has the schema "s".
        ((1, 4, 54), ["registered a", "registered s.b"]),
        # In 2.0 the engine is used as the schema, which is unknown but the same for all tables.
        ((2, 0, 58), ["registered s.a", "registered b"]),
    ],
)
def test_positional_arguments_of_metadata(version: tuple[int, ...], keys: list[str]) -> None:
    source = CORE + "from company import engine\nTable('a', MetaData('s'))\nTable('b', MetaData(engine, 's'))\n"

    timeline, _ = run(source, sqlalchemy=version)

    assert tables(timeline) == keys


@pytest.mark.parametrize(
    ("version", "message"),
    [
        # As raised by 1.4.54 and 2.0.58.
        ((1, 4, 54), "Mapper mapped class A->a could not assemble any primary key columns for mapped table 'a'"),
        ((2, 0, 58), "Mapper Mapper[A(a)] could not assemble any primary key columns for mapped table 'a'"),
    ],
)
def test_a_class_without_primary_key_leaves_its_table_behind(version: tuple[int, ...], message: str) -> None:
    source = CORE + "class A(Base):\n    __tablename__ = 'a'\n    x = Column(Integer)\n"

    timeline, _ = run(source, sqlalchemy=version)

    assert tables(timeline) == ["registered a"]
    assert failures(timeline) == [("ArgumentError", message)]


@pytest.mark.parametrize(
    ("version", "events"),
    [
        # Flask-SQLAlchemy 2.5.1 keeps the tables of all binds in one MetaData, 3.0 one for each.
        ((2, 5, 1), ["registered a", "rejected a"]),
        ((3, 1, 1), ["registered a", "registered a"]),
    ],
)
def test_one_name_on_two_binds(version: tuple[int, ...], events: list[str]) -> None:
    source = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"
    for name, bind in (("A", "one"), ("B", "two")):
        source += f"class {name}(db.Model):\n    __tablename__ = 'a'\n    __bind_key__ = {bind!r}\n"
        source += "    id = db.Column(db.Integer, primary_key=True)\n"

    timeline, _ = run(source, versions={"flask-sqlalchemy": version})

    assert tables(timeline) == events


EXTENSION = "from flask_sqlalchemy import SQLAlchemy\nclass Extension(SQLAlchemy):\n    pass\ndb = Extension()\n"
FLASK_MODEL = "class Log(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"


@pytest.mark.parametrize(
    "call",
    [
        "from elsewhere import init\ninit(db)\n",
        "from elsewhere import listens\n@listens(db.Integer)\ndef count(column):\n    return db.func.count(column)\n",
        "db.configure_mappers()\n",
    ],
)
def test_code_that_is_given_an_extension_leaves_its_metadata(call: str) -> None:
    timeline, _ = run(EXTENSION + call + FLASK_MODEL)
    assert tables(timeline) == ["registered log"]
    assert cuts(timeline) == []


@pytest.mark.parametrize(("given", "convention"), [("metadata=MetaData(naming_convention={})", None), ("", ())])
def test_a_constructor_of_an_extension_may_choose_the_metadata(given: str, convention: tuple[()] | None) -> None:
    init = f"    def __init__(self):\n        super().__init__({given})\n"
    source = "from sqlalchemy import MetaData\n" + EXTENSION.replace("    pass\n", init) + FLASK_MODEL
    timeline, _ = run(source)
    assert [each.shape.convention for each in shapes_at(timeline).tables.values()] == [convention]


@pytest.mark.parametrize(("version", "keyed"), [((2, 5, 1), True), ((3, 0), False)])
def test_make_declarative_base_makes_the_base_before_version_3(version: tuple[int, ...], keyed: bool) -> None:
    source = (
        "from flask_sqlalchemy import Model, SQLAlchemy\nfrom flask_sqlalchemy.model import DefaultMeta\n"
        "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n"
        "class Keyed(Model):\n    id = Column(Integer, primary_key=True)\n"
        "class Extension(SQLAlchemy):\n    def make_declarative_base(self, model, metadata=None):\n"
        "        return declarative_base(cls=Keyed, metadata=metadata, metaclass=DefaultMeta)\n"
        "db = Extension()\nclass Log(db.Model):\n    pass\n"
    )
    timeline, _ = run(source, sqlalchemy=(1, 4, 50), versions={"flask-sqlalchemy": version})
    assert tables(timeline) == ["registered log"]
    assert bool(failures(timeline)) is not keyed


def test_a_definition_says_where_it_stands() -> None:
    source = CORE + "NAME = 'b'\n" + model("A", "Base", "a")
    source += "class B(Base):\n    __tablename__ = NAME\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    source += "def make():\n    Table('c', Base.metadata, Column('x', Integer), extend_existing=True)\nmake()\nmake()\n"

    timeline, bench = run(source)

    facts = bench.facts("models.py")
    assert facts is not None
    found = {definition.key: definition for definition in timeline.tables}
    lines = {key: facts.span(each.place.at).line for key, each in found.items()}
    named = {key: facts.span(each.name_place.at).line if each.name_place else None for key, each in found.items()}
    assert lines == {"a": 10, "b": 14, "c": 18}
    assert named == {"a": 11, "b": None, "c": 18}
    assert {key: each.class_name for key, each in found.items()} == {"a": "A", "b": "B", "c": ""}
    assert [key for key, each in found.items() if each.lets_pass] == ["c"]
    assert [key for key, each in found.items() if each.in_function] == ["c"]
    assert tables(timeline)[-2:] == ["registered c", "reused c"]
    assert {each.metadata.label for each in found.values()} == {"Base.metadata"}


def test_the_message_of_a_second_definition() -> None:
    timeline, _ = run(CORE + model("A", "Base", "a") + model("B", "Base", "a"))

    (rejected,) = timeline.of(EventKind.TABLE_REJECTED)
    message = (
        "Table 'a' is already defined for this MetaData instance.  Specify 'extend_existing=True' to redefine options "
        "and columns on an existing Table object."
    )
    assert rejected.other is not None
    assert rejected.other.class_name == "A"
    assert rejected.failure is not None
    assert rejected.failure.message == message
    assert failures(timeline) == [("InvalidRequestError", message)]


def test_an_expensive_regular_expression_is_not_tried() -> None:
    source = CORE + "import re\nclass A(Base):\n    __tablename__ = re.sub('(a+)+$', '', 'a' * 60 + 'b')\n"
    source += "    id: Mapped[int] = mapped_column(primary_key=True)\n"

    timeline, _ = run(source)

    assert cuts(timeline) == ["the name of the table of the class A"]
