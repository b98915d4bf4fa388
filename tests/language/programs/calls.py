# === a decorator adds an argument
import functools
def inject(fn):
    def inner(*a, **k): return fn("session", *a, **k)
    return inner
@inject
def f(session, x): return x
assert f(1) == 1

# === a decorator with wraps adds an argument to a method
import functools
def inject(fn):
    @functools.wraps(fn)
    def inner(*a, **k): return fn("session", *a, **k)
    return inner
class A:
    @inject
    def m(s, self, x): return x
assert A().m(1) == 1

# === a metaclass adds an argument
class Meta(type):
    def __call__(cls, *a, **k): return super().__call__(1, *a, **k)
class A(metaclass=Meta):
    def __init__(self, x): self.x = x
assert A().x == 1

# === mock.patch adds an argument
from unittest.mock import patch
@patch("os.getcwd")
def f(getcwd): return 1
assert f() == 1

# === singledispatchmethod and partialmethod
from functools import singledispatchmethod, singledispatch, partialmethod
class A:
    @singledispatchmethod
    def m(self, x, y): return 1
    @m.register
    def _(self, x: int, y=2): return y
    def n(self, a, b): return a + b
    p = partialmethod(n, 1)
assert A().m(1) == 2
assert A().p(2) == 3

# === the defaults of a function are replaced
def f(a): return a
f.__defaults__ = (3,)
assert f() == 3

# === __init__ is replaced
class A:
    def __init__(self, x): pass
def init(self): self.y = 1
A.__init__ = init
assert A().y == 1

# === __init__ is replaced by setattr
class A:
    def __init__(self, x): pass
setattr(A, "__init__", lambda self: None)
A()

# === a decorator of a class replaces __init__
def deco(cls):
    cls.__init__ = lambda self: None
    return cls
@deco
class A:
    def __init__(self, x): pass
A()

# === unpacking of a generator over what is not known
import os
def gen():
    for x in os.environ: yield x
def f(*a): return len(a)
assert f(*gen()) == len(os.environ)
assert len(list(gen())) == len(os.environ)
assert len(tuple(gen())) != 1

# === unpacking of a generator that yields under a condition
import os
def gen():
    if os.environ.get("NOTHING_HERE"): yield 1
    yield 2
def f(a): return a
assert f(*gen()) == 2
assert list(gen()) == [2]
assert f(*list(gen())) == 2
seen = []
for x in gen(): seen.append(x)
assert seen == [2]
assert len(seen) == 1

# === keywords that may have been added
import os
def f(a, b=1): return a + b
kw = {"a": 1}
if os.environ.get("NOTHING"): kw["c"] = 1
assert f(**kw) == 2

# === arguments that may have been added
import os
def f(a): return a
args = [1]
if os.environ.get("NOTHING"): args.append(2)
assert f(*args) == 1

# === a dataclass with fields that have defaults
from dataclasses import dataclass, field
@dataclass
class A:
    x: int = field(default=1)
    y: "list" = field(default_factory=list)
@dataclass
class B(A):
    z: int = 0
    def __post_init__(self): self.w = 1
assert B().z == 0
assert B(1, [], 3).z == 3
assert B(z=2).x == 1

# === a dataclass does not run the __init__ of its base
from dataclasses import dataclass
class Base:
    def __init__(self, a, b): pass
@dataclass
class D(Base):
    x: int = 1
assert D().x == 1
assert D(2).x == 2

# === calls of a named tuple
from typing import NamedTuple
class P(NamedTuple):
    x: int
    y: int = 1
assert P(1).y == 1
assert P(x=1).x == 1

# === a member of an enum by its value, with __init__
from enum import Enum
class E(Enum):
    A = 1
    def __init__(self, v): self.v = v
assert E(1) is E.A

# === a str with __new__ and __init__
class S(str):
    def __new__(cls, v, extra=None): return str.__new__(cls, v)
    def __init__(self, v, extra=None): pass
assert S("a", extra=1) == "a"

# === exceptions take any arguments
class E(Exception): pass
E(1, 2)
class F(ValueError):
    def __init__(self, *a): super().__init__(*a)
F(1)

# === a context manager with an argument, also as a decorator
from contextlib import contextmanager
@contextmanager
def cm(a):
    yield a
with cm(1) as x: assert x == 1
@cm(1)
def f(b): return b
assert f(2) == 2

# === __init_subclass__ with a keyword
class A:
    def __init_subclass__(cls, key=None, **kw): cls.key = key
class B(A, key=1): pass
assert B.key == 1

# === __init_subclass__ is not given the metaclass
import abc
class A(abc.ABC):
    def __init_subclass__(cls): cls.k = 1
class M(abc.ABCMeta): pass
class B(A, metaclass=M): pass
assert B.k == 1

# === a mangled parameter, and a positional-only one beside **kw
class A:
    def f(self, __x): return __x
assert A().f(1) == 1
def g(a, /, **kw): return kw["a"]
assert g(1, a=2) == 2

# === a thread with keywords
import threading
def w(*a, **k): g(*a, **k)
def g(a, b): pass
t = threading.Thread(target=w, args=(1,), kwargs={"b": 2}); t.start(); t.join()

# === coroutines with arguments
import asyncio
async def main(a, *, b=1): return a
assert asyncio.run(main(1)) == 1
async def go():
    return await asyncio.gather(main(1), main(2))
assert asyncio.run(go()) == [1, 2]

# === an overloaded function
from typing import overload
@overload
def f(a: int) -> int: ...
@overload
def f(a: str, b: int) -> str: ...
def f(a, b=None): return a
assert f(1) == 1

# === a descriptor returns what is called
class A:
    def __get__(self, i, o): return lambda *a: 5
    def __call__(self, x): return 1
class B:
    a = A()
assert B().a() == 5

# === a bound method made by types.MethodType
import types
def f(a): return a
class C:
    pass
c = C()
c.f = types.MethodType(f, 3)
assert c.f() == 3

# === a bound method made by __get__
def f(a): return a
g = f.__get__(4)
assert g() == 4

# === lambdas in a class
class A:
    x = lambda self: 1
    y = staticmethod(lambda: 2)
assert A().x() == 1
assert A().y() == 2

# === an instance decorates
class C:
    def __init__(self, n): self.n = n
    def __call__(self, fn):
        self.fn = fn
        return self
@C(1)
def f(): pass
assert f.n == 1

# === __new__ that takes anything
class Once:
    _i = None
    def __new__(cls, *a, **k):
        if cls._i is None: cls._i = super().__new__(cls)
        return cls._i
Once(1, 2)

# === __new__ with more parameters than that of the base
class A:
    def __new__(cls): return object.__new__(cls)
    def __init__(self): pass
A()
class B(A):
    def __new__(cls, x): return super().__new__(cls)
    def __init__(self, x): super().__init__()
B(1)

# === __new__ of a subclass of a named tuple
import collections
T = collections.namedtuple("T", "a b")
class U(T):
    def __new__(cls, a): return super().__new__(cls, a, 2)
assert U(1).b == 2

# === functions called by the standard library
import atexit, signal, functools
def bye(*a): pass
atexit.register(bye, 1, 2)
sorted([3,1], key=lambda x: x)
functools.reduce(lambda a, b: a + b, [1,2])
list(map(lambda a, b: a, [1], [2]))
max([1], key=lambda x: x)

# === partial with keywords
def f(x, y): return x
print_ = functools_partial = None
import functools
p = functools.partial(f, y=2)
assert p(1) == 1
assert p(1, y=3) == 1
q = functools.partial(p, x=1)
assert q() == 1

# === all kinds of parameters
import typing
def generic(x: "typing.Any" = 1, *args: int, k: int = 2, **kw: int): return x
assert generic() == 1
assert generic(1, 2, 3, k=1, z=2) == 1
