"""Draws statements: what modules do, in Python as people write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.oracle.programs.model import Block, Compound, Line, Module, Node, under
from tests.oracle.programs.plan import DB_NAMES, VALUES, Plan, joined, relative
from tests.oracle.programs.source import Source

ERRORS = ("ValueError", "ImportError", "KeyError", "RuntimeError")
CAUGHT = (
    "ImportError",
    "Exception",
    "ModuleNotFoundError",
    "(ImportError, AttributeError)",
    "ValueError",
    "LookupError",
)
TABLES = tuple(f"t{number}" for number in range(30))
MOST_DEPTH = 2
ENV = ("env.py", "_step.py")
"""The files of an Alembic environment, which start no migrations themselves."""

UNKNOWN = ('os.environ.get("DEBUG")', 'os.getenv("MODE") == "test"', "len(sys.argv) > 5")
"""Tests that nobody can decide who does not see the machine: they come rarely, as what follows is not certain."""

DECIDED = (
    "TYPE_CHECKING",
    "not TYPE_CHECKING",
    '__name__ == "__main__"',
    '__name__ != "__main__"',
    "sys.version_info >= (3, 8)",
    "sys.version_info < (3,)",
    '"app" in sys.modules',
    'hasattr(sys, "frozen")',
    "__debug__",
)

SEARCHED = (
    ("sys.path.insert(0, os.path.dirname(__file__))", 1),
    ("sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))", 2),
    ('sys.path.append(os.path.join(os.path.dirname(__file__), ".."))', 2),
    ("sys.path.append(str(Path(__file__).parent))", 1),
    ("sys.path.insert(0, str(Path(__file__).resolve().parent.parent))", 2),
    ("sys.path.insert(0, str(Path(__file__).resolve().parents[0]))", 1),
    ("sys.path.insert(0, os.getcwd())", 0),
)
"""Statements that put a folder on ``sys.path``: that many levels above the file, or the working directory."""


def careful(body: Sequence[Node]) -> Node:
    """Statements whose failure is passed over."""
    return Compound((Block("try:", tuple(body)), Block("except Exception:", (Line("pass"),))))


KEEPS_PROMISES = (Line("v0 = v1 = 1"), under("def load():", Line("pass")))
"""What defines every name that others may import, so that some programs get far."""


class Writer:
    """Draws the statements of one module. ``base`` says how it names what the module of the base defines."""

    def __init__(self, source: Source, plan: Plan, here: str, path: str = "") -> None:
        self.pick = source.pick
        self.count = source.count
        self.chance = source.chance
        self.plan = plan
        self.here = here
        self.path = path or plan.path(here)
        self.base: dict[str, str] = {}
        self.classes = 0
        self.in_function = False

    # ------------------------------------------------------------------- modules

    def module(self, *, statements: int = 5, first: Sequence[Node] = (), last: Sequence[Node] = ()) -> Module:
        body: list[Node] = [*first]
        if self.chance(80):
            body += KEEPS_PROMISES
        if self.chance(75):
            body += self.use_base()
        for _ in range(self.count(0, statements)):
            body += self.statement(0)
        return Module(self.path, (*body, *last))

    def use_base(self) -> list[Node]:
        """Import the module of the base, in one way or another."""
        db = self.plan.db
        package, _, last = db.rpartition(".")
        near = relative(self.plan, self.here, db)
        listed = ", ".join(DB_NAMES)
        forms = ["from", "from", "star", "import", "as"]
        forms += ["member"] if package else []
        forms += ["near", "near"] if near else []
        form = self.pick(forms)
        if form in ("from", "near") or (form == "star" and self.in_function):
            source = db if near is None or form != "near" else "".join(near)
            self.base = {name: name for name in DB_NAMES}
            return [Line(f"from {source} import {listed}")]
        if form == "star":
            self.base = {name: name for name in DB_NAMES}
            return [Line(f"from {db} import *")]
        prefix = {"import": db, "as": "models_db", "member": last}[form]
        self.base = {name: f"{prefix}.{name}" for name in DB_NAMES}
        text = {"import": f"import {db}", "as": f"import {db} as models_db", "member": f"from {package} import {last}"}
        return [Line(text[form])]

    # ---------------------------------------------------------------- statements

    def statement(self, depth: int) -> list[Node]:
        makers: list[tuple[int, Callable[[], list[Node]]]] = [
            (8, self.imported),
            (3, self.valued),
            (2, self.raised),
            (2, self.searched),
            (2, self.again),
        ]
        if self.base:
            makers += [(8, self.mapped), (4, self.tabled)]
            makers += [(1, self.created)] if self.plan.creates else []
        if depth < MOST_DEPTH:
            makers += [
                (5, lambda: self.guarded(depth)),
                (3, lambda: self.conditional(depth)),
                (2, lambda: self.looped(depth)),
            ]
            makers += [] if self.in_function else [(3, lambda: self.function(depth))]
            makers += [(1, lambda: self.held(depth))]
        if self.plan.migrates and self.here not in self.plan.modules and not self.path.endswith(ENV):
            makers += [(1, self.migrated)]
        weighted = [maker for weight, maker in makers for _ in range(weight)]
        return self.pick(weighted)()

    def block(self, depth: int) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for _ in range(self.count(1, 2)):
            nodes += self.statement(depth + 1)
        return tuple(nodes)

    # ------------------------------------------------------------------- imports

    def target(self) -> str:
        """A module to import: one of the program, seldom one that is not there."""
        if self.plan.whole and self.chance(3):
            return f"{self.pick(self.plan.whole)}.missing"
        return self.pick((*self.plan.modules, self.plan.db))

    def imported(self) -> list[Node]:
        target = self.target()
        package = target.rpartition(".")[0]
        forms = [self.plainly, self.by_function, self.name_of]
        forms += [self.from_package, self.from_package] if package else []
        forms += [self.starred] if not self.in_function else []
        forms += [self.nearby, self.nearby] if relative(self.plan, self.here, target) else []
        forms += [self.all_of] if self.plan.children(target) else []
        return self.pick(forms)(target)

    def plainly(self, target: str) -> list[Node]:
        if self.chance(30):
            return [Line(f"import {target} as alias"), *self.used("alias")]
        return [Line(f"import {target}"), *self.used(target)]

    def used(self, name: str) -> list[Node]:
        """What an import is often followed by: a look at the module, or a call of its function."""
        if self.chance(12):
            return [Line(f"{name}.v0")]
        return [Line(f"{name}.load()")] if self.chance(12) and not self.in_function else []

    def from_package(self, target: str) -> list[Node]:
        package, _, last = target.rpartition(".")
        if self.chance(20):
            return [Line(f"from {package} import {last} as alias"), *self.used("alias")]
        return [Line(f"from {package} import {last}"), *self.used(last)]

    def name_of(self, target: str) -> list[Node]:
        if target in self.plan.bare:
            return self.plainly(target)
        name = self.pick(VALUES if target != self.plan.db else DB_NAMES)
        found: list[Node] = [Line(f"from {target} import {name}")]
        return [*found, Line("load()")] if name == "load" and not self.in_function and self.chance(50) else found

    def starred(self, target: str) -> list[Node]:
        return [Line(f"from {target} import *")]

    def all_of(self, target: str) -> list[Node]:
        """An aggregator: every module of a package, in one of the ways in which people write it."""
        children = ", ".join(self.plan.children(target))
        near = relative(self.plan, self.here, target)
        form = self.count(0, 3)
        if form == 0:
            return [Line(f"from {target} import {children}")]
        if form == 1 and near is not None:
            return [Line(f"from {''.join(near)} import {children}")]
        walk = self.pick(("iter_modules", "walk_packages"))
        bound = "walked" if self.in_function else "package"
        return [
            Line(f"import {target} as {bound}"),
            under(
                f'for info in pkgutil.{walk}({bound}.__path__, {bound}.__name__ + "."):',
                Line("importlib.import_module(info.name)"),
            ),
        ]

    def nearby(self, target: str) -> list[Node]:
        near = relative(self.plan, self.here, target)
        assert near is not None
        dots, rest = near
        if not rest and target in self.plan.bare and not self.plan.children(target):
            return self.plainly(target)
        if not rest:
            known = self.plan.children(target)
            return [Line(f"from {dots} import {self.pick((*VALUES, *known) if target in self.plan.whole else known)}")]
        head, _, last = rest.rpartition(".")
        if self.chance(30) and target not in self.plan.bare:
            return [Line(f"from {dots}{rest} import {self.pick(VALUES)}")]
        return [Line(f"from {dots}{head} import {last}"), *self.used(last)]

    def by_function(self, target: str) -> list[Node]:
        near = relative(self.plan, self.here, target)
        form = self.count(0, 4)
        if form == 0 and near is not None and near[1]:
            return [Line(f'importlib.import_module("{"".join(near)}", __package__)')]
        if form == 1:
            return [Line(f'__import__("{target}")')]
        if form == 2:
            return [Line(f'found = importlib.import_module("{target}")'), *self.used("found")]
        package, _, last = target.rpartition(".")
        if form == 3 and package:
            return [Line(f'name = "{last}"'), Line(f'importlib.import_module(f"{package}.{{name}}")')]
        return [Line(f'importlib.import_module("{target}")')]

    # -------------------------------------------------------------------- values

    def valued(self) -> list[Node]:
        return self.pick((self.constant, self.constant, self.exported, self.looked, self.deleted))()

    def constant(self) -> list[Node]:
        value = self.pick(("1", '"x"', '"t0"', "[]", "None"))
        return [Line(f"{self.pick(VALUES[:2])} = {value}")]

    def exported(self) -> list[Node]:
        names = self.pick(('["v0"]', '["v0", "v1", "load"]', '["load"]', "[]", '["v1", "missing"]'))
        return [Line(f"__all__ = {names}")] if not self.in_function else self.looked()

    def looked(self) -> list[Node]:
        return [Line(self.pick(VALUES[:2]))] if self.chance(25) else self.constant()

    def deleted(self) -> list[Node]:
        name = self.pick(VALUES[:2])
        return [Line(f"{name} = 2"), Line(f"del {name}")]

    def raised(self) -> list[Node]:
        return [Line(f'raise {self.pick(ERRORS)}("drawn")')] if self.chance(50) else self.imported()

    def searched(self) -> list[Node]:
        """Another folder on ``sys.path``, and an import that may go through it."""
        text, levels = self.pick(SEARCHED)
        folders = self.path.split("/")
        if levels > len(folders):
            return self.imported()
        within = self.plan.inside("/".join(folders[:-levels]) if levels else "")
        nodes: list[Node] = [Line(text)]
        return [*nodes, self.protected(Line(f"import {self.pick(within)}"), 50)] if within else nodes

    def again(self) -> list[Node]:
        """A module executed anew; never one that may lead back here, which would not end."""
        own = self.plan.modules.index(self.here) if self.here in self.plan.modules else -1
        later = self.plan.modules[own + 1 :]
        if not later or self.here == self.plan.db:
            return self.imported()
        target = self.pick(later)
        form = self.pick((0, 0, 1, 2, 3, 3))
        if form == 0:
            return [Line(f"import {target}"), Line(f"importlib.reload({target})")]
        if form == 1:
            return [Line(f'importlib.reload(sys.modules["{target}"])')]
        if form == 2:
            return [Line(f'runpy.run_module("{target}")')]
        return [Line(f'sys.modules.pop("{target}", None)'), Line(f"import {target}")]

    # -------------------------------------------------------------------- tables

    def table(self) -> str:
        """A table's name: mostly one that few others take, sometimes one that is likely taken."""
        return self.pick(TABLES[:2]) if self.chance(10) else self.pick(TABLES)

    def name_of_table(self) -> tuple[list[Node], str]:
        """Statements that go before, and the expression of a table's name."""
        name = self.table()
        prefix = self.base["PREFIX"]
        form = self.count(0, 8)
        if form == 5:
            return [], f'{prefix} + "{name}"'
        if form == 6:
            return [], f'f"{{{prefix}}}{name}"'
        if form == 7:
            return [Line(f'TABLE = "{name}"')], "TABLE"
        if form == 8:
            return [], f'"{name.upper()}".lower()'
        return [], f'"{name}"'

    def columns(self) -> list[Node]:
        lines: list[Node] = [Line("id = Column(Integer, primary_key=True)")]
        if self.chance(20):
            lines = [Line("id: Mapped[int] = mapped_column(primary_key=True)")]
        if self.chance(15) and not self.plan.creates:
            lines.append(Line(f'parent_id = Column(ForeignKey("{self.table()}.id"))'))
        if self.chance(3):
            lines.append(Line("metadata = Column(Integer)"))
        return lines

    def mapped(self) -> list[Node]:
        """A mapped class."""
        form = self.count(0, 9)
        if form == 9:
            return self.made()
        before, name = self.name_of_table()
        bases = self.bases()
        self.classes += 1
        body: list[Node] = [Line(f"__tablename__ = {name}")]
        arguments = self.table_arguments()
        if arguments:
            body.append(Line(f"__table_args__ = {{{arguments}}}"))
        named = "Named" in bases and self.chance(50)
        return [*before, under(f"class Model{self.classes}({bases}):", *([] if named else body), *self.columns())]

    def bases(self) -> str:
        base = self.base
        return self.pick(
            (
                *([base["Base"]] * 5),
                base["Abstract"],
                f"{base['Mixin']}, {base['Base']}",
                base["Other"],
            )
        )

    def table_arguments(self) -> str:
        if self.chance(10):
            return '"extend_existing": True'
        return '"schema": "s"' if self.plan.schemas and self.chance(15) else ""

    def made(self) -> list[Node]:
        """Tables and classes that a function of the base's module makes, or a loop, or a second class."""
        form = self.count(0, 3)
        make = self.base["make"]
        if form == 0:
            return [Line(f'{make}("{self.table()}")')]
        if form == 1:
            names = f'("{self.table()}", "{self.table()}")'
            return [under(f"for name in {names}:", Line(f"{make}(name)"))]
        if form == 2:
            self.classes += 1
            parent = f"Model{self.classes}"
            return [
                under(
                    f"class {parent}({self.base['Base']}):",
                    Line(f'__tablename__ = "{self.table()}"'),
                    *self.columns(),
                ),
                under(f"class Child{self.classes}({parent}):", Line("pass")),
            ]
        return [Line(f'made = [{make}(name) for name in ["{self.table()}"]]')]

    def tabled(self) -> list[Node]:
        """A ``Table``."""
        before, name = self.name_of_table()
        metadata = self.pick((self.base["metadata"], f"{self.base['Base']}.metadata", f"{self.base['Other']}.metadata"))
        form = self.count(0, 7)
        items = ', Column("id", Integer, primary_key=True)'
        if form == 5:
            items = ', Column("more", Integer, primary_key=True), extend_existing=True'
        elif form == 6 and not self.plan.creates:
            items = ""
        elif form == 7 and not self.plan.creates:
            name_of = self.pick(TABLES)
            items = f', Column("left_id", ForeignKey("{name_of}.id"), primary_key=True)'
        if self.plan.schemas and self.chance(10):
            items += ', schema="s"'
        elif self.chance(5):
            items += ", keep_existing=True" if "extend" not in items else ""
        return [*before, Line(f"{self.pick(('', '', 'v1 = '))}Table({name}, {metadata}{items})")]

    def created(self) -> list[Node]:
        return [self.protected(Line(f'{self.base["Base"]}.metadata.create_all(create_engine("sqlite://"))'), 40)]

    def migrated(self) -> list[Node]:
        return [self.protected(Line('command.upgrade(Config("alembic.ini"), "head")'), 40)]

    # ----------------------------------------------------------------- compounds

    def protected(self, node: Node, percent: int) -> Node:
        """A statement, in a ``try`` mostly or seldom."""
        if not self.chance(percent):
            return node
        if self.chance(15):
            return under("with suppress(Exception):", node)
        handled = self.pick(("pass", 'logging.exception("failed")', "v0 = None"))
        return Compound((Block("try:", (node,)), Block("except Exception:", (Line(handled),))))

    def guarded(self, depth: int) -> list[Node]:
        caught = self.pick(CAUGHT)
        first = self.block(depth)
        form = self.count(0, 6)
        if form == 6:
            return [Compound((Block(f"with suppress({caught.strip('()')}):", first),))]
        blocks = [Block("try:", first)]
        if form != 5:
            bound = " as error" if self.chance(20) else ""
            tried_again = self.count(0, 2)
            handler = first if tried_again == 1 else self.block(depth) if tried_again == 2 else (Line("pass"),)
            blocks.append(Block(f"except {caught}{bound}:", handler))
            if form == 3:
                blocks.append(Block("else:", self.block(depth)))
            if form == 2 and self.chance(30):
                blocks[-1] = Block(blocks[-1].header, (*blocks[-1].body, Line("raise")))
        if form in (4, 5):
            blocks.append(Block("finally:", self.block(depth)))
        return [Compound(tuple(blocks))]

    def conditional(self, depth: int) -> list[Node]:
        if self.chance(2):
            # What stops a program under a test that is not known is taken not to happen: nothing here may stop it.
            return [under(f"if {self.pick(UNKNOWN)}:", careful(self.block(depth)))]
        blocks = [Block(f"if {self.pick(DECIDED)}:", self.block(depth))]
        if self.chance(40):
            blocks.append(Block("else:", self.block(depth)))
        return [Compound(tuple(blocks))]

    def looped(self, depth: int) -> list[Node]:
        """A loop over the names of modules."""
        package = self.pick(("", *self.plan.packages))
        children = [child for child in self.plan.children(package) if joined(package, child) in self.plan.modules]
        if not children:
            return self.imported()
        names = [self.pick(children) for _ in range(self.count(1, 3))]
        listed = ", ".join(f'"{name}"' for name in names)
        text = f'f"{package}.{{name}}"' if package else "name"
        body: Node = Line(f"importlib.import_module({text})")
        return [under(f"for name in [{listed}]:", self.protected(body, 30))]

    def function(self, depth: int) -> list[Node]:
        """A function, called here or from elsewhere."""
        self.in_function = True
        known, body = dict(self.base), self.block(depth)
        self.base = known
        self.in_function = False
        form = self.count(0, 5)
        header = "def load(argument=None):"
        if form == 4:
            return [Line("@lru_cache"), under("def load(argument=None):", *body), Line("load()"), Line("load()")]
        if form == 5:
            return [under("async def start():", *body), Line("asyncio.run(start())")]
        called: list[Node] = [Line("load()")] * self.pick((0, 1, 1, 2))
        return [under(header, *body), *called]

    def held(self, depth: int) -> list[Node]:
        """Statements in the body of a class that nothing maps."""
        was, self.in_function = self.in_function, True
        body = self.block(depth)
        self.in_function = was
        return [under("class Holder:", *body)]
