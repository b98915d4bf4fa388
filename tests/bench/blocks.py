"""Pieces of ordinary code, of which the files of a generated workspace are made.

Each is a ``%`` template over names and numbers, with the import lines that it needs. None means anything; together they
have the statements, the nesting, the comments and the line lengths that business code has.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A top-level definition. ``template`` has the slots ``fn``, ``cls``, ``a``, ``b``, ``c`` (nouns), ``v`` and ``w``
    (verbs), ``n`` and ``m`` (numbers).
    """

    needs: tuple[str, ...]
    template: str

    @property
    def lines(self) -> int:
        return self.template.count("\n")


_LOGGING = "import logging"
_TYPES = "from collections.abc import Iterable, Mapping, Sequence"
_DATACLASS = "from dataclasses import dataclass, field"
_DATETIME = "from datetime import datetime, timedelta, timezone"
_DECIMAL = "from decimal import Decimal"
_ANY = "from typing import Any"

BLOCKS: tuple[Block, ...] = (
    Block(
        (_LOGGING, _TYPES),
        '''
def %(fn)s(%(a)ss: Iterable[str], *, limit: int = %(n)d) -> list[str]:
    """%(v)s every %(a)s at most once, in the order of the first time it was seen."""
    seen: set[str] = set()
    result: list[str] = []
    for %(a)s in %(a)ss:
        key = %(a)s.strip().casefold()
        if not key or key in seen:
            continue
        seen.add(key)
        result.append(%(a)s)
        if len(result) >= limit:
            logging.getLogger(__name__).warning("more than %%d %(a)ss, the rest is left out", limit)
            break
    return result

''',
    ),
    Block(
        (_DATACLASS, _DECIMAL),
        '''
@dataclass(frozen=True)
class %(cls)s:
    """What is known of one %(a)s when it is %(v)sed."""

    %(a)s_id: int
    %(b)s: str
    amount: Decimal = Decimal("0.00")
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.tags and self.amount == 0

    def with_%(c)s(self, %(c)s: str) -> "%(cls)s":
        merged = {**self.attributes, "%(c)s": %(c)s}
        return %(cls)s(self.%(a)s_id, self.%(b)s, self.amount, self.tags, merged)

    def total(self, rate: Decimal) -> Decimal:
        # Rounded once, at the end: rounding each position loses cents.
        return (self.amount * (1 + rate)).quantize(Decimal("0.01"))

''',
    ),
    Block(
        (_DATETIME,),
        '''
def %(fn)s(moment: datetime | None = None, *, days: int = %(m)d) -> tuple[datetime, datetime]:
    """The window in which a %(a)s can still be %(v)sed, in UTC."""
    now = moment or datetime.now(timezone.utc)
    if now.tzinfo is None:
        now = now.replace(tzinfo=timezone.utc)
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=days)

''',
    ),
    Block(
        (_ANY, _TYPES),
        '''
def %(fn)s(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Translate the %(a)s of a provider into ours."""
    names = {
        "%(a)sId": "%(a)s_id",
        "%(b)sName": "%(b)s_name",
        "%(c)sCode": "%(c)s_code",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    }
    result = {ours: payload[theirs] for theirs, ours in names.items() if theirs in payload}
    missing = [theirs for theirs in names if theirs not in payload]
    if len(missing) > %(m)d:
        raise ValueError(f"incomplete %(a)s: {', '.join(missing)}")
    extra = payload.get("meta")
    if isinstance(extra, Mapping):
        result["%(b)s"] = {str(key): value for key, value in extra.items() if value is not None}
    return result

''',
    ),
    Block(
        (_LOGGING, "import asyncio", _ANY),
        '''
async def %(fn)s(client: Any, %(a)s_id: int, *, attempts: int = 3) -> dict[str, Any] | None:
    """%(v)s a %(a)s at the provider, again after a pause where it is busy."""
    log = logging.getLogger(__name__)
    delay = 0.%(m)d
    for attempt in range(1, attempts + 1):
        try:
            response = await client.get(f"/v1/%(a)ss/{%(a)s_id}", params={"expand": "%(b)s"})
            if response.status_code == 404:
                return None
            response.raise_for_status()
        except OSError as error:
            log.info("attempt %%d of %%d to %(v)s %(a)s %%d failed: %%s", attempt, attempts, %(a)s_id, error)
            if attempt == attempts:
                raise
            await asyncio.sleep(delay)
            delay *= 2
        else:
            return dict(response.json())
    return None

''',
    ),
    Block(
        ("import enum",),
        '''
class %(cls)s(str, enum.Enum):
    """Where a %(a)s stands."""

    DRAFT = "draft"
    PENDING = "pending"
    ACTIVE = "active"
    %(B)s = "%(b)s"
    ARCHIVED = "archived"

    @property
    def is_final(self) -> bool:
        return self in {%(cls)s.ARCHIVED, %(cls)s.%(B)s}

    def can_become(self, other: "%(cls)s") -> bool:
        order = list(%(cls)s)
        return not self.is_final and order.index(other) > order.index(self)

''',
    ),
    Block(
        (_LOGGING, _ANY, _TYPES),
        '''
class %(cls)s:
    """Collects %(a)ss and %(v)ss them in batches.

    Not safe for several threads: each worker has its own.
    """

    def __init__(self, %(b)s: Any, *, size: int = %(n)d) -> None:
        self._%(b)s = %(b)s
        self._size = size
        self._waiting: list[Mapping[str, Any]] = []
        self._log = logging.getLogger(type(self).__name__)

    def add(self, %(a)s: Mapping[str, Any]) -> None:
        self._waiting.append(%(a)s)
        if len(self._waiting) >= self._size:
            self.flush()

    def flush(self) -> int:
        """Send what is waiting. Returns how many there were."""
        if not self._waiting:
            return 0
        batch, self._waiting = self._waiting, []
        try:
            self._%(b)s.send([dict(each) for each in batch])
        except ConnectionError:
            self._log.exception("a batch of %%d %(a)ss was not sent", len(batch))
            self._waiting = batch + self._waiting
            return 0
        self._log.debug("sent %%d %(a)ss", len(batch))
        return len(batch)

    def __enter__(self) -> "%(cls)s":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

''',
    ),
    Block(
        ("import re",),
        '''
_%(B)s_PATTERN = re.compile(r"^(?P<%(a)s>[a-z]{2,%(m)d})[-_](?P<number>\\d+)(?:\\.(?P<%(b)s>\\w+))?$")


def %(fn)s(text: str) -> tuple[str, int]:
    """The %(a)s and the number of a reference such as ``%(a)s-%(n)d``."""
    match = _%(B)s_PATTERN.match(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is no reference of a %(a)s")
    return match["%(a)s"], int(match["number"])

''',
    ),
    Block(
        ("import hashlib", "import json", _ANY),
        '''
def %(fn)s(%(a)s: dict[str, Any], *, salt: str = "%(b)s-%(n)d") -> str:
    """A key that is equal for equal %(a)ss, whatever the order of their fields."""
    text = json.dumps(%(a)s, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(f"{salt}:{text}".encode()).hexdigest()[:%(n)d]

''',
    ),
    Block(
        ("import csv", "import io", _TYPES),
        '''
def %(fn)s(rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ("%(a)s", "%(b)s", "%(c)s")) -> str:
    """The rows as CSV, with a header. Columns that a row lacks are empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\\n")
    writer.writerow(columns)
    for row in rows:
        values = []
        for column in columns:
            value = row.get(column, "")
            values.append("" if value is None else str(value).replace("\\n", " "))
        writer.writerow(values)
    return buffer.getvalue()

''',
    ),
    Block(
        (_TYPES, "from collections import defaultdict"),
        '''
def %(fn)s(%(a)ss: Iterable[Mapping[str, object]]) -> dict[str, list[int]]:
    """Group the numbers of %(a)ss by their %(b)s."""
    groups: dict[str, list[int]] = defaultdict(list)
    for position, each in enumerate(%(a)ss, start=1):
        match each:
            case {"%(b)s": str(key), "id": int(number)}:
                groups[key].append(number)
            case {"%(b)s": None}:
                groups["unknown"].append(position)
            case _:
                # Old exports have no %(b)s at all.
                groups["%(c)s"].append(-position)
    return {key: sorted(numbers) for key, numbers in groups.items() if len(numbers) > %(m)d}

''',
    ),
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
        (_DECIMAL, _TYPES),
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
        (_LOGGING, _ANY, "from functools import wraps", "from collections.abc import Callable", "import time"),
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
        (_TYPES, _ANY),
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
        ("from abc import ABC, abstractmethod", _ANY),
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
        (_DATACLASS, _DATETIME, _ANY),
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
        (_TYPES,),
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
        (_ANY, _LOGGING),
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
        ("from typing import Generic, TypeVar", _TYPES),
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
