"""Generated workspaces: realistic, of a given size, the same at every run, with findings that are known beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from tests.bench.application import ORDINARY, REACHABLE, Application
from tests.bench.editing import Kind, kinds
from tests.bench.frame import core_files, env_file, main_file, project_files
from tests.bench.layers import Table, models_file
from tests.bench.places import Place, Places, from_dict
from tests.bench.words import entities
from tests.bench.written import Written, legacy

SEED = 20

NAMES = ("300", "3000", "30000", "reachable", "models")
"""300, 3,000 and 30,000 files; 3,000 files that ``main`` all imports; one module of 6,000 lines with 200 tables."""

_SERVICES = (
    "orders", "accounts", "warehouse", "payments", "catalog", "support", "insights", "shipping", "pricing", "partners",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Found:
    """A finding: the line is 1-based."""

    rule: str
    path: str
    line: int


@dataclass(frozen=True)
class Workspace:
    """A workspace on disk. ``findings`` are all that must be found in it."""

    name: str
    root: Path
    files: int
    findings: tuple[Found, ...]
    places: Places

    @property
    def main(self) -> str:
        return self.places.main

    @property
    def changed(self) -> str:
        """A file that the program executes."""
        service = min(self.root.rglob("*_service.py"), default=None)
        return self.main if service is None else service.relative_to(self.root).as_posix()

    @property
    def kinds(self) -> list[Kind]:
        return kinds(self.places)

    def to_json(self) -> str:
        """All but the folder."""
        document = {
            "files": self.files,
            "findings": [asdict(each) for each in self.findings],
            "places": self.places.to_dict(),
        }
        return json.dumps(document)

    @classmethod
    def from_json(cls, name: str, root: Path, text: str) -> Workspace:
        document = json.loads(text)
        found = tuple(Found(**each) for each in document["findings"])
        return cls(name, root, document["files"], found, from_dict(document["places"]))


def generate(name: str) -> Iterator[Written | Places]:
    """The files of a workspace, and where to edit it.

    Raises:
        ValueError: there is no workspace of that name.
    """
    if name == "models":
        yield from _one_models_file()
        return
    for number, (plan, size) in enumerate(_plans(name)):
        made = 0
        for each in plan.files():
            made += each.path.endswith(".py")
            yield each
        # Made up to exactly so many files.
        yield from plan.rest(max(0, size - made))
        if number == 0:
            yield plan.places(plan.unimported(max(0, size - made)))


def _plans(name: str) -> Iterator[tuple[Application, int]]:
    """One application, or a repository of several: of each ten services, one is large and most are small."""
    count = 3000 if name == "reachable" else int(name)
    if name == "reachable" or count < 600:
        shares = REACHABLE if name == "reachable" else ORDINARY
        yield (
            Application(f"{SEED}/{name}", "app", "", int(count * (0.96 if name == "reachable" else 0.9)), shares),
            count,
        )
        return
    number = 0
    while count > 0:
        for wanted in (1200, 600, 300, 300, 300, 300):
            size = min(wanted, count)
            if size < 150:
                return
            service = f"{_SERVICES[number % len(_SERVICES)]}{number // len(_SERVICES) or ''}"
            seed = f"{SEED}/{name}/{service}"
            yield Application(seed, service, f"services/{service}", int(size * 0.9), ORDINARY), size
            number += 1
            count -= size


def _one_models_file() -> Iterator[Written | Places]:
    rng = Random(f"{SEED}/models")
    names = entities(rng, 200)
    tables = [
        Table(entity, rng.choice(names[:index]) if index and rng.random() < 0.6 else None)
        for index, entity in enumerate(names)
    ]
    for path, text in project_files("app").items():
        yield Written(path, text)
    yield Written("main.py", main_file("app", ["from app import models", "from app.compat import legacy_tables"]))
    yield Written("alembic/env.py", env_file("app"))
    yield Written("app/__init__.py", "")
    yield Written("app/core/__init__.py", "")
    for name, text in core_files("app").items():
        yield Written(f"app/core/{name}.py", text)
    yield Written("app/routers.py", '"""No routes yet."""\n\napi_router: list[object] = []\n')
    yield Written("app/models.py", models_file(rng, "app", tables, columns=(4, 12)))
    yield from legacy("app", tables[0])
    middle = tables[len(tables) // 2]
    path = "app/models.py"
    yield Places(
        main="main.py",
        body=Place(path, f"class {middle.cls}(", "        changed = self.updated_at != moment\n"),
        comment=Place(path, "", f"# {middle.cls}: one row"),
        table=Place(path, "", f'"{middle.name}"'),
        other=tables[-2].name,
        syntax=Place(path, "__all__ = [\n"),
        in_main=Place("main.py", "from __future__ import annotations\n"),
        imported="import app.core.mixins as {}\n",
        in_leaf=None,
        leaf_imported="",
        folder="app",
        package="app",
    )


def write(name: str, folder: Path) -> Workspace:
    """Write a workspace to ``folder``, which must not be there yet, and tell what is in it."""
    expected: list[Found] = []
    count = 0
    made: set[Path] = set()
    places: Places | None = None
    for each in generate(name):
        if isinstance(each, Places):
            places = each
            continue
        path = folder / each.path
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_text(each.text, encoding="utf-8")
        count += path.suffix == ".py"
        expected += [Found(found.rule, found.path, _line(each.text, found.text)) for found in each.expected]
    assert places is not None
    return Workspace(name, folder, count, _reported(expected), places)


def _reported(expected: list[Found]) -> tuple[Found, ...]:
    """One finding for one cause, at its first place: what an env.py misses.

    A legacy copy of a table, at which there is an error too, is a cause of its own.
    """
    copies = {(found.path, found.line) for found in expected if found.rule == "duplicate-table"}
    first: dict[tuple[object, ...], Found] = {}
    for found in sorted(expected):
        cause: tuple[object, ...] = (found.rule, found.path, found.line)
        if found.rule == "model-not-in-migrations" and (found.path, found.line) not in copies:
            cause = (found.rule, found.path.partition("app/")[0])
        first.setdefault(cause, found)
    return tuple(sorted(first.values()))


def _line(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


_ANNOTATION = re.compile(r"^::\w+ file=([^,]+),line=(\d+),.*?title=cucurbit%3A ([\w-]+)::", re.MULTILINE)


def findings_in(output: str) -> tuple[Found, ...]:
    """The findings in what ``cucurbit check --output-format github`` wrote, whatever a profiler writes around it."""
    return tuple(sorted(Found(rule, path, int(line)) for path, line, rule in _ANNOTATION.findall(output)))
