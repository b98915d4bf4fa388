"""What a drawn program is made of: its packages and modules, and how one names another."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.programs.source import Source

PACKAGES = ("app.models", "app.models.more", "app.api", "lib")
PLAIN = ("a", "b", "c", "d")
VALUES = ("v0", "v1", "load")
"""Names that modules define, each or not."""

DB_NAMES = ("Base", "metadata", "Other", "Mixin", "Abstract", "PREFIX", "make")
"""Names that the module of the declarative base defines, always."""


@dataclass(frozen=True)
class Plan:
    """The names of a program. Modules are dotted names below ``root``, a folder with a slash at its end or nothing.

    ``bare``: packages without an ``__init__.py``. ``migrates``: there is an Alembic environment.
    ``creates``: there may be calls of ``create_all``; no table may then be one that a database refuses: one with a
    schema (``schemas``), without columns, or with a foreign key.
    """

    root: str
    packages: tuple[str, ...]
    bare: frozenset[str]
    plain: tuple[str, ...]
    db: str
    migrates: bool
    schemas: bool
    creates: bool

    @property
    def modules(self) -> tuple[str, ...]:
        """Everything that may be imported, the module of the base apart."""
        return (*self.packages, *self.plain)

    def path(self, module: str) -> str:
        inside = module.replace(".", "/")
        return f"{self.root}{inside}/__init__.py" if module in self.packages else f"{self.root}{inside}.py"

    def package_of(self, module: str) -> str:
        """``__package__`` of a module."""
        return module if module in self.packages else module.rpartition(".")[0]

    @property
    def whole(self) -> tuple[str, ...]:
        """The packages that have an ``__init__.py``: what is missing in another might be installed elsewhere."""
        return tuple(package for package in self.packages if package not in self.bare)

    def inside(self, folder: str) -> tuple[str, ...]:
        """The names that can be imported where a folder (of the workspace, "" the root) is on ``sys.path``."""
        paths = [self.path(module) for module in (*self.modules, self.db)]
        start = f"{folder}/" if folder else ""
        found = [
            path.removeprefix(start).partition("/")[0].removesuffix(".py") for path in paths if path.startswith(start)
        ]
        return tuple(dict.fromkeys(name for name in found if name != "__init__"))

    def children(self, package: str) -> tuple[str, ...]:
        """The modules and packages that stand in a package, by their last parts."""
        names = (*self.packages, *self.plain, self.db)
        return tuple(dict.fromkeys(name.rpartition(".")[2] for name in names if name.rpartition(".")[0] == package))


def planned(source: Source) -> Plan:
    packages = ["app"]
    for package in PACKAGES:
        parent = package.rpartition(".")[0]
        if (not parent or parent in packages) and source.chance(50):
            packages.append(package)
    # Mostly in packages: a module at the top is named alike from everywhere.
    places = (*packages, *packages, "")
    plain = [joined(source.pick(places), name) for name in PLAIN[: source.count(2, len(PLAIN))]]
    db = joined(source.pick(places), "db")
    schemas = source.chance(50)
    # A folder that holds nothing is no package.
    filled = {name.rpartition(".")[0] for name in (*plain, db)}
    return Plan(
        root=source.pick(("", "", "", "src/")),
        packages=tuple(packages),
        bare=frozenset(package for package in packages if source.chance(10) and package in filled),
        plain=tuple(dict.fromkeys(plain)),
        db=db,
        migrates=source.chance(50),
        schemas=schemas,
        creates=not schemas,
    )


def joined(package: str, name: str) -> str:
    return f"{package}.{name}" if package else name


def relative(plan: Plan, here: str, target: str) -> tuple[str, str] | None:
    """``target`` as ``here`` names it relatively: the dots, and what follows them; None from outside its packages."""
    package = plan.package_of(here)
    dots = "."
    while package:
        if target == package:
            return dots, ""
        if target.startswith(f"{package}."):
            return dots, target.removeprefix(f"{package}.")
        package = package.rpartition(".")[0]
        dots += "."
    return None
