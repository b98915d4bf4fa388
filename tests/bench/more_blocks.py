"""More of them, and those of tests."""

from __future__ import annotations

from tests.bench.block import ANY, DATACLASS, DATETIME, DECIMAL, LOGGING, TYPES, Block

MORE: tuple[Block, ...] = (
    Block(
        ("import os", "from pathlib import Path", "from functools import lru_cache"),
        '''
@lru_cache(maxsize=%(n)d)
def %(fn)s(name: str = "%(a)s") -> Path:
    """Where the files of a %(a)s are kept."""
    base = os.environ.get("%(A)s_%(B)s_DIR")
    if base:
        return Path(base).expanduser() / name
    return Path.home() / ".cache" / "%(b)s" / name

''',
    ),
    Block(
        (DECIMAL, TYPES),
        '''
def %(fn)s(lines: Sequence[tuple[str, Decimal, int]], discount: Decimal = Decimal("0")) -> dict[str, Decimal]:
    """Sum up the lines of a %(a)s.

    Args:
        lines: name, price and quantity of each position.
        discount: what is taken off, between 0 and 1.

    Returns:
        The sums before discount, the discount, and what is to be paid.
    """
    if not 0 <= discount <= 1:
        raise ValueError(f"a discount of {discount}")
    gross = sum((price * quantity for _, price, quantity in lines), Decimal("0"))
    reduced = gross * discount
    shipping = Decimal("%(m)d.90") if gross < %(n)d else Decimal("0")
    return {
        "gross": gross,
        "discount": reduced,
        "shipping": shipping,
        "%(b)s": gross - reduced + shipping,
    }

''',
    ),
    Block(
        (LOGGING, ANY, "from functools import wraps", "from collections.abc import Callable", "import time"),
        '''
def %(fn)s(threshold: float = 0.%(m)d) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that logs calls slower than ``threshold`` seconds."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        log = logging.getLogger(function.__module__)

        @wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                passed = time.perf_counter() - begin
                if passed > threshold:
                    log.warning("%%s took %%.3f s", function.__qualname__, passed)

        return measured

    return decorate

''',
    ),
    Block(
        (TYPES, ANY),
        '''
def %(fn)s(tree: Mapping[str, Any], *, separator: str = ".") -> dict[str, Any]:
    """Flatten nested settings of a %(a)s into dotted names."""

    def walk(prefix: str, node: Any) -> Iterable[tuple[str, Any]]:
        if isinstance(node, Mapping):
            for key, value in node.items():
                yield from walk(f"{prefix}{separator}{key}" if prefix else str(key), value)
        elif isinstance(node, (list, tuple)):
            for index, value in enumerate(node):
                yield from walk(f"{prefix}{separator}{index}", value)
        else:
            yield prefix, node

    return dict(walk("", tree))

''',
    ),
    Block(
        ("from abc import ABC, abstractmethod", ANY),
        '''
class %(cls)s(ABC):
    """What every %(a)s backend has to offer."""

    name: str = "%(b)s"
    priority: int = %(n)d

    @abstractmethod
    def %(v)s(self, %(a)s: dict[str, Any]) -> bool:
        """%(v)s one %(a)s; whether it was done."""

    @abstractmethod
    def %(w)s(self, %(a)s_id: int) -> dict[str, Any] | None:
        """The %(a)s with a number, or None where there is none."""

    def %(v)s_all(self, %(a)ss: list[dict[str, Any]]) -> int:
        done = 0
        for each in %(a)ss:
            if each.get("%(c)s") == "skip":
                continue
            done += bool(self.%(v)s(each))
        return done

    @classmethod
    def describe(cls) -> str:
        return f"{cls.__name__} ({cls.name}, {cls.priority})"

''',
    ),
    Block(
        (),
        '''
# The limits were agreed on with the %(a)s team; ask them before changing one.
%(A)s_%(B)s_LIMITS = {
    "free": {"%(a)s": %(m)d, "%(b)s": %(n)d, "%(c)s": 10},
    "team": {"%(a)s": %(n)d, "%(b)s": 500, "%(c)s": 100},
    "enterprise": {"%(a)s": 10_000, "%(b)s": 50_000, "%(c)s": 1_000},
}


def %(fn)s(plan: str, %(b)ss: int) -> bool:
    """Whether so many %(b)ss are too many for a plan."""
    limits = %(A)s_%(B)s_LIMITS.get(plan) or %(A)s_%(B)s_LIMITS["free"]
    return %(b)ss > limits["%(b)s"]

''',
    ),
    Block(
        (DATACLASS, DATETIME, ANY),
        '''
@dataclass
class %(cls)s:
    """Progress of a long %(v)s of %(a)ss."""

    started_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    done: int = 0
    failed: list[str] = field(default_factory=list)
    %(b)s: dict[str, Any] = field(default_factory=dict)

    def succeed(self, count: int = 1) -> None:
        self.done += count

    def fail(self, reason: str) -> None:
        if len(self.failed) < %(n)d:
            self.failed.append(reason)

    def summary(self) -> str:
        passed = datetime.now(timezone.utc) - self.started_at
        rate = self.done / max(passed.total_seconds(), 0.001)
        lines = [f"{self.done} %(a)ss in {passed} ({rate:.1f} a second)"]
        if self.failed:
            lines.append(f"{len(self.failed)} failed:")
            lines.extend(f"  - {reason}" for reason in self.failed[:%(m)d])
        if self.%(b)s:
            lines.append(", ".join(f"{key}={value!r}" for key, value in sorted(self.%(b)s.items())))
        return "\\n".join(lines)

''',
    ),
    Block(
        (TYPES,),
        '''
def %(fn)s(values: Sequence[float], width: int = %(m)d) -> list[float]:
    """The moving average of a series of %(a)ss; the first values have what there is."""
    result = []
    total = 0.0
    for index, value in enumerate(values):
        total += value
        if index >= width:
            total -= values[index - width]
        result.append(total / min(index + 1, width))
    return result

''',
    ),
    Block(
        (ANY, LOGGING),
        '''
def %(fn)s(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What changed between two states of a %(a)s, in words."""
    messages: list[str] = []
    ignored = {"updated_at", "version", "_%(b)s"}
    for key in sorted({*old, *new} - ignored):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if key not in old:
            messages.append(f"{key} was set to {after!r}")
        elif key not in new:
            messages.append(f"{key} was removed (it was {before!r})")
        else:
            messages.append(f"{key} changed from {before!r} to {after!r}")
    if len(messages) > %(n)d:
        logging.getLogger(__name__).info("%%d changes of one %(a)s", len(messages))
        messages = [*messages[:%(n)d], "..."]
    return messages

''',
    ),
    Block(
        ("from typing import Generic, TypeVar", TYPES),
        '''
%(cls)sT = TypeVar("%(cls)sT")


class %(cls)s(Generic[%(cls)sT]):
    """One page of %(a)ss."""

    def __init__(self, items: Sequence[%(cls)sT], total: int, page: int = 1, size: int = %(n)d) -> None:
        self.items = list(items)
        self.total = total
        self.page = page
        self.size = size

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    def __iter__(self) -> "Iterable[%(cls)sT]":
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

''',
    ),
    Block(
        ("from contextlib import contextmanager", "from collections.abc import Iterator", "import threading"),
        '''
_%(a)s_%(b)s_lock = threading.Lock()


@contextmanager
def %(fn)s(name: str, timeout: float = %(m)d.0) -> Iterator[bool]:
    """Hold the lock of a %(a)s. Gives whether it was taken within ``timeout`` seconds."""
    taken = _%(a)s_%(b)s_lock.acquire(timeout=timeout)
    try:
        yield taken
    finally:
        if taken:
            _%(a)s_%(b)s_lock.release()

''',
    ),
)

TESTS: tuple[Block, ...] = (
    Block(
        ("import pytest",),
        """
@pytest.mark.parametrize(
    ("%(a)s", "expected"),
    [
        ("", False),
        ("%(b)s", True),
        ("%(b)s-%(n)d", True),
        ("  %(c)s  ", True),
    ],
)
def test_%(fn)s(%(a)s: str, expected: bool) -> None:
    assert bool(%(a)s.strip()) is expected

""",
    ),
    Block(
        ("import pytest",),
        '''
@pytest.fixture
def %(fn)s_%(a)s() -> dict[str, object]:
    """A %(a)s as the API sends it."""
    return {
        "id": %(n)d,
        "%(a)s": "%(b)s",
        "%(c)s": {"name": "%(c)s", "count": %(m)d},
        "tags": ["%(v)s", "%(w)s"],
        "created_at": "2024-0%(m1)d-1%(m1)dT08:00:00+00:00",
    }


def test_%(fn)s(%(fn)s_%(a)s: dict[str, object]) -> None:
    assert %(fn)s_%(a)s["id"] == %(n)d
    assert set(%(fn)s_%(a)s["tags"]) == {"%(v)s", "%(w)s"}
    with pytest.raises(KeyError):
        %(fn)s_%(a)s["missing"]

''',
    ),
    Block(
        ("from unittest import mock",),
        """
class Test%(cls)s:
    def setup_method(self) -> None:
        self.%(a)s = mock.Mock(spec=["send", "close"])
        self.sent: list[object] = []
        self.%(a)s.send.side_effect = self.sent.append

    def test_%(v)s_once(self) -> None:
        self.%(a)s.send({"%(b)s": %(n)d})
        assert self.sent == [{"%(b)s": %(n)d}]
        self.%(a)s.send.assert_called_once()

    def test_%(w)s_many(self) -> None:
        for number in range(%(m)d):
            self.%(a)s.send(number)
        assert len(self.sent) == %(m)d

    def teardown_method(self) -> None:
        self.%(a)s.close()

""",
    ),
)
