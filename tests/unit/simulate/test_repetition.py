"""What is repeated is what would happen: simulations that share what modules did agree with those that do not.

The workspaces are those of the oracle, whose timelines are held against Python's own: every case of the catalogue, and
programs drawn at random. Every module of a workspace is an entry point of its own here, so that each is executed first
once, and in the midst of others many times.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from functools import partial
from operator import eq
from pathlib import Path

import pytest

from cucurbit.analysis.isolated import isolated_entry
from cucurbit.opening import open_workspace
from cucurbit.simulate.core.timeline import EventKind, Timeline
from cucurbit.simulate.core.values import ModuleValue
from cucurbit.simulate.replay.repetition import Shared, Sharing
from cucurbit.simulate.run import simulate
from cucurbit.simulate.stack import deep
from cucurbit.workspace.index import FolderWorkspace
from cucurbit.workspace.model import EntryKind, EntryPoint, ModuleSpec
from cucurbit.workspace.questions import Question, Witness
from cucurbit.workspace.standing import Standing
from tests.oracle.case import Case, all_cases
from tests.oracle.programs.start import drawn
from tests.timelines import told

SEEDED = 60
GROUP = 30


def written(case: Case, folder: Path) -> FolderWorkspace:
    return open_workspace(case.write(folder))


def entries_of(workspace: FolderWorkspace) -> list[EntryPoint]:
    return [*workspace.entry_points, *(isolated_entry(workspace, path) for path in workspace.python_files())]


def agree(workspace: FolderWorkspace, seed: int) -> None:
    """Each entry point in some order, then all again, over one and the same knowledge."""
    entries = entries_of(workspace)
    alone = {entry: simulate(workspace, entry) for entry in entries}
    shared = Shared()
    order = random.Random(seed)
    for _ in range(2):
        order.shuffle(entries)
        for entry in entries:
            again = simulate(workspace, entry, shared)
            # A chain may be thousands of links long.
            assert deep(partial(eq, told(again), told(alone[entry])))


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_the_cases_of_the_catalogue(case: Case, tmp_path: Path) -> None:
    agree(written(case, tmp_path), seed=1)


@pytest.mark.parametrize("first", range(0, SEEDED, GROUP))
def test_random_programs(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + GROUP):
        agree(written(drawn(seed).case(f"Drawn {seed}"), tmp_path / str(seed)), seed)


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts how often each module is repeated."""
    counter: Counter[str] = Counter()
    repeat = Sharing.repeat

    def counting(self: Sharing, spec: ModuleSpec, name: str) -> ModuleValue | None:
        module = repeat(self, spec, name)
        counter[name] += module is not None
        return module

    monkeypatch.setattr(Sharing, "repeat", counting)
    return counter


def workspace_of(folder: Path, files: dict[str, str]) -> FolderWorkspace:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return open_workspace(folder)


def timelines(workspace: FolderWorkspace, paths: Sequence[str], shared: Shared) -> list[Timeline]:
    return [simulate(workspace, isolated_entry(workspace, path), shared) for path in paths]


MODELS = {
    "base.py": "from sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase): pass\n",
    "user.py": "from sqlalchemy import Column, Integer\nfrom base import Base\n\nclass User(Base):\n"
    '    __tablename__ = "users"\n    id = Column(Integer, primary_key=True)\n',
    "one.py": "import user\n",
    "two.py": "import os\nfrom user import User\n",
}


def test_a_module_is_executed_once_for_all_entry_points(tmp_path: Path, repeated: Counter[str]) -> None:
    workspace = workspace_of(tmp_path, MODELS)
    one, two = timelines(workspace, ["one.py", "two.py"], Shared())
    assert repeated == Counter(one=0, two=0, user=1, base=1)
    assert [each.key for each in one.tables] == [each.key for each in two.tables] == ["users"]


def test_a_table_that_stands_already_is_no_repetition(tmp_path: Path, repeated: Counter[str]) -> None:
    """The second entry point has a table of that name when ``user`` is imported: what happened before does not fit."""
    files = MODELS | {"two.py": MODELS["user.py"].replace("class User", "class Account") + "import user\n"}
    workspace = workspace_of(tmp_path, files)
    _, two = timelines(workspace, ["one.py", "two.py"], Shared())
    assert repeated["base"] == 1
    assert repeated["user"] == 0
    assert told(two) == told(simulate(workspace, isolated_entry(workspace, "two.py")))


def test_what_one_entry_point_changes_is_unchanged_for_the_next(tmp_path: Path) -> None:
    files = MODELS | {
        "names.py": "NAMES = []\n",
        "one.py": "import names, user\nnames.NAMES.append(1)\nuser.User = None\n",
        "two.py": "import names, user\nif names.NAMES: import other\nuser.User.id\n",
        "other.py": "",
    }
    workspace = workspace_of(tmp_path, files)
    shared = Shared()
    for _ in range(2):
        for path in ("one.py", "two.py"):
            entry = isolated_entry(workspace, path)
            assert told(simulate(workspace, entry, shared)) == told(simulate(workspace, entry))


def test_a_repetition_asks_what_was_asked(tmp_path: Path) -> None:
    """A timeline that was put together from others depends on the same answers."""
    workspace = workspace_of(tmp_path, MODELS)
    shared = Shared(answers=True)
    timelines(workspace, ["one.py"], shared)
    for path in ("one.py", "two.py"):
        entry = isolated_entry(workspace, path)
        alone: dict[Question, object] = {}
        simulate(Witness(workspace, alone.__setitem__), entry)
        again: dict[Question, object] = {}
        simulate(workspace, entry, shared, again.__setitem__)
        assert again.keys() == alone.keys()


def test_what_is_around_a_module_is_executed_anew_and_the_module_is_not(tmp_path: Path, repeated: Counter[str]) -> None:
    """The repetition of ``outer`` is undone at ``reader``, which finds another value; ``base`` was repeated by then."""
    files = MODELS | {
        "flags.py": "VALUE = 1\n",
        "reader.py": "import flags\nif flags.VALUE == 1: import user\n",
        "outer.py": "import base\nimport reader\n",
        "one.py": "import flags, outer\n",
        "two.py": "import flags\nflags.VALUE = 2\nimport outer\n",
    }
    workspace = workspace_of(tmp_path, files)
    _, two = timelines(workspace, ["one.py", "two.py"], Shared())
    assert repeated["outer"] == 0
    # As part of ``outer``, and again when that is executed after all.
    assert repeated["base"] == 2
    # The repetition of ``outer`` ends where that of ``reader`` does, which is executed once.
    assert repeated["reader"] == 0
    assert told(two) == told(simulate(workspace, isolated_entry(workspace, "two.py")))


def test_what_did_not_fit_once_is_tried_again_in_the_next_snapshot(tmp_path: Path, repeated: Counter[str]) -> None:
    others = {f"two{n}.py": f"import flags\nflags.VALUE = {n}\nimport reader\n" for n in range(2, 12)}
    files = {
        "flags.py": "VALUE = 1\n",
        "reader.py": "import flags\nflags.VALUE\n",
        "one.py": "import reader\n",
    } | others
    workspace = workspace_of(tmp_path, files)
    shared = Shared(answers=True)
    timelines(workspace, ["one.py", *others], shared)
    assert repeated["reader"] == 0
    shared.forget(Standing(workspace, frozenset()))
    timelines(workspace, ["one.py", "two11.py"], shared)
    assert repeated["reader"] == 1


PACKAGE = {
    "app/__init__.py": "NAMES = ['users']\nfrom app.user import User\n",
    "app/base.py": "from sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase): pass\n",
    "app/user.py": "from sqlalchemy import Column, Integer\nfrom app import NAMES\nfrom .base import Base\n\n"
    "class User(Base):\n    __tablename__ = NAMES[0]\n    id = Column(Integer, primary_key=True)\n",
    "one.py": "import app\n",
    "two.py": "from app import base\n",
}


def keys(timeline: Timeline) -> list[str]:
    return [each.key for each in timeline.tables]


def test_a_package_whose_modules_read_what_it_made_is_repeated(tmp_path: Path, repeated: Counter[str]) -> None:
    one, two = timelines(workspace_of(tmp_path, PACKAGE), ["one.py", "two.py"], Shared())
    assert repeated == Counter({"one": 0, "two": 0, "app": 1, "app.user": 1, "app.base": 1})
    assert keys(one) == keys(two) == ["users"]


def test_a_package_that_changes_what_its_modules_have_read_is_executed(tmp_path: Path, repeated: Counter[str]) -> None:
    after = {**PACKAGE, "app/__init__.py": f"{PACKAGE['app/__init__.py']}NAMES[0] = 'later'\n"}
    one, two = timelines(workspace_of(tmp_path, after), ["one.py", "two.py"], Shared())
    assert repeated["app"] == 0
    assert keys(one) == keys(two) == ["users"]


def test_a_package_that_takes_its_own_submodules_is_repeated(tmp_path: Path, repeated: Counter[str]) -> None:
    """The import of a submodule binds it in the package, whose own file reads it from there."""
    taking = {**PACKAGE, "app/__init__.py": f"{PACKAGE['app/__init__.py']}from . import base, user\n"}
    one, two = timelines(workspace_of(tmp_path, taking), ["one.py", "two.py"], Shared())
    assert repeated["app"] == 1
    assert keys(one) == keys(two) == ["users"]


GUARDED = {
    "app/__init__.py": "import traceback\nfrom flags import LEVEL\ntry:\n    from app.user import User\n"
    "    from app.tag import Tag\nexcept Exception:\n    traceback.print_exc()\n",
    "app/config.py": "NAME = 'users'\n",
    "app/base.py": "import requests\nfrom sqlalchemy.orm import DeclarativeBase\nfrom app import config\n"
    "requests.get('http://localhost')\nclass Base(DeclarativeBase): pass\n",
    "app/user.py": "from sqlalchemy import Column, Integer\nfrom app.base import Base\nfrom app import LEVEL\n\n"
    "class User(Base):\n    __tablename__ = LEVEL\n    id = Column(Integer, primary_key=True)\n",
    "app/tag.py": "from sqlalchemy import Column, Integer\nfrom app.base import Base\n\nclass Tag(Base):\n"
    "    __tablename__ = 'tags'\n    id = Column(Integer, primary_key=True)\n",
    "flags.py": "LEVEL = 'users'\n",
    "one.py": "import app\n",
    "two.py": "from app.user import User\n",
    "three.py": "import flags\nflags.LEVEL = 'accounts'\nimport app\n",
}


def test_what_a_guarded_block_imports_is_repeated(tmp_path: Path, repeated: Counter[str]) -> None:
    """The package is executed each time, since its handler may run: its modules are not, although they import it."""
    workspace = workspace_of(tmp_path, GUARDED)
    shared = Shared()
    one, two = timelines(workspace, ["one.py", "two.py"], shared)
    modules = ("app.config", "app.base", "app.user", "app.tag", "flags")
    assert repeated == Counter({"one": 0, "two": 0, "app": 0, **dict.fromkeys(modules, 1)})
    assert keys(one) == keys(two) == ["users", "tags"]
    for path in ("one.py", "two.py"):
        entry = isolated_entry(workspace, path)
        assert told(simulate(workspace, entry, shared)) == told(simulate(workspace, entry))


def test_what_is_taken_from_a_package_that_is_executed_each_time_is_compared(tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path, GUARDED)
    shared = Shared()
    for path in ("one.py", "three.py", "two.py", "three.py", "one.py"):
        entry = isolated_entry(workspace, path)
        assert told(simulate(workspace, entry, shared)) == told(simulate(workspace, entry))
    assert keys(simulate(workspace, isolated_entry(workspace, "three.py"), shared)) == ["accounts", "tags"]


def test_an_object_of_a_module_that_is_executed_each_time_stops_the_recording(
    tmp_path: Path, repeated: Counter[str]
) -> None:
    """``LIMITS`` is another object in each simulation: a record of what uses it would never fit."""
    files = GUARDED | {
        "app/__init__.py": f"{GUARDED['app/__init__.py']}LIMITS = {{}}\n",
        "use.py": "from app import LIMITS\nLIMITS['a'] = 1\n",
        "one.py": "import use\n",
        "two.py": "import use\n",
    }
    workspace = workspace_of(tmp_path, files)
    timelines(workspace, ["one.py", "two.py"], Shared())
    assert (repeated["use"], repeated["app.base"]) == (0, 1)


def test_what_a_package_has_not_made_yet_is_not_read(tmp_path: Path, repeated: Counter[str]) -> None:
    """In the second entry point, the list is read before the package appends the name to it."""
    files = {
        **PACKAGE,
        "app/__init__.py": "NAMES = []\nimport early\nNAMES.append('users')\nfrom app.user import User\n",
        "early.py": "import sys\nif 'late' in sys.modules:\n    from app import NAMES\n    LENGTH = len(NAMES)\n",
        "late.py": "",
        "two.py": "import late\nimport app\n",
    }
    workspace = workspace_of(tmp_path, files)
    shared = Shared()
    for path in ("one.py", "two.py", "one.py", "two.py"):
        entry = isolated_entry(workspace, path)
        assert told(simulate(workspace, entry, shared)) == told(simulate(workspace, entry))


def test_a_list_that_code_outside_may_change_stops_no_repetition(tmp_path: Path, repeated: Counter[str]) -> None:
    files = {
        **PACKAGE,
        "names.py": "ALL = ['users']\n",
        "one.py": "import app\nimport names\nimport other\nother.look_at(names.ALL)\nimport more\n",
        "two.py": "import names\nimport app\nfor each in names.ALL:\n    import other\n",
        "more.py": "import names\nimport app\n",
    }
    workspace = workspace_of(tmp_path, files)
    shared = Shared()
    for path in ("two.py", "one.py", "more.py", "two.py"):
        entry = isolated_entry(workspace, path)
        assert told(simulate(workspace, entry, shared)) == told(simulate(workspace, entry))
    assert repeated["app"] == repeated["names"] == 3
    assert repeated["more"] == 0


def test_what_code_outside_may_change_is_no_repetition_for_those_that_have_seen_it_whole(tmp_path: Path) -> None:
    files = {
        "names.py": "ALL = ['users']\n",
        "reader.py": "import names\nfrom sqlalchemy import MetaData, Table\nm = MetaData()\n"
        "for each in names.ALL:\n    Table(each, m)\n",
        "one.py": "import reader\n",
        "two.py": "import names\nimport other\nother.look_at(names.ALL)\nimport reader\n",
    }
    workspace = workspace_of(tmp_path, files)
    shared = Shared()
    for path in ("one.py", "two.py", "one.py", "two.py"):
        entry = isolated_entry(workspace, path)
        assert told(simulate(workspace, entry, shared)) == told(simulate(workspace, entry))


def test_a_module_that_takes_the_items_of_its_own_generators_is_repeated(
    tmp_path: Path, repeated: Counter[str]
) -> None:
    files = {
        "made.py": "def numbers():\n    yield 1\n\nNAMES = list(each for each in ('users',))\nfor n in numbers():\n"
        "    pass\nLEFT = (each for each in ('posts',))\nTAKEN = (each for each in ('tags',))\n"
        "for each in TAKEN:\n    pass\n",
        "one.py": "import made\nfrom sqlalchemy import MetaData, Table\nm = MetaData()\n"
        "for each in (*made.NAMES, *made.LEFT, *made.TAKEN):\n    Table(each, m)\n"
        "for each in made.LEFT:\n    Table(each + 's', m)\n",
    }
    workspace = workspace_of(tmp_path, {**files, "two.py": files["one.py"]})
    one, two = timelines(workspace, ["one.py", "two.py"], Shared())
    assert repeated["made"] == 1
    assert keys(one) == keys(two) == ["users", "posts"]


STANDARD_NAME = {
    "db/alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s:%(here)s/..\n",
    "db/types/__init__.py": "",
    "db/migrations/env.py": "import app.made\n",
    "app/__init__.py": "from .made import thing\nfrom .later import more\n",
    "app/made.py": "import types\nfrom user import User as thing\n",
    "app/later.py": "import app.made\nmore = 1\n",
    "main.py": "from fastapi import FastAPI\nimport app\nserver = FastAPI()\n",
    "other.py": "from fastapi import FastAPI\nfrom app import thing\nserver = FastAPI()\n",
}


def test_a_name_of_the_standard_library_that_only_one_program_finds_in_the_workspace(tmp_path: Path) -> None:
    """The folder of the configuration is on ``sys.path`` for Alembic alone; ``types`` was imported before."""
    workspace = workspace_of(tmp_path, MODELS | STANDARD_NAME)
    entries = sorted(workspace.entry_points, key=lambda entry: entry.kind is EntryKind.ALEMBIC)
    assert entries[0].kind is not EntryKind.ALEMBIC
    assert entries[-1].kind is EntryKind.ALEMBIC
    shared = Shared()
    for entry in (*entries, *entries):
        assert told(simulate(workspace, entry, shared)) == told(simulate(workspace, entry))


@pytest.mark.parametrize("again", ["print(1)", "raise", "raise ValueError"])
def test_what_a_handler_raises_again_stops_no_recording(tmp_path: Path, repeated: Counter[str], again: str) -> None:
    made = f"def f():\n    try:\n        print(open('x'))\n    except OSError:\n        {again}\nf()\nimport user\n"
    files = {"made.py": made, "one.py": "import made\n", "two.py": "import made\n"}
    workspace = workspace_of(tmp_path, MODELS | files)
    one, two = timelines(workspace, ["one.py", "two.py"], Shared())
    assert repeated["made"] == 1
    assert keys(one) == keys(two) == ["users"]
    assert told(two) == told(simulate(workspace, isolated_entry(workspace, "two.py")))


CALLABLES_OF_LIBRARIES = {
    "listener": "from sqlalchemy import event\n@event.listens_for(User, 'before_insert')\ndef f(*args): pass\n",
    "method": "from user import User\nfrom sqlalchemy import create_engine\n"
    "Base.metadata.create_all(create_engine('sqlite://'))\nT = User.metadata.tables\n",
    "mapped": "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import registry\nr = registry()\n"
    "@r.mapped\nclass Tag:\n    __tablename__ = 'tags'\n    id = Column(Integer, primary_key=True)\n",
    "task": "from celery import Celery\napp = Celery()\n@app.task()\ndef f():\n    import user\nf()\n",
    "command": "import typer\napp = typer.Typer()\n@app.command('f')\ndef f():\n    import user\n",
    "start-up": "from fastapi import FastAPI\napp = FastAPI()\n@app.on_event('startup')\ndef f():\n    import user\n",
}


@pytest.mark.parametrize("text", CALLABLES_OF_LIBRARIES.values(), ids=CALLABLES_OF_LIBRARIES)
def test_a_module_that_calls_what_a_library_made_is_repeated(tmp_path: Path, repeated: Counter[str], text: str) -> None:
    made = f"from base import Base\nfrom user import User\n{text}"
    workspace = workspace_of(
        tmp_path, {**MODELS, "made.py": made, "one.py": "import made\n", "two.py": "import made\n"}
    )
    one, two = timelines(workspace, ["one.py", "two.py"], Shared())
    assert repeated["made"] == 1
    assert keys(one) == keys(two)
    assert told(two) == told(simulate(workspace, isolated_entry(workspace, "two.py")))


def test_the_event_of_an_import_that_no_root_finds_is_in_its_record_again(
    tmp_path: Path, repeated: Counter[str]
) -> None:
    files = {"pyproject.toml": "", "a/b/shop/models.py": "x = 1\n", "c/reader.py": "import shop.models\n"}
    files |= {"c/one.py": "import reader\n", "c/two.py": "import reader\n"}
    workspace = workspace_of(tmp_path, files)
    (_, two) = timelines(workspace, ["c/one.py", "c/two.py"], Shared())
    assert repeated["reader"] == 1
    assert any(record.last > record.first for record in two.imports if record.module == "shop.models")
    assert told(two) == told(simulate(workspace, isolated_entry(workspace, "c/two.py")))


def test_what_hinders_one_repetition_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    """Whether ``types`` is the file of that folder depends on what is loaded: there nothing is repeated."""
    files = {"pyproject.toml": "", "shop/__init__.py": "", "shop/kinds.py": "import types\n", "b/types.py": ""}
    files |= {f"{folder}/start.py": "from shop import kinds\n" for folder in "abc"}
    workspace = workspace_of(tmp_path, files)
    shared = Shared()
    for folder in "abc":
        path = f"{folder}/start.py"
        entry = EntryPoint(EntryKind.SCRIPT, path, path, "", "", "", (folder,), ("",), None, None)
        timeline = simulate(workspace, entry, shared)
        assert not list(timeline.of(EventKind.MODULE_FAILED))
        assert told(timeline) == told(simulate(workspace, entry))
