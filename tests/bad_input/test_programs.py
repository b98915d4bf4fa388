"""Programs that nest deep, do not end, or make no sense: each is followed as far as it can be, within the budget."""

# ruff: noqa: E501 - small programs and files, each on a line

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cucurbit.simulate.core import work
from cucurbit.simulate.core.work import BUDGET
from cucurbit.simulate.simulation import Simulation
from tests.bad_input.conftest import MODEL, app, look

MANY = 500
START = "import os\n"

DEEP: Mapping[str, str] = {
    "calls": "def f0(): pass\n" + "".join(f"def f{i}(): f{i - 1}()\n" for i in range(1, MANY)) + f"f{MANY - 1}()\n",
    "ifs as deep as Python reads": "".join(" " * i + f"if os.x{i}:\n" for i in range(95)) + " " * 95 + "pass\n",
    "elifs": "if os.x: pass\n" + "".join(f"elif os.x{i}: pass\n" for i in range(5000)),
    "brackets": "x = " + "(" * 150 + "1" + ")" * 150 + "\n",
    "a sum": "x = " + "os.x + " * 5000 + "1\n",
    "attributes": "x = os" + ".a" * 5000 + "\n",
    "calls of calls": "x = os.a" + "()" * 5000 + "\n",
    "boolean operators": "x = " + "os.x and (" * 90 + "1" + ")" * 90 + "\n",
    "conditions": "x = " + "1 if os.x else " * 2000 + "2\n",
    "lambdas": "x = " + "lambda: " * 80 + "1\n",
    "classes": "".join(" " * i + f"class A{i}:\n" for i in range(60)) + " " * 60 + "pass\n",
    "bases": "class A0: pass\n" + "".join(f"class A{i}(A{i - 1}): pass\n" for i in range(1, 200)),
    "tries": "".join(" " * i + "try:\n" for i in range(18))
    + " " * 18
    + "import zz\n"
    + "".join(" " * i + "except ImportError: pass\n" for i in reversed(range(18))),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep(name: str) -> None:
    """What stands behind something deep is seen all the same."""
    seen = look(app(START + DEEP[name] + MODEL))
    assert seen.tables == {"users"}
    assert seen.failures == []


@pytest.mark.parametrize(
    "text",
    [
        "".join(" " * i + f"if os.x{i}:\n" for i in range(MANY)) + " " * MANY + "pass\n",
        "x = " + "(" * 5000 + ")" * 5000 + "\n",
        "x = " + "not " * 5000 + "1\n",
        "x = " + "[" * 50_000 + "\n",
    ],
    ids=["ifs", "brackets", "nots", "open brackets"],
)
def test_deeper_than_python_reads(text: str) -> None:
    """The rest of the file counts."""
    assert look(app(START + MODEL + text)).tables == {"users"}


def test_a_cycle_of_modules() -> None:
    files = {f"m{i}.py": f"import m{(i + 1) % MANY}\n" for i in range(MANY)}
    seen = look(app("import m0\n" + MODEL) | files)
    assert seen.tables == {"users"}
    assert sum(len(timeline.visited) for timeline in seen.context.timelines) == MANY + 2
    # The last one meets a module that is half executed, as Python would.
    last = "import m0\nimport m\n\nm.User\n"
    assert look(app("import m0\n" + MODEL) | files | {f"m{MANY - 1}.py": last}).failures == ["AttributeError"]


def test_a_cycle_deeper_than_any_stack() -> None:
    many = 3200
    files = {f"m{i}.py": f"import m{(i + 1) % many}\n" for i in range(many)}
    seen = look(files | {"main.py": "from fastapi import FastAPI\nimport m0\napp = FastAPI()\n"})
    assert "nests too deep" in seen.cuts


def test_a_file_that_runs_itself() -> None:
    """Python ends it with RecursionError, but at what depth nobody can say."""
    seen = look(
        {"app/__init__.py": "", "app/again.py": "import runpy\nrunpy.run_module('app.again')\n"}
        | app("import app.again\n")
    )
    assert "too long to follow" in seen.cuts


def test_a_long_file() -> None:
    seen = look(app("".join(f"x{i} = {i}\n" for i in range(100_000)) + MODEL))
    assert seen.tables == {"users"}
    assert seen.cuts == ""


def test_a_program_longer_than_the_budget(monkeypatch: pytest.MonkeyPatch, programs: list[Simulation]) -> None:
    monkeypatch.setattr(work, "BUDGET", 5000)
    seen = look(app("".join(f"x{i} = {i}\n" for i in range(5000)) + MODEL))
    assert "too long to follow" in seen.cuts
    assert max(program.spent for program in programs) <= 5001


ENDLESS: Mapping[str, str] = {
    "while": "while True: pass\n",
    "a counter": "n = 0\nwhile n < 10 ** 9:\n    n += 1\n",
    "a list that grows": "x = [1]\nwhile True:\n    x.append(x)\n",
    "a list that grows while it is walked": "x = [1]\nfor y in x:\n    x.append(y)\n",
    "doubled lists": "x = [1]\nfor i in range(1000):\n    x = x + x\ny = [1]\nfor i in range(1000):\n    y += y\n",
    "unpacked lists": "x = [1]\nfor i in range(1000):\n    x = [*x, *x]\n",
    "doubled strings": "x = 'a'\nfor i in range(1000):\n    x = x + x\n",
    "formatted strings": "x = 'a'\nfor i in range(100):\n    x = f'{x}{x}{x}'\ny = '{0}{0}'\nfor i in range(99):\n"
    "    y = y.format(y)\n",
    "replaced strings": "x = 'a'\nfor i in range(100):\n    x = x.replace('a', 'aaa')\n",
    "joined strings": "x = 'a'\nfor i in range(100):\n    x = x.join([x, x, x])\n",
    "multiplied": "a = 'a' * 10 ** 12\nb = [1] * 10 ** 12\nc = 1 << 10 ** 12\nd = 10 ** 10 ** 10\n",
    "wide fields": "a = '%1000000000000d' % 1\nb = '%*d' % (10**9, 1)\nc = '{:999999999}'.format(1)\n"
    "d = '{:{}}'.format(1, 999999999)\ne = 'a'.ljust(10 ** 12)\n",
    "long ranges": "a = range(10 ** 30)\nb = list(range(10 ** 12))\nfor c in range(10 ** 12): pass\nrange(1, 2, 3, 4)\n",
    "long numbers": "a = " + "9" * 4000 + "\nb = a + 1.5\nc = a * a\nd = f'{a * a}'\ne = str(a)\nf = a < 1.5\n",
    "powers": "x = 2\nfor i in range(200):\n    x = x ** x\n    y = x * x\n",
    "recursion": "def f(n): return f(n + 1) + f(n - 1)\nf(1)\n",
    "mutual recursion": "def f(n): return g(n + 1)\ndef g(n): return [f(n), f(n + 1)]\nf(1)\n",
    "a generator": "def g():\n    while True:\n        yield 1\nfor x in g(): pass\nx = list(g())\n",
    "a generator of itself": "def g():\n    yield 1\n    yield from g()\nx = list(g())\n",
    "library generators": "import itertools\nfor x in itertools.count(): pass\nx = [y for y in itertools.cycle('a')]\n",
    "two calls in each": "def f0(): pass\n"
    + "".join(f"def f{i}():\n    f{i - 1}()\n    f{i - 1}()\n" for i in range(1, 60))
    + "f59()\n",
    "two branches in each": "def f0(): pass\n"
    + "".join(f"def f{i}():\n    if os.x: f{i - 1}()\n    else: f{i - 1}()\n" for i in range(1, 60))
    + "f59()\n",
    "choices of choices": "x = 0\n"
    + "".join(f"if os.a{i}: x = {i}\n" for i in range(200))
    + "".join(f"if os.b{i}: x = x + {i}\n" for i in range(50)),
    "returns on many branches": "def f():\n"
    + "".join(f"    if os.x{i}:\n        if os.y{i}: return {i}\n" for i in range(200))
    + "f()\n",
    "an object that makes itself": "class A:\n    def __init__(self): A()\n    @property\n    def a(self): return self.a\n"
    "    def __getattr__(self, name): return getattr(self, name)\nA().a.b.c\n",
    "containers in themselves": "a = []\na.append(a)\na.extend(a)\na += a\nb = {}\nb['b'] = b\nb.update(b)\nc = (a, b)\n"
    "d = [*a, *a]\ne = {**b, **b}\na == a\nb == b\nf'{a}{b}'\nsorted(a)\nfor x in a:\n    for y in x:\n        for z in y: pass\n",
    "loops in loops": "for a in range(900):\n    for b in range(900):\n        for c in range(900): pass\n",
    "a module that runs itself": "import runpy, importlib\ntry:\n    runpy.run_module('m')\nexcept RecursionError: pass\n"
    "exec(open(__file__).read())\n",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_endless(name: str, monkeypatch: pytest.MonkeyPatch, programs: list[Simulation]) -> None:
    """It ends within the budget, and what stands behind it is seen or the timeline says that it was cut."""
    monkeypatch.setattr(work, "BUDGET", BUDGET // 10)
    seen = look(app(START + ENDLESS[name] + MODEL))
    assert max(program.spent for program in programs) <= BUDGET // 10 + 1000
    assert "users" in seen.tables or seen.cuts


NONSENSE: Mapping[str, str] = {
    "a class of its own name": "class A: pass\nclass A(A): pass\nclass A(A): pass\n",
    "classes in a circle": "class A: pass\nclass B(A): pass\nA.__bases__ = (B,)\nA.__mro__ = B\n",
    "metaclasses": "class M(type):\n    def __new__(m, *a, **k): return 5\n    def __getattr__(s, n): return getattr(s, n)\n"
    "    def __getitem__(s, n): return s[n]\nclass X(metaclass=M): pass\nX.foo\nclass Z(metaclass=lambda *a: 1): pass\n",
    "decorators": "@lambda f: f\ndef x(*y): pass\n@lambda c: c\nclass Z: pass\n@(lambda c: lambda: c)\nclass Y: pass\n@x\n"
    "@os\nclass W: pass\n",
    "sys.path": "import sys\nsys.path.insert(0, '/etc')\nsys.path.append('../../../..')\nsys.path.append('C:\\\\x')\n"
    "sys.path.append(5)\nsys.path.append('\\0')\nsys.path[0:0] = ['/a']\nsys.path.insert(0, sys.path)\n"
    "sys.path += ['//x//', os.x]\n",
    "names of modules": "import importlib\n"
    + "".join(
        f"try: importlib.import_module({name})\nexcept Exception: pass\n"
        for name in (
            "''",
            "'.'",
            "'..a'",
            "'..a', 'b'",
            "'a..b'",
            "'a.'",
            "'a b'",
            "'a/b'",
            "'\\0'",
            "'\\ud800'",
            "5",
            "",
        )
    )
    + "try: __import__('', fromlist=[1])\nexcept Exception: pass\n",
    "__all__": "__all__ = []\n__all__ += __all__\n__all__ = __all__ * 10 ** 9\n__all__.extend(os.x)\n__all__ = 5\n",
    "assignments": "a, *b = *c, d = 1, 2, 3\n[x, y], z = (1, 2), 3\nos.x.y, os.z[0] = 1, 2\nfor os.x, (q, *r) in []: pass\n",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense(name: str) -> None:
    seen = look(app(START + NONSENSE[name] + MODEL))
    assert seen.tables == {"users"}
    # Imports of modules with unknown names are counted: no table is missing.
    assert not seen.findings


def test_a_long_all() -> None:
    names = ", ".join(f"'x{i}'" for i in range(20_000))
    seen = look(app(MODEL, n=f"from m import *\n__all__ = [{names}]\n", o="from n import *\n"))
    assert seen.tables == {"users"}


def test_star_imports_in_a_circle() -> None:
    files = app("from n import *\n" + MODEL, n="from m import *\nfrom n import *\nfrom main import *\n")
    assert look(files).tables == {"users"}


def test_modules_that_import_themselves() -> None:
    seen = look(
        {
            "main.py": "from fastapi import FastAPI\nimport main\nimport p.m\nfrom main import *\napp = FastAPI()\n",
            "p/__init__.py": "import p\nfrom . import m\nfrom p import *\n",
            "p/m.py": "import p, p.m as m, main, __main__\nfrom . import m as again\n" + MODEL,
        }
    )
    assert seen.tables == {"users"}
    assert seen.failures == []


def test_deep_packages() -> None:
    files = {"/".join(["p"] * depth) + "/__init__.py": "" for depth in range(1, 100)}
    module = "/".join(["p"] * 99) + "/m.py"
    main = f"from fastapi import FastAPI\nimport {'.'.join(['p'] * 99)}.m\napp = FastAPI()\n"
    seen = look(files | {module: "from " + "." * 98 + " import p\n" + MODEL, "main.py": main})
    assert seen.tables == {"users"}


def test_more_dots_than_packages() -> None:
    assert look(app("from " + "." * 500 + " import x\n" + MODEL)).failures == ["ImportError"]
