"""Draws statements: what modules do, in Python as people write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.oracle.programs.imports import Imports
from tests.oracle.programs.model import Block, Compound, Line, Module, Node, under
from tests.oracle.programs.plan import VALUES, joined
from tests.oracle.programs.tables import Tables

ERRORS = ("ValueError", "ImportError", "KeyError", "RuntimeError")
CAUGHT = (
    "ImportError",
    "Exception",
    "ModuleNotFoundError",
    "(ImportError, AttributeError)",
    "ValueError",
    "LookupError",
)
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


def careful(body: Sequence[Node]) -> Node:
    """Statements whose failure is passed over."""
    return Compound((Block("try:", tuple(body)), Block("except Exception:", (Line("pass"),))))


KEEPS_PROMISES = (Line("v0 = v1 = 1"), under("def load():", Line("pass")))
"""What defines every name that others may import, so that some programs get far."""


class Writer(Imports, Tables):
    """Draws the statements of one module."""

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

    def created(self) -> list[Node]:
        return [self.protected(Line(f'{self.base["Base"]}.metadata.create_all(create_engine("sqlite://"))'), 40)]

    def migrated(self) -> list[Node]:
        return [self.protected(Line('command.upgrade(Config("alembic.ini"), "head")'), 40)]

    # ----------------------------------------------------------------- compounds

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
