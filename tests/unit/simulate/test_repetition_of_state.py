"""What a module finds of the program's state is part of what is repeated: where it is something else, nothing is stale.

Each program has entry points that meet the same modules in different states. They are simulated one after the other in
every order of two, over what both share, and compared with a simulation that shares nothing.
"""

from __future__ import annotations

from functools import partial
from itertools import permutations
from operator import eq
from pathlib import Path

import pytest

from cucurbit.analysis.isolated import isolated_entry
from cucurbit.opening import open_workspace
from cucurbit.simulate.replay.repetition import Shared
from cucurbit.simulate.run import simulate
from cucurbit.simulate.stack import deep
from tests.timelines import told

PROGRAMS = {
    "a name put among the built-in ones": {
        "r.py": "try:\n    _tr\nexcept NameError:\n    import other\n",
        "one.py": "import r\n",
        "two.py": "import builtins\nbuiltins._tr = 1\nimport r\n",
    },
    "a function whose attributes are set": {
        "u.py": "def f(): pass\n",
        "r.py": 'from u import f\nif f.__name__ == "f":\n    import other\n',
        "one.py": "import r\n",
        "two.py": 'from u import f\nf.__name__ = "g"\nimport r\n',
    },
    "the working directory changed by what is executed twice, as the first repetition fails": {
        "flags.py": "X = False\n",
        "w.py": 'import os, flags\nif flags.X: os.chdir("sub")\n',
        "m.py": "import w\n",
        "sub/there.py": "",
        "one.py": "import m\n",
        "two.py": "import flags\nflags.X = True\nimport m, os, sys\nsys.path.insert(0, os.getcwd())\nimport there\n",
    },
    "migrations run by what is executed twice, as the first repetition fails": {
        "flags.py": "X = False\n",
        "w.py": "import flags\nfrom alembic import command\nfrom alembic.config import Config\n"
        'if flags.X: command.upgrade(Config("alembic.ini"), "head")\n',
        "m.py": "import w\n",
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/env.py": "from alembic import context\ncontext.configure(target_metadata=None)\n",
        "one.py": "import m\n",
        "two.py": "import flags\nflags.X = True\nimport m\n",
    },
    "another process started by what is executed twice, as the first repetition fails": {
        "flags.py": "X = False\n",
        "w.py": "import flags, uvicorn\nif flags.X: uvicorn.run('app:app', reload=True)\n",
        "app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "m.py": "import w\n",
        "one.py": "import m\n",
        "two.py": "import flags\nflags.X = True\nimport m\n",
    },
    "a generator used up by what is executed twice, as the first repetition fails": {
        "flags.py": "X = False\n",
        "g.py": "def items():\n    yield 1\nheld = items()\n",
        "w.py": "import flags, g\nif flags.X:\n    for each in g.held:\n        import other\n",
        "m.py": "import w\n",
        "one.py": "import m\n",
        "two.py": "import flags\nflags.X = True\nimport m\n",
    },
    "the identity of the members of an Enum": {
        "u.py": "from enum import Enum\n\nclass Color(Enum):\n    RED = 1\n    BLUE = 2\n",
        "r.py": "from u import Color\nX = Color.RED\n",
        "one.py": "import r\n",
        "two.py": "import r\nfrom u import Color\nif r.X is Color.RED:\n    import other\n",
        "three.py": "import r\nfrom u import Color\nif r.X is Color.BLUE:\n    import other\n",
    },
    "a list that a module of the circle fills later": {
        "m.py": "X = []\nimport r\nX.append(1)\n",
        "r.py": "import m\nif m.X:\n    import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a list of which a module of the circle loses sight later": {
        "m.py": "import elsewhere\nX = []\nimport r\nelsewhere.fill(X)\n",
        "r.py": "import m\nfor each in m.X:\n    import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a dict that a module of the circle fills later": {
        "m.py": 'D = {}\nimport r\nD["a"] = 1\n',
        "r.py": "import m\nfor each in m.D:\n    import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a dict of which a module of the circle loses sight later": {
        "m.py": "import elsewhere\nD = {}\nimport r\nelsewhere.fill(D)\n",
        "r.py": "import m\nfor each in m.D:\n    import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a class that a module of the circle changes later": {
        "m.py": "class C: pass\nimport r\nC.flag = True\n",
        "r.py": 'import m\nif hasattr(m.C, "flag"):\n    import other\n',
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a class that a module of the circle maps later": {
        "m.py": "from sqlalchemy import Column, Integer, Table\nfrom sqlalchemy.orm import registry\n"
        "mapped = registry()\n"
        'table = Table("c", mapped.metadata, Column("id", Integer, primary_key=True))\n\nclass C: pass\n\n'
        "import r\nmapped.map_imperatively(C, table)\n",
        "r.py": "import m\nif m.C.metadata: import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a module of the circle that has not come to its end": {
        "m.py": "import r\n",
        "r.py": "import m\ntry:\n    m.gone\nexcept AttributeError:\n    import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a module of the circle that opens its namespace later": {
        "m.py": "import r\nglobals()\n",
        "r.py": "import m\ntry:\n    m.gone\nexcept AttributeError:\n    import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a name that a module of the circle deletes later": {
        "m.py": "x = 1\nimport r\ndel x\ndef f():\n    global x\n    x = 2\n",
        "r.py": "import m\nif m.x: import other\n",
        "one.py": "import r\n",
        "two.py": "import m\n",
    },
    "a guarded block around what is not followed": {
        "u.py": "class A: pass\na = A()\n",
        "r.py": "import u\nu.a.x = 1\n",
        "one.py": "import r\n",
        "two.py": "try:\n    import r\nexcept Exception:\n    import other\n",
    },
    "modules that come from what is not followed": {
        "flags.py": "X = ()\n",
        "w.py": "import flags, sys\nfor name in flags.X: sys.modules[name] = 1\n",
        "m.py": "import w\ntry:\n    import gone.sub\nexcept ImportError:\n    import other\n",
        "gone/__init__.py": "",
        "one.py": "import m\n",
        "two.py": "import flags, os\nflags.X = os.listdir()\nimport m\n",
    },
    "the default schema of a MetaData": {
        "base.py": "from sqlalchemy import MetaData\nmeta = MetaData()\n",
        "t.py": "from sqlalchemy import Column, Integer, Table\nfrom base import meta\n"
        't = Table("t", meta, Column("id", Integer, primary_key=True))\n',
        "one.py": "import t\n",
        "two.py": 'import base\nbase.meta.schema = "s"\nimport t\n',
    },
    "a MetaData filled from a database": {
        "base.py": "from sqlalchemy import MetaData\nmeta = MetaData()\n",
        "t.py": "from sqlalchemy import Column, Integer, Table\nfrom base import meta\n"
        't = Table("t", meta, Column("id", Integer, primary_key=True))\nfor each in meta.tables:\n    import other\n',
        "one.py": "import t\n",
        "two.py": "import base\nbase.meta.reflect(bind=None)\nimport t\n",
    },
    "a MetaData that gets its name where it is bound": {
        "base.py": "from sqlalchemy import MetaData\nheld = [MetaData()]\n",
        "r.py": "from base import held\nmeta = held[0]\n",
        "t.py": "from base import held\nfrom sqlalchemy import Column, Integer, Table\n"
        't = Table("t", held[0], Column("id", Integer, primary_key=True))\n',
        "one.py": "import r, t\n",
        "two.py": "import t\n",
    },
    "a MetaData that a function of its module names": {
        "base.py": "from sqlalchemy import MetaData\nheld = [MetaData()]\n\ndef name():\n"
        "    global meta\n    meta = held[0]\n",
        "t.py": "from base import held\nfrom sqlalchemy import Column, Integer, Table\n"
        't = Table("t", held[0], Column("id", Integer, primary_key=True))\n',
        "one.py": "import base\nbase.name()\nimport t\n",
        "two.py": "import t\n",
    },
    "a decorator from outside on a class": {
        "u.py": "class A: pass\n",
        "r.py": "from u import A\nif A() == A(): import other\n",
        "one.py": "import r\n",
        "two.py": "import functools, u\nfunctools.total_ordering(u.A)\nimport r\n",
    },
    "a module that is loaded again": {
        "u.py": "L = []\n",
        "r.py": "import u\nif u.L: import other\nu.L.append(1)\n",
        "one.py": "import r\n",
        "two.py": "import importlib, u\nimportlib.reload(u)\nimport r\n",
    },
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_state_that_differs_is_no_repetition(name: str, tmp_path: Path) -> None:
    files = {"other.py": ""} | PROGRAMS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    workspace = open_workspace(tmp_path)
    entries = [isolated_entry(workspace, path) for path in files if path.endswith(".py")]
    alone = {entry: told(simulate(workspace, entry)) for entry in entries}
    for first, second in permutations(entries, 2):
        shared = Shared()
        for entry in (first, second, first):
            again = told(simulate(workspace, entry, shared))
            assert deep(partial(eq, again, alone[entry])), f"{entry.target} after {first.target}, {second.target}"
