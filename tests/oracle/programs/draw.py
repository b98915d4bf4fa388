"""Draws whole programs: a strategy of hypothesis."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.oracle.programs.environment import environment
from tests.oracle.programs.model import Line, Module, Node, Program, under
from tests.oracle.programs.plan import DB_NAMES, Plan, planned
from tests.oracle.programs.source import Drawn, Source
from tests.oracle.programs.statements import Writer, careful

ALEMBIC_INI = "alembic.ini"


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Programs as hypothesis draws them."""
    return written(Drawn(draw))


def written(source: Source) -> Program:
    """A workspace with an entry point that Python starts on."""
    plan = planned(source)
    modules = [database(source, plan)]
    for package in plan.packages:
        if package not in plan.bare:
            writer = Writer(source, plan, package)
            empty = Module(plan.path(package), ())
            modules.append(empty if writer.chance(25) else writer.module(statements=writer.pick((0, 0, 3))))
    modules += [Writer(source, plan, name).module(statements=6) for name in plan.plain]
    texts: tuple[tuple[str, str], ...] = ()
    if plan.migrates:
        more, texts = environment(source, plan)
        modules += more
    kind, target, entry = entry_point(source, plan)
    return Program(kind, target, (*modules, *entry), texts)


def database(source: Source, plan: Plan) -> Module:
    """The module of the declarative base."""
    writer = Writer(source, plan, plan.db)
    body: list[Node] = [*writer.pick((PLAIN_BASE, CLASS_BASE, CLASS_BASE, SHARED, REGISTRY, APART))]
    if plan.schemas and writer.chance(20):
        body = [*SCHEMA]
    primary_key = Line("id = Column(Integer, primary_key=True)")
    body += [
        under("class Mixin:", primary_key, *writer.pick((MIXED_NAME, DECLARED_NAME))),
        under("class Abstract(Base):", Line("__abstract__ = True"), primary_key),
        Line(writer.pick(('PREFIX = "x_"', 'PREFIX = "t"', 'PREFIX = ""'))),
        writer.pick((MAKE_CLASS, MAKE_TABLE)),
    ]
    if writer.chance(10):
        body.append(Line(f"__all__ = {list(DB_NAMES)}".replace("'", '"')))
    if writer.chance(10):
        body += writer.imported()
    return Module(plan.path(plan.db), tuple(body))


def entry_point(source: Source, plan: Plan) -> tuple[str, str, list[Module]]:
    """The kind of an entry point, its target, and the module that it starts with."""
    kinds = ["module", "module", "script", "run", "package", "app"] if not plan.root else ["script", "run", "search"]
    kinds += ["alembic", "alembic"] if plan.migrates else []
    kind = source.pick(kinds)
    search = [Line('sys.path.insert(0, "src")')] if plan.root else []
    if kind == "alembic":
        return "alembic", ALEMBIC_INI, []
    if kind == "script":
        path = f"{plan.root}main.py"
        return "script", path, [main(Writer(source, plan, "main", path))]
    if kind == "search":
        return "script", "run.py", [main(Writer(source, plan, "run", "run.py"), search)]
    if kind == "package":
        return "script", "-m app", [main(Writer(source, plan, "app.__main__", "app/__main__.py"))]
    if kind == "run":
        if plan.root:
            return "script", "-m src.main", [main(Writer(source, plan, "main", "src/main.py"), search)]
        return "script", "-m app.main", [main(Writer(source, plan, "app.main"))]
    writer = Writer(source, plan, "app.main")
    if kind == "app":
        return "module", "app.main:app", [main(writer, (), served(writer))]
    return "module", "app.main", [main(writer)]


def main(writer: Writer, first: Sequence[Node] = (), last: Sequence[Node] = ()) -> Module:
    """The module of an entry point: it imports, and is mostly careful about it."""
    nodes: list[Node] = [*first]
    for _ in range(writer.count(1, 4)):
        imported = writer.imported()
        nodes += [careful(imported)] if writer.chance(50) else imported
    if writer.plan.migrates and writer.chance(50):
        nodes += writer.migrated()
    return writer.module(statements=4, first=nodes, last=last)


def served(writer: Writer) -> tuple[Node, ...]:
    """An application whose start-up does something."""
    writer.in_function = True
    body = writer.block(1)
    writer.in_function = False
    if writer.chance(30):
        return (
            Line("app = FastAPI()"),
            under('@app.get("/")\ndef home():', *body),
        )
    return (
        Line("@asynccontextmanager"),
        under("async def lifespan(app):", *body, Line("yield")),
        Line("app = FastAPI(lifespan=lifespan)"),
    )


# ------------------------------------------------------------------- spellings of the base

METADATA = Line("metadata = Base.metadata")
PLAIN_BASE: tuple[Node, ...] = (Line("Base = declarative_base()"), METADATA, Line("Other = Base"))
CLASS_BASE: tuple[Node, ...] = (under("class Base(DeclarativeBase):", Line("pass")), METADATA, Line("Other = Base"))
SCHEMA: tuple[Node, ...] = (
    under("class Base(DeclarativeBase):", Line('metadata = MetaData(schema="s")')),
    METADATA,
    Line("Other = declarative_base()"),
)
SHARED: tuple[Node, ...] = (
    Line("metadata = MetaData()"),
    Line("Base = declarative_base(metadata=metadata)"),
    Line("Other = declarative_base(metadata=metadata)"),
)
APART: tuple[Node, ...] = (
    under("class Base(DeclarativeBase):", Line("pass")),
    under("class Other(DeclarativeBase):", Line("pass")),
    METADATA,
)
REGISTRY: tuple[Node, ...] = (
    Line("mappers = registry()"),
    Line("Base = mappers.generate_base()"),
    Line("metadata = mappers.metadata"),
    Line("Other = Base"),
)

MIXED_NAME: tuple[Node, ...] = (Line('__tablename__ = "mixed"'),)
DECLARED_NAME: tuple[Node, ...] = (
    Line("@declared_attr.directive"),
    under("def __tablename__(cls):", Line("return cls.__name__.lower()")),
)

PRIMARY_KEY = "Column(Integer, primary_key=True)"
MAKE_CLASS = under(
    "def make(name):",
    under("class Made(Base):", Line("__tablename__ = name"), Line(f"id = {PRIMARY_KEY}")),
    Line("return Made"),
)
MAKE_TABLE = under("def make(name):", Line('return Table(name, metadata, Column("id", Integer, primary_key=True))'))
