# === enum by value
from enum import Enum
class E(Enum):
    A = "a"
    B = "b"
if E("a") is not E.A:
    raise RuntimeError("another member")
assert E["B"] is E.B and E.A != E.B
# === enum of strings
from enum import Enum
class E(str, Enum):
    A = "a"
assert E.A == "a" and "a" == E.A and E("a") == E.A and E.A.value == "a" and E.A.name == "A"
# === enum of strings in a text
from enum import Enum
class E(str, Enum):
    A = "a"
if E.A.upper() != "A" or "".join([E.A]) != "a" or {"a": 1}[E.A] != 1:
    raise RuntimeError("no string")
# === str of an enum
from enum import Enum
class E(str, Enum):
    A = "a"
assert str(E.A) == "E.A"
# === enum with auto
from enum import Enum, auto
class E(Enum):
    A = auto()
    B = auto()
assert E.A.value == 1 and E.B.value == 2 and E(2) is E.B
# === enum members in order
from enum import Enum
class E(Enum):
    A = 1
    B = 2
assert [m.name for m in E] == ["A", "B"] and len(E) == 2 and E.A in E
# === enum aliases
from enum import Enum
class E(Enum):
    A = 1
    B = 1
assert E.B is E.A and E.B.name == "A" and list(E) == [E.A]
# === IntEnum
from enum import IntEnum
class I(IntEnum):
    LOW = 1
    HIGH = 2
if not I.LOW == 1 or not I.LOW < I.HIGH or I(2) is not I.HIGH:
    raise RuntimeError("no int")
# === Flag
from enum import Flag, auto
class F(Flag):
    R = auto()
    W = auto()
assert F.R | F.W != F.R and (F.R | F.W) & F.R == F.R and not F.R & F.W
# === StrEnum [3.11]
from enum import StrEnum, auto
class S(StrEnum):
    RED = auto()
assert S.RED == "red" and f"{S.RED}" == "red"
# === enum with a method
from enum import Enum
class E(Enum):
    A = 1
    def next(self):
        return self.value + 1
assert E.A.next() == 2
# === enum with __init__
from enum import Enum
class Planet(Enum):
    EARTH = (5, 6)
    def __init__(self, mass, radius):
        self.mass = mass
assert Planet.EARTH.mass == 5 and Planet.EARTH.value == (5, 6)
# === enum with _missing_
from enum import Enum
class E(Enum):
    A = "a"
    @classmethod
    def _missing_(cls, value):
        return cls(value.lower())
assert E("A") is E.A
# === enum value that does not exist
from enum import Enum
class E(Enum):
    A = 1
try:
    E(2)
except ValueError:
    refused = True
assert refused
# === enum made by a call
from enum import Enum
E = Enum("E", "A B")
assert E.A.value == 1 and E["B"].name == "B"
# === enum in a table
from enum import Enum
class E(Enum):
    A = 1
    B = 2
table = {E.A: "first", E.B: "second"}
if table[E(2)] != "second":
    raise RuntimeError("another member")
# === enum looked up by a class method
from enum import Enum
class E(str, Enum):
    A = "a"
    @classmethod
    def of(cls, v):
        return cls(v)
assert E.of("a") == E.A
# === enum unique
from enum import Enum, unique
try:
    @unique
    class E(Enum):
        A = 1
        B = 1
except ValueError:
    refused = True
assert refused
# === enum __members__
from enum import Enum
class E(Enum):
    A = 1
assert list(E.__members__) == ["A"] and E.__members__["A"] is E.A
# === enum isinstance
from enum import Enum
class E(Enum):
    A = 1
assert isinstance(E.A, E) and issubclass(E, Enum)
# === enum in match
from enum import Enum
class E(Enum):
    A = 1
    B = 2
match E(2):
    case E.A:
        raise RuntimeError("A")
    case E.B:
        found = "B"
assert found == "B"
# === dataclass
from dataclasses import dataclass, field
@dataclass
class D:
    a: int
    b: list = field(default_factory=list)
    c: str = "x"
d = D(1)
d.b.append(1)
assert d.b == [1] and d.c == "x" and D(2).b == []
# === dataclass equality
from dataclasses import dataclass
@dataclass
class D:
    a: int
if D(1) != D(1) or D(1) == D(2):
    raise RuntimeError("equality")
# === a frozen dataclass
from dataclasses import dataclass, FrozenInstanceError
@dataclass(frozen=True)
class D:
    a: int
assert D(1) in {D(1)}
try:
    D(1).a = 2
except FrozenInstanceError:
    refused = True
assert refused
# === dataclass __post_init__
from dataclasses import dataclass
@dataclass
class D:
    a: int
    def __post_init__(self):
        self.b = self.a + 1
assert D(1).b == 2
# === dataclass order
from dataclasses import dataclass
@dataclass(order=True)
class D:
    a: int
assert D(1) < D(2) and max(D(1), D(3)).a == 3
# === dataclass replace and asdict
from dataclasses import asdict, astuple, dataclass, fields, replace
@dataclass
class D:
    a: int
    b: int = 2
assert asdict(replace(D(1), b=3)) == {"a": 1, "b": 3}
assert [f.name for f in fields(D)] == ["a", "b"] and astuple(D(1)) == (1, 2)
# === dataclass inheritance
from dataclasses import dataclass
@dataclass
class A:
    x: int = 1
@dataclass
class B(A):
    y: int = 2
assert B(3).x == 3 and B().y == 2
# === dataclass keyword only
from dataclasses import dataclass
@dataclass(kw_only=True)
class D:
    a: int = 1
try:
    D(1)
except TypeError:
    refused = True
assert refused and D(a=2).a == 2
# === dataclass InitVar
from dataclasses import InitVar, dataclass
@dataclass
class D:
    a: int = 0
    scale: InitVar[int] = 2
    def __post_init__(self, scale):
        self.a *= scale
assert D(3).a == 6
# === namedtuple
from collections import namedtuple
P = namedtuple("P", "x y", defaults=[5])
p = P(1)
x, y = p
assert p.y == 5 and p == (1, 5) and p._replace(x=2).x == 2 and p._asdict() == {"x": 1, "y": 5}
# === NamedTuple
from typing import NamedTuple
class P(NamedTuple):
    x: int
    y: int = 2
assert P(1) == (1, 2) and P(1) == P(1) and P._fields == ("x", "y")
# === TypedDict
from typing import TypedDict
class D(TypedDict, total=False):
    a: int
assert D(a=1) == {"a": 1} and D() == {}
# === SimpleNamespace
from types import SimpleNamespace
n = SimpleNamespace(a=1)
n.b = 2
assert n.a + n.b == 3 and n == SimpleNamespace(a=1, b=2)
# === partial
from functools import partial
binary = partial(int, base=2)
assert binary("10") == 2 and binary.keywords == {"base": 2}
# === reduce
from functools import reduce
assert reduce(lambda a, b: a * b, [1, 2, 3, 4]) == 24
# === lru_cache
from functools import lru_cache
calls = []
@lru_cache(maxsize=None)
def f(x):
    calls.append(x)
    return x
f(1), f(1), f(2)
assert calls == [1, 2] and f.cache_info().hits == 1
# === wraps
from functools import wraps
def d(f):
    @wraps(f)
    def wrapper(*a, **k):
        return f(*a, **k)
    return wrapper
@d
def g():
    """Doc."""
    return 1
if g.__name__ != "g" or g.__doc__ != "Doc." or g() != 1:
    raise RuntimeError(g.__name__)
# === singledispatch
from functools import singledispatch
@singledispatch
def show(x):
    return "object"
@show.register
def _(x: int):
    return "int"
@show.register(list)
def _(x):
    return "list"
assert show(1) == "int" and show([]) == "list" and show("") == "object"
# === singledispatchmethod
from functools import singledispatchmethod
class A:
    @singledispatchmethod
    def f(self, x):
        return "any"
    @f.register
    def _(self, x: int):
        return "int"
assert A().f(1) == "int" and A().f("") == "any"
# === cmp_to_key
from functools import cmp_to_key
assert sorted([1, 3, 2], key=cmp_to_key(lambda a, b: b - a)) == [3, 2, 1]
# === contextmanager
from contextlib import contextmanager
log = []
@contextmanager
def open_it():
    log.append("in")
    try:
        yield 5
    finally:
        log.append("out")
with open_it() as value:
    log.append(value)
assert log == ["in", 5, "out"]
# === contextmanager that swallows
from contextlib import contextmanager
@contextmanager
def quiet():
    try:
        yield
    except ValueError:
        pass
with quiet():
    raise ValueError
ok = True
assert ok
# === suppress
from contextlib import suppress
with suppress(KeyError, ValueError):
    {}["a"]
    raise RuntimeError("never")
assert True
# === ExitStack
from contextlib import ExitStack
log = []
with ExitStack() as stack:
    stack.callback(log.append, 1)
    stack.callback(log.append, 2)
if log != [2, 1]:
    raise RuntimeError(log)
# === nullcontext and closing
from contextlib import closing, nullcontext
import io
with nullcontext(3) as three, closing(io.StringIO("x")) as text:
    assert three == 3 and text.read() == "x"
assert text.closed
# === redirect_stdout
import io
from contextlib import redirect_stdout
out = io.StringIO()
with redirect_stdout(out):
    print("hello")
if out.getvalue() != "hello\n":
    raise RuntimeError("not redirected")
# === a context manager as a decorator
from contextlib import ContextDecorator
class logged(ContextDecorator):
    log = []
    def __enter__(self):
        self.log.append("in")
    def __exit__(self, *e):
        self.log.append("out")
@logged()
def f():
    logged.log.append("body")
f()
assert logged.log == ["in", "body", "out"]
# === defaultdict
from collections import defaultdict
d = defaultdict(list)
d["a"].append(1)
if d["a"] != [1] or "b" in d:
    raise RuntimeError("defaultdict")
# === Counter
from collections import Counter
c = Counter("abca")
assert c["a"] == 2 and c["z"] == 0 and c.most_common(1) == [("a", 2)]
# === ChainMap
from collections import ChainMap
assert ChainMap({"a": 1}, {"a": 2, "b": 3})["b"] == 3
# === OrderedDict
from collections import OrderedDict
d = OrderedDict(a=1, b=2)
d.move_to_end("a")
assert list(d) == ["b", "a"]
# === deque
from collections import deque
d = deque([1, 2], maxlen=2)
d.append(3)
d.appendleft(0)
assert list(d) == [0, 2] and len(d) == 2
# === UserDict
from collections import UserDict
class Lower(UserDict):
    def __setitem__(self, key, value):
        super().__setitem__(key.lower(), value)
d = Lower(A=1)
assert d["a"] == 1
# === itertools
import itertools
assert list(itertools.chain([1], [2])) == [1, 2] and list(itertools.islice(itertools.count(5), 2)) == [5, 6]
assert list(itertools.product([1], [2, 3])) == [(1, 2), (1, 3)]
assert [k for k, g in itertools.groupby("aab")] == ["a", "b"]
# === accumulate and zip_longest
from itertools import accumulate, zip_longest
assert list(accumulate([1, 2, 3])) == [1, 3, 6] and list(zip_longest([1], "ab")) == [(1, "a"), (None, "b")]
# === operator
import operator
assert operator.itemgetter("a")({"a": 1}) == 1 and operator.attrgetter("real")(3) == 3
assert operator.add(1, 2) == 3
# === copy of a list
import copy
a = [[1]]
b = copy.copy(a)
c = copy.deepcopy(a)
b[0].append(2)
if a != [[1, 2]] or c != [[1]] or a is b:
    raise RuntimeError("copies")
# === deepcopy of an object
import copy
class A:
    def __init__(self):
        self.xs = []
a = A()
b = copy.deepcopy(a)
b.xs.append(1)
assert a.xs == [] and a is not b
# === json
import json
d = json.loads('{"a": [1, null, true]}')
assert d["a"] == [1, None, True] and json.dumps({"a": 1}) == '{"a": 1}'
# === os.path
import os.path
assert os.path.splitext("a.py") == ("a", ".py") and os.path.basename("x/y") == "y"
assert os.path.dirname("x/y") == "x" and os.path.join("a", "b").replace(os.sep, "/") == "a/b"
# === os.environ
import os
os.environ["LANGUAGE_TEST_Q"] = "v"
assert os.environ.pop("LANGUAGE_TEST_Q") == "v"
if "LANGUAGE_TEST_Q" in os.environ or os.getenv("LANGUAGE_TEST_Q"):
    raise RuntimeError("still set")
# === os.environ is set and read
import os
os.environ["LANGUAGE_TEST_X"] = "1"
if os.environ["LANGUAGE_TEST_X"] != "1" or os.environ.get("LANGUAGE_TEST_X") != "1":
    raise RuntimeError("not set")
# === os.environ.setdefault
import os
os.environ.setdefault("LANGUAGE_TEST_Y", "a")
os.environ.setdefault("LANGUAGE_TEST_Y", "b")
if os.environ["LANGUAGE_TEST_Y"] != "a":
    raise RuntimeError("set twice")
# === pathlib
from pathlib import Path
p = Path("a") / "b.tar.gz"
assert p.suffix == ".gz" and p.stem == "b.tar" and p.parent == Path("a") and p.name == "b.tar.gz"
assert p.suffixes == [".tar", ".gz"] and p.with_suffix(".x").name == "b.tar.x"
# === pathlib on disk
from pathlib import Path
here = Path(__file__).resolve().parent
if not (here / "main.py").is_file() or (here / "nothing").exists():
    raise RuntimeError("files")
(here / "made").mkdir()
(here / "made" / "x.txt").write_text("text")
assert (here / "made" / "x.txt").read_text() == "text" and (here / "made").is_dir()
# === glob
from pathlib import Path
here = Path(__file__).parent
assert [p.name for p in here.glob("*.py")] == ["main.py"]
# === re
import re
m = re.match(r"(?P<host>\w+):(\d+)", "db:5432")
if m is None or m.group("host") != "db" or m[2] != "5432":
    raise RuntimeError("no match")
assert re.sub("a+", "b", "caat") == "cbt" and re.findall(r"\d", "a1b2") == ["1", "2"]
# === re.split
import re
if re.split(r"[,;]", "a,b;c") != ["a", "b", "c"]:
    raise RuntimeError("split")
name = "_".join(re.split(r"(?<=[a-z])(?=[A-Z])", "LineItem")).lower()
assert name == "line_item"
# === a compiled pattern
import re
P = re.compile(r"^[a-z]+$")
assert P.match("abc") and not P.match("1") and P.fullmatch("x").group() == "x"
# === re.sub with a function
import re
assert re.sub(r"\d", lambda m: str(int(m[0]) + 1), "a1") == "a2"
# === configparser
import configparser
c = configparser.ConfigParser()
c.read_string("[db]\nhost = h\nport = 1\n")
assert c["db"]["host"] == "h" and c.getint("db", "port") == 1 and c.get("db", "x", fallback="f") == "f"
if not c.has_section("db") or c.has_section("other"):
    raise RuntimeError("sections")
# === argparse
import argparse
p = argparse.ArgumentParser()
p.add_argument("--port", type=int, default=80)
p.add_argument("--debug", action="store_true")
a = p.parse_args(["--port", "1"])
if a.port != 1 or a.debug:
    raise RuntimeError(a)
# === logging
import logging
log = logging.getLogger("x")
assert log is logging.getLogger("x")
if not log.handlers:
    log.addHandler(logging.NullHandler())
log.setLevel(logging.DEBUG)
assert log.handlers and log.isEnabledFor(logging.DEBUG) and log.level == 10
# === a logging handler of one's own
import logging
seen = []
class Keep(logging.Handler):
    def emit(self, record):
        seen.append(record.getMessage())
log = logging.getLogger("kept")
log.addHandler(Keep())
log.warning("a %s", "b")
if seen != ["a b"]:
    raise RuntimeError(seen)
# === datetime
from datetime import date, datetime, timedelta, timezone
assert datetime(2020, 1, 31) + timedelta(days=1) == datetime(2020, 2, 1)
assert date(2020, 1, 1).isoformat() == "2020-01-01" and timedelta(hours=25).days == 1
assert datetime.now(timezone.utc).tzinfo is not None
# === datetime parses
from datetime import datetime
assert datetime.strptime("2020-02-03", "%Y-%m-%d").month == 2
# === decimal
from decimal import Decimal
if Decimal("0.1") + Decimal("0.2") != Decimal("0.3"):
    raise RuntimeError("decimal")
# === fractions
from fractions import Fraction
assert Fraction(1, 3) + Fraction(1, 6) == Fraction(1, 2)
# === uuid
import uuid
assert uuid.uuid4() != uuid.uuid4() and str(uuid.UUID(int=1)).endswith("1")
# === urllib.parse
from urllib.parse import quote, urlencode, urljoin, urlparse
u = urlparse("postgresql://u:p@h:1/db?x=1")
assert u.scheme == "postgresql" and u.port == 1 and u.path[1:] == "db" and u.query == "x=1"
assert quote("a b") == "a%20b" and urljoin("http://a/b/", "c") == "http://a/b/c" and urlencode({"a": 1}) == "a=1"
# === asyncio.run
import asyncio
async def main():
    await asyncio.sleep(0)
    return 3
if asyncio.run(main()) != 3:
    raise RuntimeError("no result")
# === asyncio.gather
import asyncio
async def double(x):
    return x * 2
async def main():
    return await asyncio.gather(double(1), double(2))
assert asyncio.run(main()) == [2, 4]
# === asyncio.create_task
import asyncio
log = []
async def work():
    log.append("work")
async def main():
    task = asyncio.create_task(work())
    log.append("main")
    await task
asyncio.run(main())
assert log == ["main", "work"]
# === asyncio.wait_for
import asyncio
async def main():
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    except asyncio.TimeoutError:
        return "late"
assert asyncio.run(main()) == "late"
# === an asyncio queue
import asyncio
async def main():
    q = asyncio.Queue()
    await q.put(1)
    return await q.get()
assert asyncio.run(main()) == 1
# === an asyncio event
import asyncio
async def main():
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    await event.wait()
    return event.is_set()
assert asyncio.run(main())
# === threading
import threading
found = []
t = threading.Thread(target=found.append, args=(1,))
t.start()
t.join()
if found != [1]:
    raise RuntimeError("not run")
# === a thread class
import threading
class Work(threading.Thread):
    result = None
    def run(self):
        self.result = 5
t = Work()
t.start()
t.join()
if t.result is None:
    raise RuntimeError("not run")
# === a lock and an event
import threading
lock, event = threading.Lock(), threading.Event()
with lock:
    assert lock.locked()
event.set()
assert event.is_set() and not lock.locked()
# === thread locals
import threading
local = threading.local()
local.x = 1
seen = []
t = threading.Thread(target=lambda: seen.append(hasattr(local, "x")))
t.start()
t.join()
assert seen == [False] and local.x == 1
# === contextvars
import contextvars
v = contextvars.ContextVar("v", default=1)
token = v.set(2)
assert v.get() == 2
v.reset(token)
if v.get() != 1:
    raise RuntimeError("not reset")
# === an executor
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    assert pool.submit(lambda: 3).result() == 3 and list(pool.map(str, [1, 2])) == ["1", "2"]
# === queue
import queue
q = queue.Queue()
q.put(1)
assert q.get() == 1 and q.empty()
try:
    q.get_nowait()
except queue.Empty:
    empty = True
assert empty
# === heapq and bisect
import bisect
import heapq
h = []
heapq.heappush(h, 2)
heapq.heappush(h, 1)
xs = [1, 3]
bisect.insort(xs, 2)
if heapq.heappop(h) != 1 or xs != [1, 2, 3]:
    raise RuntimeError("heap")
# === statistics and math
import math
import statistics
assert statistics.mean([1, 2, 3]) == 2 and math.sqrt(4) == 2 and math.isclose(0.1 + 0.2, 0.3)
# === random
import random
random.seed(1)
assert 0 <= random.random() < 1 and random.choice([5]) == 5
xs = [1, 2, 3]
random.shuffle(xs)
assert sorted(xs) == [1, 2, 3]
# === hashlib secrets and base64
import base64
import hashlib
import secrets
assert hashlib.sha256(b"").hexdigest().startswith("e3b0") and len(secrets.token_hex(4)) == 8
assert base64.b64encode(b"a") == b"YQ==" and base64.b64decode("YQ==") == b"a"
# === struct
import struct
assert struct.unpack("<H", struct.pack("<H", 258)) == (258,) and struct.calcsize("I") == 4
# === string
import string
assert string.ascii_lowercase[:3] == "abc" and string.Template("$a").substitute(a=1) == "1"
# === textwrap
import textwrap
assert textwrap.dedent("  a\n  b") == "a\nb" and textwrap.shorten("a b c", 4, placeholder="") == "a b"
# === warnings
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("old", DeprecationWarning)
if len(caught) != 1:
    raise RuntimeError("no warning")
# === a warning that is an error
import warnings
warnings.simplefilter("error")
try:
    warnings.warn("x")
except UserWarning:
    raised = True
assert raised
# === weakref
import weakref
class A:
    pass
a = A()
r = weakref.ref(a)
assert r() is a
table = weakref.WeakValueDictionary(a=a)
assert table["a"] is a
# === inspect
import inspect
def f(a, b=1, *, c):
    pass
assert list(inspect.signature(f).parameters) == ["a", "b", "c"] and inspect.isfunction(f)
# === tempfile and shutil
import os
import shutil
import tempfile
folder = tempfile.mkdtemp()
path = os.path.join(folder, "a")
with open(path, "w") as out:
    out.write("x")
if not os.path.exists(path) or open(path).read() != "x":
    raise RuntimeError("not written")
shutil.rmtree(folder)
assert not os.path.exists(folder)
# === io
import io
s = io.StringIO("a\nb\n")
assert s.readline() == "a\n" and list(s) == ["b\n"]
b = io.BytesIO()
b.write(b"x")
assert b.getvalue() == b"x"
# === csv
import csv
import io
rows = list(csv.DictReader(io.StringIO("a,b\n1,2")))
if rows[0]["b"] != "2":
    raise RuntimeError(rows)
# === sqlite3
import sqlite3
c = sqlite3.connect(":memory:")
c.execute("create table t (x)")
c.executemany("insert into t values (?)", [(1,), (2,)])
if c.execute("select count(*) from t").fetchone()[0] != 2:
    raise RuntimeError("rows")
# === an sqlite3 error
import sqlite3
try:
    sqlite3.connect(":memory:").execute("select * from nothing")
except sqlite3.OperationalError:
    missing = True
assert missing
# === fnmatch and shlex
import fnmatch
import shlex
assert fnmatch.fnmatch("a.py", "*.py") and shlex.split('a "b c"') == ["a", "b c"]
# === platform and sys
import platform
import sys
assert platform.system() and sys.version_info >= (3, 8) and sys.maxsize > 1000
if sys.version_info < (3, 0):
    raise RuntimeError("old")
# === signal and atexit
import atexit
import signal
old = signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGINT, old)
atexit.register(lambda: None)
# === html.parser calls back
from html.parser import HTMLParser
class Finder(HTMLParser):
    found = None
    def handle_starttag(self, tag, attrs):
        self.found = tag
finder = Finder()
finder.feed("<p>x</p>")
if finder.found is None:
    raise RuntimeError("no tag")
# === ast.NodeVisitor calls back
import ast
class Names(ast.NodeVisitor):
    def __init__(self):
        self.names = []
        self.seen = False
    def visit_Name(self, node):
        self.names.append(node.id)
        self.seen = True
visitor = Names()
visitor.visit(ast.parse("a + b"))
if not visitor.seen or len(visitor.names) != 2:
    raise RuntimeError("not visited")
# === json calls back
import json
class Encoder(json.JSONEncoder):
    used = False
    def default(self, o):
        Encoder.used = True
        return str(o)
json.dumps({"a": object()}, cls=Encoder)
if not Encoder.used:
    raise RuntimeError("not called")
# === sorted calls back
calls = []
def key(x):
    calls.append(x)
    return -x
assert sorted([1, 2], key=key) == [2, 1]
if calls != [1, 2]:
    raise RuntimeError("not called")
# === a callback that sets a global
import re
hit = False
def note(match):
    global hit
    hit = True
    return ""
re.sub("a", note, "cat")
if not hit:
    raise RuntimeError("not called")
# === an object handed to a module of the standard library
import pickle
class Box:
    loads = 0
    def __setstate__(self, state):
        Box.loads += 1
        self.__dict__.update(state)
box = Box()
box.x = 1
copy = pickle.loads(pickle.dumps(box))
assert copy.x == 1
if Box.loads != 1:
    raise RuntimeError("not loaded")
# === sched runs what it was given
import sched
import time
log = []
s = sched.scheduler(time.monotonic, time.sleep)
s.enter(0, 1, log.append, ("ran",))
s.run()
if not log:
    raise RuntimeError("not run")
# === mock
from unittest.mock import MagicMock, patch
m = MagicMock()
m.a.return_value = 3
assert m.a() == 3
with patch("os.getcwd", return_value="/x"):
    import os
    if os.getcwd() != "/x":
        raise RuntimeError("not patched")
# === zoneinfo and calendar
import calendar
from zoneinfo import ZoneInfo
assert calendar.monthrange(2020, 2)[1] == 29
try:
    ZoneInfo("No/Such")
except Exception:
    unknown = True
assert unknown
# === importlib
import importlib
json = importlib.import_module("json")
assert json.loads("1") == 1 and importlib.util.find_spec("json") is not None if hasattr(importlib, "util") else True
# === types.ModuleType in sys.modules
import sys
import types
m = types.ModuleType("made_here")
m.x = 1
sys.modules["made_here"] = m
import made_here
if made_here.x != 1:
    raise RuntimeError("not imported")
# === typing helpers
from typing import TYPE_CHECKING, Any, Optional, cast, get_type_hints
if TYPE_CHECKING:
    raise RuntimeError("never")
def f(a: int, b: Optional[str] = None) -> Any: ...
assert cast(int, "x") == "x" and get_type_hints(f)["a"] is int
# === pprint and reprlib
import pprint
assert pprint.pformat({"a": 1}) == "{'a': 1}"
# === numbers
import numbers
assert isinstance(1, numbers.Integral) and isinstance(1.5, numbers.Real) and not isinstance(1.5, numbers.Integral)
# === functions that a scheduler calls later
import sched
import time
seen = []
scheduler = sched.scheduler(time.time, time.sleep)
scheduler.enter(0, 2, seen.append, (2,))
scheduler.enter(0, 1, lambda: seen.append(1))
assert seen == []
scheduler.run()
assert sorted(seen) == [1, 2]
# === copy calls __reduce__
import copy
seen = []
class A:
    def __reduce__(self):
        seen.append(1)
        return "a"
a = A()
assert copy.copy(a) is a and copy.deepcopy(a) is a
assert seen == [1, 1]
# === deepcopy keeps what is shared
import copy
part = []
whole = copy.deepcopy([part, part])
assert whole[0] is whole[1] and whole[0] is not part
memo = {}
copy.deepcopy([1], memo)
assert len(memo) == 2
assert copy.copy(frozenset([1])) is not None
fixed = frozenset([1])
assert copy.copy(fixed) is fixed
# === a deque takes the items of an iterator
from collections import deque
numbers = iter([1, 2])
deque(numbers, maxlen=0)
assert list(numbers) == []
# === exec changes a local list
def f():
    items = [""]
    exec("items[0] = 'x'")
    assert items[0] == "x"
f()
# === a generator that is sent values
seen = []
def numbers():
    got = yield 1
    seen.append(got)
    yield 2
running = numbers()
next(running)
running.send(5)
assert seen == [5]
