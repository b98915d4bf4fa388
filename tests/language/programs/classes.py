# === a method
class A:
    def f(self):
        return self.k
    k = 2
assert A().f() == 2
# === a static method
class A:
    @staticmethod
    def f(x):
        return x + 1
assert A.f(1) == 2 and A().f(2) == 3
# === a class method makes an instance
class A:
    def __init__(self, x):
        self.x = x
    @classmethod
    def of(cls, text):
        return cls(int(text))
assert A.of("4").x == 4
# === a property
class A:
    @property
    def x(self):
        return 5
if A().x != 5:
    raise RuntimeError("property")
# === a property with a setter
class A:
    _x = 1
    @property
    def x(self):
        return self._x
    @x.setter
    def x(self, value):
        self._x = value * 2
a = A()
a.x = 4
if a.x != 8:
    raise RuntimeError(a.x)
# === a property with a deleter
class A:
    log = []
    @property
    def x(self):
        return 1
    @x.deleter
    def x(self):
        self.log.append("deleted")
del A().x
assert A.log == ["deleted"]
# === property as a call
class A:
    def get(self):
        return 3
    x = property(get)
assert A().x == 3
# === a descriptor with __set_name__
class Field:
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, instance, owner):
        return self.name
class A:
    title = Field()
if A.title != "title" or A().title != "title":
    raise RuntimeError("descriptor")
# === a data descriptor
class Positive:
    def __set_name__(self, owner, name):
        self.key = "_" + name
    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.key)
    def __set__(self, instance, value):
        if value < 0:
            raise ValueError("negative")
        setattr(instance, self.key, value)
class A:
    n = Positive()
a = A()
a.n = 3
assert a.n == 3
try:
    a.n = -1
except ValueError:
    refused = True
assert refused
# === a descriptor that is no data gives way to the instance
class Lazy:
    def __get__(self, instance, owner):
        instance.value = 7
        return 7
class A:
    value = Lazy()
a = A()
assert a.value == 7 and a.__dict__["value"] == 7
# === __init_subclass__ registers
class Base:
    registry = []
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Base.registry.append(cls.__name__)
class One(Base):
    pass
class Two(Base):
    pass
if Base.registry != ["One", "Two"]:
    raise RuntimeError("not registered")
# === __init_subclass__ with a keyword
class Base:
    def __init_subclass__(cls, *, table=None):
        cls.table = table or cls.__name__.lower()
class User(Base, table="users"):
    pass
class Item(Base):
    pass
assert User.table == "users" and Item.table == "item"
# === a metaclass registers
class Meta(type):
    known = {}
    def __new__(meta, name, bases, namespace):
        cls = super().__new__(meta, name, bases, namespace)
        meta.known[name] = cls
        return cls
class A(metaclass=Meta):
    pass
assert Meta.known["A"] is A
# === a metaclass with __init__
class Meta(type):
    count = 0
    def __init__(cls, name, bases, namespace):
        Meta.count += 1
class A(metaclass=Meta):
    pass
class B(A):
    pass
if Meta.count != 2:
    raise RuntimeError(Meta.count)
# === a metaclass with __call__ makes one instance
class Single(type):
    _it = None
    def __call__(cls, *args):
        if cls._it is None:
            cls._it = super().__call__(*args)
        return cls._it
class A(metaclass=Single):
    pass
assert A() is A()
# === a metaclass with __prepare__
class Meta(type):
    @classmethod
    def __prepare__(meta, name, bases):
        return {"given": 1}
class A(metaclass=Meta):
    here = given + 1
assert A.here == 2
# === a metaclass adds attributes
class Meta(type):
    def __new__(meta, name, bases, ns):
        ns["tag"] = name.lower()
        return type.__new__(meta, name, bases, ns)
class User(metaclass=Meta):
    pass
if User.tag != "user":
    raise RuntimeError("no tag")
# === a metaclass iterates
class Meta(type):
    def __iter__(cls):
        return iter(["a", "b"])
class A(metaclass=Meta):
    pass
assert list(A) == ["a", "b"]
# === __class_getitem__
class Box:
    def __class_getitem__(cls, item):
        return f"{cls.__name__}[{item}]"
if Box["x"] != "Box[x]":
    raise RuntimeError("item")
# === the order of bases
class A:
    def f(self):
        return "A"
class B(A):
    def f(self):
        return "B" + super().f()
class C(A):
    def f(self):
        return "C" + super().f()
class D(B, C):
    pass
assert D().f() == "BCA"
assert [c.__name__ for c in D.__mro__] == ["D", "B", "C", "A", "object"]
# === bases that have no order
class A:
    pass
class B(A):
    pass
try:
    class C(A, B):
        pass
except TypeError:
    refused = True
assert refused
# === slots
class A:
    __slots__ = ("x",)
a = A()
a.x = 1
try:
    a.y = 2
except AttributeError:
    refused = True
assert refused and a.x == 1
# === __slots__ without a value
class A:
    __slots__ = ["x"]
assert not hasattr(A(), "x")
# === __getattr__ for what is missing
class Config:
    known = 1
    def __getattr__(self, name):
        return name.upper()
assert Config().debug == "DEBUG" and Config().known == 1
# === __getattribute__ for everything
class A:
    x = 1
    def __getattribute__(self, name):
        return "always"
if A().x != "always":
    raise RuntimeError("x")
# === __setattr__
class A:
    def __setattr__(self, name, value):
        self.__dict__[name] = value + 1
a = A()
a.x = 1
if a.x != 2:
    raise RuntimeError(a.x)
# === __delattr__
class A:
    log = []
    def __delattr__(self, name):
        self.log.append(name)
del A().anything
assert A.log == ["anything"]
# === __call__
class Add:
    def __init__(self, n):
        self.n = n
    def __call__(self, x):
        return x + self.n
assert Add(2)(3) == 5 and callable(Add(1))
# === __eq__ and __hash__
class P:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return self.x == other.x
    def __hash__(self):
        return hash(self.x)
if P(1) != P(1):
    raise RuntimeError("not equal")
assert P(1) in {P(1)} and P(1) is not P(1)
# === __eq__ without __hash__
class P:
    def __eq__(self, other):
        return True
try:
    hash(P())
except TypeError:
    unhashable = True
assert unhashable and P() == 5
# === ordering by __lt__
class V:
    def __init__(self, n):
        self.n = n
    def __lt__(self, other):
        return self.n < other.n
assert V(1) < V(2) and [v.n for v in sorted([V(3), V(1)])] == [1, 3]
# === total_ordering
import functools
@functools.total_ordering
class V:
    def __init__(self, n):
        self.n = n
    def __eq__(self, other):
        return self.n == other.n
    def __lt__(self, other):
        return self.n < other.n
assert V(2) >= V(1) and V(1) <= V(1)
# === __bool__
class Off:
    def __bool__(self):
        return False
if Off():
    raise RuntimeError("on")
# === __len__ decides the truth
class Empty:
    def __len__(self):
        return 0
assert not Empty() and len(Empty()) == 0
# === __contains__
class Evens:
    def __contains__(self, x):
        return x % 2 == 0
assert 4 in Evens() and 3 not in Evens()
# === __getitem__ and __setitem__
class Table:
    def __init__(self):
        self.rows = {}
    def __setitem__(self, key, value):
        self.rows[key] = value
    def __getitem__(self, key):
        return self.rows[key]
table = Table()
table["a"] = 1
assert table["a"] == 1
# === __missing__
class D(dict):
    def __missing__(self, key):
        return key * 2
if D()["a"] != "aa":
    raise RuntimeError("missing")
# === __add__ and __radd__
class M:
    def __init__(self, n):
        self.n = n
    def __add__(self, other):
        return M(self.n + getattr(other, "n", other))
    __radd__ = __add__
assert (M(1) + M(2)).n == 3 and sum([M(1), M(2)]).n == 3
# === __iadd__
class L:
    def __init__(self):
        self.log = []
    def __iadd__(self, x):
        self.log.append(x)
        return self
x = same = L()
x += 1
assert same.log == [1] and x is same
# === __neg__ and __invert__
class N:
    def __neg__(self):
        return "neg"
    def __invert__(self):
        return "inv"
assert -N() == "neg" and ~N() == "inv"
# === __str__ __repr__ and __format__
class T:
    def __str__(self):
        return "s"
    def __repr__(self):
        return "r"
    def __format__(self, spec):
        return "f" + spec
assert str(T()) == "s" and repr(T()) == "r" and f"{T():x}" == "fx" and f"{T()!r}" == "r"
# === __int__ and __index__
class I:
    def __index__(self):
        return 2
assert [0, 1, 2][I()] == 2 and int(I()) == 2 and hex(I()) == "0x2"
# === __new__ returns another class
class A:
    def __new__(cls):
        return 5
assert A() == 5
# === __new__ makes one instance
class A:
    _it = None
    def __new__(cls):
        if cls._it is None:
            cls._it = super().__new__(cls)
        return cls._it
assert A() is A()
# === a subclass of int
class I(int):
    pass
assert I(3) + 1 == 4 and isinstance(I(3), int)
# === a subclass of str
class S(str):
    def shout(self):
        return self.upper() + "!"
assert S("a").shout() == "A!" and S("a") == "a"
# === a subclass of list
class L(list):
    def second(self):
        return self[1]
assert L([1, 2]).second() == 2
# === a subclass of dict
class D(dict):
    def __getattr__(self, name):
        return self[name]
d = D(a=1)
if d.a != 1:
    raise RuntimeError("a")
# === a subclass of tuple
class T(tuple):
    def __new__(cls, *items):
        return super().__new__(cls, items)
assert T(1, 2)[1] == 2
# === type with three arguments
T = type("T", (), {"a": 1, "f": lambda self: self.a})
assert T().f() == 1 and T.__name__ == "T"
# === getattr with a default
class A:
    x = 1
assert getattr(A, "x") == 1 and getattr(A, "y", 2) == 2
# === setattr in a loop
class A:
    pass
a = A()
for name in ("x", "y"):
    setattr(a, name, name * 2)
if a.x != "xx":
    raise RuntimeError("x")
# === hasattr
class A:
    x = 1
assert hasattr(A, "x") and not hasattr(A(), "nothing")
# === vars of an object
class A:
    def __init__(self):
        self.x = 1
a = A()
vars(a)["y"] = 2
assert a.y == 2 and sorted(vars(a)) == ["x", "y"]
# === a private name is mangled
class A:
    def __init__(self):
        self.__x = 1
assert A()._A__x == 1
# === an instance attribute hides that of the class
class A:
    x = 1
a = A()
a.x = 2
assert A.x == 1 and a.x == 2
# === a mutable class attribute is shared
class A:
    items = []
A().items.append(1)
assert A().items == [1]
# === a class is changed later
class A:
    pass
a = A()
A.f = lambda self: 9
assert a.f() == 9
# === __class__ is assigned
class A:
    x = "a"
class B:
    x = "b"
a = A()
a.__class__ = B
if a.x != "b":
    raise RuntimeError(a.x)
# === a class in a table
class A:
    def run(self):
        return "ran"
assert {"a": A}["a"]().run() == "ran"
# === methods in a table
class A:
    def a(self):
        return 1
    table = {"a": a}
assert A.table["a"](A()) == 1
# === a loop in a class body
class A:
    for i in range(3):
        x = i
    del i
assert A.x == 2 and not hasattr(A, "i")
# === a conditional in a class body
class A:
    if True:
        def f(self):
            return 1
    else:
        def f(self):
            return 2
assert A().f() == 1
# === a class decorator
known = []
def register(cls):
    known.append(cls)
    return cls
@register
class A:
    pass
assert known == [A]
# === a class decorator returns another thing
def replace(cls):
    return cls.__name__
@replace
class A:
    pass
assert A == "A"
# === an abstract class refuses
import abc
class Base(abc.ABC):
    @abc.abstractmethod
    def run(self): ...
class Child(Base):
    def run(self):
        return 1
assert Child().run() == 1
try:
    Base()
except TypeError:
    refused = True
assert refused
# === a registered subclass
import abc
class Base(abc.ABC):
    pass
@Base.register
class Other:
    pass
if not isinstance(Other(), Base) or not issubclass(Other, Base):
    raise RuntimeError("not registered")
# === __subclasshook__
import abc
class Sized(abc.ABC):
    @classmethod
    def __subclasshook__(cls, other):
        return hasattr(other, "size")
class A:
    size = 1
assert issubclass(A, Sized) and isinstance(A(), Sized)
# === __instancecheck__
class Meta(type):
    def __instancecheck__(cls, other):
        return True
class Any(metaclass=Meta):
    pass
assert isinstance(5, Any)
class Other:
    pass
if not isinstance(Other(), Any):
    raise RuntimeError("all are")
# === __subclasses__
class Base:
    pass
class A(Base):
    pass
class B(Base):
    pass
assert [c.__name__ for c in Base.__subclasses__()] == ["A", "B"]
# === __bases__ and __base__
class A:
    pass
class B(A):
    pass
assert B.__bases__ == (A,) and B.__base__ is A
# === annotations of a class
class A:
    x: int
    y: str = "a"
assert list(A.__annotations__) == ["x", "y"] and not hasattr(A, "x")
# === the doc of a class
class A:
    """Doc."""
assert A.__doc__ == "Doc."
# === a protocol that is checked at run time
from typing import Protocol, runtime_checkable
@runtime_checkable
class Runs(Protocol):
    def run(self): ...
class A:
    def run(self):
        pass
if not isinstance(A(), Runs):
    raise RuntimeError("it runs")
# === a generic class
from typing import Generic, TypeVar
T = TypeVar("T")
class Box(Generic[T]):
    def __init__(self, x: T):
        self.x = x
assert Box[int](3).x == 3 and Box[int] == Box[int] and Box[int] != Box[str]
# === __enter__ and __exit__
class Door:
    log = []
    def __enter__(self):
        self.log.append("in")
        return self
    def __exit__(self, *error):
        self.log.append("out")
with Door() as door:
    door.log.append("body")
assert Door.log == ["in", "body", "out"]
# === __exit__ that swallows
class Quiet:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, tb):
        return kind is ValueError
with Quiet():
    raise ValueError
passed = True
assert passed
# === __del__ is called
class A:
    log = []
    def __del__(self):
        self.log.append("gone")
a = A()
del a
import gc
gc.collect()
if A.log != ["gone"]:
    raise RuntimeError("kept")
# === cached_property
import functools
class A:
    count = 0
    @functools.cached_property
    def x(self):
        A.count += 1
        return A.count
a = A()
assert a.x == 1 and a.x == 1 and A().x == 2
# === super in a class method
class A:
    @classmethod
    def make(cls):
        return [cls.__name__]
class B(A):
    @classmethod
    def make(cls):
        return super().make() + ["b"]
assert B.make() == ["B", "b"]
# === super in __init__
class A:
    def __init__(self, x):
        self.x = x
class B(A):
    def __init__(self):
        super().__init__(4)
if B().x != 4:
    raise RuntimeError("x")
# === a mixin calls what the class has
class Mixin:
    def shout(self):
        return self.name().upper()
class A(Mixin):
    def name(self):
        return "a"
assert A().shout() == "A"
# === __reversed__ and __iter__
class R:
    def __reversed__(self):
        return iter([2, 1])
assert list(reversed(R())) == [2, 1]
# === __dir__
class A:
    def __dir__(self):
        return ["z"]
assert dir(A()) == ["z"]
# === __matmul__
class M:
    def __matmul__(self, other):
        return "product"
assert M() @ M() == "product"
# === a comparison that is not implemented
class A:
    def __eq__(self, other):
        return NotImplemented
assert A() != A() and not A() == 5
# === a registry that __init_subclass__ fills
import collections
registry = collections.defaultdict(list)
class Events:
    def __init_subclass__(cls):
        cls.enter(cls.__dict__)
    @classmethod
    def enter(cls, names):
        for name in [name for name in names if not name.startswith("_")]:
            registry[name].append(cls)
    @classmethod
    def accepts(cls, target):
        return target
class TableEvents(Events):
    def before_create(self):
        pass
def key(target, name):
    for events in registry[name]:
        accepted = events.accepts(target)
        if accepted is not None:
            return accepted
    else:
        raise RuntimeError(f"no such event {name!r} for {target!r}")
assert key("table", "before_create") == "table"
# === a property with another getter
class A:
    @property
    def x(self):
        return 1
class B(A):
    @A.x.getter
    def x(self):
        return 2
assert B().x == 2 and A().x == 1
# === a setter that writes elsewhere
log = []
class A:
    @property
    def x(self):
        return 1
    @x.setter
    def x(self, value):
        log.append(value)
A().x = 5
assert log == [5]
# === an attribute that a deleter removes
class A:
    def __init__(self):
        self._x = 1
    @property
    def x(self):
        return self._x
    @x.deleter
    def x(self):
        del self._x
a = A()
del a.x
assert not hasattr(a, "x")
# === __init_subclass__ of several bases
class Base:
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.calls = []
class Left(Base):
    pass
class Right(Base):
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.calls += ["right"]
class A(Left, Right):
    pass
assert A.calls == ["right"]
# === a generic alias is not its class
from typing import Generic, TypeVar
T = TypeVar("T")
class A(Generic[T]):
    pass
one, two = A[int], A[str]
assert one != two
# === a metaclass given to types.new_class
import types
made = []
class Meta(type):
    def __new__(mcls, name, bases, names):
        made.append(name)
        return super().__new__(mcls, name, bases, names)
types.new_class("A", (), {"metaclass": Meta})
assert made == ["A"]
# === a member of an Enum with the name of an attribute [3.11]
import enum
class Base(enum.Enum):
    @enum.property
    def test(self):
        return "computed"
class A(Base):
    test = 1
assert A.test.test == "computed"
