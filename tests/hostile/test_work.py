"""What a workspace holds cannot make the program work for long: each of these took minutes, or for ever.

No time is measured here: what hangs is ended by the limit of every test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from cucurbit.analysis.engine import analyse, sharing
from cucurbit.fixes.undone import undoing_lines
from cucurbit.opening import folder_workspace, open_workspace
from cucurbit.simulate.core import schema, work
from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.operations import (
    AlterColumn,
    CreateTable,
    DropIndex,
    Operation,
    RenameIndex,
    RenameTable,
    TableRef,
)
from cucurbit.simulate.core.schema import EMPTY, Step, applied
from cucurbit.simulate.core.shapes import ColumnShape, Named, TableShape
from cucurbit.simulate.core.timeline import EventKind, Place
from cucurbit.simulate.core.work import Work
from cucurbit.simulate.packages.sqlalchemy.shapes.tables import TableParts
from cucurbit.simulate.packages.stdlib.regular_expressions import MOST_STEPS, steps
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.source.reader import read
from cucurbit.workspace.formats.ini import lenient
from cucurbit.workspace.formats.toml import parse_toml
from cucurbit.workspace.modules.roots import scan_imports
from cucurbit.workspace.modules.versions import determined, parse_version
from cucurbit.workspace.starts import shell
from cucurbit.workspace.tree.files import DiskTree, MemoryTree
from cucurbit.workspace.tree.ignore_patterns import compile_patterns
from tests.bad_input.conftest import MODEL, app, look

LAUGHS = "".join(f"v{n} = {'%(v' + str(n + 1) + ')s'}{('%(v' + str(n + 1) + ')s') * 20}\n" for n in range(9))

FILES = {
    "interpolation": {
        "alembic.ini": f"[alembic]\n{LAUGHS}v9 = x\nscript_location = %(v0)s\n",
    },
    "a wide field": {"pyproject.toml": "[tool.alembic]\nscript_location = '%(here)999999999s'\n"},
    "quotes in ENV": {"Dockerfile": 'FROM x\nENV A="' + "\\a" * 60 + "\nCMD python main.py\n"},
    "many ENV": {"Dockerfile": "FROM x\n" + "".join(f"ENV A{n}=1\n" for n in range(50_000)) + "CMD python main.py\n"},
    "a Dockerfile of one line": {"Dockerfile": "FROM x\nENV " + "a" * 1_000_000 + "\n"},
    "cd": {"run.sh": "cd aaaaaa\n" * 200_000},
    "variables that double": {"run.sh": "A=aaaaaaaa\n" + "A=$A$A\n" * 60 + "python $A\n"},
    "one long word": {"run.sh": "python " + "a" * 1_000_000 + "\n"},
    "many words": {"run.sh": "exec " * 400_000 + "\n"},
    "many continuations": {"run.sh": "a\\\n" * 400_000},
    "blanks before 2>&1": {"run.sh": ("x=$(cd a >/dev/null" + " " * 9_000 + "b\n") * 50},
    "many services": {
        "compose.yml": "services:\n"
        + "".join(f"  a{n}: {{build: ., command: python main.py}}\n" for n in range(5_000)),
        "Dockerfile": "FROM x\n" + "RUN a\n" * 5_000,
    },
    "blank lines in .env": {".env": "\n" * 1_000_000, "Procfile": "web: flask run\n"},
    "many start commands": {"Procfile": "a: python main.py\n" * 20_000},
    "a deep path": {"setup.py": f"from setuptools import setup\nsetup(package_dir={{'': '{'a/' * 100_000}b'}})\n"},
    "a deep location": {"alembic.ini": f"[alembic]\nscript_location = {'a/' * 1_500}b\n"},
    "many upgrades on long lines": {"Procfile": ("release: alembic upgrade head #" + "x" * 3_000 + "\n") * 600},
    "blanks in requirements": {"requirements.txt": "sqlalchemy" + "== " + " " * 1_000_000 + "x\n"},
    "ignore patterns": {".gitignore": "*a" * 100 + "b\n", "a" * 250 + ".py": ""},
    "ignored folders": {".gitignore": "**/a" * 20 + "/**/b\n", "a/" * 90 + "x.py": ""},
    "a dotted key": {"pyproject.toml": ".".join("a" for _ in range(30_000)) + " = 1\n"},
}


@pytest.mark.parametrize("name", FILES)
def test_configuration(name: str) -> None:
    look({**app(MODEL), **FILES[name]})


PROGRAMS = {
    "a pattern of the program's": "import re\nx = re.sub('a?' * 39 + 'b', 'x', 'a' * 80)\n",
    "three stars": "import re\nfor i in range(20):\n    re.sub('.*.*.*b', 'x', 'a' * 79)\n",
    "a nested pattern": "import re\nre.sub('(a+)+b', 'x', 'a' * 60)\nre.sub('(?:a|a)*b', 'x', 'a' * 60)\n",
    "names of the simulator": "from fastapi import FastAPI\na = FastAPI()\n"
    "setattr(a, '@startup x', 1)\nsetattr(a, '@items', 1)\nb = FastAPI(**{'@startup x': 1})\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    assert "users" in look(app(PROGRAMS[name] + MODEL)).tables


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
@pytest.mark.parametrize(
    "program",
    [
        "from pathlib import Path\nfor x in Path('.').rglob('*.py'): print(x)\n",
        "import glob\nfor x in glob.glob('**/*.py', recursive=True): print(x)\n",
        "import pkgutil, p\nfor x in pkgutil.walk_packages(p.__path__, 'p.'): print(x)\n",
    ],
)
def test_folders_that_hold_themselves(tmp_path: Path, program: str) -> None:
    package = tmp_path / "p"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for folder in (tmp_path, package):
        for name in "ab":
            os.symlink(".", folder / name)
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\nimport m\napp = FastAPI()\n")
    (tmp_path / "m.py").write_text(program + MODEL)
    analyse(open_workspace(tmp_path))


def test_deep_folders(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*"d" * 400)
    folder.mkdir(parents=True)
    (folder / "x.py").write_text("x = 1\n")
    assert open_workspace(tmp_path).python_files() == []


@pytest.mark.skipif(sys.platform == "win32", reason="paths are shorter on Windows")
def test_a_file_in_folders_deeper_than_python_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    depth = sys.getrecursionlimit() + 200
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("x.py").write_text("x = 1\n")
    os.chdir(tmp_path)
    assert DiskTree(str(tmp_path)).read("d/" * depth + "x.py") == b"x = 1\n"


def test_start_files_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lines and files there are; the first files of many are read."""
    read: list[str] = []
    split = shell.split_words

    def counted(line: str) -> list[str]:
        read.append(line)
        return split(line)

    monkeypatch.setattr(shell, "split_words", counted)
    files = {f"{n:02}.sh": "cd a\n" * 5_000 for n in range(40)} | {"z/Procfile": "x: cd b\n" * 5_000}
    assert folder_workspace(MemoryTree(files)).entry_points == []
    assert 5_000 < len(read) < 100_000


def test_a_column_is_found_without_a_look_at_the_others() -> None:
    columns = look(app(MODEL)).context.timelines[0].of(EventKind.TABLE_REGISTERED)
    shape = next(event.shape for event in columns)
    assert isinstance(shape, TableShape)

    class Counted(list[ColumnShape]):
        def __iter__(self) -> Iterator[ColumnShape]:
            raise AssertionError

    parts = TableParts(cast("Machine", None), columns=Counted())
    for key in ("a", "b", "a", "c"):
        parts.add_column(replace(shape.columns[0], key=key))
    assert [parts.columns[number].key for number in range(len(parts.columns))] == ["a", "b", "c"]


def test_helpers_of_a_revision_that_call_each_other_twice() -> None:
    helpers = "".join(
        f"def f{n}(name):\n    f{n + 1}(name)\n    f{n + 1}(name)\n    f{n + 1}('t{n}')\n" for n in range(60)
    )
    revision = (
        "from alembic import op\nrevision = 'a'\ndown_revision = None\n"
        f"{helpers}def f60(name):\n    op.create_table(name)\n\ndef upgrade():\n    f0('users')\n"
    )
    look(
        {
            **app(MODEL),
            "alembic.ini": "[alembic]\nscript_location = migrations\n",
            "migrations/env.py": "from m import Base\ntarget_metadata = Base.metadata\n",
            "migrations/versions/a.py": revision,
        }
    )


def test_a_revision_with_many_names() -> None:
    """Whether a name is caught is found once for all of them."""
    revision = "from alembic import op\nrevision = 'a'\ndown_revision = None\n\ndef upgrade():\n"
    look(
        {
            **app(MODEL),
            "alembic.ini": "[alembic]\nscript_location = migrations\n",
            "migrations/env.py": "from m import Base\ntarget_metadata = Base.metadata\n",
            "migrations/versions/a.py": revision + "    op.execute(x)\n" * 20_000,
            "migrations/versions/b.py": revision.replace("'a'", "'b'") + "    [" + "x," * 40_000 + "]\n",
        }
    )


def test_many_imports() -> None:
    """Each is looked for where it stands, not among all."""
    names = ", ".join(f"a{number}" for number in range(10_000))
    look(app(f"from p import ({names})\n" + "import p\n" * 5_000 + MODEL, p="def __getattr__(name): return 1\n"))


SOURCES = {
    "strings in parts": "x = = 1\n" + "x = f'a' f'b'\n" * 30_000,
    "type parameters": "x = = 1\n" + "class A[T]: pass\n" * 25_000,
    "many errors": "x = = 1\n" * 60_000,
    "errors and brackets": "x = (\n" * 40_000,
    "quotes": 'x = (\n"""\n' + '\\"""\n' * 50_000,
    "an open f-string": "x = = 1\nf'{" * 20_000,
    "decorators": "@\n" * 20_000,
    "a line that is not ASCII": "x = [" + "'é', " * 60_000 + "]\n",
}


@pytest.mark.parametrize("name", SOURCES)
def test_sources(name: str) -> None:
    read(SOURCES[name])


def test_columns_of_a_long_line_are_those_of_its_characters() -> None:
    text = "x = [" + "'é', " * 1_000 + "name]\n"
    module = read(text)
    ends = {span.end_column for spans in module.spans for span in spans}
    assert text.index("]") in ends
    assert max(ends) == len(text) - 1


def test_imports_with_brackets_that_are_not_closed() -> None:
    found = scan_imports(b"from a import (\n" * 100_000)
    assert set(found) == {"a"}
    assert scan_imports(b"from a import (b,  # c)\n    d)\nimport e\n") == {"a:b": 1, "e": 1}


def test_numbers_of_many_digits() -> None:
    assert parse_version("1." + "9" * 5_000) is None
    assert parse_version("2.0.1") == (2, 0, 1)
    assert determined("== 2.0" + " " * 100_000 + "x") is None
    for text in ("x = " + "9" * 5_000, "x = 0x" + "f" * 5_000):
        problem = parse_toml(text).problem
        assert problem is not None
        assert "integer" in problem[0]


def test_dotted_keys() -> None:
    assert parse_toml(".".join("a" for _ in range(40)) + " = 1").problem is not None
    assert parse_toml(".".join("a" for _ in range(20)) + " = 1").problem is None
    assert parse_toml("a = '" + "b." * 100 + '\'\nc = "\\"' + "d." * 100 + '"\n').problem is None


def test_an_ini_file_of_blanks() -> None:
    assert not lenient("[a]\n" + ("b" + " " * 3_900 + "c\n") * 1_000).sections()


def test_patterns_mean_what_they_meant() -> None:
    spec = compile_patterns(["a*b*c*", "**/x/**/y*z*", "!abcd"])
    assert [spec.match_file(path) for path in ("abc", "axbxc", "cba", "p/x/q/yaz", "x/y", "abcd")] == [
        True, True, False, True, False, False
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "is_cheap"),
    [
        (r"(?<!^)(?=[A-Z])", True),
        (r"(.)([A-Z][a-z]+)", True),
        (r"([a-z0-9])([A-Z])", True),
        (r"([A-Z]+)([A-Z][a-z])", True),
        (r"(a+)+", False),
        (r"(?:a|a)*", False),
        (r"(a)\1", False),
        ("a?" * 39 + "b", False),
        (".*.*.*.*", False),
    ],
)
def test_what_a_pattern_may_cost(pattern: str, is_cheap: bool) -> None:
    most = steps(pattern, 30)
    assert (most is not None and most <= MOST_STEPS) is is_cheap


SMALL_BUDGET = 20_000

SPENT: Mapping[str, str] = {
    "routers that include themselves": "from fastapi import APIRouter\nr = APIRouter()\n"
    "@r.on_event('startup')\ndef f(): pass\n" + "r.include_router(r)\n" * 40,
    "insert": "x = []\nfor a in range(900):\n    for b in range(900):\n        x.insert(0, 1)\n",
    "deep inheritance": "class A0: pass\n" + "".join(f"class A{n}(A{n - 1}): pass\n" for n in range(1, 1500)),
    "stars of modules that are not known": "".join(f"x{n} = {n}\n" for n in range(500))
    + "".join(f"from nowhere{n} import *\n" for n in range(1_000)),
    "many bases": "".join(f"class B{n}: pass\n" for n in range(900))
    + "".join(f"class C{n}({', '.join(f'B{m}' for m in range(900))}): pass\n" for n in range(20)),
}


@pytest.mark.parametrize("name", SPENT)
def test_work_that_is_spent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BUDGET", SMALL_BUDGET)
    assert "too long to follow" in look(app(SPENT[name] + MODEL)).cuts


_NOWHERE = Place("a.py", WHOLE_FILE)
_T = TableRef(Named("t"))


def _wide(columns: int) -> Step:
    """A step that creates a table."""
    event = next(iter(look(app(MODEL)).context.timelines[0].of(EventKind.TABLE_REGISTERED)))
    assert isinstance(event.shape, TableShape)
    column = event.shape.columns[0]
    wide = tuple(replace(column, name=f"c{n}", key=f"c{n}") for n in range(columns))
    return Step(CreateTable(_T, replace(event.shape, name="t", columns=wide)), True, _NOWHERE)


@pytest.mark.parametrize(
    "operation",
    [
        AlterColumn(_T, Named("c1"), nullable=False),
        DropIndex(_T, Named("i")),
        RenameIndex(Named("i"), Named("j")),
        RenameTable(_T, Named("t")),
    ],
)
def test_changes_of_a_wide_table_share_a_budget(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each goes over all columns. After too many, nothing is certain; those before are followed."""
    monkeypatch.setattr(schema, "MOST_ITEMS", 10_000)
    steps = [_wide(100), *[Step(operation, True, _NOWHERE)] * 1_000]
    followed: list[Step] = []
    state = applied(EMPTY, steps, lambda step, _: followed.append(step))
    assert 50 < len(followed) < 100
    assert schema.TOO_MUCH in state.open
    assert not applied(EMPTY, steps[:50]).open
    assert undoing_lines(EMPTY, steps) is None


def test_many_mapped_ancestors() -> None:
    head = "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n"
    first = "class A0(declarative_base()):\n    __tablename__ = 'a'\n    id = Column(Integer, primary_key=True)\n"
    seen = look(app(head + first + "".join(f"class A{n}(A{n - 1}): pass\n" for n in range(1, 300)) + MODEL))
    assert seen.tables == {"a", "users"}


def test_many_long_entry_points_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is cut, and after the first ones have spent the budget, the others get little."""
    monkeypatch.setattr(work, "BUDGET", 2_000)
    monkeypatch.setattr(work, "LEAST", 100)
    long = "".join(f"x{n} = {n}\n" for n in range(2_000))
    main = "if __name__ == '__main__':\n    pass\n"
    files = {f"main{n}.py": f"y = {n}\n{long}{main}" for n in range(12)}
    files["z.py"] = f"x = 1\n{main}"
    shared = Shared()
    shared.work = Work(total=4_000)
    spent: list[int] = []
    took = shared.work.took

    def noted(steps: int) -> None:
        spent.append(steps)
        took(steps)

    monkeypatch.setattr(shared.work, "took", noted)
    context = analyse(folder_workspace(MemoryTree(files)), sharing(shared))
    assert len(context.timelines) == 13
    assert sum(spent) < 4_000 + 13 * 200
    cut = {each.entry.path for each in context.timelines if any(each.of(EventKind.CUT))}
    # A short program is followed to its end, even if nothing is left.
    assert "z.py" not in cut
    assert len(cut) == 12


def test_repeated_modules_cost_the_shared_budget_nothing() -> None:
    main = "import m\nif __name__ == '__main__':\n    pass\n"
    module = "".join(f"x{n} = {n}\n" for n in range(500))
    shared = Shared()
    before = shared.work.left
    analyse(folder_workspace(MemoryTree({"m.py": module} | {f"main{n}.py": main for n in range(20)})), sharing(shared))
    assert 500 <= before - shared.work.left < 5_000
