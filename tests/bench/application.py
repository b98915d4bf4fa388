"""One generated application: which modules it has, who imports whom, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from tests.bench.code import Filler, file_of_tests, grouped, plain_file, wanted_lines
from tests.bench.frame import core_files, env_file, main_file, project_files, revision_file
from tests.bench.layers import Table, models_file, repository_file, router_file, schema_file, service_file
from tests.bench.places import Place, Places
from tests.bench.words import AREAS, VERBS, class_name, entities
from tests.bench.written import Expected, Written, legacy

_T = TypeVar("_T")


@dataclass(frozen=True)
class Shares:
    """How the files of an application are divided. What remains is code that nothing imports."""

    models: float
    schemas: float
    repositories: float
    services: float
    routers: float
    lib: float
    revisions: float
    tests: float
    scripts: float


ORDINARY = Shares(
    models=0.05,
    schemas=0.06,
    repositories=0.05,
    services=0.09,
    routers=0.06,
    lib=0.09,
    revisions=0.08,
    tests=0.30,
    scripts=0.05,
)
"""As measured on those projects: tests are 0 to 56 % of the files (most often 30), migrations 2 to 30 %, entry points
2 to 25 % (half have more than 10 %), files that name SQLAlchemy or SQLModel 3 to 63 % (23 % of all), files executed
from some entry point 29 to 100 % (half have more than 68 %)."""

REACHABLE = Shares(
    models=0.10,
    schemas=0.14,
    repositories=0.13,
    services=0.23,
    routers=0.14,
    lib=0.20,
    revisions=0.0,
    tests=0.0,
    scripts=0.0,
)


_EDITED_LINES = 200
"""Lines of the service that is edited: seven in ten files of real projects are shorter."""


@dataclass(frozen=True)
class _Module:
    path: str
    dotted: str
    name: str
    """What others import from it."""
    table: Table


class Application:
    """The plan of one application of about ``count`` Python files, in the folder ``folder`` (``""`` is the root)."""

    def __init__(self, seed: str, package: str, folder: str, count: int, shares: Shares) -> None:
        self._rng = Random(seed)
        self._package = package
        self._folder = folder
        self._count = count
        self._shares = shares
        self._areas = AREAS[: max(2, min(len(AREAS), count // 100))]
        self.models = self._modules("models", shares.models, "{}", "{}")
        names = iter(entities(self._rng, 4 * len(self.models) + 8))
        self._tables = self._dealt(names)
        self._first = [tables[0] for tables in self._tables]
        self.schemas = self._modules("schemas", shares.schemas, "{}", "{}Read")
        self.repositories = self._modules("repositories", shares.repositories, "{}_repository", "{}Repository")
        self.services = self._modules("services", shares.services, "{}_service", "{}Service")
        self._edited = self.services[len(self.services) // 2]
        self.routers = self._modules("routers", shares.routers, "{}_routes", "router")
        self.lib = self._modules("lib", shares.lib, "{}_tools", "")

    # ---------------------------------------------------------------- the plan

    def _at(self, path: str) -> str:
        return f"{self._folder}/{path}" if self._folder else path

    def _number(self, share: float) -> int:
        return max(2, round(share * self._count))

    def _modules(self, layer: str, share: float, module: str, name: str) -> list[_Module]:
        """The modules of a layer, spread over the areas."""
        rng = Random(f"{self._package}/{layer}")
        result = []
        for index, entity in enumerate(entities(rng, self._number(share))):
            area = self._areas[index % len(self._areas)]
            dotted = f"{self._package}.{layer}.{area}.{module.format(entity)}"
            path = self._at(dotted.replace(".", "/") + ".py")
            result.append(_Module(path, dotted, name.format(class_name(entity)), Table(entity)))
        return result

    def _dealt(self, names: Iterator[str]) -> list[list[Table]]:
        """The tables of each models module: most have one to three, a few have many."""
        rng = self._rng
        tables: list[list[Table]] = []
        known: list[str] = []
        for _ in self.models:
            here = []
            for _ in range(rng.choices((1, 2, 3, 4), (45, 25, 20, 10))[0]):
                entity = next(names)
                parent = rng.choice(known) if known and rng.random() < 0.6 else None
                here.append(Table(entity, parent))
                known.append(entity)
            tables.append(here)
        return tables

    def _several(self, modules: Sequence[_T], most: int) -> list[_T]:
        return self._rng.sample(list(modules), min(len(modules), self._rng.randint(0, most)))

    def _share_of(self, modules: Sequence[_T], index: int, of: int) -> list[_T]:
        """Which of ``modules`` the ``index``-th of ``of`` importers has to import, so that each has one."""
        return list(modules[index::of])

    # --------------------------------------------------------------- the files

    def files(self) -> Iterator[Written]:
        """Every file, in a fixed order."""
        for path, text in project_files(self._package).items():
            yield Written(self._at(path), text)
        yield from self._frame()
        yield from self._models()
        yield from self._schemas()
        yield from self._lib()
        yield from self._repositories()
        yield from self._services()
        yield from self._routers()
        yield from self._compatibility()
        yield from self._unreached()

    def _frame(self) -> Iterator[Written]:
        package = self._package
        yield Written(self._at("main.py"), main_file(package, [f"from {package}.compat import legacy_tables"]))
        yield Written(self._at(f"{package}/__init__.py"), f'"""The {package} service."""\n\n__version__ = "1.0.0"\n')
        yield Written(self._at(f"{package}/core/__init__.py"), "")
        for name, text in core_files(package).items():
            yield Written(self._at(f"{package}/core/{name}.py"), text)
        yield Written(self._at("alembic/env.py"), env_file(package))
        for layer in ("schemas", "repositories", "services", "lib"):
            yield Written(self._at(f"{package}/{layer}/__init__.py"), "")
            for area in self._areas:
                yield Written(self._at(f"{package}/{layer}/{area}/__init__.py"), "")

    def _missed(self) -> set[int]:
        """The models modules that the aggregator leaves out, and that services import."""
        return {len(self.models) // 3, len(self.models) - 1}

    def _models(self) -> Iterator[Written]:
        package = self._package
        missed = self._missed()
        lines = [
            f"from {each.dotted} import {', '.join(table.cls for table in tables)}"
            for index, (each, tables) in enumerate(zip(self.models, self._tables, strict=True))
            if index not in missed
        ]
        names = [table.cls for index, tables in enumerate(self._tables) if index not in missed for table in tables]
        listed = "".join(f'    "{name}",\n' for name in sorted(names))
        text = f'"""All tables, for Alembic."""\n\n{grouped(lines)}\n__all__ = [\n{listed}]\n'
        path = self._at(f"{package}/models/__init__.py")
        yield Written(path, text)
        for area in self._areas:
            yield Written(self._at(f"{package}/models/{area}/__init__.py"), "")
        for index, (each, tables) in enumerate(zip(self.models, self._tables, strict=True)):
            expected: tuple[Expected, ...] = ()
            if index in missed:
                expected = tuple(
                    Expected("model-not-in-migrations", each.path, f"class {table.cls}(") for table in tables
                )
            yield Written(each.path, models_file(self._rng, package, tables), expected)

    def _helpers(self, most: int) -> list[str]:
        return [f"from {each.dotted} import {each.name or 'NAME'}" for each in self._several(self.lib, most)]

    def _lib(self) -> Iterator[Written]:
        for index, each in enumerate(self.lib):
            below = self._several(self.lib[:index], 2)
            imports = [f"from {other.dotted} import NAME as {other.table.entity.upper()}_NAME" for other in below]
            body = f'\n\nNAME = "{each.table.entity}"\n\n'
            yield Written(
                each.path,
                plain_file(self._rng, f"Help with {each.table.entity}s.", wanted_lines(self._rng), imports, body),
            )

    def _schemas(self) -> Iterator[Written]:
        for each in self.schemas:
            yield Written(each.path, schema_file(self._rng, each.table, wanted_lines(self._rng)))

    def _tools(self, index: int, of: int) -> list[str]:
        mine = [*self._share_of(self.lib, index, of), *self._several(self.lib, 2)]
        return sorted({f"from {each.dotted} import NAME as {each.table.entity.upper()}_NAME" for each in mine})

    def _repositories(self) -> Iterator[Written]:
        of = len(self.repositories)
        for index, each in enumerate(self.repositories):
            place = index % len(self.models)
            table = self._tables[place][0]
            others = self._share_of(self.models, index, of) if of < len(self.models) else []
            extra = [
                f"from {self._package}.core.config import get_settings",
                *(f"import {other.dotted}" for other in others),
            ]
            text = repository_file(
                self._rng,
                self._package,
                Table(each.table.entity),
                self.models[place].dotted,
                wanted_lines(self._rng),
                extra,
            )
            entity = class_name(each.table.entity)
            # The repository is named after its own entity and works on the first table of its models module.
            text = text.replace(f"import {entity}\n", f"import {table.cls} as {entity}\n", 1)
            yield Written(each.path, text)

    def _services(self) -> Iterator[Written]:
        of = len(self.services)
        for index, each in enumerate(self.services):
            parts = [*self._share_of(self.repositories, index, of), *self._several(self.repositories, 2)]
            uses = sorted({(part.dotted, part.name) for part in parts})
            extra = self._tools(index, of)
            extra += [f"from {other.dotted} import {other.name}" for other in self._several(self.services[:index], 1)]
            text = service_file(self._rng, each.table, wanted_lines(self._rng), uses, extra)
            if each is self._edited:
                # Of one length in all workspaces, as it is how they grow that is looked at; all other files stay.
                text = service_file(Random(0), each.table, _EDITED_LINES, uses, extra)
            yield Written(each.path, text)

    def _routers(self) -> Iterator[Written]:
        package, of = self._package, len(self.routers)
        lines, names = [], []
        for area in self._areas:
            mine = [each for each in self.routers if f".{area}." in each.dotted]
            inner = [f"from {each.dotted} import router as {each.table.entity}_router" for each in mine]
            listed = "".join(f"    {each.table.entity}_router,\n" for each in mine)
            yield Written(
                self._at(f"{package}/routers/{area}/__init__.py"),
                f'"""Routes of {area}."""\n\n{grouped(inner)}\nrouters = [\n{listed}]\n',
            )
            lines.append(f"from {package}.routers.{area} import routers as {area}_routers")
            names.append(f"*{area}_routers")
        yield Written(
            self._at(f"{package}/routers/__init__.py"),
            f'"""All routes."""\n\n{grouped(lines)}\napi_router = [{", ".join(names)}]\n',
        )
        for index, each in enumerate(self.routers):
            services = [*self._share_of(self.services, index, of), *self._several(self.services, 1)]
            uses = sorted({(part.dotted, part.name) for part in services}) or [
                (self.services[0].dotted, self.services[0].name)
            ]
            schemas = self._share_of(self.schemas, index, of) or [self._rng.choice(self.schemas)]
            extra = [f"from {other.dotted} import {other.name}" for other in schemas[1:]]
            text = router_file(
                self._rng,
                package,
                Table(schemas[0].table.entity),
                schemas[0].dotted,
                wanted_lines(self._rng),
                uses,
                extra,
            )
            yield Written(each.path, text)

    def places(self, imported: str) -> Places:
        """Where to edit. ``imported`` is a module that nothing imports, if there is one."""
        package = self._package
        service = self._edited
        tables = self._tables[len(self.models) // 2]
        models = self.models[len(self.models) // 2]
        leaf = self.lib[0]
        return Places(
            main=self._at("main.py"),
            body=Place(service.path, "        moment = datetime.now(timezone.utc)\n"),
            comment=Place(models.path, "", f"# {tables[0].cls}: one row"),
            table=Place(models.path, "", f'"{tables[0].name}"'),
            other=self._tables[-2][0].name,
            syntax=Place(service.path, "log = logging.getLogger(__name__)\n"),
            in_main=Place(self._at("main.py"), "from __future__ import annotations\n"),
            imported=f"import {imported or f'{package}.core.mixins'} as {{}}\n",
            in_leaf=Place(leaf.path, "from __future__ import annotations\n"),
            leaf_imported=f"import {package}.core.config as {{}}\n",
            folder=self._at(f"{package}/models/{self._areas[0]}"),
            package=package,
        )

    def _compatibility(self) -> Iterator[Written]:
        for each in legacy(self._package, self._tables[0][0]):
            yield replace(
                each,
                path=self._at(each.path),
                expected=tuple(replace(finding, path=self._at(finding.path)) for finding in each.expected),
            )

    # ------------------------------------------- what the program does not import

    def _unreached(self) -> Iterator[Written]:
        rng, shares = self._rng, self._shares
        revisions = round(shares.revisions * self._count)
        flat = [table for tables in self._tables for table in tables]
        for number in range(1, revisions + 1):
            tables = flat[(number - 1) * len(flat) // revisions : number * len(flat) // revisions] or [rng.choice(flat)]
            yield Written(
                self._at(f"alembic/versions/{number:012x}_{tables[0].entity}.py"), revision_file(rng, number, tables)
            )
        tests = round(shares.tests * self._count)
        for name in ["tests/__init__.py"] if tests else []:
            yield Written(self._at(name), "")
        everything = [*self.services, *self.repositories, *self.schemas, *self.lib]
        for number, entity in enumerate(entities(Random(f"{self._package}/tests"), tests)):
            kind = "unit" if number % 3 else "api"
            tested = self._several(everything, 3)
            imports = [
                f"from {each.dotted} import {each.name or 'NAME'} as subject_{at}" for at, each in enumerate(tested)
            ]
            text = file_of_tests(rng, f"Tests of the {entity}.", wanted_lines(rng), imports)
            yield Written(self._at(f"tests/{kind}/test_{entity}.py"), text)
        for number, entity in enumerate(
            entities(Random(f"{self._package}/scripts"), round(shares.scripts * self._count))
        ):
            yield Written(self._at(f"scripts/{rng.choice(VERBS)}_{entity}.py"), self._script(number, entity))

    def rest(self, count: int) -> Iterator[Written]:
        """``count`` more files, of code that no program imports."""
        rng = self._rng
        for number, entity in enumerate(entities(Random(f"{self._package}/rest"), count)):
            folder = self._folder_of_rest(number)
            imports = [f"from {each.dotted} import {each.name or 'NAME'}" for each in self._several(self.lib, 1)]
            if folder.endswith("jobs") and rng.random() < 0.5:
                service = rng.choice(self.services)
                imports = [f"from {service.dotted} import {service.name}", "from sqlalchemy.orm import Session"]
            yield Written(
                self._at(f"{folder}/{entity}.py"), plain_file(rng, f"About {entity}s.", wanted_lines(rng), imports)
            )

    def _folder_of_rest(self, number: int) -> str:
        return (f"{self._package}/jobs", "tools", f"{self._package}/clients", "analysis")[number % 4]

    def unimported(self, count: int) -> str:
        """The first module of :meth:`rest`, dotted; empty where there is none."""
        first = entities(Random(f"{self._package}/rest"), count)[:1]
        return "".join(f"{self._folder_of_rest(0).replace('/', '.')}.{name}" for name in first)

    def _script(self, number: int, entity: str) -> str:
        """A program of its own; every other one uses the application."""
        rng = self._rng
        filler = Filler(rng)
        code = filler.fill(wanted_lines(rng) // 2)
        imports = ["import argparse", *filler.needs]
        body = "    print(options.limit)\n"
        if number % 2:
            service = rng.choice(self.services)
            imports += [
                f"from {service.dotted} import {service.name}",
                f"from {self._package}.core.db import SessionLocal",
            ]
            body = (
                f"    with SessionLocal() as session:\n        print({service.name}(session).describe(options.limit))\n"
            )
        return (
            f'"""Run once for every {entity}."""\n\nfrom __future__ import annotations\n\n{grouped(imports)}{code}\n'
            f"def main() -> None:\n"
            f"    parser = argparse.ArgumentParser(description=__doc__)\n"
            f'    parser.add_argument("--limit", type=int, default={rng.randrange(10, 500)})\n'
            f"    options = parser.parse_args()\n{body}\n\n"
            f'if __name__ == "__main__":\n    main()\n'
        )
