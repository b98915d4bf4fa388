"""A call whose arguments do not fit fails as it does in Python, in the same words."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from tests.language.judging import predict
from tests.language.program import MAIN, Program

DEFINITIONS = """\
import functools
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import ClassVar

def f(kind, **kw): raise KeyError(kind)
def g(a, b, c=1, *, d, e=2): ...
def h(a, b, c): ...
def only(a, b, /): ...
def none(): ...
def one(a): ...
def optional(a=1): ...
def by_name(*, a): ...
def names(*, a, b, c): ...
async def coroutine(a): ...
def generator(a): yield
partial = functools.partial(h, 1)
fn = lambda a: 1

class A:
    def __init__(self, x): ...
    def method(self, y): ...
    @classmethod
    def of_class(cls, z): ...
    @staticmethod
    def static(w): ...
    class B:
        def method(self): ...

class Empty: ...

class New(Empty):
    def __new__(cls, a): return super().__new__(cls)

class Callable:
    def __call__(self, a): ...

class Error(Exception):
    def __init__(self, code): ...

def outer():
    def inner(a): ...
    return inner

def given_request(function):
    @functools.wraps(function)
    def inner(request): ...
    return inner

@given_request
def wrapped(): ...

@functools.lru_cache
def cached(a): ...

def needs_two(function, name): ...

@dataclass
class D:
    x: int
    y: int = 3
    z: ClassVar[int] = 1
    w: list = field(default_factory=list)
    v: int = field(init=False, default=1)

@dataclass
class E(D):
    x: int = 1
    _: KW_ONLY
    k: int

@dataclass(kw_only=True)
class F(D):
    n: int
    i: InitVar[int]

class G(D): ...
"""

CALLS = """
    f(description="x")
    g()
    g(1)
    g(1, 2)
    g(1, 2, 3, 4)
    g(1, 2, 3, 4, d=1)
    g(1, 2, z=1)
    g(1, a=1, b=2, d=1)
    g(1, 2, 3, 4, 5, d=1, e=2)
    h()
    h(*[1], **{"a": 1})
    h(a=1, **{"a": 1})
    h(**{1: 1})
    only(a=1, b=2)
    only(1, b=2)
    only(1, 2, b=2, z=3)
    none(1)
    none(1, 2)
    none(x=1)
    one(1, 2)
    one()
    optional(1, 2)
    by_name(1)
    by_name(1, a=2)
    by_name(1, 2, a=2)
    names()
    names(b=1)
    coroutine()
    generator()
    partial(2)
    partial(a=1, b=2, c=3)
    fn()
    A()
    A(1, y=2)
    A(1).method()
    A(1).method(1, 2)
    A.method()
    A.method(y=1)
    A.of_class()
    A.static()
    A.B().method(1)
    Empty(1)
    Empty(a=1)
    New()
    Callable()()
    raise Error
    outer()()
    wrapped()
    cached()
    needs_two(h)
    D()
    D(1, 2, 3, 4)
    D(q=1)
    E()
    F(1)
    G()
"""


def really(text: str) -> str:
    """What Python says of a program, without the suggestions that newer ones add."""
    try:
        exec(compile(text, MAIN, "exec", dont_inherit=True), {"__name__": "__main__"})
    except TypeError as error:
        return re.sub(r"\. Did you mean .*\?$", "", f"TypeError: {error}")
    return "no failure"


@pytest.mark.parametrize("call", dedent(CALLS).strip().splitlines())
def test_words(call: str) -> None:
    text = f"{DEFINITIONS}\n{call}\n"
    expected = really(text)
    assert expected.startswith("TypeError: ")
    said = predict(Program("", "", call, {MAIN: text})).failure
    place = f" ({MAIN}:{text.count(chr(10))}: {call})"
    assert said.removesuffix(place) == expected


def test_decorator_with_too_many_parameters() -> None:
    text = f"{DEFINITIONS}\n@needs_two\ndef decorated(): ...\n"
    assert predict(Program("", "", "decorator", {MAIN: text})).failure.startswith(f"{really(text)} (")


FITS_OR_UNKNOWN = [
    "import os\nh(*os.environ)",
    "import os\nh(**os.environ)",
    "import elsewhere\n@elsewhere.inject\ndef i(session): ...\ni()",
    "import elsewhere\n@elsewhere.inject\nclass I:\n    def __init__(self, session): ...\nI()",
    "import elsewhere\nclass I(elsewhere.Base):\n    def __init__(self, session): ...\nI()",
    "import elsewhere\nclass I(metaclass=elsewhere.Meta):\n    def __init__(self, session): ...\nI()",
    "import elsewhere\nelsewhere.patch(h)\nh.__defaults__ = (1, 2, 3)\nh()",
    "import os\nkw = {'a': 1}\nif os.environ.get('X'):\n    kw['b'] = 2\nh(**kw, c=3)",
]


@pytest.mark.parametrize("code", FITS_OR_UNKNOWN)
def test_unknown_arguments_are_no_failure(code: str) -> None:
    """What decorators, bases and metaclasses that are not followed do with arguments is not known."""
    assert predict(Program("", "", code, {MAIN: f"{DEFINITIONS}\n{code}\n"})).failure == ""
