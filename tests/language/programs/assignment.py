# === a chain of targets
a = b = [1]
b.append(2)
assert a == [1, 2] and a is b
# === unpacking a tuple
host, port = "db", 5432
if port != 5432:
    raise RuntimeError(host)
# === unpacking with a star in the middle
first, *middle, last = [1, 2, 3, 4]
assert (first, middle, last) == (1, [2, 3], 4)
# === unpacking with an empty star
head, *rest = ["only"]
if rest:
    raise RuntimeError("there is no rest")
# === nested unpacking
(a, (b, c)), d = (1, (2, 3)), 4
assert [a, b, c, d] == [1, 2, 3, 4]
# === unpacking a string
x, y = "ab"
assert x == "a" and y == "b"
# === swapping
a, b = 1, 2
a, b = b, a
assert a == 2 and b == 1
# === unpacking that fails is caught
try:
    a, b = [1]
except ValueError:
    b = None
assert b is None
# === unpacking too many is caught
try:
    a, b = "abc"
except ValueError as error:
    message = str(error)
else:
    raise RuntimeError("three items for two names")
# === targets are bound from left to right
i = 0
xs = [0, 0]
i, xs[i] = 1, 9
assert xs == [0, 9]
# === augmented assignment of a list changes it in place
a = [1]
b = a
a += [2]
assert b == [1, 2]
# === augmented assignment of a tuple makes a new one
a = (1,)
b = a
a += (2,)
assert b == (1,) and a == (1, 2)
# === augmented assignment of a set
seen = {1}
alias = seen
seen |= {2}
assert alias == {1, 2}
# === augmented assignment of an item
counts = {"a": 1}
counts["a"] += 1
if counts["a"] != 2:
    raise RuntimeError("not counted")
# === augmented assignment of an attribute
class Counter:
    total = 0
counter = Counter()
counter.total += 5
assert counter.total == 5 and Counter.total == 0
# === augmented operators on numbers
n = 7
n //= 2
n **= 2
n %= 5
n <<= 3
n ^= 1
assert n == 33
# === multiplication of a list in place
row = [0]
same = row
row *= 3
assert same == [0, 0, 0]
# === walrus in a condition
if (n := len("abc")) > 2:
    found = n
assert found == 3
# === walrus in a comprehension binds outside
total = 0
sums = [total := total + x for x in [1, 2, 3]]
assert total == 6 and sums == [1, 3, 6]
# === walrus in a while loop
queue = [1, 2, 3]
taken = []
while (item := queue.pop(0)) != 3:
    taken.append(item)
assert taken == [1, 2] and item == 3
# === walrus in any
data = ["x", "yes", "z"]
if any((match := word) == "yes" for word in data):
    assert match == "yes"
# === annotated assignment without a value binds nothing
name: str
try:
    name
except NameError:
    bound = False
else:
    bound = True
if bound:
    raise RuntimeError("an annotation binds nothing")
# === annotations of a module
port: int = 1
hosts: "list[str]" = []
assert set(__annotations__) >= {"port"} or True
# === del of a name
value = 1
del value
try:
    value
except NameError:
    gone = True
assert gone
# === del of an item
xs = [1, 2, 3]
del xs[0]
assert xs == [2, 3]
# === del of a slice
xs = [1, 2, 3, 4]
del xs[1:3]
assert xs == [1, 4]
# === del of a key
settings = {"debug": True, "port": 1}
del settings["debug"]
if "debug" in settings:
    raise RuntimeError("still there")
# === del of an attribute
class Box:
    pass
box = Box()
box.value = 1
del box.value
if hasattr(box, "value"):
    raise RuntimeError("still there")
# === del of an instance attribute shows that of the class
class Box:
    value = "class"
box = Box()
box.value = "own"
del box.value
assert box.value == "class"
# === a slice is replaced
xs = [1, 2, 3]
xs[1:] = ["a", "b", "c"]
assert xs == [1, "a", "b", "c"]
# === a slice with a step is replaced
xs = [0, 1, 2, 3]
xs[::2] = ["a", "b"]
assert xs == ["a", 1, "b", 3]
# === a slice inserts
xs = [1, 4]
xs[1:1] = [2, 3]
assert xs == [1, 2, 3, 4]
# === unpacking into attributes and items
class Config:
    pass
config = Config()
table = {}
config.host, table["port"] = "h", 1
if config.host != "h" or table["port"] != 1:
    raise RuntimeError("not unpacked")
# === conditional expression
debug = False
level = "DEBUG" if debug else "INFO"
if level == "DEBUG":
    raise RuntimeError("the wrong level")
# === conditional expressions nest to the right
n = 5
kind = "neg" if n < 0 else "zero" if n == 0 else "pos"
assert kind == "pos"
# === or gives the first that is true
name = "" or None or "default"
assert name == "default"
# === and gives the first that is false
assert (1 and 0 and 2) == 0 and ([] and 1) == []
# === not of an empty string
if not "":
    ok = True
assert ok
# === star in a display
a = [1, 2]
b = [*a, 3, *"xy"]
assert b == [1, 2, 3, "x", "y"]
# === double star in a dict display
base = {"a": 1, "b": 2}
merged = {**base, "b": 3, **{"c": 4}}
assert merged == {"a": 1, "b": 3, "c": 4}
# === star in a return value
def pair(rest):
    return 1, *rest
assert pair([2, 3]) == (1, 2, 3)
# === star in an index [3.11]
table = {(1, 2): "found"}
key = (1, 2)
assert table[*key] == "found"
# === a trailing comma makes a tuple
one = 1,
assert isinstance(one, tuple) and len(one) == 1
# === chained assignment evaluates once
calls = []
def make():
    calls.append(1)
    return {}
a = b = make()
assert len(calls) == 1 and a is b
# === global names of a module through globals
globals()["made"] = 3
if made != 3:
    raise RuntimeError("not set")
# === vars of a module
import sys
vars(sys.modules[__name__])["late"] = "yes"
assert late == "yes"
# === formats and conversions in f-strings
name, number = "tables", 7
width = 4
assert f"{name:s}_x" == "tables_x" and f"{name!s}" == "tables"
assert f"{name!r}" == "'tables'" and f"{number:02d}" == "07"
if f"{name!r:>10}" != "  'tables'" or f"{number:{width}}" != "   7":
    raise RuntimeError("another format")
# === formats of str.format
assert "{:>4}|{!r}|{n:03d}".format("a", "b", n=5) == "   a|'b'|005"
try:
    "{:d}".format("x")
except ValueError:
    reached = True
assert reached
# === a class with a format of its own
class Price:
    def __format__(self, spec):
        return spec.upper()


assert f"{Price():eur}" == "EUR"
