# === global writes the name of the module
ready = False
def start():
    global ready
    ready = True
start()
if not ready:
    raise RuntimeError("not started")
# === a local name hides the global one
mode = "global"
def run():
    mode = "local"
    return mode
assert run() == "local" and mode == "global"
# === nonlocal
def counter():
    n = 0
    def step():
        nonlocal n
        n += 1
        return n
    return step
step = counter()
step()
assert step() == 2
# === two closures of one call share their variable
def pair():
    state = []
    def add(x):
        state.append(x)
    def show():
        return state
    return add, show
add, show = pair()
add(1)
assert show() == [1]
# === closures of two calls do not
def make():
    items = []
    return items.append, lambda: len(items)
a_add, a_len = make()
b_add, b_len = make()
a_add(1)
assert a_len() == 1 and b_len() == 0
# === late binding of a loop variable
fs = [lambda: i for i in range(3)]
assert [f() for f in fs] == [2, 2, 2]
# === a default binds early
fs = [lambda i=i: i for i in range(3)]
assert [f() for f in fs] == [0, 1, 2]
# === defaults are evaluated once
def collect(item, into=[]):
    into.append(item)
    return into
collect(1)
assert collect(2) == [1, 2]
# === defaults are evaluated where the def stands
level = 1
def show(value=level):
    return value
level = 2
assert show() == 1
# === a comprehension has a scope of its own
x = "outer"
squares = [x * x for x in range(3)]
assert x == "outer"
# === a comprehension in a function sees its locals
def scaled(factor):
    return [factor * n for n in (1, 2)]
assert scaled(3) == [3, 6]
# === the first iterable of a comprehension in a class body
class Config:
    names = ("a", "b")
    upper = [name.upper() for name in names]
if Config.upper != ["A", "B"]:
    raise RuntimeError("not made")
# === the first iterable of a generator in a class body
class Config:
    names = ("a", "b")
    both = frozenset(n for n in names)
assert "a" in Config.both
# === the first iterable of a dict comprehension in a class body
class Config:
    pairs = [("a", 1)]
    table = {key: value for key, value in pairs}
if Config.table["a"] != 1:
    raise RuntimeError("not made")
# === a set comprehension in a class in a function
def build():
    class Inner:
        names = ["x", "y", "x"]
        unique = {n for n in names}
    return Inner
assert build().unique == {"x", "y"}
# === the element of a comprehension does not see the class body
kind = "module"
class Config:
    kind = "class"
    kinds = [kind for _ in range(1)]
assert Config.kinds == ["module"]
# === the class body's name wins for the first iterable
names = ["module"]
class Config:
    names = ["class"]
    found = [n for n in names]
if Config.found != ["class"]:
    raise RuntimeError("the wrong names")
# === a method does not see the class body's names
value = "module"
class Box:
    value = "class"
    def get(self):
        return value
assert Box().get() == "module"
# === global in a class body
class Setup:
    global shared
    shared = 1
if shared != 1:
    raise RuntimeError("not set")
# === nonlocal in a class body
def outer():
    n = 1
    class Inner:
        nonlocal n
        n += 1
    return n
assert outer() == 2
# === a class body reads a global before it binds the name
value = 1
class Box:
    value = value + 1
assert Box.value == 2 and value == 1
# === __qualname__ in a class body
class Outer:
    label = __qualname__
    where = __module__
if Outer.label != "Outer" or Outer.where != __name__:
    raise RuntimeError(Outer.label)
# === __qualname__ in a nested class body
class Outer:
    class Inner:
        label = __qualname__
assert Outer.Inner.label == "Outer.Inner" == Outer.Inner.__qualname__
# === __class__ in a method
class Base:
    def name(self):
        return __class__.__name__
class Child(Base):
    pass
assert Child().name() == "Base"
# === super with __class__
class Base:
    def value(self):
        return 1
class Child(Base):
    def value(self):
        return super(__class__, self).value() + 1
if Child().value() != 2:
    raise RuntimeError("super")
# === an UnboundLocalError is caught
total = 0
def add():
    try:
        total += 1
    except UnboundLocalError:
        return "unbound"
    return "bound"
assert add() == "unbound"
# === a name deleted in a function
def run():
    value = 1
    del value
    try:
        return value
    except UnboundLocalError:
        return None
assert run() is None
# === the name of an exception goes with its handler
try:
    raise ValueError("x")
except ValueError as error:
    kept = error
try:
    error
except NameError:
    gone = True
assert gone and str(kept) == "x"
# === the loop variable stays
for number in [1, 2, 3]:
    pass
assert number == 3
# === a function is found when it is called
def first():
    return second()
def second():
    return "second"
assert first() == "second"
# === a function that is rebound
def value():
    return 1
use = lambda: value()
def value():
    return 2
assert use() == 2
# === builtins can be hidden
def list(*items):
    return "mine"
if list() != "mine":
    raise RuntimeError("not hidden")
del list
assert list((1,)) == [1]
# === builtins through their module
import builtins
builtins.answer = 42
assert answer == 42
# === __builtins__ is there
if not __builtins__:
    raise RuntimeError("no builtins")
# === __name__ of a script
if __name__ == "__main__":
    ran = True
assert ran
# === __file__ exists
import os
if not os.path.exists(__file__):
    raise RuntimeError(__file__)
# === __doc__ of a module
"""About this module."""
assert __doc__ is None or "module" in __doc__
# === locals of a function
def run(a):
    b = 2
    return dict(locals())
assert run(1) == {"a": 1, "b": 2}
# === locals in a class body
class Box:
    for name in ("a", "b"):
        locals()[name] = name.upper()
if Box.a != "A":
    raise RuntimeError("not set")
# === a lambda sees names around it
def outer():
    rate = 2
    return (lambda x: x * rate)(21)
assert outer() == 42
# === a nested function is called before its variable is bound
def outer():
    def inner():
        return value
    value = 5
    return inner()
assert outer() == 5
# === a free variable that is not bound yet is caught
def outer():
    def inner():
        return value
    try:
        inner()
    except NameError:
        value = "late"
    return inner()
assert outer() == "late"
# === a generator's first iterable is evaluated at once
n = 3
numbers = (i for i in range(n))
n = 1
assert len(list(numbers)) == 3
# === a condition in a generator is evaluated late
limit = 10
small = (i for i in range(5) if i < limit)
limit = 2
assert list(small) == [0, 1]
# === exec writes into its own namespace
space = {}
exec("value = 1 + 1", space)
if space["value"] != 2:
    raise RuntimeError("exec")
# === eval of an expression
assert eval("1 + 2") == 3
# === import inside a function binds a local name
def path():
    import os.path
    return os.path.basename("a/b")
assert path() == "b"
# === a conditional def
import sys
if sys.version_info >= (3, 0):
    def text(x):
        return str(x)
else:
    def text(x):
        return None
if text(1) != "1":
    raise RuntimeError("the wrong def")
