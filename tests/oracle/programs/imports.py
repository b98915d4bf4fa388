"""Draws imports: the forms that people write, aggregators, walkers, folders on ``sys.path``, modules executed anew."""

from __future__ import annotations

from tests.oracle.programs.choices import Choices
from tests.oracle.programs.model import Line, Node, under
from tests.oracle.programs.plan import DB_NAMES, VALUES, relative

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


class Imports(Choices):
    """Writes imports."""

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
        if form == 0 or (form == 2 and self.here == f"{target}.__main__"):
            return [Line(f"import {target}"), Line(f"importlib.reload({target})")]
        if form == 1:
            return [Line(f'importlib.reload(sys.modules["{target}"])')]
        if form == 2:
            return [Line(f'runpy.run_module("{target}")')]
        return [Line(f'sys.modules.pop("{target}", None)'), Line(f"import {target}")]
