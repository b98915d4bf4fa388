# === for with else
for word in ["a", "b"]:
    if word == "z":
        break
else:
    ended = True
assert ended
# === for with else that is left by break
for word in ["a", "z"]:
    if word == "z":
        break
else:
    raise RuntimeError("not found")
# === for else with a break that depends on the environment
import os
for key in ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT"):
    if os.environ.get(key):
        break
else:
    raise RuntimeError("no environment")
# === retry until it works
attempts = []
def connect():
    attempts.append(1)
    if len(attempts) < 3:
        raise ConnectionError("not yet")
    return "connection"
for attempt in range(5):
    try:
        connection = connect()
        break
    except ConnectionError:
        continue
else:
    raise RuntimeError("gave up")
assert connection == "connection" and attempt == 2
# === retry with an unknown call
import os
for attempt in range(3):
    try:
        size = os.stat(".").st_mtime
        break
    except OSError:
        pass
else:
    raise RuntimeError("no folder")
# === retry that returns
import json
def load(texts):
    for text in texts:
        try:
            return json.loads(text)
        except ValueError:
            continue
    raise RuntimeError("no text is JSON")
assert load(["{", "[1]"]) == [1]
# === a while loop that counts
i = 0
while i < 4:
    i += 1
if i != 4:
    raise RuntimeError(i)
# === while True with a break on a known test
i = 0
while True:
    i += 1
    if i == 3:
        break
if i != 3:
    raise RuntimeError(i)
# === while True with the break first
i = 0
while True:
    if i >= 2:
        break
    i += 1
assert i == 2
# === while over a list that gets empty
xs = [3, 2, 1]
out = []
while xs:
    out.append(xs.pop())
assert len(out) == 3 and out == [1, 2, 3]
# === while with else
n = 3
while n:
    n -= 1
else:
    done = n
assert done == 0
# === while with else and break
n = 0
while n < 10:
    n += 1
    if n == 4:
        break
else:
    raise RuntimeError("no break")
assert n == 4
# === while with continue
n = 0
odd = []
while n < 5:
    n += 1
    if n % 2 == 0:
        continue
    odd.append(n)
assert odd == [1, 3, 5]
# === a loop that counts unknown rounds
import os
count = 0
for entry in os.environ:
    count += 1
if count == 1 and len(os.environ) > 1:
    raise RuntimeError("not counted")
# === the last of unknown items
import os
last = None
for name in sorted(os.listdir(".")):
    last = name
if last is None:
    raise RuntimeError("there is main.py")
# === a flag that an unknown loop sets
import os
found = False
for name in os.listdir("."):
    if name == "main.py":
        found = True
if not found:
    raise RuntimeError("main.py is not there")
# === a sum over unknown items
import os
total = 0
for value in os.environ.values():
    total = total + len(value)
if total == 0:
    raise RuntimeError("an empty environment")
# === break out of two loops by a flag
found = None
for x in range(3):
    for y in range(3):
        if x * y == 2:
            found = (x, y)
            break
    if found:
        break
assert found == (1, 2)
# === a loop over an empty list
for x in []:
    raise RuntimeError("never")
else:
    ran = True
assert ran
# === a loop over a dict
table = {"a": 1, "b": 2}
keys = []
for key in table:
    keys.append(key)
assert keys == ["a", "b"]
# === a loop over items
total = 0
for key, value in {"a": 1, "b": 2}.items():
    total += value
assert total == 3
# === enumerate with a start
rows = []
for number, name in enumerate(["a", "b"], start=1):
    rows.append((number, name))
if rows != [(1, "a"), (2, "b")]:
    raise RuntimeError(rows)
# === zip stops at the shortest
pairs = list(zip([1, 2, 3], "ab"))
assert pairs == [(1, "a"), (2, "b")]
# === zip can be had once
pairs = zip([1], [2])
assert list(pairs) == [(1, 2)]
if list(pairs):
    raise RuntimeError("twice")
# === map can be had once
texts = map(str, [1, 2])
first = list(texts)
assert first == ["1", "2"] and list(texts) == []
# === reversed
assert list(reversed([1, 2, 3])) == [3, 2, 1]
# === range backwards
assert list(range(5, 0, -2)) == [5, 3, 1]
# === range compares as a range
assert range(3) == range(0, 3) and range(2) != [0, 1]
# === a range contains
if 4 in range(0, 10, 3):
    raise RuntimeError("4 is not in it")
# === iter and next
it = iter([1, 2])
assert next(it) == 1
assert next(it) == 2
assert next(it, "end") == "end"
# === StopIteration is caught
it = iter([])
try:
    next(it)
except StopIteration:
    empty = True
assert empty
# === iter with a sentinel
values = iter([1, 2, 0, 3].__iter__().__next__, 0)
assert list(values) == [1, 2]
# === the same iterator twice makes pairs
it = iter("abcd")
assert list(zip(it, it)) == [("a", "b"), ("c", "d")]
# === items added while a list is iterated
xs = [1]
for x in xs:
    if x < 3:
        xs.append(x + 1)
assert xs == [1, 2, 3]
# === a dict that changes while it is iterated
table = {"a": 1}
try:
    for key in table:
        table[key + "x"] = 1
except RuntimeError:
    refused = True
assert refused
# === an object with __iter__
class Names:
    def __iter__(self):
        return iter(["x", "y"])
assert [n for n in Names()] == ["x", "y"]
# === an object with __getitem__ alone
class Squares:
    def __getitem__(self, index):
        if index > 2:
            raise IndexError
        return index * index
assert list(Squares()) == [0, 1, 4]
# === an iterator class
class Count:
    def __init__(self, stop):
        self.n, self.stop = 0, stop
    def __iter__(self):
        return self
    def __next__(self):
        if self.n >= self.stop:
            raise StopIteration
        self.n += 1
        return self.n
assert sum(Count(3)) == 6
# === nested comprehensions
grid = [[r * c for c in range(3)] for r in range(2)]
assert grid == [[0, 0, 0], [0, 1, 2]]
# === two loops in a comprehension
flat = [x for row in [[1], [2, 3]] for x in row]
assert flat == [1, 2, 3]
# === a comprehension with a condition
assert [x for x in range(6) if x % 2] == [1, 3, 5]
# === two conditions
assert [x for x in range(20) if x % 2 if x % 3 == 0] == [3, 9, 15]
# === a dict comprehension
table = {name: len(name) for name in ("a", "bb")}
if table["bb"] != 2:
    raise RuntimeError("wrong")
# === a set comprehension
assert {len(w) for w in ("a", "b", "cc")} == {1, 2}
# === any and all stop early
seen = []
def check(x):
    seen.append(x)
    return x > 1
assert any(check(x) for x in [1, 2, 3]) and seen == [1, 2]
# === sum of a generator
assert sum(x * x for x in range(4)) == 14
# === min and max with a default
assert max([], default=0) == 0 and min([3, 1, 2]) == 1
# === a fibonacci
a, b = 0, 1
while b < 50:
    a, b = b, a + b
assert b == 55
# === a binary search
def search(xs, wanted):
    low, high = 0, len(xs)
    while low < high:
        middle = (low + high) // 2
        if xs[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
assert search([1, 3, 5, 7], 5) == 2
# === the greatest common divisor
def gcd(a, b):
    while b:
        a, b = b, a % b
    return a
if gcd(12, 18) != 6:
    raise RuntimeError("gcd")
# === a loop that is left by return in try finally
log = []
def run():
    for x in range(3):
        try:
            if x == 1:
                return x
        finally:
            log.append(x)
assert run() == 1 and log == [0, 1]
# === continue in try finally
log = []
for x in range(2):
    try:
        continue
    finally:
        log.append(x)
assert log == [0, 1]
# === for with else in a function that returns from the loop
import collections
registry = collections.defaultdict(list)
registry["x"].append(3)
def find(name):
    for each in registry[name]:
        return each
    else:
        raise RuntimeError("not found")
assert find("x") == 3
# === for with else in a function that returns from a branch of the loop
import os
def find():
    for name in ("PATH", "SYSTEMROOT"):
        if os.getenv(name):
            return name
    else:
        raise RuntimeError("no environment")
find()
# === while with else in a function that returns from a branch of the loop
import os
def find():
    left = ["PATH", "SYSTEMROOT"]
    while left:
        if os.getenv(left.pop()):
            return True
    else:
        raise RuntimeError("no environment")
find()

# === a generator over what is not known yields any number of items
import os

def names():
    for name in os.environ:
        yield name

def delegated():
    yield from os.environ

assert len(list(names())) == len(os.environ)
assert len(tuple(delegated())) == len(os.environ)
assert len([name for name in names()]) == len(os.environ)
if len(list(names())) == 1 or len(list(delegated())) == 1:
    raise KeyError("one")

# === a generator that yields an item under a condition
import os

def names():
    if os.environ.get("NOTHING_HERE"):
        yield "first"
    yield "last"

assert list(names()) == ["last"]
seen = []
for name in names():
    seen.append(name)
assert seen == ["last"]
if len(list(names())) == 2 or len(seen) == 2:
    raise KeyError("two")
